"""A whole simulation in figures: what was seen, measured and added up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from time import perf_counter

from infra.simulation import aftermath, evening, mdrp, metrics, treasury
from infra.simulation.aftermath import Shown, Sums
from infra.simulation.chaos import BadNight
from infra.simulation.client import Server, Visit
from infra.simulation.evening import Evening
from infra.simulation.metrics import Figures
from infra.simulation.official import Solution, brought_by
from infra.simulation.replay import MIDNIGHT, ON, Replay
from infra.simulation.treasury import Treasury
from payments.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Chaos:
    """What a bad night came to: orders a person had to settle, orders that came twice, rules of rest broken, how often
    one of those rules kept a job from a rider, and how often each thing happened that may (`infra.happened`).
    """

    in_persons_hands: int
    doubled: int
    rest_violations: int
    rest_held_back: int
    happened: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Texts:
    """What the evening's texts came to: segments, and what the carrier reckoned for them, in minor units.

    None where it has not told yet: that takes some hours.
    """

    segments: int
    cost_minor: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures, the sums of money, how many texts landed and left, and how long it all took."""

    figures: Figures
    sums: Sums
    texts_sent: int
    wall_s: float
    texts: Texts
    chaos: Chaos | None = None
    treasury: Treasury | None = None


# On a bad night an ON or OFF may be said again and again before it is heard.
WATCH_OFF_MIN = 20
MICRO = 10_000  # millionths of a pound in a penny


def of_evening(played: Evening, rulebook: Rulebook, began: float) -> Outcome:
    """Look at a played evening over HTTP, and add it up; `began` is of time.perf_counter."""
    bad_night = isinstance(played, BadNight)
    shown = aftermath.look(
        played.world,
        played.kitchens,
        played.riders,
        played.world.sign_in(evening.TREASURER[1]),
        since=evening.OPENS - timedelta(hours=12),
        until=evening.OPENS + timedelta(hours=12),
    )
    sums = aftermath.add_up(
        shown,
        played.parcels,
        played.riders,
        per_hour_minor=rulebook.pay.rate_on(evening.DAY),
        all_delivered=not bad_night,
        watch_off_min=WATCH_OFF_MIN if bad_night else 0,
        food_bp=rulebook.revenue.cancelled.picked_up.food_bp,
    )
    work = [
        metrics.Work(
            name=rider.name,
            hours=rider.minutes_on / 60,
            riding_min=rider.riding_min,
            orders=len(rider.brought),
            pay=shown.payslips[rider.name].total_minor / 100,
        )
        for rider in played.riders
    ]
    # Tips are the riders' pay and no cost of the co-op's.
    cost = sum(slip.wages_minor + slip.holiday_minor for slip in shown.payslips.values()) / 100
    figures = metrics.figures(list(shown.rides.values()), work, cost=cost)
    texts = played.world.texts_landed
    paid = None
    if not bad_night:
        paid = treasury.monday(
            played.world, played.riders, evening.TREASURER[1], at=evening.PAYDAY, since=evening.WEEK
        )
        sums = replace(sums, findings=(*sums.findings, *paid.findings))
    left = texts_of(played.world.server, played.dispatcher, f"{evening.DAY}")
    return Outcome(figures, sums, texts, perf_counter() - began, left, treasury=paid)


def texts_of(server: Server, desk: Visit, day: str) -> Texts:
    """What the desk's log says of a day's texts."""
    told = server.page(desk, "/desk/texts/log", {"day": day})["cost"]
    known = not told["untold_segments"]
    return Texts(told["segments"], round(sum(told["told_micro"].values()) / MICRO) if known else None)


def of_replay(
    played: Replay, rulebook: Rulebook, began: float, *, handed_in: Callable[[Solution], Solution]
) -> tuple[Outcome, Solution]:
    """Look at a replayed day over HTTP, and add it up; `handed_in` writes its solution and reads it back."""
    shown = look_at_replay(played)
    sums = aftermath.add_up(
        shown,
        played.parcels,
        played.riders,
        per_hour_minor=rulebook.pay.rate_on(ON),
        all_delivered=False,
    )
    solution = handed_in(played.solution())
    brought = brought_by(solution)
    cost = sum(mdrp.pay(played.day, brought.get(each.name, 0), each) for each in played.day.couriers)
    figures = metrics.figures(list(shown.rides.values()), played.work(shown), cost=cost)
    texts = texts_of(played.world.server, played.administrator, f"{ON}")
    return Outcome(figures, sums, played.world.texts_landed, perf_counter() - began, texts), solution


def look_at_replay(played: Replay) -> Shown:
    """What the program shows of a replayed day."""
    return aftermath.look(
        played.world,
        list(played.kitchens.values()),
        played.riders,
        played.administrator,
        since=MIDNIGHT - timedelta(days=1),
        until=MIDNIGHT + timedelta(days=3),
    )
