"""The customer's page: when the food comes, in plain words, and nothing about who brings it."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from dispatch import board, cards, orders
from dispatch.states import OPEN_DELIVERY
from dispatch.tables import known
from dispatch.web import access, pages
from dispatch.web.access import Now, Reading
from dispatch.web.stripe_hook import program_of

router = APIRouter(include_in_schema=False)

WORDS = {
    "waiting": "Your food is being made",
    "assigned": "A rider is on the way to collect your food",
    "carried": "Your food is on its way",
    "delivered": "Your food has arrived",
    "cancelled": "This order was cancelled",
    "failed": "Your food could not be delivered",
    "returned": "Your food could not be delivered",
    "abandoned": "Your food could not be delivered",
}
STEPS = (
    ("waiting", "Being made"),
    ("assigned", "Rider called"),
    ("carried", "On its way"),
    ("delivered", "Here"),
)


@router.get("/t/{public_id}", dependencies=[Depends(access.public)])
def track(request: Request, session: Reading, now: Now, public_id: str) -> Response:
    """Where an order is; whoever has its link may look."""
    seen = board.tracking(session, public_id, now=now)
    bill = cards.bill(session, orders.get(session, public_id), now=now)
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
    reached = next((i for i, (state, _) in enumerate(STEPS) if state == seen.state), -1)
    answer = pages.render(
        request,
        "track.html",
        seen=seen,
        bill=bill,
        public_id=public_id,
        words=WORDS[seen.state],
        open=seen.state in OPEN_DELIVERY,
        steps=[(label, i < reached, i == reached) for i, (_, label) in enumerate(STEPS)]
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
        order_id = known(orders.get(session, public_id).id)
    cards.page_made(program, order_id, now)
    program.nudge()
    return pages.said(request, f"/t/{public_id}")
