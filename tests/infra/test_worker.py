"""The worker, for real: processes that are killed, changed and started again, on both databases."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from infra.database import Database
from infra.tables import JobTrouble
from tests.conftest import fresh_postgres
from tests.infra import toy

REPOSITORY = Path(__file__).parents[2]


class Install:
    """A toy install and the processes started on it."""

    def __init__(self, url: str, data: Path) -> None:
        self.url, self.data = url, data
        self.database = Database.open(url)
        self.processes: list[subprocess.Popen[str]] = []
        toy.toy_tables(self.database)

    def start(self, body: str = "quick") -> subprocess.Popen[str]:
        """A worker process whose job does its rows in that way; returned once it runs."""
        environment = {**os.environ, "TOY_URL": self.url, "TOY_DATA": str(self.data), "TOY_BODY": body}
        self.log = self.data / f"worker-{len(self.processes)}.log"
        with self.log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.infra.toy"],
                env=environment,
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n", self.log.read_text()
        return process

    def put(self, job: str, count: int = 1) -> None:
        toy.put(self.database, job, count)

    def parcels(self, job: str) -> list[toy.Parcel]:
        return toy.parcels(self.database, job)

    def done(self, job: str) -> int:
        return sum(row.done_at is not None for row in self.parcels(job))

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.database.close()


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9: no handler runs, nothing is tidied."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def troubled(install: "Install") -> bool:
    """Whether any job is backing off, looked up anew: one open look would never see it change."""
    with install.database.reading() as session:
        return session.exec(select(JobTrouble)).first() is not None


def until(condition: Callable[[], bool], *, within_s: float = 60) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


@pytest.fixture
def install(database_url: str, tmp_path: Path) -> Iterator[Install]:
    made = Install(database_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path) -> Iterator[Install]:
    made = Install(fresh_postgres(postgres_url), tmp_path)
    yield made
    made.close()


@pytest.mark.deep
def test_killed_in_the_middle_work_continues_where_the_rows_say(install: Install) -> None:
    """After kill -9 within a run, the next process does exactly the rows not yet done."""
    install.put("left", 3)
    first = install.start("slow0.4")
    until(lambda: install.done("left") == 1 and install.parcels("left")[1].begun == 1)
    kill(first)
    survived = install.done("left")
    install.start("quick")
    until(lambda: install.done("left") == 3)
    # What was begun twice is what the kill cut short: at least once, never skipped, never redone.
    assert sorted(row.begun for row in install.parcels("left")) == [1, 1, 2]
    assert sum(str(row.done_by).endswith(":quick") for row in install.parcels("left")) == 3 - survived


@pytest.mark.deep
def test_killed_and_changed_its_partition_moves(install: Install) -> None:
    """A job that hangs for ever, killed, then given another body: the new process runs the new body."""
    install.put("left", 2)
    install.put("right", 2)
    first = install.start("hang")
    until(lambda: install.parcels("left")[0].begun == 1 and install.parcels("right")[0].begun == 1)
    kill(first)
    install.start("slow0.05")
    until(lambda: install.done("left") == 2 and install.done("right") == 2)
    assert all(str(row.done_by).endswith(":slow0.05") for row in install.parcels("left"))


@pytest.mark.deep
def test_killed_again_and_again_nothing_is_lost(install: Install) -> None:
    """Ten kills in a row leave no row undone and no partition blocked."""
    install.put("left", 40)
    for beat in range(10):
        process = install.start("slow0.02")
        time.sleep(0.1 + 0.06 * beat)
        kill(process)
    install.start("quick")
    until(lambda: install.done("left") == 40)


@pytest.mark.deep
def test_of_two_workers_one_is_killed(on_postgres: Install) -> None:
    """With two workers on PostgreSQL, the survivor takes over what the killed one was doing."""
    hanging = on_postgres.start("hang left")
    on_postgres.put("left")
    until(lambda: on_postgres.parcels("left")[0].begun == 1)
    on_postgres.start("quick")
    on_postgres.put("right", 3)
    until(lambda: on_postgres.done("right") == 3)
    time.sleep(3)
    assert on_postgres.done("left") == 0, "a living worker's job was taken from it"
    assert on_postgres.parcels("left")[0].begun == 1
    kill(hanging)
    until(lambda: on_postgres.done("left") == 1)


@pytest.mark.deep
def test_two_workers_share_a_job_one_at_a_time(on_postgres: Install) -> None:
    """Two workers never run one job at once: every row is begun exactly once."""
    on_postgres.start("slow0.03")
    on_postgres.start("slow0.03")
    for _ in range(10):
        on_postgres.put("left", 5)
        on_postgres.put("right", 5)
        time.sleep(0.2)
    until(lambda: on_postgres.done("left") == 50 and on_postgres.done("right") == 50)
    assert {row.begun for job in ("left", "right") for row in on_postgres.parcels(job)} == {1}


@pytest.mark.deep
def test_a_job_that_raises_backs_off_and_lets_the_others_run(install: Install) -> None:
    """A raising job is tried again later and later, logs none of its fault's words, and works once mended."""
    first = install.start("raise")
    install.put("left")
    until(lambda: install.parcels("left")[0].begun >= 3)
    assert install.parcels("left")[0].begun <= 5
    with install.database.reading() as session:
        row = session.exec(select(JobTrouble).where(JobTrouble.job == "left")).one()
    assert row.fault == "RuntimeError"
    assert row.tries >= 2
    kill(first)
    log = install.log.read_text()
    assert "job left failed (RuntimeError)" in log
    assert "07700" not in log
    install.start("quick")
    install.put("right")
    until(lambda: install.done("right") == 1)
    until(lambda: install.done("left") == 1)
    until(lambda: not troubled(install))


@pytest.mark.deep
def test_told_to_stop_it_ends_in_good_order(install: Install) -> None:
    """SIGTERM lets the running round end, and the process exits with no complaint."""
    process = install.start("slow0.5")
    install.put("left", 5)
    until(lambda: install.parcels("left")[0].begun == 1)
    process.terminate()
    assert process.wait(15) == 0
    assert all(row.begun == (row.done_at is not None) for row in install.parcels("left"))
    assert install.done("left") < 5
