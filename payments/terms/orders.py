"""What the rules make of one order: delivered, given money back on, cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from payments import money
from payments.errors import BadAmount
from payments.ledger import Posting
from payments.rulebook import STAGES, Rulebook, Stage
from payments.terms.accounts import (
    CARD,
    CARD_COST,
    COMMISSION,
    CUSTOMERS,
    DELIVERY,
    REFUNDS,
    restaurant,
)
from payments.terms.tax import OUTPUT, Taxed, commission, gross, less, priced, taxed
from payments.work import pool_day, tip_account


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """An order as the books see it; amounts in minor units. BadAmount when one is negative or not whole.

    `delivery_fee_minor` is what the customer pays, VAT and all. `paid_by` "card": the co-op collected the customer's
    money; "account": the restaurant did, at its till. `attempt` counts how often the order was marked delivered.
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


def fee(rulebook: Rulebook, zone_name: str, distance_m: int, on: date) -> int:
    """What a customer pays (minor units) for a ride of `distance_m` metres on a day, VAT and all.

    Half a unit is rounded up. UnknownZone; NoVatRate.
    """
    if distance_m < 0:
        raise BadAmount(f"{distance_m} m is not a distance")
    zone = rulebook.zone(zone_name)
    price = zone.delivery_fee_minor + (zone.per_km_minor * distance_m + 500) // 1000
    return priced(rulebook, "delivery", price, on).gross_minor


def card_cost(rulebook: Rulebook, total: int) -> int:
    """What taking `total` (minor units) by card costs the co-op, half a unit rounded up; nothing for nothing."""
    if total == 0:
        return 0
    return money.percent_of(total, rulebook.revenue.card_fee_bp) + rulebook.revenue.card_fee_fixed_minor


Moves = list[tuple[str, str, int]]


def order_postings(
    rulebook: Rulebook, order: OrderMoney, on: date, *, at: datetime | None = None
) -> tuple[Posting, ...]:
    """How a delivered order's money moves, by the VAT of that day; nothing when nothing was paid.

    Where tips are pooled, `at` says which day's pool the tip goes to.

    By card the co-op holds the money and pays the restaurant, the rider and its own accounts from it; the
    card's cost is the co-op's and never the tip's. On account the customer's money is in the restaurant's
    till, so the restaurant owes the fee, the tip and the commission. NoVatRate.
    """
    kitchen, tips = restaurant(order.restaurant_id), tip_account(rulebook, order.rider_id, at)
    share = commission(rulebook, order.value_minor, on)
    ride = gross(rulebook, "delivery", order.delivery_fee_minor, on)
    moves: Moves
    if order.paid_by == "card":
        moves = [
            (CARD, kitchen, order.value_minor),
            *_earned("delivery", CARD, ride),
            (CARD, tips, order.tip_minor),
            *_earned("commission", kitchen, share),
            (CARD_COST, CARD, card_cost(rulebook, order.total_minor)),
        ]
    else:
        moves = [
            (CUSTOMERS, f"{kitchen}:till", order.total_minor),
            *_earned("delivery", kitchen, ride),
            (kitchen, tips, order.tip_minor),
            *_earned("commission", kitchen, share),
        ]
    return nonzero(moves)


