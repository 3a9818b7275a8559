"""Restaurants: taken in, changed, ended; their hours; the keys of their tills."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, delete, select

from dispatch.errors import BadInput, NotFound
from dispatch.facts import Point
from dispatch.tables import ApiKey, OpeningHours, Restaurant, known

Hours = tuple[int, int, int]  # weekday (0 is Monday), opens_min, closes_min (past 1440: into the next day)


def add(
    session: Session,
    *,
    name: str,
    phone: str | None,
    address: str,
    point: Point,
    zone: str,
    hours: Sequence[Hours],
    now: datetime,
) -> Restaurant:
    """Take a restaurant in, with its opening hours."""
    if not name.strip():
        raise BadInput("A restaurant needs a name.")
    restaurant = Restaurant(
        name=name.strip(),
        phone=phone,
        address=address.strip(),
        lat=point.lat,
        lon=point.lon,
        zone=zone,
        created_at=now,
    )
    session.add(restaurant)
    session.flush()
    set_hours(session, known(restaurant.id), hours)
    return restaurant


def change(
    session: Session,
    restaurant_id: int,
    *,
    name: str,
    phone: str | None,
    address: str,
    point: Point,
    zone: str,
) -> Restaurant:
    """Change what we know of a restaurant."""
    restaurant = get(session, restaurant_id)
    if not name.strip():
        raise BadInput("A restaurant needs a name.")
    restaurant.name, restaurant.phone, restaurant.address = name.strip(), phone, address.strip()
    restaurant.lat, restaurant.lon, restaurant.zone = point.lat, point.lon, zone
    session.add(restaurant)
    session.flush()
    return restaurant


def end(session: Session, restaurant_id: int, *, by: int, reason: str, now: datetime) -> Restaurant:
    """A restaurant leaves: its keys stop, its orders and books stay."""
    if not reason.strip():
        raise BadInput("Write down why the restaurant leaves.")
    restaurant = get(session, restaurant_id)
    if restaurant.ended_at is None:
        restaurant.ended_at, restaurant.ended_by, restaurant.ended_reason = now, by, reason.strip()
        session.add(restaurant)
        revoke_keys(session, restaurant_id, now=now)
    return restaurant


def get(session: Session, restaurant_id: int) -> Restaurant:
    """The restaurant by that id; NotFound if there is none."""
    restaurant = session.get(Restaurant, restaurant_id)
    if restaurant is None:
        raise NotFound("There is no restaurant by that number.")
    return restaurant


def listed(session: Session) -> Sequence[Restaurant]:
    """Restaurants that have not left, by name."""
    return session.exec(
        select(Restaurant).where(col(Restaurant.ended_at).is_(None)).order_by(col(Restaurant.name))
    ).all()


def set_hours(session: Session, restaurant_id: int, hours: Sequence[Hours]) -> None:
    """Say anew when a restaurant is open; none at all means never."""
    for weekday, opens, closes in hours:
        if not (0 <= weekday <= 6 and 0 <= opens < 1440 and opens < closes <= 2880):
            raise BadInput(
                "Opening hours run from an opening time to a later closing time, on days 0 (Monday) to 6."
            )
    session.exec(delete(OpeningHours).where(col(OpeningHours.restaurant_id) == restaurant_id))
    for weekday, opens, closes in hours:
        session.add(
            OpeningHours(restaurant_id=restaurant_id, weekday=weekday, opens_min=opens, closes_min=closes)
        )
    session.flush()


def hours_of(session: Session, restaurant_id: int) -> Sequence[OpeningHours]:
    """A restaurant's hours by weekday."""
    return session.exec(
        select(OpeningHours)
        .where(OpeningHours.restaurant_id == restaurant_id)
        .order_by(col(OpeningHours.weekday), col(OpeningHours.opens_min))
    ).all()


def open_at(hours: Sequence[OpeningHours], instant: datetime, zone: ZoneInfo) -> bool:
    """Whether a restaurant with these hours is open at an instant, by its local wall clock."""
    local = instant.astimezone(zone)
    minute = local.hour * 60 + local.minute
    yesterday = (local - timedelta(days=1)).weekday()
    return any(
        (h.weekday == local.weekday() and h.opens_min <= minute < h.closes_min)
        or (h.weekday == yesterday and minute + 1440 < h.closes_min)
        for h in hours
    )


def issue_key(session: Session, restaurant_id: int, *, by: int | None, now: datetime) -> str:
    """A new key for a restaurant's till: the answer is the only time it can be seen."""
    get(session, restaurant_id)
    key = f"pk_{secrets.token_urlsafe(32)}"
    session.add(
        ApiKey(
            restaurant_id=restaurant_id, prefix=key[:9], key_hash=_hashed(key), created_at=now, created_by=by
        )
    )
    session.flush()
    return key


def revoke_keys(session: Session, restaurant_id: int, *, now: datetime) -> None:
    """Every key of this restaurant stops at once."""
    for key in session.exec(
        select(ApiKey).where(ApiKey.restaurant_id == restaurant_id, col(ApiKey.ended_at).is_(None))
    ).all():
        key.ended_at = now
        session.add(key)


def by_key(session: Session, key: str) -> Restaurant | None:
    """The restaurant whose key this is, if both still stand."""
    return session.exec(
        select(Restaurant)
        .join(ApiKey, col(ApiKey.restaurant_id) == col(Restaurant.id))
        .where(
            ApiKey.key_hash == _hashed(key),
            col(ApiKey.ended_at).is_(None),
            col(Restaurant.ended_at).is_(None),
        )
    ).first()


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
