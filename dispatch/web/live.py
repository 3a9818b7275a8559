"""The desk's stream: a number that moves whenever the evening does."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy import func, select
from sqlmodel import Session, col

from dispatch.states import OPEN_DELIVERY
from dispatch.tables import Attention, Contest, Event, Job, Mark, Order, Pause, Refund, Shift, ShiftChange
from dispatch.web import access
from dispatch.web.access import Desk, Program

EACH_S = 1.0
LIFE_S = 45  # a browser calls again by itself; a server that stops is not kept waiting by one that never ends
NEWEST = (Event, Mark, Attention, Order, Job, Shift, ShiftChange, Pause, Refund, Contest)

router = APIRouter(prefix="/desk", include_in_schema=False)


def change(session: Session) -> int:
    """A number that stays while nothing on the desk moves, and moves when something does."""
    newest = select(*(select(func.max(table.id)).scalar_subquery() for table in NEWEST))
    seen: list[object] = list(session.connection().execute(newest).one())
    moving = (
        select(col(Order.id), col(Order.kitchen), col(Order.delivery), col(Order.ready_at), col(Order.job_id))
        .where(col(Order.delivery).in_(OPEN_DELIVERY))
        .order_by(col(Order.id)),
        select(col(Job.id), col(Job.state)).where(col(Job.closed_at).is_(None)).order_by(col(Job.id)),
        select(col(Shift.id), col(Shift.off_asked_at), col(Shift.silences), col(Shift.end_asked_at))
        .where(col(Shift.state) == "on")
        .order_by(col(Shift.id)),
        select(col(Attention.id), col(Attention.acknowledged_at), col(Attention.ring_at).is_(None))
        .where(col(Attention.closed_at).is_(None))
        .order_by(col(Attention.id)),
        select(func.max(Pause.lifted_at)),
        select(func.count()).select_from(Contest).where(col(Contest.closed_at).is_(None)),
    )
    seen.extend([tuple(row) for row in session.connection().execute(query)] for query in moving)
    return zlib.crc32(repr(seen).encode())


def _look(program: Program, what: Callable[[Session], int]) -> int:
    with program.database.reading() as session:
        return what(session)


async def changes(
    program: Program,
    what: Callable[[Session], int] = change,
    *,
    each_s: float = EACH_S,
    life_s: float = LIFE_S,
) -> AsyncIterator[bytes]:
    """The number at once, then each time it moved. No session is held between looks."""
    yield b"retry: 1000\n\n"
    last: int | None = None
    for turn in range(max(1, round(life_s / each_s))):
        found = await run_in_threadpool(_look, program, what)
        if found != last:
            last = found
            yield f"id: {found}\ndata: {found}\n\n".encode()
        elif turn % 10 == 0:
            yield b": still here\n\n"
        await asyncio.sleep(each_s)


@router.get("/events")
async def stream(request: Request, who: Desk) -> StreamingResponse:
    """The newest change, as a stream of events."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        changes(access.program(request)), media_type="text/event-stream", headers=headers
    )
