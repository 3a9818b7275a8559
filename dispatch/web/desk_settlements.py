"""The treasurer's settlements: drafted, issued, paid or received, closed; who a restaurant is and where it is paid."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlmodel import Session, col, select

from dispatch import paydays, places
from dispatch.tables import Person, Restaurant, known
from dispatch.web import access, forms, pages, settled
from dispatch.web.access import Now, Reading, Treasurer, Writing
from payments import checks, payees, settlements, settling, terms
from payments.settling import Party

router = APIRouter(prefix="/desk/settlements", dependencies=[Depends(access.ours)], include_in_schema=False)

Amount = Annotated[str, Form(max_length=20)]


class BillingForm(BaseModel):
    """Who a restaurant is on an invoice, and its bank account."""

    legal_name: str = ""
    address: str = ""
    vat_number: str = ""
    account_name: str = ""
    sort_code: str = ""
    account_number: str = ""


@router.get("")
def listed(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """Every settlement, what the audit finds, and what nobody has settled yet."""
    rules = forms.rulebook(session, now)
    rows = settlements.listed(session)
    if pages.for_program(request):
        return JSONResponse(
            {"settlements": [_told(row) for row in rows]}, headers={"cache-control": "no-store"}
        )
    lines = [
        (row, settlements.bill(session, row).closing_minor, rules.local(row.until - timedelta(seconds=1)))
        for row in rows
    ]
    names = {
        known(row.id): row.name for row in session.exec(select(Restaurant).order_by(col(Restaurant.name)))
    }
    banked = settling.waiting(session)
    unpaid = {row.restaurant_id for row, _ in banked}
    return pages.render(
        request,
        "desk/settlements.html",
        lines=lines,
        names=names,
        words=settled.STATES,
        chips=settled.CHIPS,
        findings=checks.last_found(session),
        next_on=rules.local(rules.settled_around(now)[1]),
        banked=banked,
        in_file=[row.row_id for row, payout in banked if payout.state == "sending"],
        without=sorted(each for each in unpaid if payees.of(session, terms.restaurant(each)) is None),
        changed=paydays.restaurant_changes(session, names, unpaid, rules, now=now),
        currency=rules.co_op.currency,
    )


@router.post("/bank-file")
def bank_file(request: Request, who: Treasurer, session: Writing, now: Now) -> Response:
    """The file for the bank; whoever is in it is being sent their money from now on."""
    file, _ = settling.bank_file(session, now=now)
    return settled.download(file.text, f"settlements-{now:%Y%m%d}.csv", "text/csv; charset=utf-8")


@router.post("/file-paid")
def file_paid(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    settlement: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """I say that the bank paid all these, which its file named."""
    count = settling.file_paid(session, settlement or [], by=who.person_id, now=now)
    return pages.said(request, "/desk/settlements", paid=count)


def _told(row: settlements.SettlementRow) -> dict[str, object]:
    """A settlement's facts for a program; amounts in minor units, nought until it is issued."""
    return {
        "id": row.id,
        "restaurant_id": row.restaurant_id,
        "number": row.number,
        "state": row.state,
        "until": row.until.isoformat(),
        "closing_minor": row.closing_minor,
        "payout_minor": row.payout_minor,
        "due_minor": row.due_minor,
        "received_minor": row.received_minor,
    }


@router.post("/draft")
def draft(request: Request, who: Treasurer, session: Writing, now: Now) -> Response:
    """Draft what is due."""
    made = settlements.draft_due(session, now=now)
    return pages.said(request, "/desk/settlements", drafted=len(made))


@router.get("/restaurants/{restaurant_id}")
def restaurant(request: Request, who: Treasurer, session: Reading, now: Now, restaurant_id: int) -> Response:
    """One restaurant's invoices and bank account, and what it was charged outside of orders."""
    rules, own = forms.rulebook(session, now), places.get(session, restaurant_id)
    return pages.render(
        request,
        "desk/settlement_restaurant.html",
        own=own,
        billing=places.billing(session, restaurant_id),
        account=payees.of(session, terms.restaurant(restaurant_id)),
        changed=paydays.restaurant_changes(
            session, {restaurant_id: own.name}, [restaurant_id], rules, now=now
        ),
        adjustments=[(each, rules.local(each.at)) for each in settling.adjustments(session, restaurant_id)],
        taxed=rules.vat.registered,
        currency=rules.co_op.currency,
    )


@router.post("/restaurants/{restaurant_id}/billing")
def billing(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    restaurant_id: int,
    form: Annotated[BillingForm, Form()],
) -> Response:
    """Write down who it is on an invoice and where it is paid."""
    paydays.enter_billing(session, restaurant_id, form.model_dump(), by=who.person_id, now=now)
    return pages.said(request, f"/desk/settlements/restaurants/{restaurant_id}", id=restaurant_id)


@router.post("/restaurants/{restaurant_id}/adjust")
def adjust(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    restaurant_id: int,
    kind: Annotated[str, Form(max_length=20)] = "",
    amount: Amount = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    number: Annotated[int | None, Form()] = None,
) -> Response:
    """Charge it for a service, or correct what it is owed: `credit` up, `debit` down."""
    places.get(session, restaurant_id)
    minor = forms.pounds(amount, "Amount")
    row = settling.adjust(
        session,
        restaurant_id,
        kind="correction" if kind in ("credit", "debit") else kind,
        amount_minor=-minor if kind == "debit" else minor,
        reason=reason,
        by=who.person_id,
        now=now,
        number=number,
    )
    return pages.said(request, f"/desk/settlements/restaurants/{restaurant_id}", entry_id=row.entry_id)


