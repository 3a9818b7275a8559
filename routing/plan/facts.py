"""What a plan is: stops with their times, routes, costs, and the figures behind each choice."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Costs:
    """The objective in its parts, each already weighted; `unserved` counts the orders left out.

    `wait` is the customers': from placing an order to having it. `travel` is the riders' way.
    """

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
    """Another courier for the same request: what his part would cost more with it, and what was missing.

    `margin` is what the whole plan would cost more with him instead (below 0: the search missed it). `sequence`
    are his stops with it, r the pick-up of the problem's request r and ~r its drop. He would have been chosen
    had he been free `sooner_s` seconds sooner, and with one second less not; None when even free now he
    would lose. The same for `nearer_s`, seconds by which his way to the pick-up would have had to be shorter,
    None when even standing there he would lose (or where that way is no way of its own). `fairer` says that
    he loses now and would win if fairness counted nothing.
    """

    courier: str
    cost: Costs
    margin: float = 0.0
    sequence: tuple[int, ...] = ()
    sooner_s: int | None = None
    nearer_s: int | None = None
    fairer: bool = False


@dataclass(frozen=True, slots=True)
class Lacking:
    """What would have served a request left out; each None when it would not have helped or is not known.

    `extra_by_s`: one more rider, with nothing to do and waiting at its pick-up, free by this second at the
    latest (as far as a day from now). `courier` with a shift `longer_s` seconds longer could have it after all
    else he does; told only when nobody could take it at any price.
    """

    extra_by_s: int | None = None
    courier: str | None = None
    longer_s: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """What the chosen courier's part costs because of this request, and the best others (at most three).

    The cost is that of his route less that of `without`, his stops without it. For a request left out
    `chosen` is None, the cost that of leaving it out, and `lacking` says what it wanted.
    """

    request: str
    chosen: str | None
    cost: Costs
    others: tuple[Alternative, ...] = ()
    without: tuple[int, ...] = ()
    lacking: Lacking | None = None


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
