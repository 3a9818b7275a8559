"""Commands about the rules; what only needs the file opens no database and loads nothing for one."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.cli import books as beside
from infra.cli.root import opened, out, say
from payments.rulebook import parse

commands = typer.Typer()
rulebook = typer.Typer(
    help="The co-op's rules: check a file, adopt it, show what holds.", no_args_is_help=True
)
commands.add_typer(rulebook, name="rulebook")
rulebook.command("diff")(beside.diff)
rulebook.command("simulate")(beside.simulate)


@rulebook.command("check")
def rulebook_check(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Say everything that is wrong with a rulebook file, or that nothing is."""
    rules = parse(beside.read(file))
    say(f"{file}: the rules of {rules.co_op.name} can be adopted.")


@rulebook.command("adopt")
def rulebook_adopt(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    resolution: Annotated[str, typer.Option(help="The members' decision: which meeting, when.")],
    from_: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")
    ] = None,
) -> None:
    """Adopt a rulebook from a day on; what was posted before keeps its rules."""
    from infra import founding

    with opened() as program, program.database.writing() as session:
        day: date | None = from_.date() if from_ else None
        version = founding.adopt(
            session,
            beside.read(file),
            resolution=resolution,
            now=program.clock.now(),
            effective_on=day,
        )
        say(f"Adopted as version {version}.")


@rulebook.command("show")
def rulebook_show() -> None:
    """Every version there is, and the text in force."""
    from payments import books

    with opened() as program, program.database.reading() as session:
        table = Table("version", "from", "resolution", "adopted")
        for row in books.versions(session):
            table.add_row(row.version, str(row.effective_on), row.resolution, f"{row.adopted_at:%Y-%m-%d}")
        out.print(table)
        version, _ = books.in_force(session, at=program.clock.now())
        text = next(row.text for row in books.versions(session) if row.version == version)
        out.print(text, markup=False, highlight=False)
