"""What a rule of the audit is, and what it says when something does not hold.

A rule is one module with one class: it is handed every entry in order, keeps what it must remember, and says what it
finds. To add one, write the module and name its class in `payments/checks/reading.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from payments import books
from payments.books import GENESIS, Booked
from payments.books.sums import Sums
from payments.errors import MoneyFault
from payments.ledger import Entry
from payments.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: the rule, the entry (None: no one entry), and what is wrong with it.

    Rules: rulebook, readable, chain, end, reversal, split, vat, tips, twice, payable, taken back,
    hold, payout, settlement, remittance, refund, sum, balance.
    """

    rule: str
    entry_id: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Since:
    """Where a reading begins: after which entry, its hash, and what stood on the accounts then (received, given)."""

    entry_id: int = 0
    hash: str = GENESIS
    sums: Sums = field(default_factory=dict)


class Rule:
    """One thing that must hold. What is not overridden finds nothing.

    A reading that begins later than the first entry was preceded by one that found nothing: a rule that must know
    what was before `since` looks it up where an entry leads there.
    """

    def __init__(self, session: Session, since: Since) -> None:
        self.session = session
        self.since = since
        self._rulebooks: dict[str, Rulebook | None] = {}

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """What is wrong with this entry, after all those before it."""
        return ()

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """What is wrong once every entry was read; `now` is None where nobody said what time it is."""
        return ()

    def rulebook(self, version: str) -> Rulebook | None:
        """The rulebook an entry names, read once; None when there is none, which is told already."""
        if version not in self._rulebooks:
            try:
                self._rulebooks[version] = books.rules(self.session, version)
            except MoneyFault:
                self._rulebooks[version] = None
        return self._rulebooks[version]


def kind(entry: Entry) -> str:
    """delivered, refunded, ended ...: the third part of a key like `order:17:delivered:1`."""
    parts = entry.key.split(":")
    return parts[2] if len(parts) > 2 and ":".join(parts[:2]) == entry.subject else ""
