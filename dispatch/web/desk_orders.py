"""The desk's hand on an order: typed for a restaurant, given to a rider, marked, cancelled, refunded."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session, col, select

from dispatch import (
    board,
    cases,
    changes,
    failures,
    jobs,
    orders,
    overrides,
    people,
    planning,
    proofs,
    shifts,
)
from dispatch.errors import BadInput, DispatchError
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, Notice, Restaurant, Shift, known
from dispatch.web import access, forms, pages, reasons
from dispatch.web.access import Desk, Now, Reading, Writing
from dispatch.web.forms import OrderForm
from payments import books

router = APIRouter(prefix="/desk", dependencies=[Depends(access.ours)], include_in_schema=False)

Reason = Annotated[str, Form(max_length=500)]


def open_restaurants(session: Session) -> list[Restaurant]:
    """Restaurants that send orders, by name."""
    return list(
        session.exec(
            select(Restaurant).where(col(Restaurant.ended_at).is_(None)).order_by(col(Restaurant.name))
        ).all()
    )


@router.get("/orders/new")
def blank(request: Request, who: Desk, session: Reading, now: Now) -> Response:
    """The form of an order that came by phone."""
    return pages.render(
        request,
        "desk/order_new.html",
        typed=forms.blank_order(),
        refused="",
        restaurants=open_restaurants(session),
        soon=forms.soon(session, now),
    )


@router.post("/orders")
def place(request: Request, who: Desk, now: Now, typed: Annotated[OrderForm, Form()]) -> Response:
    """Take it in; refused, the form comes back as it was typed, with the reason."""
    program = access.program(request)
    try:
        order = forms.place(program, typed, own=None, by=who.person_id, now=now)
    except DispatchError as refused:
        if pages.for_program(request):
            raise
        with program.database.reading() as session:
            return pages.render(
                request,
                "desk/order_new.html",
                status=422,
                typed=typed,
                refused=refused.message,
                restaurants=open_restaurants(session),
                soon=forms.soon(session, now),
            )
    return pages.said(request, f"/desk/orders/{order.public_id}", id=order.public_id)


@router.get("/orders/{public_id}")
def one(request: Request, who: Desk, session: Reading, now: Now, public_id: str) -> Response:
    """One order: where it stands, who it is for, and all a dispatcher can do about it."""
    order = orders.get(session, public_id)
    zone = forms.zone(session, now)
    job = session.get(Job, order.job_id) if order.job_id is not None else None
    return pages.render(
        request,
        "desk/order.html",
        order=order,
        line=board.order_lines(session, [order], now=now)[0],
        contact=orders.contact(session, known(order.id)),
        refunds=orders.refunds(session, known(order.id)),
        currency=forms.rulebook(session, now).co_op.currency,
        job=job,
        live=job is not None and job.state in LIVE_JOB,
        facts=jobs.facts(session, job, now=now) if job is not None else None,
        call=_next_call(session, known(job.id)) if job is not None else None,
        riders=[(people.get(session, s.person_id), _load(session, s)) for s in shifts.on_now(session)],
        entries=books.about(session, f"order:{order.id}"),
        failure=cases.failure_of(session, known(order.id)),
        proof=proofs.of(session, known(order.id)),
        notices=_notices(session, known(order.id), zone),
        cancelled_at=order.cancelled_at.astimezone(zone) if order.cancelled_at else None,
        carried_at=order.carried_at.astimezone(zone) if order.carried_at else None,
    )


def _notices(session: Session, order_id: int, zone: ZoneInfo) -> list[tuple[str, datetime, datetime | None]]:
    """What riders were told of this order and must confirm: when, and when they did."""
    rows = session.exec(
        select(Notice)
        .where(Notice.order_id == order_id, col(Notice.withdrawn_at).is_(None))
        .order_by(col(Notice.id))
    ).all()
    return [
        (
            "Its rider was texted the new address",
            row.at.astimezone(zone),
            row.acknowledged_at.astimezone(zone) if row.acknowledged_at else None,
        )
        for row in rows
    ]


@router.get("/jobs/{job_id}/why")
def why(request: Request, who: Desk, session: Reading, job_id: int) -> Response:
    """Why a job was offered to its rider: the very table the rider reads."""
    job = jobs.get(session, job_id)
    if pages.for_program(request):
        return JSONResponse(reasons.told(session, job), headers={"cache-control": "no-store"})
    rider = people.get(session, job.person_id).name
    facts = reasons.page(session, job, pages.speaker(request))
    return pages.render(request, "desk/why.html", job=job, rider=rider, **facts)


def _next_call(session: Session, job_id: int) -> int | None:
    """Which call at a restaurant comes next in a job."""
    left = jobs.stops_left(session, jobs.get(session, job_id))
    return next((s.visit for s in left if s.kind == "pickup"), None)


def _load(session: Session, shift: Shift) -> int:
    return len(shifts.live_jobs(session, shift.person_id))


@router.post("/orders/{public_id}/cancel")
def cancel(
    request: Request, who: Desk, session: Writing, now: Now, public_id: str, reason: Reason = ""
) -> Response:
    """Cancel it; a rider who has it is told."""
    changes.cancel(session, orders.get(session, public_id), reason=reason, by=who.person_id, now=now)
    return pages.said(request, f"/desk/orders/{public_id}", id=public_id)


@router.post("/orders/{public_id}/refund")
def refund(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    public_id: str,
    amount: Annotated[str, Form(max_length=20)] = "",
    amount_minor: Annotated[int | None, Form()] = None,
    liable: Annotated[str, Form(max_length=20)] = "",
    reason: Reason = "",
    number: Annotated[int | None, Form()] = None,
    fee: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Give the customer money back, at the restaurant's or the co-op's cost; `fee` of it is delivery fee.

    `number` says which refund of the order it is, so that a button pressed twice gives once.
    """
    if amount_minor is None and not amount.strip():
        raise BadInput("Amount: write what is given back, like 5.00.")
    row = orders.refund(
        session,
        orders.get(session, public_id),
        amount_minor=amount_minor if amount_minor is not None else forms.pounds(amount, "Amount"),
        liable=liable,
        reason=reason,
        by=who.person_id,
        now=now,
        number=number,
        fee_minor=forms.pounds(fee, "Of it, delivery fee") if fee.strip() else None,
    )
    return pages.said(request, f"/desk/orders/{public_id}", id=row.id, entry_id=row.entry_id)


