"""The machines of the story, one table of allowed moves each, and the one writer that refuses the rest."""

from collections.abc import Mapping
from typing import Any

from dispatch.errors import WrongState

Moves = Mapping[str, frozenset[str]]

KITCHEN: Moves = {
    "cooking": frozenset({"ready", "stopped"}),
    "ready": frozenset({"cooking", "stopped"}),
    "stopped": frozenset(),
}

DELIVERY: Moves = {
    "waiting": frozenset({"assigned", "cancelled"}),
    "assigned": frozenset({"waiting", "carried", "cancelled"}),
    "carried": frozenset({"assigned", "delivered", "failed", "cancelled"}),
    "delivered": frozenset({"carried"}),  # only by UNDO
    "failed": frozenset({"carried", "returned", "abandoned"}),
    "returned": frozenset({"carried"}),  # only by UNDO of the FAIL it came of
    "abandoned": frozenset({"carried"}),  # the same
    "cancelled": frozenset(),
}

JOB: Moves = {
    "offered": frozenset({"taken", "passed", "expired", "withdrawn"}),
    "taken": frozenset({"finished", "withdrawn"}),
    "finished": frozenset({"taken"}),  # only by UNDO of the last DONE
    "passed": frozenset(),
    "expired": frozenset(),
    "withdrawn": frozenset(),
}

PAYMENT: Moves = {
    "due": frozenset({"booked", "void", "compensated"}),
    "booked": frozenset({"due", "refunded"}),  # back to due only when a delivery is undone
    "refunded": frozenset({"refunded"}),
    "compensated": frozenset({"refunded", "due"}),  # back to due only when a failed delivery is undone
    "void": frozenset(),
}

SHIFT: Moves = {
    "planned": frozenset({"on", "cancelled", "ended"}),  # straight to ended only by a named person's mending
    "on": frozenset({"ended"}),
    "ended": frozenset({"ended"}),
    "cancelled": frozenset(),
}

ASKED: Moves = {  # a rider asks for a place on the rota
    "waiting": frozenset({"offered", "placed", "left"}),
    "offered": frozenset({"placed", "lapsed", "left"}),
    "placed": frozenset({"left"}),
    "lapsed": frozenset(),
    "left": frozenset(),
}

SWAP: Moves = {
    "open": frozenset({"taken", "done", "withdrawn"}),
    "taken": frozenset({"done", "open", "withdrawn"}),
    "done": frozenset(),
    "withdrawn": frozenset(),
}

LIVE_JOB = ("offered", "taken")
OPEN_DELIVERY = ("waiting", "assigned", "carried")


def move(row: Any, column: str, moves: Moves, to: str) -> None:
    """Move one state column along its machine; WrongState names the row, where it is and where it may go."""
    was: str = getattr(row, column)
    if to not in moves[was]:
        raise WrongState(
            f"{type(row).__name__.lower()} {row.id} is {was}: it cannot become {to}",
            was=was,
            to=to,
            row=row.id,
        )
    setattr(row, column, to)
