"""One peer, one snapshot: its plan as JSON in the last line of stdout."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from bench.instances import read
from bench.peers import NAMES, Answer
from bench.peers.insertion import completed


def main(argv: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("file", type=Path)
    parser.add_argument("--budget-s", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args(argv)
    data = read(asked.file)
    name, _, start = asked.name.partition("-")
    given = {"warm": completed(data, [[] for _ in data["couriers"]])} if start else {}
    peer = import_module(f"bench.peers.{name}")
    began = time.perf_counter()
    routes = peer.plan(data, budget_s=asked.budget_s, seed=asked.seed, workers=asked.workers, **given)
    alone = sum(code > 0 for route in routes for code in route)
    if name != "ortools":
        routes = completed(data, routes)
    answer = Answer(routes, alone, time.perf_counter() - began)
    sys.stdout.write(json.dumps(asdict(answer)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
