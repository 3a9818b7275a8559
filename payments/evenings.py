"""What an evening brought and what it cost, an order and a rider-hour at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from payments.terms import CARD_COST, COMMISSION, DELIVERY, HOLIDAY_PAY, REFUNDS, TOP_UP, WAGES


@dataclass(frozen=True, slots=True)
class Evening:
    """One evening of the co-op, from four in the morning to the next; amounts in minor units, costs positive.

    `orders` counts deliveries less those undone; `minutes` is the riders' time on shift; `wages_minor` is all pay
    for work, premiums and the top-up with it, and `top_up_minor` the part of it that reached the floor. `refunds_minor`
    is what the co-op bore.
    """

    on: date
    orders: int
    minutes: int
    commission_minor: int
    delivery_minor: int
    card_minor: int
    refunds_minor: int
    wages_minor: int
    top_up_minor: int
    holiday_minor: int

    @property
    def income_minor(self) -> int:
        """What the orders left: commission and delivery fees, less cards and refunds."""
        return self.commission_minor + self.delivery_minor - self.card_minor - self.refunds_minor

    @property
    def cost_minor(self) -> int:
        """What the riders' time cost: pay for work, and the holiday pay set aside on it."""
        return self.wages_minor + self.holiday_minor

    @property
    def left_minor(self) -> int:
        """What is left for everything else."""
        return self.income_minor - self.cost_minor

    @property
    def income_per_order(self) -> Fraction | None:
        """Minor units an order; None without orders."""
        return Fraction(self.income_minor, self.orders) if self.orders > 0 else None

    @property
    def cost_per_hour(self) -> Fraction | None:
        """Minor units a rider-hour; None when nobody was on shift."""
        return Fraction(60 * self.cost_minor, self.minutes) if self.minutes > 0 else None

    @property
    def orders_per_hour(self) -> Fraction | None:
        """Orders a rider-hour; None when nobody was on shift."""
        return Fraction(60 * self.orders, self.minutes) if self.minutes > 0 else None

    @property
    def break_even(self) -> Fraction | None:
        """The orders a rider-hour at which they pay for it; None where no number would, or nobody knows."""
        cost, income = self.cost_per_hour, self.income_per_order
        return cost / income if cost is not None and income is not None and income > 0 else None


def reckoned(on: date, orders: int, minutes: int, moved: Iterable[tuple[str, int]]) -> Evening:
    """An evening from what moved on the co-op's own accounts: (account, what came in less what went out)."""
    sums: dict[str, int] = {}
    for account, amount in moved:
        sums[account] = sums.get(account, 0) + amount
    return Evening(
        on=on,
        orders=orders,
        minutes=minutes,
        commission_minor=sums.get(COMMISSION, 0),
        delivery_minor=sums.get(DELIVERY, 0),
        card_minor=-sums.get(CARD_COST, 0),
        refunds_minor=-sums.get(REFUNDS, 0),
        wages_minor=-sum(
            each for name, each in sums.items() if name == WAGES or name.startswith(f"{WAGES}:")
        ),
        top_up_minor=-sums.get(TOP_UP, 0),
        holiday_minor=-sums.get(HOLIDAY_PAY, 0),
    )
