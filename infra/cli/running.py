"""Commands that run the co-op: serve and worker."""

import logging
import signal
import socket
import threading
from contextlib import ExitStack
from typing import Annotated

import typer
import uvicorn

from infra import founding
from infra.app import create_app
from infra.cli.root import opened, say
from infra.clock import SandboxClock
from infra.compiled import Compiled
from infra.errors import InfraError, RefusesToStart, WorkerNeedsPostgres, WorkerRefusesDemo
from infra.install import notices, refusals
from infra.lock import hold
from infra.presence import tell_workers
from infra.program import Program
from infra.settings import Settings
from infra.worker import Worker

commands = typer.Typer()

# How long open pages and running jobs are waited for at the end.
PATIENCE_S = 5


@commands.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Pages only: `pannier worker` does the jobs (PostgreSQL).")
    ] = False,
) -> None:
    """Serve the pages, and do the jobs."""
    settings = _with(Settings(), host=host, port=port)
    _speak_up()
    with ExitStack() as stack:
        path = settings.sqlite_path
        if path is not None:
            if no_worker:
                raise InfraError("On SQLite `pannier serve` does the jobs itself: leave --no-worker out.")
            stack.enter_context(hold(path))
        program = stack.enter_context(opened(settings))
        _check(program)
        listening = stack.enter_context(_listen(settings))
        if no_worker:
            program.on_nudge = lambda: tell_workers(program.database)
        else:
            program.compiled = stack.enter_context(Compiled.of(settings))
            stack.callback(_working(program).stop, PATIENCE_S)
        _announce(program, listening.getsockname()[1])
        _run_web(program, listening)


@commands.command()
def worker() -> None:
    """Do the jobs beside `pannier serve`, on as many machines as you like (PostgreSQL)."""
    settings = Settings()
    if settings.sqlite_path is not None:
        raise WorkerNeedsPostgres
    _speak_up()
    with opened(settings) as program:
        if isinstance(program.clock, SandboxClock):
            raise WorkerRefusesDemo
        _check(program)
        over = threading.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: over.set())
        with Compiled.of(settings) as program.compiled:
            working = _working(program)
            say(f"Working as {working.executor}. Ctrl-C to stop.")
            over.wait()
            working.stop(PATIENCE_S)


def _with(settings: Settings, *, host: str | None, port: int | None) -> Settings:
    said = {"host": host, "port": port}
    return settings.model_copy(update={name: value for name, value in said.items() if value is not None})


def _check(program: Program) -> None:
    reasons = refusals(program.settings, program.kind, program.settings.host)
    if reasons:
        raise RefusesToStart(reasons)


def _working(program: Program) -> Worker:
    made = Worker(program)
    made.start()
    return made


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio turns off Nagle's algorithm (40 ms an answer) only on a socket that says it is TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        # From here on a page asked for waits for its answer rather than being refused.
        listening.listen(128)
    except OSError as fault:
        listening.close()
        raise InfraError(
            f"Cannot listen on {settings.host} port {settings.port} ({fault.strerror}): "
            "choose another with --host and --port."
        ) from fault
    return listening


def _announce(program: Program, port: int) -> None:
    settings = program.settings
    local = f"http://{settings.host}:{port}"
    say(f"Pannier ({program.kind}) at {settings.public_url or local}")
    if settings.public_url:
        say(f"Listening on {local}")
    say(f"Health at {local}/healthz. Ctrl-C to stop.")
    with program.database.reading() as session:
        if not founding.has_rules(session, now=program.clock.now()):
            say("There are no rules yet, so no orders: pannier rulebook adopt FILE", style="yellow")
    for notice in notices(settings, program.kind):
        say(notice, style="yellow")


def _run_web(program: Program, listening: socket.socket) -> None:
    config = uvicorn.Config(
        create_app(program), log_level="warning", access_log=False, timeout_graceful_shutdown=PATIENCE_S
    )
    # uvicorn raises the signal that stopped it once more: without a handler it would end the process before
    # the worker's running jobs have come to an end.
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: None)
    uvicorn.Server(config).run(sockets=[listening])


def _speak_up() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("pannier").setLevel(logging.INFO)
