"""On the road: here, got, done, as a rider says them: which stops are meant, and when it truly was."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import attention, breaks, hands, jobs, offers, orders, planning, proofs, shifts
from dispatch.errors import BadInput, NoSuchJob, NotOnShift, OnlyOffered
from dispatch.facts import Marked, Point
from dispatch.proofs import Shown
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Mark, Shift, Stop
from dispatch.undoing import UNDO_WITHIN as UNDO_WITHIN
from dispatch.undoing import came_after_all
from dispatch.undoing import undo as undo  # what riders call it stands with the rest of what they say

REPEAT_WITHIN = timedelta(minutes=10)
GOT_AGAIN = timedelta(seconds=90)  # a second GOT this soon says the first one again,
NEAR = timedelta(minutes=2)  # unless the next pick-up is planned by then
DONE_AGAIN = timedelta(seconds=60)


def here(
    session: Session,
    person_id: int,
    number: int | None,
    *,
    now: datetime,
    at: datetime | None = None,
    by: int | None = None,
) -> Marked:
    """The rider has arrived at the next stop."""
    job = taken(session, person_id, number, now=now, by=by)
    when = _when(job, at, now)
    left = jobs.stops_left(session, job)
    stops = [s for s in left if s.visit == left[0].visit and s.kind == left[0].kind] if left else []
    for stop in stops:
        stop.arrived_at = stop.arrived_at or when
        session.add(stop)
    jobs.mark(session, job, "here", stops, at=when, now=now, by=by or person_id)
    return jobs.marked(session, "here", job, stops, now=now)


def got(
    session: Session,
    person_id: int,
    number: int | None,
    *,
    now: datetime,
    at: datetime | None = None,
    by: int | None = None,
    visit: int | None = None,
) -> Marked:
    """All pick-ups of a job at its next restaurant are made. Said twice, the second changes nothing.

    With a second restaurant to go to, a GOT within ninety seconds of the last one is taken for that one said
    again, unless the rider has said HERE since or is due at the second about now: nobody rides and collects
    so fast, and food marked as collected too early is not looked for. A caller who knows which call is meant
    gives its `visit`, and a dispatcher (`by`) presses what they mean: then nothing is guessed.
    """
    job = taken(session, person_id, number, now=now, by=by)
    pickups = [s for s in jobs.stops_left(session, job) if s.kind == "pickup"]
    if not pickups:
        attention.settle(session, f"crossed:{job.id}", now=now, note="The other rider has the food.")
        if at is not None:
            hands.truly_got(session, job, _when(job, at, now))
        return jobs.marked(session, "got", job, [], now=now, repeated=True)
    stops = [s for s in pickups if s.visit == pickups[0].visit]
    if by is None and visit is None and stops[0].planned_at > now + NEAR:
        said = _last_said(session, person_id, job)
        if said is not None and said.verb == "got" and said.said_at > now - GOT_AGAIN:
            before = [s for s in jobs.stops_of(session, job) if s.id in said.stops]
            return jobs.marked(session, "got", job, before, now=now, repeated=True)
    when = _when(job, at, now)
    for stop in stops:
        hands.picked_up(session, job, stop, when, now=now)
    jobs.mark(session, job, "got", stops, at=when, now=now, by=by or person_id)
    _there(session, job, stops[-1], when, now=now)
    planning.wanted(session, now=now)
    return jobs.marked(session, "got", job, stops, now=now)


def done(
    session: Session,
    person_id: int,
    number: int | None,
    *,
    now: datetime,
    letters: tuple[str, ...] = (),
    everything: bool = False,
    at: datetime | None = None,
    by: int | None = None,
    proof: Shown | None = None,
) -> Marked:
    """Drops of a job are delivered: the next one, those named, or all. The books are posted with it.

    A drop whose pick-up was never marked has that marked too: the food cannot have come otherwise.
    But a DONE without a number within a minute of the one that finished a job is taken for that one said again
    while the rider's other job has food not yet picked up: it would mark both ends of a ride not ridden. So is
    one within ten minutes, where that food is not due at its door for two more.
    A drop that failed and was ended by a person minutes ago was brought all the same: the decision is taken back.
    Where the rulebook asks for proof, ProofNeeded until it is given, for one drop at a time.
    """
    job = _for_done(session, person_id, number, letters, now=now, by=by)
    job = job or came_after_all(session, person_id, number, letters, now=now)
    if job is None:
        return _repeated_done(session, person_id, number, now=now)
    drops = [s for s in jobs.stops_left(session, job) if s.kind == "drop"]
    chosen = _chosen(session, job, drops, letters, everything)
    if not chosen and came_after_all(session, person_id, job.number, letters, now=now) is not None:
        drops = [s for s in jobs.stops_left(session, job) if s.kind == "drop"]
        chosen = _chosen(session, job, drops, letters, everything)
    if not chosen:
        return jobs.marked(session, "done", job, [], now=now, repeated=True)
    when = _when(job, at, now)
    _proved(session, job, chosen, proof, by=by, now=now)
    implied = [
        s
        for s in jobs.stops_left(session, job)
        if s.kind == "pickup" and s.order_id in {d.order_id for d in chosen}
    ]
    for stop in implied:
        hands.picked_up(session, job, stop, when, now=now, told=False)
    for stop in chosen:
        if stop.meeting:
            hands.met(session, job, stop, when, now=now, told=by is None)
            if by is None:
                hands.ask_if_crossed(session, job, stop, now=now)
        else:
            hands.delivered(session, job, stop, when, now=now)
    jobs.mark(session, job, "done", [*implied, *chosen], at=when, now=now, by=by or person_id)
    _there(session, job, chosen[-1], when, now=now)
    session.flush()
    if job.state in LIVE_JOB and not jobs.stops_left(session, job):
        jobs.finish(session, job, now=now)
        shifts.finish_if_asked(session, person_id, now=now, told=by is None)
        breaks.when_quiet(session, person_id, now=now)
    planning.wanted(session, now=now)
    return jobs.marked(session, "done", job, chosen, now=now)


def _for_done(
    session: Session,
    person_id: int,
    number: int | None,
    letters: tuple[str, ...],
    *,
    now: datetime,
    by: int | None,
) -> Job | None:
    if number is None and by is None and _done_again(session, person_id, now=now):
        return None
    try:
        return taken(session, person_id, number, now=now, by=by)
    except (NoSuchJob, OnlyOffered):
        if _last_finished(session, person_id, number, now=now) is None:
            raise
        return None


def _done_again(session: Session, person_id: int, *, now: datetime) -> bool:
    said = _last_said(session, person_id)
    if said is None or said.verb != "done" or said.said_at <= now - REPEAT_WITHIN:
        return False
    live = shifts.live_jobs(session, person_id)
    meant = [job for job in live if job.state == "taken"] or live
    if (
        jobs.get(session, said.job_id).state != "finished" or len(meant) != 1
    ):  # of several, the rider is asked
        return False
    left = jobs.stops_left(session, meant[0])
    due_at = min((s.planned_at for s in left if s.kind == "drop"), default=now)
    soon = said.said_at > now - DONE_AGAIN
    return any(s.kind == "pickup" for s in left) and (soon or due_at > now + NEAR)


def _last_said(session: Session, person_id: int, job: Job | None = None) -> Mark | None:
    """The last that was said of a rider's stops, or of those of one job, and stands."""
    query = select(Mark).where(
        Mark.person_id == person_id, col(Mark.undone_at).is_(None), col(Mark.verb) != "took"
    )
    query = query if job is None else query.where(Mark.job_id == job.id)
    return session.exec(query.order_by(col(Mark.id).desc()).limit(1)).first()


