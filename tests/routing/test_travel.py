"""Legs as the crow flies and on the plane."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.travel import crow, from_plane, plane, to_plane

ORIGIN = (51.56, -0.1)
METRES = st.floats(-20_000, 20_000)


@given(x=METRES, y=METRES)
def test_plane_round_trip(x: float, y: float) -> None:
    """A point on the plane comes back from latitude and longitude within a centimetre."""
    back = to_plane(from_plane(x, y, ORIGIN), ORIGIN)
    assert math.dist(back, (x, y)) < 0.01


@given(flat=st.lists(st.tuples(st.integers(0, 12_000), st.integers(0, 12_000)), min_size=2, max_size=8))
def test_plane_minutes_are_official(flat: list[tuple[int, int]]) -> None:
    """Plane legs are ceil(Euclid / metres per minute) whole minutes, also for legs of exactly so many minutes."""
    speed = 320.0
    travel_s, _ = plane([from_plane(x, y, ORIGIN) for x, y in flat], origin=ORIGIN, metres_per_minute=speed)
    for i, a in enumerate(flat):
        for j, b in enumerate(flat):
            assert travel_s[i, j] == 60 * math.ceil(math.dist(a, b) / speed - 1e-6)


def test_whole_minutes_stay_whole() -> None:
    """A leg of exactly three minutes is three minutes after the round trip through degrees."""
    points = [from_plane(x, 0.0, ORIGIN) for x in (0.0, 960.0, 960.1)]
    travel_s, distance_m = plane(points, origin=ORIGIN, metres_per_minute=320)
    assert travel_s[0].tolist() == [0, 180, 240]
    assert distance_m[0].tolist() == [0, 960, 961]


def test_crow_is_the_great_circle() -> None:
    """A degree of latitude is 111.195 km on the mean sphere, ridden at the speed and with the detour given."""
    travel_s, distance_m = crow([(51.0, 0.0), (52.0, 0.0)], speed_kmh=15, detour=1.25)
    assert distance_m[0, 1] == math.ceil(111_195.08 * 1.25)
    assert travel_s[0, 1] == math.ceil(111_195.08 * 1.25 / (15 / 3.6))
    assert (np.diag(travel_s) == 0).all()
    assert (travel_s == travel_s.T).all()


def test_no_points_and_no_speed() -> None:
    """No points give empty matrices; a speed or detour of nothing is refused."""
    assert crow([], speed_kmh=15, detour=1)[0].shape == (0, 0)
    assert plane([], origin=ORIGIN, metres_per_minute=320)[1].shape == (0, 0)
    with pytest.raises(ValueError, match="above 0"):
        crow([], speed_kmh=0, detour=1)
    with pytest.raises(ValueError, match="above 0"):
        plane([], origin=ORIGIN, metres_per_minute=0)
