"""A routing problem as numbers: couriers, requests, legs and the rules a plan is judged by.

Seconds count from any epoch the caller likes, places are indices into the two square matrices.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from routing.errors import BadProblem

Matrix = npt.NDArray[np.int32]

Basis = Literal["orders", "pay", "distance", "effort", "waiting", "desirable"]
"""What is to be even: orders; pay; kilometres; hours of work; hours without work; desirable jobs."""

BASES: tuple[Basis, ...] = get_args(Basis)

UNREACHABLE_S = 10_000_000
"""A leg of this many seconds or more means: there is no way."""

MOST_WEIGHT = 1e12
"""No weight is above this, so that every cost stays far below what stands for a broken rule."""

WEIGHTS = ("wait_per_s", "late_per_s", "travel_per_s", "unserved", "fairness", "churn", "flexible")
"""The names of all weights."""

FAIR_HOURS = 1.0
"""Couriers with less time on shift than this are counted as if they had this much (hours)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a second, an order left out, an inequality or a change of courier costs; all in the unit of cost.

    `fairness` is the cost of one more unit per unit-per-hour the courier already has: with 120 and orders as
    the basis, an order given to the courier with one order per hour more costs two minutes more.
    `flexible` is the part of `late_per_s` and `unserved` that counts for a request that is not firm.
    """

    wait_per_s: float = 1.0
    late_per_s: float = 1.0
    travel_per_s: float = 1.0
    unserved: float = 9000.0
    fairness: float = 0.0
    churn: float = 0.0
    flexible: float = 0.25

    def __post_init__(self) -> None:
        """Make floats of whole numbers, so that no table of costs is one of whole numbers."""
        for name in WEIGHTS:
            object.__setattr__(self, name, float(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Rules:
    """Service times, batches, freshness, the end of a shift, and the weights of the objective.

    `freshness_s` is the longest food may ride from leaving its restaurant to the drop; an order that is
    farther than that by the direct way may still be ridden directly. `horizon_s` > 0 leaves out couriers
    whose committed stops end later than that from now. `end_rule` says what must happen before the shift's
    end.
    """

    pickup_arrive_s: int = 120
    pickup_leave_s: int = 120
    drop_arrive_s: int = 120
    drop_leave_s: int = 120
    max_batch: int = 3
    freshness_s: int | None = 1800
    one_restaurant_batches: bool = False
    end_rule: Literal["pickup", "drop"] = "drop"
    horizon_s: int = 0
    weights: Weights = field(default_factory=Weights)
    fairness_basis: Basis = "orders"


@dataclass(frozen=True, slots=True)
class Committed:
    """A stop a courier has accepted: it stays his, in this order. Neighbours of one `visit` share one stop."""

    kind: Literal["pickup", "drop"]
    request: str
    at: int
    ready_s: int
    size: int
    visit: int


@dataclass(frozen=True, slots=True)
class Courier:
    """A rider as numbers: where and when he can next move, what he may carry, until when, and what he has
    had.

    `had` is in units of the fairness basis, `hours` on shift, both over whatever time is to be even. `rest` is
    his next protected break, from and until: no new batch goes on in it, from leaving for it to its last
    leave; one that would is begun after it. He gets at most `orders_left` new requests and `effort_left_s`
    seconds of new work.
    """

    id: str
    at: int
    free_s: int
    capacity: int
    shift_end_s: int
    tolerance_s: int = 0
    had: float = 0.0
    hours: float = 0.0
    committed: tuple[Committed, ...] = ()
    skills: frozenset[str] = frozenset()
    rest: tuple[int, int] | None = None
    orders_left: int | None = None
    effort_left_s: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """An order as numbers: two places, when it was placed, is ready, is promised, and who may carry it.

    Requests of one `restaurant` and one pick-up place share a visit. `spread_s` is the standard deviation of
    the moment it is ready (see `expected_s`). `pay` and `desirable` count when they are the fairness basis. A
    request that is not `firm` has a customer who can wait: see `Weights.flexible`.
    """

    id: str
    pickup: int
    drop: int
    placed_s: int
    ready_s: int
    promise_s: int
    size: int = 1
    restaurant: str = ""
    skills: frozenset[str] = frozenset()
    only: str | None = None
    never: frozenset[str] = frozenset()
    previous: str | None = None
    pay: float = 1.0
    desirable: float = 0.0
    spread_s: int = 0
    firm: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything one plan needs. `travel_s` and `distance_m` are [places, places], int32, kept read-only.

    Raises BadProblem with every finding when the parts contradict each other.
    """

    now_s: int
    couriers: tuple[Courier, ...]
    requests: tuple[Request, ...]
    travel_s: Matrix
    distance_m: Matrix
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        """Freeze the parts and refuse a problem that contradicts itself."""
        object.__setattr__(self, "couriers", tuple(self.couriers))
        object.__setattr__(self, "requests", tuple(self.requests))
        findings = [
            *_matrix_findings("travel_s", self.travel_s),
            *_matrix_findings("distance_m", self.distance_m),
        ]
        if not findings:
            if np.shape(self.travel_s) != np.shape(self.distance_m):
                findings.append("travel_s and distance_m differ in size")
            places = len(self.travel_s)
            findings += _rule_findings(self.rules)
            findings += _courier_findings(self.couriers, places)
            findings += _request_findings(self.requests, places)
            findings += _ownership_findings(self.couriers, self.requests)
        if findings:
            raise BadProblem(tuple(findings))
        object.__setattr__(self, "travel_s", _frozen(self.travel_s))
        object.__setattr__(self, "distance_m", _frozen(self.distance_m))


