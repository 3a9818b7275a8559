"""An evening by the real clock whose server is killed in the middle: nothing lost, nothing doubled."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from dispatch import people, places, shifts
from dispatch.tables import Job, Order, known
from infra import happened, install
from infra.database import Database
from infra.migrations import upgrade
from payments import books, checks
from riders_app.gateways.weather import Weather
from riders_app.tables import InboundText, SandboxText, Text
from tests import factories
from tests.house import order_body

pytestmark = pytest.mark.deep


def always_open(text: str) -> str:
    """The rulebook without hours: the test may run at any time of day."""
    return re.sub(r"\[hours\].*?\n\[", "[", text, flags=re.S)


class Evening:
    """A small evening on one database, and the processes that serve it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder, self.url = folder, url
        self.now = datetime.now(UTC)
        self.database = Database.open(url)
        upgrade(self.database)
        with self.database.writing() as session:
            install.mark(session, "demo", now=self.now)
            factories.adopt(session, self.now, always_open(factories.RULEBOOK))
            luna = factories.restaurant(session, self.now)
            key = places.issue_key(session, known(luna.id), by=None, now=self.now)
            for number in range(1, 4):
                factories.rider(session, self.now, number, name=f"Rider {number}")
        self.headers = {"authorization": f"Bearer {key}"}
        self.processes: list[subprocess.Popen[bytes]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        self.answered: set[int] = set()

    def start(self, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """Start `pannier ...` as its own process."""
        environment = {
            **os.environ,
            "PANNIER_DATA": str(self.folder),
            "PANNIER_DATABASE_URL": self.url,
            "PANNIER_CLOCK": "wall",
            "PANNIER_PORT": str(self.port),
            **more,
        }
        script = Path(sys.executable).parent / "pannier"
        with (self.folder / f"log-{len(self.processes)}.txt").open("wb") as log:
            process = subprocess.Popen([str(script), *command], env=environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def up(self) -> None:
        """Wait until the pages answer."""
        until(lambda: self._answers())

    def _answers(self) -> bool:
        try:
            return self.client.get("/sandbox/phones/texts").status_code == 200
        except httpx2.TransportError:
            return False

    def order(self, reference: str) -> None:
        """Place an order that is ready now; ask again, with the same key, until it is answered."""
        body = order_body(datetime.now(UTC), reference) | {"ready_at": self.now.isoformat()}
        body["ready_at"] = (self.now + timedelta(seconds=1)).isoformat()
        headers = self.headers | {"idempotency-key": f"key-{reference}"}
        for _ in range(100):
            try:
                answer = self.client.post("/v1/orders", json=body, headers=headers)
            except httpx2.TransportError:
                time.sleep(0.2)
                continue
            assert answer.status_code == 201, answer.text
            return
        raise AssertionError("the order was never answered")

    def text(self, phone: str, body: str) -> None:
        """Type a text; whether it arrived is found out as a rider would: by its answer."""
        try:
            self.client.post(f"/sandbox/phones/{phone}/texts", json={"body": body})
        except httpx2.TransportError:
            time.sleep(0.2)

    def ride(self) -> None:
        """Riders answer what is on their phones: whatever is not done yet is said again."""
        with self.database.reading() as session:
            live = session.exec(select(Job).where(Job.state.in_(("offered", "taken")))).all()  # type: ignore[attr-defined]
            jobs = [(j.number, j.state, people.get(session, j.person_id).phone or "") for j in live]
        for number, state, phone in jobs:
            if state == "offered":
                self.text(phone, f"TAKE {number}")
            else:
                self.text(phone, f"GOT {number}")
                self.text(phone, f"DONE {number} ALL")

    def rows(self, table: Any) -> list[Any]:
        """Every row of a table."""
        with self.database.reading() as session:
            return list(session.exec(select(table)).all())

    def delivered(self) -> int:
        """How many orders are delivered."""
        return sum(o.delivery == "delivered" for o in self.rows(Order))

    def close(self) -> None:
        """Stop what still runs."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.client.close()
        self.database.close()


def until(condition: Callable[[], bool], within_s: float = 90) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)


@pytest.fixture
def evening(database_url: str, tmp_path: Path) -> Iterator[Evening]:
    """An evening about to begin."""
    made = Evening(database_url, tmp_path)
    yield made
    made.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def offered(evening: Evening) -> bool:
    """Whether an offer is out; until one is, riders go on with what they took, so that they come free."""
    if any(job.state == "offered" for job in evening.rows(Job)):
        return True
    evening.ride()
    return False


def sound(evening: Evening, orders: int, *ends: str) -> None:
    """Every order delivered once, booked once, offered texts sent once, and the books in order.

    In bad weather texts may have come to other `ends` too; one written this very moment may be on its way.
    """
    assert Counter(o.delivery for o in evening.rows(Order)) == {"delivered": orders}
    with evening.database.reading() as session:
        assert checks.findings(session) == []
        paid = [line for line in books.lines(session, "co-op:delivery") if line.reverses is None]
        assert len({line.subject for line in paid}) == len(paid) == orders
    texts = evening.rows(Text)
    assert {t.state for t in texts} <= {"sent", "delivered", "expired", "queued", "sending", *ends}
    landed = Counter(s.key for s in evening.rows(SandboxText) if s.direction == "in" and s.key)
    assert max(landed.values()) == 1
    assert all(t.state != "new" for t in evening.rows(InboundText))


def test_killed_again_and_again(evening: Evening) -> None:
    """kill -9 while orders come in, offers go out and food is delivered; each start goes on where the rows stand."""
    server = evening.start("serve")
    evening.up()
    for round_ in range(3):
        for n in range(3):
            evening.order(f"K{round_}-{n}")
        until(lambda: offered(evening))
        evening.ride()
        kill(server)
        evening.ride()  # into the void
        server = evening.start("serve")
        evening.up()
        evening.ride()

    def all_done() -> bool:
        evening.ride()
        time.sleep(0.3)
        return evening.delivered() == 9

    until(all_done)
    # a text that was being sent at the kill is looked at again when its lease of two minutes has run out
    until(lambda: all(t.state not in ("queued", "sending") for t in evening.rows(Text)), within_s=240)
    sound(evening, 9)


def test_killed_again_and_again_on_a_bad_night(evening: Evening) -> None:
    """kill -9 while texts are late, lost, doubled, garbled and refused, and calls of the carrier's answered 500."""
    server = evening.start("serve")
    evening.up()
    sky = replace(Weather.chaos(0.2, seed=4), delay_s=0.5, slow_s=6.0)
    assert evening.client.post("/sandbox/weather", json=sky.kept()).status_code == 200
    for round_ in range(3):
        for n in range(3):
            evening.order(f"B{round_}-{n}")
        until(lambda: offered(evening))
        evening.ride()
        kill(server)
        server = evening.start("serve")
        evening.up()
        evening.ride()

    def all_done() -> bool:
        evening.ride()
        for number in (1, 2, 3):  # whom a text did not reach is reached again once they say anything
            evening.text(f"+44770090000{number}", "MENU")
        time.sleep(0.5)
        return evening.delivered() == 9

    until(all_done, within_s=240)
    until(lambda: all(t.state not in ("queued", "sending") for t in evening.rows(Text)), within_s=300)
    until(lambda: all(t.state != "new" for t in evening.rows(InboundText)))
    sound(evening, 9, "undelivered", "failed")
    with evening.database.reading() as session:
        count = happened.counted(session)
    assert all(count[name] for name in ("told delivered", "news replayed", "calls answered 500"))


def test_a_second_server_on_one_sqlite_file_is_refused(evening: Evening) -> None:
    """Two processes must not work one SQLite file: the second says so and ends."""
    if evening.database.dialect != "sqlite":
        pytest.skip("many processes may work on PostgreSQL")
    evening.start("serve")
    evening.up()
    second = evening.start("serve", PANNIER_PORT="0")
    assert second.wait(60) == 1
    assert "serve" in (evening.folder / "log-1.txt").read_text()


def test_two_workers_one_killed(evening: Evening) -> None:
    """On PostgreSQL two workers share the evening; when one is killed the other finishes it, nothing twice."""
    if evening.database.dialect != "postgresql":
        pytest.skip("SQLite has one process")
    evening.start("serve", "--no-worker")
    first, _second = evening.start("worker"), evening.start("worker")
    evening.up()
    for n in range(4):
        evening.order(f"W-{n}")
    until(lambda: any(j.state == "offered" for j in evening.rows(Job)))
    evening.ride()
    kill(first)
    for n in range(4, 6):
        evening.order(f"W-{n}")

    def all_done() -> bool:
        evening.ride()
        time.sleep(0.3)
        return evening.delivered() == 6

    until(all_done)
    # a text that was being sent at the kill is looked at again when its lease of two minutes has run out
    until(lambda: all(t.state not in ("queued", "sending") for t in evening.rows(Text)), within_s=240)
    sound(evening, 6)


def test_shifts_survive(evening: Evening) -> None:
    """A shift that ran through a kill ends by its own clock, and is paid once."""
    server = evening.start("serve")
    evening.up()
    kill(server)
    evening.start("serve")
    evening.up()
    evening.text("+447700900001", "OFF")

    def ended() -> bool:
        with evening.database.reading() as session:
            return shifts.current(session, 1) is None

    until(ended)
    with evening.database.reading() as session:
        assert len(books.lines(session, "rider:1:wages")) == 1
