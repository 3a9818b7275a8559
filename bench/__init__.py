"""Benchmarks: each a command of its own, listed by `python -m bench`."""

import os
from pathlib import Path

# compiled functions are kept beside the sources, so that no bench measures a compiler; read when numba is imported
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parent.parent / ".cache" / "numba"))
