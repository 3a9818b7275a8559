"""Whether riders had their rest: every rule of it, held against the recorded rows and nothing the planner reckons.

A job is held to what stood in the rows as it was offered: marks said by then and not taken back by then. What a
dispatcher gave by hand counts in the hour and is not itself held to its limits, since a named person decided it;
a break, and the rider's yes to a late end, bind a person too.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import Session, col, select

from dispatch.tables import Attention, Job, Mark, Rest, Shift, Stop, known
from payments import books
from payments.rulebook import Rulebook

Rule = Literal["break", "no_break", "orders", "effort", "distance", "cool_down", "late_end"]

HOUR = timedelta(hours=1)
# Between a plan and the offers it led to the clock may move on, and a live job's work with it.
THOUGHT = timedelta(seconds=30)
SECONDS = timedelta(seconds=2)  # a plan counts whole ones
KEPT = ("taken", "finished")


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule of rest that was not kept: whose, by which job (None: by a whole shift), and what happened."""

    rule: Rule
    person_id: int
    job_id: int | None
    words: str


def broken(session: Session) -> tuple[Breach, ...]:
    """Every breach of the rules of rest in all that is recorded, by the rules in force when each job was offered."""
    read = _read(session)
    found: list[Breach] = []
    for ride in read.rides:
        rules = books.in_force(session, at=ride.job.offered_at)[1]
        shift = read.shifts[ride.job.shift_id]
        found += _in_a_break(ride, read.rests.get(ride.job.shift_id, ()))
        found += _past_the_end(ride, shift, rules)
        if ride.job.by_person_id is None and ride.job.state in KEPT:
            before = [other for other in read.of[ride.job.person_id] if _before(other, ride)]
            found += _hour(ride, before, rules)
            found += _not_rested(ride, before, rules)
    for shift in read.shifts.values():
        if shift.started_at is not None:
            rules = books.in_force(session, at=shift.started_at)[1]
            found += _no_break(shift, read.rests.get(known(shift.id), ()), rules, read.told)
    return tuple(found)


def held_back(session: Session) -> int:
    """How often a rule kept a job from somebody: for each job the plan gave, riders on shift whom it would have broken.

    It shows that the rules bind; it says nothing of who would have been the better choice.
    """
    read = _read(session)
    count = 0
    for ride in read.rides:
        if ride.job.by_person_id is not None:
            continue
        at, rules = ride.weighed_at, books.in_force(session, at=ride.job.offered_at)[1]
        for shift in read.shifts.values():
            on = shift.started_at is not None and shift.started_at <= at
            on = on and (shift.ended_at is None or shift.ended_at > at)
            if on and shift.person_id != ride.job.person_id:
                theirs = ride.for_(shift)
                before = [o for o in read.of.get(shift.person_id, ()) if _before(o, theirs)]
                resting = any(r.starts_at <= at < r.ends_at for r in read.rests.get(known(shift.id), ()))
                barred = [*_hour(theirs, before, rules), *_not_rested(theirs, before, rules)]
                count += resting or bool(barred)
    return count


# What is recorded ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Ride:
    """A job with its stops that were not taken off it, and the log of its drops."""

    job: Job
    drops: set[int] = field(default_factory=set)
    done: list[Mark] = field(default_factory=list)

    def over_at(self, t: datetime) -> datetime | None:
        """When it was over, as the rows had it at `t`; None while it was live."""
        marks = [m for m in self.done if m.said_at <= t and (m.undone_at is None or m.undone_at > t)]
        made = {stop for mark in marks for stop in mark.stops}
        if self.drops and self.drops <= made:
            return max(mark.said_at for mark in marks)
        closed = self.job.closed_at
        return closed if closed is not None and closed <= t else None

    @property
    def weight(self) -> float:
        """Seconds of effort in a second of it."""
        job = self.job
        return max(1.0, job.effort_s / job.duration_s) if job.duration_s else 1.0

    def span(self, t: datetime) -> tuple[datetime, datetime]:
        """From when until when it was ridden, as known at `t`: to its end, or to the end then expected."""
        begins, over = self.job.depart_at, self.over_at(t)
        if over is not None:
            return min(begins, over), over
        return begins, max(t, begins + timedelta(seconds=self.job.duration_s))

    def for_(self, shift: Shift) -> "_Ride":
        """The same job as if it had been put to the rider of another shift."""
        said = self.job.model_dump() | {"person_id": shift.person_id, "shift_id": shift.id}
        return _Ride(Job(**said), drops=self.drops)

    @property
    def planned_end(self) -> datetime:
        """When its last stop was to be made, as it was offered."""
        job = self.job
        return max(job.depart_at, job.offered_at) + timedelta(seconds=job.duration_s)

    @property
    def given_at(self) -> datetime:
        """When it became the rider's to do, from which on it counts in an hour."""
        return max(self.job.offered_at, self.job.taken_at or self.job.offered_at)

    @property
    def weighed_at(self) -> datetime:
        """When it was decided that they may have it: as it was offered, or as an offer that had run out was taken."""
        job = self.job
        late = job.taken_at is not None and job.taken_at == job.answer_by == job.depart_at
        return job.taken_at if late and job.taken_at is not None else job.offered_at


