"""The stage of a simulation: a fresh demo database with rules and a first administrator, served on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from time import monotonic, sleep

import uvicorn
from sqlmodel import Session, select

from dispatch import people
from dispatch.tables import Person, known
from infra import migrations
from infra.app import create_app
from infra.clock import SandboxClock, WallClock
from infra.compose import equip
from infra.database import Database
from infra.errors import InfraError, RefusesToStart
from infra.install import mark, refusals
from infra.lock import hold
from infra.program import Program
from infra.settings import Settings
from infra.tables import Install
from payments import books, shares

HOST = "127.0.0.1"
START_WITHIN_S = 20
PATIENCE_S = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """A served program, and the phone its first administrator has."""

    program: Program
    url: str
    administrator: str


def fresh(settings: Settings, name: str) -> Settings:
    """These settings with a database of the simulation's own: as set, or a new file in the data folder."""
    if settings.database_url:
        return settings
    folder = settings.data / name
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while (path := folder / f"{name}-{number}.db").exists():
        number += 1
    return settings.model_copy(update={"database_url": f"sqlite:///{path}"})


@contextmanager
def stage(
    settings: Settings,
    *,
    rulebook: str,
    effective_on: date,
    start: datetime,
    administrator: tuple[str, str],
    port: int = 0,
) -> Iterator[Stage]:
    """Prepare the database, its clock at `start`, and serve it until the block ends.

    `administrator` is a name and an E.164 phone. RefusesToStart when anything stands in the database already.
    """
    with ExitStack() as stack:
        check_empty(settings)
        migrations.migrate(settings, now=WallClock().now())
        path = settings.sqlite_path
        if path is not None:
            stack.enter_context(hold(path))
        listening = stack.enter_context(_listening(port))
        served = settings.model_copy(
            update={"host": HOST, "port": listening.getsockname()[1], "clock": "sandbox"}
        )
        _found(served, rulebook, effective_on, start, administrator)
        program = Program.open(served)
        stack.callback(program.close)
        reasons = refusals(served, program.kind, HOST)
        if reasons:
            raise RefusesToStart(reasons)
        equip(program)
        stack.enter_context(_serving(program, listening))
        yield Stage(program, f"http://{HOST}:{served.port}", administrator[1])


def check_empty(settings: Settings) -> None:
    """RefusesToStart when the database is live, or was used before."""
    path = settings.sqlite_path
    if path is not None and not path.exists():
        return
    database = Database.open(settings.database)
    try:
        if migrations.current(database) is None:
            _check_bare(database)
            return
        if migrations.current(database) != migrations.head():
            raise RefusesToStart([f"{_where(settings)} is of another version: choose a database of its own."])
        with database.reading() as session:
            _check_unused(session, _where(settings))
    finally:
        database.close()


def _check_bare(database: Database) -> None:
    from sqlalchemy import inspect

    tables = [name for name in inspect(database.engine).get_table_names() if name != "alembic_version"]
    if tables:
        raise RefusesToStart(
            [
                "The database PANNIER_DATABASE_URL names holds tables that are not Pannier's: "
                "unset it, or name an empty one."
            ]
        )


def _check_unused(session: Session, where: str) -> None:
    row = session.get(Install, 1)
    used = session.exec(select(Person).limit(1)).first() is not None
    if row is not None and row.kind != "demo":
        raise RefusesToStart(
            [
                f"{where} is a live co-op's database, and a demo never touches one: "
                "unset PANNIER_DATABASE_URL, or name an empty one."
            ]
        )
    if used:
        what = "a demo that was played already" if row is not None else "data that is no demo's"
        raise RefusesToStart([f"{where} holds {what}: unset PANNIER_DATABASE_URL, or name an empty one."])


def _where(settings: Settings) -> str:
    path = settings.sqlite_path
    return str(path) if path is not None else "The database PANNIER_DATABASE_URL names"


def _found(
    settings: Settings, rulebook: str, effective_on: date, start: datetime, administrator: tuple[str, str]
) -> None:
    """What `pannier init` does, at the simulation's own instant."""
    settings.secret()
    database = Database.open(settings.database)
    try:
        with database.writing() as session:
            mark(session, "demo", now=start)
            books.adopt(
                session, rulebook, effective_on=effective_on, resolution="Founding meeting", now=start
            )
            name, phone = administrator
            person = people.add(session, name=name, phone=phone, now=start)
            people.grant(session, known(person.id), "administrator", now=start, by=None)
        SandboxClock.open(database, start=start)
    finally:
        database.close()


def seed_shares(program: Program, member_ids: list[tuple[int, int]]) -> None:
    """Members and how many shares each paid for: there is no page for that yet, so that it is done here."""
    now = program.clock.now()
    with program.database.writing() as session:
        rules = books.in_force(session, at=now)[1].shares
        for person_id, count in member_ids:
            if rules is not None:
                shares.issue(
                    session,
                    person_id,
                    count=count,
                    par_minor=rules.par_minor,
                    key=f"seed:{person_id}:shares",
                    why="Paid up on joining",
                    now=now,
                )


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # asyncio turns Nagle's algorithm off only on a socket that says it is TCP; with it, each answer waits 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError:  # somebody else is at that port: any other will do
            listening.bind((HOST, 0))
        yield listening


@contextmanager
def _serving(program: Program, listening: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        create_app(program), log_level="warning", access_log=False, timeout_graceful_shutdown=PATIENCE_S
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), name="pannier-web", daemon=True)
    thread.start()
    give_up = monotonic() + START_WITHIN_S
    while not server.started:
        if not thread.is_alive() or monotonic() > give_up:
            raise InfraError("The web server did not start: see its messages above.")
        sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S + 1)


def example(name: str) -> str:
    """A rulebook of infra/examples."""
    return (files("infra") / "examples" / name).read_text(encoding="utf-8")


def with_rules(text: str, **values: object) -> str:
    """A rulebook with some of its lines `key = value` written anew; the rest stays as it is."""
    lines = text.splitlines(keepends=True)
    for key, value in values.items():
        at = [i for i, line in enumerate(lines) if line.partition("=")[0].strip() == key]
        if len(at) != 1:
            raise ValueError(f"{key} stands {len(at)} times in the rulebook")
        lines[at[0]] = f"{key} = {value}\n"
    return "".join(lines)
