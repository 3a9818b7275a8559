"""Asking for a place on the rota: had at once while one is free, else waited for; offered then, never forced."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import events, people
from dispatch.errors import BadInput, NotFound, Sentence, WrongState
from dispatch.facts import Point
from dispatch.rota import pattern, statements
from dispatch.rota.working import Span, hours_in
from dispatch.states import ASKED, move
from dispatch.tables import Asking, Shift, Slot, known
from payments import books
from payments.rulebook import Rulebook

STANDS = ("waiting", "offered", "placed")


def ask(session: Session, slot_id: int, person_id: int, *, now: datetime, reason: str = "") -> Asking:
    """A rider asks for a place: theirs at once while one is free and nobody waits, else they wait for one.

    Asked again, nothing changes; who was offered a place and asks has taken it. Cautioned where working time
    wants a reason.
    """
    slot = _open(session, slot_id, now)
    held = standing(session, slot_id, person_id)
    if held is not None:
        return (
            accept(session, known(held.id), person_id, now=now, reason=reason)
            if held.state == "offered"
            else held
        )
    if people.rider_grant(session, person_id) is None:
        raise BadInput("Only a rider can have a shift.")
    if any(s.person_id == person_id for s in pattern.shifts_of(session, [slot_id])):
        raise WrongState("You have a place in that shift already.")
    row = Asking(slot_id=slot_id, person_id=person_id, asked_at=now)
    if free(session, slot) > 0 and not _waiting(session, slot_id):
        _place(session, row, slot, reason, now=now)
    session.add(row)
    session.flush()
    return row


def accept(session: Session, asking_id: int, person_id: int, *, now: datetime, reason: str = "") -> Asking:
    """A rider takes the place that was offered to them; WrongState once its time to answer is over."""
    row = mine(session, asking_id, person_id)
    if row.state == "placed":
        return row
    if row.state != "offered" or row.answer_by is None or now >= row.answer_by:
        raise WrongState("That place has gone on to the next rider: ask for it again to wait for another.")
    _place(session, row, _open(session, row.slot_id, now), reason, now=now)
    session.add(row)
    session.flush()
    return row


def _place(session: Session, row: Asking, slot: Slot, reason: str, *, now: datetime) -> None:
    put(session, slot, row.person_id, by=row.person_id, now=now, reason=reason)
    row.settled_at = now
    move(row, "state", ASKED, "placed")


def put(session: Session, slot: Slot, person_id: int, *, by: int, now: datetime, reason: str = "") -> Shift:
    """A rider is put on a place: by themselves, or by the desk, which the rider is told of once the week is up."""
    if slot.vehicle is not None:
        grant = people.rider_grant(session, person_id)
        if slot.vehicle == "cargo" and grant is not None and grant.vehicle != "cargo" and by == person_id:
            raise BadInput("That shift needs a cargo bike: ask the desk if you can have one.")
    where = Point(slot.lat, slot.lon) if slot.lat is not None and slot.lon is not None else None
    shift = statements.plan(
        session,
        person_id,
        starts_at=max(slot.starts_at, now) if slot.starts_at <= now < slot.ends_at else slot.starts_at,
        ends_at=slot.ends_at,
        vehicle=slot.vehicle,
        where=where,
        by=by,
        now=now,
        reason=reason,
        slot_id=known(slot.id),
    )
    if by != person_id and pattern.published(session, slot.monday) is not None:
        events.write(session, "shift_planned", now=now, person_id=person_id, shift_id=known(shift.id))
    held = standing(session, known(slot.id), person_id)
    if held is not None and by != person_id:
        held.settled_at, held.state = now, "placed"
        session.add(held)
    return shift


def leave(session: Session, asking_id: int, person_id: int, *, now: datetime) -> None:
    """A rider no longer waits; a place they were offered goes on at once."""
    row = mine(session, asking_id, person_id)
    if row.state in ("waiting", "offered"):
        move(row, "state", ASKED, "left")
        row.settled_at = now
        session.add(row)
        session.flush()
        pass_on(session, row.slot_id, now=now)


def mine(session: Session, asking_id: int, person_id: int) -> Asking:
    """One's own asking; NotFound for anyone else's."""
    row = session.get(Asking, asking_id)
    if row is None or row.person_id != person_id:
        raise NotFound("You have not asked for that place.")
    return row


def standing(session: Session, slot_id: int, person_id: int) -> Asking | None:
    """What this rider asks for here, unless it is settled against them."""
    return session.exec(
        select(Asking).where(
            Asking.slot_id == slot_id, Asking.person_id == person_id, col(Asking.state).in_(STANDS)
        )
    ).first()


def offered_to(session: Session, person_id: int, *, now: datetime) -> Sequence[Asking]:
    """The places this rider is offered and may still take, first to run out first."""
    return session.exec(
        select(Asking)
        .where(Asking.person_id == person_id, Asking.state == "offered", col(Asking.answer_by) > now)
        .order_by(col(Asking.answer_by), col(Asking.id))
    ).all()


def free(session: Session, slot: Slot) -> int:
    """How many places are neither had nor on offer to somebody who waited."""
    had = len(pattern.shifts_of(session, [known(slot.id)]))
    offered = session.exec(
        select(func.count()).select_from(Asking).where(Asking.slot_id == slot.id, Asking.state == "offered")
    ).one()
    return max(0, slot.riders - had - offered)


def _open(session: Session, slot_id: int, now: datetime) -> Slot:
    slot = pattern.slot(session, slot_id)
    if slot.ended_at is not None or slot.starts_at <= now:
        raise WrongState("That shift has begun or is off the rota.")
    if pattern.published(session, slot.monday) is None:
        raise WrongState("That week is not up yet.")
    return slot


def _waiting(session: Session, slot_id: int) -> Sequence[Asking]:
    return session.exec(
        select(Asking)
        .where(Asking.slot_id == slot_id, Asking.state == "waiting")
        .order_by(col(Asking.asked_at), col(Asking.id))
    ).all()


def in_turn(session: Session, slot: Slot, rules: Rulebook) -> list[Asking]:
    """Who waits for this place, next first: who asked first, or who has the fewest hours in the pay period."""
    waiting = list(_waiting(session, known(slot.id)))
    if rules.rota.waitlist == "fewest_hours":
        since, until = rules.period_at(slot.starts_at)
        had = {
            row.person_id: hours_in(
                statements.spans(session, row.person_id, rules, around=slot.starts_at), since, until
            )
            for row in waiting
        }
        waiting.sort(key=lambda row: (had[row.person_id], row.asked_at, row.id or 0))
    return waiting


def pass_on(session: Session, slot_id: int, *, now: datetime) -> int:
    """Offer each free place to who comes next, with a time to answer; how many were told."""
    slot = pattern.slot(session, slot_id)
    if slot.ended_at is not None or slot.starts_at <= now:
        return 0
    rules = books.in_force(session, at=now)[1]
    told = 0
    for row in in_turn(session, slot, rules)[: free(session, slot)]:
        move(row, "state", ASKED, "offered")
        row.offered_at = now
        row.answer_by = min(now + timedelta(minutes=rules.rota.answer_min), slot.starts_at)
        session.add(row)
        session.flush()
        events.write(session, "place_offered", now=now, person_id=row.person_id)
        told += 1
    return told


_RUNS_OUT = select(func.min(Asking.answer_by)).where(Asking.state == "offered")


def next_due(session: Session) -> datetime | None:
    """When the first place on offer goes on to the next."""
    found: datetime | None = session.connection().scalar(_RUNS_OUT)
    return found


def lapse(session: Session, *, now: datetime) -> int:
    """Places nobody answered for go on to the next rider; nothing is held against who kept silent."""
    rows = session.exec(
        select(Asking).where(Asking.state == "offered", col(Asking.answer_by) <= now).order_by(col(Asking.id))
    ).all()
    for row in rows:
        move(row, "state", ASKED, "lapsed")
        row.settled_at = now
        session.add(row)
    session.flush()
    for slot_id in dict.fromkeys(row.slot_id for row in rows):
        pass_on(session, slot_id, now=now)
    return len(rows)


def could(session: Session, slot: Slot, person_id: int, *, now: datetime) -> tuple[Sentence, ...]:
    """What a rider would have to write a reason for before they take this place."""
    found = statements.check(session, person_id, Span(slot.starts_at, slot.ends_at), now=now)
    return tuple(caution.sentence for caution in found if not caution.light)


__all__ = [
    "STANDS",
    "accept",
    "ask",
    "could",
    "free",
    "in_turn",
    "lapse",
    "leave",
    "mine",
    "next_due",
    "offered_to",
    "pass_on",
    "put",
    "standing",
]
