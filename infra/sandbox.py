"""The sandbox clock over HTTP: a demo's time, moved by whoever plays the evening."""

from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import AwareDatetime, BaseModel
from sqlmodel import Session, col, select

from dispatch.errors import NotFound
from dispatch.web import access
from infra import jobs
from infra.clock import SandboxClock
from infra.program import Program
from riders_app.tables import SandboxText
from riders_app.web.sandbox import from_here

router = APIRouter(
    prefix="/sandbox", include_in_schema=False, dependencies=[Depends(access.public), Depends(from_here)]
)


class Move(BaseModel):
    """How far to move, and the last text already seen."""

    to: AwareDatetime
    after: int = 0


def _program(request: Request) -> tuple[Program, SandboxClock]:
    program = cast(Program, request.app.state.program)
    if not program.sandbox or not isinstance(program.clock, SandboxClock):
        raise NotFound("There is no sandbox here.")
    return program, program.clock


Sandbox = Annotated[tuple[Program, SandboxClock], Depends(_program)]


@router.get("/clock")
def clock(sandbox: Sandbox) -> dict[str, str]:
    """What time the demo thinks it is."""
    return {"now": sandbox[1].now().isoformat()}


@router.post("/clock")
def move(sandbox: Sandbox, body: Move) -> Response:
    """Move on, running every job as it falls due, up to the first instant at which a text lands on a phone.

    Time does not run backwards: an instant that has passed already moves nothing.
    """
    program, clock = sandbox
    landed: list[dict[str, Any]] = []

    def texts_landed() -> bool:
        with program.database.reading() as session:
            landed[:] = _landed(session, body.after)
        return bool(landed)

    with program.turn("clock"):  # one hand on the clock at a time
        jobs.advance(program, body.to, stop=texts_landed)
    texts_landed()
    now: datetime = clock.now()
    return JSONResponse({"now": now.isoformat(), "texts": landed, "reached": now >= body.to})


@router.post("/clock/pass")
def let_pass(sandbox: Sandbox, minutes: Annotated[int, Form(ge=1, le=240)]) -> Response:
    """Let some minutes pass, whatever happens in them; for whoever plays with the phones by hand."""
    program, clock = sandbox
    with program.turn("clock"):
        jobs.advance(program, clock.now() + timedelta(minutes=minutes))
    return RedirectResponse("/sandbox/phones", 303)


def _landed(session: Session, after: int) -> list[dict[str, Any]]:
    rows = session.exec(
        select(SandboxText)
        .where(SandboxText.direction == "in", col(SandboxText.id) > after)
        .order_by(col(SandboxText.id))
    ).all()
    return [{"id": row.id, "phone": row.phone, "body": row.body, "at": row.at.isoformat()} for row in rows]
