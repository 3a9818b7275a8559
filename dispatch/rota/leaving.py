"""A planned shift changes hands: given up with notice, offered for a swap, taken by another, agreed by the desk."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import attention, events, shifts
from dispatch.errors import BadInput, NotFound, WrongState
from dispatch.facts import Point
from dispatch.rota import asking, pattern, statements
from dispatch.states import SWAP, move
from dispatch.tables import Asking, Shift, Swap, known
from payments import books


def give_up(session: Session, shift_id: int, person_id: int, *, now: datetime, reason: str = "") -> Shift:
    """A rider gives up a shift of theirs, with the rulebook's notice; its place goes to who waits for it."""
    shift = _own(session, shift_id, person_id, now)
    notice = timedelta(hours=books.in_force(session, at=now)[1].rota.cancel_notice_h)
    if shift.planned_start_at - now < notice:
        raise WrongState(
            "A shift is given up {hours} hours ahead or more: offer it for a swap, or ask the desk.",
            hours=notice // timedelta(hours=1),
        )
    return take_off(
        session, shift, by=person_id, reason=reason or "Given up by the rider, with notice", now=now
    )


def take_off(session: Session, shift: Shift, *, by: int, reason: str, now: datetime) -> Shift:
    """A planned shift is taken off the rota by a named person; whoever waits for its place is offered it."""
    shifts.cancel(session, known(shift.id), by=by, reason=reason, now=now)
    live = of_shift(session, known(shift.id))
    if live is not None:
        _end(session, live, "withdrawn", now=now)
    if shift.slot_id is not None:
        held = asking.standing(session, shift.slot_id, shift.person_id)
        if held is not None and held.state == "placed":
            held.state, held.settled_at = "left", now
            session.add(held)
        session.flush()
        asking.pass_on(session, shift.slot_id, now=now)
    return shift


def offer(session: Session, shift_id: int, person_id: int, *, now: datetime) -> Swap:
    """A rider offers a planned shift of theirs to the others; it stays theirs until another has it."""
    shift = _own(session, shift_id, person_id, now)
    held = of_shift(session, known(shift.id))
    if held is not None:
        return held
    row = Swap(shift_id=known(shift.id), from_person_id=person_id, at=now)
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, swap_id: int, person_id: int, *, now: datetime) -> None:
    """The rider keeps their shift after all; once another has it, it is too late."""
    row = get(session, swap_id)
    if row.from_person_id != person_id:
        raise NotFound("You offer no such shift.")
    if row.state in ("open", "taken"):
        _end(session, row, "withdrawn", now=now)


def take(session: Session, swap_id: int, person_id: int, *, now: datetime, reason: str = "") -> Swap:
    """Another rider takes an offered shift: theirs at once, or once the desk agrees, as the rulebook says."""
    row = get(session, swap_id)
    if row.to_person_id == person_id and row.state in ("taken", "done"):
        return row
    if row.from_person_id == person_id:
        raise BadInput("That is your own shift: withdraw the offer to keep it.")
    shift = shifts.get(session, row.shift_id)
    if row.state != "open" or shift.state != "planned" or shift.planned_start_at <= now:
        raise WrongState("That shift is not on offer any more.")
    _fits(session, shift, person_id, reason, now=now)
    row.to_person_id, row.taken_at, row.reason = person_id, now, reason.strip()
    move(row, "state", SWAP, "taken")
    session.add(row)
    session.flush()
    if books.in_force(session, at=now)[1].rota.swap == "agreed":
        attention.raise_(
            session,
            "swap",
            f"swap:{row.id}",
            "Two riders want to swap a shift: agree, or say why not, on the rota.",
            now=now,
            person_id=person_id,
            shift_id=shift.id,
        )
        return row
    return _hand_over(session, row, by=person_id, now=now)


def _fits(session: Session, shift: Shift, person_id: int, reason: str, *, now: datetime) -> None:
    """Whether the shift fits the taker's: tried and taken back, so that the desk is not asked about the impossible."""
    spot = session.begin_nested()
    try:
        _plan_for(session, shift, person_id, by=person_id, reason=reason, now=now)
    finally:
        spot.rollback()


def agree(session: Session, swap_id: int, *, by: int, now: datetime) -> Swap:
    """The desk agrees to a swap."""
    row = get(session, swap_id)
    if row.state == "done":
        return row
    if row.state != "taken" or row.to_person_id is None:
        raise WrongState("Nobody has taken that shift: there is nothing to agree to.")
    return _hand_over(session, row, by=by, now=now)


