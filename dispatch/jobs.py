"""Jobs: their numbers, their stops, the log of what was said of them, and how their rider sees them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import orders, people, shifts
from dispatch.errors import NoSuchJob, OfferGone, WhichJob, WrongState
from dispatch.facts import DropFacts, JobFacts, Marked, PickupFacts
from dispatch.states import JOB, LIVE_JOB, move
from dispatch.tables import Job, Mark, Order, Restaurant, Stop, known
from payments import books

Verb = Literal["took", "passed", "here", "got", "done", "undone", "late", "trouble", "failed", "acknowledged"]


def get(session: Session, job_id: int) -> Job:
    """The job by its row id; NoSuchJob if there is none."""
    job = session.get(Job, job_id)
    if job is None:
        raise NoSuchJob("There is no such job.")
    return job


def find(session: Session, person_id: int, number: int | None, states: tuple[str, ...]) -> Job:
    """The rider's job meant by a number, or by none when only one job could be meant.

    Raises NoSuchJob, OfferGone (it was theirs and is no more) or WhichJob.
    """
    live = [j for j in shifts.live_jobs(session, person_id) if j.state in states]
    if number is None:
        if len(live) == 1:
            return live[0]
        if len(live) > 1:
            raise WhichJob(tuple(j.number for j in live))
        raise NoSuchJob("You have no live job.")
    for job in live:
        if job.number == number:
            return job
    past = latest(session, person_id, number)
    if past is not None and past.state in ("expired", "withdrawn", "passed"):
        raise gone(session, past)
    raise NoSuchJob("You have no job {number}.", number=number)


def gone(session: Session, past: Job) -> OfferGone:
    """Why a job is this rider's no more, and what is true of its orders now."""
    held = session.exec(
        select(Order.delivery, Job.person_id)
        .join(Stop, col(Stop.order_id) == col(Order.id))
        .join(Job, col(Job.id) == col(Order.job_id), isouter=True)
        .where(Stop.job_id == past.id)
    ).all()
    states = {delivery for delivery, _ in held}
    if states and states <= {"cancelled"}:
        is_now = "cancelled"
    elif any(person_id not in (None, past.person_id) for _, person_id in held):
        is_now = "another"
    else:
        is_now = "waiting" if "waiting" in states else "over"
    return OfferGone(number=past.number, was=past.state, is_now=is_now)


def latest(session: Session, person_id: int, number: int) -> Job | None:
    """The newest job this rider had under a number."""
    return session.exec(
        select(Job)
        .where(Job.person_id == person_id, Job.number == number)
        .order_by(col(Job.id).desc())
        .limit(1)
    ).first()


def free_number(session: Session) -> int:
    """The next number from 1 to 99 that no live job has, going round so that a number rests as long as it can."""
    live = set(session.exec(select(Job.number).where(col(Job.state).in_(LIVE_JOB))).all())
    last = session.exec(select(Job.number).order_by(col(Job.id).desc()).limit(1)).first() or 0
    for step in range(99):
        number = (last + step) % 99 + 1
        if number not in live:
            return number
    raise WrongState("Ninety-nine jobs are live: no number is free for another.")


def all_numbers_live(session: Session) -> bool:
    """Whether no number is free for another job."""
    live = session.exec(select(func.count()).select_from(Job).where(col(Job.state).in_(LIVE_JOB))).one()
    return live >= 99


def stops_of(session: Session, job: Job) -> Sequence[Stop]:
    """Every stop of a job in riding order, dropped ones left out."""
    return session.exec(
        select(Stop).where(Stop.job_id == job.id, col(Stop.dropped).is_(False)).order_by(col(Stop.seq))
    ).all()


def places_of_others(session: Session, job: Job, stop: Stop) -> set[int]:
    """The places in a job's order that its other stops have, the dropped ones too: no two can have the same."""
    query = select(Stop.seq).where(Stop.job_id == job.id, Stop.id != stop.id)
    return set(session.exec(query).all())


def stops_left(session: Session, job: Job) -> list[Stop]:
    """The stops of a job that are still to be made, in riding order."""
    return [s for s in stops_of(session, job) if s.done_at is None]


def mark(
    session: Session,
    job: Job,
    verb: str,
    stops: Sequence[Stop],
    *,
    at: datetime,
    now: datetime,
    by: int,
    seq_was: int | None = None,
) -> Mark:
    """Write down what was said to have happened."""
    row = Mark(
        person_id=job.person_id,
        job_id=known(job.id),
        verb=verb,
        stops=[known(s.id) for s in stops],
        at=at,
        said_at=now,
        by_person_id=by,
        seq_was=seq_was,
    )
    session.add(row)
    session.flush()
    return row


def finish(session: Session, job: Job, *, now: datetime) -> None:
    """The last stop of a job is made."""
    move(job, "state", JOB, "finished")
    job.closed_at = now
    session.add(job)
    session.flush()


def of_rider(session: Session, person_id: int, *, now: datetime) -> tuple[JobFacts, ...]:
    """A rider's live jobs, oldest first."""
    return tuple(facts(session, job, now=now) for job in shifts.live_jobs(session, person_id))


