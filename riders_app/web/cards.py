"""A rider's job as a card: the one thing to do next, where it is, and what was said last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from dispatch import cases, jobs, orders, proofs, shifts
from dispatch.deliveries import UNDO_WITHIN
from dispatch.facts import DropFacts, JobFacts, PickupFacts
from dispatch.tables import Job, Mark, Shift, Stop, known
from payments import books


@dataclass(frozen=True, slots=True)
class Turn:
    """One stop of a job in riding order: a call at a restaurant, or a drop."""

    visit: int
    pickup: PickupFacts | None
    drop: DropFacts | None
    lat: float
    lon: float
    arrived: bool
    order_id: int

    @property
    def done(self) -> bool:
        """Whether it is made."""
        return bool((self.pickup and self.pickup.done) or (self.drop and self.drop.done))

    @property
    def map_link(self) -> str:
        """The place on OpenStreetMap."""
        return f"https://www.openstreetmap.org/?mlat={self.lat:.5f}&mlon={self.lon:.5f}#map=18/{self.lat:.5f}/{self.lon:.5f}"

    @property
    def geo(self) -> str:
        """The place for whichever map the phone has, without the network (RFC 5870)."""
        return f"geo:{self.lat:.5f},{self.lon:.5f}?q={self.lat:.5f},{self.lon:.5f}"


@dataclass(frozen=True, slots=True)
class Step:
    """What one large button is for: a call at a restaurant, or the drops at one address. `asks` is their proof.

    `failed_at`: when its rider said that nobody takes it, while the desk has not decided; local.
    """

    turns: tuple[Turn, ...]
    asks: str = "none"
    failed_at: datetime | None = None

    @property
    def first(self) -> Turn:
        """The stop that says where it is."""
        return self.turns[0]

    @property
    def drops(self) -> tuple[DropFacts, ...]:
        """What is delivered with it."""
        return tuple(turn.drop for turn in self.turns if turn.drop is not None)

    @property
    def letters(self) -> str:
        """The drops by their letters."""
        return "".join(drop.letter for drop in self.drops)


@dataclass(frozen=True, slots=True)
class Card:
    """One live job as its page shows it: every stop, and the steps still to make."""

    id: int
    job: JobFacts
    turns: tuple[Turn, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """The last thing a rider said, while it can be taken back."""

    mark_id: int
    verb: str
    number: int
    at: datetime


def cards(session: Session, person_id: int, *, now: datetime) -> list[Card]:
    """A rider's live jobs, oldest first."""
    return [card(session, job, now=now) for job in shifts.live_jobs(session, person_id)]


def card(session: Session, job: Job, *, now: datetime) -> Card:
    """One job as a card."""
    facts = jobs.facts(session, job, now=now)
    stops = jobs.stops_of(session, job)
    calls: dict[int, list[Stop]] = {}
    for stop in stops:
        if stop.kind == "pickup":
            calls.setdefault(stop.visit, []).append(stop)
    pickups = dict(zip(calls, facts.pickups, strict=True))
    drops = {drop.letter: drop for drop in facts.drops}
    turns: list[Turn] = []
    for stop in stops:
        if stop.kind == "drop":
            drop = drops[stop.letter]
            turns.append(_turn(stop, None, drop))
        elif stop.visit in pickups:
            turns.append(_turn(stop, pickups.pop(stop.visit), None))
    left = [turn for turn in turns if not turn.done]
    meetings = {stop.order_id for stop in stops if stop.meeting and stop.kind == "drop"}
    return Card(known(job.id), facts, tuple(turns), tuple(_steps(session, left, meetings, now=now)))


def _turn(stop: Stop, pickup: PickupFacts | None, drop: DropFacts | None) -> Turn:
    return Turn(stop.visit, pickup, drop, stop.lat, stop.lon, stop.arrived_at is not None, stop.order_id)


def _steps(session: Session, turns: list[Turn], meetings: set[int], *, now: datetime) -> Iterator[Step]:
    """The stops left, drops next to each other at one address as one step; each proof is a step of its own.

    A drop that failed before stays alone too: it must not be told as delivered with its neighbour.
    """
    together: list[Turn] = []
    zone = own_time(session, now=now)
    for turn in turns:
        asks, failed_at = "none", None
        alone = turn.drop is None
        if turn.drop is not None and turn.order_id not in meetings:
            asks = proofs.needed(session, orders.by_id(session, turn.order_id), now=now)
            failure = cases.failure_of(session, turn.order_id)
            failed_at = failure.opened_at.astimezone(zone) if failure is not None else None
            alone = asks != "none" or failure is not None
        if together and (alone or not _one_address(together[0], turn)):
            yield Step(tuple(together))
            together = []
        if alone:
            yield Step((turn,), asks, failed_at)
        else:
            together.append(turn)
    if together:
        yield Step(tuple(together))


def _one_address(a: Turn, b: Turn) -> bool:
    if a.drop is None or b.drop is None:
        return False
    return (a.lat, a.lon, a.drop.street) == (b.lat, b.lon, b.drop.street)


def last_said(session: Session, person_id: int, zone: ZoneInfo, *, now: datetime) -> Said | None:
    """What UNDO would take back now."""
    mark = session.exec(
        select(Mark)
        .where(Mark.person_id == person_id, col(Mark.undone_at).is_(None), Mark.said_at >= now - UNDO_WITHIN)
        .order_by(col(Mark.id).desc())
        .limit(1)
    ).first()
    if mark is None:
        return None
    job = session.get(Job, mark.job_id)
    if job is None or job.state not in ("taken", "finished"):
        return None
    if shifts.get(session, job.shift_id).state == "ended":
        return None
    return Said(known(mark.id), mark.verb, job.number, mark.at.astimezone(zone))


def coming(session: Session, person_id: int, *, now: datetime) -> list[Shift]:
    """The rider's planned shifts of the next fortnight."""
    return list(
        session.exec(
            select(Shift)
            .where(
                Shift.person_id == person_id,
                Shift.state == "planned",
                Shift.planned_end_at > now,
                Shift.planned_start_at < now + timedelta(days=14),
            )
            .order_by(col(Shift.planned_start_at))
        ).all()
    )


def own_time(session: Session, *, now: datetime) -> ZoneInfo:
    """The co-op's own time."""
    return books.in_force(session, at=now)[1].timezone
