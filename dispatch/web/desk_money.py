"""The treasurer's first look: every account, and whether the whole still balances."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from dispatch.web import accounts, forms, pages
from dispatch.web.access import Now, Reading, Treasurer
from dispatch.web.desk_accounts import told
from payments import books, checks

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
    lines = accounts.gathered(trial)
    return pages.render(
        request,
        "desk/money.html",
        lines=[(line, count) for line, count in lines if line.unit == currency],
        currency=currency,
        received=sum(line.received for line in in_money),
        given=sum(line.given for line in in_money),
        others=[
            (line, n) for line, n in lines if line.unit != currency and line.account.startswith("rider:")
        ],
        told=told,
        names=accounts.names(session, [line.account for line, _ in lines]),
        versions=books.versions(session),
        last_id=last_id,
        last_hash=last_hash,
        checked=checks.last(session),
    )
