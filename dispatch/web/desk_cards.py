"""Cards at the desk: payees' accounts, what is asked of Stripe, disputes, money to the bank, and reconciliation."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlmodel import Session, col, select

from dispatch import cards, paydays, people, places
from dispatch.errors import BadInput, NotFound
from dispatch.tables import Order, known
from dispatch.web import access, accounts, forms, pages
from dispatch.web.access import Now, Reading, Treasurer, Writing
from dispatch.web.stripe_hook import program_of
from payments import runs, terms
from payments.errors import NoCards
from payments.rails import following, payees, reconciling, repeating, reversing
from payments.rails.tables import CardDispute, Difference, StripeAccount

router = APIRouter(prefix="/desk", dependencies=[Depends(access.ours)], include_in_schema=False)
_KINDS = {
    "account": "An account",
    "checkout": "A page to pay on",
    "manual": "Payouts by hand",
    "refund": "A refund",
    "transfer": "A transfer",
    "reversal": "A transfer taken back",
    "payout": "To the bank",
}
_COUNTRIES = {"GBP": "GB", "EUR": "IE", "USD": "US"}


@router.get("/cards")
def overview(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """Accounts, calls under way or failed, disputes."""
    rules = forms.rulebook(session, now)
    have = {row.payee: row for row in payees.accounts(session)}
    payees_of = [terms.restaurant(known(row.id)) for row in places.listed(session)]
    if rules.pay_period.paid_by == "stripe":
        payees_of += [runs.payee(known(row.id)) for row in people.with_role(session, "rider")]
    payees_of += [payee for payee in have if payee not in payees_of]
    moving, disputes, over = payees.moving(session), _disputes(session), repeating.over(session)
    subjects = [*payees_of, *(row.subject for row in [*moving, *over])]
    return pages.render(
        request,
        "desk/cards.html",
        live=program_of(request).stripe is not None,
        payees=[(payee, have.get(payee)) for payee in payees_of],
        states={payee: _state(have.get(payee)) for payee in payees_of},
        names=accounts.names(session, subjects),
        moving=moving,
        over=[(row, repeating.may(session, row)) for row in over],
        asked_by=_named(session, (row.again_by for row in moving)),
        kinds=_KINDS,
        disputes=disputes,
        charged=_named(session, (row.charged_by for row in disputes)),
        currency=rules.co_op.currency,
        zone=rules.timezone,
        form=calls_form(now),
        at=now,
    )


def _state(row: StripeAccount | None) -> tuple[str, str]:
    if row is None:
        return "off", "No account"
    if row.vendor_id is None:
        return "warn", "Being made"
    if row.transfers:
        return ("go", "May be sent money") if not row.asked_for else ("warn", "Stripe asks for more")
    return ("warn", "Stripe is checking") if row.told else ("warn", "Has to tell Stripe more")


def _disputes(session: Session) -> Sequence[CardDispute]:
    return session.exec(select(CardDispute).order_by(col(CardDispute.id).desc()).limit(50)).all()


def _named(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    return paydays.names(session, {each for each in ids if each is not None})


def calls_form(now: datetime) -> str:
    """What makes one form one payout, however often its button is pressed."""
    return f"{now:%Y%m%dT%H%M%S%f}"


@router.post("/cards/accounts")
def connect(
    request: Request, who: Treasurer, session: Writing, now: Now, payee: Annotated[str, Form()]
) -> Response:
    """Have an account made for a restaurant, or for a rider where the rules pay riders by Stripe."""
    rules = forms.rulebook(session, now)
    open_ = {terms.restaurant(known(row.id)) for row in places.listed(session)}
    if rules.pay_period.paid_by == "stripe":
        open_ |= {runs.payee(known(row.id)) for row in people.with_role(session, "rider")}
    if payee not in open_:
        raise NotFound("There is no restaurant by that number, nor a rider the rules pay by Stripe.")
    currency = rules.co_op.currency
    payees.connect(session, payee, country=_COUNTRIES.get(currency, "GB"), now=now)
    return pages.said(request, "/desk/cards")


@router.post("/cards/accounts/{account_id}/link")
def link(request: Request, who: Treasurer, account_id: int) -> Response:
    """An address at which the payee tells Stripe what it asks: shown, to be opened or passed on within minutes."""
    program = program_of(request)
    with program.database.reading() as session:
        row = session.get(StripeAccount, account_id)
        if row is None or row.vendor_id is None:
            raise NotFound("There is no such account at Stripe yet.")
        name = accounts.names(session, [row.payee])[row.payee]
    if program.stripe is None:
        raise NoCards
    address = program.stripe.onboarding(row.vendor_id, back=f"{program.settings.url}/desk/cards")
    if pages.for_program(request):
        return JSONResponse({"url": address})
    return pages.render(request, "desk/cards_link.html", address=address, name=name)


@router.post("/cards/calls/{call_id}/again")
def again(request: Request, who: Treasurer, session: Writing, now: Now, call_id: int) -> Response:
    """A named person has what failed, or was sent back, asked once more, in a call of its own."""
    made = cards.again(session, call_id, by=who.person_id, now=now)
    return pages.said(request, "/desk/cards", id=made.id)


@router.post("/cards/bank")
def to_bank(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    amount: Annotated[str, Form()],
    form: Annotated[str, Form(max_length=40)],
) -> Response:
    """Send what Stripe holds to the co-op's bank: by hand, because automatic payouts starve transfers."""
    minor = forms.pounds(amount, "Amount")
    if not minor:
        raise BadInput("Amount: write how much is to go to the bank, like 250.00.")
    currency = forms.rulebook(session, now).co_op.currency
    payees.by_hand(session, now=now)
    payees.to_bank(session, minor, currency=currency, claim=f"{who.person_id}:{form}", now=now)
    return pages.said(request, "/desk/cards")


