"""Orders: placed, readied, late, cancelled, refunded."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from dispatch import cards, events, kitchens, places
from dispatch.errors import (
    BadInput,
    Closed,
    ExternalIdTaken,
    ImpossibleTime,
    KeyReused,
    NotFound,
    OutOfZone,
    Paused,
    WrongState,
)
from dispatch.facts import NEEDS, Point
from dispatch.refunds import give_back
from dispatch.refunds import refund as refund  # of an order: what the desk calls it
from dispatch.refunds import refunds as refunds
from dispatch.states import DELIVERY, KITCHEN, OPEN_DELIVERY, PAYMENT, move
from dispatch.tables import IdempotencyKey, Order, OrderContact, Pause, Restaurant, known
from payments import books, pay
from payments.pay import OrderMoney
from payments.rulebook import Rulebook, Stage

PAST = timedelta(minutes=5)  # food may have been ready this long before its order is typed
SLACK = timedelta(minutes=15)  # what a promise allows beyond cooking and riding


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a restaurant asks for, its addresses already found. Money in minor units."""

    external_id: str
    ready_at: datetime
    value_minor: int
    tip_minor: int
    paid_by: str
    card_reference: str | None
    drop: Point
    drop_address: str
    approximate: bool = False
    flat: str = ""
    note: str = ""
    items_note: str = ""
    size: int = 1
    needs: tuple[str, ...] = ()
    customer_name: str = ""
    customer_phone: str | None = None
    customer_language: str = ""
    pickup: Point | None = None
    pickup_address: str = ""
    placed_by: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost and when it would come."""

    zone: str
    distance_m: int
    fee_minor: int
    promise_at: datetime
    currency: str


def quote(
    session: Session,
    restaurant: Restaurant,
    *,
    drop: Point,
    ready_at: datetime,
    pickup: Point | None,
    now: datetime,
) -> Quote:
    """What an order would cost; refused for the same reasons as the order itself would be."""
    _version, rulebook = books.in_force(session, at=now)
    paused = pause(session, now=now)
    zone_info = ZoneInfo(rulebook.co_op.timezone)
    if paused is not None:
        raise Paused(paused.until_at.astimezone(zone_info), paused.reason)
    _check_time(ready_at, rulebook, zone_info, now)
    local = ready_at.astimezone(zone_info)
    if rulebook.hours is not None and not rulebook.hours.open_at(local):
        raise Closed(f"{rulebook.co_op.name} does not deliver at {local:%A %H:%M}: check its hours.")
    if not places.open_at(places.hours_of(session, known(restaurant.id)), ready_at, zone_info):
        raise Closed(f"{restaurant.name} is closed at {local:%A %H:%M}: check its opening hours.")
    zone = places.zone_of(rulebook, drop)
    if zone is None:
        names = ", ".join(z.name for z in rulebook.zones)
        raise OutOfZone(
            f"The co-op does not deliver to {drop.lat:.4f}, {drop.lon:.4f}: its zones are {names}."
        )
    start = pickup or Point(restaurant.lat, restaurant.lon)
    if pickup is not None and places.zone_of(rulebook, pickup) is None:
        raise OutOfZone(
            f"The co-op does not collect at {pickup.lat:.4f}, {pickup.lon:.4f}: check the pickup."
        )
    ride_s, distance_m = places.leg(rulebook, start, drop)
    rules = rulebook.dispatch
    promise = max(
        now + timedelta(minutes=rules.promise_min),
        ready_at + timedelta(seconds=ride_s + rules.pickup_leave_s + rules.drop_arrive_s) + SLACK,
    )
    fee = pay.fee(rulebook, zone, distance_m, rulebook.local(now).date())
    return Quote(zone, distance_m, fee, promise, rulebook.co_op.currency)


def place(session: Session, restaurant: Restaurant, new: NewOrder, *, now: datetime) -> Order:
    """Take an order in; each reason to refuse it is its own error, and nothing is kept of a refused one."""
    twin = session.exec(
        select(Order).where(Order.restaurant_id == restaurant.id, Order.external_id == new.external_id)
    ).first()
    if twin is not None:
        raise ExternalIdTaken(
            f"Order {new.external_id!r} is already here as {twin.public_id}: use another external_id for a new order.",
            id=twin.public_id,
        )
    quoted = quote(session, restaurant, drop=new.drop, ready_at=new.ready_at, pickup=new.pickup, now=now)
    if new.paid_by != "card" and new.card_reference is not None:
        raise BadInput("card_reference goes with paid_by 'card'.")
    version, rulebook = books.in_force(session, at=now)
    start = new.pickup or Point(restaurant.lat, restaurant.lon)
    order = Order(
        public_id=f"ord_{secrets.token_urlsafe(16)}",
        restaurant_id=known(restaurant.id),
        external_id=new.external_id,
        placed_at=now,
        placed_by=new.placed_by,
        ready_at=new.ready_at,
        promise_at=quoted.promise_at,
        zone=quoted.zone,
        size=new.size,
        needs=_needs(new.needs),
        value_minor=new.value_minor,
        tip_minor=new.tip_minor,
        fee_minor=quoted.fee_minor,
        paid_by=new.paid_by,
        card_reference=new.card_reference,
        rulebook=version,
        pickup_lat=start.lat,
        pickup_lon=start.lon,
        drop_lat=new.drop.lat,
        drop_lon=new.drop.lon,
        approximate=new.approximate,
        distance_m=quoted.distance_m,
    )
    session.add(order)
    session.flush()
    session.add(
        OrderContact(
            order_id=known(order.id),
            name=new.customer_name,
            phone=new.customer_phone,
            language=new.customer_language,
            address=new.drop_address,
            flat=new.flat,
            note=new.note,
            items_note=new.items_note,
            pickup_address=new.pickup_address,
            code=new_code() if rulebook.dispatch.proof == "pin" and new.customer_phone else "",
        )
    )
    session.flush()
    cards.placed(session, order, now=now)
    if new.customer_phone:
        events.write(session, "order_placed", now=now, order_id=known(order.id))
    return order


def new_code() -> str:
    """Four digits for a customer to show at the door."""
    return f"{secrets.randbelow(10_000):04d}"


def _needs(words: Sequence[str]) -> list[str]:
    unknown = [word for word in words if word not in NEEDS]
    if unknown:
        raise BadInput(f"An order may need {', '.join(NEEDS)}; you wrote {', '.join(unknown)}.")
    return [word for word in NEEDS if word in words]


def _check_time(ready_at: datetime, rulebook: Rulebook, zone: ZoneInfo, now: datetime) -> None:
    if ready_at < now - PAST:
        raise ImpossibleTime(
            f"ready_at {ready_at.astimezone(zone):%H:%M} is in the past: it is {now.astimezone(zone):%H:%M} now."
        )
    most = rulebook.dispatch.max_ahead_h
    if ready_at > now + timedelta(hours=most):
        raise ImpossibleTime(f"ready_at is more than {most} hours ahead: send the order nearer its time.")


def get(session: Session, public_id: str, *, restaurant_id: int | None = None) -> Order:
    """The order by its public id, a restaurant's own where one asks; NotFound otherwise."""
    order = session.exec(select(Order).where(Order.public_id == public_id)).first()
    if order is None or (restaurant_id is not None and order.restaurant_id != restaurant_id):
        raise NotFound("There is no order by that id.")
    return order


