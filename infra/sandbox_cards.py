"""The pretend Stripe over HTTP: the page its customers pay on, and the one where payees onboard. A demo's alone."""

from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from dispatch import cards
from dispatch.errors import NotFound
from dispatch.web import pages
from dispatch.web.access import Access, Now, loopback
from infra import rounds
from infra.program import Program
from payments.rails.tables import SandboxObject
from riders_app.web.sandbox import from_here


class _Pretend(Access):
    """Anyone at this machine, in a demo; elsewhere there is no such page."""

    words = "sandbox only"

    def __call__(self, request: Request) -> Program:
        program = cast(Program, request.app.state.program)
        if program.kind != "demo" or not hasattr(program.stripe, "post_due"):
            raise HTTPException(404)
        if not loopback(request.url.hostname or ""):
            raise HTTPException(404)
        return program


pretend = _Pretend()
Pretend = Annotated[Program, Depends(pretend)]
router = APIRouter(prefix="/sandbox/stripe", include_in_schema=False, dependencies=[Depends(from_here)])


@router.get("/pay/{session_id}")
def page(request: Request, program: Pretend, now: Now, session_id: str, refused: str = "") -> Response:
    """The page a customer pays on, with test cards to choose from."""
    from payments.rails.sandbox import CARDS

    found = program.stripe.page(session_id)
    if found is None:
        raise NotFound("There is no such page to pay on.")
    return pages.render(
        request,
        "sandbox/pay.html",
        found=found,
        over=found["status"] != "open" or found["expires_at"] <= now.timestamp(),
        cards=[(name, card.words) for name, card in CARDS.items()],
        refused=CARDS[refused].refused if refused in CARDS else "",
        back=_path(found["success_url"]),
    )


@router.post("/pay/{session_id}")
def pay(program: Pretend, now: Now, session_id: str, card: Annotated[str, Form()]) -> Response:
    """The customer pays: declined, and the page says so; else they go back to their order."""
    from payments.rails.sandbox import CARDS

    found = program.stripe.page(session_id)
    if found is None or card not in CARDS:
        raise NotFound("There is no such page to pay on, or no such card.")
    if program.stripe.pay(session_id, card) is not None:
        return RedirectResponse(f"/sandbox/stripe/pay/{session_id}?refused={card}", 303)
    _arrives(program, now)
    return RedirectResponse(_path(found["success_url"]), 303)


@router.get("/onboarding/{account}")
def onboarding(request: Request, program: Pretend, account: str, back: str = "/") -> Response:
    """Where a payee would tell Stripe who they are."""
    _account(program, account)
    return pages.render(request, "sandbox/onboarding.html", account=account, back=_path(back))


@router.post("/onboarding/{account}")
def onboard(program: Pretend, now: Now, account: str, back: Annotated[str, Form()] = "/") -> Response:
    """The payee has told everything."""
    _account(program, account)
    program.stripe.onboard(account)
    _arrives(program, now)
    return RedirectResponse(_path(back), 303)


def _account(program: Program, account: str) -> None:
    with program.database.reading() as session:
        row = session.get(SandboxObject, account)
    if row is None or row.kind != "account":
        raise NotFound("There is no such account.")


def _arrives(program: Program, now: Now) -> None:
    """What happened there is told here at once, so that the page the person goes to already knows."""
    with program.turn("stripe-sandbox"):
        rounds.sandbox(program, now)
    with program.turn("stripe-events"):
        cards.run_events(program, now)
    program.nudge()


def _path(address: str) -> str:
    """Only a page of ours is gone back to."""
    path = urlsplit(address).path
    return path if path.startswith("/") and not path.startswith("//") else "/"
