"""Where idle couriers should wait: near demand nobody covers, when it is worth the ride, and back in time."""

import random
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from routing.problem import UNREACHABLE_S
from routing.waiting import Seen, Standing, Waiting, advise, delays, demand

HOUR = 3600
SETTINGS = Waiting()


def line(*minutes: int) -> np.ndarray:
    """Legs between places on a line, at so many minutes from its beginning."""
    at = np.array(minutes)
    return (60 * np.abs(at[:, None] - at[None, :])).astype(np.int32)


LEGS = line(0, 10, 20, 30)  # restaurants at 0 and 30 minutes, doors between
QUICK = [Seen(0, 60 * i, 480) for i in range(6)]  # six orders at the first restaurant, cooked in 8 minutes


def test_an_idle_courier_goes_to_where_orders_come_from() -> None:
    """Alone at a far door, he is sent to the restaurant with the orders, and told what it saves."""
    (advice,) = advise(600, [Standing("ann", 2, 0, HOUR)], [0, 3], QUICK, LEGS, SETTINGS)
    assert (advice.courier, advice.to, advice.ride_s) == ("ann", 0, 1200)
    assert advice.saves_s > 60


def test_the_second_courier_covers_the_other_place() -> None:
    """With a courier at the busier place already, one in the middle goes to the other that has orders too."""
    seen = [*QUICK[:3], *(Seen(3, 60 * i, 480) for i in range(3))]
    crew = [Standing("ann", 0, 0, HOUR), Standing("ben", 1, 0, HOUR)]
    settings = replace(SETTINGS, taken=0.1)
    assert [(a.courier, a.to) for a in advise(600, crew, [0, 3], seen, LEGS, settings)] == [("ben", 3)]


def test_no_ride_for_little() -> None:
    """Who stands at the best place stays, and a ride that saves less than it is worth is not ridden."""
    assert advise(600, [Standing("ann", 0, 0, HOUR)], [0, 3], QUICK, LEGS, SETTINGS) == []
    far = [Standing("ann", 1, 0, HOUR)]
    (advice,) = advise(600, far, [0, 3], QUICK, LEGS, SETTINGS)
    assert (
        advise(600, far, [0, 3], QUICK, LEGS, replace(SETTINGS, worth=(advice.saves_s + 1) / advice.ride_s))
        == []
    )


def test_a_place_nobody_can_reach_is_no_place_to_wait() -> None:
    """A restaurant without any way to it gets nobody, takes hardly any memory, and no way back is seen as none."""
    legs = LEGS.copy()
    legs[3, :3] = legs[:3, 3] = UNREACHABLE_S
    tracemalloc.start()
    found = advise(600, [Standing("ann", 2, 0, HOUR)], [0, 3], [*QUICK, Seen(3, 0, 480)] * 20, legs, SETTINGS)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [advice.to for advice in found] == [0]
    assert most < 5_000_000
    legs[0, 2] = np.iinfo(np.int32).max
    assert advise(600, [Standing("ann", 2, 0, HOUR, back=2)], [0], QUICK, legs, SETTINGS) == []


@pytest.mark.parametrize(
    ("until_s", "back", "goes"), [(1800, None, True), (1799, None, False), (3000, 2, True)]
)
def test_back_by_the_end_of_the_shift(until_s: int, back: int | None, goes: bool) -> None:
    """He is sent only where he can be, and back from where he must be, by the end of his shift."""
    courier = Standing("ann", 2, 600, until_s, back=back)
    assert bool(advise(600, [courier], [0], QUICK, LEGS, SETTINGS)) is goes
    if back is not None:
        assert advise(600, [replace(courier, until_s=until_s - 1)], [0], QUICK, LEGS, SETTINGS) == []


def test_only_the_idle_move_and_the_busy_count_as_cover() -> None:
    """A courier who is soon free at the restaurant makes the ride there not worth while."""
    busy = Standing("ben", 0, 600, HOUR, idle=False)
    settings = replace(SETTINGS, taken=0.01)
    assert advise(600, [busy], [0, 3], QUICK, LEGS, settings) == []
    assert advise(600, [busy, Standing("ann", 2, 0, HOUR)], [0, 3], QUICK, LEGS, settings) == []


def test_recent_orders_count_most() -> None:
    """An order counts half after the half-life, and orders of later or elsewhere not at all."""
    seen = [Seen(0, 0, 600), Seen(3, 3600, 600), Seen(9, 3600, 600), Seen(0, 9000, 600)]
    parts = demand(3600, seen, [0, 3], replace(SETTINGS, half_life_s=3600, prior=0.0))
    assert parts == pytest.approx([1 / 3, 2 / 3])


def test_delay_grows_ever_faster() -> None:
    """Food stands longer the farther the courier is, each minute costing as much as the one before or more."""
    steps = np.diff(delays(QUICK, SETTINGS, 3600))
    assert (steps > 0).all()
    assert (np.diff(steps) > -1e-9).all()


def test_same_advice_for_the_same_evening() -> None:
    """The advice depends on the evening alone, moves nobody twice, and never makes cover worse."""
    chance = random.Random(4)
    legs = line(*(chance.randrange(60) for _ in range(40)))
    crew = [Standing(f"c{i}", chance.randrange(40), 0, 9 * HOUR, idle=i % 3 > 0) for i in range(15)]
    seen = [
        Seen(chance.randrange(20), chance.randrange(HOUR), chance.randrange(300, 1800)) for _ in range(50)
    ]
    first = advise(HOUR, crew, range(20), seen, legs, SETTINGS)
    assert first == advise(HOUR, crew, range(20), seen, legs, SETTINGS)
    assert first
    assert len({advice.courier for advice in first}) == len(first)
    assert all(crew[int(advice.courier[1:])].idle for advice in first)
    assert all(advice.saves_s > SETTINGS.worth * advice.ride_s for advice in first)
