"""What an evening brought and what it cost: an order and a rider-hour at a time, beside break-even."""

from dataclasses import asdict
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch.errors import BadInput
from dispatch.web import forms, pages
from dispatch.web.access import Now, Reading, Treasurer
from dispatch.web.trend import trend
from payments import books, evenings
from payments.evenings import Evening
from payments.ledger import MINUTES
from payments.rulebook import Rulebook
from payments.terms import WORK

router = APIRouter(prefix="/desk/money", include_in_schema=False)

# An evening goes on past midnight, and nobody rides at four in the morning.
BEGINS = timedelta(hours=4)
LOOKED_BACK = 28


def evening_of(rulebook: Rulebook, at: datetime) -> date:
    """The evening an instant belongs to."""
    return rulebook.local(at - BEGINS).date()


def reckon(session: Session, rulebook: Rulebook, on: date) -> Evening:
    """One evening as the books have it."""
    since, until = (rulebook.midnight(day) + BEGINS for day in (on, on + timedelta(days=1)))
    moved = books.moved(session, "co-op", since=since, until=until)
    orders = books.happened(session, "delivered", since=since, until=until)
    undone = books.happened(session, "undelivered", since=since, until=until)
    minutes = -sum(each.balance for each in moved if each.account == WORK and each.unit == MINUTES)
    currency = rulebook.co_op.currency
    money = [(each.account, each.balance) for each in moved if each.unit == currency]
    return evenings.reckoned(on, orders - undone, minutes, money)


@router.get("/evenings")
def all_evenings(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """The evenings of the last four weeks on which anything happened, newest first, and how they went."""
    rulebook = forms.rulebook(session, now)
    today = evening_of(rulebook, now)
    days = [today - timedelta(days=back) for back in range(LOOKED_BACK)]
    found = [each for day in days if (each := reckon(session, rulebook, day)).orders or each.minutes]
    if pages.for_program(request):
        told = [_facts(each) for each in found]
        return JSONResponse({"evenings": told}, headers={"cache-control": "no-store"})
    return pages.render(
        request,
        "desk/evenings.html",
        evenings=found,
        currency=rulebook.co_op.currency,
        trend=trend(list(reversed(found))),
        days=LOOKED_BACK,
    )


@router.get("/evening/{on}")
def one_evening(request: Request, who: Treasurer, session: Reading, now: Now, on: str) -> Response:
    """One evening: what an order brought, what a rider-hour cost, and how many orders an hour pay for it."""
    try:
        day = date.fromisoformat(on)
    except ValueError as bad:
        raise BadInput(f"{on} is no day: write it like 2026-11-20.") from bad
    if not 2000 < day.year < 3000:
        raise BadInput(f"{on} is out of the co-op's time.")
    rulebook = forms.rulebook(session, now)
    found = reckon(session, rulebook, day)
    if pages.for_program(request):
        return JSONResponse(_facts(found), headers={"cache-control": "no-store"})
    return pages.render(
        request,
        "desk/evening.html",
        evening=found,
        currency=rulebook.co_op.currency,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < evening_of(rulebook, now) else None,
    )


def _facts(found: Evening) -> dict[str, object]:
    rates = ("income_per_order", "cost_per_hour", "orders_per_hour", "break_even")
    told = {name: None if (rate := getattr(found, name)) is None else round(float(rate), 4) for name in rates}
    return asdict(found) | {"on": found.on.isoformat(), "left_minor": found.left_minor} | told
