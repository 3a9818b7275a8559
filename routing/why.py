"""Why this courier: what a request adds to the plan with him, and with the best three others. Figures
only."""

from routing.plan import Alternative, Costs, Why
from routing.plan.referee import price_route
from routing.plan.schedule import schedule
from routing.plan.tours import Tour, Tours

OTHERS = 3


def explain(tours: Tours, state: list[Tour]) -> tuple[Why, ...]:
    """The figures behind every request, in the order of the problem; `state` holds each courier's tour.

    The cost of a request is what its tour costs more with it than without. An alternative is the cheapest
    place in
    another courier's tour, everything else left where it is; ties go by the order of couriers.
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
        offers: list[tuple[float, int, Tour]] = []
        for least, c in tours.ranked[r]:
            if len(offers) >= OTHERS and least > sorted(offers)[OTHERS - 1][0]:
                break
            if mine is not None and c == mine.c:
                continue
            tour = tours.add(state[c], r)
            if tour is not None:
                offers.append((tour.cost - state[c].cost, c, tour))
        best = sorted(offers, key=lambda offer: offer[:2])[:OTHERS]
        cost = Costs(unserved=problem.rules.weights.unserved)
        if mine is not None:
            without = tours.cut(mine, r)
            cost = costs(mine) - (Costs() if without is None else costs(without))
        others = tuple(
            Alternative(problem.couriers[c].id, costs(tour) - costs(state[c])) for _, c, tour in best
        )
        out.append(Why(request.id, None if mine is None else problem.couriers[mine.c].id, cost, others))
    return tuple(out)
