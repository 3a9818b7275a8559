"""Whether entries spend what is not there; what a correction takes back may be gone until it is made good."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from payments import ledger, work
from payments.books import Booked
from payments.checks.rules import Finding, Rule, Since
from payments.ledger import Entry

# What is owed to people can be nought, never less. A restaurant may owe the co-op: it holds the till.
PAYABLE = ("rider:", "member:", "payroll:", f"{work.POOL}:", f"{ledger.HELD}:")
# A correction took more than was there: it waits for what is earned next, and stops nobody's pay.
TAKEN_BACK = "taken back"


class Payables(Rule):
    """What stands on every account as the entries are read, and that all of it together is nought."""

    def __init__(self, session: Session, since: Since) -> None:
        super().__init__(session, since)
        self.held: dict[tuple[str, str], int] = defaultdict(int)
        for account, (received, given) in since.sums.items():
            self.held[account] = received - given
        self._below_nought: set[tuple[str, str]] = set()
        self._taken_back: dict[tuple[str, str], tuple[int, str]] = {}

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """Whether this entry takes a payable below nought."""
        for posting in entry.postings:
            self.held[posting.source, entry.unit] -= posting.amount
            self.held[posting.destination, entry.unit] += posting.amount
        for posting in entry.postings:
            account = (posting.source, entry.unit)
            if not posting.source.startswith(PAYABLE) or account in self._below_nought:
                continue
            if self.held[account] < 0 and entry.reverses is not None:
                self._taken_back.setdefault(account, (booked.id, entry.key))
            elif self.held[account] < 0:
                self._below_nought.add(account)
                yield Finding("payable", booked.id, f"{entry.key} takes {posting.source} below nought")
        for posting in entry.postings:
            account = (posting.destination, entry.unit)
            if self.held[account] >= 0:
                self._taken_back.pop(account, None)

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """What was never made good; whether everything sums to nought."""
        for (account, unit), (entry_id, key) in self._taken_back.items():
            if (account, unit) not in self._below_nought:
                yield Finding(
                    TAKEN_BACK, entry_id, f"{key} takes {account} below nought, and it was never made good"
                )
        sums: dict[str, int] = defaultdict(int)
        for (_, unit), amount in self.held.items():
            sums[unit] += amount
        for unit, amount in sorted(sums.items()):
            if amount:
                yield Finding("balance", None, f"all accounts together hold {amount} {unit}, not nought")
