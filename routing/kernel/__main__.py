"""`python -m routing.kernel`: compile everything into the cache and say how long it took."""

import sys
import time

from routing.kernel import load

if __name__ == "__main__":
    began = time.perf_counter()
    done = load()
    print(f"{'ready' if done else 'failed'} after {time.perf_counter() - began:.1f} s")
    sys.exit(0 if done else 1)
