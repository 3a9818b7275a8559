"""The master problem: choose one remembered tour a courier, each request at most once, by CP-SAT set
partitioning.

Tours carry their own fairness, which is convex and separable by courier, so the master needs no further
terms. This is the only place that imports OR-Tools.
"""

import sys
import time

from routing.plan.tours import Tour, Tours

_LIBRARY = "ortools.sat.python.cp_model"

SCALE = 10  # tenths of a unit of cost
COLUMNS = (400, 1500)  # at least, at most


def load() -> bool:
    """Load OR-Tools, which takes a second or two; whether it is here."""
    try:
        from ortools.sat.python import cp_model  # noqa: F401
    except ImportError:  # missing or broken on this machine; plans still have to be made
        return False
    return True


def ready() -> bool:
    """Whether OR-Tools is loaded."""
    return _LIBRARY in sys.modules


def recombine(tours: Tours, state: list[Tour], *, until: float, seed: int) -> tuple[list[Tour], bool]:
    """The best choice of remembered tours from `state` on, and whether that is proven for these columns.

    One worker, seeded, a deterministic limit besides the instant `until` (of time.perf_counter). Never worse
    than `state`.
    """
    from ortools.sat.python import cp_model

    columns = _columns(tours, state)
    model = cp_model.CpModel()
    left_out = [round(cost * SCALE) for cost in tours.numbers.left_out]
    size = len(tours.ranked)
    covers: list[list[cp_model.IntVar]] = [[] for _ in range(size)]
    objective: list[cp_model.IntVar] = []
    weights: list[int] = []
    taken: list[tuple[cp_model.IntVar, Tour]] = []
    for c, options in enumerate(columns):
        mine = []
        for tour in options:
            use = model.new_bool_var("")
            mine.append(use)
            taken.append((use, tour))
            model.add_hint(use, tour is state[c])
            objective.append(use)
            weights.append(round(tour.cost * SCALE) - sum(left_out[r] for r in tour.sequence if r >= 0))
            for code in tour.sequence:
                if code >= 0:
                    covers[code].append(use)
        if mine:
            model.add_at_most_one(mine)
    for cover in covers:
        if cover:
            model.add_at_most_one(cover)
    model.minimize(cp_model.LinearExpr.weighted_sum(objective, weights))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_time_in_seconds = max(0.001, until - time.perf_counter())
    solver.parameters.max_deterministic_time = 4.0
    solver.parameters.cp_model_presolve = False
    solver.parameters.linearization_level = 1
    solver.parameters.symmetry_level = 0
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return state, False
    out = list(tours.empty)
    for use, tour in taken:
        if solver.boolean_value(use):
            out[tour.c] = tour
    return out, status == cp_model.OPTIMAL


def _columns(tours: Tours, state: list[Tour]) -> list[list[Tour]]:
    """Tours by courier: those in use, and of the others those cheapest beside what their requests cost now."""
    worth: dict[int, float] = {}
    for tour in state:
        for r in (code for code in tour.sequence if code >= 0):
            without = tours.cut(tour, r)
            worth[r] = tour.cost - (0.0 if without is None else without.cost)
    left_out = tours.numbers.left_out
    rated: list[tuple[float, int, int, Tour]] = []
    for c, known in enumerate(tours.known):
        for order, tour in enumerate(known.values()):
            if tour.sequence and tour.mask != state[c].mask:
                gain = sum(worth.get(code, left_out[code]) for code in tour.sequence if code >= 0)
                rated.append((tour.cost - gain, c, order, tour))
    rated.sort(key=lambda item: item[:3])
    out: list[list[Tour]] = [[state[c]] if state[c].sequence else [] for c in range(len(tours.known))]
    size = len(tours.ranked)
    for _, c, _, tour in rated[: min(max(COLUMNS[0], 4 * size * size - 600), COLUMNS[1])]:
        out[c].append(tour)
    return out
