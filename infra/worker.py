"""The worker: DBOS calls our jobs, at least once, on time, one at a time each; our rows are the truth.

A sweep thread asks every job whether its rows call for it and enqueues those that are due; a nudge only
wakes the sweep early. Each job is one partition of one queue, and DBOS runs one workflow of a partition at a
time, over all processes. Nothing is kept in DBOS that could not be thrown away: what a killed process left
running is cancelled, and the next sweep starts again from the rows.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from uuid import uuid4

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, WorkflowStatus
from sqlmodel import col, delete

from infra import trouble
from infra.clock import WallClock
from infra.jobs import JOBS, Job, is_due, run_once
from infra.presence import Presence
from infra.program import Program
from infra.tables import Sweep

# A constant: DBOS's default, a hash of the sources, would leave the work of the version before an upgrade
# waiting for ever, and its partition with it.
APPLICATION_VERSION = "pannier-jobs-1"
QUEUE = "pannier-jobs"
WORKFLOW = "pannier-job"
# 80 ms keeps a nudge under 100 ms; each look costs about 4 ms of CPU, hence not less.
POLL_S = 0.08
SWEEP_S = 1.0
# How often a worker writes down that it is sweeping, for the health page of another process.
SIGN_OF_LIFE_S = 30.0
CLEAN_EVERY_S = 24 * 3600.0
# Of DBOS to its own tables: one server's hundred are for all processes.
MOST_CONNECTIONS = 10
# What one call does before it lets go of its partition, so that a busy job can still be stopped.
ROUNDS_PER_CALL = 50
KEEP_FINISHED = timedelta(days=1)
FINISHED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

log = logging.getLogger("pannier.worker")


class Worker:
    """The one worker of this process."""

    def __init__(self, program: Program, jobs: Sequence[Job] | None = None) -> None:
        self.program = program
        self.jobs = {job.name: job for job in (JOBS if jobs is None else jobs)}
        self.executor = f"w{uuid4().hex[:12]}"
        # Back-off, signs of life and tidying go by the wall even when jobs go by the sandbox clock.
        self._wall = WallClock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._presence = Presence(program.database, self.executor, on_nudge=self._wake.set)
        self._thread = threading.Thread(target=self._sweep_on, name="pannier-sweep", daemon=True)
        self._call: Callable[[str], None] = self._work
        self._signed_at = self._cleaned_at = float("-inf")

    def start(self) -> None:
        """Launch DBOS and the sweep."""
        # Seen to be alive before the first workflow can be ours, or another worker would cancel it.
        self._presence.start()
        DBOS(config=_config(self.program, self.executor))

        @DBOS.workflow(name=WORKFLOW)
        def call(job: str) -> None:
            self._work(job)

        self._call = call
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, partition_concurrency=1, polling_interval_sec=POLL_S, on_conflict="always_update"
        )
        self.program.on_nudge = self.nudge
        self._thread.start()

    def stop(self, wait_s: int = 10) -> None:
        """Sweep no more and let running jobs end; whatever they leave, the rows still call for."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(wait_s)
        DBOS.destroy(workflow_completion_timeout_sec=wait_s, destroy_registry=True)
        self._presence.stop()

    def nudge(self) -> None:
        """Look for due rows now rather than within the second."""
        self._wake.set()

    def sweep(self) -> None:
        """Cancel what the dead left running, and enqueue every due job that does not wait already."""
        self._cancel_dead()
        waiting = {run.queue_partition_key for run in _workflows("ENQUEUED")}
        for job in self._due():
            # One that runs may have looked past the newest row, so one more may wait behind it, never two.
            if job.name not in waiting:
                with SetEnqueueOptions(queue_partition_key=job.name):
                    DBOS.enqueue_workflow(QUEUE, self._call, job.name)
        self._sign()
        self._clean()

    def _sweep_on(self) -> None:
        while not self._stopping.is_set():
            try:
                self.sweep()
            except Exception as fault:
                log.error("sweep failed: %s", type(fault).__name__)
                self._stopping.wait(SWEEP_S)
            self._wake.wait(SWEEP_S)
            self._wake.clear()

    def _due(self) -> list[Job]:
        with self.program.database.reading() as session:
            backing_off = trouble.waiting(session, now=self._wall.now())
        now = self.program.clock.now()
        due: list[Job] = []
        for job in self.jobs.values():
            if job.name in backing_off:
                continue
            try:
                if is_due(self.program, job, now):
                    due.append(job)
            except Exception as fault:
                self._failed(job.name, type(fault).__name__)
        return due

    def _work(self, name: str) -> None:
        """Work off one job; never raises, because a failed workflow would tell nobody."""
        job = self.jobs.get(name)
        if job is None:
            log.warning("job %s is no longer known here", name)
            return
        try:
            self._rounds(job)
        except Exception as fault:
            self._failed(name, type(fault).__name__)

    def _rounds(self, job: Job) -> None:
        for _ in range(ROUNDS_PER_CALL):
            now = self.program.clock.now()
            if self._stopping.is_set() or not is_due(self.program, job, now):
                break
            if not run_once(self.program, job, now):
                # Fine when somebody else did it first; not when it is still there.
                if is_due(self.program, job, now):
                    self._failed(job.name, "JobStuck")
                    return
                break
            # What one job wrote is the next one's work: an offer is on its way without waiting for the second.
            self.nudge()
        with self.program.database.reading() as session:
            in_trouble = any(row.job == job.name for row in trouble.troubles(session))
        if in_trouble:
            with self.program.database.writing() as session:
                trouble.recovered(session, job.name)

    def _failed(self, name: str, fault: str) -> None:
        # The class of the fault only: its message may carry a name, an address or a text.
        try:
            with self.program.database.writing() as session:
                row = trouble.failed(session, name, fault, now=self._wall.now())
                log.error("job %s failed (%s), try %s, again at %s", name, fault, row.tries, row.retry_at)
        except Exception as second:
            log.error("job %s failed (%s), and noting it too (%s)", name, fault, type(second).__name__)

    def _cancel_dead(self) -> None:
        """A running workflow blocks its partition until someone ends it; its process may be gone."""
        owners = {run.workflow_id: run.executor_id or "" for run in _workflows("PENDING")}
        others = set(owners.values()) - {self.executor}
        if not others:
            return
        dead = others - self._presence.alive(others)
        left = [workflow for workflow, owner in owners.items() if owner in dead]
        if left:
            log.warning("%s unfinished calls of ended workers cancelled; their rows are due again", len(left))
            DBOS.cancel_workflows(left)

    def _sign(self) -> None:
        now = self._wall.now()
        self.program.swept_at = now
        if monotonic() - self._signed_at < SIGN_OF_LIFE_S:
            return
        with self.program.database.writing() as session:
            session.exec(delete(Sweep).where(col(Sweep.swept_at) < now - timedelta(days=1)))
            session.merge(Sweep(executor=self.executor, swept_at=now))
        self._signed_at = monotonic()

    def _clean(self) -> None:
        """Once a day, delete what DBOS keeps of finished calls."""
        if monotonic() - self._cleaned_at < CLEAN_EVERY_S:
            return
        before = (self._wall.now() - KEEP_FINISHED).isoformat()
        while not self._stopping.is_set():
            finished = DBOS.list_workflows(
                name=WORKFLOW,
                status=FINISHED,
                end_time=before,
                limit=500,
                load_input=False,
                load_output=False,
            )
            if not finished:
                break
            DBOS.delete_workflows([run.workflow_id for run in finished])
        self._cleaned_at = monotonic()


def _workflows(status: str) -> list[WorkflowStatus]:
    return DBOS.list_workflows(name=WORKFLOW, status=status, load_input=False, load_output=False)


def _config(program: Program, executor: str) -> DBOSConfig:
    return {
        "name": "pannier",
        "system_database_url": _system_database(program),
        "application_version": APPLICATION_VERSION,
        "executor_id": executor,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
        "sys_db_pool_size": MOST_CONNECTIONS,
    }


def _system_database(program: Program) -> str:
    """DBOS's own tables: a second SQLite file beside ours, or the schema `dbos` of our PostgreSQL one."""
    path = program.settings.sqlite_path
    if path is None:
        return program.database.engine.url.render_as_string(hide_password=False)
    beside = path.with_name(f"{path.stem}.jobs{path.suffix}")
    with sqlite3.connect(beside) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return f"sqlite:///{beside}"
