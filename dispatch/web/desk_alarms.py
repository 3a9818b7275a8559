"""What the desk is being rung about, and who has it."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from dispatch import alarms
from dispatch.web import access, desk, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing

router = APIRouter(prefix="/desk/alarms", dependencies=[Depends(access.ours)], include_in_schema=False)


@router.get("")
def listed(request: Request, who: Desk, session: Reading, now: Now) -> Response:
    """Everything that rings, one button each: where the text on the on-duty phone leads."""
    zone = forms.zone(session, now)
    return pages.render(
        request,
        "desk/alarms.html",
        ringing=[desk.item(session, row, zone) for row in alarms.ringing(session)],
    )


@router.post("/{attention_id}/acknowledge")
def acknowledge(request: Request, who: Desk, session: Writing, now: Now, attention_id: int) -> Response:
    """I have it: the ringing ends."""
    alarms.acknowledge(session, attention_id, by=who.person_id, now=now)
    return pages.said(request, "/desk", id=attention_id)
