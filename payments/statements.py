"""Statements: lines a person can check, each with the entries behind it, and totals that are their sums."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from payments import money
from payments.ledger import HOLIDAY, MINUTES, Line, held
from payments.terms import (
    ADJUSTMENTS,
    BANK,
    CARD,
    COMMISSION,
    DELIVERY,
    DROPS,
    REFUNDS,
    SERVICES,
    SET_ASIDE,
    TOP_UP,
    WAGES,
)
from payments.terms.tax import OUTPUT
from payments.work import PREMIUMS, SICK

_PREMIUM = {f"{WAGES}:{name}": f"premium: {name}" for name in PREMIUMS}
# What a line is called: by where the money comes from, else by the account it comes to.
_BY_SOURCE = {TOP_UP: "top-up", DROPS: "drops", SICK: "sick pay", **_PREMIUM}
_BY_KIND = {"tips": "tip", "holiday-pay": "holiday pay", SET_ASIDE: "holiday pay set aside"}
# The unit whose lines, booked with it, are told beside it.
_BESIDE = {
    "wages": MINUTES,
    "holiday pay": HOLIDAY,
    "holiday pay set aside": HOLIDAY,
    "leave taken": HOLIDAY,
}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One thing a rider earned, or that was undone (then negative): amounts in minor units.

    `what` is wages, drops, premium: late (rain, distance, hills), top-up, sick pay, holiday pay (payable now), holiday
    pay set aside, leave taken, tip or expenses; `minutes` stands on wages only; `holiday_minutes`, exact, on holiday
    pay and on leave taken.
    """

    at: datetime
    what: str
    subject: str
    why: str
    minutes: int | None
    amount_minor: int
    entry_ids: tuple[int, ...]
    holiday_minutes: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A rider's statement for `since` <= at < `until`; every figure is a sum over its lines."""

    rider_id: int
    since: datetime
    until: datetime
    lines: tuple[StatementLine, ...]

    @property
    def total_minor(self) -> int:
        """Everything: wages, premiums, top-ups, sick pay, tips, expenses, and holiday pay, set aside or payable."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def wages_minor(self) -> int:
        """Pay for the work itself, top-ups apart."""
        return self._of("wages")

    @property
    def top_up_minor(self) -> int:
        """What was added to reach the floor."""
        return self._of("top-up")

    @property
    def premiums_minor(self) -> int:
        """Premiums, and what drops paid beside the hours."""
        return self._of("drops", *_PREMIUM.values())

    @property
    def sick_minor(self) -> int:
        """Sick pay."""
        return self._of("sick pay")

    @property
    def work_minor(self) -> int:
        """All pay for work: wages, drops, premiums, top-ups, sick pay."""
        return self.wages_minor + self.premiums_minor + self.top_up_minor + self.sick_minor

    @property
    def expenses_minor(self) -> int:
        """What was spent for the co-op and is given back."""
        return self._of("expenses")

    @property
    def leave_minor(self) -> int:
        """What leave taken paid, out of what was set aside."""
        return self._of("leave taken")

    @property
    def tips_minor(self) -> int:
        """Tips, whole."""
        return self._of("tip")

    @property
    def holiday_pay_minor(self) -> int:
        """The holiday pay earned, set aside or paid with the wages; leave taken was set aside before."""
        return self._of("holiday pay", "holiday pay set aside")

    @property
    def minutes(self) -> int:
        """Minutes on shift."""
        return sum(line.minutes or 0 for line in self.lines)

    @property
    def holiday_minutes(self) -> Fraction:
        """Leave accrued, exactly, in minutes."""
        return sum((line.holiday_minutes or Fraction(0) for line in self.lines), Fraction(0))

    @property
    def holiday_hours(self) -> int:
        """Leave accrued in whole hours, as the law rounds it once for a whole pay period."""
        return money.holiday_hours(max(0, int(self.holiday_minutes * money.HOLIDAY_UNITS_PER_MINUTE)))

    def _of(self, *whats: str) -> int:
        return sum(line.amount_minor for line in self.lines if line.what in whats)


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One thing the co-op owes a restaurant (positive) or the restaurant owes the co-op (negative).

    `what` is food, commission, delivery fee, tip, refund, the VAT on one of them, service, adjustment, payment or
    other; `amount_minor` in minor units.
    """

    at: datetime
    what: str
    subject: str
    why: str
    amount_minor: int
    entry_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """A restaurant's statement for `since` <= at < `until`, in minor units; every figure sums its lines.

    due = food - commission - charged - refunds - vat + other. `till_minor` is what its own till took for orders
    on account, less what it gave back: told, and no part of what is due.
    """

    restaurant_id: int
    since: datetime
    until: datetime
    lines: tuple[SettlementLine, ...]
    till_minor: int

    @property
    def food_minor(self) -> int:
        """Food the co-op was paid for and owes on."""
        return self._of("food")

    @property
    def commission_minor(self) -> int:
        """What the co-op keeps of the food."""
        return -self._of("commission")

    @property
    def charged_minor(self) -> int:
        """Delivery fees and tips of orders on account, which the restaurant collected."""
        return -self._of("delivery fee", "tip")

    @property
    def refunds_minor(self) -> int:
        """What refunds took from what is due; negative where the co-op makes good what the till gave back."""
        return -self._of("refund")

    @property
    def vat_minor(self) -> int:
        """The VAT on what the restaurant is charged."""
        return -self._of("VAT on commission", "VAT on delivery fee", "VAT on service")

    @property
    def other_minor(self) -> int:
        """Anything else: services, adjustments, what was paid."""
        return self._of("service", "adjustment", "payment", "other")

    @property
    def due_minor(self) -> int:
        """What the co-op owes the restaurant; negative when the restaurant owes the co-op."""
        return sum(line.amount_minor for line in self.lines)

    def _of(self, *whats: str) -> int:
        return sum(line.amount_minor for line in self.lines if line.what in whats)


