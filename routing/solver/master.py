"""The master problem: choose one remembered tour a courier, each request at most once, by CP-SAT set
partitioning.

Tours carry their own fairness, which is convex and separable by courier, so the master needs no further
terms.
"""

import sys
import time
from typing import NamedTuple

from routing.plan.numbers import Sequence
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


class Option(NamedTuple):
    """A route the master may choose: courier, sequence, cost, and whether it is in the plan in hand."""

    c: int
    sequence: Sequence
    cost: float
    held: bool


def choose(
    options: list[Option], left_out: list[float], *, until: float, seed: int, thorough: bool
) -> tuple[list[int], bool]:
    """Which options to take, by index, and whether that is proven for these options.

    At most one for each courier, each request at most once; a request in none costs `left_out`. One worker,
    seeded, a deterministic limit besides the instant `until` (of time.perf_counter). `thorough` first makes the
    model smaller, which pays from some hundreds of options on.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    covers: list[list[cp_model.IntVar]] = [[] for _ in left_out]
    rows: dict[int, list[cp_model.IntVar]] = {}
    uses: list[cp_model.IntVar] = []
    weights: list[int] = []
    for option in options:
        use = model.new_bool_var("")
        uses.append(use)
        rows.setdefault(option.c, []).append(use)
        model.add_hint(use, option.held)
        served = [code for code in option.sequence if code >= 0]
        weights.append(round((option.cost - sum(left_out[r] for r in served)) * SCALE))
        for r in served:
            covers[r].append(use)
    for mine in (*rows.values(), *covers):
        if mine:
            model.add_at_most_one(mine)
    model.minimize(cp_model.LinearExpr.weighted_sum(uses, weights))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_time_in_seconds = min(60.0, max(0.001, until - time.perf_counter()))
    solver.parameters.max_deterministic_time = 4.0
    solver.parameters.cp_model_presolve = thorough
    solver.parameters.linearization_level = 2 if thorough else 1
    solver.parameters.symmetry_level = 0
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return [x for x, option in enumerate(options) if option.held], False
    return [x for x, use in enumerate(uses) if solver.boolean_value(use)], status == cp_model.OPTIMAL


def recombine(tours: Tours, state: list[Tour], *, until: float, seed: int) -> tuple[list[Tour], bool]:
    """The best choice of remembered tours from `state` on, and whether that is proven for these columns.

    Never worse than `state`.
    """
    columns = [tour for options in _columns(tours, state) for tour in options]
    options = [Option(tour.c, tour.sequence, tour.cost, tour is state[tour.c]) for tour in columns]
    chosen, proven = choose(options, tours.numbers.left_out, until=until, seed=seed, thorough=False)
    out = list(tours.empty)
    for x in chosen:
        out[columns[x].c] = columns[x]
    return out, proven


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