@dataclass(frozen=True, slots=True)
class _Evening:
    """The rows, by what they belong to."""

    rides: Sequence[_Ride]
    of: Mapping[int, Sequence[_Ride]]  # by rider
    shifts: Mapping[int, Shift]
    rests: Mapping[int, Sequence[Rest]]  # by shift
    told: frozenset[str]  # what was ever put before a person


def _read(session: Session) -> _Evening:
    jobs = session.exec(select(Job).order_by(col(Job.offered_at), col(Job.id))).all()
    rides = {known(job.id): _Ride(job) for job in jobs}
    drops = select(Stop).where(Stop.kind == "drop", col(Stop.dropped).is_(False))
    for stop in session.exec(drops).all():
        rides[stop.job_id].drops.add(known(stop.id))
    for mark in session.exec(select(Mark).where(Mark.verb == "done").order_by(col(Mark.id))).all():
        rides[mark.job_id].done.append(mark)
    of: dict[int, list[_Ride]] = defaultdict(list)
    for ride in rides.values():
        of[ride.job.person_id].append(ride)
    rests: dict[int, list[Rest]] = defaultdict(list)
    for row in session.exec(select(Rest).order_by(col(Rest.starts_at))).all():
        rests[row.shift_id].append(row)
    return _Evening(
        rides=list(rides.values()),
        of=of,
        shifts={known(shift.id): shift for shift in session.exec(select(Shift)).all()},
        rests=rests,
        told=frozenset(session.exec(select(Attention.key)).all()),
    )


def _before(other: _Ride, ride: _Ride) -> bool:
    """Whether another job of the same rider was theirs to do when this one was offered."""
    if other is ride or other.job.state not in KEPT:
        return False
    return (other.weighed_at, known(other.job.id)) <= (ride.weighed_at, known(ride.job.id))


# The rules -------------------------------------------------------------------------------------------------


def _in_a_break(ride: _Ride, rests: Sequence[Rest]) -> Iterator[Breach]:
    """A job offered in a break, or into one that stood before."""
    job = ride.job
    if job.handed_from is not None:  # a named person put it into their hands, and rang
        return
    for rest in rests:
        if rest.at >= job.offered_at or (job.closed_at is not None and job.closed_at <= rest.starts_at):
            continue
        by_hand = job.by_person_id is not None  # with a named person on the phone, who knows of the break
        offered_in_it = rest.starts_at <= job.offered_at < rest.ends_at and not by_hand
        # One the rules place gives way to a job in hand, and begins when nothing is: its rows show where it was.
        over = ride.over_at(max(rest.starts_at, rest.begun_at or rest.starts_at))
        stands = rest.by_person_id is not None or rest.begun_at is not None
        into_it = job.depart_at + SECONDS < rest.ends_at and ride.planned_end > rest.starts_at + SECONDS
        if offered_in_it or (stands and over is None and into_it):
            said = f"{rest.starts_at:%H:%M} to {rest.ends_at:%H:%M}"
            yield _breach("break", ride, f"job {job.number} lies in a break, {said}")


