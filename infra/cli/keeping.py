"""Commands that keep the database: init, migrate, backup, restore, version."""

from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated

import typer

from dispatch import people
from dispatch.tables import known
from infra import backup as backups
from infra import founding, migrations
from infra.cli.root import say
from infra.clock import WallClock
from infra.database import Database
from infra.errors import InfraError
from infra.install import mark
from infra.settings import Settings
from payments.rulebook import parse

commands = typer.Typer()


@commands.command()
def init(
    demo: Annotated[
        bool, typer.Option("--demo", help="A demo for ever: sandbox phones and clock, this machine only.")
    ] = False,
    rules: Annotated[
        Path | None,
        typer.Option("--rulebook", exists=True, dir_okay=False, help="The co-op's rules; a demo has some."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The first administrator's name.")] = None,
    phone: Annotated[str | None, typer.Option(help="And their mobile number.")] = None,
) -> None:
    """Create the database: its tables, what it is for ever, its first rules and its first administrator."""
    settings = Settings()
    now = WallClock().now()
    if (name is None) != (phone is None):
        raise InfraError("The first administrator needs both --name and --phone.")
    number = people.phone(phone, drama=demo) if phone else None
    text = rules.read_text(encoding="utf-8") if rules else founding.example() if demo else None
    if text is not None:
        parse(text)  # before anything is made: what is wrong with it is told, and nothing has happened
    migrations.migrate(settings, now=now)
    settings.secret()
    database = Database.open(settings.database)
    try:
        with database.writing() as session:
            mark(session, "demo" if demo else "live", now=now)
            if text is not None and not founding.has_rules(session, now=now):
                founding.adopt(session, text, resolution="first rules", now=now)
            ruled = founding.has_rules(session, now=now)
            link = None
            if name and number:
                first = founding.administrator(session, name=name, phone=number, drama=demo, now=now)
                link = founding.sign_in_address(
                    session,
                    known(first.id),
                    secret=settings.secret().encode(),
                    public_url=settings.url,
                    now=now,
                )
    finally:
        database.close()
    following = "pannier serve" if ruled else "pannier rulebook adopt FILE, then pannier serve"
    say(f"The {'demo' if demo else 'live'} database is ready. Next: {following}")
    if link is not None:
        say(f"Then sign in, within fifteen minutes and once: {link}")
        say("Later links: pannier sign-in-link --phone NUMBER")
    elif not demo:
        say("Nobody can sign in yet: pannier init --name NAME --phone NUMBER makes the first administrator.")


@commands.command()
def migrate() -> None:
    """Bring the database to this version's tables; on SQLite after a backup."""
    done = migrations.migrate(Settings(), now=WallClock().now())
    if done.backup is not None:
        say(f"Backed up to {done.backup}")
    if done.before == done.after:
        say(f"Nothing to do: the database is at {done.after}.")
    else:
        say(f"The database went from {done.before or 'nothing'} to {done.after}.")


@commands.command()
def backup() -> None:
    """Copy the whole database into the backups folder; the server may keep running."""
    say(f"Backed up to {backups.take(Settings(), now=WallClock().now())}")


@commands.command()
def restore(file: Annotated[Path, typer.Argument(help="A file `pannier backup` made.")]) -> None:
    """Put a backup in the database's place; stop the server first."""
    kept = backups.restore(Settings(), file, now=WallClock().now())
    say(f"Restored {file}.")
    if kept is not None:
        say(f"What it replaced is kept at {kept}")
    say("Next: pannier migrate, then pannier serve")


@commands.command()
def version() -> None:
    """Say which version this is."""
    say(f"pannier {installed('pannier')}, tables {migrations.head()}")