@router.post("/cards/disputes/{dispute_id}/charge")
def charge(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    dispute_id: int,
    reason: Annotated[str, Form(max_length=500)],
) -> Response:
    """A named person has the restaurant bear a payment that was taken back, and says why."""
    row = session.get(CardDispute, dispute_id)
    order = session.get(Order, row.order_id) if row is not None and row.order_id is not None else None
    if row is None or order is None:
        raise NotFound("There is no dispute by that number about an order of ours.")
    if not reason.strip():
        raise BadInput("Write down why the restaurant bears it.")
    to = terms.restaurant(order.restaurant_id)
    following.charge_dispute(session, dispute_id, to=to, by=who.person_id, reason=reason.strip(), now=now)
    return pages.said(request, "/desk/cards")


@router.get("/reconciliation")
def reconciliation(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """Where Stripe and the books differ, and what was decided about it."""
    rules = forms.rulebook(session, now)
    found = reconciling.open_(session)
    last = reconciling.last(session)
    if pages.for_program(request):
        return JSONResponse(
            {
                "differences": [
                    {
                        "id": row.id,
                        "thing": row.thing,
                        "cause": row.cause,
                        "stripe_minor": row.stripe_minor,
                        "books_minor": row.books_minor,
                    }
                    for row in found
                ]
            },
            headers={"cache-control": "no-store"},
        )
    past = session.exec(
        select(Difference)
        .where(col(Difference.closed_at).is_not(None))
        .order_by(col(Difference.closed_at).desc())
        .limit(50)
    ).all()
    ours = [(row, reversing.payout_of(session, row)) for row in found]
    return pages.render(
        request,
        "desk/reconciliation.html",
        open=found,
        taken_back={
            row.id: accounts.names(session, [out.payee])[out.payee] for row, out in ours if out is not None
        },
        past=past,
        names=_named(session, (row.closed_by for row in past)),
        last=last,
        local=_local(last.at, rules.timezone) if last is not None else None,
        currency=rules.co_op.currency,
        live=program_of(request).stripe is not None,
    )


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone)


@router.post("/reconciliation/now")
def reconcile(request: Request, who: Treasurer, now: Now) -> Response:
    """Compare now rather than tonight."""
    program = program_of(request)
    if program.stripe is None:
        raise NoCards
    done = cards.reconcile(program, now)
    if pages.for_program(request):
        return JSONResponse({"ok": True, "open": done.open})
    return RedirectResponse("/desk/reconciliation", 303)


@router.post("/reconciliation/{difference_id}/close")
def close(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    difference_id: int,
    note: Annotated[str, Form(max_length=500)],
    how: Annotated[str, Form()] = "stands",
) -> Response:
    """A named person says why a difference may stand, has the books follow Stripe, or a payee be owed it again."""
    if session.get(Difference, difference_id) is None:
        raise NotFound("There is no difference by that number.")
    if not note.strip():
        raise BadInput("Write down what was found out.")
    acts = {"book": reconciling.book, "returned": reversing.came_back}
    acts.get(how, reconciling.close)(session, difference_id, by=who.person_id, note=note, now=now)
    cards.looked_at(session, now=now)
    return pages.said(request, "/desk/reconciliation")
