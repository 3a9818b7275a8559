"""How the install fares, for one page that a machine or a tired person can read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import func, select

from infra import trouble
from infra.clock import WallClock
from infra.compiled import State
from infra.jobs import JOBS, due_at
from infra.migrations import current, head
from infra.program import Program
from infra.tables import Sweep
from payments import checks

# Two signs of life missed, and a little.
SWEEP_LATE_S = 75
# A due job that nothing has done for this long is late, whatever the reason.
JOB_LATE_S = 120


@dataclass(frozen=True, slots=True)
class Trouble:
    """A job that fails, how often, and when it is tried again."""

    job: str
    fault: str
    tries: int
    retry_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """What stands well and what does not; `findings` is empty when nobody need look."""

    database: bool
    migrated: bool
    swept_at: datetime | None
    oldest_due: tuple[str, datetime] | None
    troubles: tuple[Trouble, ...]
    findings: tuple[str, ...]
    solver: State | None = None  # of this process, where it plans

    @property
    def well(self) -> bool:
        """Whether nobody need look."""
        return not self.findings


def examine(program: Program) -> Health:
    """Look at the database, its migrations, the sweep and the jobs; never raises for what it looks for."""
    try:
        migrated = current(program.database) == head()
    except SQLAlchemyError:
        return Health(False, False, None, None, (), ("The database cannot be reached.",))
    if not migrated:
        return Health(True, False, None, None, (), ("The database needs `pannier migrate`.",))
    swept_at = _swept_at(program)
    oldest, faults = _oldest_due(program)
    with program.database.reading() as session:
        rows = trouble.troubles(session)
    troubles = tuple(Trouble(row.job, row.fault, row.tries, row.retry_at) for row in rows)
    findings = _findings(program, swept_at, oldest, troubles) + faults + _books(program)
    solver = None if program.compiled is None else program.compiled.state
    return Health(True, True, swept_at, oldest, troubles, findings, solver)


def _swept_at(program: Program) -> datetime | None:
    with program.database.reading() as session:
        written = session.exec(select(func.max(Sweep.swept_at))).one()
    known = [at for at in (program.swept_at, written) if at is not None]
    return max(known, default=None)


def _oldest_due(program: Program) -> tuple[tuple[str, datetime] | None, tuple[str, ...]]:
    now = program.clock.now()
    due: list[tuple[datetime, str]] = []
    faults: list[str] = []
    for job in JOBS:
        try:
            at = due_at(program, job, now)
        except Exception as fault:
            # A page about health is read when things are broken: one of them must not take it down.
            faults.append(f"The job {job.name} cannot tell what is due ({type(fault).__name__}).")
            continue
        if at is not None and at <= now:
            due.append((at, job.name))
    oldest = min(due, default=None)
    return (oldest and (oldest[1], oldest[0])), tuple(faults)


def _findings(
    program: Program,
    swept_at: datetime | None,
    oldest: tuple[str, datetime] | None,
    troubles: tuple[Trouble, ...],
) -> tuple[str, ...]:
    found = [f"The job {row.job} fails ({row.fault}, try {row.tries})." for row in troubles]
    if swept_at is None or (WallClock().now() - swept_at).total_seconds() > SWEEP_LATE_S:
        found.append(
            "No worker has looked for due work lately: is `pannier serve` or `pannier worker` running?"
        )
    if oldest is not None and (program.clock.now() - oldest[1]).total_seconds() > JOB_LATE_S:
        found.append(f"The job {oldest[0]} has been due since {oldest[1]:%Y-%m-%d %H:%M} UTC.")
    if program.compiled is not None and program.compiled.fault is not None:
        found.append(
            f"The solver could not be compiled ({_said(program.compiled.fault)}): plans take longer to make."
        )
    return tuple(found)


def _books(program: Program) -> tuple[str, ...]:
    """Whether the last reading of the books found something; what, only the treasurer is told."""
    with program.database.reading() as session:
        row = checks.last(session)
    if row is None or not row.found:
        return ()
    things = "1 thing does" if row.found == 1 else f"{row.found} things do"
    return (
        f"The books were read at {row.at:%Y-%m-%d %H:%M} UTC: {things} not hold (see /desk/money/checks).",
    )


def _said(fault: str) -> str:
    """A fault without the words that say where files are kept here: anyone may read this page; the log has it all."""
    return " ".join(word for word in fault.split() if "/" not in word).rstrip(" :")
