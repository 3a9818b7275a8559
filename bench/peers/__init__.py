"""Other solvers on the same snapshot, each in a process of its own: `python -m bench.peers NAME FILE`.

Each gets the same seconds to search in; building its model comes on top and is in `wall_s`. VROOM and PyVRP know
no lateness: they get a window of the target, and what they left out is inserted where it costs least.
OR-Tools knows the objective, so its plan stands as it is; `ortools-warm` starts from our insertion plan. All are
judged by one evaluator.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

NAMES = ("ortools", "ortools-warm", "vroom", "pyvrp")
PATIENCE = (120.0, 15.0)  # seconds, and so many times the budget, before a peer is stopped


@dataclass(frozen=True, slots=True)
class Answer:
    """A peer's plan as routes, the orders its own search served, and the seconds it took."""

    routes: list[list[int]]
    alone: int
    wall_s: float


def ask(name: str, file: Path, *, budget_s: float, seed: int, workers: int) -> Answer | str:
    """The peer's plan for a snapshot file, or why there is none."""
    words = [sys.executable, "-m", "bench.peers", name, str(file)]
    words += ["--budget-s", str(budget_s), "--seed", str(seed), "--workers", str(workers)]
    limit_s = PATIENCE[0] + PATIENCE[1] * budget_s
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return f"stopped after {limit_s:.0f} s"
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        return f"failed: {last}"
    return Answer(**json.loads(done.stdout.splitlines()[-1]))
