"""The most work in an hour, and rest after a heavy run: what each rider may still be given, as the plan's constraints.

Work is counted in seconds of effort: a second of a job, weighed by the bags it carries, by rain, and by a climb where
any of its orders goes into a hilly zone. A job counts in the hour by the part of it that lies there, and whole once it
is given, so that no hour ever holds more than the rule.
Nothing here is a mark against anybody, and nobody is sent home by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, and_, col, or_, select

from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Order, RainSpell, Shift, Stop, known
from payments import books
from payments.rulebook import Rulebook

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Left:
    """What one rider may still be given now; None where no rule limits it.

    `cool_until` is when rest after a heavy run is over; `cool_s` that rest for a heavy job still in hand.
    """

    orders: int | None = None
    effort_s: int | None = None
    cool_until: datetime | None = None
    cool_s: int = 0
    had_orders: int = 0
    had_effort_s: int = 0
    had_m: int = 0

    @property
    def at_limit(self) -> bool:
        """Whether nothing more may be given just now."""
        return self.orders == 0 or self.effort_s == 0

    @property
    def words(self) -> str:
        """What the desk is told of it, empty where there is nothing to tell."""
        if self.orders == 0:
            return f"at the most for an hour: {self.had_orders} orders"
        if self.effort_s == 0:
            return (
                f"at the most for an hour: {self.had_effort_s // 60} min of work, {self.had_m / 1000:.1f} km"
            )
        return ""


FREE = Left()


def limited(rulebook: Rulebook) -> bool:
    """Whether the rulebook limits anything of this."""
    rest = rulebook.rest
    limits = (rest.max_orders_an_hour, rest.max_effort_min_an_hour, rest.max_km_an_hour, rest.heavy_run_min)
    return any(limit is not None for limit in limits)


def left(
    session: Session, out: Sequence[Shift], rulebook: Rulebook, *, now: datetime, climb: bool = False
) -> Mapping[int, Left]:
    """What each of these riders may still be given, by person; nothing for anyone where no rule limits it.

    `climb`: something to be given goes into a hilly zone, so that all of it is counted as if it did.
    """
    if not out or not limited(rulebook):
        return {}
    rain = rulebook.rest.rain_effort_pct > 0 and raining(session, now=now)
    hard = _hard(rulebook, rain=rain, climb=climb)
    given = _given(session, [shift.person_id for shift in out], now=now)
    return {
        shift.person_id: _left(given.get(shift.person_id, ()), shift, rulebook, hard, now=now)
        for shift in out
    }


def climbs(rulebook: Rulebook, orders: Iterable[Order]) -> bool:
    """Whether any of these orders goes into a hilly zone."""
    hilly = rulebook.hilly
    return any(order.zone in hilly for order in orders)


def _hard(rulebook: Rulebook, *, rain: bool, climb: bool) -> float:
    """How much more than a second of work a second is, for what is not in the bags."""
    rest = rulebook.rest
    wet = 1.0 + (rest.rain_effort_pct / 100 if rain else 0.0)
    return wet * (1.0 + (rest.climb_effort_pct / 100 if climb else 0.0))


def effort_s(rulebook: Rulebook, work_s: int, bags: int, *, rain: bool, climb: bool = False) -> int:
    """What so many seconds of work with so many bags come to in effort: never less than the seconds."""
    load = 1.0 + rulebook.rest.load_effort_pct / 100 * max(0, bags - 1)
    return round(work_s * load * _hard(rulebook, rain=rain, climb=climb))


def effort_of(session: Session, work_s: int, orders: Sequence[Order], *, now: datetime) -> int:
    """The effort of so many seconds of work with these orders, by the rules and the rain of now."""
    rulebook = books.in_force(session, at=now)[1]
    rain = rulebook.rest.rain_effort_pct > 0 and raining(session, now=now)
    bags, climb = sum(order.size for order in orders), climbs(rulebook, orders)
    return effort_s(rulebook, work_s, bags, rain=rain, climb=climb)


def raining(session: Session, *, now: datetime) -> bool:
    """Whether it rains, as a named person at the desk says (see `rain`)."""
    falls = select(RainSpell.id).where(
        col(RainSpell.taken_back_at).is_(None),
        RainSpell.starts_at <= now,
        or_(col(RainSpell.ends_at).is_(None), col(RainSpell.ends_at) > now),
    )
    return session.exec(falls.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class _Given:
    """A job someone was given: when, its work from when until when, its orders, metres, and effort for a second."""

    at: datetime
    begins: datetime
    ends: datetime
    orders: int
    metres: int
    weight: float
    live: bool

    def within(self, since: datetime) -> float:
        """The part of its work after an instant."""
        whole = (self.ends - self.begins).total_seconds()
        return (self.ends - max(since, self.begins)).total_seconds() / whole if whole > 0 else 0.0

    @property
    def effort_s(self) -> float:
        """All of its effort."""
        return self.weight * (self.ends - self.begins).total_seconds()


def _given(session: Session, person_ids: Sequence[int], *, now: datetime) -> dict[int, list[_Given]]:
    """Every job of these riders that is live, or was over at most an hour ago, by rider."""
    rows = session.exec(
        select(Job).where(
            col(Job.person_id).in_(person_ids),
            or_(
                col(Job.state).in_(LIVE_JOB),
                and_(Job.state == "finished", col(Job.closed_at) > now - HOUR),
            ),
        )
    ).all()
    orders: dict[int, int] = {}
    if rows:
        ids = [known(job.id) for job in rows]
        for job_id in session.exec(
            select(Stop.job_id).where(
                col(Stop.job_id).in_(ids), Stop.kind == "drop", col(Stop.dropped).is_(False)
            )
        ).all():
            orders[job_id] = orders.get(job_id, 0) + 1
    found: dict[int, list[_Given]] = {}
    for job in rows:
        begins = job.depart_at
        if job.closed_at is None:
            ends = max(now, begins + timedelta(seconds=job.duration_s))
        else:
            begins, ends = min(begins, job.closed_at), job.closed_at
        found.setdefault(job.person_id, []).append(
            _Given(
                at=max(job.offered_at, job.taken_at or job.offered_at),
                begins=begins,
                ends=ends,
                orders=orders.get(known(job.id), 0),
                metres=job.distance_m,
                weight=max(1.0, job.effort_s / job.duration_s) if job.duration_s else 1.0,
                live=job.closed_at is None,
            )
        )
    return found


def _left(given: Iterable[_Given], shift: Shift, rulebook: Rulebook, hard: float, *, now: datetime) -> Left:
    rest, d, given = rulebook.rest, rulebook.dispatch, list(given)
    orders = sum(g.orders for g in given if g.live or g.at > now - HOUR)
    parts = [(g, g.within(now - HOUR)) for g in given if g.ends > now - HOUR]
    spent_s = sum(g.effort_s * part for g, part in parts)
    metres = sum(g.metres * part for g, part in parts)
    room: list[float] = []
    if rest.max_effort_min_an_hour is not None:
        heaviest = 1.0 + rest.load_effort_pct / 100 * (d.capacity[shift.vehicle] - 1)
        room.append((rest.max_effort_min_an_hour * 60 - spent_s) / (heaviest * hard))
    if rest.max_km_an_hour is not None:
        still_m = rest.max_km_an_hour * 1000 - metres
        # Of any work at least one call and one drop are no riding, so that much work rides no farther than that.
        stood_s = d.pickup_arrive_s + d.pickup_leave_s + d.drop_arrive_s + d.drop_leave_s
        room.append(still_m / _metres_a_second(rulebook) + stood_s if still_m > 0 else 0)
    cool_until, cool_s = None, 0
    if rest.heavy_run_min is not None:
        cool = timedelta(minutes=rest.cool_down_min)
        heavy = [g for g in given if g.effort_s >= rest.heavy_run_min * 60]
        over = [g.ends + cool for g in heavy if not g.live and g.ends + cool > now]
        cool_until = max(over, default=None)
        cool_s = rest.cool_down_min * 60 if any(g.live for g in heavy) else 0
    return Left(
        orders=None if rest.max_orders_an_hour is None else max(0, rest.max_orders_an_hour - orders),
        effort_s=max(0, int(min(room))) if room else None,
        cool_until=cool_until,
        cool_s=cool_s,
        had_orders=orders,
        had_effort_s=round(spent_s),
        had_m=round(metres),
    )


def _metres_a_second(rulebook: Rulebook) -> float:
    d = rulebook.dispatch
    return (d.metres_per_minute or 1.0) / 60 if d.travel_provider == "plane" else d.speed_kmh / 3.6
