"""Taking back the last thing a rider said, and whatever moved with it."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import attention, cards, cases, jobs, offers, orders, planning, proofs, refunds, shifts, tips
from dispatch.errors import NothingToUndo
from dispatch.facts import Marked
from dispatch.states import DELIVERY, JOB, LIVE_JOB, PAYMENT, move
from dispatch.tables import Job, Mark, Order, Stop, known
from payments import pay

UNDO_WITHIN = timedelta(minutes=5)
ENDED = ("returned", "abandoned")  # what a person may make of food nobody took
UNDO_AGAIN = timedelta(seconds=90)  # a second UNDO this soon, nothing said between, says the first one again


def undo(
    session: Session, person_id: int, *, now: datetime, by: int | None = None, again: bool = False
) -> Marked:
    """Take back the last thing this rider said, within five minutes; a posted entry is reversed.

    A delivery that failed is carried again, though a person decided on it meanwhile: they are told.

    `again`: the last thing they said was an UNDO too, so that they may not have had its answer. Then what was
    just taken back is told again, and nothing more is: a lost answer must not undo something that was right.
    """
    told = _told_again(session, person_id, now=now) if again else None
    if told is not None:
        return told
    last = session.exec(
        select(Mark)
        .where(
            Mark.person_id == person_id,
            col(Mark.undone_at).is_(None),
            Mark.said_at >= now - UNDO_WITHIN,
        )
        .order_by(col(Mark.id).desc())
        .limit(1)
    ).first()
    if last is None:
        raise NothingToUndo
    job = session.get(Job, last.job_id)
    if job is None or job.state not in ("taken", "finished"):
        raise NothingToUndo("That job is closed: tell the desk what happened.")
    if shifts.get(session, job.shift_id).state == "ended":
        raise NothingToUndo("Your shift has ended since: tell the desk what happened.")
    if _handed_on(session, job, last):
        raise NothingToUndo("Another rider has that food since: tell the desk what happened.")
    stops = [s for s in (session.get(Stop, i) for i in last.stops) if s is not None]
    if last.verb == "failed" and any(_money_left(session, stop) for stop in stops):
        raise NothingToUndo("The customer's money is on its way back: tell the desk what happened.")
    if job.state == "finished":
        _reopen(session, job)
    for stop in reversed(stops):
        if last.verb == "failed":
            _unfail(session, job, stop, last, now=now)
        else:
            _unmark(session, stop, last.verb, now=now)
    last.undone_at = now
    session.add(last)
    session.flush()
    if last.verb == "took":
        told = jobs.marked(session, "undone", job, [], now=now)
        offers.untake(session, job, now=now)
        return told
    planning.wanted(session, now=now)
    return jobs.marked(
        session, "undone", job, [s for s in stops if s.kind == _kind(last.verb)] or stops, now=now
    )


def came_after_all(
    session: Session, person_id: int, number: int | None, letters: tuple[str, ...], *, now: datetime
) -> Job | None:
    """The job whose failed drop a DONE means though a person has just ended it: the two texts crossed.

    Its failing is taken back as UNDO takes it back, so that the DONE counts. None where it means no such drop.
    NothingToUndo where that was decided longer ago, the customer's money is on its way back, or the shift has ended:
    the rider is to tell the desk, and does not read that it was delivered.
    """
    said = _failed_last(session, person_id, number, letters)
    stop = session.get(Stop, said.stops[0]) if said is not None else None
    if said is None or stop is None:
        return None
    job, order = jobs.get(session, said.job_id), orders.by_id(session, stop.order_id)
    if order.delivery not in ENDED or order.job_id != job.id:
        return None
    if _money_left(session, stop):
        raise NothingToUndo("The customer's money is on its way back: tell the desk what happened.")
    if shifts.get(session, job.shift_id).state == "ended":
        raise NothingToUndo("Your shift has ended since: tell the desk what happened.")
    if order.cancelled_at is None or order.cancelled_at < now - UNDO_WITHIN:
        raise NothingToUndo("That job is closed: tell the desk what happened.")
    if job.state == "finished":
        _reopen(session, job)
    _unfail(session, job, stop, said, now=now)
    said.undone_at = now
    session.add(said)
    session.flush()
    return job


def _failed_last(
    session: Session, person_id: int, number: int | None, letters: tuple[str, ...]
) -> Mark | None:
    """The FAIL a DONE may be about: of the drop it names, or of the only one its job had."""
    query = select(Mark).where(
        Mark.person_id == person_id, Mark.verb == "failed", col(Mark.undone_at).is_(None)
    )
    if number is not None:
        newest = jobs.latest(session, person_id, number)
        query = query.where(Mark.job_id == (newest.id if newest is not None else None))
    for said in session.exec(query.order_by(col(Mark.id).desc())).all():
        drops = dict(
            session.exec(
                select(Stop.id, Stop.letter).where(Stop.job_id == said.job_id, Stop.kind == "drop")
            ).all()
        )
        if drops.get(said.stops[0]) in letters if letters else len(drops) == 1:
            return said
        if number is None:
            return None
    return None


def _told_again(session: Session, person_id: int, *, now: datetime) -> Marked | None:
    """What this rider took back just now, unless anything was marked for them since."""
    said = select(Mark).where(Mark.person_id == person_id)
    undone = session.exec(
        said.where(col(Mark.undone_at) > now - UNDO_AGAIN).order_by(col(Mark.undone_at).desc()).limit(1)
    ).first()
    if undone is None or undone.undone_at is None:
        return None
    if session.exec(said.where(col(Mark.said_at) > undone.undone_at).limit(1)).first() is not None:
        return None
    stops = [s for s in (session.get(Stop, i) for i in undone.stops) if s is not None]
    named = [s for s in stops if s.kind == _kind(undone.verb)] or stops
    return jobs.marked(session, "undone", jobs.get(session, undone.job_id), named, now=now, repeated=True)


def _handed_on(session: Session, job: Job, last: Mark) -> bool:
    """Whether what was said is of food another rider has or fetches since."""
    said = [stop for stop in (session.get(Stop, i) for i in last.stops) if stop is not None]
    if any(orders.by_id(session, stop.order_id).job_id != job.id for stop in said):
        return True
    meetings = {stop.order_id for stop in jobs.stops_of(session, job) if stop.meeting}
    return any(stop.order_id in meetings for stop in said)


def _kind(verb: str) -> str:
    return "drop" if verb in ("done", "failed") else "pickup"


def _reopen(session: Session, job: Job) -> None:
    held = session.exec(select(Job).where(Job.number == job.number, col(Job.state).in_(LIVE_JOB))).first()
    if held is not None:
        job.number = jobs.free_number(session)
    move(job, "state", JOB, "taken")
    job.closed_at = None
    session.add(job)
    session.flush()


def _unmark(session: Session, stop: Stop, verb: str, *, now: datetime) -> None:
    if verb == "here":
        stop.arrived_at = None
        session.add(stop)
        return
    order = orders.by_id(session, stop.order_id)
    stop.done_at = None
    if stop.kind == "drop":
        move(order, "delivery", DELIVERY, "carried")
        move(order, "payment", PAYMENT, "due")
        order.delivered_at = None
        pay.undelivered(session, known(order.id), order.attempt, why="undone by the rider", now=now)
        tips.came(session, known(order.id), order.attempt, now=now)
        proofs.taken_back(session, order, now=now)
        order.attempt += 1
        cards.follow(session, order, now=now)
    else:
        move(order, "delivery", DELIVERY, "assigned")
        order.carried_at = order.kitchen_slip_s = None  # nothing is learnt from a word taken back
    session.add_all((stop, order))
    session.flush()


def _money_left(session: Session, stop: Stop) -> bool:
    """Whether what was decided of a failed delivery set money moving outside the books."""
    order = orders.by_id(session, stop.order_id)
    return order.delivery in ENDED and cards.online(order)


def _unfail(session: Session, job: Job, stop: Stop, last: Mark, *, now: datetime) -> None:
    """The food is carried on to its door, in its old place; what had come of its failing is taken back."""
    order = orders.by_id(session, stop.order_id)
    if order.delivery in ENDED:
        _undecided(session, job, stop, order, now=now)
    failure = cases.failure_of(session, known(order.id))
    if failure is not None:
        cases.close(session, failure, by=job.person_id, outcome="Taken back by the rider.", now=now)
    attention.settle(session, f"failed:{order.id}", now=now, note="Taken back by the rider.")
    if last.seq_was is not None and last.seq_was not in jobs.places_of_others(session, job, stop):
        stop.seq = last.seq_was
    session.add(stop)
    session.flush()


def _undecided(session: Session, job: Job, stop: Stop, order: Order, *, now: datetime) -> None:
    """A person had ended the order on the rider's word; its money is as before, and they are told."""
    ended = order.delivery
    move(order, "delivery", DELIVERY, "carried")
    move(order, "payment", PAYMENT, "due")
    order.cancelled_at = order.cancel_reason = None
    refunds.taken_back(session, order, why="its failing was undone by the rider", now=now)
    order.attempt += 1
    stop.dropped = False
    session.add_all((order, stop))
    session.flush()
    attention.raise_(
        session,
        "fail_undone",
        f"fail-undone:{order.id}:{order.attempt}",
        f"Job {job.number}{stop.letter}: its rider took back that it failed, after it was {ended}. "
        "They carry it again, and its money is as before.",
        now=now,
        person_id=job.person_id,
        order_id=known(order.id),
        job_id=known(job.id),
    )
