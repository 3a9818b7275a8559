"""Absences: planned work missed through illness, and leave taken. A named person records them, with a reason."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from sqlmodel import Session, col, select

from dispatch import events, people, shifts
from dispatch.errors import BadInput, NotFound, WrongState
from dispatch.tables import Absence, Shift, known
from payments import books, pay
from payments.errors import NoSickPay, NotSoMuchLeave
from payments.pay import AbsenceMoney

NEAR = timedelta(days=92)
LONGEST_MIN = 16 * 60
MOST_LEAVE_MIN = 28 * 16 * 60
AGAIN = timedelta(minutes=10)


def sick_shift(session: Session, shift_id: int, *, reason: str, by: int, now: datetime) -> Absence:
    """A planned shift was missed through illness: its planned minutes are paid, and it leaves the rota."""
    shift = shifts.get(session, shift_id)
    earlier = session.exec(select(Absence).where(Absence.shift_id == shift_id)).first()
    if earlier is not None and earlier.taken_back_at is None:
        return earlier
    if earlier is not None or shift.state not in ("planned", "cancelled"):
        raise WrongState("Only a planned shift can be missed: record a day's hours instead.")
    on = books.in_force(session, at=now)[1].local(shift.planned_start_at).date()
    minutes = -((shift.planned_start_at - shift.planned_end_at) // timedelta(minutes=1))
    row = _record(session, shift.person_id, "sick", on, minutes, reason=reason, by=by, now=now, shift=shift)
    if shift.state == "planned":
        shifts.cancel(session, shift_id, by=by, reason="Missed through illness, and paid so", now=now)
    return row


def record(
    session: Session,
    person_id: int,
    kind: Literal["sick", "leave"],
    *,
    on: date,
    minutes: int,
    reason: str,
    by: int,
    now: datetime,
) -> Absence:
    """Hours of planned work missed through illness, or of leave taken, on (or from) a day. BadInput, WrongState.

    Recorded again within minutes, with the same words, it is the same one.
    """
    for row in of(session, person_id):
        same = (row.kind, row.on, row.minutes, row.reason) == (kind, on, minutes, reason.strip())
        if same and row.taken_back_at is None and row.at > now - AGAIN:
            return row
    return _record(session, person_id, kind, on, minutes, reason=reason, by=by, now=now)


def take_back(session: Session, absence_id: int, *, why: str, by: int, now: datetime) -> Absence:
    """It was recorded by mistake: what was booked is undone, with a reason. BadInput."""
    row = session.get(Absence, absence_id)
    if row is None:
        raise NotFound("There is no absence by that number.")
    if not why.strip():
        raise BadInput("Write down why it is taken back: the rider reads it.")
    if row.taken_back_at is None:
        row.taken_back_at, row.taken_back_by, row.taken_back_why = now, by, why.strip()
        session.add(row)
        session.flush()
        events.write(session, "absence_noted", now=now, person_id=row.person_id, absence_id=absence_id)
        pay.absence_taken_back(session, absence_id, why="Taken back by a named person", now=now)
    return row


def of(session: Session, person_id: int | None = None) -> Sequence[Absence]:
    """The last absences, of one rider or of all, newest first."""
    query = select(Absence).order_by(col(Absence.id).desc()).limit(60)
    return session.exec(query if person_id is None else query.where(Absence.person_id == person_id)).all()


def takers(session: Session) -> list[tuple[int, str, bool]]:
    """(number, name, whether they still ride) of all who may take leave: riders, and who left with some to be paid."""
    riding = [(known(row.id), row.name, True) for row in people.with_role(session, "rider")]
    gone = sorted(pay.leave_owed(session).keys() - {person_id for person_id, _, _ in riding})
    return riding + [(person_id, people.get(session, person_id).name, False) for person_id in gone]


def missable(session: Session, *, now: datetime) -> Sequence[Shift]:
    """The shifts planned about now that nobody has started: those that may have been missed."""
    return session.exec(
        select(Shift)
        .where(
            Shift.state == "planned",
            col(Shift.started_at).is_(None),
            Shift.planned_start_at > now - timedelta(days=14),
            Shift.planned_start_at < now + timedelta(days=7),
        )
        .order_by(col(Shift.planned_start_at), col(Shift.id))
    ).all()


def _record(
    session: Session,
    person_id: int,
    kind: Literal["sick", "leave"],
    on: date,
    minutes: int,
    *,
    reason: str,
    by: int,
    now: datetime,
    shift: Shift | None = None,
) -> Absence:
    _sensible(session, person_id, kind, on, minutes, reason, now)
    row = Absence(
        person_id=person_id,
        kind=kind,
        on=on,
        minutes=minutes,
        shift_id=shift.id if shift else None,
        reason=reason.strip(),
        by_person_id=by,
        at=now,
    )
    session.add(row)
    session.flush()
    try:
        if kind == "sick":
            pay.sick(session, AbsenceMoney(known(row.id), person_id, on, minutes), now=now)
        else:
            pay.leave(session, AbsenceMoney(known(row.id), person_id, on, minutes), now=now)
    except NoSickPay:
        raise BadInput(
            "The rules of that day say nothing of sick pay: the members must adopt a [pay.sick] first."
        ) from None
    except NotSoMuchLeave as fault:
        hours, rest = divmod(fault.left_minutes, 60)
        raise BadInput(
            f"Only {hours} h {rest:02d} of leave have accrued and are still to be taken."
        ) from None
    if shift is None or shift.state != "planned":  # else they read that the shift is off the rota, and paid
        events.write(session, "absence_noted", now=now, person_id=person_id, absence_id=row.id)
    return row


def _sensible(
    session: Session, person_id: int, kind: str, on: date, minutes: int, reason: str, now: datetime
) -> None:
    owed = kind == "leave" and person_id in pay.leave_owed(session)  # to who has left, too
    if not owed and people.rider_grant(session, person_id) is None:
        raise BadInput("Rider: choose whose absence it is.")
    if not reason.strip():
        raise BadInput("Write down why it is recorded. An illness needs no name.")
    today = books.in_force(session, at=now)[1].local(now).date()
    if abs(on - today) > NEAR:
        raise BadInput("Day: write one within three months.")
    most = LONGEST_MIN if kind == "sick" else MOST_LEAVE_MIN
    if not 1 <= minutes <= most:
        raise BadInput("Hours: write how long, like 5 or 4:30; one day's work at most when it is illness.")
