"""What a day is before it is ridden, how it is dispatched, and what became of it. Seconds, places, metres."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from routing.problem import Matrix
from routing.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the day, unknown before `placed_s`; `pay` and `desirable` count when they are to be even."""

    id: str
    pickup: int
    drop: int
    placed_s: int
    ready_s: int
    promise_s: int
    restaurant: str
    size: int = 1
    pay: float = 1.0
    desirable: float = 0.0
    spread_s: int = 0
    firm: bool = True
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rider:
    """A rider of the day: on shift from and until, where he begins, and what he had before the day began.

    `back` is a place he must be able to reach by the end of his shift when he rides somewhere to wait.
    """

    id: str
    at: int
    from_s: int
    until_s: int
    capacity: int
    tolerance_s: int = 0
    had: float = 0.0
    hours: float = 0.0
    skills: frozenset[str] = frozenset()
    rest: tuple[int, int] | None = None
    back: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """Orders and riders of a day and the legs between its places, [places, places], int32.

    `points` are the places where riders may wait; the orders' pick-up places when there are none.
    """

    orders: tuple[Order, ...]
    riders: tuple[Rider, ...]
    travel_s: Matrix
    distance_m: Matrix
    points: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """How the day is dispatched: how often, with how much search, and what idle riders do.

    Each solve takes `iterations` and `per_order` more for every open order, and ends after `budget_s` seconds
    of wall time at the latest; with `iterations` None only the budget ends it. A batch is committed when its
    rider must leave before the next epoch, `offer_lead_s` earlier when he needs that long to answer. Riders
    whose shift begins within `look_ahead_s` are planned with. Riders set out on whole `tick_s`. `fairness`
    replaces the weight in the rules, and a rider counts as if he had worked `prior_h` hours more at the
    fleet's rate; None: the hours left of his shift, so that his day as it will end is compared.
    """

    epoch_s: int = 60
    tick_s: int = 1
    iterations: int | None = 200
    per_order: int = 20
    budget_s: float = math.inf
    offer_lead_s: int = 0
    look_ahead_s: int = 3600
    waiting: Waiting | None = field(default_factory=Waiting)
    fairness: float | None = None
    prior_h: float | None = 1.0
    seed: int = 0
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Ride:
    """What became of an order: None wherever it never happened. `batch` counts over the whole day."""

    order: str
    rider: str | None = None
    batch: int | None = None
    given_s: int | None = None
    picked_s: int | None = None
    dropped_s: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One leg of a rider, from a place to a place; `empty` when he only rides to where he will wait."""

    leaves_s: int
    origin: int
    to: int
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A rider's day: orders, units of the fairness basis, seconds of work and of riding, metres, legs.

    `riding_s` and `metres` count every leg; `empty_s` those to where he waited. `hours` are his shift's.
    """

    rider: str
    hours: float
    orders: int
    units: float
    busy_s: int
    riding_s: int
    empty_s: int
    metres: int
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Orders given to a rider together, in the sequence of their drops."""

    rider: str
    given_s: int
    picked_s: int
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A day as it was ridden: rides in the order of its orders, works of its riders; `epochs_s` wall seconds."""

    rides: tuple[Ride, ...]
    works: tuple[Work, ...]
    batches: tuple[Batch, ...]
    epochs_s: tuple[float, ...]


Progress = Callable[[float], None]
"""Called with the part of the day lived through, from 0 to 1."""
