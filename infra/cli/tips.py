"""`pannier tips`: the register that answers a rider, a member or an inspector."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.root import opened, out, say
from infra.errors import InfraError

commands = typer.Typer()
DAY = ["%Y-%m-%d"]
THREE_YEARS = timedelta(days=3 * 366)


@commands.command("tips")
def tips(
    rider: Annotated[int | None, typer.Option(help="The number of one rider; else every rider.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=DAY, help="The first day; else three years back.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=DAY, help="The first day no more; else up to now.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--to", dir_okay=False, help="The file to write; else it is printed.")
    ] = None,
) -> None:
    """Write the register of tips as CSV: each tip, who got how much of it, and when it was paid."""
    from dispatch import tipbook
    from payments import books

    with opened() as program, program.database.reading() as session:
        now = program.clock.now()
        rules = books.in_force(session, at=now)[1]
        first = rules.midnight(since.date()) if since else now - THREE_YEARS
        last = rules.midnight(until.date()) if until else now + timedelta(microseconds=1)
        if last <= first:
            raise InfraError("--since must be a day before --until.")
        lines = tipbook.register(session, rules, since=first, until=last, rider_id=rider)
        text = tipbook.as_csv(lines, rules.co_op.currency)
    if file is None:
        out.file.write(text)
        return
    if file.exists():
        raise InfraError(f"There is a file {file} already: name another.")
    file.write_bytes(text.encode("utf-8-sig"))
    say(f"{file}: {len(lines)} line{'' if len(lines) == 1 else 's'}, each a rider's part of a tip.")
