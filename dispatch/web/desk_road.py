"""The desk's hand on what is on the road: another address, another rider."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from dispatch import changes, handovers, jobs, orders, people, shifts
from dispatch.errors import BadInput
from dispatch.tables import known
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing

router = APIRouter(prefix="/desk", dependencies=[Depends(access.ours)], include_in_schema=False)

Line = Annotated[str, Form(max_length=200)]


@router.post("/orders/{public_id}/address")
def readdress(
    request: Request,
    who: Desk,
    now: Now,
    public_id: str,
    address: Line = "",
    flat: Line = "",
    note: Annotated[str, Form(max_length=500)] = "",
    lat: Annotated[float | None, Form(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Form(ge=-180, le=180)] = None,
) -> Response:
    """The food goes elsewhere; its rider is texted at once and must confirm."""
    program = access.program(request)
    where = forms.new_address(program, lat, lon, address)  # with no transaction open
    with program.database.writing() as session:
        order = orders.get(session, public_id)
        changes.readdress(
            session,
            order,
            drop=where,
            address=address,
            flat=flat,
            note=note,
            by=who.person_id,
            now=now,
        )
    program.nudge()
    return pages.said(request, f"/desk/orders/{public_id}", id=public_id)


@router.get("/handover")
def choose(request: Request, who: Desk, session: Reading, now: Now, person_id: int | None = None) -> Response:
    """Whose job goes to whom, and where they meet."""
    giver = people.get(session, person_id) if person_id is not None else None
    live = shifts.live_jobs(session, person_id) if person_id is not None else []
    given = [job for job in live if job.state == "taken"]
    on_shift = [people.get(session, shift.person_id) for shift in shifts.on_now(session)]
    return pages.render(
        request,
        "desk/handover.html",
        giver=giver,
        given=[(job, jobs.facts(session, job, now=now)) for job in given],
        on_board=any(handovers.on_board(session, job) for job in given),
        riders=[p for p in on_shift if giver is None or p.id != giver.id],
        busy=[p for p in on_shift if shifts.live_jobs(session, known(p.id))],
        meeting=[
            (job, new, people.get(session, new.person_id))
            for job in given
            for new in handovers.to_be_met(session, job)
        ],
    )


@router.post("/handover")
def hand(
    request: Request,
    who: Desk,
    now: Now,
    person_id: Annotated[int | None, Form()] = None,
    to: Annotated[int | None, Form()] = None,
    job_id: Annotated[str, Form(max_length=12)] = "",
    meeting: Line = "",
    lat: Annotated[float | None, Form(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Form(ge=-180, le=180)] = None,
) -> Response:
    """Hand one job (`job_id`) or all of them, in one act; both riders are told."""
    if person_id is None or to is None:
        raise BadInput("Choose whose job it is and who gets it.")
    if job_id and not job_id.isdigit():
        raise BadInput("Choose one of the jobs, or all of them.")
    program = access.program(request)
    where = forms.found(program, lat, lon, meeting) if meeting.strip() else None
    with program.database.writing() as session:
        live = shifts.live_jobs(session, person_id)
        given = [job for job in live if not job_id or job.id == int(job_id)]
        made = handovers.hand(session, given, to, by=who.person_id, meeting=meeting, where=where, now=now)
        numbers = [job.number for job in made]
    program.nudge()
    return pages.said(request, "/desk", numbers=numbers)


@router.post("/handover/{job_id}/off")
def call_off(request: Request, who: Desk, session: Writing, now: Now, job_id: int) -> Response:
    """The two do not meet: whoever has the food brings it."""
    job = handovers.call_off(session, job_id, now=now)
    access.program(request).nudge()
    return pages.said(request, "/desk", numbers=[job.number])
