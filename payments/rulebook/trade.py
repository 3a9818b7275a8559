"""What the co-op earns by trading: its commission and fees, cancelled orders, the VAT on them, and settling up."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from payments.errors import NoVatRate
from payments.rulebook.sections import Section
from payments.rulebook.words import (
    WEEKDAYS,
    BasisPoints,
    Day,
    Pence,
    PeriodStart,
    Text,
    VatNumber,
    VatRateBp,
    YesNo,
    one_of,
    texts,
    whole,
)

VatKind = Literal["commission", "delivery", "service"]
VAT_KINDS: tuple[VatKind, ...] = ("commission", "delivery", "service")
Stage = Literal["before_kitchen", "cooking", "ready", "picked_up"]
STAGES: tuple[Stage, ...] = ("before_kitchen", "cooking", "ready", "picked_up")


class CancelledAt(Section):
    """An order cancelled at one stage: what its restaurant is paid of the food, and what becomes of the fee.

    The customer has the food's price and the tip back in any case. `delivery_fee` "kept": they do not have the fee
    back. `borne_by` "co-op": the co-op pays the food and goes without the fee; "restaurant": the restaurant is
    paid nothing, and owes the co-op the fee the customer had back.
    """

    food_bp: BasisPoints = 0
    delivery_fee: Annotated[Literal["kept", "back"], one_of("kept", "back")] = "back"
    borne_by: Annotated[Literal["co-op", "restaurant"], one_of("co-op", "restaurant")] = "co-op"


class Cancelled(Section):
    """What a cancelled order costs whom, by how far it had come; a rider never bears any of it."""

    kitchen_begins_min: Annotated[int, whole(0, 1_440, "minutes", " (a day)")] = 20
    before_kitchen: CancelledAt = Field(default_factory=CancelledAt)
    cooking: CancelledAt = Field(default_factory=CancelledAt)
    ready: CancelledAt = Field(default_factory=CancelledAt)
    picked_up: CancelledAt = Field(default_factory=lambda: CancelledAt(food_bp=10_000))

    def at(self, stage: Stage) -> CancelledAt:
        """The rule of a stage."""
        rule: CancelledAt = getattr(self, stage)
        return rule


class Revenue(Section):
    """What the co-op keeps of the food, what a card costs it, and who bears what was cancelled or refunded."""

    commission_bp: BasisPoints
    card_fee_bp: BasisPoints = 0
    card_fee_fixed_minor: Pence = 0
    refund_commission: YesNo = False
    cancelled: Cancelled = Field(default_factory=Cancelled)


class VatRate(Section):
    """A rate of VAT, the day it holds from, and whether the price it is of has it in."""

    from_on: Day = Field(alias="from")
    rate_bp: VatRateBp
    included: YesNo


class Vat(Section):
    """Whether the co-op is registered, under which number, and the dated rates of each kind of income."""

    registered: YesNo = False
    number: VatNumber | None = None
    quarter_begins: Annotated[int, whole(1, 3, "", " (January, February or March)")] = 1
    commission: tuple[VatRate, ...] = ()
    delivery: tuple[VatRate, ...] = ()
    service: tuple[VatRate, ...] = ()

    def rate_on(self, kind: VatKind, on: date) -> VatRate | None:
        """The rate of a kind of income on that day; None where the co-op is not registered. NoVatRate."""
        if not self.registered:
            return None
        table: tuple[VatRate, ...] = getattr(self, kind)
        begun = [rate for rate in table if rate.from_on <= on]
        if not begun:
            raise NoVatRate(kind, on)
        return begun[-1]

    def begins(self) -> date | None:
        """The first day every kind of income has a rate for; None where there is no VAT."""
        if not self.registered:
            return None
        tables = (self.commission, self.delivery, self.service)
        return max((table[0].from_on for table in tables if table), default=None)

    def quarter(self, on: date) -> tuple[date, date]:
        """The first day of the VAT quarter that day is in, and the first day of the next."""
        back = (on.month - self.quarter_begins) % 3
        month = on.year * 12 + on.month - 1 - back
        return _month(month), _month(month + 3)


class Settlement(Section):
    """How long a restaurant is settled for at a time, how it is paid, and what its invoices say."""

    period: Annotated[Literal["week", "fortnight", "month"], one_of("week", "fortnight", "month")] = "month"
    day: PeriodStart = 1
    first_on: Day | None = None
    method: Annotated[Literal["bank", "stripe"], one_of("bank", "stripe")] = "bank"
    minimum_payout_minor: Pence = 0
    invoice_prefix: Text = "S-"
    address: Annotated[tuple[Text, ...], texts()] = ()
    payment_terms_days: Annotated[int, whole(0, 365, "days", " (a year)")] = 14

    def around(self, on: date) -> tuple[date, date]:
        """The first day of the settlement period that day is in, and the first day of the next."""
        if self.period == "month":
            start = self.day if isinstance(self.day, int) else 1
            month = on.year * 12 + on.month - 1 - (on.day < start)
            return _month(month).replace(day=start), _month(month + 1).replace(day=start)
        if self.period == "fortnight" and self.first_on is not None:
            since = on - timedelta(days=(on - self.first_on).days % 14)
            return since, since + timedelta(days=14)
        weekday = WEEKDAYS.index(self.day) if isinstance(self.day, str) else 0
        since = on - timedelta(days=(on.weekday() - weekday) % 7)
        return since, since + timedelta(days=7)


def _month(number: int) -> date:
    """The first day of a month counted from the year nought."""
    return date(number // 12, number % 12 + 1, 1)


# What is wrong with several of these rules at once ------------------------------------------------------------

Fault = tuple[tuple[str | int, ...], str]


def trade_faults(raw: dict[str, Any]) -> Iterator[Fault]:
    """(place, words) for each fault across the rules of trade, read from the file as written."""
    for name, check in (("revenue", _revenue), ("vat", _vat), ("settlement", _settlement)):
        section = raw.get(name)
        if isinstance(section, dict):
            yield from check(section)
    vat, settlement = raw.get("vat"), raw.get("settlement")
    registered = isinstance(vat, dict) and vat.get("registered") is True
    if registered and not (isinstance(settlement, dict) and settlement.get("address")):
        yield (
            ("settlement", "address"),
            "a VAT invoice names its supplier's address: write the co-op's, a line each",
        )


def _revenue(revenue: dict[str, Any]) -> Iterator[Fault]:
    cancelled = revenue.get("cancelled")
    for stage in STAGES:
        rule = cancelled.get(stage) if isinstance(cancelled, dict) else None
        if isinstance(rule, dict) and rule.get("borne_by") == "restaurant" and rule.get("food_bp"):
            yield (
                ("revenue", "cancelled", stage, "food_bp"),
                'a restaurant that bears the food is paid none of it: write 0, or borne_by = "co-op"',
            )


def _vat(vat: dict[str, Any]) -> Iterator[Fault]:
    for kind in VAT_KINDS:
        table = vat.get(kind)
        rows = [row for row in table if isinstance(row, dict)] if isinstance(table, list) else []
        days = [row["from"] for row in rows if isinstance(row.get("from"), date)]
        if days != sorted(set(days)):
            yield ("vat", kind), "each rate must begin on a later day than the one above it"
        if vat.get("registered") is True and not table:
            yield (
                ("vat", kind),
                f"a registered co-op says what VAT its {kind} has: a [[vat.{kind}]] with from, rate_bp and "
                "included (rate_bp = 0 where there is none)",
            )
    if vat.get("registered") is True and "number" not in vat:
        yield ("vat", "number"), "a registered co-op writes its VAT number, which its invoices must show"


def _settlement(settlement: dict[str, Any]) -> Iterator[Fault]:
    period, day = settlement.get("period", "month"), settlement.get("day", 1)
    if period == "month" and isinstance(day, str):
        yield ("settlement", "day"), f'a month begins on one of its days, 1 to 28; you wrote "{day}"'
    if period == "week" and type(day) is int:
        yield ("settlement", "day"), f'a week begins on a weekday such as "monday"; you wrote {day}'
    if period == "fortnight" and "first_on" not in settlement:
        yield (
            ("settlement", "first_on"),
            "a fortnight is counted from a day one of them began: write that day",
        )
    if period != "fortnight" and "first_on" in settlement:
        yield ("settlement", "first_on"), "only fortnights are counted from a day; use day"
