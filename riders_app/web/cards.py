"""A rider's job as a card: the one thing to do next, where it is, and what was said last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from dispatch import jobs, orders, proofs, shifts
from dispatch.deliveries import UNDO_WITHIN
from dispatch.facts import DropFacts, JobFacts, PickupFacts
from dispatch.tables import Job, Mark, Shift, Stop, known
from payments import books

SAID = {
    "took": "You took job",
    "here": "You are at a stop of job",
    "got": "Collected for job",
    "done": "Delivered, job",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One stop of a job in riding order: a call at a restaurant, or a drop."""

    visit: int
    pickup: PickupFacts | None
    drop: DropFacts | None
    lat: float
    lon: float
    arrived: bool

    @property
    def done(self) -> bool:
        """Whether it is made."""
        return bool((self.pickup and self.pickup.done) or (self.drop and self.drop.done))

    @property
    def map_link(self) -> str:
        """The place on OpenStreetMap."""
        return f"https://www.openstreetmap.org/?mlat={self.lat:.5f}&mlon={self.lon:.5f}#map=18/{self.lat:.5f}/{self.lon:.5f}"


@dataclass(frozen=True, slots=True)
class Card:
    """One live job as its page shows it."""

    id: int
    job: JobFacts
    turns: tuple[Turn, ...]

    @property
    def next(self) -> Turn | None:
        """The stop to go to."""
        return next((turn for turn in self.turns if not turn.done), None)


@dataclass(frozen=True, slots=True)
class Said:
    """The last thing a rider said, while it can be taken back."""

    mark_id: int
    words: str
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
    return Card(known(job.id), facts, tuple(turns))


def _turn(stop: Stop, pickup: PickupFacts | None, drop: DropFacts | None) -> Turn:
    return Turn(stop.visit, pickup, drop, stop.lat, stop.lon, stop.arrived_at is not None)


def asked_of(session: Session, card: Card, *, now: datetime) -> str:
    """What the rulebook asks for as proof at the next drop: none, pin, name or photo."""
    turn = card.next
    if turn is None or turn.drop is None:
        return "none"
    stop = session.exec(
        select(Stop).where(Stop.job_id == card.id, Stop.kind == "drop", Stop.letter == turn.drop.letter)
    ).first()
    if stop is None or stop.meeting:
        return "none"
    return proofs.needed(session, orders.by_id(session, stop.order_id), now=now)


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
    return Said(known(mark.id), f"{SAID[mark.verb]} {job.number}", mark.said_at.astimezone(zone))


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
