"""The customer's page: when the food comes, in plain words, and nothing about who brings it."""

from datetime import datetime

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import board, cards, orders
from dispatch.facts import Say
from dispatch.states import OPEN_DELIVERY
from dispatch.tables import Order, known
from dispatch.web import access, forms, pages, tongues
from dispatch.web.access import Now, Reading
from dispatch.web.stripe_hook import program_of

router = APIRouter(include_in_schema=False)


def _words(say: Say) -> dict[str, str]:
    """Where an order is, to whom it is for."""
    lost = say("Your food could not be delivered")
    return {
        "waiting": say("Your food is being made"),
        "assigned": say("A rider is on the way to collect your food"),
        "carried": say("Your food is on its way"),
        "delivered": say("Your food has arrived"),
        "cancelled": say("This order was cancelled"),
        "failed": lost,
        "returned": lost,
        "abandoned": lost,
    }


def _steps(say: Say) -> dict[str, str]:
    return {
        "waiting": say("Being made"),
        "assigned": say("Rider called"),
        "carried": say("On its way"),
        "delivered": say("Here"),
    }


def spoken(request: Request, session: Session, order: Order, now: datetime) -> None:
    """A customer is answered in the language of their order's texts, else in their browser's, else in the co-op's."""
    asked = tongues.accepted(request.headers.get("accept-language", ""))
    said = orders.contact(session, known(order.id)).language
    tongues.answer_in(request, said or asked or forms.rulebook(session, now).co_op.language)


@router.get("/t/{public_id}", dependencies=[Depends(access.public)])
def track(request: Request, session: Reading, now: Now, public_id: str) -> Response:
    """Where an order is; whoever has its link may look."""
    order = orders.get(session, public_id)
    spoken(request, session, order, now)
    seen = board.tracking(session, public_id, now=now)
    bill = cards.bill(session, order, now=now)
    if pages.for_program(request):
        return JSONResponse(
            {
                "state": seen.state,
                "restaurant": seen.restaurant,
                "promise_at": seen.promise_at.isoformat(),
                "expected_at": seen.expected_at.isoformat() if seen.expected_at else None,
                "delivered_at": seen.delivered_at.isoformat() if seen.delivered_at else None,
                "bill": {"state": bill.state, "amount_minor": bill.amount_minor, "url": bill.url}
                if bill
                else None,
            },
            headers={"cache-control": "no-store"},
        )
    say = pages.speaker(request)
    steps = _steps(say)
    reached = list(steps).index(seen.state) if seen.state in steps else -1
    answer = pages.render(
        request,
        "track.html",
        seen=seen,
        bill=bill,
        public_id=public_id,
        words=_words(say)[seen.state],
        open=seen.state in OPEN_DELIVERY,
        steps=[(label, i < reached, i == reached) for i, label in enumerate(steps.values())]
        if reached >= 0
        else [],
        at=now.astimezone(seen.promise_at.tzinfo),
    )
    answer.headers["x-robots-tag"] = "noindex"
    answer.headers["referrer-policy"] = "no-referrer"  # the address is all it takes to look
    return answer


@router.post("/t/{public_id}/pay", dependencies=[Depends(access.public), Depends(access.ours)])
def pay(request: Request, now: Now, public_id: str) -> Response:
    """The customer wants a page to pay on: a new one where the last one ran out."""
    program = program_of(request)
    with program.database.reading() as session:
        order = orders.get(session, public_id)
        spoken(request, session, order, now)
        order_id = known(order.id)
    cards.page_made(program, order_id, now)
    program.nudge()
    return pages.said(request, f"/t/{public_id}")
