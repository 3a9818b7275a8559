"""Big problems split by geography: kitchens that lie together are planned together, several zones at once.

Only the travel matrix is known, no map. Kitchens are halved again and again between two that lie far apart, each
with its orders; couriers belong where they are free, and those near a border are offered on both sides. A short
search over the whole mends what the borders cost.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from routing import kernel
from routing.plan import Costs, Plan, Route, price
from routing.plan.schedule import after_committed
from routing.problem import UNREACHABLE_S, Courier, Problem
from routing.solver import solve

__all__ = ["Zone", "solve_zones", "split", "within"]

BORDER_S = 90
"""A courier is near a border when the next zone is no farther than this beyond their own (seconds)."""

SHARE = 0.7
"""The part of time or iterations that goes into the zones; the rest mends the whole."""

Legs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Zone:
    """Indices of the problem's requests and couriers that are planned together, both ascending."""

    requests: tuple[int, ...]
    couriers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Kitchen:
    """Requests that are picked up at one place, and a door of theirs to tell neighbours apart."""

    place: int
    door: int
    requests: tuple[int, ...]


def split(
    problem: Problem, k: int, *, border_s: int = BORDER_S, warm: Plan | None = None
) -> tuple[Zone, ...]:
    """At most `k` zones of about as many requests each; every request is in one, every courier in one or two.

    A courier is in more only where a request that may go to nobody else lies elsewhere. The routes of a `warm`
    plan stay whole: each lies, with its courier, where most of its requests are. Fewer zones where there are
    fewer kitchens or couriers than `k`. Raises ValueError on a `k` below 1.
    """
    if k < 1:
        raise ValueError("a problem is split into one zone or more")
    parts = min(k, len(problem.couriers), len(problem.requests))
    if parts <= 1:
        return (Zone(tuple(range(len(problem.requests))), tuple(range(len(problem.couriers)))),)
    groups = _halved(problem.travel_s, _kitchens(problem, parts), parts)
    zone_of = {r: z for z, group in enumerate(groups) for kitchen in group for r in kitchen.requests}
    homes: dict[int, int] = {}
    for c, requests in _held(problem, warm):
        homes[c] = Counter(zone_of[r] for r in requests).most_common(1)[0][0]
        zone_of |= dict.fromkeys(requests, homes[c])
    crews = _crews(problem, groups, homes, border_s)
    index = {courier.id: c for c, courier in enumerate(problem.couriers)}
    zones: list[Zone] = []
    for z, crew in enumerate(crews):
        mine = [r for r in range(len(problem.requests)) if zone_of[r] == z]
        pinned = {index[only] for r in mine if (only := problem.requests[r].only) in index}
        zones.append(Zone(tuple(mine), tuple(sorted(crew | pinned))))
    return tuple(zones)


def within(problem: Problem, zone: Zone) -> Problem:
    """The problem of one zone alone, with only the places it needs; ids stay what they are."""
    requests = [problem.requests[r] for r in zone.requests]
    couriers = [problem.couriers[c] for c in zone.couriers]
    used = {place for request in requests for place in (request.pickup, request.drop)}
    used |= {place for courier in couriers for place in _places(courier)}
    seats = sorted(used)
    seat = {place: i for i, place in enumerate(seats)}
    grid = np.ix_(seats, seats)
    travel_s, distance_m = problem.travel_s[grid], problem.distance_m[grid]
    for matrix in (travel_s, distance_m):
        matrix.setflags(write=False)
    return Problem(
        now_s=problem.now_s,
        couriers=tuple(
            replace(
                courier,
                at=seat[courier.at],
                committed=tuple(replace(stop, at=seat[stop.at]) for stop in courier.committed),
            )
            for courier in couriers
        ),
        requests=tuple(
            replace(request, pickup=seat[request.pickup], drop=seat[request.drop]) for request in requests
        ),
        travel_s=travel_s,
        distance_m=distance_m,
        rules=problem.rules,
    )


