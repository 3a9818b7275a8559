"""The set-partitioning problem over columns: its linear relaxation by GLOP, its integer optimum by CP-SAT."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from routing.kernel.board import Floats
from routing.proof.columns import Column

SCALE = 1000  # thousandths of a unit of cost


class Duals(NamedTuple):
    """What serving each request is worth [n], what each courier's place is worth [m] (0 or less), and the value."""

    worth: Floats
    place: Floats
    value: float


class Relaxation:
    """The linear programme: at most one column a courier, each request in one or left out at its price."""

    def __init__(self, couriers: int, left_out: Floats) -> None:
        """No columns yet."""
        self.left_out = left_out
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        far = self.solver.infinity()
        self.requests = [self.solver.Constraint(1.0, far) for _ in left_out]
        self.couriers = [self.solver.Constraint(-far, 1.0) for _ in range(couriers)]
        self.objective = self.solver.Objective()
        self.objective.SetMinimization()
        for row, price in zip(self.requests, left_out.tolist(), strict=True):
            use = self.solver.NumVar(0.0, far, "")
            row.SetCoefficient(use, 1.0)
            self.objective.SetCoefficient(use, price)

    def add(self, column: Column) -> None:
        """One more column."""
        use = self.solver.NumVar(0.0, self.solver.infinity(), "")
        self.objective.SetCoefficient(use, column.cost)
        self.couriers[column.c].SetCoefficient(use, 1.0)
        for r in column.members:
            self.requests[r].SetCoefficient(use, 1.0)

    def solve(self) -> Duals | None:
        """The duals at the optimum; None when GLOP fails."""
        if self.solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        return Duals(
            worth=np.clip(np.array([row.dual_value() for row in self.requests]), 0.0, self.left_out),
            place=np.minimum(0.0, np.array([row.dual_value() for row in self.couriers])),
            value=float(self.objective.Value()),
        )


class Choice(NamedTuple):
    """A choice of columns, what it costs with requests left out, and a bound: no choice of these costs less."""

    columns: list[Column]
    cost: float
    bound: float


def choose(
    columns: Sequence[Column],
    couriers: int,
    left_out: Floats,
    *,
    hint: Sequence[Column],
    budget_s: float,
    seed: int,
) -> Choice:
    """The cheapest choice of columns, one a courier and one a request; `hint` is a choice to begin with."""
    model = cp_model.CpModel()
    covers: list[list[cp_model.IntVar]] = [[] for _ in left_out]
    mine: list[list[cp_model.IntVar]] = [[] for _ in range(couriers)]
    uses, savings = [], []
    hinted = {(column.c, column.members) for column in hint}
    for column in columns:
        use = model.new_bool_var("")
        uses.append(use)
        mine[column.c].append(use)
        for r in column.members:
            covers[r].append(use)
        savings.append((column.cost - float(left_out[list(column.members)].sum())) * SCALE)
        model.add_hint(use, (column.c, column.members) in hinted)
    for group in (*mine, *covers):
        if len(group) > 1:
            model.add_at_most_one(group)
    weights = [round(saving) for saving in savings]
    model.minimize(cp_model.LinearExpr.weighted_sum(uses, weights))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_time_in_seconds = max(0.01, budget_s)
    solver.parameters.linearization_level = 2
    status = solver.solve(model)
    everyone = float(left_out.sum())
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Choice([], everyone, -np.inf)
    chosen = [column for column, use in zip(columns, uses, strict=True) if solver.boolean_value(use)]
    cost = everyone + sum(column.cost - float(left_out[list(column.members)].sum()) for column in chosen)
    rounding = max(
        (abs(saving - weight) for saving, weight in zip(savings, weights, strict=True)), default=0.0
    )
    bound = everyone + (solver.best_objective_bound - rounding * min(couriers, len(left_out))) / SCALE
    return Choice(chosen, cost, bound)
