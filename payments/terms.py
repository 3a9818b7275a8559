"""What the rules make of one order or one shift: the postings, worked out and nothing more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from payments import money
from payments.errors import BadAmount
from payments.ledger import Posting
from payments.rulebook import Rulebook
from payments.work import Premium, ShiftMoney, pool_day, premiums, tip_account, worked

CARD = "outside:card"
CUSTOMERS = "outside:customers"
COMMISSION = "co-op:commission"
DELIVERY = "co-op:delivery"
CARD_COST = "co-op:card-cost"
REFUNDS = "co-op:refunds"
WAGES = "co-op:wages"
TOP_UP = "co-op:wages:top-up"
DROPS = "co-op:wages:drops"
HOLIDAY_PAY = "co-op:holiday"
HOLIDAY_HOURS = "co-op:holiday-hours"
WORK = "co-op:minutes"
SET_ASIDE = "holiday-set-aside"  # a rider's account: holiday pay until leave is taken

__all__ = [
    "CARD",
    "CARD_COST",
    "COMMISSION",
    "CUSTOMERS",
    "DELIVERY",
    "DROPS",
    "HOLIDAY_HOURS",
    "HOLIDAY_PAY",
    "REFUNDS",
    "SET_ASIDE",
    "TOP_UP",
    "WAGES",
    "WORK",
    "Earned",
    "OrderMoney",
    "Sale",
    "ShiftMoney",
    "card_cost",
    "earned",
    "fee",
    "holiday_account",
    "holiday_postings",
    "minute_postings",
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
class OrderMoney:
    """An order as the books see it; amounts in minor units. BadAmount when one is negative or not whole.

    `paid_by` "card": the co-op collected the customer's money; "account": the restaurant did, at its till.
    `attempt` counts how often the order was marked delivered.
    """

    order_id: int
    restaurant_id: int
    rider_id: int
    value_minor: int
    delivery_fee_minor: int
    tip_minor: int
    paid_by: Literal["account", "card"]
    attempt: int = 1

    def __post_init__(self) -> None:
        for amount in (self.value_minor, self.delivery_fee_minor, self.tip_minor):
            if type(amount) is not int or amount < 0:
                raise BadAmount(f"order {self.order_id}: {amount!r} is not an amount")
        if self.paid_by not in ("account", "card"):
            raise BadAmount(
                f"order {self.order_id}: paid by {self.paid_by!r}, which is neither account nor card"
            )

    @property
    def total_minor(self) -> int:
        """What the customer paid: food, delivery fee and tip."""
        return self.value_minor + self.delivery_fee_minor + self.tip_minor


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


@dataclass(frozen=True, slots=True)
class Sale:
    """What the postings of a delivered order say of it, in minor units; `rider` is the account its tip went to."""

    paid_by: Literal["account", "card"]
    restaurant: str | None
    value_minor: int
    delivery_fee_minor: int
    tip_minor: int
    rider: str | None

    @property
    def refundable_minor(self) -> int:
        """What may ever be given back: all that was paid but the tip, which is the rider's."""
        return self.value_minor + self.delivery_fee_minor


def fee(rulebook: Rulebook, zone_name: str, distance_m: int) -> int:
    """The delivery fee (minor units) for a ride of `distance_m` metres, half a unit rounded up; UnknownZone."""
    if distance_m < 0:
        raise BadAmount(f"{distance_m} m is not a distance")
    zone = rulebook.zone(zone_name)
    return zone.delivery_fee_minor + (zone.per_km_minor * distance_m + 500) // 1000


def card_cost(rulebook: Rulebook, total: int) -> int:
    """What taking `total` (minor units) by card costs the co-op, half a unit rounded up; nothing for nothing."""
    if total == 0:
        return 0
    return money.percent_of(total, rulebook.revenue.card_fee_bp) + rulebook.revenue.card_fee_fixed_minor


def restaurant(restaurant_id: int) -> str:
    """What the co-op owes a restaurant."""
    return f"restaurant:{restaurant_id}"


def rider(rider_id: int, what: str) -> str:
    """One of a rider's accounts: wages, tips, holiday-pay, holiday-set-aside, expenses, holiday or minutes."""
    return f"rider:{rider_id}:{what}"


