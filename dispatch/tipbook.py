"""The register of tips as people read it: orders by their references, riders by their names, times of the clock."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import attention
from dispatch.facts import Say, english
from dispatch.tables import Order, Person, Restaurant
from payments import books, pay
from payments.letters import cell
from payments.money import told
from payments.pay import Tip
from payments.rulebook import Rulebook

HEADER = ("delivered", "order", "restaurant", "tip", "rider", "part", "shared", "paid", "currency", "entries")


@dataclass(frozen=True, slots=True)
class TipLine:
    """One rider's part of one tip, or a tip that still waits in its day's pool (no rider); times are local."""

    at: datetime
    order: str
    restaurant: str
    tip_minor: int
    rider: str | None
    part_minor: int | None
    pooled: bool
    paid_at: datetime | None
    entry_ids: tuple[int, ...]


def register(
    session: Session, rulebook: Rulebook, *, since: datetime, until: datetime, rider_id: int | None = None
) -> tuple[TipLine, ...]:
    """Every tip delivered in `since` <= at < `until`, a line for each rider's part; of one rider, theirs alone."""
    tips = pay.tips_given(session, since=since, until=until, rider_id=rider_id)
    return tuple(_lines(session, rulebook, tips, rider_id))


def overdue(session: Session, rulebook: Rulebook, *, now: datetime) -> int:
    """What of the last three years' tips should have been paid by now and was not, in minor units.

    A tip is to be paid by the end of the month after the one it was given in, as the policy promises.
    """
    this_month = rulebook.local(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = (this_month - timedelta(days=1)).replace(day=1)
    tips = pay.tips_given(session, since=before - pay.TIPS_KEPT, until=before)
    return sum(
        tip.amount_minor
        if not tip.parts
        else sum(part.amount_minor for part in tip.parts if part.paid_at is None)
        for tip in tips
    )


def tell_overdue(session: Session, *, now: datetime) -> int:
    """Put late tips before a person, once while they are late, and close that once they are paid; what is late."""
    rulebook = books.in_force(session, at=now)[1]
    late = overdue(session, rulebook, now=now)
    if late:
        words = (
            f"{told(late, rulebook.co_op.currency)} of tips were to be paid by the end of last month and were not: "
            "pay them with the next pay run, and tell the riders."
        )
        attention.raise_(session, "tips_late", "tips:late", words, now=now)
    else:
        attention.settle(session, "tips:late", now=now, note="The tips were paid.")
    return late


def as_csv(lines: Iterable[TipLine], currency: str) -> str:
    """The register as CSV, amounts in whole minor units as decimals: 2.50."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for line in lines:
        writer.writerow(
            (
                f"{line.at:%Y-%m-%d %H:%M}",
                cell(line.order),
                cell(line.restaurant),
                _decimal(line.tip_minor),
                cell(line.rider or ""),
                "" if line.part_minor is None else _decimal(line.part_minor),
                "by minutes on shift" if line.pooled else "own",
                f"{line.paid_at:%Y-%m-%d}" if line.paid_at else "",
                currency,
                " ".join(str(each) for each in line.entry_ids),
            )
        )
    return out.getvalue()


def policy(rulebook: Rulebook, say: Say = english) -> tuple[str, ...]:
    """The written policy on tips that the rulebook makes, a sentence or two for each thing a worker may ask."""
    rules, period = rulebook.pay, rulebook.pay_period
    if rules.tips == "own":
        whose = say("A tip belongs to the rider who delivered the order, the whole of it.")
    else:
        whose = say(
            "All tips of a day are shared among everyone who was on shift that day, by the minutes each was on shift. "
            "A day is from four in the morning to the next. Parts are exact to the penny; where pennies are left "
            "over, they go to the largest remainders, and between equals to another rider each day. When the times "
            "of a shift are corrected, or a delivery is, that day is shared anew."
        )
    if isinstance(period.starts_on, str):
        paid = say(
            "Tips are paid with the wages of the pay period they came in (each week, which begins on {weekday}), "
            "and at the latest by the end of the month after the customer gave them.",
            weekday=_weekdays(say)[period.starts_on],
        )
    else:
        paid = say(
            "Tips are paid with the wages of the pay period they came in (each month), "
            "and at the latest by the end of the month after the customer gave them."
        )
    return (
        say(
            "{name} passes every tip on to riders, all of it. Nothing is taken from it: no "
            "administration charge, and no card fee, which the co-op bears.",
            name=rulebook.co_op.name,
        ),
        whose,
        paid,
        say("Tips come on top of pay. They never count towards the hourly rate or the pay floor."),
        say(
            "This is about tips given through the co-op. A coin in your hand is yours and passes through no books."
        ),
        say(
            "Every tip is on record: the order, when, how much, who got what of it and when it was paid. The record is "
            "kept for at least three years. You can read and download your own at any time, and ask the treasurer."
        ),
        say("These rules are the members' own, and change only by their resolution."),
    )


def _weekdays(say: Say) -> dict[str, str]:
    return {
        "monday": say("Monday"),
        "tuesday": say("Tuesday"),
        "wednesday": say("Wednesday"),
        "thursday": say("Thursday"),
        "friday": say("Friday"),
        "saturday": say("Saturday"),
        "sunday": say("Sunday"),
    }


def _lines(
    session: Session, rulebook: Rulebook, tips: Iterable[Tip], rider_id: int | None
) -> Iterator[TipLine]:
    tips = tuple(tips)
    orders = _named_orders(session, [tip.order_id for tip in tips])
    names = _names(session, {part.rider_id for tip in tips for part in tip.parts})
    for tip in tips:
        order, place = orders.get(tip.order_id, (str(tip.order_id), ""))
        at, pooled = rulebook.local(tip.at), tip.pooled_on is not None
        mine = [part for part in tip.parts if rider_id in (None, part.rider_id)]
        for part in mine:
            paid_at = rulebook.local(part.paid_at) if part.paid_at else None
            yield TipLine(
                at, order, place, tip.amount_minor, names[part.rider_id], part.amount_minor, pooled, paid_at,
                tip.entry_ids,
            )  # fmt: skip
        if not tip.parts:
            yield TipLine(at, order, place, tip.amount_minor, None, None, pooled, None, tip.entry_ids)


def _named_orders(session: Session, ids: list[int]) -> dict[int | None, tuple[str, str]]:
    query = (
        select(Order.id, Order.external_id, Restaurant.name)
        .join(Restaurant, col(Restaurant.id) == col(Order.restaurant_id))
        .where(col(Order.id).in_(ids))
    )
    return {number: (reference, name) for number, reference, name in session.exec(query).all()}


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    rows = session.exec(select(Person).where(col(Person.id).in_(ids))).all()
    known = {row.id: row.name for row in rows}
    return {each: known.get(each, f"rider {each}") for each in ids}


def _decimal(minor: int) -> str:
    return told(minor, "").strip().replace(",", "")
