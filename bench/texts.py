"""From an offer's row to the text on its phone, in a real `pannier serve` by the real clock.

    python -m bench.texts [--orders-per-hour 200] [--minutes 6] [--riders 10] [--database URL] [--json OUT]

A demo database is made in a folder of its own, served in a process of its own, and given orders of twelve
restaurants at an even pace; riders answer what lands on their sandbox phones within a second. Of every offer the
seconds are taken from the instant of the transaction that wrote it to the instant its text lay on the phone (both by
the server's clock), so what is counted is the event, its spreading, the queue, the sending, and the jobs' waking.
Twilio's own time is not in it.
"""

import argparse
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from sqlmodel import select

from bench.show import bar, say, table
from dispatch import people, places, shifts
from dispatch.facts import Point
from dispatch.tables import Event, known
from infra import founding, install
from infra.database import Database
from infra.migrations import upgrade
from infra.simulation import town
from infra.simulation.evening import order_body
from payments.rulebook import parse
from riders_app.tables import SandboxText, Text

ALL_DAY = [(day, 0, 1440) for day in range(7)]
_ANSWERS = (
    (re.compile(r"TAKE (\d+)"), "TAKE {}"),
    (re.compile(r"GOT (\d+)\b"), "GOT {}"),
    (re.compile(r"DONE (\d+[A-Z]?)\b"), "DONE {}"),
)


def main(argv: list[str] | None = None) -> int:
    """The command."""
    asked = _asked(argv)
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        database = asked.database or f"sqlite:///{folder / 'bench.db'}"
        keys, phones = _found(database, asked)
        with _served(folder, database) as client:
            rounds = _play(client, keys, phones, asked)
        seconds = _measured(database)
    row = {
        "orders_per_hour": asked.orders_per_hour,
        "minutes": asked.minutes,
        "orders": rounds,
        "offers": len(seconds),
        "p50_s": _quantile(seconds, 50),
        "p95_s": _quantile(seconds, 95),
        "max_s": round(max(seconds, default=float("nan")), 3),
        "database": database.split(":")[0],
        "cores": os.cpu_count(),
    }
    if asked.json is not None:
        asked.json.write_text(json.dumps([row], indent=1) + "\n")
    say(table(list(row), [[str(value) for value in row.values()]]))
    return 0


def _found(url: str, asked: argparse.Namespace) -> tuple[list[tuple[town.Kitchen, str]], list[str]]:
    """A co-op that is always open: restaurants with keys, riders on shift; their keys and phones."""
    now = datetime.now(UTC)
    opened = Database.open(url)
    upgrade(opened)
    text = re.sub(r"\[hours\].*?\n\[", "[", founding.example(), flags=re.S)
    with opened.writing() as session:
        install.mark(session, "demo", now=now)
        founding.adopt(session, text, resolution="For the bench", now=now)
        keys = []
        for kitchen in town.kitchens():
            made = places.add(
                session,
                name=kitchen.name,
                phone=None,
                address=kitchen.address,
                point=Point(*kitchen.where),
                zone=parse(text).zones[0].name,
                hours=ALL_DAY,
                now=now,
            )
            keys.append((kitchen, places.issue_key(session, known(made.id), by=None, now=now)))
        phones = []
        for number in range(1, asked.riders + 1):
            phone = f"+4477009000{number:02d}"
            person = people.add(session, name=f"Rider {number}", phone=phone, now=now)
            home = Point(*town.HOMES[number % len(town.HOMES)])
            people.grant(session, known(person.id), "rider", now=now, by=None, vehicle="bike", home=home)
            starts, ends = now - timedelta(minutes=1), now + timedelta(hours=8)
            shift = shifts.plan(session, known(person.id), starts_at=starts, ends_at=ends)
            shifts.set_start(
                session, known(shift.id), now, by=known(person.id), reason="for the bench", now=now
            )
            phones.append(phone)
    opened.close()
    return keys, phones


@contextmanager
def _served(folder: Path, database: str) -> Iterator[httpx2.Client]:
    """`pannier serve` on a free port until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = {
        "PANNIER_DATA": str(folder),
        "PANNIER_DATABASE_URL": database,
        "PANNIER_CLOCK": "wall",
        "PANNIER_PORT": str(port),
    }
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "pannier"), "serve"],
            env={**os.environ, **said},
            stdout=log,
            stderr=log,
        )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            for _ in range(300):
                try:
                    if client.get("/sandbox/phones/texts").status_code == 200:
                        break
                except httpx2.TransportError:
                    pass
                time.sleep(0.2)
            time.sleep(5)  # the first plans are made while the compiled solver is loaded
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _play(
    client: httpx2.Client,
    keys: list[tuple[town.Kitchen, str]],
    phones: list[str],
    asked: argparse.Namespace,
) -> int:
    """Place orders at an even pace, and answer every text; how many were placed."""
    rng = random.Random(asked.seed)
    rulebook = parse(founding.example())
    count = round(asked.orders_per_hour * asked.minutes / 60)
    plans = town.evening(rng, rulebook, town.kitchens(), start=datetime.now(UTC), orders=count, hours=4)
    by_name = {kitchen.name: key for kitchen, key in keys}
    began, seen, placed = time.monotonic(), 0, 0
    with bar() as progress:
        step = progress.add_task("orders", total=count)
        while time.monotonic() - began < asked.minutes * 60 + 60:
            due = int((time.monotonic() - began) * asked.orders_per_hour / 3600)
            while placed < min(due, count):
                parcel = plans[placed].parcel
                parcel.ready_at = datetime.now(UTC) + timedelta(minutes=rng.randint(1, 6))
                answer = client.post(
                    "/v1/orders",
                    json=order_body(parcel),
                    headers={"authorization": f"Bearer {by_name[parcel.kitchen.name]}"},
                )
                answer.raise_for_status()
                placed += 1
                progress.advance(step)
            landed = client.get(f"/sandbox/phones/texts?after={seen}").json()
            for text in landed:
                seen = max(seen, text["id"])
                if text["phone"] in phones:
                    _answer(client, text)
            time.sleep(0.5)
    return placed


def _answer(client: httpx2.Client, text: dict[str, Any]) -> None:
    """What a rider in a hurry says to a text."""
    for asks, says in _ANSWERS:
        found = asks.search(text["body"])
        if found:
            client.post(f"/sandbox/phones/{text['phone']}/texts", json={"body": says.format(found[1])})
            return


def _measured(url: str) -> list[float]:
    """Seconds from each offer's event to its text on the phone."""
    opened = Database.open(url)
    with opened.reading() as session:
        rows = session.exec(
            select(Event.at, SandboxText.at)
            .join(Text, Text.event_id == Event.id)  # type: ignore[arg-type]
            .join(SandboxText, SandboxText.vendor_id == Text.vendor_id)  # type: ignore[arg-type]
            .where(Event.kind == "offer_made")
        ).all()
    opened.close()
    return [(landed - made).total_seconds() for made, landed in rows]


def _quantile(values: list[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 3) if values else None


def _asked(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.texts", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--orders-per-hour", type=float, default=200)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--riders", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="an empty database's address; else SQLite in a folder of its own")
    parser.add_argument("--json", type=Path)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
