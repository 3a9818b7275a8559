"""Whether tips go to riders and nowhere else, to the last penny."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from payments import work
from payments.books import Booked
from payments.checks.rules import Finding, Rule, Since
from payments.ledger import Entry


class Tips(Rule):
    """No fee, cost or wage is ever taken from tips; tips in are tips paid out and tips still owed."""

    def __init__(self, session: Session, since: Since) -> None:
        super().__init__(session, since)
        self._owed = sum(
            received - given for (account, _), (received, given) in since.sums.items() if work.pools(account)
        )
        self._from_customers = self._owed  # so much was so when this reading began

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Whether this entry takes tips anywhere but to a rider."""
        for posting in work.leaks(entry):
            what = (
                f"{entry.key} takes {posting.amount} of tips from {posting.source} to {posting.destination}"
            )
            yield Finding("tips", booked.id, what)
        self._from_customers += work.tips_from_outside(entry)
        for posting in entry.postings:
            self._owed += posting.amount * (work.pools(posting.destination) - work.pools(posting.source))

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """Whether any were lost, or came from anywhere but customers."""
        if self._owed != self._from_customers:
            what = (
                f"customers' tips less those paid out are {self._from_customers}, "
                f"and {self._owed} are owed to riders"
            )
            yield Finding("tips", None, what)
