"""Rain, as a named person at the desk says it fell: what it adds to the pay of those who rode in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from dispatch import shifts, worked
from dispatch.errors import BadInput, NotFound, WrongState
from dispatch.tables import RainSpell, Shift, known
from payments.pay import ShiftMoney

LONGEST = timedelta(hours=24)
BACK = timedelta(days=31)
FOREVER = timedelta(days=36_500)


def began(session: Session, since: datetime, until: datetime | None, *, by: int, now: datetime) -> RainSpell:
    """It rained, or rains since then (`until` None); shifts that have ended are corrected. BadInput, WrongState."""
    if since > now or (until is not None and until > now):
        raise BadInput("Rain is marked once it falls: write a time that has come.")
    if since < now - BACK:
        raise BadInput("Rain is marked within a month: what is older stands as it was paid.")
    if until is not None and not timedelta(minutes=1) <= until - since <= LONGEST:
        raise BadInput("A spell of rain lasts from one minute to a day: check its start and end.")
    if until is None and now - since > LONGEST:
        raise BadInput("It cannot have rained since then: write when it stopped.")
    ends = until or now + FOREVER
    if any(row.starts_at < ends and since < (row.ends_at or now + FOREVER) for row in spells(session, since)):
        raise WrongState(
            "Rain is marked for that time already: take that spell back, or choose another time."
        )
    row = RainSpell(starts_at=since, ends_at=until, by_person_id=by, at=now)
    before = _ended(session, since, until or now)
    session.add(row)
    session.flush()
    _recount(session, before, why="Rain was marked by a named person", now=now)
    return row


def stopped(session: Session, spell_id: int, at: datetime, *, now: datetime) -> RainSpell:
    """The rain that was still falling has stopped. BadInput, WrongState."""
    row = _get(session, spell_id)
    if row.ends_at is not None:
        if row.ends_at == at:
            return row
        raise WrongState("That rain has stopped already.")
    if not row.starts_at < at <= now:
        raise BadInput("Rain stops after it began, and not in the future.")
    before = _ended(session, row.starts_at, now)
    row.ends_at = at
    session.add(row)
    session.flush()
    _recount(session, before, why="The end of rain was marked by a named person", now=now)
    return row


def taken_back(session: Session, spell_id: int, *, by: int, now: datetime) -> RainSpell:
    """It did not rain then after all; shifts that have ended are corrected."""
    row = _get(session, spell_id)
    if row.taken_back_at is not None:
        return row
    before = _ended(session, row.starts_at, row.ends_at or now)
    row.taken_back_at, row.taken_back_by = now, by
    row.ends_at = row.ends_at or max(now, row.starts_at + timedelta(minutes=1))
    session.add(row)
    session.flush()
    _recount(session, before, why="Rain was taken back by a named person", now=now)
    return row


def spells(session: Session, since: datetime) -> Sequence[RainSpell]:
    """The rain that fell or falls since an instant, newest first, what was taken back left out."""
    return session.exec(
        select(RainSpell)
        .where(
            col(RainSpell.taken_back_at).is_(None),
            or_(col(RainSpell.ends_at).is_(None), col(RainSpell.ends_at) > since),
        )
        .order_by(col(RainSpell.starts_at).desc())
    ).all()


def _get(session: Session, spell_id: int) -> RainSpell:
    row = session.get(RainSpell, spell_id)
    if row is None:
        raise NotFound("There is no rain by that number.")
    return row


def _ended(session: Session, since: datetime, until: datetime) -> list[tuple[Shift, ShiftMoney]]:
    """The shifts that have ended and were worked in that time, with their pay as it was reckoned."""
    rows = session.exec(
        select(Shift)
        .where(Shift.state == "ended", col(Shift.started_at) < until, col(Shift.ended_at) > since)
        .order_by(col(Shift.id))
    ).all()
    return [(shifts.get(session, known(row.id)), worked.money(session, row)) for row in rows]


def _recount(
    session: Session, before: Sequence[tuple[Shift, ShiftMoney]], *, why: str, now: datetime
) -> None:
    for shift, was in before:
        shifts.recount(session, shift, was, why=why, now=now)
