"""Commands for the treasurer and the members: what changed rules mean, and the books for other programs."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from infra.cli.root import opened, out, say
from infra.errors import InfraError
from payments.money import told
from payments.rulebook import Rulebook, differences, parse

if TYPE_CHECKING:
    from sqlmodel import Session

    from payments.resolutions import PastOrder, Reckoning
    from payments.terms import ShiftMoney

commands = typer.Typer()
export = typer.Typer(
    help="Write the books as plain-text accounting, for Beancount or hledger to check.", no_args_is_help=True
)
commands.add_typer(export, name="export")

IN_FORCE = "in-force"

Rules = Annotated[str, typer.Argument(help=f"A file, a version that was adopted, or {IN_FORCE}.")]
Written = Annotated[Path, typer.Argument(dir_okay=False, help="The file to write.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
DAY = ["%Y-%m-%d"]


def read(file: Path) -> str:
    """The text of a file; InfraError when it is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as bad:
        raise InfraError(f"{file} is no text in UTF-8: save it as UTF-8 and try again.") from bad


def diff(old: Rules, new: Rules) -> None:
    """Say what changes from one rulebook to another: each rule, what it was and becomes, and whom it touches."""
    changed = differences(_rules(old), _rules(new))
    table = Table("rule", "was", "becomes", "touches")
    for each in changed:
        table.add_row(each.rule, each.old or "(no such rule)", each.new or "(no such rule)", each.touches)
    if not changed:
        say("Nothing changes: the two say the same.")
        return
    out.print(table)
    say("1 rule changes." if len(changed) == 1 else f"{len(changed)} rules change.")


def _rules(name: str) -> Rulebook:
    """The rulebook in a file, of a version, or in force."""
    from payments import books

    if Path(name).is_file():
        return parse(read(Path(name)))
    if "/" in name or name.endswith(".toml"):
        raise InfraError(f"There is no file {name}.")
    with opened() as program, program.database.reading() as session:
        if name == IN_FORCE:
            return books.in_force(session, at=program.clock.now())[1]
        return books.rules(session, name)


def simulate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The proposed rules.")],
    since: Annotated[
        datetime | None, typer.Option(formats=DAY, help="The first day to look back to; else all there is.")
    ] = None,
    rates_of: Annotated[
        datetime | None,
        typer.Option(
            formats=DAY, help="Pay every day by the proposed rates of this day, such as next year's."
        ),
    ] = None,
) -> None:
    """Reckon past shifts and orders by proposed rules, beside those that held; nothing is written."""
    from payments import books
    from payments.resolutions import as_of, reckon

    proposed = as_of(parse(read(file)), rates_of.date() if rates_of else None)
    with opened() as program, program.database.reading() as session:
        now_ = books.in_force(session, at=program.clock.now())[1]
        first = now_.midnight(since.date()) if since else None
        orders, shifts = list(_orders(session, first)), list(_shifts(session, first))
        held = reckon(orders, shifts, lambda past: _booked_by(session, past), fees_anew=False)
    would = reckon(orders, shifts, lambda _: proposed, fees_anew=True)
    currency = now_.co_op.currency
    out.print(_riders(held, would, currency))
    out.print(_restaurants(held, would, currency))
    out.print(_co_op(held, would, currency))
    counted = f"{_count(len(shifts), 'shift')} and {_count(len(orders), 'delivered order')}"
    say(f"{counted}, as they were; nothing was written.")
    say("Tips, refunds and cancellations are left out: none of these rules changes them.")
    if proposed.pay.tips != now_.pay.tips:
        say(
            "But the proposal changes whose the tips are: who would have had how much of them is not told here."
        )
    say("People may act otherwise under other rules; this says only what the same evenings would have made.")
    if would.co_op.beyond:
        say(f"{would.co_op.beyond} of the orders lie outside the proposed zones, and bring nothing there.")


def _orders(session: "Session", since: datetime | None) -> "Iterator[PastOrder]":
    from sqlmodel import col, select

    from dispatch import orders
    from dispatch.tables import Order
    from payments.resolutions import PastOrder

    query = select(Order).where(Order.delivery == "delivered").order_by(col(Order.id))
    if since is not None:
        query = query.where(col(Order.delivered_at) >= since)
    for order in session.exec(query):
        if order.delivered_at is not None:
            yield PastOrder(
                orders.money(order), order.delivered_at, order.drop_lat, order.drop_lon, order.distance_m
            )


def _shifts(session: "Session", since: datetime | None) -> "Iterator[ShiftMoney]":
    from sqlmodel import col, select

    from dispatch import worked
    from dispatch.tables import Shift

    query = select(Shift).where(Shift.state == "ended").order_by(col(Shift.id))
    if since is not None:
        query = query.where(col(Shift.started_at) >= since)
    for shift in session.exec(query).all():
        if shift.started_at is not None and shift.ended_at is not None:
            yield worked.money(session, shift)


def _booked_by(session: "Session", past: "PastOrder | ShiftMoney") -> Rulebook:
    """The rules an order or a shift was booked by; those in force then, where it moved no money."""
    from payments import books
    from payments.resolutions import PastOrder

    if isinstance(past, PastOrder):
        subject, at = f"order:{past.money.order_id}", past.at
    else:
        subject, at = f"shift:{past.shift_id}", past.started_at
    for each in books.standing(session, subject):
        return books.rules(session, each.rulebook)
    return books.in_force(session, at=at)[1]


