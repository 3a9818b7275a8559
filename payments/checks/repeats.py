"""Whether what can be so once is booked once."""

from collections.abc import Iterable

from sqlmodel import Session

from payments.books import Booked
from payments.checks.rules import Finding, Rule, kind
from payments.ledger import Entry

# Of each of these an order or a shift has one that stands.
ONCE = ("delivered", "cancelled", "ended", "minutes", "holiday")


class Repeats(Rule):
    """Of two deliveries of one order, or two ends of one shift, one was undone."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._standing: dict[tuple[str, str], str] = {}

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Whether this entry stands beside another that says the same thing happened."""
        if entry.reverses is not None:
            undone = entry.reverses.split(":")[2] if entry.reverses.count(":") > 1 else ""
            self._standing.pop((entry.subject, undone), None)
        elif kind(entry) in ONCE:
            other = self._standing.get((entry.subject, kind(entry)))
            if other is not None:
                yield Finding(
                    "twice", booked.id, f"{entry.key} stands beside {other}: {entry.subject} is booked twice"
                )
            self._standing[entry.subject, kind(entry)] = entry.key
