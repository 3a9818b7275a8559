"""Handing a job, or everything a rider has, to another rider: one act, its order kept, both told; or called off."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from dispatch import attention, events, jobs, notices, offers, orders, people, planning, shifts
from dispatch.errors import BadInput, WrongState
from dispatch.facts import Point
from dispatch.states import JOB, move
from dispatch.tables import Job, Shift, Stop, known


def hand(
    session: Session,
    given: Sequence[Job],
    to_person_id: int,
    *,
    by: int,
    now: datetime,
    meeting: str = "",
    where: Point | None = None,
) -> list[Job]:
    """Hand these jobs of one rider to another, stops in the order they have; the new jobs.

    What is not yet fetched simply changes riders. Food on board needs a `meeting` (a place in words, and its
    point): until one of the two says it changed hands it is the first rider's, in the plan and in the books;
    whoever delivers it is paid for it. Offers not yet answered are taken back, to be offered anew. The
    receiving rider must confirm; a person decided for them, so it is theirs already.
    """
    shift = _receiver(session, to_person_id, given)
    taken = [job for job in given if job.state == "taken"]
    for job in given:
        if job.state == "offered":
            offers.withdraw(session, job, now=now)
    if given and not taken:
        raise WrongState("Nothing of that was taken yet: it is offered to others now.")
    if any(on_board(session, job) for job in taken) and not (meeting.strip() and where is not None):
        raise BadInput("There is food on board: say where the two riders meet.")
    made = [_hand_one(session, job, shift, meeting.strip(), where, by=by, now=now) for job in taken]
    planning.wanted(session, now=now)
    return made


def _receiver(session: Session, to_person_id: int, given: Sequence[Job]) -> Shift:
    if not given:
        raise BadInput("That rider has no job to hand on.")
    if to_person_id in {job.person_id for job in given}:
        raise BadInput("Choose another rider than the one who has it.")
    shift = shifts.current(session, to_person_id)
    if shift is None:
        raise BadInput("That rider is not on shift.")
    if people.get(session, to_person_id).unreachable_at is not None:
        raise BadInput("Texts do not reach that rider: choose another, or phone them first.")
    return shift


def on_board(session: Session, job: Job) -> list[Stop]:
    """Drops of food that is in the rider's bag now."""
    return [
        s
        for s in jobs.stops_left(session, job)
        if s.kind == "drop" and orders.by_id(session, s.order_id).delivery == "carried"
    ]


def to_be_met(session: Session, job: Job) -> list[Job]:
    """The jobs of other riders that wait for this one's food to change hands."""
    made = session.exec(select(Job).where(Job.handed_from == job.id, Job.state == "taken")).all()
    return [new for new in made if _meetings(session, new)]


def call_off(session: Session, job_id: int, *, now: datetime) -> Job:
    """The two do not meet after all: the food stays with the rider who has it, and both are told; their job.

    `job_id` is the second rider's. What they were given beside it, and fetch themselves, they keep. WrongState where
    no food waits to change hands, or it has.
    """
    new = jobs.get(session, job_id)
    waiting = _meetings(session, new) if new.state == "taken" else []
    if not waiting or new.handed_from is None:
        raise WrongState(
            f"Job {new.number} waits for no food from another rider: it has changed hands, or is over."
        )
    job = jobs.get(session, new.handed_from)
    doors = {s.order_id: s for s in jobs.stops_left(session, new) if s.kind == "drop"}
    for stop in waiting:
        door, here = doors[stop.order_id], jobs.other_side(session, stop)
        if here is not None:
            here.meeting, here.lat, here.lon, here.arrived_at = "", door.lat, door.lon, None
            session.add(here)
        stop.dropped = door.dropped = True
        session.add_all((stop, door))
    session.flush()
    for each in (job, new):
        events.write(session, "job_changed", now=now, person_id=each.person_id, job_id=known(each.id))
    _done_with(session, new, now=now)
    planning.wanted(session, now=now)
    return job


