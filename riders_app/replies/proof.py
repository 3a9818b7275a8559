"""What a rider texts with a DONE to prove it: `PIN 4821`, `NAME Maria`, or `NOPIN` and why there is none.

It stands at the end of the text and is taken off before the rest is read: names and reasons are free words.
"""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Given:
    """What was given as proof."""

    kind: Literal["pin", "name", "missing"]
    value: str


_PIN = re.compile(r"\b(?:pin|code)\s*[:#=-]?\s*(\d{4})\s*[.!]*\s*$", re.IGNORECASE)
_NAME = re.compile(r"\bname\s*[:=-]?\s+([^\W\d_][\w' .-]{0,59}?)\s*[.!]*\s*$", re.IGNORECASE)
_NONE = re.compile(r"\bno\s?(?:pin|code|name|photo)\b\s*[:,.-]?\s*(.{0,200})$", re.IGNORECASE | re.DOTALL)
_DONE = re.compile(r"\bdone\b|\bdelivered\b", re.IGNORECASE)


def split(body: str) -> tuple[str, Given | None]:
    """A DONE and what was given with it; any other text comes back whole."""
    if not _DONE.search(body):
        return body, None
    for kind, pattern in (("missing", _NONE), ("pin", _PIN), ("name", _NAME)):
        found = pattern.search(body)
        if found is not None and (rest := body[: found.start()].strip(" ,.;:-")):
            value = found.group(1).strip()
            if kind == "pin":
                return rest, Given("pin", value)
            return rest, Given("name", value) if kind == "name" else Given("missing", value)
    return body, None
