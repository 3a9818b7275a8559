"""How simulated riders go about things: as people do, or to the letter of a benchmark's rules."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from infra.simulation.parcels import Point

DETOUR = 1.35  # streets are longer than the crow's way


@dataclass(slots=True)
class Human:
    """Thinks for a while, rides at their own pace, and now and then does what `offers` and `slips_at` say.

    `offers` maps the count of an offer (the first is 1) to PASS, or to None for silence.
    """

    rng: random.Random
    metres_per_s: float
    crow_m: Callable[[Point, Point], float]
    offers: Mapping[int, str | None] = field(default_factory=dict)
    slips_at: int = 0
    offered: int = 0
    drops: int = 0

    def answer(self, number: int) -> tuple[str | None, float]:
        """TAKE after 5 to 40 seconds, unless the evening has something else in store."""
        self.offered += 1
        return self.offers.get(self.offered, "TAKE"), float(round(self.rng.uniform(5, 40)))

    def sets_off(self, now: datetime) -> datetime:
        """Helmet on, lock off."""
        return now + timedelta(seconds=self.rng.randint(5, 25))

    def ride(self, a: Point, b: Point) -> tuple[float, float]:
        """The way by streets, traffic lights willing."""
        metres = self.crow_m(a, b) * DETOUR * self.rng.uniform(0.92, 1.12)
        lights = self.rng.uniform(0, 25) if metres > 200 else 0.0
        return float(round(metres / self.metres_per_s + lights)), metres

    def collected_at(self, arrived_at: datetime, ready_at: datetime) -> datetime:
        """In the bag once it is ready and somebody at the pass has looked up."""
        return max(arrived_at + self._seconds(40, 130), ready_at + self._seconds(10, 40))

    def delivered_at(self, arrived_at: datetime) -> datetime:
        """Lock the bike, find the door, hand it over."""
        return arrived_at + self._seconds(50, 160)

    def leaves_after_s(self) -> float:
        """Back on the bike."""
        return float(self.rng.randint(20, 70))

    def slips(self) -> bool:
        """Whether this DONE was said too soon."""
        self.drops += 1
        return self.drops == self.slips_at

    def _seconds(self, low: int, high: int) -> timedelta:
        return timedelta(seconds=self.rng.randint(low, high))


@dataclass(slots=True)
class Official:
    """The benchmark's rider: answers within the second, rides whole minutes, two minutes in and out of a stop."""

    minutes: Callable[[Point, Point], int]
    metres: Callable[[Point, Point], float]
    service: timedelta = timedelta(minutes=2)

    def answer(self, number: int) -> tuple[str | None, float]:
        """TAKE, at once."""
        return "TAKE", 0.0

    def sets_off(self, now: datetime) -> datetime:
        """Within the minute: the benchmark knows only whole ones, and nothing new is known until the next."""
        return now.replace(second=0, microsecond=0)

    def ride(self, a: Point, b: Point) -> tuple[float, float]:
        """Whole minutes, rounded up."""
        return 60.0 * self.minutes(a, b), self.metres(a, b)

    def collected_at(self, arrived_at: datetime, ready_at: datetime) -> datetime:
        """Two minutes after arriving, and not before the last of it is ready."""
        return max(ready_at, arrived_at + self.service)

    def delivered_at(self, arrived_at: datetime) -> datetime:
        """Two minutes after arriving."""
        return arrived_at + self.service

    def leaves_after_s(self) -> float:
        """Two minutes later."""
        return self.service.total_seconds()

    def slips(self) -> bool:
        """Never."""
        return False