def _no_break(shift: Shift, rests: Sequence[Rest], rules: Rulebook, told: frozenset[str]) -> Iterator[Breach]:
    """A shift that went on past where its break was due, with none begun and no person told."""
    rest, began, ended = rules.rest, shift.started_at, shift.ended_at
    if not rest.break_min or began is None or ended is None:
        return
    due = began + timedelta(hours=rest.break_after_h)
    had = any(row.starts_at < min(due, ended) for row in rests)
    if ended > due and not had and f"no_break:{shift.id}" not in told:
        yield Breach("no_break", shift.person_id, None, f"shift {shift.id} had no break by {due:%H:%M}")


def _past_the_end(ride: _Ride, shift: Shift, rules: Rulebook) -> Iterator[Breach]:
    """A job that was to end after the shift: offered without saying so, later than may be asked, or with no yes."""
    job, most = ride.job, timedelta(minutes=rules.dispatch.end_tolerance_min)
    late = ride.planned_end - shift.planned_end_at
    if late < SECONDS or job.handed_from is not None:
        return
    ends = f"job {job.number} was to end {ride.planned_end:%H:%M}, after {shift.planned_end_at:%H:%M}"
    if job.past_end_at is None:
        yield _breach("late_end", ride, f"{ends}, and its offer did not say so")
    elif job.state in KEPT and job.stay_at is None:
        yield _breach("late_end", ride, f"{ends}, and its rider never said yes to that")
    asked = max(most, timedelta(minutes=rules.shifts.stay_ask_min))
    if job.by_person_id is None and late > asked + THOUGHT:
        yield _breach("late_end", ride, f"{ends}: no such job may be offered")


def _hour(ride: _Ride, before: Sequence[_Ride], rules: Rulebook) -> Iterator[Breach]:
    """More orders, effort or way than an hour may hold, with this job in it."""
    rest, at = rules.rest, ride.weighed_at
    since = at - HOUR
    if rest.max_orders_an_hour is not None:
        lately = [other for other in before if other.given_at > since or other.over_at(at) is None]
        orders = len(ride.drops) + sum(len(other.drops) for other in lately)
        if orders > rest.max_orders_an_hour:
            yield _breach("orders", ride, f"{orders} orders in the hour of job {ride.job.number}")
    effort, metres = float(ride.job.effort_s), float(ride.job.distance_m)
    spare = THOUGHT.total_seconds() * ride.weight
    for other in before:
        begins, ends = other.span(at)
        whole, lies = (ends - begins).total_seconds(), (ends - max(begins, since)).total_seconds()
        if whole > 0 and lies > 0:
            effort += other.weight * lies
            metres += other.job.distance_m * lies / whole
            spare += THOUGHT.total_seconds() * other.weight if other.over_at(at) is None else 0
    if rest.max_effort_min_an_hour is not None and effort > 60 * rest.max_effort_min_an_hour + spare:
        yield _breach("effort", ride, f"{effort / 60:.0f} min of effort in the hour of job {ride.job.number}")
    if rest.max_km_an_hour is not None and metres > 1000 * rest.max_km_an_hour + 50:
        yield _breach("distance", ride, f"{metres / 1000:.1f} km in the hour of job {ride.job.number}")


def _not_rested(ride: _Ride, before: Sequence[_Ride], rules: Rulebook) -> Iterator[Breach]:
    """A job to be begun before the rest after a heavy one was over."""
    rest, at, begins = rules.rest, ride.weighed_at, ride.job.depart_at
    if rest.heavy_run_min is None:
        return
    cool = timedelta(minutes=rest.cool_down_min)
    for other in before:
        since, until = other.span(at)
        heavy = other.weight * (until - since).total_seconds() >= rest.heavy_run_min * 60
        over = other.over_at(at) or at  # still live, it cannot be over before now
        if heavy and begins + THOUGHT < over + cool:
            yield _breach(
                "cool_down",
                ride,
                f"job {ride.job.number} was to begin {begins:%H:%M}, with job {other.job.number} "
                f"heavy and over {over:%H:%M}",
            )


def _breach(rule: Rule, ride: _Ride, words: str) -> Breach:
    return Breach(rule, ride.job.person_id, ride.job.id, words)
