"""The figures of a simulation, by hand."""

from datetime import datetime, timedelta

import pytest

from infra.simulation.aftermath import wages_minor
from infra.simulation.metrics import Ride, Work, figures, gini, percentile


def ride(
    now: datetime, name: str, door: float | None, *, wait: float = 0.0, state: str = "delivered"
) -> Ride:
    """An order placed now, ready in ten minutes, brought `door` minutes after it was placed."""
    return Ride(
        reference=name,
        placed_at=now,
        ready_at=now + timedelta(minutes=10),
        promise_at=now + timedelta(minutes=45),
        picked_up_at=None if door is None else now + timedelta(minutes=10 + wait),
        delivered_at=None if door is None else now + timedelta(minutes=door),
        state=state,
        refunded_minor=500 if name == "b" else 0,
        rider="Ana",
    )


@pytest.mark.parametrize(
    ("values", "worth"),
    [([], 0.0), ([0, 0], 0.0), ([3, 3, 3], 0.0), ([0, 1], 0.5), ([0, 0, 0, 1], 0.75), ([1, 2, 3, 4], 0.25)],
)
def test_gini_of_small_lists(values: list[float], worth: float) -> None:
    """The Gini coefficient is that of its definition, zero earners counted."""
    assert gini(values) == pytest.approx(worth)


def test_percentiles_lie_between_neighbours() -> None:
    """The 90th percentile of 1 to 11 is 10, and of two values it is nine tenths of the way."""
    assert percentile(list(range(1, 12)), 90) == 10
    assert percentile([10, 20], 90) == pytest.approx(19)
    assert percentile([], 90) == 0


def test_an_evening_of_four_orders(now: datetime) -> None:
    """Cancelled orders are left out, one not delivered counts, and times are those of the delivered ones."""
    rides = [
        ride(now, "a", 30, wait=1),
        ride(now, "b", 50, wait=5),
        ride(now, "c", None, state="waiting"),
        ride(now, "d", None, state="cancelled"),
    ]
    work = [
        Work("Ana", hours=2, riding_min=60, orders=2, pay=30.0),
        Work("Ben", hours=4, riding_min=60, orders=0, pay=60.0),
    ]
    told = figures(rides, work, cost=90.0)
    assert (told.orders, told.delivered, told.cancelled, told.refunded) == (3, 2, 1, 1)
    assert told.undelivered_pct == pytest.approx(100 / 3)
    assert (told.ctd_mean_min, told.ctd_p90_min) == (40, pytest.approx(48))
    assert told.overage_mean_min == 5
    assert told.ready_to_pickup_mean_min == 3
    assert told.cost_per_order == 45
    assert told.on_time_pct == 50
    assert told.gini_pay_per_h == 0
    assert told.gini_orders_per_h == pytest.approx(0.5)
    assert told.gini_effort_per_h == pytest.approx(1 / 6)
    assert told.zero_order_couriers == 0.5


def test_a_part_of_a_penny_is_the_riders() -> None:
    """Wages by the minute are rounded up: 241 minutes at 14.80 an hour are 59.45, not 59.44."""
    assert wages_minor(60, 1480) == 1480
    assert wages_minor(241, 1480) == 5945
