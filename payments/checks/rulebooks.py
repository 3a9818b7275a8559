"""Whether the rulebooks are what was adopted, and every entry names one of them."""

from collections.abc import Iterator

from sqlmodel import Session

from payments import books
from payments.books import Booked
from payments.checks.rules import Finding
from payments.rulebook import digest


class Rulebooks:
    """The versions there are; asked also about entries that can no longer be read."""

    def __init__(self, session: Session) -> None:
        self._rows = books.versions(session)
        self._known = {row.version for row in self._rows}

    def changed(self) -> Iterator[Finding]:
        """The versions that are not what was adopted."""
        for row in self._rows:
            if row.digest != digest(row.text):
                yield Finding("rulebook", None, f"the text of rulebook {row.version} is not what was adopted")
            if row.version != books.named(row.id, row.digest, row.effective_on, row.resolution):
                yield Finding(
                    "rulebook", None, f"the day or resolution of rulebook {row.version} was changed"
                )

    def named(self, each: Booked) -> Iterator[Finding]:
        """Whether the entry names one of them."""
        if each.rulebook not in self._known:
            yield Finding("rulebook", each.id, f"{each.key} names no known rulebook: {each.rulebook}")