def decline(session: Session, swap_id: int, *, by: int, reason: str, now: datetime) -> Swap:
    """The desk does not agree, and says why; the shift stays on offer."""
    row = get(session, swap_id)
    if not reason.strip():
        raise BadInput("Write down why: both riders read it.")
    if row.state != "taken":
        raise WrongState("Nobody has taken that shift: there is nothing to decline.")
    for person_id in (row.from_person_id, row.to_person_id):
        events.write(session, "swap_declined", now=now, person_id=person_id, shift_id=row.shift_id)
    move(row, "state", SWAP, "open")
    row.reason, row.by_person_id, row.to_person_id, row.taken_at = reason.strip(), by, None, None
    session.add(row)
    session.flush()
    attention.settle(session, f"swap:{row.id}", now=now, note="Not agreed.")
    return row


def _hand_over(session: Session, row: Swap, *, by: int, now: datetime) -> Swap:
    """The shift becomes the taker's: the old one is off the rota, a new one stands in its place. Both are told."""
    old = shifts.get(session, row.shift_id)
    taker = known(row.to_person_id)
    held = asking.standing(session, old.slot_id, row.from_person_id) if old.slot_id else None
    if held is not None:
        held.state, held.settled_at = "left", now
        session.add(held)
    shifts.cancel(session, known(old.id), by=by, reason="Swapped", now=now, told=False)
    new = _plan_for(session, old, taker, by=taker, reason=row.reason, now=now)
    move(row, "state", SWAP, "done")
    row.settled_at, row.by_person_id = now, by
    session.add(row)
    session.flush()
    events.write(session, "swap_done", now=now, person_id=row.from_person_id, shift_id=known(old.id))
    events.write(session, "swap_done", now=now, person_id=taker, shift_id=known(new.id))
    attention.settle(session, f"swap:{row.id}", now=now, note="Agreed.")
    attention.settle(session, f"not_started:{old.id}", now=now, note="Swapped.")
    return row


def _plan_for(session: Session, old: Shift, person_id: int, *, by: int, reason: str, now: datetime) -> Shift:
    slot = pattern.slot(session, old.slot_id) if old.slot_id is not None else None
    return statements.plan(
        session,
        person_id,
        starts_at=old.planned_start_at,
        ends_at=old.planned_end_at,
        vehicle=slot.vehicle if slot is not None else None,
        where=Point(old.lat, old.lon),
        by=by,
        now=now,
        reason=reason,
        slot_id=old.slot_id,
    )


def _end(session: Session, row: Swap, how: str, *, now: datetime) -> None:
    move(row, "state", SWAP, how)
    row.settled_at = now
    session.add(row)
    session.flush()
    attention.settle(session, f"swap:{row.id}", now=now, note="The offer was withdrawn.")


def get(session: Session, swap_id: int) -> Swap:
    """The swap by that id; NotFound."""
    row = session.get(Swap, swap_id)
    if row is None:
        raise NotFound("There is no such offer.")
    return row


def of_shift(session: Session, shift_id: int) -> Swap | None:
    """The live offer of a shift."""
    return session.exec(
        select(Swap).where(Swap.shift_id == shift_id, col(Swap.state).in_(("open", "taken")))
    ).first()


def live(session: Session, *, now: datetime) -> Sequence[tuple[Swap, Shift]]:
    """Every shift on offer or waiting for the desk, first to begin first."""
    return session.exec(
        select(Swap, Shift)
        .join(Shift, col(Shift.id) == col(Swap.shift_id))
        .where(col(Swap.state).in_(("open", "taken")), Shift.state == "planned", Shift.planned_start_at > now)
        .order_by(col(Shift.planned_start_at), col(Swap.id))
    ).all()


def _own(session: Session, shift_id: int, person_id: int, now: datetime) -> Shift:
    shift = shifts.get(session, shift_id)
    if shift.person_id != person_id:
        raise NotFound("You have no such shift.")
    if shift.state != "planned" or shift.planned_start_at <= now:
        raise WrongState("Only a shift that has not begun can change hands.")
    return shift


def end_slot(session: Session, slot_id: int, *, by: int, reason: str, now: datetime) -> None:
    """A named person takes work off the rota: its planned shifts are cancelled, and whoever waited is let go."""
    slot = pattern.slot(session, slot_id)
    if slot.ended_at is not None:
        return
    if not reason.strip():
        raise BadInput("Write down why: the riders read it.")
    slot.ended_at = now
    session.add(slot)
    for shift in pattern.shifts_of(session, [slot_id]):
        if shift.state == "planned":
            take_off(session, shift, by=by, reason=reason, now=now)
    for row in session.exec(
        select(Asking).where(Asking.slot_id == slot_id, col(Asking.state).in_(("waiting", "offered")))
    ).all():
        row.state, row.settled_at = "left", now
        session.add(row)
    session.flush()
