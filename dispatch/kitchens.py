"""Kitchens: how much later than told food tends to be ready, and how surely, from each one's recent orders."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from dispatch.tables import Order
from payments.rulebook import Rulebook

MOST_S = 30 * 60  # one order counts for no more than this: a forgotten GOT is not half an hour of cooking
NEEDED = 8  # orders of all kitchens together, before anything is said of any
SHRINK = 10  # a kitchen's own orders weigh as much as the co-op's once it has this many
COUNTED = 200  # of the co-op's last orders make its own mean
STEP_S = 30  # what is learnt moves in steps, so that one more order does not stir every plan


@dataclass(frozen=True, slots=True)
class Kitchen:
    """Seconds to add to the time told, and the standard deviation about that, in seconds."""

    slip_s: int = 0
    spread_s: int = 0


ON_TIME = Kitchen()


def slip_s(told_s: float, happened_s: float) -> int:
    """How much later than told, in whole seconds, a forgotten word counted for half an hour at most."""
    return round(max(-MOST_S, min(MOST_S, happened_s - told_s)))


def look_ahead(session: Session, rulebook: Rulebook, restaurant_ids: Collection[int]) -> dict[int, Kitchen]:
    """What to expect of these kitchens; empty where the rulebook does not look ahead or too little is known."""
    rules = rulebook.dispatch
    if not rules.kitchen_look_ahead or not restaurant_ids:
        return {}
    all_of_them = _slips(session, COUNTED)
    if len(all_of_them) < NEEDED:
        return {}
    return {
        restaurant_id: expect(
            _slips(session, rules.kitchen_orders, restaurant_id),
            all_of_them,
            most_s=rules.kitchen_most_min * 60,
        )
        for restaurant_id in restaurant_ids
    }


def expect(own: Sequence[int], of_all: Sequence[int], *, most_s: int) -> Kitchen:
    """One kitchen's slip and spread, shrunk to those of all (which must not be empty), both within `most_s`.

    The mean and the variance are each (n own + SHRINK all) / (n + SHRINK), n the kitchen's own orders.
    """
    mean, variance = _moments(of_all)
    if own:
        n = len(own)
        mine = sum(own) / n
        mean = (n * mine + SHRINK * mean) / (n + SHRINK)
        about = sum((slip - mine) ** 2 for slip in own)
        variance = (about + SHRINK * variance) / (n + SHRINK)
    return Kitchen(
        slip_s=_step(max(-most_s, min(most_s, mean))), spread_s=_step(min(most_s, math.sqrt(variance)))
    )


def _moments(slips: Sequence[int]) -> tuple[float, float]:
    mean = sum(slips) / len(slips)
    return mean, sum((slip - mean) ** 2 for slip in slips) / len(slips)


def _step(value_s: float) -> int:
    return STEP_S * round(value_s / STEP_S)


_ALL = (
    select(Order.kitchen_slip_s)
    .where(col(Order.kitchen_slip_s).is_not(None))
    .order_by(col(Order.id).desc())
    .limit(bindparam("most"))
)
_OWN = _ALL.where(Order.restaurant_id == bindparam("restaurant_id"))


def _slips(session: Session, most: int, restaurant_id: int | None = None) -> Sequence[int]:
    """The last orders' slips, newest first: of one kitchen, or of all."""
    asked, who = (_ALL, {}) if restaurant_id is None else (_OWN, {"restaurant_id": restaurant_id})
    rows = session.connection().execute(asked, {"most": most, **who})
    return [int(slip) for (slip,) in rows]
