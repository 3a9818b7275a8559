"""Days of the Grubhub meal delivery routing benchmark, by the official rules.

    python -m bench.mdrp DIR... [--epoch-min 1] [--no-idle-moves] [--fairness LAMBDA] [--workers 2]
                                [--json OUT] [--solutions DIR] [--peers mdrp_peers.csv]

DIR is an instance, a folder of instances, or a pattern in quotes. Every known order is planned over every
courier, also those free later; a batch is committed only when its courier must leave before the next epoch; idle
couriers ride to where the next orders are likely. Instances: github grubhub/mdrplib (Reyes et al. 2018).
"""

import argparse
import glob
import json
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import fields
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.mdrp.ridden import Row, Setting, ride
from bench.mdrp.table import markdown, peers, published


def folders(asked: Sequence[str]) -> list[Path]:
    """The instances meant, each once, in order. Raises SystemExit on one that is none."""
    found: dict[Path, None] = {}
    for word in asked:
        for match in sorted(glob.glob(word)) or [word]:
            path = Path(match)
            inside = sorted(child.parent for child in path.glob("*/orders.txt"))
            if (path / "orders.txt").is_file():
                found[path] = None
            elif inside:
                found |= dict.fromkeys(inside)
            else:
                raise SystemExit(f"{match} is no instance and holds none")
    return list(found)


def ride_all(
    jobs: Sequence[tuple[Path, Setting]], *, workers: int, solutions: Path | None = None
) -> list[Row]:
    """Every instance with its setting, several at once, with a bar on stderr; rows in the order of the jobs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rows: dict[int, Row] = {}
    with (
        Progress(*columns, console=Console(stderr=True)) as bar,
        ProcessPoolExecutor(max(1, workers)) as pool,
    ):
        task = bar.add_task("days ridden", total=len(jobs))
        futures: dict[Future[Row], int] = {
            pool.submit(ride, folder, setting, solutions): i for i, (folder, setting) in enumerate(jobs)
        }
        for future in as_completed(futures):
            rows[futures[future]] = future.result()
            bar.advance(task)
    return [rows[i] for i in range(len(jobs))]


def settings(parser: argparse.ArgumentParser) -> None:
    """The flags of a `Setting`, with its defaults."""
    for each in fields(Setting):
        flag = "--" + each.name.replace("_", "-")
        if each.name == "idle_moves":
            parser.add_argument("--no-idle-moves", dest="idle_moves", action="store_false")
        else:
            parser.add_argument(flag, type=type(each.default), default=each.default, metavar="N")


def setting(asked: argparse.Namespace) -> Setting:
    """The `Setting` asked for."""
    return Setting(**{each.name: getattr(asked, each.name) for each in fields(Setting)})


def main(argv: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.mdrp",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", metavar="DIR")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--json", type=Path, help="where to write a list of rows")
    parser.add_argument("--solutions", type=Path, help="where to write a folder of solution files each")
    parser.add_argument("--peers", type=Path, help="a table of other policies on the same instances")
    settings(parser)
    asked = parser.parse_args(argv)
    jobs = [(folder, setting(asked)) for folder in folders(asked.folders)]
    others = peers(asked.peers) if asked.peers else []
    rows = published(ride_all(jobs, workers=asked.workers, solutions=asked.solutions), others)
    sys.stdout.write(markdown(rows, others) + "\n")
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0
