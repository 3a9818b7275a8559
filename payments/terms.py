"""What the rules make of one order or one shift: the postings, worked out and nothing more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from payments import money
from payments.errors import BadAmount
from payments.ledger import Posting
from payments.rulebook import Rulebook

CARD = "outside:card"
CUSTOMERS = "outside:customers"
COMMISSION = "co-op:commission"
DELIVERY = "co-op:delivery"
CARD_COST = "co-op:card-cost"
REFUNDS = "co-op:refunds"
WAGES = "co-op:wages"
TOP_UP = "co-op:wages:top-up"
HOLIDAY_PAY = "co-op:holiday"
HOLIDAY_HOURS = "co-op:holiday-hours"
WORK = "co-op:minutes"

_MINUTE = timedelta(minutes=1)


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
class ShiftMoney:
    """A shift as the books see it; `revision` counts its corrections. BadAmount when it ends before it starts.

    `unpaid` are the breaks of it that the members' rules do not pay, from and until.
    """

    shift_id: int
    rider_id: int
    started_at: datetime
    ended_at: datetime
    revision: int
    drops: int
    unpaid: tuple[tuple[datetime, datetime], ...] = ()

    def __post_init__(self) -> None:
        if self.started_at.utcoffset() is None or self.ended_at.utcoffset() is None:
            raise BadAmount(f"shift {self.shift_id}: an instant needs its offset")
        if self.ended_at < self.started_at:
            raise BadAmount(f"shift {self.shift_id} ends before it starts")
        if self.drops < 0 or self.revision < 0:
            raise BadAmount(f"shift {self.shift_id}: drops and revision are 0 or more")

    @property
    def clock_minutes(self) -> int:
        """Whole minutes on the shift clock, a minute begun counting as one."""
        return -((self.started_at - self.ended_at) // _MINUTE)

    @property
    def unpaid_minutes(self) -> int:
        """Whole minutes of unpaid breaks, a minute not finished counting as none."""
        return sum(rested // _MINUTE for rested in self._rested(self.ended_at))

    @property
    def minutes(self) -> int:
        """Whole minutes that are paid."""
        return self.clock_minutes - self.unpaid_minutes

    def unpaid_before(self, at: datetime) -> int:
        """How many of the unpaid minutes lie before an instant, one that is cut by it counting."""
        return min(self.unpaid_minutes, sum(-(-rested // _MINUTE) for rested in self._rested(at)))

    def _rested(self, at: datetime) -> Iterator[timedelta]:
        """How long each unpaid break lasted, within this shift and before an instant."""
        for since, until in self.unpaid:
            rested = min(until, self.ended_at, at) - max(since, self.started_at)
            yield max(timedelta(), rested)


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


@dataclass(frozen=True, slots=True)
class Sale:
    """What the postings of a delivered order say of it, in minor units."""

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
    """One of a rider's accounts: wages, tips, holiday-pay, holiday or minutes."""
    return f"rider:{rider_id}:{what}"


def order_postings(rulebook: Rulebook, order: OrderMoney) -> tuple[Posting, ...]:
    """How a delivered order's money moves; nothing when nothing was paid.

    By card the co-op holds the money and pays the restaurant, the rider and its own accounts from it; the
    card's cost is the co-op's and never the tip's. On account the customer's money is in the restaurant's
    till, so the restaurant owes the fee, the tip and the commission.
    """
    kitchen, tips = restaurant(order.restaurant_id), rider(order.rider_id, "tips")
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
    tip = next((each for each in postings if each.destination.startswith("rider:")), None)
    tip_minor = tip.amount if tip else 0
    rider_account = tip.destination if tip else None
    if till is not None:
        kitchen = till.destination.removesuffix(":till")
        value = till.amount - fee_minor - tip_minor
        return Sale("account", kitchen, value, fee_minor, tip_minor, rider_account)
    food = next((each for each in postings if each.destination.startswith("restaurant:")), None)
    kitchen_paid = food.destination if food else None
    return Sale("card", kitchen_paid, food.amount if food else 0, fee_minor, tip_minor, rider_account)


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


def worked(rulebook: Rulebook, shift: ShiftMoney) -> Iterator[tuple[date, int]]:
    """(day, paid minutes) of a shift: a minute belongs to the day, in the co-op's time, on which it begins."""
    day, done, rested = rulebook.local(shift.started_at).date(), 0, 0
    while done < shift.clock_minutes:
        day_end = rulebook.midnight(day + timedelta(days=1))
        until = min(shift.clock_minutes, -((shift.started_at - day_end) // _MINUTE))
        last = until == shift.clock_minutes
        resting = shift.unpaid_minutes if last else shift.unpaid_before(day_end)
        yield day, until - done - (resting - rested)
        day, done, rested = day + timedelta(days=1), until, resting


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
    return _nonzero(
        [
            (WAGES, wages, sums.basis_minor),
            (TOP_UP, wages, sums.top_up_minor),
            (HOLIDAY_PAY, rider(shift.rider_id, "holiday-pay"), sums.holiday_minor),
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
