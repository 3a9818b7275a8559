"""The sandbox clock over HTTP: a demo's time, moved by whoever plays the evening."""

from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel
from sqlmodel import Session, col, select

from dispatch.errors import BadInput, NotFound
from dispatch.web import access
from infra import jobs
from infra.clock import SandboxClock
from infra.program import Program
from riders_app.tables import SandboxText

router = APIRouter(prefix="/sandbox", include_in_schema=False, dependencies=[Depends(access.public)])


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
    """Move on, running every job as it falls due, up to the first instant at which a text lands on a phone."""
    program, clock = sandbox
    if body.to < clock.now():
        raise BadInput("Time does not run backwards.")
    landed: list[dict[str, Any]] = []

    def texts_landed() -> bool:
        with program.database.reading() as session:
            landed[:] = _landed(session, body.after)
        return bool(landed)

    jobs.advance(program, body.to, stop=texts_landed)
    texts_landed()
    now: datetime = clock.now()
    return JSONResponse({"now": now.isoformat(), "texts": landed, "reached": now >= body.to})


def _landed(session: Session, after: int) -> list[dict[str, Any]]:
    rows = session.exec(
        select(SandboxText)
        .where(SandboxText.direction == "in", col(SandboxText.id) > after)
        .order_by(col(SandboxText.id))
    ).all()
    return [{"id": row.id, "phone": row.phone, "body": row.body, "at": row.at.isoformat()} for row in rows]
