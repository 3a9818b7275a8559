"""Commands for the treasurer: settlements with restaurants, and the VAT of a quarter."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.cli.root import opened, out, say, write
from infra.cli.treasurers import By, minor, treasurer
from infra.errors import InfraError
from payments.money import told

commands = typer.Typer()
settlements_app = typer.Typer(
    help="Settlements with restaurants: draft, issue, pay, say what the bank refused.", no_args_is_help=True
)
commands.add_typer(settlements_app, name="settlements")

Number = Annotated[int, typer.Argument(help="The settlement's number in the list.")]


@settlements_app.command("draft")
def settlements_draft() -> None:
    """Draft every settlement whose period has ended (the server does it by itself)."""
    from payments import settlements

    with opened() as program, program.database.writing() as session:
        made = settlements.draft_due(session, now=program.clock.now())
    say(f"Drafted {len(made)}." if made else "Nothing was due.")


@settlements_app.command("list")
def settlements_list() -> None:
    """List settlements, the last period first."""
    from dispatch.tables import Restaurant
    from payments import books, settlements

    table = Table("", "restaurant", "until", "number", "state", "balance", "we pay", "they pay")
    with opened() as program, program.database.reading() as session:
        rules = books.in_force(session, at=program.clock.now())[1]
        currency = rules.co_op.currency
        for row in settlements.listed(session):
            place = session.get(Restaurant, row.restaurant_id)
            table.add_row(
                str(row.id),
                place.name if place else str(row.restaurant_id),
                rules.local(row.until - timedelta(seconds=1)).date().isoformat(),
                row.number or "",
                row.state,
                told(settlements.bill(session, row).closing_minor, currency),
                told(row.payout_minor, currency) if row.payout_minor else "",
                told(row.due_minor, currency) if row.due_minor else "",
            )
    out.print(table)


@settlements_app.command("issue")
def settlements_issue(number: Number, by: By) -> None:
    """Issue a draft: it is given its number, and never changes again."""
    from dispatch.web import settled
    from payments import settlements, settling

    with opened() as program, program.database.writing() as session:
        person = treasurer(session, by, drama=program.sandbox)
        row = settlements.get(session, number)
        customer = settled.customer(session, row.restaurant_id)
        settling.issue(session, row, customer=customer, by=person, now=program.clock.now())
        said = settled.paper(session, row, program.clock.now()).outcome
    say(f"Issued {row.number}. {said}")


@settlements_app.command("bank-file")
def settlements_bank_file(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The file to write.")], by: By
) -> None:
    """Write the file for the bank; what is in it is on its way to the restaurants from now on."""
    from dispatch import places
    from payments import books, settling

    with opened() as program, program.database.writing() as session:
        treasurer(session, by, drama=program.sandbox)
        now = program.clock.now()
        made, without = settling.bank_file(session, now=now)
        write(file, made.text)
        currency = books.in_force(session, at=now)[1].co_op.currency
        say(f"{made.count} payments, {told(made.total_minor, currency)} in all.")
        if without:
            names = ", ".join(places.get(session, each).name for each in without)
            say(f"Without a bank account, and not in it: {names}.", style="yellow")


@settlements_app.command("paid")
def settlements_paid(
    number: Number,
    by: By,
    amount: Annotated[
        str, typer.Option("--amount", help="What came in of an invoice that was due, like 12.50; else all.")
    ] = "",
) -> None:
    """Say that a settlement was paid: to the restaurant, or by it where its invoice was due."""
    from payments import settlements, settling

    came = minor(amount) if amount else None
    with opened() as program, program.database.writing() as session:
        person, now = treasurer(session, by, drama=program.sandbox), program.clock.now()
        row = settlements.get(session, number)
        if row.due_minor:
            settling.received(session, row, by=person, amount_minor=came, now=now)
        elif came is not None:
            raise InfraError(f"The co-op pays {row.number or 'this one'}: --amount is for what comes in.")
        else:
            settling.paid(session, row, by=person, now=now)
    say(f"{row.number} is {row.state}.")


@settlements_app.command("refused")
def settlements_refused(
    number: Number, reason: Annotated[str, typer.Option("--reason", help="What the bank said.")], by: By
) -> None:
    """Say that the bank refused a settlement's payment, or sent it back once it was paid."""
    from payments import settlements, settling

    with opened() as program, program.database.writing() as session:
        person, now = treasurer(session, by, drama=program.sandbox), program.clock.now()
        row = settlements.get(session, number)
        made = settling.did_not_arrive(session, row, reason=reason, by=person, now=now)
        what = "came back" if made.state == "returned" else "was refused"
        money = told(made.amount_minor, made.currency)
    say(f"{row.number}: {money} {what}, and is the restaurant's again. {row.number} is {row.state}.")


@settlements_app.command("again")
def settlements_again(number: Number, by: By) -> None:
    """Pay a settlement again whose payment was refused or came back, to the account the restaurant has now."""
    from payments import settlements, settling

    with opened() as program, program.database.writing() as session:
        person, now = treasurer(session, by, drama=program.sandbox), program.clock.now()
        row = settlements.get(session, number)
        made = settling.pay_again(session, row, by=person, now=now)
        money = told(made.amount_minor, made.currency)
    say(f"{row.number}: {money} is set aside again. It is in the next bank file.")


@settlements_app.command("close")
def settlements_close(number: Number, by: By) -> None:
    """Close a settlement with which nothing more is to be done."""
    from payments import settlements, settling

    with opened() as program, program.database.writing() as session:
        person, now = treasurer(session, by, drama=program.sandbox), program.clock.now()
        row = settling.close(session, settlements.get(session, number), by=person, now=now)
    say(f"{row.number} is {row.state}.")


@commands.command("vat")
def vat_quarter(
    quarter: Annotated[
        str, typer.Option("--quarter", help="Any month of the quarter, like 2026-11; else this one.")
    ] = "",
) -> None:
    """The VAT of a quarter: net, VAT and gross by rate and kind, and boxes 1 and 6."""
    from payments import books, vat

    with opened() as program, program.database.reading() as session:
        rules = books.in_force(session, at=program.clock.now())[1]
        first, after = rules.vat.quarter(
            _month(quarter) if quarter else rules.local(program.clock.now()).date()
        )
        found = vat.reported(session, since=rules.midnight(first), until=rules.midnight(after))
    currency = rules.co_op.currency
    table = Table(
        "kind", "rate", "net", "VAT", "gross", "entries", title=f"VAT, {first} to {after - timedelta(days=1)}"
    )
    for each in found.sums:
        figures = (told(sum_, currency) for sum_ in (each.net_minor, each.vat_minor, each.gross_minor))
        table.add_row(each.kind, f"{each.rate_bp / 100:g} %", *figures, str(len(each.entry_ids)))
    out.print(table)
    say(f"Box 1, VAT due on sales: {told(found.box_1_minor, currency)}")
    say(f"Box 6, sales without VAT, whole pounds: {told(found.box_6_pounds * 100, currency)}")
    if not rules.vat.registered:
        say("The co-op is not registered for VAT by the rules in force.")


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InfraError(f"{text} is no month: write one of the quarter's, like 2026-11.") from None
