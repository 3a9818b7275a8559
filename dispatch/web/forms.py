"""What people type into forms, read: local times, pounds, phones, places, opening hours."""

import re
import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from sqlmodel import Session, select

from dispatch import orders, people, places, planning
from dispatch.errors import BadInput
from dispatch.facts import Point
from dispatch.places.restaurants import Hours
from dispatch.tables import Order, known
from dispatch.web import api
from dispatch.web.access import Program
from dispatch.web.shapes import OrderIn
from payments import books
from payments.rulebook import Rulebook

_POUNDS = re.compile(r"£?\s*(\d{1,6})(?:[.,](\d{1,2}))?")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")
_REFERENCE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no letter or digit that is taken for another


def rulebook(session: Session, now: datetime) -> Rulebook:
    """The rules in force."""
    return books.in_force(session, at=now)[1]


def zone(session: Session, now: datetime) -> ZoneInfo:
    """The co-op's own time."""
    return rulebook(session, now).timezone


def soon(session: Session, now: datetime) -> str:
    """Twenty minutes from now as a form's first guess of when food is ready."""
    return f"{(now + timedelta(minutes=20)).astimezone(zone(session, now)):%Y-%m-%dT%H:%M}"


def local_zone(program: Program, now: datetime) -> ZoneInfo:
    """The co-op's own time, looked up in a transaction of its own."""
    with program.database.reading() as session:
        return zone(session, now)


def instant(text: str, where: ZoneInfo, *, now: datetime, what: str) -> datetime:
    """An instant from "2026-11-20T18:40" or "18:40" of local time, or from one with an offset; BadInput.

    An hour without its day is the nearest one to now.
    """
    text = text.strip()
    clock = _clock(text)
    if clock is not None:
        today = datetime.combine(now.astimezone(where).date(), clock, where)
        return min((today + timedelta(days=d) for d in (-1, 0, 1)), key=lambda at: abs(at - now))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{what}: write a time like 18:40, or a day and time like 2026-11-20T18:40.") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=where)


def next_time(text: str, where: ZoneInfo, *, now: datetime, what: str) -> datetime:
    """The same, an hour without its day being the next one to come."""
    at = instant(text, where, now=now, what=what)
    return at + timedelta(days=1) if _clock(text.strip()) is not None and at <= now else at


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))


def day(text: str, rules: Rulebook, what: str) -> datetime:
    """The instant a local day begins, or an instant given whole; BadInput."""
    try:
        return rules.midnight(date.fromisoformat(text)) if len(text) == 10 else _aware(text, rules)
    except ValueError:
        raise BadInput("{what}: write a day like 2026-11-20.", what=what) from None


