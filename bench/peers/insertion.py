"""What a peer left out, inserted where it costs least: it then competes with whole plans."""

from bench.evaluate import Routes, Snapshot
from bench.instances import problem_of
from routing.greedy import insert_all
from routing.plan.tours import Tours


def completed(data: Snapshot, routes: Routes) -> list[list[int]]:
    """The routes with every missing order inserted that costs less than leaving it out."""
    tours = Tours(problem_of(data))
    state = list(tours.empty)
    for c, route in enumerate(routes):
        tour = tours.tour(c, tuple(code - 1 if code > 0 else ~(-code - 1) for code in route))
        if tour is None:
            raise ValueError(f"the route of courier {c + 1} cannot be ridden")
        state[c] = tour
    return [
        [code + 1 if code >= 0 else -(~code + 1) for code in tour.sequence]
        for tour in insert_all(tours, state)
    ]
