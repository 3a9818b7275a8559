"""`python -m routing.kernel`: compile everything into the cache and say how long it took."""

import sys
import time

from routing.kernel import load

if __name__ == "__main__":
    began = time.perf_counter()
    done = load()
    print(f"{'ready' if done else 'failed'} after {time.perf_counter() - began:.1f} s")
    if not done:
        from routing.kernel.warm import warm

        warm()  # raises again what `load` only takes note of
    sys.exit(0 if done else 1)