def order_postings(
    rulebook: Rulebook, order: OrderMoney, *, at: datetime | None = None
) -> tuple[Posting, ...]:
    """How a delivered order's money moves; nothing when nothing was paid. Where tips are pooled, `at` says which day's.

    By card the co-op holds the money and pays the restaurant, the rider and its own accounts from it; the
    card's cost is the co-op's and never the tip's. On account the customer's money is in the restaurant's
    till, so the restaurant owes the fee, the tip and the commission.
    """
    kitchen, tips = restaurant(order.restaurant_id), tip_account(rulebook, order.rider_id, at)
    commission = (kitchen, COMMISSION, money.percent_of(order.value_minor, rulebook.revenue.commission_bp))
    if order.paid_by == "card":
        moves = [
            (CARD, kitchen, order.value_minor),
            (CARD, DELIVERY, order.delivery_fee_minor),
            (CARD, tips, order.tip_minor),
            commission,
            (CARD_COST, CARD, card_cost(rulebook, order.total_minor)),
        ]
    else:
        moves = [
            (CUSTOMERS, f"{kitchen}:till", order.total_minor),
            (kitchen, DELIVERY, order.delivery_fee_minor),
            (kitchen, tips, order.tip_minor),
            commission,
        ]
    return _nonzero(moves)


def read_sale(postings: Sequence[Posting]) -> Sale:
    """Read a delivered order back from its postings."""
    till = next((each for each in postings if each.source == CUSTOMERS), None)
    fee_minor = sum(each.amount for each in postings if each.destination == DELIVERY)
    tip = next((each for each in postings if _is_tip(each)), None)
    tip_minor = tip.amount if tip else 0
    rider_account = tip.destination if tip else None
    if till is not None:
        kitchen = till.destination.removesuffix(":till")
        value = till.amount - fee_minor - tip_minor
        return Sale("account", kitchen, value, fee_minor, tip_minor, rider_account)
    food = next((each for each in postings if each.destination.startswith("restaurant:")), None)
    kitchen_paid = food.destination if food else None
    return Sale("card", kitchen_paid, food.amount if food else 0, fee_minor, tip_minor, rider_account)


def _is_tip(posting: Posting) -> bool:
    return posting.destination.startswith("rider:") or pool_day(posting.destination) is not None


def refund_postings(sale: Sale, amount_minor: int, liable: str) -> tuple[Posting, ...]:
    """How money goes back to a customer: from who holds it, and at the cost of who is liable.

    `liable` is "restaurant" or "co-op"; a rider never is. BadAmount for anyone else, or a restaurant that
    was paid nothing.
    """
    if liable not in ("restaurant", "co-op"):
        raise BadAmount(f"a refund is borne by the restaurant or the co-op, not by {liable!r}")
    if sale.restaurant is None and liable == "restaurant":
        raise BadAmount("the restaurant was paid nothing, so it gives nothing back")
    if sale.paid_by == "card" or sale.restaurant is None:
        return (Posting(REFUNDS if liable == "co-op" else str(sale.restaurant), CARD, amount_minor),)
    back = Posting(f"{sale.restaurant}:till", CUSTOMERS, amount_minor)
    if liable == "restaurant":
        return (back,)
    return (back, Posting(REFUNDS, sale.restaurant, amount_minor))


def refunded_minor(postings: Sequence[Posting]) -> int:
    """What the postings of a refund gave back to the customer."""
    return sum(each.amount for each in postings if each.destination in (CARD, CUSTOMERS))


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
    return _nonzero(
        [
            (WAGES, wages, sums.basis_minor - sums.drops_minor),
            (DROPS, wages, sums.drops_minor),
            *((f"{WAGES}:{each.name}", wages, each.amount_minor) for each in sums.premiums),
            (TOP_UP, wages, sums.top_up_minor),
            (HOLIDAY_PAY, holiday_account(rulebook, shift.rider_id), sums.holiday_minor),
        ]
    )


def minute_postings(_rulebook: Rulebook, shift: ShiftMoney) -> tuple[Posting, ...]:
    """The minutes of a shift, in the unit MINUTES."""
    return _nonzero([(WORK, rider(shift.rider_id, "minutes"), shift.minutes)])


def holiday_postings(rulebook: Rulebook, shift: ShiftMoney) -> tuple[Posting, ...]:
    """The leave a shift accrued, in the unit HOLIDAY: exact, nothing rounded."""
    units = money.holiday_units(shift.minutes, rulebook.pay.holiday_bp)
    return _nonzero([(HOLIDAY_HOURS, rider(shift.rider_id, "holiday"), units)])


def _nonzero(moves: Sequence[tuple[str, str, int]]) -> tuple[Posting, ...]:
    return tuple(Posting(*move) for move in moves if move[2])