@router.get("/{settlement_id}")
def one(request: Request, who: Treasurer, session: Reading, now: Now, settlement_id: int) -> Response:
    """One settlement: what it says, and the next step."""
    row = settlements.get(session, settlement_id)
    if pages.for_program(request):
        return JSONResponse(_told(row), headers={"cache-control": "no-store"})
    rules = forms.rulebook(session, now)
    own = places.get(session, row.restaurant_id)
    people = {each.id: each.name for each in session.exec(select(Person))}
    made = settling.payouts_of(session, row)
    to_pay = row.state == "draft" or (made and made[-1].state != "paid")
    happened = [
        (words, rules.local(at), people.get(by, ""))
        for words, at, by in (
            ("Drafted", row.drafted_at, None),
            ("Issued", row.issued_at, row.issued_by),
            ("Received" if row.received_minor else "Paid", row.paid_at, row.paid_by),
            ("Closed", row.closed_at, row.closed_by),
        )
        if at is not None
    ]
    return pages.render(
        request,
        "desk/settlement.html",
        row=row,
        own=own,
        paper=settled.paper(session, row, now),
        account=payees.of(session, terms.restaurant(row.restaurant_id)),
        payouts=made,
        names=people,
        local=rules.local,
        changed=paydays.restaurant_changes(
            session, {row.restaurant_id: own.name}, [row.restaurant_id], rules, now=now
        )
        if to_pay
        else {},
        happened=happened,
        findings=checks.last_found(session) if row.state in ("draft", "issued") else (),
        earlier=settlements.earlier_drafts(session, row) if row.state == "draft" else [],
        words=settled.STATES,
        chips=settled.CHIPS,
        says=settling.papers.SAYS,
        rate=settling.papers.rate,
    )


@router.get("/{settlement_id}/invoice.pdf")
def invoice(request: Request, who: Treasurer, session: Reading, now: Now, settlement_id: int) -> Response:
    """The invoice and its statement as a PDF."""
    return settled.invoice(session, settlements.get(session, settlement_id), now)


@router.get("/{settlement_id}/lines.csv")
def lines(request: Request, who: Treasurer, session: Reading, now: Now, settlement_id: int) -> Response:
    """Its lines for a spreadsheet."""
    return settled.spreadsheet(session, settlements.get(session, settlement_id), now)


@router.post("/{settlement_id}/issue")
def issue(request: Request, who: Treasurer, session: Writing, now: Now, settlement_id: int) -> Response:
    """Issue it: from now on it never changes."""
    row = settlements.get(session, settlement_id)
    settling.issue(session, row, customer=_customer(session, row), by=who.person_id, now=now)
    return pages.said(request, f"/desk/settlements/{settlement_id}", number=row.number, state=row.state)


def _customer(session: Session, row: settlements.SettlementRow) -> Party:
    return settled.customer(session, row.restaurant_id)


@router.post("/{settlement_id}/paid")
def paid(request: Request, who: Treasurer, session: Writing, now: Now, settlement_id: int) -> Response:
    """It was paid at the bank."""
    row = settling.paid(session, settlements.get(session, settlement_id), by=who.person_id, now=now)
    return pages.said(request, f"/desk/settlements/{settlement_id}", state=row.state)


@router.post("/{settlement_id}/undone")
def undone(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    settlement_id: int,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The bank refused its payment, or sent it back."""
    row = settlements.get(session, settlement_id)
    settling.did_not_arrive(session, row, reason=reason, by=who.person_id, now=now)
    return pages.said(request, f"/desk/settlements/{settlement_id}", state=row.state)


@router.post("/{settlement_id}/again")
def again(request: Request, who: Treasurer, session: Writing, now: Now, settlement_id: int) -> Response:
    """Its payment was refused or came back: set the money aside once more."""
    settling.pay_again(session, settlements.get(session, settlement_id), by=who.person_id, now=now)
    return pages.said(request, f"/desk/settlements/{settlement_id}", id=settlement_id)


@router.post("/{settlement_id}/received")
def received(
    request: Request, who: Treasurer, session: Writing, now: Now, settlement_id: int, amount: Amount = ""
) -> Response:
    """The restaurant has paid its invoice, or some of it."""
    minor = forms.pounds(amount, "Amount") if amount.strip() else None
    row = settlements.get(session, settlement_id)
    settling.received(session, row, by=who.person_id, amount_minor=minor, now=now)
    return pages.said(request, f"/desk/settlements/{settlement_id}", state=row.state)


@router.post("/{settlement_id}/close")
def close(request: Request, who: Treasurer, session: Writing, now: Now, settlement_id: int) -> Response:
    """Nothing more is to be done about it."""
    row = settling.close(session, settlements.get(session, settlement_id), by=who.person_id, now=now)
    return pages.said(request, f"/desk/settlements/{settlement_id}", state=row.state)
