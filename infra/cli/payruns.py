"""Commands for payday: the same steps as on the desk, for whoever keeps the books from a terminal."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlmodel import Session

from dispatch import paydays
from infra.cli.books import read
from infra.cli.root import opened, out, say, write
from infra.cli.treasurers import By, treasurer
from infra.errors import InfraError
from infra.program import Program
from payments import books, runs
from payments.money import told
from payments.payouts import Payout
from payments.runs import PayRun

commands = typer.Typer()
pay_run = typer.Typer(
    help="Pay runs: draw one up, approve it, pay it, say what the bank refused, close it.",
    no_args_is_help=True,
)
commands.add_typer(pay_run, name="pay-run")

Number = Annotated[int, typer.Argument(help="The pay run's number.")]
Person = Annotated[int, typer.Option(help="Whose pay, by their number in `show`.")]
Reason = Annotated[str, typer.Option(help="What the bank said.")]
File = Annotated[Path, typer.Argument(dir_okay=False, help="The file to write.")]


def _treasurer(program: Program, phone: str) -> int:
    """The treasurer or administrator with this number: only they pay anybody."""
    with program.database.reading() as session:
        return treasurer(session, phone, drama=program.sandbox)


def _said(session: Session, run: PayRun) -> None:
    last = books.rules(session, run.rulebook).local(run.until - timedelta(seconds=1)).date()
    say(f"Pay run {run.id}, up to and with {last}: {run.state}.")


def _outcome(names: Mapping[int, str], person: int, payout: Payout) -> None:
    what = {"failed": "was refused", "returned": "came back", "ready": "is set aside again"}
    words = what.get(payout.state, f"is {payout.state}")
    say(f"{names.get(person, f'Person {person}')}: {told(payout.amount_minor, payout.currency)} {words}.")


@pay_run.command("draft")
def draft(
    on: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day of the pay period.")], by: By
) -> None:
    """Draw up the run of a pay period, or draw it anew: nothing moves yet."""
    with opened() as program:
        person_id, now = _treasurer(program, by), program.clock.now()
        with program.database.writing() as session:
            rules = books.in_force(session, at=now)[1]
            _said(session, runs.draft(session, on=rules.midnight(on.date()), by=person_id, now=now))


@pay_run.command("show")
def show(number: Number) -> None:
    """Show a run: each person, and what to look at before it is approved."""
    with opened() as program, program.database.reading() as session:
        run = runs.get(session, number)
        slips = runs.slips(session, run)
        names = paydays.names(session, [each.person_id for each in slips])
        table = Table("person", "name", "gross", "deducted", "tips", "expenses", "net", "payment")
        for each in slips:
            sums = (
                each.gross_minor, each.deducted_minor, each.tips_minor, each.expenses_minor, each.net_minor
            )  # fmt: skip
            state = each.payments[-1].state if each.payments else ""
            words = (told(amount, run.currency) for amount in sums)
            table.add_row(str(each.person_id), names.get(each.person_id, ""), *words, state)
        _said(session, run)
        out.print(table)
        if run.state == "draft":
            for caution in paydays.cautions(session, run, now=program.clock.now()):
                say(f"To be read: {caution.words}", style="yellow")


@pay_run.command("approve")
def approve(
    number: Number,
    by: By,
    read_warnings: Annotated[
        bool, typer.Option("--read-warnings", help="Say that you have read what `show` tells you to read.")
    ] = False,
) -> None:
    """Approve a draft under your name: everybody's pay is set aside."""
    with opened() as program:
        person_id, now = _treasurer(program, by), program.clock.now()
        with program.database.writing() as session:
            run = runs.get(session, number)
            cautions = paydays.cautions(session, run, now=now) if run.state == "draft" else []
            if read_warnings:
                runs.acknowledge(session, run, cautions, by=person_id, now=now)
            _said(session, runs.approve(session, run, cautions, by=person_id, now=now))


@pay_run.command("export")
def export(
    number: Number,
    file: File,
    what: Annotated[str, typer.Option(help="bureau, answer (to fill in) or run (all of it).")] = "bureau",
) -> None:
    """Write the file for the payroll bureau, its answer to fill in, or the whole run."""
    made = {"bureau": runs.bureau, "answer": runs.answer, "run": runs.whole}.get(what)
    if made is None:
        raise InfraError("--what is one of bureau, answer and run.")
    with opened() as program, program.database.reading() as session:
        run = runs.get(session, number)
        names = paydays.names(session, [each.person_id for each in runs.people(session, run)])
        write(file, made(session, run, names))


@pay_run.command("deductions")
def deductions(
    number: Number,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The bureau's answer, a CSV file.")
    ],
    by: By,
) -> None:
    """Take in what the payroll bureau had deducted, in place of what was taken in before."""
    with opened() as program:
        person_id, now = _treasurer(program, by), program.clock.now()
        with program.database.writing() as session:
            run = runs.get(session, number)
            _said(session, runs.take_in(session, run, runs.read(read(file)), by=person_id, now=now))


@pay_run.command("bank-file")
def bank_file(number: Number, file: File, by: By) -> None:
    """Write the file for the bank; whoever is in it is being sent their pay from now on."""
    with opened() as program:
        _treasurer(program, by)
        with program.database.writing() as session:
            run = runs.get(session, number)
            made, without = runs.bank_file(session, run, now=program.clock.now())
            write(file, made.text)
            say(f"{made.count} payments, {told(made.total_minor, run.currency)} in all.")
            if without:
                say(f"Without a bank account, and not in it: {', '.join(map(str, without))}.", style="yellow")


@pay_run.command("paid")
def paid(
    number: Number,
    by: By,
    person: Annotated[
        list[int] | None, typer.Option(help="Only these, by their number; else everybody.")
    ] = None,
) -> None:
    """Say that everybody, or only some, have been paid."""
    with opened() as program:
        person_id, now = _treasurer(program, by), program.clock.now()
        with program.database.writing() as session:
            run = runs.get(session, number)
            _said(session, paydays.mark_paid(session, run, by=person_id, now=now, only=person or None))


@pay_run.command("refused")
def refused(number: Number, person: Person, reason: Reason, by: By) -> None:
    """Say that the bank refused somebody's pay, or sent it back once it was paid: it is theirs again in the books."""
    with opened() as program:
        person_id, now = _treasurer(program, by), program.clock.now()
        with program.database.writing() as session:
            run = runs.get(session, number)
            made = runs.did_not_arrive(session, run, person, reason=reason, by=person_id, now=now)
            _outcome(paydays.names(session, [person]), person, made)
            _said(session, run)


@pay_run.command("again")
def again(number: Number, person: Person, by: By) -> None:
    """Pay somebody again whose pay was refused or came back, to the account they have now."""
    with opened() as program:
        person_id, now = _treasurer(program, by), program.clock.now()
        with program.database.writing() as session:
            run = runs.get(session, number)
            made = runs.again(session, run, person, by=person_id, now=now)
            _outcome(paydays.names(session, [person]), person, made)
            _said(session, run)


@pay_run.command("close")
def close(number: Number, by: By) -> None:
    """Close a run that has paid everybody."""
    with opened() as program:
        person_id, now = _treasurer(program, by), program.clock.now()
        with program.database.writing() as session:
            _said(session, runs.close(session, runs.get(session, number), by=person_id, now=now))
