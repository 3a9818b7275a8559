"""What the rules make of one order or one shift: the postings, worked out and nothing more."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from payments import money
from payments.errors import BadAmount
from payments.ledger import Posting
from payments.rulebook import Rulebook
from payments.terms.accounts import (
    ADJUSTMENTS,
    BANK,
    CARD,
    CARD_COST,
    COMMISSION,
    CUSTOMERS,
    DELIVERY,
    HOLIDAY_HOURS,
    HOLIDAY_PAY,
    REFUNDS,
    SERVICES,
    TOP_UP,
    VAT,
    WAGES,
    WORK,
    restaurant,
    rider,
)
from payments.terms.orders import (
    GivenBack,
    OrderMoney,
    Sale,
    cancel_gives_back,
    cancel_postings,
    card_cost,
    fee,
    fee_given_back,
    fee_standing,
    nonzero,
    order_postings,
    read_sale,
    refund_postings,
    refunded_minor,
)

__all__ = [
    "ADJUSTMENTS",
    "BANK",
    "CARD",
    "CARD_COST",
    "COMMISSION",
    "CUSTOMERS",
    "DELIVERY",
    "HOLIDAY_HOURS",
    "HOLIDAY_PAY",
    "REFUNDS",
    "SERVICES",
    "TOP_UP",
    "VAT",
    "WAGES",
    "WORK",
    "Earned",
    "GivenBack",
    "OrderMoney",
    "Sale",
    "ShiftMoney",
    "cancel_gives_back",
    "cancel_postings",
    "card_cost",
    "earned",
    "fee",
    "fee_given_back",
    "fee_standing",
    "holiday_postings",
    "minute_postings",
    "nonzero",
    "order_postings",
    "read_sale",
    "refund_postings",
    "refunded_minor",
    "restaurant",
    "rider",
    "shift_pay",
    "wage_postings",
    "worked",
]

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ShiftMoney:
    """A shift as the books see it; `revision` counts its corrections. BadAmount when it ends before it starts."""

    shift_id: int
    rider_id: int
    started_at: datetime
    ended_at: datetime
    revision: int
    drops: int

    def __post_init__(self) -> None:
        if self.started_at.utcoffset() is None or self.ended_at.utcoffset() is None:
            raise BadAmount(f"shift {self.shift_id}: an instant needs its offset")
        if self.ended_at < self.started_at:
            raise BadAmount(f"shift {self.shift_id} ends before it starts")
        if self.drops < 0 or self.revision < 0:
            raise BadAmount(f"shift {self.shift_id}: drops and revision are 0 or more")

    @property
    def minutes(self) -> int:
        """Whole minutes on the shift clock, a minute begun counting as one."""
        return -((self.started_at - self.ended_at) // _MINUTE)


@dataclass(frozen=True, slots=True)
class Earned:
    """What a shift earned, in minor units: by the basis, the top-up to the floor, holiday pay on both."""

    basis_minor: int
    top_up_minor: int
    holiday_minor: int

    @property
    def wages_minor(self) -> int:
        """Pay for the work itself, without holiday."""
        return self.basis_minor + self.top_up_minor


def worked(rulebook: Rulebook, shift: ShiftMoney) -> Iterator[tuple[date, int]]:
    """(day, minutes) of a shift: a minute belongs to the day, in the co-op's time, on which it begins."""
    day, done = rulebook.local(shift.started_at).date(), 0
    while done < shift.minutes:
        day_end = rulebook.midnight(day + timedelta(days=1))
        until = min(shift.minutes, -((shift.started_at - day_end) // _MINUTE))
        yield day, until - done
        day, done = day + timedelta(days=1), until


def earned(rulebook: Rulebook, shift: ShiftMoney) -> Earned:
    """What a shift earned: by the hour or by the drop, topped up to the floor; NoRate before the first rate."""
    rules, minutes = rulebook.pay, list(worked(rulebook, shift))
    if rules.basis == "per_drop":
        basis = shift.drops * rules.per_drop_minor
    else:
        basis = money.wages((count, rules.rate_on(day)) for day, count in minutes)
    floor = money.wages((count, rules.floor_on(day)) for day, count in minutes)
    top_up = max(0, floor - basis)
    return Earned(basis, top_up, money.percent_of(basis + top_up, rules.holiday_bp))


def shift_pay(rulebook: Rulebook, shift: ShiftMoney) -> int:
    """What a shift pays (minor units) for the work itself, holiday and tips apart."""
    return earned(rulebook, shift).wages_minor


def wage_postings(rulebook: Rulebook, shift: ShiftMoney) -> tuple[Posting, ...]:
    """The money of a shift: wages, the top-up as a posting of its own, and holiday pay set aside."""
    sums, wages = earned(rulebook, shift), rider(shift.rider_id, "wages")
    return nonzero(
        [
            (WAGES, wages, sums.basis_minor),
            (TOP_UP, wages, sums.top_up_minor),
            (HOLIDAY_PAY, rider(shift.rider_id, "holiday-pay"), sums.holiday_minor),
        ]
    )


def minute_postings(_rulebook: Rulebook, shift: ShiftMoney) -> tuple[Posting, ...]:
    """The minutes of a shift, in the unit MINUTES."""
    return nonzero([(WORK, rider(shift.rider_id, "minutes"), shift.minutes)])


def holiday_postings(rulebook: Rulebook, shift: ShiftMoney) -> tuple[Posting, ...]:
    """The leave a shift accrued, in the unit HOLIDAY: exact, nothing rounded."""
    units = money.holiday_units(shift.minutes, rulebook.pay.holiday_bp)
    return nonzero([(HOLIDAY_HOURS, rider(shift.rider_id, "holiday"), units)])
