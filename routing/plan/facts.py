"""What a plan is: stops with their times, routes, costs, and the figures behind each choice."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Costs:
    """The objective in its parts, each already weighted; `unserved` counts the orders left out."""

    wait: float = 0.0
    late: float = 0.0
    travel: float = 0.0
    freshness: float = 0.0
    fairness: float = 0.0
    churn: float = 0.0
    unserved: float = 0.0

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return (
            self.wait + self.late + self.travel + self.freshness + self.fairness + self.churn + self.unserved
        )

    def __add__(self, other: "Costs") -> "Costs":
        """Part by part."""
        return Costs(*(mine + theirs for mine, theirs in zip(self.parts(), other.parts(), strict=True)))

    def __sub__(self, other: "Costs") -> "Costs":
        """Part by part."""
        return Costs(*(mine - theirs for mine, theirs in zip(self.parts(), other.parts(), strict=True)))

    def parts(self) -> tuple[float, ...]:
        """The parts in the order of the fields."""
        return (self.wait, self.late, self.travel, self.freshness, self.fairness, self.churn, self.unserved)


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One stop of one request; pick-ups of one `visit` share their times. `batch` is -1 for committed stops.

    `at_s` is the moment of the pick-up or the delivery; all seconds are the problem's.
    """

    kind: Literal["pickup", "drop"]
    request: str
    at: int
    arrive_s: int
    at_s: int
    leave_s: int
    batch: int
    visit: int


@dataclass(frozen=True, slots=True)
class Route:
    """A courier's committed stops, then new batches in order.

    `departs[b]` is the latest second batch b can leave the previous place without delaying any of its
    pick-ups or deliveries as planned (where a kitchen is uncertain: to be there when its food is expected,
    a little after it is ready). `adds_s` is the work the new batches add, each from its latest departure to its
    last leave; `adds_m` the metres they add.
    """

    courier: str
    stops: tuple[PlannedStop, ...]
    departs: tuple[int, ...]
    adds_s: int
    adds_m: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another courier for the same request, and what the plan would cost more with him for it."""

    courier: str
    cost: Costs


@dataclass(frozen=True, slots=True)
class Why:
    """What the chosen courier's part costs because of this request, and the best others (at most three)."""

    request: str
    chosen: str | None
    cost: Costs
    others: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule a plan breaks, where, and in words."""

    rule: str
    courier: str | None
    request: str | None
    message: str


Reason = Literal[
    "no_couriers", "no_capacity", "shift_ends", "not_allowed", "unreachable", "limits", "too_costly"
]
"""Why a request is left out; `limits` when the orders or the work its couriers may still have are used up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes of the couriers that have stops, requests left out with the reason, and how it was found.

    `bound` is a lower bound of the cost where there is one: `certified` is proven for this very problem,
    `heuristic` holds as far as the search looked. `wall_s` are the seconds spent.
    """

    routes: tuple[Route, ...]
    unserved: tuple[tuple[str, Reason], ...]
    cost: Costs
    solver: str
    iterations: int = 0
    seed: int = 0
    wall_s: float = 0.0
    bound: float | None = None
    why: tuple[Why, ...] = ()
    bound_kind: Literal["certified", "heuristic"] | None = None

    @property
    def gap(self) -> float | None:
        """How much of the cost could at most be saved, 0 to 1; None without a bound or where nothing costs."""
        if self.bound is None or self.cost.total <= 0:
            return None
        return max(0.0, (self.cost.total - self.bound) / self.cost.total)
