"""One process at a time on a SQLite database: a lock file beside it, let go of when the process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.errors import AlreadyServed


@contextmanager
def hold(database: Path) -> Iterator[None]:
    """Hold the lock of a SQLite database; AlreadyServed when another process does.

    The system lets go of it whatever ends the process, so a kill leaves nothing to clean up.
    """
    path = database.with_name(f"{database.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(database) from None
        yield
    finally:
        os.close(descriptor)
