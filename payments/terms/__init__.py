"""What the rules make of one order or one shift: the postings, worked out and nothing more."""

from dataclasses import dataclass
from itertools import groupby

from payments import money
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
    DROPS,
    EMPLOYER,
    HOLIDAY_HOURS,
    HOLIDAY_PAY,
    REFUNDS,
    REMITTANCE,
    SERVICES,
    SET_ASIDE,
    TOP_UP,
    VAT,
    VAT_RECLAIMED,
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
from payments.work import Premium, ShiftMoney, premiums, worked

__all__ = [
    "ADJUSTMENTS",
    "BANK",
    "CARD",
    "CARD_COST",
    "COMMISSION",
    "CUSTOMERS",
    "DELIVERY",
    "DROPS",
    "EMPLOYER",
    "HOLIDAY_HOURS",
    "HOLIDAY_PAY",
    "REFUNDS",
    "REMITTANCE",
    "SERVICES",
    "SET_ASIDE",
    "TOP_UP",
    "VAT",
    "VAT_RECLAIMED",
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
    "holiday_account",
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


@dataclass(frozen=True, slots=True)
class Earned:
    """What a shift earned, in minor units: by the basis, the top-up to the floor, premiums, holiday pay on them all.

    `drops_minor` is the part of the basis paid by the drop where a co-op pays by the hour and the drop.
    """

    basis_minor: int
    top_up_minor: int
    holiday_minor: int
    premiums: tuple[Premium, ...] = ()
    drops_minor: int = 0

    @property
    def premiums_minor(self) -> int:
        """All premiums together."""
        return sum(each.amount_minor for each in self.premiums)

    @property
    def wages_minor(self) -> int:
        """Pay for the work itself, without holiday."""
        return self.basis_minor + self.top_up_minor + self.premiums_minor


def earned(rulebook: Rulebook, shift: ShiftMoney) -> Earned:
    """What a shift earned: by the hour, the drop or both, topped up to the floor, and premiums on top.

    Premiums do not fill up the floor. NoRate before the first rate.
    """
    rules, minutes = rulebook.pay, list(worked(rulebook, shift))
    drops = 0 if rules.basis == "hourly" else shift.drops * rules.per_drop_minor
    hours = (
        0 if rules.basis == "per_drop" else money.wages((count, rules.rate_on(day)) for day, count in minutes)
    )
    floor = money.wages((count, rules.floor_on(day)) for day, count in minutes)
    top_up, more = max(0, floor - hours - drops), premiums(rulebook, shift)
    pay_minor = hours + drops + top_up + sum(each.amount_minor for each in more)
    beside = drops if rules.basis == "both" else 0
    return Earned(hours + drops, top_up, money.percent_of(pay_minor, rules.holiday_bp), more, beside)


def shift_pay(rulebook: Rulebook, shift: ShiftMoney) -> int:
    """What a shift pays (minor units) for the work itself, holiday and tips apart."""
    return earned(rulebook, shift).wages_minor


def holiday_account(rulebook: Rulebook, rider_id: int) -> str:
    """Where holiday pay goes: set aside until leave is taken, or, rolled up, payable with the wages."""
    return rider(rider_id, "holiday-pay" if rulebook.pay.holiday == "rolled_up" else SET_ASIDE)


def wage_postings(rulebook: Rulebook, shift: ShiftMoney) -> tuple[Posting, ...]:
    """The money of a shift: wages, each premium and the top-up as postings of their own, and holiday pay."""
    sums, wages = earned(rulebook, shift), rider(shift.rider_id, "wages")
    return nonzero(
        [
            (WAGES, wages, sums.basis_minor - sums.drops_minor),
            (DROPS, wages, sums.drops_minor),
            *((f"{WAGES}:{each.name}", wages, each.amount_minor) for each in sums.premiums),
            (TOP_UP, wages, sums.top_up_minor),
            (HOLIDAY_PAY, holiday_account(rulebook, shift.rider_id), sums.holiday_minor),
        ]
    )


def minute_postings(rulebook: Rulebook, shift: ShiftMoney) -> tuple[Posting, ...]:
    """The minutes of a shift, in the unit MINUTES: a posting for each hourly rate they were paid at, in turn."""
    rules, account = rulebook.pay, rider(shift.rider_id, "minutes")
    if rules.basis == "per_drop":
        return nonzero([(WORK, account, shift.minutes)])
    paid = [(rules.rate_on(day), count) for day, count in worked(rulebook, shift) if count]
    turns = groupby(paid, key=lambda each: each[0])
    return nonzero([(WORK, account, sum(count for _, count in turn)) for _, turn in turns])


def holiday_postings(rulebook: Rulebook, shift: ShiftMoney) -> tuple[Posting, ...]:
    """The leave a shift accrued, in the unit HOLIDAY: exact, nothing rounded."""
    units = money.holiday_units(shift.minutes, rulebook.pay.holiday_bp)
    return nonzero([(HOLIDAY_HOURS, rider(shift.rider_id, "holiday"), units)])
