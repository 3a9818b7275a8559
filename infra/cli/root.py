"""The command itself: how it speaks, and errors said in a sentence instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from typer.core import TyperGroup

from infra.compose import equip
from infra.database import Database
from infra.errors import NotInstalled, NotMigrated
from infra.migrations import current, head
from infra.program import Program
from infra.settings import Settings

OURS = ("infra.errors", "riders_app.errors", "dispatch.errors", "payments.errors", "routing.errors")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(words: str, *, style: str | None = None) -> None:
    """Tell the person at the keyboard, a sentence a line."""
    out.print(words, style=style, markup=False, soft_wrap=True)


class PlainSpoken(TyperGroup):
    """A command group that says what went wrong and what to do; a traceback is for faults of ours only."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as fault:
            said = sentence(fault)
            if said is None:
                raise
            err.print(said, style="red", markup=False, soft_wrap=True)
            raise typer.Exit(1) from fault


app = typer.Typer(
    name="pannier",
    cls=PlainSpoken,
    help="The platform a neighbourhood delivery co-op runs itself on.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold people's data
)


def sentence(fault: Exception) -> str | None:
    """What to tell a person about a fault; None when it is ours to mend."""
    if type(fault).__module__ in OURS:
        return str(fault)
    if isinstance(fault, ValidationError):
        wrong = [f"PANNIER_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in fault.errors()]
        return "These settings cannot be used (see docs/settings.md):\n" + "\n".join(wrong)
    if isinstance(fault, (ArgumentError, NoSuchModuleError)):
        return "PANNIER_DATABASE_URL is no address of a database: write sqlite:///... or postgresql://..."
    if isinstance(fault, OperationalError):
        return f"The database cannot be used ({fault.orig}): check PANNIER_DATABASE_URL and that it runs."
    return None


@contextmanager
def opened(settings: Settings) -> Iterator[Program]:
    """The program on a database that is installed and at this version's tables."""
    check_tables(settings)
    program = equip(Program.open(settings))
    try:
        yield program
    finally:
        program.close()


def check_tables(settings: Settings) -> None:
    """NotInstalled without a database, NotMigrated when its tables are of another version."""
    path = settings.sqlite_path
    if path is not None and not path.exists():
        raise NotInstalled(f"There is no database {path} yet: run `pannier init` first.")
    database = Database.open(settings.database)
    try:
        at = current(database)
    finally:
        database.close()
    if at is None:
        raise NotInstalled
    if at != head():
        raise NotMigrated
