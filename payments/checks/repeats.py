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
# What the first of them is called, in the last part of its key; of the others 1.
_FIRST = {"ended": "0", "minutes": "0", "holiday": "0"}


class Repeats(Rule):
    """Of two deliveries of one order, or two ends of one shift, one was undone.

    Keys are unique, so that one of two is no first: what has only its first is not kept in mind, however long the
    books are.
    """

    def __init__(self, session: Session, since: Since) -> None:
        super().__init__(session, since)
        self._standing: dict[tuple[str, str], str] = {}
        self._looked_up: set[str] = set()

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Whether this entry stands beside another that says the same thing happened."""
        if entry.reverses is None and kind(entry) not in ONCE:
            return
        if entry.subject not in self._looked_up:
            if not self.since.entry_id and entry.reverses is None and _first(entry):
                return
            self._before(entry.subject, booked.id)
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

    def _before(self, subject: str, number: int) -> None:
        """What stood of a subject before an entry, looked up once; from then on it is followed."""
        self._looked_up.add(subject)
        for each in books.about(self.session, subject):
            if each.id < number:
                try:
                    self._follow(each.entry)
                except (MoneyFault, ValueError, TypeError):
                    continue  # the check of all the books tells it


def _first(entry: Entry) -> bool:
    """Whether it is named as the first of its kind."""
    return entry.key.rpartition(":")[2] == _FIRST.get(kind(entry), "1")
