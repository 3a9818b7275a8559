"""What a rider is told of the rota: their next shifts, what is free, what others offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import people
from dispatch.facts import RotaFacts, ShiftTime
from dispatch.rota import asking, leaving, pattern
from dispatch.tables import RotaWeek, Shift, Slot, Swap, known
from payments import books
from payments.rulebook import Rulebook


def time_of(rules: Rulebook, row: Shift | Slot) -> ShiftTime:
    """When a shift, or work on the rota, is."""
    if isinstance(row, Slot):
        return ShiftTime(rules.local(row.starts_at), rules.local(row.ends_at))
    return ShiftTime(rules.local(row.planned_start_at), rules.local(row.planned_end_at))


def coming(session: Session, person_id: int, *, now: datetime) -> Sequence[Shift]:
    """The rider's planned shifts, next first."""
    return session.exec(
        select(Shift)
        .where(Shift.person_id == person_id, Shift.state == "planned", Shift.planned_end_at > now)
        .order_by(col(Shift.planned_start_at), col(Shift.id))
    ).all()


def open_slots(session: Session, *, now: datetime) -> Sequence[Slot]:
    """Work of published weeks that has not begun, earliest first."""
    return session.exec(
        select(Slot)
        .join(RotaWeek, col(RotaWeek.monday) == col(Slot.monday))
        .where(Slot.starts_at > now, col(Slot.ended_at).is_(None))
        .order_by(col(Slot.starts_at), col(Slot.id))
    ).all()


def of_rider(session: Session, person_id: int, *, now: datetime) -> RotaFacts:
    """A rider's next shifts; places and swaps that do not touch them are counted."""
    rules = books.in_force(session, at=now)[1]
    mine = coming(session, person_id, now=now)
    taken = {shift.slot_id for shift in mine}
    places = [s for s in open_slots(session, now=now) if s.id not in taken and asking.free(session, s)]
    others = [
        s for s, _ in leaving.live(session, now=now) if s.from_person_id != person_id and s.state == "open"
    ]
    return RotaFacts(tuple(time_of(rules, shift) for shift in mine), len(places), len(others))


def week_of_rider(
    session: Session, person_id: int, monday: date, *, now: datetime
) -> tuple[tuple[ShiftTime, ...], int]:
    """A rider's shifts of a week, and how many of its shifts have a place free."""
    rules = books.in_force(session, at=now)[1]
    since, until = rules.midnight(monday), rules.midnight(monday + timedelta(days=7))
    mine = [s for s in coming(session, person_id, now=now) if since <= s.planned_start_at < until]
    places = [s for s in pattern.slots(session, monday) if s.starts_at > now and asking.free(session, s)]
    return tuple(time_of(rules, shift) for shift in mine), len(places)


@dataclass(frozen=True, slots=True)
class Swapped:
    """A swap as one of its two riders is told: whether the shift is theirs now, and who the other is."""

    shift: ShiftTime
    mine: bool
    other: str
    reason: str


def swap_told(session: Session, shift_id: int, person_id: int, *, now: datetime) -> Swapped | None:
    """The newest swap that ended in, or began with, this shift."""
    rules = books.in_force(session, at=now)[1]
    shift = session.get(Shift, shift_id)
    if shift is None:
        return None
    side = (
        Swap.to_person_id
        if shift.state != "cancelled" and shift.person_id == person_id
        else Swap.from_person_id
    )
    row = session.exec(
        select(Swap)
        .where(side == person_id)
        .order_by(col(Swap.settled_at).desc(), col(Swap.id).desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    mine = row.to_person_id == person_id
    other = row.from_person_id if mine else row.to_person_id
    name = people.get(session, known(other)).name.split()[0] if other is not None else ""
    return Swapped(time_of(rules, shift), mine, name, row.reason)
