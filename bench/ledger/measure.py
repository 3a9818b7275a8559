"""What is measured on books of one size."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from statistics import quantiles
from typing import Any

from bench import memory
from bench.ledger.fill import START, order_money
from infra.database import Database
from payments import books, checks, pay
from payments.books import holds

Row = dict[str, Any]

# Orders and holds of the bench are numbered far above those it filled the books with.
_NUMBERS = count(10_000_000)


def measure(database: Database, asked: Any, advance: Callable[[], None]) -> Row:
    """One row of figures: seconds of each way of posting and looking, told as rates and milliseconds."""
    with database.reading() as session:
        entries, _ = books.head(session)
    now = START + timedelta(days=3650)
    row: Row = {"database": database.dialect, "entries": entries}
    row |= _timed("post", lambda: _post(database, now), asked.posts)
    row["posts_per_s"] = round(1000 / row["post_mean_ms"], 1)
    advance()
    row |= _timed("hold", lambda: _hold(database, now), asked.posts // 4)
    batches = _timed("batch", lambda: _batch(database, now, asked.batch), max(3, asked.posts // asked.batch))
    row["batched_per_s"] = round(1000 * asked.batch / batches["batch_mean_ms"], 1)
    advance()
    row |= _looks(database, asked.looks, entries)
    advance()
    if entries <= asked.check_up_to:
        began = time.perf_counter()
        with memory.peak() as most, database.reading() as session:
            found = checks.findings(session, now=START)
        row["full_check_s"] = round(time.perf_counter() - began, 2)
        row["full_check_mib"] = most[0]
        row["findings"] = len(found)
        row["since_check_s"] = _nightly(database, now)
    advance()
    return row


def _nightly(database: Database, now: datetime) -> float:
    """Seconds to read what a day adds, a thousand entries, after all before it was found sound."""
    with database.reading() as session:
        head = books.head(session)
    for _ in range(50):
        _batch(database, now, 20)
    began = time.perf_counter()
    with database.reading() as session:
        checks.findings_since(session, head, now=START)
    return round(time.perf_counter() - began, 2)


def _looks(database: Database, times: int, entries: int) -> Row:
    until = START + timedelta(seconds=86.4 * entries)
    since = until - timedelta(days=7)
    row: Row = {}
    with database.reading() as session:
        row |= _timed("balance", lambda: books.balance(session, "restaurant:7"), times)
        row |= _timed("rider_balance", lambda: books.balance(session, "rider:7:wages", unit="GBP"), times)
        row |= _timed(
            "statement", lambda: pay.rider_statement(session, 7, since=since, until=until), max(5, times // 5)
        )
        row |= _timed("trial", lambda: books.trial_balance(session), 5)
    return row


def _post(database: Database, now: datetime) -> None:
    with database.writing() as session:
        pay.delivered(session, order_money(next(_NUMBERS)), now=now)


def _hold(database: Database, now: datetime) -> None:
    """Spend a penny of what a rider is owed: what is there must be known first."""
    number = next(_NUMBERS)
    with database.writing() as session:
        holds.hold(
            session, key=f"bench:{number}", source="rider:7:wages", destination="outside:bank", amount=1,
            expires_at=now + timedelta(days=1), why="Bench", subject=f"bench:{number}", now=now,
        )  # fmt: skip
        holds.void(session, f"bench:{number}", why="Bench", now=now)


def _batch(database: Database, now: datetime, size: int) -> None:
    with database.writing() as session:
        for _ in range(size):
            pay.delivered(session, order_money(next(_NUMBERS)), now=now)


def _timed(name: str, act: Callable[[], object], times: int) -> Row:
    """Mean, median and 95th percentile of an act, in milliseconds; one more beforehand is not counted."""
    act()
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append(1000 * (time.perf_counter() - began))
    cuts = quantiles(took, n=20, method="inclusive") if len(took) > 1 else took * 20
    return {
        f"{name}_mean_ms": round(sum(took) / len(took), 3),
        f"{name}_p50_ms": round(cuts[9], 3),
        f"{name}_p95_ms": round(cuts[18], 3),
    }
