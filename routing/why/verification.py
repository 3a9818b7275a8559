"""A stored explanation, checked: every figure again, by the referee and from the problem alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from routing.plan import Alternative, Costs, Plan, Violation, Why
from routing.plan.referee import CENT, check_route, left_out, price_route
from routing.plan.schedule import after_committed, schedule
from routing.problem import Courier, Problem
from routing.why.candidates import parted
from routing.why.decision import reduced, renumbered
from routing.why.differ import DAY_S, HAIR, extra_cost, way_to

Sequence = tuple[int, ...]


def verify(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Every figure of the plan's explanations that does not come out the same, none if all do.

    Prices every stored alternative anew, asks the referee whether it keeps the rules, and turns the facts (so
    many seconds sooner, nearer, longer) into problems of their own. That there is no better alternative than
    those stored is not looked for. Pairs with `check`, which does the same for the plan itself.
    """
    return tuple(violation for told in plan.why for violation in _Witness(problem, plan, told).all())


class _Witness:
    """The figures of one request's explanation, counted again."""

    def __init__(self, problem: Problem, plan: Plan, told: Why) -> None:
        self.problem, self.plan, self.told = problem, plan, told
        self.requests = {request.id: r for r, request in enumerate(problem.requests)}
        self.couriers = {courier.id: courier for courier in problem.couriers}
        self.ridden = {route.courier: self._codes(route.courier) for route in plan.routes}

    def _codes(self, courier: str) -> Sequence:
        """The new stops of a courier's route, as codes of those requests the problem knows."""
        stops = [stop for route in self.plan.routes if route.courier == courier for stop in route.stops]
        known = [stop for stop in stops if stop.batch >= 0 and stop.request in self.requests]
        rows = [(self.requests[stop.request], stop.kind) for stop in known]
        return tuple(r if kind == "pickup" else ~r for r, kind in rows)

    def fault(self, rule: str, courier: str | None, message: str) -> Violation:
        """One figure that is not so."""
        return Violation(rule, courier, self.told.request, f"{self.told.request}: {message}")

    def all(self) -> Iterator[Violation]:
        """Every figure of this explanation that is not so."""
        told = self.told
        if told.request not in self.requests:
            yield self.fault("unknown_request", None, "there is no such open request")
            return
        r = self.requests[told.request]
        owner = next((name for name, codes in self.ridden.items() if r in codes), None)
        if owner != told.chosen or (owner is not None and owner not in self.couriers):
            yield self.fault("chosen", told.chosen, f"it rides with {owner}")
            return
        mine = Costs(unserved=left_out(self.problem, self.problem.requests[r]))
        if owner is not None:
            courier, with_it = self.couriers[owner], self.ridden[owner]
            if sorted(told.without) != sorted(parted(with_it, r)):
                yield self.fault("without", owner, "the stops without it are not the rest of the route")
                return
            mine = self.priced(self.problem, courier, with_it) - self.priced(
                self.problem, courier, told.without
            )
        if _differ(mine, told.cost):
            yield self.fault("cost", owner, f"costs {told.cost.total}, not {mine.total}")
        for other in told.others:
            yield from self.alternative(r, other, mine)
        if told.lacking is not None:
            yield from self.lacking(r)

    def alternative(self, r: int, other: Alternative, mine: Costs) -> Iterator[Violation]:
        """What is not so about one alternative."""
        name = other.courier
        if name not in self.couriers or name == self.told.chosen:
            yield self.fault("alternative", name, f"{name} is no other courier")
            return
        before = self.ridden.get(name, ())
        if sorted(other.sequence) != sorted((*before, r, ~r)):
            yield self.fault("alternative", name, f"{name} would not ride just his stops and this request")
            return
        rows = sorted(code for code in other.sequence if code >= 0)
        small, _ = reduced(self.problem, [self.couriers[name]], rows)
        index = {row: i for i, row in enumerate(rows)}
        case = _Case(small, renumbered(before, index), renumbered(other.sequence, index), mine.total)
        broken = case.broken()
        if broken is not None:
            yield self.fault(broken, name, f"the alternative with {name} breaks {broken}")
            return
        cost = case.cost()
        if _differ(cost, other.cost):
            yield self.fault("cost", name, f"costs {other.cost.total} with {name}, not {cost.total}")
        margin = cost.total - mine.total
        if not _near(margin, other.margin):
            yield self.fault("margin", name, f"the margin of {name} is {margin}, not {other.margin}")
        if other.fairer != (margin >= 0 > margin - (cost.fairness - mine.fairness) + HAIR):
            yield self.fault("fairer", name, f"fairness does not decide between it and {name} as told")
        courier = small.couriers[0]
        free_s, at = after_committed(small, courier)
        if not _tipping(case.sooner, other.sooner_s, free_s - small.now_s):
            yield self.fault("sooner", name, f"{other.sooner_s} s sooner is not what {name} wanted")
        way = way_to(small, at, case.after, index[r])
        top = -1 if way is None else int(small.travel_s[way])
        if not _tipping(lambda seconds: case.nearer(way, seconds), other.nearer_s, top):
            yield self.fault("nearer", name, f"{other.nearer_s} s nearer is not what {name} wanted")

    def lacking(self, r: int) -> Iterator[Violation]:
        """What is not so about what a request left out wanted."""
        lacking, problem = self.told.lacking, self.problem
        if lacking is None:
            return
        request = problem.requests[r]
        worth, now = left_out(problem, request) - HAIR, problem.now_s
        late = None if lacking.extra_by_s is None else now + DAY_S - lacking.extra_by_s

        def helps(seconds: int) -> bool:
            return extra_cost(problem, r, now + DAY_S - seconds) < worth

        if not _tipping(helps, late, -1 if request.only is not None else DAY_S):
            yield self.fault("extra", None, f"one more rider by {lacking.extra_by_s} is not what it wanted")
        if lacking.courier is None:
            return
        courier = self.couriers.get(lacking.courier)
        if courier is None or lacking.longer_s is None or lacking.longer_s < 1:
            yield self.fault("longer", lacking.courier, f"there is no {lacking.courier} to stay longer")
            return
        before = self.ridden.get(courier.id, ())
        for seconds, enough in ((lacking.longer_s, True), (lacking.longer_s - 1, False)):
            longer = replace(courier, shift_end_s=courier.shift_end_s + seconds)
            case = _Case(replace(problem, couriers=(longer,)), before, (*before, r, ~r), worth + HAIR)
            if case.wins() != enough:
                yield self.fault(
                    "longer", courier.id, f"{seconds} s more of {courier.id} settle it otherwise"
                )

    def priced(self, problem: Problem, courier: Courier, sequence: Sequence) -> Costs:
        """What these stops cost with this courier."""
        requests = {request.id: request for request in problem.requests}
        return price_route(problem, courier, schedule(problem, courier, sequence), requests)