def _last_finished(session: Session, person_id: int, number: int | None, *, now: datetime) -> Job | None:
    query = (
        select(Job)
        .where(Job.person_id == person_id, Job.state == "finished", col(Job.closed_at) >= now - REPEAT_WITHIN)
        .order_by(col(Job.closed_at).desc())
        .limit(1)
    )
    return session.exec(query if number is None else query.where(Job.number == number)).first()


def _repeated_done(session: Session, person_id: int, number: int | None, *, now: datetime) -> Marked:
    job = _last_finished(session, person_id, number, now=now)
    if job is None:
        raise NoSuchJob
    return jobs.marked(session, "done", job, [], now=now, repeated=True)


def _chosen(
    session: Session, job: Job, drops: Sequence[Stop], letters: tuple[str, ...], everything: bool
) -> list[Stop]:
    if everything:
        return list(drops)
    if not letters:
        return list(drops[:1])
    all_letters = {s.letter for s in jobs.stops_of(session, job)}
    unknown = [letter for letter in letters if letter not in all_letters]
    if unknown:
        raise BadInput(
            "Job {number} has no drop {unknown}: its drops are {drops}.",
            number=job.number,
            unknown=", ".join(unknown),
            drops=", ".join(sorted(all_letters)),
        )
    return [s for s in drops if s.letter in letters]


