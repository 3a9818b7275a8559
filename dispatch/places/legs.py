"""How long and how far it is between points, by the rulebook's travel provider."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import routing.travel as travel
from dispatch.facts import Point
from payments.rulebook import Rulebook


def legs(rulebook: Rulebook, points: Sequence[Point]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Seconds and metres between all these points: two int32 arrays, n by n."""
    rules = rulebook.dispatch
    pairs = [(p.lat, p.lon) for p in points]
    if rules.travel_provider == "plane":
        return travel.plane(pairs, origin=_origin(rulebook), metres_per_minute=rules.metres_per_minute or 0)
    return travel.crow(pairs, speed_kmh=rules.speed_kmh, detour=rules.detour)


def leg(rulebook: Rulebook, a: Point, b: Point) -> tuple[int, int]:
    """Seconds and metres from one point to another."""
    seconds, metres = legs(rulebook, (a, b))
    return int(seconds[0, 1]), int(metres[0, 1])


def _origin(rulebook: Rulebook) -> tuple[float, float]:
    origin = rulebook.dispatch.origin
    if origin is None:
        raise ValueError("a rulebook with the plane travel provider names its origin")
    return origin[0], origin[1]
