"""A restaurant's own settlements: the ones issued to it, with their invoices."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from dispatch.errors import NotFound
from dispatch.people import Who
from dispatch.web import forms, pages, settled
from dispatch.web.access import AtRestaurant, Now, Reading
from dispatch.web.restaurant import mine
from payments import settlements, settling
from payments.settlements import SettlementRow

router = APIRouter(prefix="/restaurant/settlements", include_in_schema=False)


def own(session: Session, who: Who, settlement_id: int) -> SettlementRow:
    """A settlement issued to a restaurant this person speaks for; NotFound for any other, as if it were not there."""
    row = session.get(SettlementRow, settlement_id)
    if row is None or row.restaurant_id not in who.restaurants or row.state == "draft":
        raise NotFound("There is no settlement by that number.")
    return row


@router.get("")
def listed(
    request: Request, who: AtRestaurant, session: Reading, now: Now, restaurant_id: int | None = None
) -> Response:
    """Those issued, the last first, and the way to what has come together since."""
    rules, choices = forms.rulebook(session, now), mine(session, who, restaurant_id)
    rows = [
        (place, row, rules.local(row.since), rules.local(row.until - timedelta(seconds=1)))
        for place in choices
        for row in settlements.listed(session, restaurant_id=place.id)
        if row.state != "draft"
    ]
    return pages.render(
        request,
        "restaurant/settlements.html",
        own=choices,
        rows=rows,
        words=settled.STATES,
        chips=settled.CHIPS,
        next_on=rules.local(rules.settled_around(now)[1]),
        currency=rules.co_op.currency,
    )


@router.get("/{settlement_id}")
def one(request: Request, who: AtRestaurant, session: Reading, now: Now, settlement_id: int) -> Response:
    """One settlement, line by line."""
    row = own(session, who, settlement_id)
    return pages.render(
        request,
        "restaurant/settlement_issued.html",
        row=row,
        paper=settled.paper(session, row, now),
        words=settled.STATES,
        chips=settled.CHIPS,
        says=settling.papers.SAYS,
        rate=settling.papers.rate,
    )


@router.get("/{settlement_id}/invoice.pdf")
def invoice(request: Request, who: AtRestaurant, session: Reading, now: Now, settlement_id: int) -> Response:
    """The invoice and its statement as a PDF."""
    return settled.invoice(session, own(session, who, settlement_id), now)


@router.get("/{settlement_id}/lines.csv")
def lines(request: Request, who: AtRestaurant, session: Reading, now: Now, settlement_id: int) -> Response:
    """Its lines for a spreadsheet."""
    return settled.spreadsheet(session, own(session, who, settlement_id), now)
