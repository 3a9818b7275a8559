"""Time, memory, re-planning and zones as the number of open orders grows.

    python -m bench.scaling [--sizes 100,500,2000] [--day DIR] [--seed N] [--workers 2] [--parts cold,warm,zones]
                            [--json OUT] [--write DIR]

Snapshots are made from an mdrplib day by `bench.instances.make`: N open orders, N/2 couriers.

- cold: a fresh process for each size; seconds to the first whole plan, objective at each of --budgets, peak memory.
- warm: one plan is made of all orders but a few in 10 targets' time; then, from it, each of five kinds of event
  happens --events times, each to the same plan. Of every event's problem the value within 10 targets is taken
  as its own best; then it is solved from the old plan with growing budgets (LADDER), and the time is the wall
  time of the first of them within 1 % (and 0.1 %) of that value. So a time includes building the tables, and is
  at most one step of the ladder too long. Also shown is how far the plan is after one target.
- zones: the largest size split into 2, 4 and 8 against unsplit, in the same total time, by workers.

Objectives are minutes, as for snapshots.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.events import KINDS
from bench.instances import MINUTE, make, problem_of
from bench.ready import ready
from bench.show import bar, by_line, say, table
from routing import Plan, Problem, solve
from routing.zones import solve_zones, split

LADDER = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
NEAR = (0.01, 0.001)
Row = dict[str, Any]


def cold(data: Row, asked: argparse.Namespace) -> Row:
    """What `bench.cold` says of one snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "snapshot.json"
        file.write_text(json.dumps(data))
        words = [sys.executable, "-m", "bench.cold", str(file), "--seed", str(asked.seed)]
        words += ["--workers", str(asked.workers), "--budgets", ",".join(map(str, asked.budgets))]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def warm(data: Row, asked: argparse.Namespace) -> list[Row]:
    """Every event's times for one snapshot."""
    whole = problem_of(data)
    rng = random.Random(asked.seed)
    come = rng.sample(range(len(whole.requests)), asked.events)
    base = replace(whole, requests=tuple(q for r, q in enumerate(whole.requests) if r not in come))
    plan = solve(base, budget_s=10 * asked.target_s, seed=asked.seed, workers=asked.workers)
    rows: list[Row] = []
    for kind, happen in KINDS.items():
        for r in come:
            changed = happen(base, plan, whole.requests[r], rng)
            rows.append({"orders": len(whole.requests), "event": kind} | replanned(changed, plan, asked))
    return rows


def replanned(problem: Problem, plan: Plan, asked: argparse.Namespace) -> Row:
    """How soon a plan for the changed problem is near its own best, from the old plan."""

    def solved(budget_s: float) -> tuple[float, float]:
        began = time.perf_counter()
        new = solve(problem, budget_s=budget_s, seed=asked.seed, warm=plan, workers=asked.workers)
        return new.cost.total, time.perf_counter() - began

    best, _ = solved(10 * asked.target_s)
    tried: list[tuple[float, float, float]] = []
    for budget_s in (step for step in LADDER if step <= 2 * asked.target_s):
        cost, wall_s = solved(budget_s)
        tried.append((budget_s, cost, wall_s))
        if cost <= best * (1 + min(NEAR)):
            break
    after = next((cost for budget_s, cost, _ in tried if budget_s >= asked.target_s), tried[-1][1])
    row: Row = {"best": round(best / MINUTE, 2), "over_after_target_pct": round(100 * (after / best - 1), 4)}
    for near in NEAR:
        times = [wall_s for _, cost, wall_s in tried if cost <= best * (1 + near)]
        row[f"within_{100 * near:g}_pct_s"] = round(times[0], 4) if times else None
    return row


def zones(data: Row, asked: argparse.Namespace) -> list[Row]:
    """Unsplit and split into each of --zones, in --zones-budget-s seconds, by workers."""
    problem = problem_of(data)
    rows: list[Row] = []
    for workers in sorted({1, asked.workers}):
        for k in (1, *asked.zones):
            began = time.perf_counter()
            plan = solve_zones(problem, k, budget_s=asked.zones_budget_s, seed=asked.seed, workers=workers)
            wall_s = time.perf_counter() - began
            parts = split(problem, k)
            rows.append(
                {
                    "orders": len(problem.requests),
                    "workers": workers,
                    "zones": k,
                    "objective": round(plan.cost.total / MINUTE),
                    "unserved": len(plan.unserved),
                    "wall_s": round(wall_s, 2),
                    "couriers_in_two": sum(len(zone.couriers) for zone in parts) - len(problem.couriers),
                }
            )
    return rows


