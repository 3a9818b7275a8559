"""The restaurants' API: quote, place, see, cancel, ready, late, another address, settlement."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from dispatch import changes, jobs, orders, people, places, planning
from dispatch.errors import BadInput
from dispatch.facts import Point
from dispatch.orders import NewOrder
from dispatch.tables import Order, Restaurant, known
from dispatch.web import access
from dispatch.web.access import Keyed, Now, Program, Reading, Writing
from dispatch.web.shapes import (
    Cancel,
    DropoffIn,
    Instant,
    Late,
    OrderIn,
    OrderOut,
    OrderPage,
    Problem,
    QuoteIn,
    QuoteOut,
    SettlementOut,
    Somewhere,
)
from payments import settlements
from payments.settlements import Settlement

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words, "content": {"application/problem+json": {}}}
    for status, words in {
        401: "No key, or one that no longer stands.",
        404: "No such order of yours.",
        409: "It clashes with what is already here, or with the order's state.",
        422: "Something in what was sent is not right: the detail says what to do.",
        503: "The co-op is not taking orders just now.",
    }.items()
}
router = APIRouter(prefix="/v1", tags=["orders"], responses=PROBLEMS)

Id = Annotated[str, Path(description="The order's id, as given when it was placed.", examples=["ord_9rXb"])]
IdempotencyHeader = Annotated[
    str | None,
    Header(
        description="Any text of yours, new for each order: sent again with the same body, it gets the same answer.",
        min_length=1,
        max_length=200,
        examples=["till-3-000451"],
    ),
]


def find(program: Program, place: Somewhere) -> tuple[Point, str, bool]:
    """Where a place is. Looked up with no transaction open, for the address service may be slow."""
    if place.point is not None:
        where = place.address or f"{place.point.lat:.5f},{place.point.lon:.5f}"  # what a map can be asked for
        return Point(place.point.lat, place.point.lon), where, False
    found = program.geocoder.find(place.address or "")
    return found.point, place.address or found.label, found.approximate


def new_order(program: Program, body: OrderIn, *, placed_by: int | None = None) -> NewOrder:
    """A request's body as an order, its addresses found and its phone read."""
    drop, address, approximate = find(program, body.dropoff)
    pickup, pickup_address = None, ""
    if body.pickup is not None:
        pickup, pickup_address, _ = find(program, body.pickup)
    if body.paid_by == "account" and body.card_reference:
        raise BadInput("card_reference: only an order paid by card has one.")
    customer = body.customer
    phone = customer.phone if customer else None
    return NewOrder(
        external_id=body.external_id,
        ready_at=body.ready_at.astimezone(UTC),
        value_minor=body.value_minor,
        tip_minor=body.tip_minor,
        paid_by=body.paid_by,
        card_reference=body.card_reference,
        drop=drop,
        drop_address=address,
        approximate=approximate,
        flat=body.dropoff.flat,
        note=body.dropoff.note,
        items_note=body.items_note,
        size=body.size,
        needs=tuple(body.needs),
        customer_name=customer.name if customer else "",
        customer_phone=people.phone(phone, drama=program.sandbox) if phone else None,
        customer_language=(customer.language or "") if customer else "",
        pickup=pickup,
        pickup_address=pickup_address,
        placed_by=placed_by,
    )


def shown(session: Session, order: Order, program: Program, *, now: datetime) -> OrderOut:
    """An order as its restaurant sees it."""
    rider, number = None, None
    if order.job_id is not None:
        job = jobs.get(session, order.job_id)
        number = job.number
        if job.state != "offered":
            rider = people.get(session, job.person_id).name.split()[0]
    return OrderOut(
        id=order.public_id,
        external_id=order.external_id,
        state=order.delivery,
        kitchen=order.kitchen,
        payment=order.payment,
        placed_at=order.placed_at,
        ready_at=order.ready_at,
        promise_at=order.promise_at,
        picked_up_at=order.carried_at,
        delivered_at=order.delivered_at,
        cancelled_at=order.cancelled_at,
        cancel_reason=order.cancel_reason,
        zone=order.zone,
        distance_m=order.distance_m,
        approximate=order.approximate,
        value_minor=order.value_minor,
        tip_minor=order.tip_minor,
        fee_minor=order.fee_minor,
        refunded_minor=sum(r.amount_minor for r in orders.refunds(session, known(order.id))),
        paid_by=order.paid_by,
        needs=order.needs,
        rider=rider,
        job=number,
        tracking_url=f"{program.settings.url}/t/{order.public_id}",
    )


