"""The jobs, and how simulated time runs them: the very same functions, from due instant to due instant."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from infra import rounds
from infra.clock import SandboxClock
from infra.errors import InfraError, JobStuck
from infra.program import Program
from riders_app import inbox, outbox

# A job works off its rows in bounded rounds; this many at one instant is no longer work but a loop.
ROUNDS_AT_ONE_INSTANT = 1000


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work that our rows call for.

    `due(session, now)` is the earliest instant there is something to do: now or before, due; None, nothing
    foreseen. `run(program, now)` does one bounded round and says whether it did anything. Every run is safe
    twice.
    """

    name: str
    due: Callable[[Session, datetime], datetime | None]
    run: Callable[[Program, datetime], bool]


# In the order one instant is worked off: what came in, what it changes, what must then be said.
JOBS: tuple[Job, ...] = (
    Job("inbox", inbox.next_due, inbox.run),
    Job("expire", rounds.expire_due, rounds.expire),
    Job("watch", rounds.watch_due, rounds.watch_shifts),
    Job("plan", rounds.plan_due, rounds.plan),
    Job("spread", outbox.spread_due, outbox.run_spread),
    Job("send", outbox.next_due, outbox.run_send),
    Job("forget", rounds.forget_due, rounds.forget),
)


def due_at(program: Program, job: Job, now: datetime) -> datetime | None:
    """When the job next has something to do, as its rows say."""
    with program.database.reading() as session:
        return job.due(session, now)


def is_due(program: Program, job: Job, now: datetime) -> bool:
    """Whether the job has something to do now."""
    at = due_at(program, job, now)
    return at is not None and at <= now


def run_once(program: Program, job: Job, now: datetime) -> bool:
    """One round of one job, alone in this process."""
    with program.turn(job.name):
        return job.run(program, now)


def run_due(program: Program, now: datetime, *, jobs: Iterable[Job] | None = None) -> int:
    """Run every job due at one instant, in order, until none is; how many rounds did something.

    JobStuck names a job that stays due though nothing is being done, or that never comes to an end.
    """
    listed = JOBS if jobs is None else tuple(jobs)
    done: dict[str, int] = {}
    while True:
        due = _due(program, listed, now)
        if not due:
            return sum(done.values())
        # A job may wait for what another one writes, so only a pass in which none did anything is stuck.
        stuck = _pass(program, due, now, done)
        if stuck is not None:
            raise JobStuck(stuck)


def _due(program: Program, listed: Iterable[Job], now: datetime) -> list[Job]:
    """The jobs due now, all asked in one look at the rows."""
    with program.database.reading() as session:
        instants = [(job, job.due(session, now)) for job in listed]
    return [job for job, at in instants if at is not None and at <= now]


def _pass(program: Program, due: list[Job], now: datetime, done: dict[str, int]) -> str | None:
    progressed = False
    for job in due:
        if not run_once(program, job, now):
            continue
        progressed = True
        done[job.name] = done.get(job.name, 0) + 1
        if done[job.name] > ROUNDS_AT_ONE_INSTANT:
            return job.name
    if progressed:
        return None
    still = (job.name for job in due if is_due(program, job, now))
    return next(still, None)


def advance(
    program: Program,
    to: datetime,
    stop: Callable[[], bool] | None = None,
    *,
    jobs: Iterable[Job] | None = None,
) -> int:
    """Move the sandbox clock to `to`, halting to run jobs wherever one is due; how many rounds did something.

    `stop()` is asked after each instant: once it says yes, the clock stays there.
    """
    clock = program.clock
    if not isinstance(clock, SandboxClock):
        raise InfraError("Only the sandbox clock of a demo database can be moved.")
    listed = JOBS if jobs is None else tuple(jobs)
    rounds = 0
    while True:
        rounds += run_due(program, clock.now(), jobs=listed)
        if clock.now() >= to or (stop is not None and stop()):
            return rounds
        clock.move(min(next_due(program, clock.now(), jobs=listed) or to, to))


def next_due(program: Program, now: datetime, *, jobs: Iterable[Job] | None = None) -> datetime | None:
    """The next instant after now at which any job has something to do."""
    listed = JOBS if jobs is None else tuple(jobs)
    with program.database.reading() as session:
        instants = [job.due(session, now) for job in listed]
    return min((at for at in instants if at is not None and at > now), default=None)