def main(argv: list[str] | None = None) -> int:
    """The command."""
    asked = _asked(argv)
    compiled = ready()
    snapshots = {size: make(asked.day, size, asked.seed) for size in asked.sizes}
    if asked.write is not None:
        asked.write.mkdir(parents=True, exist_ok=True)
        for size, data in snapshots.items():
            (asked.write / f"n{size}_s{asked.seed}.json").write_text(json.dumps(data))
    out: dict[str, Any] = {
        "rules": {"day": asked.day.name, "seed": asked.seed, "workers": asked.workers, "compiled": compiled}
        | {"target_s": asked.target_s, "events": asked.events, "cores": os.cpu_count()},
        "cold": [],
        "warm": [],
        "zones": [],
    }
    with bar() as progress:
        step = progress.add_task("", total=len(snapshots) * 2 + 1)
        for size, data in snapshots.items():
            progress.update(step, description=f"{size} orders, cold")
            if "cold" in asked.parts:
                out["cold"].append(cold(data, asked))
            progress.update(step, advance=1, description=f"{size} orders, warm")
            if "warm" in asked.parts:
                out["warm"] += warm(data, asked)
            progress.update(step, advance=1)
        progress.update(step, description="zones")
        if "zones" in asked.parts:
            out["zones"] = zones(snapshots[max(snapshots)], asked)
        progress.advance(step)
    if asked.json is not None:
        asked.json.write_text(by_line(out))
    for text in (_cold_table(out["cold"]), _warm_table(out["warm"], asked), _zones_table(out["zones"])):
        if text:
            say(text)
    return 0


def _cold_table(rows: list[Row]) -> str:
    """Cold starts: a line a size."""
    if not rows:
        return ""
    head = ["open orders", "couriers", "first plan, s", "its objective"]
    head += [f"at {run['budget_s']:g} s" for run in rows[0]["runs"][1:]]
    lines: list[Sequence[object]] = []
    for row in rows:
        first, *runs = row["runs"]
        line = [row["orders"], row["couriers"], first["wall_s"], first["objective"]]
        lines.append([*line, *(run["objective"] for run in runs), runs[-1]["peak_mb"], row["idle_mb"]])
    return table([*head, "peak MB", "of it before solving"], lines)


def _warm_table(rows: list[Row], asked: argparse.Namespace) -> str:
    """Warm re-plans: a line a size and kind of event, and one for all kinds."""
    if not rows:
        return ""
    lines: list[Sequence[object]] = []
    for size in asked.sizes:
        for kind in (*KINDS, "all"):
            some = [row for row in rows if row["orders"] == size and kind in (row["event"], "all")]
            line: list[object] = [size, kind, len(some)]
            for near in NEAR:
                times = [row[f"within_{100 * near:g}_pct_s"] for row in some]
                line += [_quantile(times, 0.5), _quantile(times, 0.95)]
            lines.append([*line, _quantile([row["over_after_target_pct"] for row in some], 0.95, 1, 3)])
    head = ["open orders", "event", "events"]
    head += [f"{q} ms within {100 * near:g} %" for near in NEAR for q in ("p50", "p95")]
    return table([*head, f"p95 % over after {asked.target_s:g} s"], lines)


def _quantile(values: list[float | None], q: float, scale: float = 1000, places: int = 0) -> str:
    """The quantile (nearest above) times `scale`; `never` where it falls on one that was not reached."""
    reached = sorted(float("inf") if value is None else value for value in values)
    at = reached[min(len(reached) - 1, int(np.ceil(q * len(reached))) - 1 if q else 0)]
    return "never" if at == float("inf") else f"{scale * at:.{places}f}"


def _zones_table(rows: list[Row]) -> str:
    """Zones: a line a number of zones and workers, against unsplit with as many workers."""
    whole = {row["workers"]: row["objective"] for row in rows if row["zones"] == 1}
    head = ["open orders", "workers", "zones", "seconds", "objective", "over unsplit %", "unserved"]
    return (
        table(
            [*head, "couriers in two zones"],
            [
                [
                    *(row[name] for name in ("orders", "workers", "zones", "wall_s", "objective")),
                    100 * (row["objective"] / whole[row["workers"]] - 1),
                    row["unserved"],
                    row["couriers_in_two"],
                ]
                for row in rows
            ],
        )
        if rows
        else ""
    )


def _asked(argv: list[str] | None) -> argparse.Namespace:
    """The words of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.scaling", description=(__doc__ or "").splitlines()[0]
    )
    data = Path(os.environ.get("PANNIER_TEST_DATA") or "../shared/data")
    parser.add_argument("--sizes", type=_whole, default=[100, 500, 2000])
    parser.add_argument(
        "--day", type=Path, default=data / "mdrplib" / "8o100t100s1p100", help="mdrplib folder"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=["cold", "warm", "zones"])
    parser.add_argument("--budgets", type=_numbers, default=[2.0, 5.0, 10.0])
    parser.add_argument("--target-s", type=float, default=0.5)
    parser.add_argument("--events", type=int, default=4, help="events of each kind")
    parser.add_argument("--zones", type=_whole, default=[2, 4, 8])
    parser.add_argument("--zones-budget-s", type=float, default=10)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", type=Path, help="a folder for the snapshots made")
    asked = parser.parse_args(argv)
    if not asked.day.is_dir():
        parser.error(f"{asked.day} is no mdrplib day: give one with --day")
    return asked


def _whole(text: str) -> list[int]:
    """Whole numbers between commas."""
    return [int(word) for word in text.split(",")]


def _numbers(text: str) -> list[float]:
    """Numbers between commas."""
    return [float(word) for word in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
