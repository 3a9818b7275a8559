"""Past shifts and orders reckoned by a set of rules: what riders, restaurants and the co-op would have had."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar, cast

from payments import terms
from payments.rulebook import VAT_KINDS, Rate, Rulebook, VatRate
from payments.terms import OrderMoney, ShiftMoney, tax


@dataclass(frozen=True, slots=True)
class PastOrder:
    """A delivered order: its money as it was, when it was delivered, where it went (degrees), and how far (metres)."""

    money: OrderMoney
    at: datetime
    lat: float
    lon: float
    distance_m: int


_Dated = TypeVar("_Dated", bound=Rate | VatRate)
Rules = Callable[[PastOrder | ShiftMoney], Rulebook]


@dataclass(slots=True)
class RiderSums:
    """A rider's shifts: minutes, drops, and amounts in minor units; tips are the same by any rules and left out."""

    minutes: int = 0
    drops: int = 0
    wages_minor: int = 0
    premiums_minor: int = 0
    top_up_minor: int = 0
    holiday_minor: int = 0

    @property
    def pay_minor(self) -> int:
        """Pay for the work, with premiums and what reaches the floor."""
        return self.wages_minor + self.premiums_minor + self.top_up_minor


@dataclass(slots=True)
class CoOpSums:
    """What came to the co-op and what it paid, in minor units; `beyond` counts orders outside its zones."""

    commission_minor: int = 0
    delivery_minor: int = 0
    card_minor: int = 0
    wages_minor: int = 0
    premiums_minor: int = 0
    top_up_minor: int = 0
    holiday_minor: int = 0
    beyond: int = 0

    @property
    def left_minor(self) -> int:
        """What is left for everything else."""
        paid = (
            self.card_minor + self.wages_minor + self.premiums_minor + self.top_up_minor + self.holiday_minor
        )
        return self.commission_minor + self.delivery_minor - paid


@dataclass(slots=True)
class Reckoning:
    """What a set of rules makes of the past: by rider, by restaurant (its commission), and for the co-op."""

    riders: dict[int, RiderSums] = field(default_factory=lambda: defaultdict(RiderSums))
    restaurants: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    co_op: CoOpSums = field(default_factory=CoOpSums)


def reckon(
    orders: Iterable[PastOrder], shifts: Iterable[ShiftMoney], rules: Rules, *, fees_anew: bool
) -> Reckoning:
    """What `rules` (an order or a shift -> its rulebook) make of past orders and shifts.

    `fees_anew`: delivery fees are reckoned again from zone and distance, and an order outside every zone
    brings nothing, neither fee nor commission; otherwise they are what was charged.
    """
    made = Reckoning()
    for order in orders:
        _order(made, order, rules(order), fees_anew)
    for shift in shifts:
        earned = terms.earned(rules(shift), shift)
        rider = made.riders[shift.rider_id]
        rider.minutes += shift.minutes
        rider.drops += shift.drops
        for sums in (rider, made.co_op):
            sums.wages_minor += earned.basis_minor
            sums.premiums_minor += earned.premiums_minor
            sums.top_up_minor += earned.top_up_minor
            sums.holiday_minor += earned.holiday_minor
    return made


def as_of(rulebook: Rulebook, on: date | None) -> Rulebook:
    """The rulebook as if it had always been `on`: hourly rates, and rates of VAT, of that day for every day.

    None: each day has its own rate, and the days before the first rate have the first.
    """
    pay = {name: _always(table, on) for name, table in _rates(rulebook).items()}
    vat: dict[str, object] = {kind: _always(getattr(rulebook.vat, kind), on) for kind in VAT_KINDS}
    return rulebook.model_copy(
        update={"pay": rulebook.pay.model_copy(update=pay), "vat": rulebook.vat.model_copy(update=vat)}
    )


def _rates(rulebook: Rulebook) -> dict[str, tuple[Rate, ...]]:
    return {"rates": rulebook.pay.rates, "floor": rulebook.pay.floor}


def _always(table: tuple[_Dated, ...], on: date | None) -> tuple[_Dated, ...]:
    begun = [rate for rate in table if on is not None and rate.from_on <= on]
    for_ever = [rate.model_copy(update={"from_on": date.min}) for rate in begun[-1:] or table[:1]]
    kept = () if on is not None else table[1:]
    return tuple(cast(_Dated, rate) for rate in (*for_ever, *kept))


def _order(made: Reckoning, order: PastOrder, rulebook: Rulebook, fees_anew: bool) -> None:
    paid, on = order.money, rulebook.local(order.at).date()
    made.restaurants[paid.restaurant_id] += 0
    if fees_anew:
        zone = rulebook.zone_at(order.lat, order.lon)
        if zone is None:
            made.co_op.beyond += 1
            return
        paid = replace(paid, delivery_fee_minor=terms.fee(rulebook, zone.name, order.distance_m, on))
    commission = tax.commission(rulebook, paid.value_minor, on).net_minor
    made.restaurants[paid.restaurant_id] += commission
    made.co_op.commission_minor += commission
    made.co_op.delivery_minor += tax.gross(rulebook, "delivery", paid.delivery_fee_minor, on).net_minor
    if paid.paid_by == "card":
        made.co_op.card_minor += terms.card_cost(rulebook, paid.total_minor)
