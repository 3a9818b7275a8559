"""Why this courier: what a request adds to the plan with him, and with the best three others. Figures only."""

import time

from routing.plan import Alternative, Costs, Why
from routing.plan.numbers import INF
from routing.plan.referee import price_route
from routing.plan.schedule import schedule
from routing.plan.tours import Tour, Tours

OTHERS = 3


def explain(tours: Tours, state: list[Tour], *, until: float = INF) -> tuple[Why, ...]:
    """The figures behind every request, in the order of the problem; `state` holds each courier's tour.

    The cost of a request is what its tour costs more with it than without. An alternative is the cheapest
    place in another courier's tour, everything else left where it is; ties go by the order of couriers. Past
    the instant `until` (of time.perf_counter) no more alternatives are looked for.
    """
    problem = tours.numbers.problem
    requests = {request.id: request for request in problem.requests}
    owner = {r: tour for tour in state for r in tour.sequence if r >= 0}
    priced: dict[int, Costs] = {}

    def costs(tour: Tour) -> Costs:
        found = priced.get(id(tour))
        if found is None:
            courier = problem.couriers[tour.c]
            route = schedule(problem, courier, tour.sequence)
            found = priced[id(tour)] = price_route(problem, courier, route, requests)
        return found

    out = []
    for r, request in enumerate(problem.requests):
        mine = owner.get(r)
        offers = tours.offers(state, r, OTHERS + 1, INF) if time.perf_counter() < until else []
        rivals = [offer for offer in offers if mine is None or offer[1] != mine.c]
        best = sorted(rivals, key=lambda offer: offer[:2])[:OTHERS]
        cost = Costs(unserved=tours.numbers.left_out[r])
        if mine is not None:
            without = tours.cut(mine, r)
            cost = costs(mine) - (Costs() if without is None else costs(without))
        others = tuple(
            Alternative(problem.couriers[c].id, costs(tour) - costs(state[c])) for _, c, tour in best
        )
        out.append(Why(request.id, None if mine is None else problem.couriers[mine.c].id, cost, others))
    return tuple(out)
