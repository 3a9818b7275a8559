"""The most memory a process had resident while it did something."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS = Path("/proc/self/status")


@contextmanager
def peak() -> Iterator[list[int]]:
    """A list that holds the peak (MiB) once the block has ended; of the whole process's life where Linux is not."""
    forgotten = _forget()
    found: list[int] = []
    yield found
    found.append(_resident() if forgotten else _ever())


def _forget() -> bool:
    """Have the kernel measure the peak anew from here; whether it does."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _resident() -> int:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024


def _ever() -> int:
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
