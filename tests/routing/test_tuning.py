"""The choice of a weight of fairness: the evenest that is not too dear, whatever chance adds to the figures."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from routing import Rules, Weights
from routing.rolling import Day, Policy
from routing.tuning import HAIR, MOST_RIDES, Evening, Point, choose, ride, search
from tests.routing.test_rolling import evening

BASE = Point(0.0, 40.0, 28.0, 1.0, 0.0, 0.30, 1.0, 0.1, 2.5, 1.0)


def at(weight: float, p90: float, gini: float, **more: float) -> Point:
    """A point of the curve."""
    return replace(BASE, weight=weight, ctd_p90_min=p90, gini=gini, **more)


def curve(weight: float) -> Point:
    """An evening as evenings are: the first of evenness costs little, the last a lot."""
    return at(weight, 40 + 4 * weight / (weight + 400), 0.05 + 0.25 * math.exp(-weight / 120))


def test_it_is_the_evenest_within_the_limit() -> None:
    """Of those that cost at most the limit, the evenest is chosen; evener ones beyond it are not."""
    points = [BASE, at(50, 40.4, 0.20), at(100, 40.9, 0.12), at(200, 41.2, 0.05)]
    choice = choose(points, 1.0)
    assert (choice.point.weight, choice.why, choice.most_p90_min) == (100, "evener", 41.0)
    assert choose(points, 1.2).point.weight == 200


def test_weight_nought_is_chosen_when_all_others_are_too_dear() -> None:
    """Where every evener weight costs more than the limit, it is 0 and said to be for that reason."""
    choice = choose([BASE, at(50, 41.5, 0.2), at(100, 43, 0.1)], 1.0)
    assert (choice.point, choice.why) == (BASE, "too_dear")


def test_weight_nought_is_chosen_when_nothing_is_evener() -> None:
    """Where no weight makes it evener, however cheap, it is 0 and said to be for that reason."""
    choice = choose([BASE, at(50, 39.0, 0.30), at(100, 39.5, 0.31)], 1.0)
    assert (choice.point, choice.why) == (BASE, "even_already")


def test_leaving_orders_out_is_no_evenness() -> None:
    """A weight at which orders are left out that weight 0 brings is not chosen, evener or not."""
    points = [BASE, at(50, 40.1, 0.20), at(100, 39.0, 0.05, undelivered_pct=2.0)]
    assert choose(points, 1.0).point.weight == 50


def test_of_equals_the_least_weight_is_chosen() -> None:
    """Points as even as one another, or nearly, are one and the same: the least weight of them is taken."""
    points = [BASE, at(400, 40.2, 0.100), at(100, 40.9, 0.100 + HAIR / 2), at(200, 40.1, 0.100)]
    assert choose(points, 1.0).point.weight == 100


def test_what_is_in_force_stays_where_it_does_as_well() -> None:
    """No change is advised for a difference that is chance; a real one is."""
    points = [BASE, at(100, 40.2, 0.103), at(120, 40.9, 0.100), at(900, 40.9, 0.090)]
    assert choose(points[:3], 1.0, now=120).point.weight == 120
    assert choose(points, 1.0, now=120).point.weight == 900


def test_a_curve_that_jumps_about_is_chosen_from_all_the_same() -> None:
    """With chance on every figure the choice keeps the limit, and is within a hair of the evenest allowed."""
    for seed in range(200):
        rng = random.Random(seed)
        points = [BASE] + [
            replace(
                curve(weight),
                ctd_p90_min=curve(weight).ctd_p90_min + rng.gauss(0, 0.5),
                gini=max(0.0, curve(weight).gini + rng.gauss(0, 0.02)),
            )
            for weight in (10, 30, 90, 270, 810)
        ]
        choice = choose(points, 1.0)
        assert choice.point.ctd_p90_min <= 41.0
        assert choice.point.gini <= HAIR + min(p.gini for p in points if p.ctd_p90_min <= 41.0)
        assert choice.point.gini <= BASE.gini


def test_without_weight_nought_there_is_nothing_to_compare_with() -> None:
    """The limit counts from weight 0, so it must have been ridden."""
    with pytest.raises(ValueError, match="weight 0"):
        choose([at(50, 40, 0.2)], 1.0)


def test_the_search_goes_from_coarse_to_fine() -> None:
    """Few rides find a weight whose evenness is near the best there is within the limit, each weight ridden once."""
    asked: list[float] = []

    def ridden(weight: float) -> Point:
        asked.append(weight)
        return curve(weight)

    points, choice = search(ridden, 1.0, now=120.0)
    assert len(asked) == len(set(asked)) == len(points) <= MOST_RIDES
    assert 120.0 in asked
    assert [point.weight for point in points] == sorted(asked)
    # 40 + 4 w / (w + 400) <= 41 up to w = 133.
    assert choice.point.ctd_p90_min <= 41.0
    assert choice.point.gini <= curve(133).gini + 0.03


def test_where_nothing_of_the_kind_happened_nothing_is_searched() -> None:
    """Evenings without a unit of the basis are ridden once."""
    points, choice = search(lambda weight: replace(BASE, gini=0.0, per_hour=0.0, per_order=0.0), 1.0)
    assert (len(points), choice.why) == (1, "even_already")


def lopsided(day: Day) -> Day:
    """The same day with the first two riders near every kitchen and the others far off."""
    near = tuple(
        replace(rider, at=day.orders[i].pickup if i < 2 else rider.at, from_s=0, until_s=12_000)
        for i, rider in enumerate(day.riders)
    )
    return replace(day, riders=near)


def week(days: Sequence[Day], window: str = "w1") -> list[Evening]:
    """These days as evenings of one window."""
    return [
        Evening(f"2026-11-{20 + i}", window, day, {rider.id: f"person {rider.id}" for rider in day.riders})
        for i, day in enumerate(days)
    ]


RULES = Rules(freshness_s=None, end_rule="pickup", weights=Weights(travel_per_s=0.2, unserved=24_000))
POLICY = Policy(iterations=40, per_order=4, waiting=None)


def test_weight_makes_an_evening_evener() -> None:
    """Ridden with a high weight, orders an hour are evener than with none, and the same again both times."""
    ridden = week([lopsided(evening(seed=3))])
    none, much = (ride(ridden, RULES, weight, POLICY) for weight in (0.0, 600.0))
    assert much.gini < none.gini - HAIR
    assert ride(ridden, RULES, 0.0, POLICY) == none
    assert 0 < none.ctd_mean_min < none.ctd_p90_min


def test_what_was_had_counts_in_the_later_evenings_of_a_window() -> None:
    """Two evenings of one window are evened as one; of two windows, each for itself."""
    days = [lopsided(evening(seed=seed)) for seed in (3, 4)]
    together = ride(week(days), RULES, 120.0, POLICY)
    apart = ride(week(days[:1]) + week(days[1:], "w2"), RULES, 120.0, POLICY)
    assert together.gini != apart.gini
    assert together.per_hour == pytest.approx(apart.per_hour, rel=0.1)


def test_ridden_more_often_it_is_the_mean_of_different_rides() -> None:
    """Each time has its own seed and its own account: the figures lie between those of the single rides."""
    ridden = week([lopsided(evening(seed=3))])
    first, second = (ride(ridden, RULES, 0.0, replace(POLICY, seed=seed)) for seed in (0, 1))
    both = ride(ridden, RULES, 0.0, POLICY, times=2)
    assert both.gini == pytest.approx((first.gini + second.gini) / 2)
    assert both.ctd_mean_min == pytest.approx((first.ctd_mean_min + second.ctd_mean_min) / 2)
    assert both.per_hour == pytest.approx((first.per_hour + second.per_hour) / 2)


@pytest.mark.parametrize("basis", ["pay", "distance", "effort", "waiting", "desirable"])
def test_every_basis_has_its_figures(basis: str) -> None:
    """Whatever is to be even, its Gini coefficient and tenth percentile are told in its own units."""
    day = evening(seed=5, orders=12)
    day = replace(day, orders=tuple(replace(order, pay=2.5, desirable=1.0) for order in day.orders))
    point = ride(week([day]), replace(RULES, fairness_basis=basis), 1.0, POLICY)  # type: ignore[arg-type]
    assert 0 <= point.gini < 1
    assert 0 <= point.p10 <= (1 if basis == "waiting" else 40)
    assert point.per_order > 0


def test_progress_is_told_from_nought_to_one() -> None:
    """The part ridden rises over all evenings."""
    told: list[float] = []
    ride(
        week([evening(seed=1, orders=6), evening(seed=2, orders=6)]),
        RULES,
        0.0,
        POLICY,
        times=2,
        progress=told.append,
    )
    assert told == sorted(told)
    assert told[-1] == 1.0