def read_sale(postings: Sequence[Posting]) -> Sale:
    """Read a delivered order back from its postings."""
    till = next((each for each in postings if each.source == CUSTOMERS), None)
    fee_minor = sum(each.amount for each in postings if each.destination in (DELIVERY, OUTPUT["delivery"]))
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


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money to give back on a sale, in minor units: `fee_minor` of it is delivery fee, the rest is food."""

    amount_minor: int
    fee_minor: int
    liable: str

    @property
    def food_minor(self) -> int:
        """What is for the food."""
        return self.amount_minor - self.fee_minor


def refund_postings(
    rulebook: Rulebook, sold: Sequence[Posting], before: Sequence[Posting], back: GivenBack, on: date
) -> tuple[Posting, ...]:
    """How money goes back to a customer: from who holds it, and at the cost of who is liable.

    `sold` are the postings of the delivery, `before` those of earlier refunds, `on` the day it was sold: its rules
    and its VAT are undone. A fee a registered co-op gives back is income it has not had, and its VAT goes back; of
    food the restaurant gives back, its commission does, where the rules say so. `liable` is "restaurant" or "co-op";
    a rider never is. BadAmount for anyone else, for a restaurant that was paid nothing, or for more fee than stands.
    """
    sale, standing = read_sale(sold), taxed([*sold, *before])
    if back.liable not in ("restaurant", "co-op"):
        raise BadAmount(f"a refund is borne by the restaurant or the co-op, not by {back.liable!r}")
    if sale.restaurant is None and back.liable == "restaurant":
        raise BadAmount("the restaurant was paid nothing, so it gives nothing back")
    if not 0 <= back.fee_minor <= min(back.amount_minor, fee_standing([*sold, *before])):
        raise BadAmount(f"of the delivery fee {back.fee_minor} cannot be given back")
    kitchen = str(sale.restaurant)
    by_card = sale.paid_by == "card" or sale.restaurant is None
    moves: Moves = [] if by_card else [(f"{kitchen}:till", CUSTOMERS, back.amount_minor)]
    if back.liable == "co-op":
        to = CARD if by_card else kitchen
        taken = back.fee_minor if rulebook.vat.registered else 0
        moves.append((REFUNDS, to, back.amount_minor - taken))
        if taken:
            moves += _given("delivery", to, _ride_back(rulebook, standing["delivery"], back.fee_minor, on))
    elif by_card:
        moves.append((kitchen, CARD, back.amount_minor))
    if back.liable == "restaurant" and rulebook.revenue.refund_commission and "commission" in standing:
        share = money.percent_of(back.food_minor, rulebook.revenue.commission_bp)
        moves += _given(
            "commission", kitchen, less(rulebook, "commission", standing["commission"], share, on)
        )
    return nonzero(moves)


def _ride_back(rulebook: Rulebook, standing: Taxed, fee_minor: int, on: date) -> Taxed:
    left = gross(rulebook, "delivery", standing.gross_minor - fee_minor, on)
    return Taxed(standing.net_minor - left.net_minor, standing.vat_minor - left.vat_minor)


def fee_standing(postings: Sequence[Posting]) -> int:
    """How much of the delivery fee (minor units, VAT and all) was not given back."""
    income = taxed(postings).get("delivery")
    return income.gross_minor if income else 0


def refunded_minor(postings: Sequence[Posting]) -> int:
    """What the postings of a refund gave back to the customer."""
    return sum(each.amount for each in postings if each.destination in (CARD, CUSTOMERS))


def fee_given_back(postings: Sequence[Posting]) -> int:
    """How much delivery fee, VAT and all, the postings of a refund took from the co-op."""
    return -fee_standing(postings)


def cancel_postings(rulebook: Rulebook, order: OrderMoney, stage: Stage, on: date) -> tuple[Posting, ...]:
    """How money moves for an order cancelled at a stage; nothing where all of it goes back the way it came.

    BadAmount for an unknown stage; NoVatRate.
    """
    if stage not in STAGES:
        raise BadAmount(f"order {order.order_id}: {stage!r} is not a stage of a cancellation")
    rule, kitchen = rulebook.revenue.cancelled.at(stage), restaurant(order.restaurant_id)
    ride = gross(rulebook, "delivery", order.delivery_fee_minor, on)
    moves: Moves = [(REFUNDS, kitchen, money.percent_of(order.value_minor, rule.food_bp))]
    if rule.delivery_fee == "back":
        moves += _earned("delivery", kitchen, ride) if rule.borne_by == "restaurant" else []
    elif order.paid_by == "card":
        moves += _earned("delivery", CARD, ride)
        moves.append((CARD_COST, CARD, card_cost(rulebook, order.delivery_fee_minor)))
    else:
        moves.append((CUSTOMERS, f"{kitchen}:till", order.delivery_fee_minor))
        moves += _earned("delivery", kitchen, ride)
    return nonzero(moves)


def cancel_gives_back(rulebook: Rulebook, order: OrderMoney, stage: Stage) -> int:
    """What a customer has back (minor units) of an order cancelled at a stage: all, or all but the fee."""
    kept = rulebook.revenue.cancelled.at(stage).delivery_fee == "kept"
    return order.total_minor - (order.delivery_fee_minor if kept else 0)


def _earned(kind: Literal["commission", "delivery"], source: str, income: Taxed) -> Moves:
    account = COMMISSION if kind == "commission" else DELIVERY
    return [(source, account, income.net_minor), (source, OUTPUT[kind], income.vat_minor)]


def _given(kind: Literal["commission", "delivery"], to: str, income: Taxed) -> Moves:
    account = COMMISSION if kind == "commission" else DELIVERY
    return [(account, to, income.net_minor), (OUTPUT[kind], to, income.vat_minor)]


def nonzero(moves: Sequence[tuple[str, str, int]]) -> tuple[Posting, ...]:
    """The moves that move anything, as postings."""
    return tuple(Posting(*move) for move in moves if move[2])
