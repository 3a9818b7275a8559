"""Evenings that are over, as rows: orders carried and shifts worked, for what reads them afterwards."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch.facts import Point
from dispatch.tables import Order, Person, Restaurant, Shift, known
from tests import factories

KITCHENS = (factories.STROUD_GREEN, factories.BLACKSTOCK, factories.TOLLINGTON)


def kitchens(session: Session, now: datetime) -> list[Restaurant]:
    """Three restaurants."""
    return [
        factories.restaurant(session, now, f"Kitchen {number}", where)
        for number, where in enumerate(KITCHENS)
    ]


def crew(session: Session, now: datetime, count: int = 4) -> list[Person]:
    """Riders who all start from the same place."""
    return [factories.person(session, now, 10 + n, "rider", name=f"Rider {n}") for n in range(count)]


def evening(
    session: Session,
    began_at: datetime,
    places: Sequence[Restaurant],
    riders: Sequence[Person],
    *,
    orders: int = 24,
    seed: int = 0,
) -> list[Order]:
    """Two and a half hours of orders from an instant on, all delivered, and everybody off again."""
    rng = random.Random(seed)
    brought = []
    for number in range(orders):
        placed_at = began_at + timedelta(minutes=150 * number / orders)
        order = factories.order(
            session,
            placed_at,
            places[number % len(places)],
            f"{began_at:%d%H}-{number}",
            drop=Point(51.5687 + rng.uniform(-0.008, 0.008), -0.1100 + rng.uniform(-0.01, 0.01)),
            ready_min=rng.randint(8, 20),
            tip=rng.choice((0, 150)),
        )
        order.delivery, order.carried_at = "delivered", order.ready_at
        order.delivered_at = order.ready_at + timedelta(minutes=15)
        order.rider_id = known(riders[number % len(riders)].id)
        session.add(order)
        brought.append(order)
    for place, rider in enumerate(riders):
        session.add(
            Shift(
                person_id=known(rider.id),
                vehicle="bike",
                state="ended",
                planned_start_at=began_at,
                planned_end_at=began_at + timedelta(hours=4),
                started_at=began_at,
                ended_at=began_at + timedelta(hours=4, minutes=-place * 15),
                lat=51.55,  # where the shift ended
                lon=-0.10,
            )
        )
    session.flush()
    return brought
