"""The day itself: epoch by epoch the known orders are planned, and what cannot wait is sent."""

import time
from dataclasses import dataclass, field, replace

import numpy as np

from routing.plan import Plan, Route
from routing.problem import Courier, Problem, Request, Rules
from routing.rolling.facts import Batch, Day, Move, Order, Outcome, Policy, Progress, Ride, Rider, Work
from routing.solver import solve
from routing.waiting import Seen, Standing, advise

HOUR = 3600


@dataclass(slots=True)
class _Live:
    """A rider while the day goes on."""

    rider: Rider
    at: int
    free_s: int
    orders: int = 0
    units: float = 0.0
    busy_s: int = 0
    moves: list[Move] = field(default_factory=list)


def simulate(
    day: Day, rules: Rules, policy: Policy | None = None, progress: Progress | None = None
) -> Outcome:
    """Live through the day and say what became of every order and rider.

    With a number of iterations and no budget the outcome is the same on every run. Riders who have not
    answered, late kitchens and cancelled orders are not played; food is ready when the order says.
    """
    live = _Day(day, rules, policy or Policy())
    live.run(progress)
    return live.outcome()


class _Day:
    """The state of the day: who is where, what is open, the plan in hand."""

    def __init__(self, day: Day, rules: Rules, policy: Policy) -> None:
        """Before the first order."""
        if policy.fairness is not None:
            rules = replace(rules, weights=replace(rules.weights, fairness=policy.fairness))
        self.day, self.rules, self.policy = day, rules, policy
        self.riders = {r.id: _Live(r, r.at, r.from_s) for r in day.riders}
        self.orders = {order.id: order for order in day.orders}
        self.to_come = sorted(day.orders, key=lambda order: (order.placed_s, order.id), reverse=True)
        self.open: dict[str, Order] = {}
        self.rides: dict[str, Ride] = {}
        self.batches: list[Batch] = []
        self.epochs_s: list[float] = []
        self.points = day.points or tuple(sorted({order.pickup for order in day.orders}))
        self.plan: Plan | None = None
        self.stale = False  # something has happened since the plan was made
        self.seen: list[Seen] = []

    def run(self, progress: Progress | None) -> None:
        """From the first order on, until all are brought or the last shift is over."""
        if not self.to_come or not self.riders:
            return
        first = now = self.to_come[-1].placed_s
        last = max(r.until_s + r.tolerance_s for r in self.day.riders)
        while (self.to_come or self.open) and now <= last:
            began = time.perf_counter()
            if self._epoch(now):
                self.epochs_s.append(time.perf_counter() - began)
            if progress is not None:
                progress(min(1.0, (now - first) / max(1, last - first)))
            now += self.policy.epoch_s
        if progress is not None:
            progress(1.0)

    def _epoch(self, now: int) -> bool:
        """What is known now is planned, what cannot wait is sent; whether there was anything to plan."""
        while self.to_come and self.to_come[-1].placed_s <= now:
            order = self.to_come.pop()
            self.open[order.id] = order
            self.seen.append(Seen(order.pickup, order.placed_s, order.ready_s - order.placed_s))
            self.stale = True
        planned = bool(self.open) and (self.stale or self.plan is None)
        if planned:
            self.plan = self._solved(self._leaves(now))
            self.stale = False
        routes = {route.courier: route for route in self.plan.routes} if self.plan and self.open else {}
        if self._send(routes, now):
            self.stale = True  # what a rider was to do after the batch he took must be planned again
        if self.policy.waiting is not None:
            self._wait(routes, self._leaves(now))
        return planned

    def _leaves(self, now: int) -> int:
        """The first moment from `now` on at which riders set out."""
        return -(-now // self.policy.tick_s) * self.policy.tick_s

    def _solved(self, now: int) -> Plan:
        """The plan of all that is open."""
        effort = self.policy.iterations
        if effort is not None:
            effort += self.policy.per_order * len(self.open)
        return solve(
            self._problem(now),
            budget_s=self.policy.budget_s,
            seed=self.policy.seed,
            warm=self.plan,
            iterations=effort,
            workers=self.policy.workers,
        )

    def _problem(self, now: int) -> Problem:
        """What is known at `now`: open orders, riders on shift or soon, each where he is next free."""
        ahead = now + self.policy.look_ahead_s
        crew = [
            live
            for live in self.riders.values()
            if live.rider.from_s <= ahead
            and live.rider.until_s + live.rider.tolerance_s >= max(now, live.free_s)
        ]
        seats = sorted({p for o in self.open.values() for p in (o.pickup, o.drop)} | {r.at for r in crew})
        seat = {place: i for i, place in enumerate(seats)}
        grid = np.ix_(seats, seats)
        rate = self._rate(now)
        return Problem(
            now,
            tuple(_courier(live, seat[live.at], now, self.policy.prior_h, rate) for live in crew),
            tuple(_request(order, seat) for order in self.open.values()),
            self.day.travel_s[grid],
            self.day.distance_m[grid],
            self.rules,
        )

    def _rate(self, now: int) -> float:
        """Units an hour over the whole fleet so far: what a new rider is taken to have had."""
        units = hours = 0.0
        for live in self.riders.values():
            units += live.rider.had + live.units
            hours += live.rider.hours + max(0, min(now, live.rider.until_s) - live.rider.from_s) / HOUR
        return units / hours if hours > 0 else 0.0

    def _send(self, routes: dict[str, Route], now: int) -> bool:
        """Send every rider whose next batch cannot wait for the next epoch; whether anyone went."""
        until = now + self.policy.epoch_s + self.policy.offer_lead_s
        sent = False
        for name in list(routes):
            route = routes[name]
            first = [stop for stop in route.stops if stop.batch == 0]
            if not first or route.departs[0] >= until or any(s.request not in self.open for s in first):
                continue
            self._commit(self.riders[name], route, now)
            del routes[name]
            sent = True
        return sent

    def _commit(self, live: _Live, route: Route, now: int) -> None:
        """The first batch of the route is ridden."""
        first = [stop for stop in route.stops if stop.batch == 0]
        leave, at, metres = route.departs[0], live.at, 0
        names = tuple(stop.request for stop in first if stop.kind == "drop")
        visit = -1
        for stop in first:
            order = self.orders[stop.request]
            place = order.pickup if stop.kind == "pickup" else order.drop
            if stop.visit != visit:
                live.moves.append(Move(leave, at, place))
                metres += int(self.day.distance_m[at, place])
            ride = self.rides.get(order.id, Ride(order.id, live.rider.id, len(self.batches), now))
            if stop.kind == "pickup":
                self.rides[order.id] = replace(ride, picked_s=stop.at_s)
            else:
                self.rides[order.id] = replace(ride, dropped_s=stop.at_s)
            leave, at, visit = stop.leave_s, place, stop.visit
        busy = leave - route.departs[0]
        taken = [self.open.pop(name) for name in names]
        live.at, live.free_s = at, leave
        live.orders += len(taken)
        live.busy_s += busy
        live.units += self._units(taken, busy, metres)
        self.batches.append(Batch(live.rider.id, now, first[0].at_s, names))

    def _units(self, taken: list[Order], busy_s: int, metres: int) -> float:
        """What a batch counts in the basis of what is to be even."""
        basis = self.rules.fairness_basis
        if basis == "orders":
            return float(len(taken))
        if basis == "pay":
            return sum(order.pay for order in taken)
        if basis == "desirable":
            return sum(order.desirable for order in taken)
        return metres / 1000 if basis == "distance" else busy_s / HOUR

    def _wait(self, routes: dict[str, Route], now: int) -> None:
        """Idle riders are told where to wait, and ride there at once."""
        settings = self.policy.waiting
        assert settings is not None  # noqa: S101 - the caller asked for it
        standing = []
        for name, live in self.riders.items():
            rider = live.rider
            free = max(live.free_s, rider.from_s)
            if free > now + settings.soon_s or rider.until_s < max(now, free) + settings.ends_s:
                continue
            route = routes.get(name)
            idle = free <= now
            if route is not None and route.departs:
                if idle and settings.ahead:
                    self._ahead(live, route, now)
                last = route.stops[-1]
                at = self.orders[last.request].drop
                standing.append(Standing(name, at, last.leave_s, rider.until_s, idle=False))
            else:
                standing.append(Standing(name, live.at, free, _until_s(rider, now), idle, rider.back))
        if not any(s.idle for s in standing):
            return
        for advice in advise(now, standing, self.points, self.seen, self.day.travel_s, settings):
            self._ride_empty(self.riders[advice.courier], advice.to, now)

    def _ahead(self, live: _Live, route: Route, now: int) -> None:
        """A rider who has nothing to do until his next batch waits at its restaurant already."""
        to = self.orders[route.stops[0].request].pickup
        if to != live.at and now + int(self.day.travel_s[live.at, to]) <= _until_s(live.rider, now):
            self._ride_empty(live, to, now)

    def _ride_empty(self, live: _Live, to: int, now: int) -> None:
        """He rides there now and cannot be turned round under way."""
        live.moves.append(Move(now, live.at, to, empty=True))
        live.free_s = now + int(self.day.travel_s[live.at, to])
        live.at = to
        self.stale = True

    def outcome(self) -> Outcome:
        """The day as far as it went."""
        return Outcome(
            rides=tuple(self.rides.get(order.id, Ride(order.id)) for order in self.day.orders),
            works=tuple(self._work(self.riders[rider.id]) for rider in self.day.riders),
            batches=tuple(self.batches),
            epochs_s=tuple(self.epochs_s),
        )

    def _work(self, live: _Live) -> Work:
        """A rider's day."""
        legs = [(move, int(self.day.travel_s[move.origin, move.to])) for move in live.moves]
        return Work(
            rider=live.rider.id,
            hours=(live.rider.until_s - live.rider.from_s) / HOUR,
            orders=live.orders,
            units=live.units,
            busy_s=live.busy_s,
            riding_s=sum(leg for _, leg in legs),
            empty_s=sum(leg for move, leg in legs if move.empty),
            metres=sum(int(self.day.distance_m[move.origin, move.to]) for move in live.moves),
            moves=tuple(live.moves),
        )


def _until_s(rider: Rider, now: int) -> int:
    """Until when a rider may be sent somewhere to wait: his next rest, or the end of his shift."""
    if rider.rest is None or now >= rider.rest[1]:
        return rider.until_s
    return min(rider.rest[0], rider.until_s)


def _courier(live: _Live, seat: int, now: int, prior_h: float | None, rate: float) -> Courier:
    """A rider as the planner sees him, with `prior_h` hours at the fleet's rate (None: the rest of his shift)."""
    rider = live.rider
    worked = max(0, min(now, rider.until_s) - rider.from_s) / HOUR
    more = max(0.0, (rider.until_s - rider.from_s) / HOUR - worked) if prior_h is None else prior_h
    return Courier(
        id=rider.id,
        at=seat,
        free_s=max(live.free_s, now),
        capacity=rider.capacity,
        shift_end_s=rider.until_s,
        tolerance_s=rider.tolerance_s,
        had=rider.had + live.units + rate * more,
        hours=rider.hours + worked + more,
        skills=rider.skills,
        rest=rider.rest,
    )


def _request(order: Order, seat: dict[int, int]) -> Request:
    """An open order as the planner sees it."""
    return Request(
        id=order.id,
        pickup=seat[order.pickup],
        drop=seat[order.drop],
        placed_s=order.placed_s,
        ready_s=order.ready_s,
        promise_s=order.promise_s,
        size=order.size,
        restaurant=order.restaurant,
        skills=order.skills,
        pay=order.pay,
        desirable=order.desirable,
        spread_s=order.spread_s,
        firm=order.firm,
    )
