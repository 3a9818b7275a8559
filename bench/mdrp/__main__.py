"""`python -m bench.mdrp`."""

import sys

from bench.mdrp.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
