"""A cold start in a fresh process: seconds to the first whole plan, objective by budget, and peak memory.

    python -m bench.cold SNAPSHOT --budgets 2,5,10 [--seed N] [--workers N]

The answer is one line of JSON. Peak memory is ru_maxrss after each solve, so it is that of the largest so far;
`idle_mb` is the process with everything imported, compiled functions loaded and the problem built.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

from bench.evaluate import evaluate
from bench.instances import problem_of, read, routes_of
from bench.ready import ready
from routing import solve


def peak_mb() -> float:
    """The most memory this process has had so far, in megabytes (Linux counts in kilobytes)."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main(argv: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.cold", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("--budgets", default="2,5,10")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args(argv)
    compiled = ready()
    data = read(asked.snapshot)
    problem = problem_of(data)
    idle_mb = peak_mb()
    runs = []
    for budget_s in (0.0, *(float(word) for word in asked.budgets.split(","))):
        began = time.perf_counter()
        plan = solve(problem, budget_s=budget_s, seed=asked.seed, workers=asked.workers)
        wall_s = time.perf_counter() - began
        objective, unserved = evaluate(data, routes_of(problem, plan))
        runs.append(
            {
                "budget_s": budget_s,
                "wall_s": round(wall_s, 3),
                "objective": objective,
                "unserved": unserved,
                "solver": plan.solver,
                "iterations": plan.iterations,
                "peak_mb": peak_mb(),
            }
        )
    said = {"orders": len(problem.requests), "couriers": len(problem.couriers), "compiled": compiled}
    sys.stdout.write(json.dumps(said | {"idle_mb": idle_mb, "runs": runs}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
