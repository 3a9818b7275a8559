"""What the co-op owes for others, tax, contributions and VAT: what stands there, and what a person says was paid on."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from dispatch import people
from dispatch.errors import BadInput
from dispatch.web import access, accounts, forms, pages
from dispatch.web.access import Now, Reading, Treasurer, Writing
from payments import remittances, remitting, terms

router = APIRouter(prefix="/desk/money/owed", dependencies=[Depends(access.ours)], include_in_schema=False)

Amount = Annotated[str, Form(max_length=20)]


@router.get("")
def page(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """Each account with what is owed on it, the form for a payment, and every payment so far."""
    rules, owed = forms.rulebook(session, now), remittances.owed(session)
    rows = remittances.made(session)
    if pages.for_program(request):
        held = {each.account: each.amount_minor for each in owed}
        facts = {"owed": held, "unit": rules.co_op.currency, "number": len(rows) + 1}
        return JSONResponse(facts, headers={"cache-control": "no-store"})
    return pages.render(
        request,
        "desk/owed.html",
        owed=owed,
        vat=terms.VAT,
        names=accounts.names(session, [each.account for each in owed]),
        rows=[
            (row, rules.local(row.at), people.get(session, row.by_person_id).name) for row in reversed(rows)
        ],
        stands={row.number for row in remittances.standing(rows)},
        number=len(rows) + 1,
        today=rules.local(now).date(),
        currency=rules.co_op.currency,
    )


@router.post("")
def pay_on(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    account: Annotated[list[str] | None, Form()] = None,
    amount: Annotated[list[str] | None, Form()] = None,
    reclaimed: Amount = "",
    employer: Amount = "",
    paid_on: Annotated[str, Form(max_length=10)] = "",
    reference: Annotated[str, Form(max_length=60)] = "",
    number: Annotated[int | None, Form()] = None,
) -> Response:
    """It left the bank: as much of each account as is written beside it."""
    named, written = account or [], amount or []
    if len(named) != len(written) or len(set(named)) != len(named):
        raise BadInput("Write an amount for each account once.")
    said = accounts.names(session, named)
    row = remitting.pay_on(
        session,
        {each: forms.pounds(sum_, said[each]) for each, sum_ in zip(named, written, strict=True)},
        paid_on=forms.date_of(paid_on, "Left the bank on"),
        reference=reference,
        by=who.person_id,
        now=now,
        reclaimed_minor=forms.pounds(reclaimed, "VAT reclaimed"),
        employer_minor=forms.pounds(employer, "The co-op's own contributions"),
        number=number,
        names=said,
    )
    return pages.said(request, "/desk/money/owed", number=row.number, entry_id=row.entry_id)


@router.post("/{number}/back")
def take_back(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    number: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """It was written down by mistake."""
    row = remitting.take_back(session, number, reason, by=who.person_id, now=now)
    return pages.said(request, "/desk/money/owed", number=row.number, entry_id=row.entry_id)
