"""Rain at the desk: a named person says when it fell, and riders on shift then are paid for it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from dispatch import people, planning, rain
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing

router = APIRouter(prefix="/desk/rain", dependencies=[Depends(access.ours)], include_in_schema=False)


@router.get("")
def listed(request: Request, who: Desk, session: Reading, now: Now) -> Response:
    """The rain of the last month, and what it pays."""
    rules = forms.rulebook(session, now)
    return pages.render(
        request,
        "desk/rain.html",
        spells=[
            (row, rules.local(row.starts_at), rules.local(row.ends_at) if row.ends_at else None,
             people.get(session, row.by_person_id).name)
            for row in rain.spells(session, now - rain.BACK)
        ],
        rule=rules.pay.rain,
        currency=rules.co_op.currency,
        at=rules.local(now),
    )  # fmt: skip


@router.post("")
def began(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    since: Annotated[str, Form(max_length=40)] = "",
    until: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """It rained, or it rains and has not stopped yet."""
    zone = forms.zone(session, now)
    begins = forms.instant(since, zone, now=now, what="Rain from")
    ends = forms.instant(until, zone, now=now, what="Rain until") if until.strip() else None
    row = rain.began(session, begins, ends, by=who.person_id, now=now)
    planning.wanted(session, now=now)  # work in the rain may count for more
    return pages.said(request, "/desk/rain", id=row.id)


@router.post("/{spell_id}/stop")
def stopped(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    spell_id: int,
    at: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """It has stopped: now, or at a time that is given."""
    when = forms.instant(at, forms.zone(session, now), now=now, what="It stopped at") if at.strip() else now
    rain.stopped(session, spell_id, when, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/desk/rain", id=spell_id)


@router.post("/{spell_id}/back")
def back(request: Request, who: Desk, session: Writing, now: Now, spell_id: int) -> Response:
    """It did not rain then after all."""
    rain.taken_back(session, spell_id, by=who.person_id, now=now)
    planning.wanted(session, now=now)
    return pages.said(request, "/desk/rain", id=spell_id)