OVERSHOOT = tuple(
    round(65_536 * (math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) - z * math.erfc(z / math.sqrt(2)) / 2))
    for z in (step / 16 for step in range(65))
)
"""phi(z) - z (1 - Phi(z)) in 65536ths, at each sixteenth of z from 0 to 4: what uncertainty adds to a maximum."""


def expected_s(there_s: int, ready_s: int, spread_s: int) -> int:
    """When food is expected to be handed over to who stands there from `there_s` on, in whole seconds.

    The mean of max(there_s, X) for X normal about `ready_s` with deviation `spread_s`:
    max(there, ready) + spread (phi(z) - z (1 - Phi(z))) at z = |there - ready| / spread (Clark 1961), from the
    table OVERSHOOT with straight lines between its entries, so that every walk over a route gives the same
    second and who comes later never gets the food sooner.
    """
    later = max(there_s, ready_s)
    if spread_s <= 0:
        return later
    apart = 16 * abs(there_s - ready_s)
    step = apart // spread_s
    if step >= len(OVERSHOOT) - 1:
        return later
    falls = (OVERSHOOT[step] - OVERSHOOT[step + 1]) * (apart % spread_s) // spread_s
    return later + (spread_s * (OVERSHOOT[step] - falls) >> 16)


def unfairness(had: float, new: float, hours: float) -> float:
    """Price of `new` more units on `had` in `hours`: ((had + new)^2 - had^2) / (2 max(hours, FAIR_HOURS)).

    Convex in (had + new) / hours, so an uneven split of the same work always costs more, and the next unit
    costs what the courier already has per hour (weighted proportional fairness; amortised as in Suhr et al.,
    KDD 2019).
    """
    return ((had + new) ** 2 - had**2) / (2.0 * max(hours, FAIR_HOURS))


def may_carry(courier: Courier, request: Request) -> bool:
    """Whether pins, bans and skills let this courier carry this request."""
    if request.only is not None and request.only != courier.id:
        return False
    return courier.id not in request.never and request.skills <= courier.skills


def _frozen(matrix: Matrix) -> Matrix:
    """The matrix as a read-only int32 array; copied only when somebody could still write to it."""
    out = np.ascontiguousarray(matrix, dtype=np.int32)
    if out.flags.writeable:
        out = out.copy() if out is matrix else out
        out.setflags(write=False)
    return out


def _matrix_findings(name: str, matrix: Matrix) -> Iterator[str]:
    """Findings on one matrix: square, whole numbers that fit, none negative."""
    array = np.asarray(matrix)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        yield f"{name} is not square: {array.shape}"
    elif not np.issubdtype(array.dtype, np.integer):
        yield f"{name} is not of whole numbers: {array.dtype}"
    elif array.size and (array.min() < 0 or array.max() > np.iinfo(np.int32).max):
        yield f"{name} holds negative or too large values"