def rider(lines: Sequence[Line], rider_id: int, *, since: datetime, until: datetime) -> Statement:
    """A rider's statement from the lines of the rider's accounts; setting money aside earns and costs nothing."""
    lines = [line for line in lines if line.other != held(line.account) and not _only_moved(line)]
    clock: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.unit in (HOLIDAY, MINUTES):
            clock[_occasion(line), line.unit].append(line)
    told = []
    for line in lines:
        if line.unit in (HOLIDAY, MINUTES):
            continue
        what = _earned(line)
        beside = clock.pop((_occasion(line), _BESIDE.get(what, "")), [])
        told.append(_rider_line(what, line, beside))
    told += [
        _rider_line("wages" if unit == MINUTES else _rest(left[0]), None, left)
        for (_, unit), left in clock.items()
    ]
    return Statement(rider_id, since, until, tuple(told))


def _only_moved(line: Line) -> bool:
    """Whether it earned nothing: what is deducted stands on the payslip, what the bank sent back was earned before."""
    return line.other.startswith("payroll:") or line.key.endswith(":returned")


def _rider_line(what: str, paid: Line | None, beside: Sequence[Line]) -> StatementLine:
    first = paid or beside[0]
    count = sum(line.amount for line in beside)
    return StatementLine(
        at=first.at,
        what=what,
        subject=first.subject,
        why=first.why,
        minutes=count if beside and _BESIDE.get(what) == MINUTES else None,
        amount_minor=paid.amount if paid else 0,
        entry_ids=tuple(line.entry_id for line in ([paid] if paid else []) + list(beside)),
        holiday_minutes=money.holiday_minutes(count) if beside and _BESIDE.get(what) == HOLIDAY else None,
    )


def _occasion(line: Line) -> str:
    """What the entries booked together for a shift or an absence share: their key without its kind (ended, ...)."""
    parts = line.key.split(":")
    return ":".join(parts[:2] + parts[3:]) if line.subject.startswith(("shift:", "absence:")) else line.key


def _rest(line: Line) -> str:
    """Leave that came, or went, with no money beside it."""
    return "leave taken" if (line.reverses or line.key).split(":")[2:3] == ["leave"] else "holiday pay"


def _earned(line: Line) -> str:
    kind = line.account.rsplit(":", 1)[-1]
    if kind == SET_ASIDE and line.other.startswith("rider:"):
        return "from what was set aside"
    if kind == "holiday-pay" and line.other.endswith(f":{SET_ASIDE}"):
        return "leave taken"
    return _BY_SOURCE.get(line.other) or _BY_KIND.get(kind, kind)


def restaurant(lines: Sequence[Line], restaurant_id: int, *, since: datetime, until: datetime) -> Settlement:
    """A restaurant's settlement from the lines of its accounts; setting money aside changes nothing due."""
    due = f"restaurant:{restaurant_id}"
    told = tuple(
        SettlementLine(line.at, settled(line), line.subject, line.why, line.amount, (line.entry_id,))
        for line in lines
        if line.account == due and line.other != held(due)
    )
    till = sum(line.amount for line in lines if line.account == f"{due}:till")
    return Settlement(restaurant_id, since, until, told, till)


def settled(line: Line) -> str:
    """What a line of a restaurant's account is, in a word or two."""
    kind = "".join((line.reverses or line.key).split(":")[2:3])
    if line.other in (CARD, REFUNDS):
        return "refund" if kind == "refunded" else "food"
    if line.other.startswith("rider:"):
        return "tip"
    if line.other == held(line.account):
        return "payment"
    return _SETTLED.get(line.other, "other")


_SETTLED = {
    COMMISSION: "commission",
    DELIVERY: "delivery fee",
    SERVICES: "service",
    ADJUSTMENTS: "adjustment",
    BANK: "payment",
    OUTPUT["commission"]: "VAT on commission",
    OUTPUT["delivery"]: "VAT on delivery fee",
    OUTPUT["service"]: "VAT on service",
}
