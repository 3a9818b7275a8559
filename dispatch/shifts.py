"""Shifts: planned, started, ended; the clock of pay. No machine shortens one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import attention, events, people, tips, worked
from dispatch.errors import BadInput, NotFound, NotOnShift, Unplanned, WrongState
from dispatch.facts import VEHICLES, Point, ShiftFacts
from dispatch.states import LIVE_JOB, SHIFT, move
from dispatch.tables import Job, Order, Refusal, Shift, ShiftChange, Stop, known
from payments import books, pay
from payments.pay import ShiftMoney


def plan(
    session: Session,
    person_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    vehicle: str | None = None,
    where: Point | None = None,
) -> Shift:
    """Plan a shift; vehicle and place default to the rider's own. BadInput says what is wrong with it."""
    grant = people.rider_grant(session, person_id)
    if grant is None:
        raise BadInput("Only a rider can have a shift: give this person the role rider first.")
    vehicle = vehicle or grant.vehicle
    if vehicle not in VEHICLES:
        raise BadInput(f"The vehicle of a shift is one of: {', '.join(VEHICLES)}.")
    if where is None and grant.home_lat is not None and grant.home_lon is not None:
        where = Point(grant.home_lat, grant.home_lon)
    if where is None:
        raise BadInput("Say where the shift starts: this rider has no usual place.")
    if not timedelta(minutes=15) <= ends_at - starts_at <= timedelta(hours=16):
        raise BadInput("A shift lasts between 15 minutes and 16 hours: check its start and end.")
    clash = session.exec(
        select(Shift).where(
            Shift.person_id == person_id,
            col(Shift.state).in_(("planned", "on")),
            Shift.planned_start_at < ends_at,
            Shift.planned_end_at > starts_at,
        )
    ).first()
    if clash is not None:
        raise BadInput("This rider already has a shift that overlaps it.")
    shift = Shift(
        person_id=person_id,
        vehicle=vehicle,
        planned_start_at=starts_at,
        planned_end_at=ends_at,
        lat=where.lat,
        lon=where.lon,
    )
    session.add(shift)
    session.flush()
    return shift


def cancel(
    session: Session, shift_id: int, *, by: int, reason: str, now: datetime, told: bool = True
) -> Shift:
    """A named person takes a planned shift off the rota; its rider is told, unless they did it themselves."""
    shift = get(session, shift_id)
    if not reason.strip():
        raise BadInput("Write down why the shift is cancelled.")
    move(shift, "state", SHIFT, "cancelled")
    session.add(shift)
    _change(session, shift, "cancel", shift.planned_start_at, now, by=by, reason=reason, now=now)
    if told and by != shift.person_id and shift.planned_end_at > now:
        events.write(session, "shift_cancelled", now=now, person_id=shift.person_id, shift_id=known(shift.id))
    attention.settle(session, f"not_started:{shift.id}", now=now, note="The shift was cancelled.")
    return shift


def get(session: Session, shift_id: int) -> Shift:
    """The shift by that id; NotFound if there is none."""
    shift = session.get(Shift, shift_id)
    if shift is None:
        raise NotFound("There is no shift by that number.")
    return shift


def current(session: Session, person_id: int) -> Shift | None:
    """The shift this rider is on."""
    return session.exec(select(Shift).where(Shift.person_id == person_id, Shift.state == "on")).first()


def latest(session: Session, person_id: int, *, since: datetime) -> Shift | None:
    """The rider's newest shift that was started since then."""
    return session.exec(
        select(Shift)
        .where(Shift.person_id == person_id, col(Shift.started_at) >= since)
        .order_by(col(Shift.started_at).desc())
        .limit(1)
    ).first()


_ON = select(Shift).where(Shift.state == "on").order_by(col(Shift.id))


def on_now(session: Session) -> Sequence[Shift]:
    """Every shift that is on, in the order they were planned."""
    return session.exec(_ON).all()


def start(session: Session, person_id: int, *, now: datetime) -> Shift:
    """The rider says ON: their planned shift starts by the clock. Saying it again changes nothing.

    Unplanned when none is planned that may start now: see `starting`.
    """
    running = current(session, person_id)
    if running is not None:
        running.off_asked_at = None
        present(session, running, now=now)
        return running
    shift = session.exec(
        select(Shift)
        .where(Shift.person_id == person_id, Shift.state == "planned", Shift.planned_end_at > now)
        .order_by(col(Shift.planned_start_at))
    ).first()
    if shift is not None and shift.planned_start_at > now:
        early = timedelta(minutes=books.in_force(session, at=now)[1].shifts.early_on_min)
        shift = shift if shift.planned_start_at <= now + early else None
    if shift is None:
        raise Unplanned
    shift.started_at = shift.there_at = now
    move(shift, "state", SHIFT, "on")
    session.add(shift)
    session.flush()
    attention.settle(session, f"not_started:{shift.id}", now=now, note="The rider started.")
    attention.settle(session, f"unplanned:{person_id}", now=now, note="The rider started.")
    return shift


