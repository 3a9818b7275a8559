"""Simulated time: the clock halts where something is due, due jobs run, and no loop goes unnoticed."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from infra.clock import SandboxClock
from infra.database import Database
from infra.errors import InfraError, JobStuck
from infra.jobs import Job, advance, next_due, run_due
from infra.program import Program
from tests.infra import toy


@pytest.fixture
def program(tmp_path: Path, now: datetime) -> Program:
    made = toy.toy_program(f"sqlite:///{tmp_path / 'pannier.db'}", tmp_path)
    toy.toy_tables(made.database)
    made.clock = SandboxClock.open(made.database, start=now)
    return made


def diary_job(instants: list[datetime], seen: list[datetime]) -> Job:
    """A job due at each of some instants, that writes down when it ran."""

    def due(_session: Session, _now: datetime) -> datetime | None:
        return instants[0] if instants else None

    def run(_program: Program, now: datetime) -> bool:
        seen.append(now)
        instants.pop(0)
        return True

    return Job("diary", due, run)


def test_the_clock_halts_at_each_due_instant(program: Program, now: datetime) -> None:
    """Time moves from due instant to due instant, and each job sees exactly its own."""
    instants = [now + timedelta(minutes=n) for n in (3, 3, 11)]
    seen: list[datetime] = []
    rounds = advance(program, now + timedelta(hours=1), jobs=[diary_job(list(instants), seen)])
    assert rounds == 3
    assert seen == instants
    assert program.clock.now() == now + timedelta(hours=1)


def test_it_stops_when_told(program: Program, now: datetime) -> None:
    """Once stop() says yes the clock stays where it is, and what comes later has not run."""
    seen: list[datetime] = []
    job = diary_job([now + timedelta(minutes=n) for n in (3, 11)], seen)
    advance(program, now + timedelta(hours=1), lambda: bool(seen), jobs=[job])
    assert program.clock.now() == now + timedelta(minutes=3)
    assert next_due(program, program.clock.now(), jobs=[job]) == now + timedelta(minutes=11)


def test_a_job_that_is_due_and_does_nothing_is_named(program: Program, now: datetime) -> None:
    """A job that stays due while no job does anything raises with its name rather than looping."""
    lazy = Job("lazy", lambda _session, at: at, lambda _program, _now: False)
    with pytest.raises(JobStuck) as caught:
        run_due(program, now, jobs=[lazy])
    assert caught.value.job == "lazy"


def test_a_job_that_never_comes_to_an_end_is_named(program: Program, now: datetime) -> None:
    """A job that always claims progress at one instant raises with its name rather than looping."""
    busy = Job("busy", lambda _session, at: at, lambda _program, _now: True)
    with pytest.raises(JobStuck) as caught:
        run_due(program, now, jobs=[busy])
    assert caught.value.job == "busy"


def test_a_job_may_wait_for_another(program: Program, now: datetime) -> None:
    """A job that gets nowhere until a later one has run is not stuck."""
    written: list[str] = []
    reader = Job(
        "reader",
        lambda _session, at: at if "read" not in written else None,
        lambda _program, _now: bool(written) and written.append("read") is None,
    )
    writer = Job(
        "writer",
        lambda _session, at: at if "row" not in written else None,
        lambda _program, _now: written.append("row") is None,
    )
    assert run_due(program, now, jobs=[reader, writer]) == 2


def test_rows_are_worked_off_in_simulated_time(program: Program, now: datetime) -> None:
    """The jobs of real time run unchanged on the sandbox clock, each row at its own instant."""
    for minutes in (5, 1, 9):
        toy.put(program.database, "left", at=now + timedelta(minutes=minutes))
    assert advance(program, now + timedelta(minutes=6), jobs=[toy.job("left")]) == 2
    assert [row.begun for row in toy.parcels(program.database, "left")] == [1, 1, 0]


def test_only_the_sandbox_clock_moves(tmp_path: Path, now: datetime) -> None:
    """Real time cannot be advanced."""
    with pytest.raises(InfraError):
        advance(toy.toy_program(f"sqlite:///{tmp_path / 'p.db'}", tmp_path), now)


def test_the_sandbox_clock_survives_a_restart(database: Database, now: datetime) -> None:
    """A new process finds the sandbox clock where the last one left it, and it never runs backwards."""
    later = now + timedelta(minutes=90)
    SandboxClock.open(database, start=now).move(later)
    again = SandboxClock.open(database, start=now)
    assert again.now() == later
    with pytest.raises(InfraError):
        again.move(now)
