"""A small evening to start tests from: a rulebook, a restaurant, riders on shift, orders."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from dispatch import orders, people, places, planning, shifts
from dispatch.facts import Point
from dispatch.orders import NewOrder
from dispatch.tables import Order, Person, Restaurant, Shift, known
from payments import books

ROOT = Path(__file__).parent.parent
# Tests write their own rules of rest.
RULEBOOK = re.sub(
    r"\n\[rest\].*?\n\n", "\n", (ROOT / "infra" / "examples" / "finsbury-park.toml").read_text(), flags=re.S
)
ALWAYS = [(day, 0, 1440) for day in range(7)]
STROUD_GREEN = Point(51.5687, -0.1103)
TOLLINGTON = Point(51.5666, -0.1125)
BLACKSTOCK = Point(51.5608, -0.0983)
HANLEY = Point(51.5685, -0.1168)


def adopt(session: Session, now: datetime, text: str = RULEBOOK) -> None:
    """The Finsbury Park rulebook, in force since May."""
    books.adopt(session, text, effective_on=date(2026, 5, 1), resolution="Founding meeting", now=now)


def restaurant(
    session: Session, now: datetime, name: str = "Pizza Luna", where: Point = STROUD_GREEN
) -> Restaurant:
    """A restaurant that never closes."""
    return places.add(
        session,
        name=name,
        phone=None,
        address="12 Stroud Green Road",
        point=where,
        zone="Finsbury Park",
        hours=ALWAYS,
        now=now,
    )


def person(session: Session, now: datetime, number: int, *roles: str, name: str = "Sam Okoye") -> Person:
    """A person with a drama number and these roles."""
    made = people.add(session, name=name, phone=f"+447700900{number:03d}", now=now)
    for role in roles:
        vehicle = "bike" if role == "rider" else None
        people.grant(session, known(made.id), role, now=now, by=None, vehicle=vehicle, home=TOLLINGTON)
    return made


def rider(
    session: Session, now: datetime, number: int = 1, *, name: str = "Sam Okoye", hours: float = 4
) -> Shift:
    """A rider on shift from now for some hours."""
    made = person(session, now, number, "rider", name=name)
    shifts.plan(session, known(made.id), starts_at=now, ends_at=now + timedelta(hours=hours))
    return shifts.start(session, known(made.id), now=now)


def order(
    session: Session,
    now: datetime,
    where: Restaurant,
    reference: str = "A-1",
    *,
    drop: Point = HANLEY,
    ready_min: float = 10,
    value: int = 2000,
    tip: int = 250,
    paid_by: str = "card",
    phone: str | None = None,
    language: str = "",
) -> Order:
    """An order placed now."""
    placed = orders.place(
        session,
        where,
        NewOrder(
            external_id=reference,
            ready_at=now + timedelta(minutes=ready_min),
            value_minor=value,
            tip_minor=tip,
            paid_by=paid_by,
            card_reference=f"pi_{reference}" if paid_by == "card" else None,
            drop=drop,
            drop_address="5 Hanley Road",
            flat="Flat 3",
            customer_name="Ana",
            customer_phone=phone,
            customer_language=language,
        ),
        now=now,
    )
    planning.wanted(session, now=now)
    return placed
