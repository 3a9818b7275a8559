"""Whether what is kept beside the entries, what stands on each account, is what they make it."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from payments import books
from payments.books import Booked
from payments.checks.rules import Finding, Rule, Since
from payments.ledger import Entry


class Sums(Rule):
    """Every account added up again from its entries, beside the sums that overdrafts are judged by."""

    def __init__(self, session: Session, since: Since) -> None:
        super().__init__(session, since)
        self._sums = {account: list(sides) for account, sides in since.sums.items()}

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Add the entry."""
        for posting in entry.postings:
            self._sums.setdefault((posting.destination, entry.unit), [0, 0])[0] += posting.amount
            self._sums.setdefault((posting.source, entry.unit), [0, 0])[1] += posting.amount
        return ()

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """The accounts that are kept otherwise."""
        kept = books.sums.kept(self.session)
        for account, unit in sorted(kept.keys() | self._sums.keys()):
            made, told = self._sums.get((account, unit), [0, 0]), kept.get((account, unit), (0, 0))
            if tuple(made) != told:
                yield Finding(
                    "sum",
                    None,
                    f"{account} is kept as {told[0]} in and {told[1]} out ({unit}); its entries make it "
                    f"{made[0]} in and {made[1]} out",
                )
