"""`python -m routing.proof`: compile the labels into the cache and say how long it took."""

import time

import numpy as np

from routing.greedy import greedy
from routing.problem import Courier, Problem, Request
from routing.proof import certify

if __name__ == "__main__":
    began = time.perf_counter()
    legs = np.full((3, 3), 60, dtype=np.int32)
    one = Problem(0, (Courier("c", 0, 0, 1, 7200),), (Request("r", 1, 2, 0, 0, 2400),), legs, legs)
    certify(one, greedy(one), budget_s=1.0)
    print(f"ready after {time.perf_counter() - began:.1f} s")