def stop(session: Session, person_id: int, *, now: datetime) -> Shift:
    """The rider says OFF. With a job still live the shift runs on until it is delivered, and no more are offered."""
    shift = current(session, person_id)
    if shift is None:
        raise NotOnShift("You are not on shift.")
    if live_jobs(session, person_id):
        shift.off_asked_at = shift.off_asked_at or now
        session.add(shift)
        return shift
    _end(session, shift, now, now=now)
    return shift


def finish_if_asked(session: Session, person_id: int, *, now: datetime, told: bool = False) -> bool:
    """End the shift of a rider who said OFF earlier and has now nothing left to deliver.

    They are told by a text of its own, unless it came of their own word, whose answer says so (`told`).
    """
    shift = current(session, person_id)
    if shift is None or shift.off_asked_at is None or live_jobs(session, person_id):
        return False
    _end(session, shift, now, now=now)
    if not told:
        events.write(session, "shift_over", now=now, person_id=person_id, shift_id=known(shift.id))
    return True


def live_jobs(session: Session, person_id: int) -> Sequence[Job]:
    """The rider's jobs that are offered or taken, oldest first."""
    return session.exec(
        select(Job).where(Job.person_id == person_id, col(Job.state).in_(LIVE_JOB)).order_by(col(Job.id))
    ).all()


def set_start(session: Session, shift_id: int, at: datetime, *, by: int, reason: str, now: datetime) -> Shift:
    """A named person sets when a shift started (a forgotten ON), with a reason; the rider is told."""
    shift = get(session, shift_id)
    _named(reason, at, now)
    was = shift.started_at
    if shift.state == "cancelled" or (shift.ended_at is not None and at > shift.ended_at):
        raise WrongState("A shift must start before it ends, and a cancelled one cannot start.")
    before = worked.money(session, shift) if shift.state == "ended" else None
    shift.started_at = at
    shift.there_at = shift.there_at or at
    elsewhere = current(session, shift.person_id)
    if elsewhere is not None and elsewhere.id != shift.id and shift.planned_end_at > now:
        raise WrongState("This rider is on another shift now: set the end of that one first.")
    if shift.state == "planned" and shift.planned_end_at > now:
        move(shift, "state", SHIFT, "on")  # a past one waits for its end to be set too
    session.add(shift)
    session.flush()
    if before is not None:
        _correct(session, shift, before, why="Its start was set by a named person", now=now)
    _change(session, shift, "start", was, at, by=by, reason=reason, now=now)
    attention.settle(session, f"not_started:{shift.id}", now=now, note="A person set the start.")
    return shift


def set_end(session: Session, shift_id: int, at: datetime, *, by: int, reason: str, now: datetime) -> Shift:
    """A named person sets when a shift ended (a forgotten OFF), with a reason; the rider is told and may contest."""
    shift = get(session, shift_id)
    _named(reason, at, now)
    was = shift.ended_at
    if shift.started_at is None or at < shift.started_at:
        raise WrongState("A shift must end after it started: set its start first.")
    if shift.state == "on" and live_jobs(session, shift.person_id):
        raise WrongState("This rider still has a live job: deliver it or hand it over first.")
    last = _last_work(session, shift_id)
    if last is not None and at < last:
        zone = ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)
        raise WrongState(
            f"This rider still delivered at {last.astimezone(zone):%H:%M}: an end before that would leave work unpaid."
        )
    if shift.state == "ended":
        before = worked.money(session, shift)
        shift.ended_at = at
        session.add(shift)
        _correct(session, shift, before, why="Its end was set by a named person", now=now)
    else:
        _end(session, shift, at, now=now)
    _change(session, shift, "end", was, at, by=by, reason=reason, now=now)
    return shift


def _last_work(session: Session, shift_id: int) -> datetime | None:
    """When something was last collected or delivered on a shift."""
    return session.exec(
        select(func.max(Stop.done_at))
        .join(Job, col(Job.id) == col(Stop.job_id))
        .where(Job.shift_id == shift_id)
    ).one()


def report_position(session: Session, person_id: int, where: Point, *, now: datetime) -> None:
    """A rider's point or stop: the place planning starts from."""
    shift = current(session, person_id)
    if shift is not None and (shift.there_at is None or now >= shift.there_at):
        shift.lat, shift.lon, shift.there_at = where.lat, where.lon, now
        session.add(shift)


