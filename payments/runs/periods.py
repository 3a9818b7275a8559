"""Which pay period a day is in, also where the rules changed how long a period is."""

from datetime import datetime, timedelta

from sqlmodel import Session

from payments import books
from payments.rulebook import Rulebook, parse


def period(session: Session, on: datetime) -> tuple[datetime, datetime]:
    """The pay period an instant is in: its beginning and the next one's, in UTC. NoRulebook before the first.

    Where the rules change how long a period is, the one they change in ends as it would have, and the next begins
    there: no day is in two, and none is in no period.
    """
    rules = books.in_force(session, at=on)[1]
    changed = _changed(session, rules, on)
    since, until = rules.period_at(on)
    if changed is None:
        return since, until
    last = period(session, changed - timedelta(days=1))
    return last if on < last[1] else (max(since, last[1]), until)


def _changed(session: Session, rules: Rulebook, on: datetime) -> datetime | None:
    """When periods became as long as they are at an instant; None where they always were."""
    since: datetime | None = None
    for row in books.versions(session):
        begins = rules.midnight(row.effective_on)
        if begins > on or begins == since:  # not yet, or put right the same day
            continue
        held = parse(row.text).pay_period
        if (held.kind, held.starts_on) != (rules.pay_period.kind, rules.pay_period.starts_on):
            return since
        since = begins
    return None
