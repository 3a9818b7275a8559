"""A toy install for the worker's tests: rows that say what is due, a job that works them off, a process.

Run as `python -m tests.infra.toy`, with TOY_URL, TOY_DATA and how the job behaves in TOY_BODY; it prints
READY once the worker runs, and ends on SIGTERM.
"""

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, col, select

from infra.clock import WallClock
from infra.database import Database
from infra.jobs import Job
from infra.program import Program
from infra.settings import Settings
from payments.columns import UtcDateTime


class Toy(SQLModel, registry=registry()):
    """Tables of the toy only: no test that walks the models may meet them."""


class Parcel(Toy, table=True):
    """A toy row: due at an instant, begun and done by somebody."""

    __tablename__ = "toy_parcel"

    id: int | None = Field(default=None, primary_key=True)
    job: str = Field(index=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    begun: int = 0
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_by: str | None = None


def toy_tables(database: Database) -> None:
    """Create only what the worker and the toy need."""
    from infra import tables

    with database.engine.begin() as connection:
        for model in (Parcel, tables.Install, tables.SandboxInstant, tables.JobTrouble, tables.Sweep):
            model.__table__.create(connection, checkfirst=True)


def due(name: str):  # type: ignore[no-untyped-def]
    """The earliest parcel of a job not yet done."""

    def earliest(session: Session, now: datetime) -> datetime | None:
        row = session.exec(
            select(Parcel)
            .where(Parcel.job == name, col(Parcel.done_at).is_(None))
            .order_by(col(Parcel.due_at))
            .limit(1)
        ).first()
        return None if row is None else row.due_at

    return earliest


def run(name: str, body: str):  # type: ignore[no-untyped-def]
    """One parcel a round, in three steps: take, do with no transaction open, settle."""

    def one(program: Program, now: datetime) -> bool:
        with program.database.writing() as session:
            row = session.exec(
                select(Parcel)
                .where(Parcel.job == name, col(Parcel.done_at).is_(None), col(Parcel.due_at) <= now)
                .order_by(col(Parcel.due_at), col(Parcel.id))
                .limit(1)
            ).first()
            if row is None:
                return False
            row.begun += 1
            session.add(row)
            parcel = row.id
        _do(body, name)
        with program.database.writing() as session:
            row = session.get(Parcel, parcel)
            assert row is not None
            if row.done_at is None:
                row.done_at = WallClock().now()
                row.done_by = f"{os.getpid()}:{body}"
                session.add(row)
        return True

    return one


def job(name: str, body: str = "quick") -> Job:
    """The toy's job of that name."""
    return Job(name, due(name), run(name, body))


def _do(body: str, name: str) -> None:
    if body in ("hang", f"hang {name}"):
        time.sleep(3600)
    elif body.startswith("slow"):
        time.sleep(float(body.removeprefix("slow")))
    elif body == "raise":
        raise RuntimeError("a message that must not be logged: 07700 900123")


def put(database: Database, job: str, count: int = 1, *, at: datetime | None = None) -> None:
    """Write parcels due at an instant."""
    with database.writing() as session:
        for _ in range(count):
            session.add(Parcel(job=job, due_at=at or datetime.now(UTC) - timedelta(milliseconds=1)))


def parcels(database: Database, job: str) -> list[Parcel]:
    """Every parcel of a job."""
    with database.reading() as session:
        return list(session.exec(select(Parcel).where(Parcel.job == job).order_by(col(Parcel.id))))


def toy_program(url: str, data: Path) -> Program:
    """A live program on a database that has only the toy's tables."""
    settings = Settings(_env_file=None, database_url=url, data=data)  # type: ignore[call-arg]
    return Program(settings=settings, database=Database.open(url), clock=WallClock(), kind="live")


def main() -> None:
    """Be a worker process."""
    from infra.worker import Worker

    body = os.environ.get("TOY_BODY", "quick")
    jobs = [job(name, body) for name in ("left", "right")]
    program = toy_program(os.environ["TOY_URL"], Path(os.environ["TOY_DATA"]))
    worker = Worker(program, jobs)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    worker.start()
    print("READY", flush=True)
    probes = int(os.environ.get("TOY_PROBES", "0"))
    if probes:
        _measure(program, probes)
    over.wait()
    worker.stop(wait_s=2)


def _measure(program: Program, probes: int) -> None:
    time.sleep(1.5)
    took: list[float] = []
    for _ in range(probes):
        time.sleep(0.137)
        put(program.database, "left")
        begun = datetime.now(UTC)
        program.nudge()
        while (last := parcels(program.database, "left")[-1]).done_at is None:
            time.sleep(0.002)
        took.append((last.done_at - begun).total_seconds() * 1000)
    took.sort()
    print(f"LATENCY {took[len(took) // 2]:.0f} {took[int(len(took) * 0.95)]:.0f} {took[-1]:.0f}", flush=True)
    time.sleep(1)
    cpu, wall = time.process_time(), time.monotonic()
    time.sleep(10)
    print(f"IDLE {(time.process_time() - cpu) / (time.monotonic() - wall) * 100:.1f}", flush=True)


if __name__ == "__main__":
    main()