def heard_from(session: Session, person_id: int, *, now: datetime) -> None:
    """Any text from a rider shows they are there: they get offers again, and need not be asked whether they left."""
    shift = current(session, person_id)
    if shift is not None:
        present(session, shift, now=now)


def present(session: Session, shift: Shift, *, now: datetime) -> None:
    """The rider of this shift is there: whatever was asked or raised because they were silent is settled."""
    if shift.silences:
        let_go = select(Refusal).where(Refusal.person_id == shift.person_id, Refusal.why == "expired")
        for refusal in session.exec(let_go.join(Order).where(Order.delivery == "waiting")).all():
            session.delete(refusal)  # they did not see it then; they may want it now
    shift.silences, shift.end_asked_at, shift.heard_at = 0, None, now
    session.add(shift)
    keys = [f"{kind}:{shift.id}" for kind in ("silent", "forgotten_off", "silent_carrying")]
    attention.settle(session, *keys, now=now, note="The rider answered.")


def facts(session: Session, shift: Shift, *, now: datetime) -> ShiftFacts:
    """A shift as its rider may see it, with what its clock has earned so far."""
    rulebook = books.in_force(session, at=now)[1]
    zone = ZoneInfo(rulebook.co_op.timezone)
    until = shift.ended_at or now
    minutes, earned = 0, 0
    if shift.started_at is not None:
        money = worked.money(session, shift, until=max(until, shift.started_at))
        delivered, minutes, earned = money.drops, money.minutes, pay.shift_pay(rulebook, money)
    else:
        delivered = 0
    return ShiftFacts(
        id=known(shift.id),
        state=shift.state,
        vehicle=shift.vehicle,
        planned_start_at=shift.planned_start_at.astimezone(zone),
        planned_end_at=shift.planned_end_at.astimezone(zone),
        started_at=shift.started_at.astimezone(zone) if shift.started_at else None,
        ended_at=shift.ended_at.astimezone(zone) if shift.ended_at else None,
        minutes=minutes,
        orders=delivered,
        earned_minor=earned,
        currency=rulebook.co_op.currency,
    )


def _end(session: Session, shift: Shift, at: datetime, *, now: datetime) -> None:
    shift.ended_at = at
    move(shift, "state", SHIFT, "ended")
    session.add(shift)
    session.flush()
    made = worked.money(session, shift)
    pay.shift_ended(session, made, now=now)
    tips.worked_otherwise(session, made, now=now)
    for key in ("forgotten_off", "silent", "silent_carrying"):
        attention.settle(session, f"{key}:{shift.id}", now=now, note="The shift has ended.")


def recount(session: Session, shift: Shift, before: ShiftMoney, *, why: str, now: datetime) -> bool:
    """Correct an ended shift's pay if what is known of it now pays otherwise than `before` did; whether it does."""
    otherwise = shift.state == "ended" and pay.pays_otherwise(session, before, worked.money(session, shift))
    if otherwise:
        _correct(session, shift, before, why=why, now=now)
    return otherwise


def _correct(session: Session, shift: Shift, before: ShiftMoney, *, why: str, now: datetime) -> None:
    shift.revision += 1
    session.add(shift)
    session.flush()
    after = worked.money(session, shift)
    pay.shift_corrected(session, before, after, why=why, now=now)
    tips.worked_otherwise(session, before, after, now=now)


def _named(reason: str, at: datetime, now: datetime) -> None:
    if not reason.strip():
        raise BadInput("Write down why: the rider reads it, and may contest it.")
    if at > now:
        raise BadInput("That time has not come yet.")


def _change(
    session: Session,
    shift: Shift,
    what: str,
    was: datetime | None,
    at: datetime,
    *,
    by: int,
    reason: str,
    now: datetime,
) -> None:
    session.add(
        ShiftChange(
            shift_id=known(shift.id),
            what=what,
            was_at=was,
            set_at=at,
            by_person_id=by,
            reason=reason.strip(),
            at=now,
        )
    )
    if what != "cancel":
        events.write(
            session, f"shift_{what}_set", now=now, person_id=shift.person_id, shift_id=known(shift.id)
        )


def change_at(session: Session, shift_id: int, what: str, at: datetime) -> ShiftChange | None:
    """The change of a start or an end that was made at this instant."""
    return session.exec(
        select(ShiftChange)
        .where(ShiftChange.shift_id == shift_id, ShiftChange.what == what, ShiftChange.at == at)
        .order_by(col(ShiftChange.id).desc())
        .limit(1)
    ).first()
