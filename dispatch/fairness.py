"""Fairness: what each rider has had in the rulebook's window, and in how many hours on offer.

What a rider declined or let go by counts as had: nobody is owed work they let go, and nobody is blamed for it.
Time at rest is no time on offer. A newcomer stands where the fleet stands, until their own hours say more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Executable, and_, bindparam, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from dispatch import breaks
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Order, Refusal, Rest, Shift, Stop, known
from payments.columns import UtcDateTime
from payments.rulebook import Rulebook
from routing.fairness import settled

COUNTED = (*LIVE_JOB, "finished")


@dataclass(frozen=True, slots=True)
class Account:
    """Units of the rulebook's basis and hours on offer, by rider, over the rulebook's window."""

    since: datetime
    had: Mapping[int, float]
    hours: Mapping[int, float]
    newcomer_h: float = 0.0

    def of(self, person_id: int) -> tuple[float, float]:
        """What this rider has had and their hours, both with the newcomer's hours at the fleet's mean added.

        With no hours at all that is exactly the fleet's mean rate: neither flooded nor starved.
        """
        total = sum(self.hours.values())
        mean = sum(self.had.values()) / total if total > 0 else 0.0
        had, hours = self.had.get(person_id, 0.0), self.hours.get(person_id, 0.0)
        return settled(had, hours, mean, self.newcomer_h)


def window_start(rulebook: Rulebook, now: datetime) -> datetime:
    """When the time that is to be even began, at local midnight; under "shift" the pay period's, for reports."""
    zone = ZoneInfo(rulebook.co_op.timezone)
    local = now.astimezone(zone).date()
    monthly = rulebook.dispatch.fairness_window == "month"
    first = local.replace(day=1) if monthly else rulebook.pay_period.around(local)[0]
    return datetime.combine(first, time.min, zone).astimezone(UTC)


def account(session: Session, rulebook: Rulebook, *, now: datetime) -> Account:
    """What each rider has had in the rulebook's basis and window, and their hours on offer.

    Jobs on offer and taken count with those finished, and so do those passed on, let go by or given back. Under
    "shift" each rider's own shift that is on is the window.
    """
    since = window_start(rulebook, now)
    shift_only = rulebook.dispatch.fairness_window == "shift"
    basis, own_tips = rulebook.dispatch.fairness_basis, _own_tips(rulebook)
    asked = _had(basis, shift_only, _per_drop(rulebook), _near_m(rulebook), own_tips)
    rows = session.connection().execute(asked, {} if shift_only else {"since": since}).all()
    return Account(
        since=since,
        had={person_id: float(figure or 0) for person_id, figure in rows},
        hours=_hours(session, None if shift_only else since, now=now),
        newcomer_h=rulebook.dispatch.fairness_newcomer_h,
    )


def desirable(rulebook: Rulebook, order: Order) -> float:
    """1 for a job riders would choose, else 0, from what is known when it is offered.

    A ride of at most `desirable_ride_min` minutes from restaurant to door, tipped or paid by the drop; where tips
    are pooled no tip makes one order better than another.
    """
    short = order.distance_m <= _near_m(rulebook)
    return float(short and (_per_drop(rulebook) > 0 or not _own_tips(rulebook) or order.tip_minor > 0))


def earns(rulebook: Rulebook, order: Order) -> float:
    """What an order earns its rider beyond the hour, in whole units of currency: the drop's pay and their own tip."""
    return (_per_drop(rulebook) + (order.tip_minor if _own_tips(rulebook) else 0)) / 100


def _own_tips(rulebook: Rulebook) -> bool:
    return rulebook.pay.tips == "own"


def _per_drop(rulebook: Rulebook) -> int:
    return 0 if rulebook.pay.basis == "hourly" else rulebook.pay.per_drop_minor


def _near_m(rulebook: Rulebook) -> int:
    """Metres ridden in `desirable_ride_min` minutes."""
    rules = rulebook.dispatch
    a_minute = (
        rules.speed_kmh * 1000 / 60 if rules.travel_provider == "crow" else rules.metres_per_minute or 0
    )
    return int(rules.desirable_ride_min * a_minute)


