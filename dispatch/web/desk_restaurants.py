"""Restaurants at the desk: taken in, changed, their hours and their keys."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlmodel import Session, col, select
from starlette.datastructures import FormData

from dispatch import places
from dispatch.errors import BadInput, OutOfZone
from dispatch.facts import Point
from dispatch.places.restaurants import Hours
from dispatch.tables import ApiKey, Restaurant, known
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing
from dispatch.web.desk_orders import open_restaurants

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

router = APIRouter(prefix="/desk/restaurants", dependencies=[Depends(access.ours)], include_in_schema=False)


class RestaurantForm(BaseModel):
    """What we know of a restaurant."""

    name: str | None = None
    phone: str | None = None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    opens: str = "17:00"
    closes: str = "23:00"
    days: list[int] = []


@router.get("")
def listed(request: Request, who: Desk, session: Reading) -> Response:
    """Every restaurant, by name."""
    left = session.exec(
        select(Restaurant).where(col(Restaurant.ended_at).is_not(None)).order_by(col(Restaurant.name))
    ).all()
    return pages.render(
        request,
        "desk/restaurants.html",
        restaurants=open_restaurants(session),
        left=left,
        weekdays=WEEKDAYS,
    )


@router.post("")
def add(request: Request, who: Desk, now: Now, form: Annotated[RestaurantForm, Form()]) -> Response:
    """Take a restaurant in; its key is shown this once."""
    program = access.program(request)
    where = forms.point(program, form.lat, form.lon, form.address or "")
    if where is None:
        raise BadInput("Address: write where the restaurant is.")
    phone = _number(form.phone)
    opening = forms.hours(form.opens, form.closes, form.days)
    with program.database.writing() as session:
        restaurant = places.add(
            session,
            name=form.name or "",
            phone=phone,
            address=form.address or "",
            point=where,
            zone=_zone(session, where, now),
            hours=opening,
            now=now,
        )
        key = places.issue_key(session, known(restaurant.id), by=who.person_id, now=now)
    program.nudge()
    return _key_shown(request, restaurant, key)


def _number(text: str | None) -> str | None:
    """A restaurant's phone is only ever dialled by a person, so that a landline as written will do."""
    return (text or "").strip()[:40] or None


def _zone(session: Session, where: Point, now: datetime) -> str:
    rules = forms.rulebook(session, now)
    zone = places.zone_of(rules, where)
    if zone is None:
        names = ", ".join(z.name for z in rules.zones)
        raise OutOfZone(f"That restaurant is outside the co-op's zones ({names}): check its address.")
    return zone


def _key_shown(request: Request, restaurant: Restaurant, key: str) -> Response:
    if pages.for_program(request):
        return JSONResponse(
            {"ok": True, "id": restaurant.id, "key": key}, headers={"cache-control": "no-store"}
        )
    return pages.render(request, "desk/restaurant_key.html", restaurant=restaurant, key=key)


@router.get("/{restaurant_id}")
def one(request: Request, who: Desk, session: Reading, now: Now, restaurant_id: int) -> Response:
    """One restaurant: where it is, when it is open, which keys it has."""
    restaurant = places.get(session, restaurant_id)
    zone = forms.zone(session, now)
    keys = session.exec(
        select(ApiKey).where(ApiKey.restaurant_id == restaurant_id).order_by(col(ApiKey.id))
    ).all()
    rows: dict[int, list[tuple[str, str]]] = {day: [] for day in range(7)}
    for row in places.hours_of(session, restaurant_id):
        rows[row.weekday].append((_clock(row.opens_min), _clock(row.closes_min)))
    return pages.render(
        request,
        "desk/restaurant.html",
        restaurant=restaurant,
        hours=[(day, WEEKDAYS[day], rows[day]) for day in range(7)],
        keys=[(key, key.created_at.astimezone(zone)) for key in keys if key.ended_at is None],
    )


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


@router.post("/{restaurant_id}/change")
def change(
    request: Request, who: Desk, now: Now, restaurant_id: int, form: Annotated[RestaurantForm, Form()]
) -> Response:
    """Change a restaurant; what is not sent stays."""
    program = access.program(request)
    with program.database.reading() as session:
        held = places.get(session, restaurant_id)
    moved = form.lat is not None or form.lon is not None or (form.address or held.address) != held.address
    found = forms.point(program, form.lat, form.lon, form.address or "") if moved else None
    with program.database.writing() as session:
        # Somebody may have changed it while the address was looked up.
        stands = places.get(session, restaurant_id)
        address = form.address or stands.address
        at = held if address != stands.address else stands
        where = found or Point(at.lat, at.lon)
        places.change(
            session,
            restaurant_id,
            name=stands.name if form.name is None else form.name,
            phone=stands.phone if form.phone is None else _number(form.phone),
            address=address,
            point=where,
            zone=_zone(session, where, now) if moved else at.zone,
        )
    program.nudge()
    return pages.said(request, f"/desk/restaurants/{restaurant_id}", id=restaurant_id)


async def posted(request: Request) -> FormData:
    """The fields of a form whose names depend on the day."""
    return await request.form()


@router.post("/{restaurant_id}/hours")
def hours(
    request: Request,
    who: Desk,
    session: Writing,
    restaurant_id: int,
    sent: Annotated[FormData, Depends(posted)],
) -> Response:
    """Say anew when it is open: either `opens`, `closes` and `days`, or `opens_0`, `closes_0` to `closes_6`."""
    text = {name: str(value) for name, value in sent.items()}
    opening: list[Hours] = []
    if "opens" in text:
        days = [int(str(day)) for day in sent.getlist("days") if str(day).isdigit()]
        opening = forms.hours(text["opens"], text.get("closes", ""), days)
    for day in range(7):
        first, last = text.get(f"opens_{day}", "").strip(), text.get(f"closes_{day}", "").strip()
        if first or last:
            opening += forms.hours(first, last, [day])
    places.get(session, restaurant_id)
    places.set_hours(session, restaurant_id, opening)
    return pages.said(request, f"/desk/restaurants/{restaurant_id}", id=restaurant_id)


@router.post("/{restaurant_id}/key")
def key(request: Request, who: Desk, session: Writing, now: Now, restaurant_id: int) -> Response:
    """A new key, shown this once; the ones before it stop."""
    restaurant = places.get(session, restaurant_id)
    if restaurant.ended_at is not None:
        raise BadInput(f"{restaurant.name} has left the co-op.")
    places.revoke_keys(session, restaurant_id, now=now)
    return _key_shown(
        request, restaurant, places.issue_key(session, restaurant_id, by=who.person_id, now=now)
    )


@router.post("/{restaurant_id}/end")
def end(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    restaurant_id: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """A restaurant leaves: its keys stop, its orders and books stay."""
    places.end(session, restaurant_id, by=who.person_id, reason=reason, now=now)
    return pages.said(request, f"/desk/restaurants/{restaurant_id}", id=restaurant_id)