def taken(session: Session, person_id: int, number: int | None, *, now: datetime, by: int | None) -> Job:
    """The job meant; one still only offered is taken by what is said of it, by its number.

    Without a number that would be a guess, OnlyOffered: `got` may answer the offer's text, `done` repeat the last one.
    """
    try:
        job = jobs.find(session, person_id, number, ("taken",))
    except NoSuchJob:
        offered = [job.number for job in shifts.live_jobs(session, person_id)] if number is None else []
        if offered and by is None:
            raise OnlyOffered(tuple(offered)) from None
        job = jobs.find(session, person_id, number, LIVE_JOB)
    if job.state == "offered":
        offers.take(session, person_id, job.number, now=now, by=by)
    return job


def _when(job: Job, at: datetime | None, now: datetime) -> datetime:
    """When it truly happened: as told, within the life of the job, or now."""
    if at is None:
        return now
    # Times are told in whole minutes.
    if at > now + timedelta(minutes=1) or at < job.offered_at - timedelta(minutes=1):
        raise BadInput("That time cannot be right: give one from this shift.")
    return max(job.offered_at, min(at, now))


def _proved(
    session: Session, job: Job, chosen: Sequence[Stop], proof: Shown | None, *, by: int | None, now: datetime
) -> None:
    doors = [stop for stop in chosen if not stop.meeting]
    if proof is not None and len(doors) > 1:
        raise BadInput("One drop a text, please: each has its own proof.")
    several = len({s.letter for s in jobs.stops_of(session, job)}) > 1
    for stop in doors:
        order = orders.by_id(session, stop.order_id)
        if by is not None and by != job.person_id:
            proofs.vouched(session, order, by=by, now=now)
        else:
            letter = stop.letter if several else ""
            proofs.show(session, order, proof, letter=letter, number=job.number, by=job.person_id, now=now)


def _there(session: Session, job: Job, stop: Stop, when: datetime, *, now: datetime) -> None:
    shift = shifts.get(session, job.shift_id)
    shift.lat, shift.lon, shift.there_at = stop.lat, stop.lon, when
    shifts.present(session, shift, now=now)


def off(session: Session, person_id: int, *, now: datetime) -> Shift:
    """The rider says OFF: offers they have not answered go back; a job they took is finished first."""
    shift = shifts.current(session, person_id)
    if shift is None:
        raise NotOnShift("You are not on shift.")
    shift.off_asked_at = None  # said again: it ends here, and not with the last offer that goes back
    for job in shifts.live_jobs(session, person_id):
        if job.state == "offered":
            offers.release(session, job, "withdrawn", now=now, why="withdrawn")
    session.flush()
    return shifts.stop(session, person_id, now=now)


def report_point(session: Session, person_id: int, where: Point, *, now: datetime) -> None:
    """A rider's own reported position."""
    shifts.report_position(session, person_id, where, now=now)
    planning.wanted(session, now=now)
