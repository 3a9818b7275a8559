"""My shifts: what is planned, what is free, swaps, when I can work, my working time, my calendar."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from dispatch import people, rota
from dispatch.errors import BadInput, NotFound
from dispatch.facts import Say
from dispatch.tables import Availability, Slot, known
from dispatch.web import access, forms, pages, tongues
from dispatch.web.access import Now, Reading, Rider, Writing
from payments import books
from payments.rulebook import Rulebook
from riders_app.web import calendar

router = APIRouter(prefix="/my/shifts", dependencies=[Depends(access.ours)], include_in_schema=False)
open_router = APIRouter(include_in_schema=False)

Reason = Annotated[str, Form(max_length=500)]


@router.get("")
def mine(request: Request, who: Rider, session: Reading, now: Now) -> Response:
    """My rota."""
    return _page(request, session, who.person_id, now)


def _page(request: Request, session: Session, me: int, now: datetime, token: str = "") -> Response:
    say, language = pages.speaker(request), tongues.of(request)
    rules = forms.rulebook(session, now)
    coming = rota.seeing.coming(session, me, now=now)
    swaps = {shift.id: rota.leaving.of_shift(session, known(shift.id)) for shift in coming}
    others = [(s, shift) for s, shift in rota.leaving.live(session, now=now) if s.from_person_id != me]
    spans = rota.statements.spans(session, me, rules, around=now)
    average, weeks = rota.working.average_h(rules, spans, now)
    return pages.render(
        request,
        "rider/shifts.html",
        coming=[(shift, rota.seeing.time_of(rules, shift), swaps[shift.id]) for shift in coming],
        places=_places(session, me, {shift.slot_id for shift in coming}, spans, rules, now, say),
        others=[
            (s, rota.seeing.time_of(rules, shift), people.get(session, s.from_person_id).name.split()[0])
            for s, shift in others
            if s.state == "open" or s.to_person_id == me
        ],
        me=me,
        said=[
            _said(row, say, language)
            for row in rota.availability.of(session, [me], since=rules.local(now).date())
        ],
        weekdays=[(n, tongues.weekday(n, language)) for n in range(7)],
        week_h=rota.working.hours_in(spans, *rota.working.week_of(rules, now)),
        average=average,
        weeks=weeks,
        limit_h=rules.rest.week_h,
        warns=rules.rest.working_time == "warn",
        opted=_opted(session, me, rules),
        notice_h=rules.rota.cancel_notice_h,
        agreed=rules.rota.swap == "agreed",
        feed_since=_since(session, me, rules),
        feed=f"{access.program(request).settings.url}/calendar/{token}.ics" if token else "",
    )


def _places(
    session: Session,
    me: int,
    had: set[int | None],
    spans: Sequence[rota.working.Span],
    rules: Rulebook,
    now: datetime,
    say: Say,
) -> list[dict[str, object]]:
    """Work I could have, wait for or am offered, and what I had better look at first; not what I am at work in."""
    told = []
    for slot in rota.seeing.open_slots(session, now=now):
        asked = rota.asking.standing(session, known(slot.id), me)
        at_work = any(span.within(slot.starts_at, slot.ends_at) for span in spans)
        if slot.id in had or (asked is not None and asked.state == "placed") or (at_work and asked is None):
            continue
        told.append(_place(session, slot, me, rules, now, say))
    return told


def _place(
    session: Session, slot: Slot, me: int, rules: Rulebook, now: datetime, say: Say
) -> dict[str, object]:
    asked = rota.asking.standing(session, known(slot.id), me)
    waiting = rota.asking.in_turn(session, slot, rules)
    free = rota.asking.free(session, slot)
    return {
        "id": slot.id,
        "time": rota.seeing.time_of(rules, slot),
        "place": slot.place,
        "vehicle": _vehicles(say).get(slot.vehicle or "", ""),
        "free": 0 if waiting else free,
        "waiting": len(waiting),
        "turn": next((n for n, row in enumerate(waiting, 1) if row.person_id == me), 0),
        "asked": asked,
        "answer_by": rules.local(asked.answer_by) if asked is not None and asked.answer_by else None,
        "cautions": [found.told(say) for found in rota.asking.could(session, slot, me, now=now)],
    }


def _vehicles(say: Say) -> dict[str, str]:
    return {"bike": say("bike"), "cargo": say("cargo bike")}


def known_cautions(say: Say) -> tuple[str, ...]:
    """What working time may want looked at before a rider takes a shift, so that each language has it."""
    return (
        say("{hours} h this week: a young worker has at most {most} h"),
        say("{hours} h this week; the rider has opted out of {most} h"),
        say("{hours} h this week, over {most} h"),
        say("{hours} h a week over {weeks} weeks, above the average of {most} h"),
        say("only {hours} h of rest from one day's work to the next: {due} h are due"),
        say("no {hours} h off in that week"),
        say("no {hours} h off in that week or its fortnight"),
        say("a young worker does not work at night ({since} to {until})"),
        say("{hours} h of it at night ({since} to {until}): night work, a health check is due"),
        say("{hours} h: a young worker works at most {most} h a day"),
        say("over {hours} h: plan a young worker's break of {minutes} min"),
        say("over 6 h: plan its break of 20 min, the rules place none"),
    )


def _said(row: Availability, say: Say, language: str) -> tuple[int, str, bool]:
    if row.weekday is not None:
        when = say("every {day}", day=tongues.weekday(row.weekday, language))
    else:
        when = tongues.day(row.on_day, language)
    if (row.from_min, row.until_min) != (0, 1440):
        hours = {"start": _clock(row.from_min), "end": _clock(row.until_min)}
        when = say("{day}, {start} to {end}", day=when, **hours)
    return known(row.id), when, row.can


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _opted(session: Session, me: int, rules: Rulebook) -> datetime | None:
    row = rota.statements.standing(session, me).get("opt_out")
    return rules.local(row.at) if row is not None else None


def _since(session: Session, me: int, rules: Rulebook) -> datetime | None:
    at = rota.feeds.since(session, me)
    return rules.local(at) if at is not None else None


@router.post("/places/{slot_id}/ask")
def ask(
    request: Request, who: Rider, session: Writing, now: Now, slot_id: int, reason: Reason = ""
) -> Response:
    """Ask for a place, or take the one on offer to me."""
    row = rota.asking.ask(session, slot_id, who.person_id, now=now, reason=reason)
    return pages.said(request, "/my/shifts", state=row.state)


@router.post("/places/{slot_id}/leave")
def leave(request: Request, who: Rider, session: Writing, now: Now, slot_id: int) -> Response:
    """I no longer wait for it."""
    row = rota.asking.standing(session, slot_id, who.person_id)
    if row is not None:
        rota.asking.leave(session, known(row.id), who.person_id, now=now)
    return pages.said(request, "/my/shifts")


@router.post("/{shift_id}/give-up")
def give_up(
    request: Request, who: Rider, session: Writing, now: Now, shift_id: int, reason: Reason = ""
) -> Response:
    """Give up a shift, with notice."""
    rota.leaving.give_up(session, shift_id, who.person_id, now=now, reason=reason.strip())
    return pages.said(request, "/my/shifts")


@router.post("/{shift_id}/offer")
def offer(request: Request, who: Rider, session: Writing, now: Now, shift_id: int) -> Response:
    """Offer a shift of mine to the others."""
    row = rota.leaving.offer(session, shift_id, who.person_id, now=now)
    return pages.said(request, "/my/shifts", id=row.id)


@router.post("/swaps/{swap_id}/withdraw")
def withdraw(request: Request, who: Rider, session: Writing, now: Now, swap_id: int) -> Response:
    """Keep my shift after all."""
    rota.leaving.withdraw(session, swap_id, who.person_id, now=now)
    return pages.said(request, "/my/shifts")


@router.post("/swaps/{swap_id}/take")
def take(
    request: Request, who: Rider, session: Writing, now: Now, swap_id: int, reason: Reason = ""
) -> Response:
    """Take a shift another offers."""
    row = rota.leaving.take(session, swap_id, who.person_id, now=now, reason=reason)
    return pages.said(request, "/my/shifts", state=row.state)


@router.post("/availability")
def state(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    weekday: Annotated[str, Form(max_length=1)] = "",
    on_day: Annotated[str, Form(max_length=10)] = "",
    since: Annotated[str, Form(max_length=5)] = "",
    until: Annotated[str, Form(max_length=5)] = "",
    can: Annotated[str, Form(max_length=3)] = "can",
) -> Response:
    """When I can work, and when I cannot."""
    say = pages.speaker(request)
    try:
        day = date.fromisoformat(on_day) if on_day.strip() else None
    except ValueError:
        raise BadInput("Day: write it like 2026-11-27.") from None
    rota.availability.say(
        session,
        who.person_id,
        weekday=int(weekday) if weekday.isdigit() and day is None else None,
        on_day=day,
        from_min=forms.minute(since, say("From")) if since.strip() else 0,
        until_min=forms.minute(until, say("Until")) if until.strip() else 1440,
        can=can == "can",
        now=now,
    )
    return pages.said(request, "/my/shifts#when")


@router.post("/availability/{availability_id}/unsay")
def unsay(request: Request, who: Rider, session: Writing, availability_id: int) -> Response:
    """Take a line of mine back."""
    rota.availability.unsay(session, availability_id, who.person_id)
    return pages.said(request, "/my/shifts#when")


@router.post("/opt-out")
def opt_out(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    agree: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """I agree to work more than the weekly limit, of my own will; revocable."""
    if agree != "on":
        raise BadInput("Tick the box if you agree to it: nobody may make you.")
    rota.statements.state(session, who.person_id, "opt_out", by=who.person_id, now=now)
    return pages.said(request, "/my/shifts#hours")


@router.post("/opt-out/revoke")
def opt_in(request: Request, who: Rider, session: Writing, now: Now) -> Response:
    """I take it back."""
    rota.statements.take_back(session, who.person_id, "opt_out", now=now)
    return pages.said(request, "/my/shifts#hours")


@router.post("/calendar")
def issue(request: Request, who: Rider, session: Writing, now: Now) -> Response:
    """A new address for my calendar, shown this once."""
    token = rota.feeds.issue(session, who.person_id, now=now)
    if pages.for_program(request):
        return pages.said(request, "/my/shifts", feed=f"/calendar/{token}.ics")
    return _page(request, session, who.person_id, now, token)


@router.post("/calendar/revoke")
def revoke(request: Request, who: Rider, session: Writing, now: Now) -> Response:
    """My calendar's address opens nothing any more."""
    rota.feeds.revoke(session, who.person_id, now=now)
    return pages.said(request, "/my/shifts#calendar")


@open_router.get("/calendar/{token}.ics", dependencies=[Depends(access.public)])
def subscribed(request: Request, session: Reading, now: Now, token: str) -> Response:
    """A rider's shifts for a calendar program: whoever has the secret may read them, and nothing else."""
    person = rota.feeds.whose(session, token)
    if person is None:
        raise NotFound("This calendar's address is not in use: make a new one on your page.")
    rules = books.in_force(session, at=now)[1]
    rows = rota.feeds.shifts_for(session, known(person.id), now=now)
    host = urlsplit(access.program(request).settings.url).hostname or "pannier"
    say = pages.spoken(request, person.language)
    body = calendar.feed(rows, rules, host=host, now=now, say=say)
    headers = {"cache-control": "private, max-age=900", "x-robots-tag": "noindex"}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)