def _meetings(session: Session, job: Job) -> list[Stop]:
    return [stop for stop in jobs.stops_left(session, job) if stop.meeting and stop.kind == "pickup"]


def _hand_one(
    session: Session, job: Job, shift: Shift, meeting: str, where: Point | None, *, by: int, now: datetime
) -> Job:
    left = jobs.stops_left(session, job)
    if any(stop.meeting for stop in left):
        raise WrongState(f"Job {job.number} is being handed on already: wait until the two have met.")
    carried = {stop.order_id for stop in on_board(session, job)}
    new = Job(
        number=jobs.free_number(session),
        person_id=shift.person_id,
        shift_id=known(shift.id),
        by_person_id=by,
        handed_from=known(job.id),
        state="taken",
        offered_at=now,
        answer_by=now,
        reached_at=now,
        taken_at=now,
        depart_at=now,
        distance_m=job.distance_m,
        duration_s=job.duration_s,
        adds_minor=job.adds_minor,
    )
    session.add(new)
    session.flush()
    seq = _meet(session, new, left, carried, meeting, where, now=now)
    for stop in left:
        copy = {k: v for k, v in stop.model_dump().items() if k not in ("id", "job_id", "seq", "arrived_at")}
        session.add(Stop(**copy, job_id=known(new.id), seq=seq))
        seq += 1
        _leave(session, stop, carried, meeting, where)
    for order_id in {stop.order_id for stop in left} - carried:
        order = orders.by_id(session, order_id)
        order.job_id = new.id
        session.add(order)
        attention.settle(session, f"unserved:{order_id}", now=now, note="Handed to a rider.")
    session.flush()
    _part(session, job, now=now)
    notices.give(session, "handover", new, by=by, now=now)
    events.write(session, "job_handed", now=now, person_id=new.person_id, job_id=known(new.id))
    return new


def _meet(
    session: Session,
    new: Job,
    left: Sequence[Stop],
    carried: set[int],
    meeting: str,
    where: Point | None,
    *,
    now: datetime,
) -> int:
    """The receiving rider first fetches what is on board, all of it in one call; how many stops that is."""
    if where is None:
        return 0
    visit = max((stop.visit for stop in left), default=0) + 1
    fetched = [stop for stop in left if stop.order_id in carried and stop.kind == "drop"]
    for seq, stop in enumerate(fetched):
        session.add(
            Stop(
                job_id=known(new.id),
                order_id=stop.order_id,
                seq=seq,
                visit=visit,
                kind="pickup",
                letter=stop.letter,
                lat=where.lat,
                lon=where.lon,
                planned_at=now,
                meeting=meeting,
            )
        )
    return len(fetched)


def _leave(session: Session, stop: Stop, carried: set[int], meeting: str, where: Point | None) -> None:
    """What the first rider has left to do for it: bring it to the meeting, or nothing."""
    if stop.order_id in carried and where is not None:
        stop.meeting, stop.lat, stop.lon = meeting, where.lat, where.lon
        stop.arrived_at = None
    else:
        stop.dropped = True
    session.add(stop)


def _part(session: Session, job: Job, *, now: datetime) -> None:
    """The first rider's job ends, or goes on as far as the meeting; they are told either way."""
    events.write(session, "job_handed_on", now=now, person_id=job.person_id, job_id=known(job.id))
    _read_no_more(session, job, now=now)
    _done_with(session, job, now=now)


def _read_no_more(session: Session, job: Job, *, now: datetime) -> None:
    for notice in notices.open_of(session, job):
        notice.withdrawn_at = now
        session.add(notice)


def _done_with(session: Session, job: Job, *, now: datetime) -> None:
    """A job with nothing left to do for it is over, and nothing of it need be confirmed."""
    if jobs.stops_left(session, job):
        return
    _read_no_more(session, job, now=now)
    if any(stop.done_at for stop in jobs.stops_of(session, job)):
        jobs.finish(session, job, now=now)
    else:
        move(job, "state", JOB, "withdrawn")
        job.closed_at = now
        session.add(job)
        session.flush()
    shifts.finish_if_asked(session, job.person_id, now=now)