@router.post("/orders/{public_id}/assign")
def assign(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    public_id: str,
    person_id: Annotated[int | None, Form()] = None,
) -> Response:
    """Offer it to a rider by hand; they may still pass."""
    if person_id is None:
        raise BadInput("Rider: choose who is to be offered it.")
    order = orders.get(session, public_id)
    job = overrides.assign(session, order, person_id, by=who.person_id, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, f"/desk/orders/{public_id}", id=public_id, job_id=job.id, number=job.number)


@router.post("/orders/{public_id}/ready")
def ready(request: Request, who: Desk, session: Writing, now: Now, public_id: str) -> Response:
    """The kitchen says it is ready."""
    orders.ready(session, orders.get(session, public_id), now=now)
    planning.wanted(session, now=now)
    return pages.said(request, f"/desk/orders/{public_id}", id=public_id)


@router.post("/orders/{public_id}/late")
def late(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    public_id: str,
    ready_at: Annotated[str, Form(max_length=40)] = "",
    minutes: Annotated[int | None, Form()] = None,
) -> Response:
    """The kitchen says when instead."""
    order = orders.get(session, public_id)
    at = forms.new_ready_at(order, ready_at, minutes, forms.zone(session, now), now)
    changes.late(session, order, at, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, f"/desk/orders/{public_id}", id=public_id)


@router.post("/orders/{public_id}/failed")
def failed(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    public_id: str,
    how: Annotated[str, Form(max_length=20)] = "",
    reason: Reason = "",
) -> Response:
    """Food that could not be delivered is tried again, goes back, or is given up; its rider is told in one text."""
    order = orders.get(session, public_id)
    failures.decide(session, order, how, by=who.person_id, reason=reason, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, f"/desk/orders/{public_id}", id=public_id)


@router.post("/jobs/{job_id}/mark")
def mark(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    job_id: int,
    verb: Annotated[str, Form(max_length=10)] = "",
    letters: Annotated[str, Form(max_length=60)] = "",
    order: Annotated[str, Form(max_length=60)] = "",
    visit: Annotated[int | None, Form()] = None,
) -> Response:
    """Mark a job for its rider, who is sent what is next. `order` is the order whose page to go back to.

    `visit` says which call at a restaurant is meant, so that a button pressed twice counts once.
    """
    drops = tuple(c for c in letters.upper() if c.isalpha())
    to = f"/desk/orders/{orders.get(session, order).public_id}" if order else "/desk"
    if visit is not None and visit != _next_call(session, job_id):
        return pages.said(request, to, repeated=True)
    told = overrides.mark_for(session, job_id, verb, by=who.person_id, now=now, letters=drops)
    planning.wanted(session, now=now)
    return pages.said(request, to, verb=told.verb, number=told.number, repeated=told.repeated)
