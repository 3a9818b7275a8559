"""One plan for every open order of a snapshot: objective in minutes, beside the best known and other solvers.

    python -m bench.snapshots FILE... --budget-s 1 --json OUT [--peers ortools,vroom,pyvrp] [--prove-s 60]
                                      [--seed N] [--workers 2] [--best FILE]

The clock runs around `routing.solve` alone; reading, matrices and loading compiled functions come before it. Plans
are judged by `bench.evaluate`. OUT is a list with one row a file and budget: file, objective, unserved, wall_s,
bound, routes (a list a courier of +i pick up and -i deliver, orders counted from 1), and more.
"""

import argparse
import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import peers
from bench.evaluate import BadRoutes, Routes, Snapshot, evaluate
from bench.instances import MINUTE, problem_of, read, routes_of
from bench.ready import ready
from bench.show import bar, by_line, say, table
from routing import Plan, Problem, greedy, solve
from routing.proof import certify, quick
from routing.zones import solve_zones

__all__ = ["BadRoutes", "evaluate", "main"]

BEST_KNOWN = {
    "n30_s0": 1751,
    "n60_s0": 3436,
    "n120_s0": 6950,
    "n250_s0": 14503,
    "n500_s0": 28055,
    "n2000_s0": 103864,
}
"""Minutes; the best of long runs of two prototypes (beam-priced columns with CP-SAT set partitioning, and ruin and
recreate), 2026-11-22, 2 cores; the first two proven optimal, the last in 30 s."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one plan of one file came to; objectives and bound in minutes, `gap` and `over` in per cent.

    `prove_objective` is that of a better plan the proof came upon, which does not count as found in the budget;
    `guess` where the proof expects the best possible, when it could not certify it.
    """

    file: str
    objective: int
    unserved: int
    wall_s: float
    bound: float | None
    routes: list[list[int]]
    bound_kind: str | None
    gap: float | None
    prove_s: float | None
    prove_note: str | None
    guess: float | None
    prove_objective: int | None
    best_known: int | None
    over: float | None
    solver: str
    compiled: bool
    iterations: int
    seed: int
    workers: int
    budget_s: float


def main(argv: list[str] | None = None) -> int:
    """The command."""
    asked = _asked(argv)
    compiled = ready()
    known = {} if asked.best is None or not asked.best.exists() else json.loads(asked.best.read_text())
    rows: list[Row] = []
    others: list[dict[str, Any]] = []
    with bar() as progress:
        step = progress.add_task("", total=len(asked.files) * len(asked.budget_s) * (1 + len(asked.peers)))
        for file in asked.files:
            data = read(file)
            problem = problem_of(data)
            for budget_s in asked.budget_s:
                progress.update(step, description=f"{file.stem} {budget_s:g} s pannier")
                rows.append(_row(file, data, problem, asked, budget_s, compiled, known))
                progress.advance(step)
                for name in asked.peers:
                    progress.update(step, description=f"{file.stem} {budget_s:g} s {name}")
                    others.append(_other(name, file, data, asked, budget_s))
                    progress.advance(step)
    if asked.best is not None:
        asked.best.write_text(by_line(known))
    if asked.json is not None:
        asked.json.write_text(by_line([asdict(row) for row in rows]))
    if asked.peers_json is not None:
        asked.peers_json.write_text(by_line(others))
    say(_tables(rows, others, asked.peers))
    return 0


def _row(
    file: Path,
    data: Snapshot,
    problem: Problem,
    asked: argparse.Namespace,
    budget_s: float,
    compiled: bool,
    known: dict[str, Any],
) -> Row:
    """Solve one file within one budget, judge the plan, and keep it in `known` if none is known to be better."""
    began = time.perf_counter()
    if asked.zones > 1:
        plan = solve_zones(problem, asked.zones, budget_s=budget_s, seed=asked.seed, workers=asked.workers)
    else:
        plan = solve(problem, budget_s=budget_s, seed=asked.seed, workers=asked.workers)
    wall_s = time.perf_counter() - began
    routes = routes_of(problem, plan)
    objective, unserved = evaluate(data, routes)
    proof = _proof(problem, plan, asked.prove_s)
    best = min(
        (
            value
            for value in (BEST_KNOWN.get(file.stem), known.get(file.stem, {}).get("objective"))
            if value is not None
        ),
        default=None,
    )
    for stops, seconds in ((routes, wall_s), (proof.routes, wall_s + (proof.wall_s or 0))):
        if stops is not None:
            _keep(known, file.stem, data, stops, {"seed": asked.seed, "seconds": round(seconds, 3)})
    return Row(
        file=str(file),
        objective=objective,
        unserved=unserved,
        wall_s=round(wall_s, 4),
        bound=proof.bound,
        routes=routes,
        bound_kind=proof.kind,
        gap=None if proof.bound is None else round(100 * (objective - proof.bound) / max(1, objective), 3),
        prove_s=proof.wall_s,
        prove_note=proof.note,
        guess=proof.guess,
        prove_objective=None if proof.routes is None else evaluate(data, proof.routes)[0],
        best_known=best,
        over=None if best is None else round(100 * (objective / best - 1), 3),
        solver=plan.solver,
        compiled=compiled,
        iterations=plan.iterations,
        seed=asked.seed,
        workers=asked.workers,
        budget_s=budget_s,
    )


