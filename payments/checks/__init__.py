"""The audit: every entry put to every rule, and a list of what does not hold."""

from datetime import datetime

from sqlmodel import Session

from payments.checks.keeping import Look, found_in, keep, last, last_found, look, next_due, recent
from payments.checks.payables import TAKEN_BACK
from payments.checks.reading import RULES, findings, findings_since
from payments.checks.rules import Finding, Rule, Since
from payments.errors import BooksUnsound

__all__ = [
    "RULES",
    "TAKEN_BACK",
    "Finding",
    "Look",
    "Rule",
    "Since",
    "findings",
    "findings_since",
    "found_in",
    "keep",
    "last",
    "last_found",
    "look",
    "next_due",
    "recent",
    "stop_if_wrong",
]


def stop_if_wrong(session: Session, *, now: datetime) -> None:
    """Read all the books and go on only if they are sound; BooksUnsound with every finding, if any.

    For before and after money is paid out of them, in the transaction that pays. What is sound is noted.
    """
    seen = look(session, now=now, full=True)
    if seen.findings:
        raise BooksUnsound(tuple((each.rule, each.entry_id, each.message) for each in seen.findings))
    keep(session, seen, now=now)