@router.post("/quotes", summary="What an order would cost and when it would come")
def quote(request: Request, restaurant: Keyed, body: QuoteIn, now: Now) -> QuoteOut:
    """Nothing is kept; refused for the same reasons as the order would be."""
    program = access.program(request)
    drop, _, approximate = find(program, body.dropoff)
    pickup = find(program, body.pickup)[0] if body.pickup else None
    with program.database.reading() as session:
        quoted = orders.quote(
            session, restaurant, drop=drop, ready_at=body.ready_at.astimezone(UTC), pickup=pickup, now=now
        )
    return QuoteOut(
        zone=quoted.zone,
        distance_m=quoted.distance_m,
        fee_minor=quoted.fee_minor,
        promise_at=quoted.promise_at,
        currency=quoted.currency,
        approximate=approximate,
    )


@router.post("/orders", status_code=201, summary="Place an order", response_model=OrderOut)
def place(
    request: Request,
    restaurant: Keyed,
    body: OrderIn,
    now: Now,
    idempotency_key: IdempotencyHeader = None,
) -> Response:
    """The order is planned at once. Sent again with the same Idempotency-Key and body, it gets the same answer."""
    program = access.program(request)
    digest = orders.digest(body.model_dump(mode="json"))
    if idempotency_key is not None:
        with program.database.reading() as session:
            before = orders.recall(session, known(restaurant.id), idempotency_key, digest)
        if before is not None:
            return JSONResponse(before.answer, before.status, {"idempotent-replay": "true"})
    new = new_order(program, body)
    with program.database.writing() as session:
        if idempotency_key is not None:  # two at once: the second waited for the first one's commit
            before = orders.recall(session, known(restaurant.id), idempotency_key, digest)
            if before is not None:
                return JSONResponse(before.answer, before.status, {"idempotent-replay": "true"})
        restaurant = places.get(session, known(restaurant.id))  # looking up addresses may have taken long
        if restaurant.ended_at is not None:
            raise access.BadKey
        order = orders.place(session, restaurant, new, now=now)
        planning.wanted(session, now=now)
        answer = shown(session, order, program, now=now).model_dump(mode="json")
        if idempotency_key is not None:
            orders.remember(
                session, known(restaurant.id), idempotency_key, digest, status=201, answer=answer, now=now
            )
    program.nudge()
    return JSONResponse(answer, 201, {"location": f"/v1/orders/{order.public_id}"})