def solve_zones(
    problem: Problem,
    k: int,
    *,
    budget_s: float,
    seed: int = 0,
    workers: int = 1,
    iterations: int | None = None,
    warm: Plan | None = None,
) -> Plan:
    """One plan for the whole problem, found zone by zone in `workers` threads and mended at the borders.

    Budget, seed, iterations and `warm` are those of `solve`, whose plan this is with one zone. With `iterations`
    the same seed gives the same plan. A courier two zones have used keeps the route that is worth more; what the
    other had for them is put back.
    """
    began = time.perf_counter()
    zones = split(problem, k, warm=warm)
    if len(zones) == 1:
        return solve(problem, budget_s=budget_s, seed=seed, workers=workers, iterations=iterations, warm=warm)
    threads = max(1, min(workers, len(zones))) if kernel.ready() else 1  # pure Python would only take turns
    turns = math.ceil(len(zones) / threads)
    jobs = [
        partial(
            _zone,
            problem,
            zone,
            warm,
            budget_s=SHARE * budget_s / turns,
            seed=seed,
            iterations=None if iterations is None else _part(iterations * SHARE, zone, problem),
        )
        for zone in zones
    ]
    found = _run(jobs, threads)
    merged = _merged(found)
    spent = sum(plan.iterations for _, plan in found)
    plan = solve(
        problem,
        budget_s=max(0.0, budget_s - (time.perf_counter() - began)),
        seed=seed,
        workers=workers,
        iterations=None if iterations is None else max(1, round(iterations * (1 - SHARE))),
        warm=merged,
    )
    return replace(
        plan,
        iterations=plan.iterations + spent,
        wall_s=time.perf_counter() - began,
        solver=f"zones+{plan.solver}",
    )


def _zone(
    problem: Problem,
    zone: Zone,
    warm: Plan | None,
    *,
    budget_s: float,
    seed: int,
    iterations: int | None,
) -> tuple[Problem, Plan]:
    """One zone's problem and its plan, with one worker."""
    part = within(problem, zone)
    return part, solve(part, budget_s=budget_s, seed=seed, iterations=iterations, warm=warm)


def _part(iterations: float, zone: Zone, problem: Problem) -> int:
    """A zone's part of the iterations, by its requests."""
    return max(1, round(iterations * len(zone.requests) / len(problem.requests)))


def _run(jobs: Sequence[Callable[[], tuple[Problem, Plan]]], threads: int) -> list[tuple[Problem, Plan]]:
    """The jobs' answers in their order."""
    if threads == 1:
        return [job() for job in jobs]
    with ThreadPoolExecutor(threads) as pool:
        return [task.result() for task in [pool.submit(job) for job in jobs]]


def _merged(found: Iterable[tuple[Problem, Plan]]) -> Plan:
    """The zones' routes as a plan to start from: of a courier with two, the one worth more (the first, if
    equal).
    """
    kept: dict[str, tuple[float, Route]] = {}
    for problem, plan in found:
        leaving = {
            request.id: problem.rules.weights.unserved
            * (1.0 if request.firm else problem.rules.weights.flexible)
            for request in problem.requests
        }
        for route in plan.routes:
            new = [stop.request for stop in route.stops if stop.batch >= 0 and stop.kind == "drop"]
            if not new:
                continue
            alone = Plan((route,), (), Costs(), plan.solver)
            worth = sum(leaving[request] for request in new) - price(problem, alone).total
            if route.courier not in kept or worth > kept[route.courier][0]:
                kept[route.courier] = (worth, route)
    return Plan(tuple(route for _, route in kept.values()), (), Costs(), "zones")


def _places(courier: Courier) -> list[int]:
    """Where a courier is and will be."""
    return [courier.at, *(stop.at for stop in courier.committed)]


def _kitchens(problem: Problem, parts: int) -> list[_Kitchen]:
    """Requests by the place they are picked up at; a place with more than its share of a zone is taken apart."""
    by_place: dict[int, list[int]] = {}
    for r, request in enumerate(problem.requests):
        by_place.setdefault(request.pickup, []).append(r)
    most = math.ceil(len(problem.requests) / parts)
    out: list[_Kitchen] = []
    for place, members in by_place.items():
        bundles = [members] if len(members) <= most else [[r] for r in members]
        out += [_Kitchen(place, problem.requests[bundle[0]].drop, tuple(bundle)) for bundle in bundles]
    return out