def _keep(known: dict[str, Any], name: str, data: Snapshot, routes: Routes, how: dict[str, Any]) -> None:
    """Put the plan into `known` when it is as good as the best known and better than what is there."""
    objective, unserved = evaluate(data, routes)
    kept = known.get(name, {}).get("objective", math.inf)
    if objective < kept and objective <= BEST_KNOWN.get(name, math.inf):
        known[name] = {"objective": objective, "unserved": unserved, **how, "routes": routes}


@dataclass(frozen=True, slots=True)
class _Proof:
    """What is known of the best possible: a bound in minutes, and a better plan's routes where one came up."""

    bound: float | None
    kind: str | None
    wall_s: float | None = None
    note: str | None = None
    guess: float | None = None
    routes: list[list[int]] | None = None


def _proof(problem: Problem, plan: Plan, prove_s: float) -> _Proof:
    """The bound certified within `prove_s` seconds, else the plan's own, else what each order costs at least.

    Every plan costs whole minutes, so a certified bound is rounded up to one.
    """
    sure = [quick(problem)]
    if plan.bound is not None and plan.bound_kind == "certified":
        sure.append(plan.bound)
    if prove_s <= 0:
        if plan.bound is not None and plan.bound_kind != "certified":
            return _Proof(round(plan.bound / MINUTE, 3), plan.bound_kind)
        return _Proof(_up(max(sure)), "certified")
    found = certify(problem, plan, budget_s=prove_s)
    if found.kind == "certified":
        sure.append(found.bound)
    better = None if found.plan is None else routes_of(problem, found.plan)
    guess = None if found.kind == "certified" else round(found.bound / MINUTE, 3)
    return _Proof(_up(max(sure)), "certified", round(found.wall_s, 2), found.note, guess, better)


def _up(bound_s: float) -> float:
    """A certified bound in minutes, rounded up to a whole one (with room for the last digits of a sum)."""
    return float(math.ceil(bound_s / MINUTE - 1e-3))


def _other(
    name: str, file: Path, data: Snapshot, asked: argparse.Namespace, budget_s: float
) -> dict[str, Any]:
    """A peer's figures for one file and budget; `failed` says why there are none."""
    row: dict[str, Any] = {"file": str(file), "peer": name, "budget_s": budget_s}
    if name == "greedy":
        problem = problem_of(data)
        began = time.perf_counter()
        answer: peers.Answer | str = peers.Answer(
            routes_of(problem, greedy(problem)), len(data["orders"]), 0.0
        )
        wall_s = time.perf_counter() - began
    else:
        answer = peers.ask(name, file, budget_s=budget_s, seed=asked.seed, workers=asked.workers)
        wall_s = 0.0 if isinstance(answer, str) else answer.wall_s
    if isinstance(answer, str):
        return row | {"failed": answer}
    objective, unserved = evaluate(data, answer.routes)
    return row | {
        "objective": objective,
        "unserved": unserved,
        "alone": answer.alone,
        "wall_s": round(wall_s, 3),
    }


def _tables(rows: list[Row], others: list[dict[str, Any]], names: list[str]) -> str:
    """The rows, and how far each peer is above the same best known."""
    by_peer = {(other["file"], other["budget_s"], other["peer"]): other for other in others}
    head = ["snapshot", "seconds", "objective", "unserved", "best known", "over %", "bound", "gap %", "proof"]
    lines: list[list[object]] = []
    for row in rows:
        line: list[object] = [Path(row.file).stem, row.wall_s, row.objective, row.unserved, row.best_known]
        line += [row.over, row.bound, row.gap, row.prove_note or "each order by itself"]
        for name in names:
            other = by_peer[row.file, row.budget_s, name]
            line.append(other.get("failed") or _beside(other, row))
        lines.append(line)
    return table(head + [f"{name}: over % (seconds)" for name in names], lines)


def _beside(other: dict[str, Any], row: Row) -> str:
    """A peer's distance from the best known (or from our plan where there is none), and its seconds."""
    over = 100 * (other["objective"] / (row.best_known or row.objective) - 1)
    return f"{over:+.1f} ({other['wall_s']:.1f})"


def _asked(argv: list[str] | None) -> argparse.Namespace:
    """The words of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.snapshots", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--budget-s", type=_numbers, default=[1.0], help="seconds, or several with commas")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--peers", type=_names, default=[], help=f"of greedy, {', '.join(peers.NAMES)}")
    parser.add_argument("--peers-json", type=Path, help="where the peers' figures go")
    parser.add_argument("--prove-s", type=float, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--zones", type=int, default=1, help="split by geography into so many")
    parser.add_argument("--best", type=Path, help="a file that keeps plans as good as the best known")
    return parser.parse_args(argv)


def _numbers(text: str) -> list[float]:
    """Numbers between commas."""
    return [float(word) for word in text.split(",")]


def _names(text: str) -> list[str]:
    """Known peers between commas."""
    names = [word for word in text.split(",") if word]
    for name in names:
        if name not in ("greedy", *peers.NAMES):
            raise argparse.ArgumentTypeError(f"no peer is called {name!r}")
    return names


if __name__ == "__main__":
    sys.exit(main())