@router.get("/orders", summary="Your orders, newest first")
def listed(
    request: Request,
    restaurant: Keyed,
    session: Reading,
    now: Now,
    cursor: Annotated[str | None, Query(description="`next` of the page before.", max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    open: Annotated[bool, Query(description="Only orders still under way.")] = False,
) -> OrderPage:
    """A page of orders and the cursor of the next."""
    own = known(restaurant.id)
    before = known(orders.get(session, cursor, restaurant_id=own).id) if cursor else None
    rows = orders.listed(session, restaurant_id=own, before_id=before, open_only=open, limit=limit)
    program = access.program(request)
    return OrderPage(
        orders=[shown(session, order, program, now=now) for order in rows],
        next=rows[-1].public_id if len(rows) == limit else None,
    )


@router.get("/orders/{order_id}", summary="One order")
def one(request: Request, restaurant: Keyed, session: Reading, now: Now, order_id: Id) -> OrderOut:
    """Where it is, and what was said of it."""
    order = orders.get(session, order_id, restaurant_id=known(restaurant.id))
    return shown(session, order, access.program(request), now=now)


def _change(
    request: Request,
    restaurant: Restaurant,
    session: Session,
    order_id: str,
    now: datetime,
    change: Callable[[Order], object],
) -> Response:
    order = orders.get(session, order_id, restaurant_id=known(restaurant.id))
    change(order)
    planning.wanted(session, now=now)
    told = shown(session, order, access.program(request), now=now)
    # Written out here: the framework would do it in another thread, and this one holds the writers' turn.
    return JSONResponse(told.model_dump(mode="json"))


@router.post(
    "/orders/{order_id}/cancel", summary="Cancel an order nobody has picked up", response_model=OrderOut
)
def cancel(
    request: Request, restaurant: Keyed, session: Writing, now: Now, order_id: Id, body: Cancel
) -> Response:
    """A rider who was on the way is told at once. Cancelled twice is cancelled once."""
    return _change(
        request,
        restaurant,
        session,
        order_id,
        now,
        lambda order: changes.cancel(session, order, reason=body.reason, now=now),
    )


@router.post("/orders/{order_id}/ready", summary="The food is ready", response_model=OrderOut)
def ready(request: Request, restaurant: Keyed, session: Writing, now: Now, order_id: Id) -> Response:
    """Said twice is said once."""
    return _change(
        request, restaurant, session, order_id, now, lambda order: orders.ready(session, order, now=now)
    )


@router.post("/orders/{order_id}/late", summary="The food will be late (or sooner)", response_model=OrderOut)
def late(
    request: Request, restaurant: Keyed, session: Writing, now: Now, order_id: Id, body: Late
) -> Response:
    """The plan is made anew with the new time."""
    return _change(
        request,
        restaurant,
        session,
        order_id,
        now,
        lambda order: changes.late(session, order, body.ready_at.astimezone(UTC), now=now),
    )


@router.post("/orders/{order_id}/address", summary="The food goes elsewhere", response_model=OrderOut)
def readdress(request: Request, restaurant: Keyed, now: Now, order_id: Id, body: DropoffIn) -> Response:
    """The whole drop-off anew, until it is delivered: a flat or note that is left out is none.

    A rider who has it is told at once and must confirm. The fee and the promise stay. Sent twice is said once.
    """
    program = access.program(request)
    with program.database.reading() as session:  # before an address is looked up for somebody else's order
        orders.get(session, order_id, restaurant_id=known(restaurant.id))
    drop, address, approximate = find(program, body)
    with program.database.writing() as session:
        order = orders.get(session, order_id, restaurant_id=known(restaurant.id))
        changes.readdress(
            session,
            order,
            drop=drop,
            address=address,
            flat=body.flat,
            note=body.note,
            approximate=approximate,
            by=None,
            now=now,
        )
        told = shown(session, order, program, now=now).model_dump(mode="json")
    program.nudge()
    return JSONResponse(told)


def settled(session: Session, found: Settlement) -> SettlementOut:
    """A settlement as its restaurant reads it: each line with the ids the restaurant knows its order by."""
    named: dict[str, tuple[str, str]] = {}
    for line in found.lines:
        kind, _, number = line.subject.partition(":")
        if kind == "order":
            order = orders.by_id(session, int(number))
            named[line.subject] = (order.public_id, order.external_id)
    return SettlementOut.of(found, named)


@router.get("/settlement", summary="What is owed between you and the co-op")
def settlement(
    restaurant: Keyed,
    session: Reading,
    since: Annotated[Instant, Query(description="From this instant (with its offset).")],
    until: Annotated[Instant, Query(description="Up to this instant (with its offset).")],
) -> SettlementOut:
    """Food sold by card, commission, fees and tips charged to your account, refunds you bear; what is due."""
    if until <= since:
        raise BadInput(
            "since and until are instants with an offset, such as 2026-11-20T00:00:00Z, in that order."
        )
    found = settlements.statement(session, known(restaurant.id), since=since, until=until)
    return settled(session, found)
