"""The benchmark's official rules: our plane keeps them, and our check sees what breaks them."""

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from infra.simulation import official
from infra.simulation.mdrp import Day, DayCourier, DayOrder
from infra.simulation.official import Brought, Bundle, Move, Solution, check
from infra.simulation.replay import ORIGIN
from routing.travel import from_plane, plane, to_plane

DAY = Day(
    name="toy",
    metres_per_minute=100,
    target_min=40,
    pay_per_order=10,
    pay_per_hour=15,
    restaurants={"r1": (0, 0), "r2": (1000, 0)},
    orders=(
        DayOrder("o1", (0, 300), 10, "r1", 20),
        DayOrder("o2", (0, 501), 12, "r1", 22),
        DayOrder("o3", (1000, 100), 12, "r2", 22),
    ),
    couriers=(DayCourier("c1", (0, -200), 0, 120), DayCourier("c2", (1000, -50), 0, 120)),
)
# c1 leaves at 12, is at r1 at 14, has both bags at 22, leaves at 24; three minutes to o1, three more to o2.
SOUND = Solution(
    bundles=(Bundle(12, 22, "c1", ("o1", "o2")), Bundle(12, 22, "c2", ("o3",))),
    orders=(
        Brought("o1", 10, 20, 22, 29, "c1"),
        Brought("o2", 12, 22, 22, 36, "c1"),
        Brought("o3", 12, 22, 22, 27, "c2"),
    ),
    moves=(
        Move("c1", 12, "c1", "r1"),
        Move("c1", 24, "r1", "o1"),
        Move("c1", 31, "o1", "o2"),
        Move("c2", 12, "c2", "r2"),
        Move("c2", 24, "r2", "o3"),
    ),
)


def test_the_plane_keeps_the_official_minutes() -> None:
    """Ten thousand legs through degrees and back take the whole minutes the official rule gives them."""
    rng = random.Random(7)
    speed = 320.0
    starts = [(float(rng.randrange(15_000)), float(rng.randrange(15_000))) for _ in range(100)]
    # Ends at random, and ends at exactly so many minutes, where a hair decides.
    ends = [(float(rng.randrange(15_000)), float(rng.randrange(15_000))) for _ in range(50)]
    ends += [(starts[i][0] + speed * (i % 20), starts[i][1]) for i in range(50)]
    points = [from_plane(x, y, ORIGIN) for x, y in starts + ends]
    travel_s, _ = plane(points, origin=ORIGIN, metres_per_minute=speed)
    legs = 0
    for i, a in enumerate(starts):
        for j, b in enumerate(ends):
            legs += 1
            minutes = math.ceil(math.dist(a, b) / speed - 1e-6)
            assert travel_s[i, len(starts) + j] == 60 * minutes, (a, b)
    assert legs == 10_000
    for xy in starts + ends:
        assert math.dist(to_plane(from_plane(*xy, ORIGIN), ORIGIN), xy) < 0.01


def test_a_sound_solution_has_no_finding(tmp_path: Path) -> None:
    """What keeps the rules passes, also once written and read back."""
    official.write(SOUND, tmp_path)
    assert official.read(tmp_path) == SOUND
    assert check(DAY, SOUND) == []


def _order(solution: Solution, index: int, **fields: object) -> Solution:
    rows = list(solution.orders)
    rows[index] = replace(rows[index], **fields)  # type: ignore[arg-type]
    return replace(solution, orders=tuple(rows))


def _bundle(solution: Solution, index: int, **fields: object) -> Solution:
    rows = list(solution.bundles)
    rows[index] = replace(rows[index], **fields)  # type: ignore[arg-type]
    return replace(solution, bundles=tuple(rows))


def _move(solution: Solution, index: int, **fields: object) -> Solution:
    rows = list(solution.moves)
    rows[index] = replace(rows[index], **fields)  # type: ignore[arg-type]
    return replace(solution, moves=tuple(rows))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            _bundle(_order(_order(SOUND, 0, picked=21), 1, picked=21), 0, picked=21),
            "at 21, where the rules make it 22",
        ),
        (_order(SOUND, 0, dropped=28), "at 28, where the rules make it 29"),
        (_move(SOUND, 1, departs=23), "leaves r1 at 23, before 24"),
        (_move(SOUND, 0, departs=11), "leaves c1 at 11, before 12"),
        (_bundle(SOUND, 0, given=11), "before it was placed"),
        (_bundle(SOUND, 0, orders=("o1", "o3")), "from several restaurants"),
        (replace(SOUND, moves=SOUND.moves[:2] + SOUND.moves[3:]), "never rides from o1 to o2"),
        (replace(SOUND, moves=(*SOUND.moves, Move("c2", 40, "o3", "o1"))), "for nothing known"),
        (replace(SOUND, moves=(*SOUND.moves, Move("c2", 28, "o3", "r1"))), "leaves o3 at 28, before 29"),
        (replace(SOUND, moves=(*SOUND.moves, Move("c2", 130, "o3", "r1"))), "after the shift's end at 120"),
        (replace(SOUND, moves=(*SOUND.moves, Move("c2", 40, "r2", "r1"))), "never rides from o3 to r2"),
        (
            replace(SOUND, moves=(Move("c1", 5, "c1", "r2"), Move("c1", 12, "r2", "r1"), *SOUND.moves[1:])),
            "leaves r2 at 12, before 16",
        ),
        (replace(SOUND, orders=SOUND.orders[:2]), "assigned or delivered, not both"),
        (replace(SOUND, bundles=(*SOUND.bundles, Bundle(30, 40, "c2", ("o3",)))), "assigned twice"),
        (_order(SOUND, 2, ready=20), "other times than the instance"),
        (_order(SOUND, 2, courier="c1"), "not picked up as its bundle is"),
        (_move(SOUND, 3, courier="c9"), "no courier of this day"),
    ],
)
def test_each_breach_is_found(broken: Solution, said: str) -> None:
    """A fault put into a sound solution is named."""
    assert any(said in finding for finding in check(DAY, broken)), check(DAY, broken)


def test_riding_empty_to_a_restaurant_breaks_nothing() -> None:
    """A courier may wait at any restaurant; his rides chain, and one that has begun is ridden to its end."""
    first = (Move("c1", 0, "c1", "r1"), Move("c1", 12, "r1", "r1"), *SOUND.moves[1:3])
    last = (Move("c1", 38, "o2", "r2"), Move("c1", 60, "r2", "r1"))
    assert check(DAY, replace(SOUND, moves=(*first, *last, *SOUND.moves[3:]))) == []


def test_a_pick_up_after_the_shift_is_found() -> None:
    """Food may be dropped after a shift's end, and not be picked up after it."""
    early = replace(DAY, couriers=(replace(DAY.couriers[0], off=21), DAY.couriers[1]))
    assert check(early, SOUND) == ["c1 picks up at 22, after the shift's end at 21"]
    late_drop = replace(DAY, couriers=(replace(DAY.couriers[0], off=22), DAY.couriers[1]))
    assert check(late_drop, SOUND) == []