def _riders(held: "Reckoning", would: "Reckoning", currency: str) -> Table:
    table = Table(
        "rider", "hours", "drops", "pay", "proposed", "change", "an hour", "proposed",
        title="Pay, with premiums and what reaches the floor",
    )  # fmt: skip
    for rider, was in sorted(held.riders.items()):
        becomes = would.riders[rider]
        table.add_row(
            str(rider),
            f"{was.minutes // 60}:{was.minutes % 60:02d}",
            str(was.drops),
            *_change(was.pay_minor, becomes.pay_minor, currency),
            *(
                told(60 * each.pay_minor // each.minutes, currency) if each.minutes else ""
                for each in (was, becomes)
            ),
        )
    return table


def _restaurants(held: "Reckoning", would: "Reckoning", currency: str) -> Table:
    table = Table("restaurant", "commission", "proposed", "change", title="What restaurants give")
    for restaurant, was in sorted(held.restaurants.items()):
        table.add_row(str(restaurant), *_change(was, would.restaurants[restaurant], currency))
    return table


def _co_op(held: "Reckoning", would: "Reckoning", currency: str) -> Table:
    table = Table("the co-op", "as it was", "proposed", "change", title="The co-op's income")
    for name, field, sign in (
        ("commission", "commission_minor", 1),
        ("delivery fees", "delivery_minor", 1),
        ("cards", "card_minor", -1),
        ("wages", "wages_minor", -1),
        ("premiums", "premiums_minor", -1),
        ("top-ups to the floor", "top_up_minor", -1),
        ("holiday pay", "holiday_minor", -1),
        ("left", "left_minor", 1),
    ):
        was, becomes = (sign * getattr(side.co_op, field) for side in (held, would))
        table.add_row(name, *_change(was, becomes, currency), style="bold" if name == "left" else None)
    return table


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _change(was: int, becomes: int, currency: str) -> tuple[str, str, str]:
    difference = becomes - was
    return (
        told(was, currency),
        told(becomes, currency),
        f"{'+' if difference > 0 else ''}{told(difference, currency)}" if difference else "",
    )


@export.command("beancount")
def export_beancount(file: Written, force: Force = False) -> None:
    """Write the books for Beancount 3; `bean-check FILE` then proves them."""
    _export("beancount", file, force=force)


@export.command("hledger")
def export_hledger(file: Written, force: Force = False) -> None:
    """Write the books for hledger; `hledger check --strict -f FILE` then proves them."""
    _export("hledger", file, force=force)


def _export(form: str, file: Path, *, force: bool) -> None:
    from payments.books.plaintext import FORMS, plaintext

    if not force and file.exists():
        raise InfraError(f"{file} is there already: give another name, or --force to write over it.")
    if not file.absolute().parent.is_dir():
        raise InfraError(f"There is no folder {file.absolute().parent}.")
    with opened() as program, program.database.reading() as session:
        count = _write(file, plaintext(session, FORMS[form]), force=force)
    say(f"Wrote {file}: {count:,} lines.")


def _take_name(draft: Path, file: Path) -> None:
    """Give a draft its name; FileExistsError where a file came to be meanwhile."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise
    except OSError:  # a memory stick's file system has no second names
        file.touch(mode=0o600, exist_ok=False)
        draft.replace(file)


def _write(file: Path, lines: Iterable[str], *, force: bool) -> int:
    """Write a whole file or none of it, for this user's eyes; how many lines."""
    count = 0
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=file.absolute().parent, prefix=f".{file.name}.", delete=False
    ) as draft:
        try:
            for line in lines:
                draft.write(f"{line}\n")
                count += 1
            draft.flush()
            os.fsync(draft.fileno())
            if force:
                Path(draft.name).replace(file)
            else:
                _take_name(Path(draft.name), file)
        except FileExistsError as there:
            raise InfraError(
                f"{file} is there already: give another name, or --force to write over it."
            ) from there
        finally:
            Path(draft.name).unlink(missing_ok=True)
    return count


@commands.command()
def reconcile() -> None:
    """Compare Stripe's balance with the books now: every difference and its likely cause. Exit code 1 with any."""
    from dispatch import cards
    from payments.rails import reconciling

    with opened() as program:
        if program.stripe is None:
            raise InfraError(
                "There are no Stripe keys: set PANNIER_STRIPE_SECRET_KEY and PANNIER_STRIPE_WEBHOOK_SECRET."
            )
        done = cards.reconcile(program, program.clock.now())
        with program.database.reading() as session:
            found = reconciling.open_(session)
    if done.transactions < 0:
        raise InfraError("Stripe could not be asked just now: try again later.")
    table = Table("thing", "Stripe", "the books", "likely cause")
    for row in found:
        table.add_row(row.thing, str(row.stripe_minor), str(row.books_minor), row.words)
    if found:
        out.print(table)
        say(f"{len(found)} open. Amounts are in minor units. Close them at /desk/reconciliation.")
        raise typer.Exit(1)
    say(f"Stripe and the books agree, over {done.transactions} movements.")
