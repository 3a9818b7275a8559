"""The compiled heart of the solver: numba functions over numpy tables, kept on disk once compiled.

Nothing here imports numba before `load` is called; until it has succeeded the solver goes without.
"""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.kernel.pair import Pair
    from routing.kernel.session import Session
    from routing.problem import Problem

__all__ = ["load", "open_pair", "open_session", "ready"]

_lock = threading.Lock()
_state = {"ready": False, "failed": False}


def ready() -> bool:
    """Whether the compiled functions can be used in this process."""
    return _state["ready"]


def load(wait: bool = True) -> bool:
    """Make the compiled functions ready, from the cache on disk or by compiling them; whether they are.

    Without `wait` this goes on in a thread of its own, and the answer is of this moment. A machine on which
    numba is missing or fails gets False, for good.
    """
    if not _state["ready"] and not _state["failed"]:
        if wait:
            _load()
        elif not _lock.locked():
            threading.Thread(target=_load, name="routing-kernel", daemon=True).start()
    return _state["ready"]


def open_session(problem: "Problem", seed: int = 0) -> "Session":
    """A search over this problem. Call only when `ready`."""
    from routing.kernel.session import Session, tables

    return Session(tables(problem), seed)


def open_pair(first: "Session", seed: int = 0) -> "Pair":
    """Two walks at once beginning from where the first session is."""
    from routing.kernel.pair import Pair

    return Pair(first, seed)


def _load() -> None:
    """Import and call everything once."""
    with _lock:
        if _state["ready"] or _state["failed"]:
            return
        try:
            from routing.kernel.warm import warm

            warm()
        except Exception:  # whatever ails numba on this machine, plans still have to be made
            _state["failed"] = True
        else:
            _state["ready"] = True