def facts(session: Session, job: Job, *, now: datetime) -> JobFacts:
    """A job as its rider may see it. Customers' contacts are given only while the job is live."""
    rulebook = books.in_force(session, at=now)[1]
    zone = ZoneInfo(rulebook.co_op.timezone)
    stops = stops_of(session, job)
    held = {i: orders.by_id(session, i) for i in dict.fromkeys(s.order_id for s in stops)}
    before = session.exec(
        select(func.count())
        .select_from(Order)
        .join(Job, col(Job.id) == col(Order.job_id))
        .where(Job.shift_id == job.shift_id, Job.id != job.id, col(Job.state).in_(("taken", "finished")))
    ).one()
    return JobFacts(
        number=job.number,
        state=job.state,
        pickups=_pickups(session, stops, held, zone),
        drops=tuple(
            _drop(session, stop, held[stop.order_id], job.state in LIVE_JOB, zone)
            for stop in stops
            if stop.kind == "drop"
        ),
        distance_m=job.distance_m,
        minutes=max(1, round(job.duration_s / 60)),
        answer_by=job.answer_by.astimezone(zone) if job.state == "offered" else None,
        orders_tonight=before + len(held),
        adds_minor=job.adds_minor,
        tips_minor=sum(o.tip_minor for o in held.values()),
        currency=rulebook.co_op.currency,
        ends_at=job.past_end_at.astimezone(zone) if job.past_end_at is not None else None,
        shift_ends_at=shifts.get(session, job.shift_id).planned_end_at.astimezone(zone),
    )


def _pickups(
    session: Session, stops: Sequence[Stop], held: dict[int, Order], zone: ZoneInfo
) -> tuple[PickupFacts, ...]:
    visits: dict[int, list[Stop]] = {}
    for stop in stops:
        if stop.kind == "pickup":
            visits.setdefault(stop.visit, []).append(stop)
    found = []
    for calls in visits.values():
        there = [held[s.order_id] for s in calls if s.done_at is None] or [held[s.order_id] for s in calls]
        name, street = _where(session, calls[0], there[0])
        found.append(
            PickupFacts(
                restaurant=name,
                street=street,
                ready_at=max(o.ready_at for o in there).astimezone(zone),
                references=tuple(o.external_id for o in there),
                done=all(s.done_at is not None for s in calls),
            )
        )
    return tuple(found)


def _where(session: Session, stop: Stop, order: Order) -> tuple[str, str]:
    """Whom to go to for a pick-up, and where: the restaurant, or the rider who has the food."""
    if stop.meeting:
        return f"meet {_other(session, stop)}", stop.meeting
    restaurant = session.get(Restaurant, order.restaurant_id)
    elsewhere = orders.contact(session, known(order.id)).pickup_address
    return restaurant.name if restaurant else "", elsewhere or (restaurant.address if restaurant else "")


def _other(session: Session, stop: Stop) -> str:
    """Who is on the other side of a meeting."""
    there = other_side(session, stop)
    job = session.get(Job, there.job_id) if there is not None else None
    return people.get(session, job.person_id).name if job is not None else "the other rider"


def other_side(session: Session, stop: Stop) -> Stop | None:
    """The same meeting in the other rider's job."""
    here = get(session, stop.job_id)
    kind, same = ("pickup", Job.handed_from == here.id)
    if stop.kind == "pickup":
        kind, same = ("drop", Job.id == here.handed_from)
    return session.exec(
        select(Stop)
        .join(Job, col(Job.id) == col(Stop.job_id))
        .where(Stop.order_id == stop.order_id, Stop.kind == kind, Stop.meeting != "", same)
        .order_by(col(Stop.id).desc())
        .limit(1)
    ).first()


def _drop(session: Session, stop: Stop, order: Order, live: bool, zone: ZoneInfo) -> DropFacts:
    if stop.meeting:
        return DropFacts(
            letter=stop.letter,
            street=stop.meeting,
            flat="",
            note="Hand the food over.",
            name=_other(session, stop),
            phone="",
            reference=order.external_id,
            promise_at=order.promise_at.astimezone(zone),
            done=stop.done_at is not None,
        )
    who = orders.contact(session, known(order.id))
    return DropFacts(
        letter=stop.letter,
        street=who.address,
        flat=who.flat if live else "",
        note=_at_the_door(order, who.note) if live else "",
        name=who.name if live else "",
        phone=(who.phone or "") if live else "",
        reference=order.external_id,
        promise_at=order.promise_at.astimezone(zone),
        done=stop.done_at is not None,
    )


def _at_the_door(order: Order, note: str) -> str:
    """What to do there: the customer's own words, after what the law wants."""
    return f"Check their age. {note}".strip() if "age_check" in order.needs else note


def marked(
    session: Session, verb: Verb, job: Job, stops: Sequence[Stop], *, now: datetime, repeated: bool = False
) -> Marked:
    """What an answer marked, and the job as it stands now (None once it is over)."""
    zone = ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)
    drops = [s for s in stops if s.kind == "drop"] or list(stops)
    return Marked(
        verb=verb,
        number=job.number,
        letters=tuple(s.letter for s in drops),
        references=tuple(orders.by_id(session, s.order_id).external_id for s in drops),
        at=now.astimezone(zone),
        next=facts(session, job, now=now) if job.state in LIVE_JOB else None,
        repeated=repeated,
    )
