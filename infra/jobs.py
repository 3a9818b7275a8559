"""The jobs, and how simulated time runs them: the very same functions, from due instant to due instant."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from dispatch import cards
from infra import rounds
from infra.clock import SandboxClock
from infra.errors import InfraError, JobStuck
from infra.program import Program
from riders_app import inbox, outbox, sandbox_carrier

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
    Job("sandbox", sandbox_carrier.next_due, sandbox_carrier.run),
    Job("inbox", inbox.next_due, inbox.run),
    Job("expire", rounds.expire_due, rounds.expire),
    Job("stripe-sandbox", rounds.sandbox_due, rounds.sandbox),
    Job("stripe-events", cards.events_due, cards.run_events),
    Job("watch", rounds.watch_due, rounds.watch_shifts),
    Job("rest", rounds.rest_due, rounds.rest),
    Job("rota", rounds.rota_due, rounds.lapse),
    Job("plan", rounds.plan_due, rounds.plan),
    Job("ring", rounds.ring_due, rounds.ring),
    Job("hint", rounds.hint_due, rounds.hint),
    Job("spread", outbox.spread_due, outbox.run_spread),
    Job("send", outbox.next_due, outbox.run_send),
    Job("tips", rounds.tips_due, rounds.share_tips),
    Job("stripe-calls", cards.calls_due, cards.run_calls),
    Job("reconcile", cards.reconcile_due, cards.run_reconcile),
    Job("prices", outbox.prices_due, outbox.run_prices),
    Job("release", rounds.release_due, rounds.release),
    Job("check", rounds.check_due, rounds.check),
    Job("settle", rounds.settle_due, rounds.settle),
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
    return _work_off(program, JOBS if jobs is None else tuple(jobs), now)[0]


def _work_off(program: Program, listed: tuple[Job, ...], now: datetime) -> tuple[int, datetime | None]:
    """Run until none is due; how many rounds did something, and the next instant after now that calls for one."""
    done: dict[str, int] = {}
    while True:
        asked = _pass(program, listed, now, done)
        if not asked.due:
            return sum(done.values()), asked.next_at
        # A job may wait for what another one writes, so only a pass in which none did anything is stuck.
        if not asked.progressed:
            for job in asked.due:
                if is_due(program, job, now):
                    raise JobStuck(job.name)


@dataclass(slots=True)
class _Pass:
    """One walk over the jobs: which were due, whether any did something, when the first of the others is."""

    due: list[Job] = field(default_factory=list)
    progressed: bool = False
    next_at: datetime | None = None


def _pass(program: Program, listed: tuple[Job, ...], now: datetime, done: dict[str, int]) -> _Pass:
    """Ask each job in order and run it if it is due, so that what one writes the next already sees."""
    asked = _Pass()
    with ExitStack() as look:
        session: Session | None = None  # one look at the rows lasts until a job has written some
        for job in listed:
            session = session or look.enter_context(program.database.reading())
            at = job.due(session, now)
            if at is None:
                continue
            if at > now:
                asked.next_at = min(asked.next_at or at, at)
                continue
            asked.due.append(job)
            look.close()
            session = None
            if run_once(program, job, now):
                asked.progressed = True
                done[job.name] = done.get(job.name, 0) + 1
                if done[job.name] > ROUNDS_AT_ONE_INSTANT:
                    raise JobStuck(job.name)
    return asked


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
        did, next_at = _work_off(program, listed, clock.now())
        rounds += did
        if clock.now() >= to or (stop is not None and stop()):
            return rounds
        clock.move(min(next_at or to, to))


def next_due(program: Program, now: datetime, *, jobs: Iterable[Job] | None = None) -> datetime | None:
    """The next instant after now at which any job has something to do."""
    listed = JOBS if jobs is None else tuple(jobs)
    with program.database.reading() as session:
        instants = [job.due(session, now) for job in listed]
    return min((at for at in instants if at is not None and at > now), default=None)