class _Case:
    """One courier's stops with a request and without it; it wins when that adds less than `most`."""

    def __init__(self, problem: Problem, before: Sequence, after: Sequence, most: float) -> None:
        self.problem, self.before, self.after, self.most = problem, before, after, most
        self.courier = problem.couriers[0]
        self.requests = {request.id: request for request in problem.requests}

    def broken(self) -> str | None:
        """A rule that either order of stops breaks."""
        for sequence in (self.after, self.before):
            route = schedule(self.problem, self.courier, sequence)
            for violation in check_route(self.problem, self.courier, route, self.requests):
                return violation.rule
        return None

    def cost(self) -> Costs:
        """What the request adds."""
        after, before = (
            price_route(
                self.problem, self.courier, schedule(self.problem, self.courier, sequence), self.requests
            )
            for sequence in (self.after, self.before)
        )
        return after - before

    def wins(self) -> bool:
        """Whether both keep the rules and the request adds less than `most`."""
        return self.broken() is None and self.cost().total < self.most - HAIR

    def sooner(self, seconds: int) -> bool:
        """Whether it wins with the courier free so many seconds sooner."""
        free_s, at = after_committed(self.problem, self.courier)
        freed = replace(self.courier, at=at, free_s=free_s - seconds, committed=())
        case = _Case(replace(self.problem, couriers=(freed,)), self.before, self.after, self.most)
        return case.wins()

    def nearer(self, way: tuple[int, int] | None, seconds: int) -> bool:
        """Whether it wins with this way so many seconds shorter for the courier's new stops."""
        free_s, at = after_committed(self.problem, self.courier)
        travel_s = self.problem.travel_s.copy()
        if way is not None:
            travel_s[way] -= seconds
        freed = replace(self.courier, at=at, free_s=free_s, committed=())
        changed = replace(self.problem, couriers=(freed,), travel_s=travel_s)
        return _Case(changed, self.before, self.after, self.most).wins()


def _differ(one: Costs, other: Costs) -> bool:
    """Whether any part differs."""
    return not all(_near(a, b) for a, b in zip(one.parts(), other.parts(), strict=True))


def _near(one: float, other: float) -> bool:
    """Whether two costs are the same but for rounding."""
    return abs(one - other) <= CENT * (1 + abs(one))


def _tipping(wins: Callable[[int], bool], told: int | None, most: int) -> bool:
    """Whether `told` is where winning begins, or None where even `most` (below 0: nothing) does not win."""
    if told is None:
        return most < 0 or not wins(most)
    return 0 <= told <= most and wins(told) and (told == 0 or not wins(told - 1))
