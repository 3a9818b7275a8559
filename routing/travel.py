"""Legs between points: as the crow flies with a detour, or on a plane with whole minutes as in the benchmark."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Point = tuple[float, float]

EARTH_M = 6_371_008.8  # mean radius, IUGG
HAIR = 1e-6  # a leg that is a hair over a whole unit by rounding is not rounded up


def crow(points: Sequence[Point], *, speed_kmh: float, detour: float) -> tuple[Matrix, Matrix]:
    """Legs by great circle (haversine, Sinnott 1984) times `detour`: points [n] of (lat, lon) degrees.

    Returns travel_s, distance_m, both int32 [n, n], rounded up. Raises ValueError on speed or detour of 0 or
    less.
    """
    if speed_kmh <= 0 or detour <= 0:
        raise ValueError("speed and detour must be above 0")
    radians = np.radians(_table(points))
    lat, lon = radians[:, 0], radians[:, 1]
    half = np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
    half += np.cos(lat)[:, None] * np.cos(lat)[None, :] * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    metres = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))) * detour
    return _up(metres / (speed_kmh / 3.6)), _up(metres)


def plane(points: Sequence[Point], *, origin: Point, metres_per_minute: float) -> tuple[Matrix, Matrix]:
    """Legs on the plane that touches the earth at `origin`: points [n] of (lat, lon) degrees.

    Returns travel_s in whole minutes times 60, ceil(distance / metres_per_minute - 1e-6) as in the official
    MDRP rules, and distance_m rounded up; both int32 [n, n]. Raises ValueError on a speed of 0 or less.
    """
    if metres_per_minute <= 0:
        raise ValueError("metres_per_minute must be above 0")
    table = _table(points)
    flat = np.array([to_plane((lat, lon), origin) for lat, lon in table.tolist()]).reshape(-1, 2)
    gap = flat[:, None, :] - flat[None, :, :]
    metres = np.hypot(gap[..., 0], gap[..., 1])
    minutes = np.maximum(0, np.ceil(metres / metres_per_minute - HAIR))
    return (minutes * 60).astype(np.int32), _up(metres)


def to_plane(point: Point, origin: Point) -> Point:
    """(lat, lon) degrees as metres (x east, y north) of `origin`, equirectangular."""
    x = math.radians(point[1] - origin[1]) * math.cos(math.radians(origin[0])) * EARTH_M
    return x, math.radians(point[0] - origin[0]) * EARTH_M


def from_plane(x_m: float, y_m: float, origin: Point) -> Point:
    """Metres east and north of `origin` as (lat, lon) degrees; the inverse of `to_plane`."""
    lon = origin[1] + math.degrees(x_m / (EARTH_M * math.cos(math.radians(origin[0]))))
    return origin[0] + math.degrees(y_m / EARTH_M), lon


def _table(points: Sequence[Point]) -> Floats:
    """The points as [n, 2], also for none."""
    return np.asarray(points, dtype=np.float64).reshape(-1, 2)


def _up(values: Floats) -> Matrix:
    """Rounded up to whole numbers, a hair over a whole number not counting."""
    return np.maximum(0, np.ceil(values - HAIR)).astype(np.int32)
