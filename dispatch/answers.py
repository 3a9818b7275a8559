"""What becomes of an offer: taken, passed, reminded of, expired, withdrawn; and the one truth when texts cross."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import attention, breaks, events, jobs, limits, orders, planning, shifts
from dispatch.errors import NoSuchJob, OfferGone, WrongState
from dispatch.facts import Marked
from dispatch.states import DELIVERY, JOB, LIVE_JOB, move
from dispatch.tables import Job, Order, Refusal, Shift, Stop, known
from payments import books


def take(
    session: Session, person_id: int, number: int | None, *, now: datetime, by: int | None = None
) -> Marked:
    """The rider takes a job; an offer that ran out may still be taken while nobody else has its orders."""
    try:
        job = jobs.find(session, person_id, number, LIVE_JOB if number is not None else ("offered",))
    except OfferGone:
        job = _revive(session, person_id, number, now=now)
    except NoSuchJob:
        if number is not None:
            raise
        job = jobs.find(session, person_id, None, ("taken",))  # taken already: say so again
    if job.state == "taken":
        return jobs.marked(session, "took", job, [], now=now, repeated=True)
    move(job, "state", JOB, "taken")
    job.taken_at = now
    if job.past_end_at is not None:
        job.stay_at = now  # what was offered said when it would end: taking it is their yes to that
    session.add(job)
    shifts.present(session, shifts.get(session, job.shift_id), now=now)
    jobs.mark(session, job, "took", [], at=now, now=now, by=by or person_id)
    planning.wanted(session, now=now)
    return jobs.marked(session, "took", job, [], now=now)


def _revive(session: Session, person_id: int, number: int | None, *, now: datetime) -> Job:
    """An expired offer taken late: good as long as its orders still wait and the rider is on shift."""
    past = jobs.latest(session, person_id, number) if number is not None else None
    if past is None:
        raise OfferGone(number=number)
    stops = jobs.stops_of(session, past)
    held = [orders.by_id(session, i) for i in dict.fromkeys(s.order_id for s in stops)]
    shift = shifts.current(session, person_id)
    if past.state != "expired" or shift is None or not held or any(o.delivery != "waiting" for o in held):
        raise jobs.gone(session, past)
    if not _still_fits(session, past, shift, held, now=now):
        raise jobs.gone(session, past)
    taken_number = session.exec(
        select(Job).where(Job.number == past.number, col(Job.state).in_(LIVE_JOB))
    ).first()
    job = Job(
        number=jobs.free_number(session) if taken_number else past.number,
        person_id=person_id,
        shift_id=known(shift.id),
        decision_id=past.decision_id,
        offered_at=past.offered_at,
        answer_by=now,
        depart_at=now,
        distance_m=past.distance_m,
        duration_s=past.duration_s,
        effort_s=past.effort_s,
        past_end_at=past.past_end_at,
        adds_minor=past.adds_minor,
    )
    session.add(job)
    session.flush()
    for stop in stops:
        copy = {k: v for k, v in stop.model_dump().items() if k not in ("id", "job_id")}
        session.add(Stop(**copy, job_id=known(job.id)))
    for order in held:
        order.job_id = job.id
        move(order, "delivery", DELIVERY, "assigned")
        session.add(order)
        attention.settle(session, f"unserved:{order.id}", now=now, note="Its offer was taken late.")
    session.flush()
    return job


def _still_fits(session: Session, past: Job, shift: Shift, held: Sequence[Order], *, now: datetime) -> bool:
    """Whether an offer taken late may still be ridden: other work, a break or the shift's end may have come since.

    What would end late now and was not offered as such has to be asked anew.
    """
    rules = books.in_force(session, at=now)[1]
    over = now + timedelta(seconds=past.duration_s)
    if any(r.starts_at < over and now < r.ends_at for r in breaks.of(session, [known(shift.id)])):
        return False
    if over > shift.planned_end_at:
        most = max(rules.dispatch.end_tolerance_min, rules.shifts.stay_ask_min)
        if past.past_end_at is None or over > shift.planned_end_at + timedelta(minutes=most):
            return False
    climb = limits.climbs(rules, held)
    left = limits.left(session, [shift], rules, now=now, climb=climb).get(shift.person_id, limits.FREE)
    tired = left.cool_until is not None or left.cool_s > 0
    room = left.orders is None or len(held) <= left.orders
    return not tired and room and (left.effort_s is None or past.duration_s <= left.effort_s)


def refuse(session: Session, person_id: int, number: int | None, *, now: datetime) -> Marked:
    """The rider passes: the orders are planned again for others. No blame is kept."""
    job = jobs.find(session, person_id, number, LIVE_JOB if number is not None else ("offered",))
    if job.state == "taken":
        raise WrongState(
            "You took job {number}. UNDO gives it back within 5 minutes; later, ask the desk.",
            number=job.number,
        )
    shifts.present(session, shifts.get(session, job.shift_id), now=now)
    told = jobs.marked(session, "passed", job, [], now=now)
    release(session, job, "passed", now=now)
    _passed_often(session, job, now=now)
    return told


def _passed_often(session: Session, job: Job, *, now: datetime) -> None:
    """The members may cap the passes of a shift: reaching it is put before a person, and nothing else comes of it."""
    most = books.in_force(session, at=now)[1].dispatch.passes_per_shift
    if most is None:
        return
    passed = session.exec(
        select(func.count()).select_from(Job).where(Job.shift_id == job.shift_id, Job.state == "passed")
    ).one()
    if passed == most:
        attention.raise_(
            session,
            "passes",
            f"passes:{job.shift_id}",
            f"A rider has passed on {passed} jobs this shift, which is what the rulebook allows: ask how they are.",
            now=now,
            person_id=job.person_id,
            shift_id=job.shift_id,
        )


def release(session: Session, job: Job, how: str, *, now: datetime, why: str | None = None) -> None:
    """A job ends undone: its orders wait again, and are not put to this rider a second time by the machine."""
    move(job, "state", JOB, how)
    job.closed_at = now
    session.add(job)
    for stop in jobs.stops_of(session, job):
        order = orders.by_id(session, stop.order_id)
        if order.job_id == job.id and order.delivery == "assigned":
            move(order, "delivery", DELIVERY, "waiting")
            order.job_id = None
            session.add(order)
            if why != "withdrawn":
                _remember_refusal(session, known(order.id), job.person_id, why or how, now=now)
    session.flush()
    shifts.finish_if_asked(session, job.person_id, now=now)
    planning.wanted(session, now=now)


def _remember_refusal(session: Session, order_id: int, person_id: int, why: str, *, now: datetime) -> None:
    held = session.exec(
        select(Refusal).where(Refusal.order_id == order_id, Refusal.person_id == person_id)
    ).first()
    if held is None:
        session.add(Refusal(order_id=order_id, person_id=person_id, why=why, at=now))
    elif held.why == "expired":  # that one was forgiven; this one stands from now on
        held.why, held.at = why, now
        session.add(held)


_NEXT_EXPIRY = select(func.min(Job.answer_by)).where(Job.state == "offered")


def next_expiry(session: Session) -> datetime | None:
    """When the first unanswered offer runs out."""
    return session.connection().scalar(_NEXT_EXPIRY)


def expire_due(session: Session, *, now: datetime) -> int:
    """Offers nobody answered in time end without blame, and their orders are planned again.

    A rider who let two in a row go by gets no more until any text of theirs arrives; a person is asked to look.
    """
    due = session.exec(
        select(Job).where(Job.state == "offered", Job.answer_by <= now).order_by(col(Job.id))
    ).all()
    for job in due:
        if job.reached_at is None:  # it never got to them: nobody let anything go by
            release(session, job, "withdrawn", now=now, why="withdrawn")
            continue
        held = [orders.by_id(session, i) for i in {s.order_id for s in jobs.stops_of(session, job)}]
        release(session, job, "expired", now=now)
        events.write(session, "offer_expired", now=now, person_id=job.person_id, job_id=known(job.id))
        shift = shifts.get(session, job.shift_id)
        shift.silences += 1
        session.add(shift)
        for order in held:
            _ring_if_nobody_answers(session, order, now=now)
        if shift.silences >= planning.SILENCES and shift.state == "on":
            attention.raise_(
                session,
                "silent",
                f"silent:{shift.id}",
                "A rider has let two offers go by and is offered no more: phone them.",
                now=now,
                person_id=shift.person_id,
                shift_id=shift.id,
            )
    return len(due)


def _ring_if_nobody_answers(session: Session, order: Order, *, now: datetime) -> None:
    """The next rider is asked; once enough have let it go by, or nobody is left to ask, the desk is rung."""
    if order.delivery != "waiting":
        return
    order_id = known(order.id)
    silent = session.exec(
        select(func.count())
        .select_from(Refusal)
        .where(Refusal.order_id == order_id, Refusal.why == "expired")
    ).one()
    refused = planning.refusals(session, [order_id], now=now).get(order_id, set())
    left = [shift for shift in planning.able(session) if shift.person_id not in refused]
    if left and silent < books.in_force(session, at=now)[1].dispatch.ring_after_silences:
        return
    attention.raise_(
        session,
        "unserved",
        f"unserved:{order_id}",
        "Nobody answers the offers of this order: give it to someone by hand, or ride it.",
        now=now,
        order_id=order_id,
        ring=True,
    )


def reached(session: Session, job_id: int, *, now: datetime) -> None:
    """An offer got to where its rider can read it: only from then on can it run out on them.

    Unanswered, they are reminded once, when the rulebook says or half way through.
    """
    job = jobs.get(session, job_id)
    if job.reached_at is None:
        job.reached_at = now
        after_s = books.in_force(session, at=now)[1].dispatch.remind_after_s
        at = job.offered_at + (
            timedelta(seconds=after_s) if after_s else (job.answer_by - job.offered_at) / 2
        )
        if at <= now:  # its text was late: half of what is left
            at = now + (job.answer_by - now) / 2
        job.remind_at = at if job.state == "offered" and now < at < job.answer_by else None
        session.add(job)
        session.flush()


_NEXT_REMINDER = select(func.min(Job.remind_at)).where(Job.state == "offered")


def next_reminder(session: Session) -> datetime | None:
    """When the first unanswered offer is to be brought to mind."""
    return session.connection().scalar(_NEXT_REMINDER)


def remind_due(session: Session, *, now: datetime) -> int:
    """Remind riders of offers they have not answered, once each; how many."""
    due = session.exec(
        select(Job).where(Job.state == "offered", col(Job.remind_at) <= now).order_by(col(Job.id))
    ).all()
    for job in due:
        job.remind_at = None
        session.add(job)
        if now < job.answer_by:
            events.write(session, "offer_reminded", now=now, person_id=job.person_id, job_id=known(job.id))
    session.flush()
    return len(due)


def unreached(session: Session, person_id: int, *, now: datetime) -> None:
    """Texts do not reach this rider: what they were offered goes to others at once.

    Who has taken a job is on the road with nobody able to text them: the desk is rung to phone them.
    """
    live = shifts.live_jobs(session, person_id)
    for job in live:
        if job.state == "offered":
            release(session, job, "withdrawn", now=now, why="withdrawn")
    attention.raise_(
        session,
        "unreachable",
        f"unreachable:{person_id}",
        "Texts do not reach this person: phone them.",
        now=now,
        person_id=person_id,
        ring=any(job.state == "taken" for job in live),
    )


def withdraw(session: Session, job: Job, *, now: datetime) -> None:
    """Take an offer or a job back (its rider has gone, or its last order was cancelled); the rider is told."""
    release(session, job, "withdrawn", now=now, why="withdrawn")
    events.write(session, "offer_withdrawn", now=now, person_id=job.person_id, job_id=known(job.id))


def untake(session: Session, job: Job, *, now: datetime) -> None:
    """A rider takes a TAKE back: the orders are planned again, this time for others."""
    release(session, job, "withdrawn", now=now, why="released")