def date_of(text: str, what: str) -> date:
    """A day of the calendar, like 2026-11-20; BadInput."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("{what}: write a day like 2026-11-20.", what=what) from None


def _aware(text: str, rules: Rulebook) -> datetime:
    at = datetime.fromisoformat(
        text.replace(" ", "+")
    )  # a plus sign unescaped in an address comes as a blank
    return at if at.tzinfo is not None else at.replace(tzinfo=rules.timezone)


def pounds(text: str, what: str) -> int:
    """Minor units from "23.50"; nothing written is nought. BadInput."""
    if not text.strip():
        return 0
    found = _POUNDS.fullmatch(text.strip())
    if found is None:
        raise BadInput("{what}: write an amount like 23.50.", what=what)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0") or 0)


def phone(program: Program, text: str) -> str | None:
    """A phone in E.164, or None where none is written; BadPhone."""
    return people.phone(text, drama=program.sandbox) if text.strip() else None


def point(program: Program, lat: float | None, lon: float | None, address: str) -> Point | None:
    """Where something is: the point given, or its address found. Call it with no transaction open."""
    if lat is not None and lon is not None:
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise BadInput("A point is a latitude from -90 to 90 and a longitude from -180 to 180.")
        return Point(lat, lon)
    if (lat is None) != (lon is None):
        raise BadInput("A point needs both its latitude and its longitude.")
    return program.geocoder.find(address).point if address.strip() else None


def new_address(program: Program, lat: float | None, lon: float | None, address: str) -> Point:
    """Where food is to go instead. BadInput for nothing written; AddressNotFound. Call it with no transaction open."""
    if not address.strip():
        raise BadInput("New address: write it.")
    return found(program, lat, lon, address)


def found(program: Program, lat: float | None, lon: float | None, address: str) -> Point:
    """Where something must be: BadInput where it is not found. Call it with no transaction open."""
    where = point(program, lat, lon, address)
    if where is None:
        raise BadInput("That place was not found: check the street, or give its latitude and longitude.")
    return where


def minute(text: str, what: str) -> int:
    """Minutes past midnight from "18:40"; 24:00 is the end of the day. BadInput."""
    if text.strip() == "24:00":
        return 1440
    clock = _clock(text.strip())
    if clock is None:
        raise BadInput("{what}: write a time like 17:00.", what=what)
    return clock.hour * 60 + clock.minute


def hours(opens: str, closes: str, days: Sequence[int]) -> list[Hours]:
    """The same hours on these days, on all where none is named; a close before the open is after midnight."""
    start, end = minute(opens, "Opens"), minute(closes, "Closes")
    if start == 1440:
        raise BadInput("Opens: write a time like 17:00.")
    return [(day, start, end if end > start else end + 1440) for day in sorted(set(days)) or range(7)]


class OrderForm(BaseModel):
    """A new order as a person types it."""

    restaurant_id: int | None = None
    external_id: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    flat: str = ""
    note: str = ""
    ready_at: str = ""
    items_note: str = ""
    value: str = ""
    tip: str = ""
    paid_by: Literal["account", "card"] = "account"
    card_reference: str = ""
    customer_name: str = ""
    customer_phone: str = ""
    customer_language: Literal["", "en", "pt", "fr", "es"] = ""
    size: int = 1
    needs: list[str] = []


def place(program: Program, form: OrderForm, *, own: frozenset[int] | None, by: int, now: datetime) -> Order:
    """Take in an order typed by a person; for a restaurant, only one of its `own`. Posted twice, it is one."""
    if form.restaurant_id is None and own is not None and len(own) == 1:
        form = form.model_copy(update={"restaurant_id": next(iter(own))})
    if form.restaurant_id is None or (own is not None and form.restaurant_id not in own):
        raise BadInput("Restaurant: choose the one the food comes from.")
    body = _order_in(form, local_zone(program, now), now)
    new = api.new_order(program, body, placed_by=by)
    with program.database.writing() as session:
        restaurant = places.get(session, form.restaurant_id)
        posted = _posted(session, form.restaurant_id, new)
        if posted is not None:
            return posted
        if restaurant.ended_at is not None:
            raise BadInput(f"{restaurant.name} has left the co-op.")
        order = orders.place(session, restaurant, new, now=now)
        planning.wanted(session, now=now)
    program.nudge()
    return order


def _posted(session: Session, restaurant_id: int, new: orders.NewOrder) -> Order | None:
    """The order this very form has made already: the button was pressed twice."""
    twin = session.exec(
        select(Order).where(Order.restaurant_id == restaurant_id, Order.external_id == new.external_id)
    ).first()
    if twin is None:
        return None
    who = orders.contact(session, known(twin.id))
    stands = (twin.placed_by, twin.ready_at, twin.value_minor, twin.tip_minor, twin.paid_by, twin.size)
    typed = (new.placed_by, new.ready_at, new.value_minor, new.tip_minor, new.paid_by, new.size)
    door = (who.address, who.flat, who.name, who.phone, who.language)
    wanted = (new.drop_address, new.flat, new.customer_name, new.customer_phone, new.customer_language)
    same = stands == typed and door == wanted
    return twin if same else None


def _order_in(form: OrderForm, where: ZoneInfo, now: datetime) -> OrderIn:
    if not form.value.strip():
        raise BadInput("Value: write what the food costs, like 23.50.")
    if not form.ready_at.strip():
        raise BadInput("Ready at: write when the food will be ready, like 18:40.")
    spot = {"lat": form.lat, "lon": form.lon} if form.lat is not None and form.lon is not None else None
    body: dict[str, Any] = {
        "external_id": form.external_id.strip() or reference(),
        "dropoff": {"address": form.address or None, "point": spot, "flat": form.flat, "note": form.note},
        "ready_at": instant(form.ready_at, where, now=now, what="Ready at"),
        "items_note": form.items_note,
        "value_minor": pounds(form.value, "Value"),
        "tip_minor": pounds(form.tip, "Tip"),
        "paid_by": form.paid_by,
        "card_reference": form.card_reference.strip() or None,
        "customer": {
            "name": form.customer_name,
            "phone": form.customer_phone.strip() or None,
            "language": form.customer_language or None,
        },
        "size": form.size,
        "needs": form.needs,
    }
    if spot is None and not form.address.strip():
        raise BadInput("Address: write where the food goes.")
    try:
        return OrderIn.model_validate(body)
    except ValidationError as refused:
        raise BadInput("; ".join(_told(fault) for fault in refused.errors(include_url=False))) from None


def _told(fault: Any) -> str:
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"


def blank_order() -> OrderForm:
    """An order not typed yet. It has its reference already, by which the form posted twice is known as one."""
    return OrderForm(external_id=reference())


def reference() -> str:
    """A short reference for an order that came without one, easy to read out."""
    return "P-" + "".join(secrets.choice(_REFERENCE) for _ in range(5))


def new_ready_at(
    order: Order, ready_at: str, minutes: int | None, where: ZoneInfo, now: datetime
) -> datetime:
    """When the food will be ready instead: a time, or so many minutes later than was said."""
    if minutes is not None:
        if not 1 <= minutes <= 180:
            raise BadInput("Minutes: say how much later, from 1 to 180.")
        return max(order.ready_at, now) + timedelta(minutes=minutes)
    return instant(ready_at, where, now=now, what="Ready at")


def periods(rules: Rulebook, since: datetime, now: datetime) -> tuple[str, str]:
    """Addresses' queries for the pay period before `since` and, unless it has not come yet, the one after."""
    before = rules.period_at(since - timedelta(hours=1))
    this = rules.period_at(since)
    after = rules.period_at(this[1])
    return _query(rules, before), _query(rules, after) if after[0] <= now else ""


def _query(rules: Rulebook, period: tuple[datetime, datetime]) -> str:
    first, last = (rules.local(at).date().isoformat() for at in period)
    return f"since={first}&until={last}"