def _counts(job: Any) -> Any:
    """Whether a job is live or done, or was offered, seen and not ridden by its rider's own choice."""
    back = aliased(Stop)
    given_back = exists().where(
        col(back.job_id) == col(job.id),
        col(Refusal.order_id) == col(back.order_id),
        col(Refusal.person_id) == col(job.person_id),
        col(Refusal.why) == "released",
    )
    return or_(
        col(job.state).in_((*COUNTED, "passed")),
        and_(col(job.state) == "expired", col(job.reached_at).is_not(None)),
        and_(col(job.state) == "withdrawn", given_back),
    )


@lru_cache(maxsize=32)
def _had(basis: str, shift_only: bool, per_drop: int, near_m: int, own_tips: bool) -> Executable:
    """Rider and units in a basis, one row a rider; put together once, for it is asked at every plan."""
    inside = Job.offered_at >= bindparam("since", type_=UtcDateTime)
    if shift_only:
        inside = exists().where(col(Shift.id) == col(Job.shift_id), col(Shift.state) == "on")
    if basis in ("distance", "effort", "waiting"):
        figure = (
            func.sum(Job.distance_m) / 1000.0 if basis == "distance" else func.sum(Job.duration_s) / 3600.0
        )
        later, mine, same = aliased(Job), aliased(Stop), aliased(Stop)
        # An offer that came again, or was taken after all, is one job of theirs and not two.
        again = exists().where(
            col(mine.job_id) == col(Job.id),
            col(same.order_id) == col(mine.order_id),
            col(later.id) == col(same.job_id),
            col(later.person_id) == col(Job.person_id),
            col(later.id) > col(Job.id),
            _counts(later),
        )
        counts = or_(col(Job.state).in_(COUNTED), and_(_counts(Job), ~again))
        return select(Job.person_id, figure).where(inside, counts).group_by(col(Job.person_id))
    held = (
        select(Job.person_id, Stop.order_id)
        .join(Stop, col(Stop.job_id) == col(Job.id))
        .where(inside, Stop.kind == "drop", col(Stop.dropped).is_(False))
        .where(_counts(Job))
        .distinct()
        .subquery()
    )
    if basis == "orders":
        return select(held.c.person_id, func.count()).group_by(held.c.person_id)
    joined = select(
        held.c.person_id,
        func.sum((Order.tip_minor if own_tips else 0) + per_drop) / 100.0 if basis == "pay" else func.count(),
    ).join(Order, col(Order.id) == held.c.order_id)
    if basis == "desirable":
        joined = joined.where(Order.distance_m <= near_m)
        if own_tips and not per_drop:
            joined = joined.where(Order.tip_minor > 0)
    return joined.group_by(held.c.person_id)


_ON = select(Shift).where(col(Shift.started_at).is_not(None), Shift.state == "on")
_SINCE = select(Shift).where(
    col(Shift.started_at).is_not(None),
    or_(col(Shift.ended_at).is_(None), col(Shift.ended_at) >= bindparam("since", type_=UtcDateTime)),
)


def _hours(session: Session, since: datetime | None, *, now: datetime) -> dict[int, float]:
    """Hours on shift by rider, rests left out: of every shift since then, or only of the shifts that are on."""
    worked = session.exec(_ON).all() if since is None else session.exec(_SINCE, params={"since": since}).all()
    rests: dict[int, list[Rest]] = {}
    ids = [known(shift.id) for shift in worked]
    for rest in breaks.of(session, ids):
        rests.setdefault(rest.shift_id, []).append(rest)
    hours: dict[int, float] = {}
    for shift in worked:
        began = max(shift.started_at or now, since or shift.started_at or now)
        ended = shift.ended_at or now
        spent = (ended - began).total_seconds()
        for rest in rests.get(known(shift.id), ()):
            spent -= max(0.0, (min(rest.ends_at, ended) - max(rest.starts_at, began)).total_seconds())
        hours[shift.person_id] = hours.get(shift.person_id, 0.0) + max(0.0, spent) / 3600
    return hours
