"""The restaurant's page on the tablet by the pass: its orders, a new one, its settlement."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import board, changes, orders, places, planning
from dispatch.board import OrderLine
from dispatch.errors import BadInput, DispatchError, NotFound
from dispatch.people import Who
from dispatch.states import OPEN_DELIVERY
from dispatch.tables import Order, Restaurant, known
from dispatch.web import access, api, forms, pages
from dispatch.web.access import AtRestaurant, Now, Reading, Writing
from dispatch.web.forms import OrderForm
from payments import settlements

router = APIRouter(prefix="/restaurant", dependencies=[Depends(access.ours)], include_in_schema=False)

RECENT = timedelta(hours=12)


def mine(session: Session, who: Who, restaurant_id: int | None) -> list[Restaurant]:
    """The restaurants this person speaks for; with an id that one alone, and only if it is theirs."""
    if restaurant_id is not None and restaurant_id not in who.restaurants:
        raise NotFound("That is no restaurant of yours.")
    ids = sorted(who.restaurants) if restaurant_id is None else [restaurant_id]
    return [places.get(session, i) for i in ids]


def own_order(session: Session, who: Who, public_id: str) -> Order:
    """An order of a restaurant this person speaks for; NotFound for any other, as if it were not there."""
    order = orders.get(session, public_id)
    if order.restaurant_id not in who.restaurants:
        raise NotFound("There is no order by that id.")
    return order


@router.get("")
def page(
    request: Request, who: AtRestaurant, session: Reading, now: Now, restaurant_id: int | None = None
) -> Response:
    """Its orders: what is to cook first, then what is on its way, then what is done."""
    own = mine(session, who, restaurant_id)
    lines = [line for row in own for line in _lines(session, row, now)]
    return pages.render(
        request,
        "restaurant/orders.html",
        own=own,
        kitchen=[line for line in lines if line.state in ("waiting", "offered", "assigned")],
        away=[line for line in lines if line.state == "carried"],
        done=[line for line in lines if line.state not in (*OPEN_DELIVERY, "offered")],
        contacts={line.id: orders.contact(session, line.id) for line in lines},
        at=now.astimezone(forms.zone(session, now)),
        paused=orders.pause(session, now=now),
        currency=forms.rulebook(session, now).co_op.currency,
    )


def _lines(session: Session, restaurant: Restaurant, now: datetime) -> list[OrderLine]:
    own = known(restaurant.id)
    rows = {row.id: row for row in orders.listed(session, restaurant_id=own, open_only=True, limit=200)}
    recent = orders.listed(session, restaurant_id=own, since=now - RECENT, limit=100)
    rows |= {row.id: row for row in recent}
    return sorted(board.order_lines(session, list(rows.values()), now=now), key=lambda line: line.ready_at)


def _blank(
    request: Request, session: Session, who: Who, typed: OrderForm, now: datetime, refused: str = ""
) -> Response:
    return pages.render(
        request,
        "restaurant/order_new.html",
        status=422 if refused else 200,
        typed=typed,
        refused=refused,
        restaurants=mine(session, who, None),
        soon=forms.soon(session, now),
    )


@router.get("/orders/new")
def blank(request: Request, who: AtRestaurant, session: Reading, now: Now) -> Response:
    """The form of a new order."""
    return _blank(request, session, who, forms.blank_order(), now)


@router.post("/orders")
def place(request: Request, who: AtRestaurant, now: Now, typed: Annotated[OrderForm, Form()]) -> Response:
    """Take it in; refused, the form comes back as it was typed, with the reason."""
    program = access.program(request)
    try:
        order = forms.place(program, typed, own=who.restaurants, by=who.person_id, now=now)
    except DispatchError as refused:
        if pages.for_program(request):
            raise
        with program.database.reading() as session:
            return _blank(request, session, who, typed, now, refused.message)
    return pages.said(request, "/restaurant", id=order.public_id)


@router.post("/orders/{public_id}/ready")
def ready(request: Request, who: AtRestaurant, session: Writing, now: Now, public_id: str) -> Response:
    """The food is ready."""
    orders.ready(session, own_order(session, who, public_id), now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/restaurant", id=public_id)


@router.post("/orders/{public_id}/late")
def late(
    request: Request,
    who: AtRestaurant,
    session: Writing,
    now: Now,
    public_id: str,
    ready_at: Annotated[str, Form(max_length=40)] = "",
    minutes: Annotated[int | None, Form()] = None,
) -> Response:
    """The food will be later: by so many minutes, or at a time."""
    order = own_order(session, who, public_id)
    at = forms.new_ready_at(order, ready_at, minutes, forms.zone(session, now), now)
    changes.late(session, order, at, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/restaurant", id=public_id)


@router.post("/orders/{public_id}/cancel")
def cancel(
    request: Request,
    who: AtRestaurant,
    session: Writing,
    now: Now,
    public_id: str,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Cancel an order nobody has picked up."""
    order = own_order(session, who, public_id)
    changes.cancel(session, order, reason=reason, by=who.person_id, now=now)
    return pages.said(request, "/restaurant", id=public_id)


@router.post("/orders/{public_id}/address")
def readdress(
    request: Request,
    who: AtRestaurant,
    now: Now,
    public_id: str,
    address: Annotated[str, Form(max_length=200)] = "",
    flat: Annotated[str, Form(max_length=200)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
    lat: Annotated[float | None, Form(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Form(ge=-180, le=180)] = None,
) -> Response:
    """The food goes elsewhere; a rider who has it is texted at once and must confirm."""
    program = access.program(request)
    with program.database.reading() as session:
        own_order(session, who, public_id)
    where = forms.new_address(program, lat, lon, address)  # with no transaction open
    with program.database.writing() as session:
        order = own_order(session, who, public_id)
        changes.readdress(
            session, order, drop=where, address=address, flat=flat, note=note, by=who.person_id, now=now
        )
    program.nudge()
    return pages.said(request, "/restaurant", id=public_id)


@router.get("/settlement")
def settlement(
    request: Request,
    who: AtRestaurant,
    session: Reading,
    now: Now,
    restaurant_id: int | None = None,
    since: str = "",
    until: str = "",
) -> Response:
    """What is owed between the restaurant and the co-op, by default over the pay period we are in."""
    own = mine(session, who, restaurant_id)[0]
    rules = forms.rulebook(session, now)
    first, last = rules.period_at(now)
    first = forms.day(since, rules, "since") if since else first
    last = forms.day(until, rules, "until") if until else last
    if last <= first:
        raise BadInput("The first day must come before the last.")
    found = settlements.statement(session, known(own.id), since=first, until=last)
    if pages.for_program(request):
        body = api.settled(session, found).model_dump(mode="json")
        return JSONResponse(body, headers={"cache-control": "no-store"})
    numbers = {int(line.subject.split(":")[1]) for line in found.lines if line.subject.startswith("order:")}
    period = forms.periods(rules, first, now)
    return pages.render(
        request,
        "restaurant/settlement.html",
        own=own,
        choices=mine(session, who, None),
        found=found,
        lines=[(line, rules.local(line.at)) for line in found.lines],
        references={number: orders.by_id(session, number).external_id for number in numbers},
        since=rules.local(first),
        until=rules.local(last) - timedelta(seconds=1),
        earlier=period[0],
        later=period[1],
        currency=rules.co_op.currency,
    )
