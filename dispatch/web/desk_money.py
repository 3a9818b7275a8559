"""The treasurer's first look: every account, and whether the whole still balances."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from dispatch.web import accounts, forms, pages
from dispatch.web.access import Now, Reading, Treasurer
from payments import books, checks
from payments.ledger import HOLIDAY, MINUTES

router = APIRouter(prefix="/desk/money", include_in_schema=False)


@router.get("")
def money(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """The trial balance; for a program, the balance of each account in the co-op's currency."""
    currency = forms.rulebook(session, now).co_op.currency
    trial = books.trial_balance(session)
    in_money = [line for line in trial if line.unit == currency]
    if pages.for_program(request):
        held = {line.account: line.balance for line in in_money}
        return JSONResponse({"accounts": held, "unit": currency}, headers={"cache-control": "no-store"})
    last_id, last_hash = books.head(session)
    return pages.render(
        request,
        "desk/money.html",
        lines=in_money,
        currency=currency,
        received=sum(line.received for line in in_money),
        given=sum(line.given for line in in_money),
        minutes=[line for line in trial if line.unit == MINUTES and line.account.startswith("rider:")],
        holiday=[line for line in trial if line.unit == HOLIDAY and line.account.startswith("rider:")],
        names=accounts.names(session, [line.account for line in trial]),
        versions=books.versions(session),
        last_id=last_id,
        last_hash=last_hash,
        checked=checks.last(session),
    )
