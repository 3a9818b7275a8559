"""What the nightly reading of the books found, and how far it read."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from dispatch.web import forms, pages
from dispatch.web.access import Now, Reading, Treasurer
from payments import books, checks

router = APIRouter(prefix="/desk/money/checks", include_in_schema=False)

SHOWN = 30


@router.get("")
def readings(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """The last readings, the newest with everything it found."""
    rows = checks.recent(session, SHOWN)
    found = checks.found_in(rows[0]) if rows else ()
    if pages.for_program(request):
        told = [{"rule": each.rule, "entry": each.entry_id, "message": each.message} for each in found]
        at = rows[0].at.isoformat() if rows else None
        return JSONResponse({"at": at, "findings": told}, headers={"cache-control": "no-store"})
    zone = forms.zone(session, now)
    due = checks.next_due(session, now=now)
    return pages.render(
        request,
        "desk/checks.html",
        rows=[(row, row.at.astimezone(zone)) for row in rows],
        found=found,
        due=due.astimezone(zone) if due else None,
        head=books.head(session),
    )
