"""Commands for the treasurer: what is owed for others, and what was paid on of it."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from infra.cli.root import opened, out, say
from infra.cli.treasurers import By, minor, treasurer
from infra.errors import InfraError
from payments.money import told

commands = typer.Typer()
owed_app = typer.Typer(
    help="What is owed for others, tax, contributions and VAT: list it, say what was paid on."
)
commands.add_typer(owed_app, name="owed")


@owed_app.callback(invoke_without_command=True)
def owed(context: typer.Context) -> None:
    """List what is owed for others, and what was paid on of it."""
    if context.invoked_subcommand is not None:
        return
    from dispatch import people
    from payments import books, remittances

    with opened() as program, program.database.reading() as session:
        currency = books.in_force(session, at=program.clock.now())[1].co_op.currency
        table = Table("account", "owed")
        for each in remittances.owed(session):
            table.add_row(each.account, told(each.amount_minor, currency))
        rows = Table("", "left the bank", "reference", "entry", "by", "")
        for row in remittances.made(session):
            back = f"takes back {row.takes_back}: {row.reason}" if row.takes_back else ""
            name = people.get(session, row.by_person_id).name
            rows.add_row(
                str(row.number), row.paid_on.isoformat(), row.reference, str(row.entry_id), name, back
            )
    out.print(table)
    if rows.row_count:
        out.print(rows)


@owed_app.command("paid")
def paid(
    amounts: Annotated[
        list[str], typer.Argument(metavar="ACCOUNT=AMOUNT...", help="payroll:income-tax=412.50, and so on.")
    ],
    on: Annotated[
        datetime,
        typer.Option("--on", formats=["%Y-%m-%d"], help="The day it left the bank, like 2026-12-19."),
    ],
    reference: Annotated[str, typer.Option("--reference", help="What stands on the bank's statement.")],
    by: By,
    reclaimed: Annotated[
        str, typer.Option("--reclaimed", help="VAT reclaimed on what the co-op bought, and so not paid.")
    ] = "0",
    employer: Annotated[
        str, typer.Option("--employer", help="The employer's own contributions that were paid with it.")
    ] = "0",
) -> None:
    """Say that a payment of what is owed for others has left the bank."""
    from payments import books, remitting

    named = dict(_part(each) for each in amounts)
    if len(named) != len(amounts):
        raise InfraError("Name each account once.")
    with opened() as program, program.database.writing() as session:
        row = remitting.pay_on(
            session,
            named,
            paid_on=on.date(),
            reference=reference,
            by=treasurer(session, by, drama=program.sandbox),
            now=program.clock.now(),
            reclaimed_minor=minor(reclaimed),
            employer_minor=minor(employer),
        )
        money = told(row.left_minor, books.in_force(session, at=program.clock.now())[1].co_op.currency)
    say(f"Remittance {row.number}: {money} left the bank, entry {row.entry_id}.")


@owed_app.command("back")
def back(
    number: Annotated[int, typer.Argument(help="The remittance's number in the list.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is taken back.")],
    by: By,
) -> None:
    """Take back a payment that was written down by mistake."""
    from payments import remitting

    with opened() as program, program.database.writing() as session:
        person = treasurer(session, by, drama=program.sandbox)
        row = remitting.take_back(session, number, reason, by=person, now=program.clock.now())
    say(f"Remittance {number} is taken back, by {row.number}, entry {row.entry_id}.")


def _part(text: str) -> tuple[str, int]:
    account, equals, amount = text.partition("=")
    if not equals:
        raise InfraError(f"{text}: write an account and an amount, like payroll:income-tax=412.50.")
    return account.strip(), minor(amount)