def by_id(session: Session, order_id: int) -> Order:
    """The order by its row id."""
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound("There is no order by that id.")
    return order


def contact(session: Session, order_id: int) -> OrderContact:
    """Who an order is for (blank once forgotten)."""
    row = session.get(OrderContact, order_id)
    return row if row is not None else OrderContact(order_id=order_id)


def listed(
    session: Session,
    *,
    restaurant_id: int | None = None,
    before_id: int | None = None,
    since: datetime | None = None,
    open_only: bool = False,
    limit: int = 50,
) -> Sequence[Order]:
    """Orders, newest first, from a cursor on."""
    query = select(Order).order_by(col(Order.id).desc()).limit(limit)
    if restaurant_id is not None:
        query = query.where(Order.restaurant_id == restaurant_id)
    if before_id is not None:
        query = query.where(col(Order.id) < before_id)
    if since is not None:
        query = query.where(Order.placed_at >= since)
    if open_only:
        query = query.where(col(Order.delivery).in_(OPEN_DELIVERY))
    return session.exec(query).all()


def ready(session: Session, order: Order, *, now: datetime) -> Order:
    """The kitchen says the food is ready."""
    if order.kitchen == "ready":
        return order
    _open(order)
    move(order, "kitchen", KITCHEN, "ready")
    order.kitchen_slip_s = kitchens.slip_s(order.ready_at.timestamp(), now.timestamp())
    if order.ready_at > now:
        order.ready_at = now
    session.add(order)
    session.flush()
    return order


def late(session: Session, order: Order, ready_at: datetime, *, now: datetime) -> Order:
    """The kitchen says when the food will be ready instead; the promise moves with it, never nearer."""
    _open(order)
    if order.delivery == "carried":
        raise WrongState("A rider already has this food.")
    _version, rulebook = books.in_force(session, at=now)
    _check_time(ready_at, rulebook, ZoneInfo(rulebook.co_op.timezone), now)
    if ready_at > order.ready_at:
        order.promise_at += ready_at - order.ready_at
    order.ready_at = ready_at
    if order.kitchen == "ready" and ready_at > now:
        move(order, "kitchen", KITCHEN, "cooking")
        order.kitchen_slip_s = None
    session.add(order)
    session.flush()
    return order