def _halved(travel: npt.NDArray[np.int32], kitchens: list[_Kitchen], parts: int) -> list[list[_Kitchen]]:
    """Kitchens in `parts` groups of about as many requests, by which of two far ones each is nearer to."""
    parts = min(parts, len(kitchens))
    if parts == 1:
        return [kitchens]
    place, door = (np.array([getattr(kitchen, name) for kitchen in kitchens]) for name in ("place", "door"))
    first = int(_between(travel, place, int(place[0])).argmax())
    second = int(_between(travel, place, int(place[first])).argmax())
    lean = _between(travel, place, int(place[first])) - _between(travel, place, int(place[second]))
    tie = _between(travel, door, int(door[first])) - _between(travel, door, int(door[second]))
    order = np.lexsort((tie, lean))
    weight = np.cumsum([len(kitchens[i].requests) for i in order])
    left = parts // 2
    share = weight[-1] * left / parts
    cut = int(np.abs(weight - share).argmin()) + 1
    cut = min(max(cut, left), len(kitchens) - (parts - left))
    sides = [kitchens[i] for i in order[:cut]], [kitchens[i] for i in order[cut:]]
    return [*_halved(travel, sides[0], left), *_halved(travel, sides[1], parts - left)]


def _between(travel: npt.NDArray[np.int32], places: npt.NDArray[np.int64], seed: int) -> Legs:
    """Seconds there and back between each place and the seed; no way counts as UNREACHABLE_S each."""
    there = np.minimum(travel[places, seed], UNREACHABLE_S).astype(np.int64)
    back = np.minimum(travel[seed, places], UNREACHABLE_S).astype(np.int64)
    both: Legs = there + back
    return both


def _held(problem: Problem, warm: Plan | None) -> list[tuple[int, list[int]]]:
    """Couriers of the warm plan with the open requests it gives them, both as indices; each request once."""
    couriers = {courier.id: c for c, courier in enumerate(problem.couriers)}
    left = {request.id: r for r, request in enumerate(problem.requests)}
    out: list[tuple[int, list[int]]] = []
    for route in () if warm is None else warm.routes:
        mine = [left.pop(stop.request) for stop in route.stops if stop.batch >= 0 and stop.request in left]
        if mine and route.courier in couriers:
            out.append((couriers[route.courier], mine))
    return out


def _crews(
    problem: Problem, groups: list[list[_Kitchen]], homes: dict[int, int], border_s: int
) -> list[set[int]]:
    """Couriers of each group: those who have a home there, then as many to each as its part of the requests,
    those with most to lose first; and the latter to the next group too, when near it or pushed over its border.
    """
    starts = [after_committed(problem, courier)[1] for courier in problem.couriers]
    away = np.empty((len(starts), len(groups)), dtype=np.int64)
    for z, group in enumerate(groups):
        grid = np.ix_(starts, [kitchen.place for kitchen in group])
        away[:, z] = problem.travel_s[grid].min(axis=1)
    sizes = [sum(len(kitchen.requests) for kitchen in group) for group in groups]
    room = [math.ceil(len(starts) * size / sum(sizes)) for size in sizes]
    crews: list[set[int]] = [set() for _ in groups]
    for c, home in homes.items():
        crews[home].add(c)
        room[home] -= 1
    ranked = away.argsort(axis=1, kind="stable")
    nearest = np.sort(away, axis=1)
    for c in np.argsort(nearest[:, 0] - nearest[:, 1], kind="stable").tolist():
        if c in homes:
            continue
        home = next((z for z in ranked[c].tolist() if room[z] > 0), int(ranked[c, 0]))
        room[home] -= 1
        crews[home].add(c)
        other = next(z for z in ranked[c].tolist() if z != home)
        if away[c, other] - away[c, home] <= border_s:
            crews[other].add(c)
    return crews