def _rule_findings(rules: Rules) -> Iterator[str]:
    """Findings on the rules: no negative time, a batch of at least one, finite weights."""
    for name in ("pickup_arrive_s", "pickup_leave_s", "drop_arrive_s", "drop_leave_s", "horizon_s"):
        if getattr(rules, name) < 0:
            yield f"rules: {name} is negative"
    if rules.max_batch < 1:
        yield "rules: max_batch is below 1"
    if rules.freshness_s is not None and rules.freshness_s < 0:
        yield "rules: freshness_s is negative"
    if rules.end_rule not in ("pickup", "drop"):
        yield f"rules: end_rule {rules.end_rule!r} is neither pickup nor drop"
    if rules.fairness_basis not in BASES:
        yield f"rules: fairness_basis {rules.fairness_basis!r} is not known"
    for name in WEIGHTS:
        value = getattr(rules.weights, name)
        if not 0 <= value <= MOST_WEIGHT:
            yield f"weights: {name} must be a number from 0 to {MOST_WEIGHT:.0e}, not {value}"


def _courier_findings(couriers: tuple[Courier, ...], places: int) -> Iterator[str]:
    """Findings on couriers: known places, one of each id, sane numbers, committed stops in a possible order."""
    seen: set[str] = set()
    for courier in couriers:
        name = f"courier {courier.id}"
        if courier.id in seen:
            yield f"{name} stands twice"
        seen.add(courier.id)
        if not 0 <= courier.at < places:
            yield f"{name} is at place {courier.at} of {places}"
        if courier.capacity < 0 or courier.tolerance_s < 0:
            yield f"{name} has a negative capacity or tolerance"
        if (
            not (math.isfinite(courier.had) and math.isfinite(courier.hours))
            or min(courier.had, courier.hours) < 0
        ):
            yield f"{name} has had or hours that are negative or no number"
        if courier.rest is not None and courier.rest[1] < courier.rest[0]:
            yield f"{name} has a rest that ends before it begins"
        if min(courier.orders_left or 0, courier.effort_left_s or 0) < 0:
            yield f"{name} has a negative limit of orders or effort"
        yield from _committed_findings(name, courier.committed, places)


def _committed_findings(name: str, stops: tuple[Committed, ...], places: int) -> Iterator[str]:
    """Findings on one courier's committed stops."""
    picked: set[str] = set()
    dropped: set[str] = set()
    for before, stop in zip((None, *stops), stops, strict=False):
        if not 0 <= stop.at < places:
            yield f"{name}: committed {stop.kind} of {stop.request} is at place {stop.at} of {places}"
        if stop.kind == "pickup":
            if stop.request in picked or stop.request in dropped:
                yield f"{name}: committed pick-up of {stop.request} comes twice or after its drop"
            picked.add(stop.request)
            shared = before is not None and before.kind == "pickup" and before.visit == stop.visit
            if shared and before is not None and before.at != stop.at:
                yield f"{name}: visit {stop.visit} is at two places"
        else:
            if stop.request in dropped:
                yield f"{name}: committed drop of {stop.request} comes twice"
            dropped.add(stop.request)
    for missing in sorted(picked - dropped):
        yield f"{name}: committed pick-up of {missing} has no drop after it"


def _request_findings(requests: tuple[Request, ...], places: int) -> Iterator[str]:
    """Findings on requests: known places, one of each id, a size."""
    seen: set[str] = set()
    for request in requests:
        name = f"request {request.id}"
        if request.id in seen:
            yield f"{name} stands twice"
        seen.add(request.id)
        for place, index in (("pick-up", request.pickup), ("drop", request.drop)):
            if not 0 <= index < places:
                yield f"{name}: {place} is at place {index} of {places}"
        if request.size < 0 or request.spread_s < 0:
            yield f"{name} has a negative size or spread"
        if not (math.isfinite(request.pay) and request.pay >= 0):
            yield f"{name} has a pay that is negative or no number"
        if not (math.isfinite(request.desirable) and request.desirable >= 0):
            yield f"{name} has a desirability that is negative or no number"
        if request.only is not None and request.only in request.never:
            yield f"{name} is pinned to courier {request.only} and forbidden to them"


def _ownership_findings(couriers: tuple[Courier, ...], requests: tuple[Request, ...]) -> Iterator[str]:
    """Findings on requests held by two couriers, or both committed and open."""
    holder: dict[str, str] = {}
    for courier in couriers:
        for request in {stop.request: None for stop in courier.committed}:
            if holder.setdefault(request, courier.id) != courier.id:
                yield f"request {request} is committed to {holder[request]} and to {courier.id}"
    for item in requests:
        if item.id in holder:
            yield f"request {item.id} is open and committed to {holder[item.id]}"
