"""Whether what can be so once is booked once."""

from collections.abc import Iterable

from sqlmodel import Session

from payments import books
from payments.books import Booked
from payments.checks.rules import Finding, Rule, Since, kind
from payments.errors import MoneyFault
from payments.ledger import Entry

# Of each of these an order or a shift has one that stands.
ONCE = ("delivered", "cancelled", "ended", "minutes", "holiday", "shared", "sick", "leave", "approved")


class Repeats(Rule):
    """Of two deliveries of one order, or two ends of one shift, one was undone."""

    def __init__(self, session: Session, since: Since) -> None:
        super().__init__(session, since)
        self._standing: dict[tuple[str, str], str] = {}
        self._looked_up: set[str] = set()

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Whether this entry stands beside another that says the same thing happened."""
        if entry.reverses is None and kind(entry) not in ONCE:
            return
        self._before(entry.subject)
        other = self._follow(entry)
        if other is not None:
            yield Finding(
                "twice", booked.id, f"{entry.key} stands beside {other}: {entry.subject} is booked twice"
            )

    def _follow(self, entry: Entry) -> str | None:
        """Note what stands now; the key of what stands already."""
        if entry.reverses is not None:
            undone = entry.reverses.split(":")[2] if entry.reverses.count(":") > 1 else ""
            self._standing.pop((entry.subject, undone), None)
            return None
        if kind(entry) not in ONCE:
            return None
        other = self._standing.get((entry.subject, kind(entry)))
        self._standing[entry.subject, kind(entry)] = entry.key
        return other

    def _before(self, subject: str) -> None:
        """What stood of a subject when this reading began, looked up once."""
        if not self.since.entry_id or subject in self._looked_up:
            return
        self._looked_up.add(subject)
        for each in books.about(self.session, subject):
            if each.id <= self.since.entry_id:
                try:
                    self._follow(each.entry)
                except (MoneyFault, ValueError, TypeError):
                    continue  # the check of all the books tells it
