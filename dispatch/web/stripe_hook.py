"""Where Stripe calls us: verified by its signature, stored once by the event's id, answered at once, acted on after."""

from typing import Annotated, Protocol, cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from dispatch.web.access import Access
from dispatch.web.access import Program as Pages
from payments.errors import NotFromStripe
from payments.rails import HOOK, Gateway, Told, events

router = APIRouter(include_in_schema=False)
SIGNATURE = "Stripe-Signature"


class Program(Pages, Protocol):
    """A program that may have a way to Stripe."""

    @property
    def stripe(self) -> Gateway | None: ...


def program_of(request: Request) -> Program:
    """The program this request runs in."""
    return cast(Program, request.app.state.program)


class _Signed(Access):
    """An event as Stripe posted it; only its ids are kept."""

    words = "signed by the card processor"

    async def __call__(self, request: Request) -> Told:
        program = program_of(request)
        payload = await request.body()
        if program.stripe is None:
            raise HTTPException(403, "There are no Stripe keys here.")
        try:
            return program.stripe.verify(payload, request.headers.get(SIGNATURE, ""))
        except NotFromStripe:
            raise HTTPException(403, "This call was not signed by our card processor.") from None


signed = _Signed()


def receive(program: Program, payload: bytes, signature: str) -> bool:
    """Keep an event that was posted; whether it is new. NotFromStripe when its signature is wrong."""
    gateway = program.stripe
    if gateway is None:
        raise NotFromStripe
    return keep(program, gateway.verify(payload, signature))


def keep(program: Program, told: Told) -> bool:
    """Store a verified event once, and have it acted on."""
    with program.database.writing() as session:
        new = events.store(session, told, now=program.clock.now())
    program.nudge()
    return new


@router.post(HOOK)
def hook(told: Annotated[Told, Depends(signed)], request: Request) -> Response:
    """Stripe tells of something."""
    keep(program_of(request), told)
    return Response(status_code=204)
