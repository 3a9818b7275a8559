"""The command itself: its list of commands, how it speaks, and errors said in a sentence instead of a traceback.

A command's module is loaded when the command is run and not to name it: putting the whole program together
takes about two seconds, and most of what is typed needs little of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from infra.errors import NotInstalled, NotMigrated

if TYPE_CHECKING:
    from infra.program import Program
    from infra.settings import Settings

# Each command, the module of this folder that holds it, and what the list says of it: its own first words.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": (
        "demo",
        "Play a Friday evening in Finsbury Park: restaurants, riders, texts and books, then serve its pages.",
    ),
    "init": (
        "keeping",
        "Create the database: its tables, what it is for ever, its first rules and its first administrator.",
    ),
    "serve": ("running", "Serve the pages, and do the jobs."),
    "worker": (
        "running",
        "Do the jobs beside `pannier serve`, on as many machines as you like (PostgreSQL).",
    ),
    "rulebook": ("rules", "The co-op's rules: check a file, adopt it, show what holds."),
    "people": ("house", "People: add, list, end."),
    "restaurants": ("house", "Restaurants: add, list, end, a new key."),
    "riders": ("house", "Riders: add, list, end."),
    "sign-in-link": (
        "house",
        "Print a one-time sign-in link: for the first sign-in, or when texts do not work.",
    ),
    "check-books": (
        "house",
        "Prove the books: every finding, or none, and the trial balance. Exit code 1 when anything is wrong.",
    ),
    "rebuild-balances": (
        "house",
        "Add up every account anew from its entries, and say which were kept otherwise; entries are not touched.",
    ),
    "settlements": (
        "settling",
        "Settlements with restaurants: draft, issue, pay, say what the bank refused.",
    ),
    "vat": ("settling", "The VAT of a quarter: net, VAT and gross by rate and kind, and boxes 1 and 6."),
    "owed": ("owing", "What is owed for others, tax, contributions and VAT: list it, say what was paid on."),
    "export": ("books", "Write the books as plain-text accounting, for Beancount or hledger to check."),
    "reconcile": (
        "books",
        "Compare Stripe's balance with the books now: every difference and its likely cause. Exit code 1 with any.",
    ),
    "pay-run": ("payruns", "Pay runs: draw one up, approve it, pay it, say what the bank refused, close it."),
    "tips": (
        "tips",
        "Write the register of tips as CSV: each tip, who got how much of it, and when it was paid.",
    ),
    "forget-due": (
        "house",
        "Blank personal data past its days (the server does it by itself, every day).",
    ),
    "migrate": ("keeping", "Bring the database to this version's tables; on SQLite after a backup."),
    "backup": ("keeping", "Copy the whole database into the backups folder; the server may keep running."),
    "restore": ("keeping", "Put a backup in the database's place; stop the server first."),
    "tune": (
        "tune",
        "Ride past evenings again at several weights of fairness, and say which the members might choose.",
    ),
    "replay": (
        "replay",
        "Replay a meal delivery routing day: same API, jobs, texts and books, riders to the minute.",
    ),
    "version": ("keeping", "Say which version this is."),
}

OURS = ("infra.errors", "riders_app.errors", "dispatch.errors", "payments.errors", "routing.errors")

# What people wrote may have square brackets, which are no markup of ours.
out = Console(highlight=False, markup=False)
err = Console(stderr=True, highlight=False, markup=False)


def say(words: str, *, style: str | None = None) -> None:
    """Tell the person at the keyboard, a sentence a line."""
    out.print(words, style=style, markup=False, soft_wrap=True)


class Listed(TyperCommand):
    """A command as the list knows it."""

    def __init__(self, name: str, module: str, words: str) -> None:
        super().__init__(name=name, help=words)
        self.module = module

    def loaded(self) -> Any:
        """The command itself, from its module."""
        module = import_module(f"infra.cli.{self.module}")
        return get_group(module.commands).commands[cast(str, self.name)]


class PlainSpoken(TyperGroup):
    """A command group that says what went wrong and what to do; a traceback is for faults of ours only."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands = {name: Listed(name, *of) for name, of in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is meant, from its module."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.loaded() if isinstance(command, Listed) else command, rest

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
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold people's data
)


@app.callback()
def pannier() -> None:
    """The platform a neighbourhood delivery co-op runs itself on."""


def sentence(fault: Exception) -> str | None:
    """What to tell a person about a fault; None when it is ours to mend."""
    if type(fault).__module__ in OURS:
        return str(fault)
    from pydantic import ValidationError
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

    if isinstance(fault, ValidationError):
        wrong = [f"PANNIER_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in fault.errors()]
        return "These settings cannot be used (see docs/settings.md):\n" + "\n".join(wrong)
    if isinstance(fault, (ArgumentError, NoSuchModuleError)):
        return "PANNIER_DATABASE_URL is no address of a database: write sqlite:///... or postgresql://..."
    if isinstance(fault, OperationalError):
        return f"The database cannot be used ({fault.orig}): check PANNIER_DATABASE_URL and that it runs."
    return None


def write(file: Path, text: str) -> None:
    """Write a file only its owner can read: names and accounts stand in it."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text, encoding="utf-8", newline="")
    say(f"Written to {file}.")


@contextmanager
def opened(settings: "Settings | None" = None) -> Iterator["Program"]:
    """The program on a database that is installed and at this version's tables; by default as settings say."""
    from infra.compose import equip
    from infra.program import Program
    from infra.settings import Settings

    settings = settings or Settings()
    check_tables(settings)
    program = equip(Program.open(settings))
    try:
        yield program
    finally:
        program.close()


def check_tables(settings: "Settings") -> None:
    """NotInstalled without a database, NotMigrated when its tables are of another version."""
    from infra.database import Database
    from infra.migrations import current, head

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
