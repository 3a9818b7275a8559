"""What a rule of the audit is, and what it says when something does not hold.

A rule is one module with one class: it is handed every entry in order, keeps what it must remember, and says what it
finds. To add one, write the module and name its class in `payments/checks/reading.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from payments import books
from payments.books import Booked
from payments.errors import MoneyFault
from payments.ledger import Entry
from payments.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: the rule, the entry (None: no one entry), and what is wrong with it.

    Rules: rulebook, readable, chain, end, reversal, split, twice, payable, hold, refund, balance.
    """

    rule: str
    entry_id: int | None
    message: str


class Rule:
    """One thing that must hold. What is not overridden finds nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def at(self, booked: Booked, entry: Entry) -> Iterable[Finding]:
        """What is wrong with this entry, after all those before it."""
        return ()

    def ended(self, now: datetime | None) -> Iterable[Finding]:
        """What is wrong once every entry was read; `now` is None where no entry could be read."""
        return ()


def rulebook_of(session: Session, version: str) -> Rulebook | None:
    """The rulebook an entry names; None when there is none, which the rule for rulebooks tells."""
    try:
        return books.rules(session, version)
    except MoneyFault:
        return None


def kind(entry: Entry) -> str:
    """delivered, refunded, ended ...: the third part of a key like `order:17:delivered:1`."""
    parts = entry.key.split(":")
    return parts[2] if len(parts) > 2 and ":".join(parts[:2]) == entry.subject else ""
