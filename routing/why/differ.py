"""What would have had to differ for another courier to be chosen, or for an order left out to be served."""

import math
from collections.abc import Callable

from routing.plan import Lacking
from routing.plan.clock import clock
from routing.plan.numbers import INF, Numbers, Sequence
from routing.plan.referee import left_out, price_route
from routing.plan.schedule import schedule
from routing.problem import UNREACHABLE_S, Courier, Problem, may_carry

HAIR = 1e-6
"""A difference in cost below this is none."""

DAY_S = 86_400


def way_to(problem: Problem, start: int, sequence: Sequence, r: int) -> tuple[int, int] | None:
    """The places between which a courier who begins at `start` rides to the pick-up of r.

    None when he is there already, or when it is also the way from a kitchen to its customer, which says how
    long that food may ride.
    """
    requests = problem.requests

    def place(i: int) -> int:
        code = sequence[i]
        return requests[code].pickup if code >= 0 else requests[~code].drop

    visit = requests[r].restaurant, requests[r].pickup
    i = sequence.index(r)
    while i and sequence[i - 1] >= 0 and (requests[sequence[i - 1]].restaurant, place(i - 1)) == visit:
        i -= 1
    at = place(i - 1) if i else start
    own = {(requests[code].pickup, requests[code].drop) for code in sequence if code >= 0}
    return None if at == visit[1] or (at, visit[1]) in own else (at, visit[1])


def least(excess: Callable[[int], float], most: int, *, now: float | None = None) -> int | None:
    """The smallest of 0 to `most` where `excess` is below 0 (by a HAIR), None when it is not even at `most`.

    `now` is excess(0) where that is known. Where the excess rises and falls, one that is below 0 and whose
    neighbour before is not. By straight lines through what is known, the excess being nearly straight.
    """
    above = excess(0) if now is None else now
    if above < -HAIR:
        return 0
    below = excess(most) if most > 0 else INF
    if below >= -HAIR:
        return None
    low, high, halve = 0, most, False
    while high - low > 1:
        wide, middle = high - low, (low + high) // 2
        if not halve and above < INF:
            crosses = low + math.ceil(wide * (above + HAIR) / (above - below))
            middle = min(max(crosses, low + 1), high - 1)
        found = excess(middle)
        if found < -HAIR:
            high, below = middle, found
        else:
            low, above = middle, found
        halve = not halve and 2 * (high - low) > wide
    return high


class Turned:
    """The clock of a problem in which one courier may be free sooner, have a shorter way or a longer shift."""

    def __init__(self, problem: Problem) -> None:
        """Flatten the problem; the clock reads the lists that are turned here and turned back."""
        self.problem = problem
        self.numbers = Numbers.lean(problem)
        self.cost_of = clock(self.numbers)

    def added(self, c: int, before: Sequence, after: Sequence) -> float:
        """What courier c's stops `after` cost more than those `before`; infinite where either breaks a rule."""
        base = self.cost_of(c, before, INF) if before else 0.0
        return self.cost_of(c, after, INF) - base if base < INF else INF

    def sooner_s(self, c: int, before: Sequence, after: Sequence, most: float, margin: float) -> int | None:
        """How many seconds sooner c would have had to be free for `after` to add less than `most` to `before`.

        `margin` is by how much it adds more now.
        """
        free = self.numbers.free
        was = free[c]

        def excess(seconds: int) -> float:
            free[c] = was - seconds
            return self.added(c, before, after) - most

        try:
            return least(excess, was - self.problem.now_s, now=margin)
        finally:
            free[c] = was

    def nearer_s(
        self, c: int, before: Sequence, after: Sequence, r: int, most: float, margin: float
    ) -> int | None:
        """The same for seconds by which his way to the pick-up of r would have had to be shorter."""
        way = way_to(self.problem, self.numbers.at[c], after, r)
        if way is None:
            return None
        row = self.numbers.legs[way[0]]
        was = row[way[1]]

        def excess(seconds: int) -> float:
            row[way[1]] = was - seconds
            return self.added(c, before, after) - most

        try:
            return least(excess, was, now=margin)
        finally:
            row[way[1]] = was

    def lacking(self, sequences: list[Sequence], r: int, *, possible: bool) -> Lacking:
        """What request r, left out of these sequences, wanted; `possible` when somebody could take it at a price."""
        worth = left_out(self.problem, self.problem.requests[r])
        courier, longer_s = (None, None) if possible else self._longer(sequences, r, worth)
        return Lacking(extra_by_s(self.problem, r), courier, longer_s)

    def _longer(self, sequences: list[Sequence], r: int, worth: float) -> tuple[str | None, int | None]:
        """Whose shift would have had to be longer by least for r to be ridden after all else, and by how much."""
        problem, numbers, end = self.problem, self.numbers, self.numbers.end
        request, rules = problem.requests[r], problem.rules
        best: tuple[str | None, int | None] = (None, None)
        for short_s, c in sorted(self._short(c, r) for c in range(len(end))):
            courier, sequence = problem.couriers[c], sequences[c]
            if best[1] is not None and short_s >= best[1]:
                break
            late = rules.horizon_s and numbers.free[c] > problem.now_s + rules.horizon_s
            if late or not may_carry(courier, request) or request.size > courier.capacity:
                continue
            was, end[c] = end[c], UNREACHABLE_S + numbers.free[c]
            added, end[c] = self.added(c, sequence, (*sequence, r, ~r)), was
            if added < worth - HAIR:
                stops = schedule(problem, courier, (*sequence, r, ~r)).stops
                needed = stops[-1 if rules.end_rule == "drop" else -2].at_s - was
                if needed > 0 and (best[1] is None or needed < best[1]):
                    best = courier.id, needed
        return best

    def _short(self, c: int, r: int) -> tuple[int, int]:
        """At least how much too short courier c's shift is for r alone, and c."""
        numbers, rules = self.numbers, self.problem.rules
        picked = numbers.free[c] + numbers.legs[numbers.at[c]][numbers.pick[r]] + rules.pickup_arrive_s
        if rules.end_rule == "drop":
            picked += (
                rules.pickup_leave_s + numbers.legs[numbers.pick[r]][numbers.drop[r]] + rules.drop_arrive_s
            )
        return picked - numbers.end[c], c


def extra_by_s(problem: Problem, r: int) -> int | None:
    """By which second one more rider, waiting at the pick-up of r, would have had to be free to serve it for less
    than leaving it out costs; None when even now would not do, or when only one courier may have it.
    """
    request = problem.requests[r]
    worth = left_out(problem, request)
    if request.only is not None:
        return None

    def excess(seconds: int) -> float:
        return extra_cost(problem, r, problem.now_s + DAY_S - seconds) - worth

    found = least(excess, DAY_S)
    return None if found is None else problem.now_s + DAY_S - found


def extra_cost(problem: Problem, r: int, free_s: int) -> float:
    """What request r costs with a rider more who is at its pick-up from `free_s` on and has nothing else."""
    request = problem.requests[r]
    if problem.travel_s[request.pickup, request.drop] >= UNREACHABLE_S:
        return INF
    rider = Courier("", request.pickup, free_s, request.size, free_s + UNREACHABLE_S, skills=request.skills)
    route = schedule(problem, rider, (r, ~r))
    return price_route(problem, rider, route, {request.id: request}).total
