"""The audit night by night: what was read, what was found, and where the chain ended then."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import Session, col, select

from payments import books
from payments.checks.payables import TAKEN_BACK
from payments.checks.reading import findings, findings_since
from payments.checks.rules import Finding
from payments.errors import NoRulebook
from payments.rulebook import Rulebook
from payments.tables import ENTRIES, BookCheck

# When the night's reading begins, after midnight in the co-op's own time: nobody rides then.
AT_NIGHT = timedelta(hours=4)
# How long what was found sound once is not read again from the first entry on.
TRUSTED_FOR = timedelta(days=7)

Kind = Literal["full", "new"]


@dataclass(frozen=True, slots=True)
class Look:
    """What one reading found, before it is kept; `head` is where the chain ended, `after` where it began."""

    kind: Kind
    after: int
    head: tuple[int, str]
    findings: tuple[Finding, ...]


def look(session: Session, *, now: datetime, full: bool = False) -> Look:
    """Read the books: all of them when asked, a week after that was done last, and while anything was found.

    Otherwise what was posted since the last reading. Every end of the chain that a sound reading ever noted must
    still be there. It takes long and writes nothing: to be called in a session that only looks, with no lock held.
    """
    sound = _sound(session)
    latest, last_full = last(session), _last_full(session)
    whole = full or latest is None or latest.found > 0 or last_full is None
    head = books.head(session)
    if whole or last_full is None or last_full.at + TRUSTED_FOR <= now:
        noted = {row.head_id: row.head_hash for row in sound}
        return Look("full", 0, head, _wrong(findings(session, now=now, noted=noted)))
    since = (sound[0].head_id, sound[0].head_hash)
    return Look("new", since[0], head, _wrong(findings_since(session, since, now=now)))


def look_on(session: Session, *, now: datetime) -> Look | None:
    """Read what was posted since the last reading, if that found nothing; None otherwise.

    What stood on the accounts then is taken from what is kept: not even the database adds up what was read before.
    """
    latest = last(session)
    if latest is None or latest.found:
        return None
    since = (latest.head_id, latest.head_hash)
    head = books.head(session)
    return Look("new", since[0], head, _wrong(findings_since(session, since, now=now, trusting=True)))


def whole_since(session: Session, *, since: datetime) -> bool:
    """Whether the last reading of all the books was made since then, and found nothing."""
    latest = _last_full(session)
    return latest is not None and latest.found == 0 and latest.at >= since


def _wrong(found: list[Finding]) -> tuple[Finding, ...]:
    """What is wrong: not what a correction took back, which waits for what is earned next."""
    return tuple(each for each in found if each.rule != TAKEN_BACK)


def keep(session: Session, seen: Look, *, now: datetime) -> BookCheck:
    """Write down what a reading found."""
    told = [[each.rule, each.entry_id, each.message] for each in seen.findings]
    row = BookCheck(
        at=now,
        kind=seen.kind,
        after_id=seen.after,
        head_id=seen.head[0],
        head_hash=seen.head[1],
        found=len(told),
        findings=json.dumps(told, ensure_ascii=False),
    )
    session.add(row)
    session.flush()
    return row


def found_in(row: BookCheck) -> tuple[Finding, ...]:
    """What a reading found, as it was kept."""
    return tuple(Finding(rule, entry_id, message) for rule, entry_id, message in json.loads(row.findings))


def last(session: Session) -> BookCheck | None:
    """The last reading that was kept."""
    return next(iter(recent(session, 1)), None)


def last_found(session: Session) -> tuple[Finding, ...]:
    """What the last reading found; every step that pays reads the books again."""
    latest = last(session)
    return found_in(latest) if latest is not None else ()


def recent(session: Session, count: int) -> list[BookCheck]:
    """The last so many readings, newest first."""
    query = select(BookCheck).order_by(col(BookCheck.id).desc()).limit(count)
    return list(session.exec(query).all())


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When the next night's reading is due; None while nothing was ever booked."""
    latest = last(session)
    if latest is None:
        first = select(ENTRIES.c.recorded_at).order_by(ENTRIES.c.id).limit(1)
        at = session.connection().scalar(first)
    else:
        at = latest.at
    if at is None:
        return None
    try:
        _, rulebook = books.in_force(session, at=now)
    except NoRulebook:
        return None
    return _night_after(rulebook, at)


def _night_after(rulebook: Rulebook, at: datetime) -> datetime:
    today = rulebook.local(at).date()
    nights = (rulebook.midnight(today + timedelta(days=days)) + AT_NIGHT for days in (0, 1))
    return next(night for night in nights if night > at)


def _sound(session: Session) -> list[BookCheck]:
    query = select(BookCheck).where(BookCheck.found == 0).order_by(col(BookCheck.id).desc())
    return list(session.exec(query).all())


def _last_full(session: Session) -> BookCheck | None:
    query = select(BookCheck).where(BookCheck.kind == "full").order_by(col(BookCheck.id).desc()).limit(1)
    return session.exec(query).first()
