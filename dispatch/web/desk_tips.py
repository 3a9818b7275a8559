"""The treasurer's register of tips: who got how much of each, and when it was paid."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dispatch.web import tip_pages
from dispatch.web.access import Now, Reading, Treasurer

router = APIRouter(prefix="/desk/money", include_in_schema=False)


@router.get("/tips")
def register(
    request: Request, who: Treasurer, session: Reading, now: Now, since: str = "", until: str = ""
) -> Response:
    """Every tip of a time."""
    return tip_pages.show(request, session, now, since, until, template="desk/tips.html", rider_id=None)


@router.get("/tips.csv")
def download(who: Treasurer, session: Reading, now: Now, since: str = "", until: str = "") -> Response:
    """The same as a file."""
    return tip_pages.download(session, now, since, until, rider_id=None)