def stage(session: Session, order: Order, *, now: datetime) -> Stage:
    """How far an order has come, for what its cancelling costs: a kitchen begins so long before its food is ready."""
    if order.carried_at is not None and order.delivery not in ("waiting", "assigned"):
        return "picked_up"
    if order.kitchen == "ready":
        return "ready"
    _version, rulebook = books.in_force(session, at=now)
    begins = timedelta(minutes=rulebook.revenue.cancelled.kitchen_begins_min)
    return "before_kitchen" if now < order.ready_at - begins else "cooking"


def cancelled(session: Session, order: Order, *, reason: str, now: datetime, by: int | None = None) -> Order:
    """Cancel an order that no rider carries (its job has let it go already); the money goes as its stage has it."""
    if order.delivery == "cancelled":
        return order
    if not reason.strip():
        raise BadInput("Say why the order is cancelled.")
    if order.delivery not in ("waiting", "assigned"):
        raise WrongState(
            f"This order is {order.delivery}: it can no longer be cancelled. Ask the desk about a refund."
        )
    come_to = stage(session, order, now=now)
    move(order, "delivery", DELIVERY, "cancelled")
    move(order, "kitchen", KITCHEN, "stopped")
    move(order, "payment", PAYMENT, "void")
    order.cancelled_at, order.cancel_reason = now, reason.strip()
    session.add(order)
    session.flush()
    give_back(session, order, money(order), stage=come_to, reason=reason.strip(), by=by, now=now)
    cards.follow(session, order, now=now)
    if contact(session, known(order.id)).phone:
        events.write(session, "order_cancelled", now=now, order_id=known(order.id))
    return order


def money(order: Order) -> OrderMoney:
    """What the books need to know of an order."""
    return OrderMoney(
        order_id=known(order.id),
        restaurant_id=order.restaurant_id,
        rider_id=order.rider_id or 0,
        value_minor=order.value_minor,
        delivery_fee_minor=order.fee_minor,
        tip_minor=order.tip_minor,
        paid_by="card" if order.paid_by == "card" else "account",
        attempt=order.attempt,
    )


def _open(order: Order) -> None:
    if order.delivery not in OPEN_DELIVERY:
        raise WrongState(f"This order is {order.delivery} already.")


# The desk's switch -----------------------------------------------------------------------------------------


def pause(session: Session, *, now: datetime) -> Pause | None:
    """The pause in force, if the co-op takes no orders just now."""
    row = session.exec(
        select(Pause).where(col(Pause.lifted_at).is_(None)).order_by(col(Pause.id).desc()).limit(1)
    ).first()
    return row if row is not None and row.until_at > now else None


def stop_taking(session: Session, *, until: datetime, reason: str, by: int, now: datetime) -> Pause:
    """Take no orders until then, and say why to whoever asks."""
    if until <= now or until > now + timedelta(hours=24):
        raise BadInput("Stop taking orders until a time within the next 24 hours.")
    row = Pause(until_at=until, reason=reason.strip() or "we are full", by_person_id=by, at=now)
    session.add(row)
    session.flush()
    return row


def take_again(session: Session, *, by: int, now: datetime) -> None:
    """Take orders again: every pause that was set is lifted, not the newest alone."""
    for row in session.exec(select(Pause).where(col(Pause.lifted_at).is_(None))).all():
        row.lifted_at, row.lifted_by = now, by
        session.add(row)


# The same request twice ------------------------------------------------------------------------------------


def digest(body: Any) -> str:
    """A digest of a request's body that does not depend on the order of its fields."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def recall(session: Session, restaurant_id: int, key: str, body_digest: str) -> IdempotencyKey | None:
    """The answer this key got before; KeyReused if its body was another."""
    row = session.exec(
        select(IdempotencyKey).where(IdempotencyKey.restaurant_id == restaurant_id, IdempotencyKey.key == key)
    ).first()
    if row is not None and row.digest != body_digest:
        raise KeyReused
    return row


def remember(
    session: Session,
    restaurant_id: int,
    key: str,
    body_digest: str,
    *,
    status: int,
    answer: dict[str, Any],
    now: datetime,
) -> None:
    """Keep the answer a key got."""
    session.add(
        IdempotencyKey(
            restaurant_id=restaurant_id, key=key, digest=body_digest, status=status, answer=answer, at=now
        )
    )
    session.flush()
