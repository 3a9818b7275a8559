"""The audit: every entry put to every rule, and a list of what does not hold."""

from datetime import datetime, timedelta

from sqlmodel import Session

from payments import books
from payments.checks.keeping import (
    Look,
    found_in,
    keep,
    last,
    last_found,
    look,
    look_on,
    next_due,
    recent,
    whole_since,
)
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
    "look_on",
    "next_due",
    "recent",
    "stop_if_wrong",
    "whole_since",
]


# Books of so many entries are read whole in seconds; with more, nobody else could write for minutes.
READ_WHOLE_UP_TO = 20_000
SAME_DAY = timedelta(hours=24)


def stop_if_wrong(session: Session, *, now: datetime) -> None:
    """Read all the books and go on only if they are sound; BooksUnsound with every finding, if any.

    For before and after money is paid out of them, in the transaction that pays. What is sound is noted. Long books
    that were read whole within a day and found sound are read from the last sound reading on.
    """
    number, _ = books.head(session)
    seen = None
    if number > READ_WHOLE_UP_TO and whole_since(session, since=now - SAME_DAY):
        seen = look_on(session, now=now)
    seen = seen or look(session, now=now, full=True)
    if seen.findings:
        raise BooksUnsound(tuple((each.rule, each.entry_id, each.message) for each in seen.findings))
    keep(session, seen, now=now)
