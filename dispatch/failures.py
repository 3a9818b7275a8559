"""A delivery that fails at the door: its rider says so, a named person decides what becomes of the food."""

from datetime import datetime

from sqlmodel import Session

from dispatch import attention, cases, deliveries, events, incidents, jobs, orders, planning, shifts
from dispatch.errors import BadInput, WrongState
from dispatch.facts import Marked
from dispatch.states import LIVE_JOB
from dispatch.tables import Incident, Job, Order, Stop, known

HOW = ("again", "returned", "abandoned")


def report(
    session: Session,
    person_id: int,
    number: int | None,
    *,
    words: str,
    now: datetime,
    letters: tuple[str, ...] = (),
    by: int | None = None,
) -> Marked:
    """Nobody takes the food at a door. The desk is rung to decide; that drop goes to the end of the job meanwhile.

    A DONE of it still counts, should the customer turn up. Said again, the words are added and nothing moves.
    UNDO takes it back, whatever was decided meanwhile.
    """
    job = deliveries.taken(session, person_id, number, now=now, by=by)
    stop = _drop_meant(session, job, letters)
    order = orders.by_id(session, stop.order_id)
    if order.delivery != "carried":
        raise WrongState(
            "Only food you carry can fail at the door: GOT {number} comes first.", number=job.number
        )
    repeated = cases.failure_of(session, known(order.id)) is not None
    row = cases.open_(
        session,
        "failed",
        person_id=job.person_id,
        job_id=known(job.id),
        order_id=known(order.id),
        words=words,
        by=by or person_id,
        now=now,
    )
    if not repeated:
        was = stop.seq
        _last_of_all(session, job, stop)
        jobs.mark(session, job, "failed", [stop], at=now, now=now, by=by or person_id, seq_was=was)
        attention.raise_(
            session,
            "failed_delivery",
            f"failed:{order.id}",
            f"Job {job.number}{stop.letter} could not be delivered: decide what becomes of the food.",
            now=now,
            person_id=job.person_id,
            order_id=known(order.id),
            job_id=row.job_id,
            ring=by is None,
        )
        planning.wanted(session, now=now)
    shifts.present(session, shifts.get(session, job.shift_id), now=now)
    return jobs.marked(session, "failed", job, [stop], now=now, repeated=repeated)


def _drop_meant(session: Session, job: Job, letters: tuple[str, ...]) -> Stop:
    """The drop by its letter; without one the next, those already said to have failed left out if others remain."""
    left = [s for s in jobs.stops_left(session, job) if s.kind == "drop" and not s.meeting]
    if len(letters) > 1:
        raise BadInput("One drop a text, please: each needs its own reason.")
    if not left:
        raise WrongState("Job {number} has no drop left to make.", number=job.number)
    if letters:
        found = [s for s in left if s.letter == letters[0]]
        if not found:
            raise BadInput(
                "Job {number} has no drop {letter} to make: those left are {drops}.",
                number=job.number,
                letter=letters[0],
                drops=", ".join(s.letter for s in left),
            )
        return found[0]
    fresh = [s for s in left if cases.failure_of(session, s.order_id) is None]
    return (fresh or left)[0]


def _last_of_all(session: Session, job: Job, stop: Stop) -> None:
    """Ride to the others first: this drop comes after every other stop of the job."""
    last = max(jobs.places_of_others(session, job, stop), default=stop.seq)
    if stop.seq < last:
        stop.seq = last + 1
        session.add(stop)
        session.flush()


def decide(
    session: Session, order: Order, how: str, *, by: int, reason: str, now: datetime
) -> Incident | None:
    """A named person decides: try the door again, take the food back, or give it up. The rider is told in one text.

    What it costs is the rulebook's: nothing while it is tried again; else the restaurant keeps its due, the
    customer's card money goes back, and the rider never bears any of it. The answer is the incident it closed.
    """
    if how not in HOW:
        raise BadInput("Decide: try again, take it back to the restaurant, or give it up.")
    if not reason.strip():
        raise BadInput("Write down why.")
    if order.delivery != "carried" or order.job_id is None:
        raise WrongState("Only food a rider is carrying can be decided about.")
    job = jobs.get(session, order.job_id)
    if any(s.meeting and s.order_id == order.id for s in jobs.stops_left(session, job)):
        raise WrongState("That food is on its way to another rider: decide once they have met.")
    letter = next((s.letter for s in jobs.stops_left(session, job) if s.order_id == order.id), "")
    row = cases.open_(
        session,
        "failed",
        person_id=job.person_id,
        job_id=known(job.id),
        order_id=known(order.id),
        by=by,
        now=now,
    )
    row.decided = how
    cases.own(session, row, by=by, now=now)
    if how != "again":
        incidents.failed(session, order, how, by=by, reason=reason, now=now, tell=False)
    said = {"again": "To be tried again", "returned": "Taken back", "abandoned": "Given up"}[how]
    cases.close(session, row, by=by, outcome=f"{said} ({letter}): {reason.strip()}", now=now)
    attention.settle(session, f"failed:{order.id}", now=now, note=f"{said}.")
    if job.state in (*LIVE_JOB, "finished"):
        events.write(
            session,
            "delivery_decided",
            now=now,
            person_id=job.person_id,
            job_id=known(job.id),
            order_id=known(order.id),
            incident_id=known(row.id),
        )
    planning.wanted(session, now=now)
    return row
