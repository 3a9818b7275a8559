"""The verbs a text can have, and the words the carrier keeps for itself."""

from typing import Literal, get_args

Verb = Literal[
    "ON",
    "OFF",
    "TAKE",
    "PASS",
    "HERE",
    "GOT",
    "DONE",
    "UNDO",
    "LATE",
    "TROUBLE",
    "WHY",
    "CONTEST",
    "PAY",
    "MENU",
    "ACK",
    "FAIL",
    "REST",
    "SHIFTS",
    "STAY",
    "JOIN",
    "HELP",
    "OPT_OUT",
    "OPT_IN",
]
COMMANDS: tuple[Verb, ...] = get_args(Verb)[:20]
OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN = frozenset({"START", "YES", "UNSTOP"})
CANNED = frozenset({"HELP", "INFO"})


def words(written: str) -> frozenset[str]:
    """A set of words, written in one line."""
    return frozenset(written.split())
