"""The one place that knows numba: how the functions of this package are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

HOW: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
# Counting references to arrays would take most of the time of an inner loop. What does not make arrays needs none.
COUNTLESS = HOW | {"_nrt": False}


def compiled(function: F) -> F:
    """Compile on first call, for the types of that call; kept on disk, without Python's lock."""
    return cast(F, numba.njit(**HOW)(function))


def tight(function: F) -> F:
    """The same for functions that make no arrays."""
    return cast(F, numba.njit(**COUNTLESS)(function))


def inlined(function: F) -> F:
    """The same for the innermost functions, which become part of whoever calls them."""
    return cast(F, numba.njit(**COUNTLESS, forceinline=True)(function))
