"""The audit: every entry put to every rule, and a list of what does not hold."""

from datetime import datetime

from sqlmodel import Session

from payments.checks.reading import RULES, findings
from payments.checks.rules import Finding, Rule
from payments.errors import BooksUnsound

__all__ = ["RULES", "Finding", "Rule", "findings", "stop_if_wrong"]


def stop_if_wrong(session: Session, *, now: datetime) -> None:
    """Read all the books before and after money is paid out of them; BooksUnsound with every finding, if any."""
    found = findings(session, now=now)
    if found:
        raise BooksUnsound(tuple((each.rule, each.entry_id, each.message) for each in found))
