"""What a rider earned, line by line, each line down to its entries in the books."""

from datetime import date, datetime, timedelta
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import orders, places, shifts
from dispatch.errors import BadInput, NotFound
from dispatch.facts import Say
from dispatch.people import Who
from dispatch.web import accounts, booked, forms, pages, payslip_pages, tongues
from dispatch.web.access import Member, Now, Reading, Rider
from payments import books, pay
from payments.books import Booked
from payments.rulebook import Rulebook
from payments.statements import Statement
from payments.tables import ENTRIES

router = APIRouter(prefix="/my", include_in_schema=False)


@router.get("/pay")
def my_pay(
    request: Request, who: Rider, session: Reading, now: Now, since: str = "", until: str = ""
) -> Response:
    """My pay for a time, by default the pay period we are in."""
    rules = forms.rulebook(session, now)
    first, last = rules.period_at(now)
    first = forms.day(since, rules, "since") if since else first
    last = forms.day(until, rules, "until") if until else last
    if last <= first:
        raise BadInput("The first day must come before the last.")
    earned = pay.rider_statement(session, who.person_id, since=first, until=last)
    if pages.for_program(request):
        return JSONResponse(_told(earned), headers={"cache-control": "no-store"})
    earlier, later = forms.periods(rules, first, now)
    say, language = pages.speaker(request), tongues.of(request)
    about = partial(_about, session, rules=rules, say=say, language=language)
    return pages.render(
        request,
        "rider/pay.html",
        earned=earned,
        lines=[(line, rules.local(line.at)) for line in earned.lines],
        about={subject: about(subject) for subject in {line.subject for line in earned.lines}},
        kinds=payslip_pages.kinds(say),
        why=partial(booked.why, say, language),
        since=rules.local(first),
        until=rules.local(last) - timedelta(seconds=1),
        earlier=earlier,
        later=later,
        currency=rules.co_op.currency,
    )


def _told(earned: Statement) -> dict[str, object]:
    return {
        "since": earned.since.isoformat(),
        "until": earned.until.isoformat(),
        "lines": [
            {
                "at": line.at.isoformat(),
                "what": line.what,
                "subject": line.subject,
                "why": line.why,
                "minutes": line.minutes,
                "amount_minor": line.amount_minor,
                "entry_ids": list(line.entry_ids),
            }
            for line in earned.lines
        ],
        "wages_minor": earned.wages_minor,
        "premiums_minor": earned.premiums_minor,
        "top_up_minor": earned.top_up_minor,
        "sick_minor": earned.sick_minor,
        "expenses_minor": earned.expenses_minor,
        "leave_minor": earned.leave_minor,
        "holiday_minor": earned.holiday_pay_minor,
        "holiday_minutes": float(earned.holiday_minutes),
        "tips_minor": earned.tips_minor,
        "total_minor": earned.total_minor,
        "minutes": earned.minutes,
    }


def _about(session: Session, subject: str, *, rules: Rulebook, say: Say, language: str) -> str:
    """What an entry is about, as its rider knows it: an order by its reference, a shift by its day."""
    kind, _, number = subject.partition(":")
    if kind == "order":
        order = orders.by_id(session, int(number))
        place = places.get(session, order.restaurant_id).name
        return say("Order {reference}, {place}", reference=order.external_id, place=place)
    if kind == "shift":
        shift = shifts.get(session, int(number))
        start = rules.local(shift.started_at or shift.planned_start_at)
        began, day = f"{start:%H:%M}", tongues.day(start, language)
        if shift.ended_at is None:
            return say("Shift of {day}, {start}", day=day, start=began)
        end = f"{rules.local(shift.ended_at):%H:%M}"
        return say("Shift of {day}, {start} to {end}", day=day, start=began, end=end)
    if kind == "tips":
        day = tongues.day(date.fromisoformat(number), language)
        return say("Tips of {day}, shared by minutes on shift", day=day)
    words = {
        "person": say("Your shares"),
        "absence": say("Your absence"),
        "expense": say("Your expense {number}", number=number),
        "rider": say("Your pay"),
    }
    return words.get(kind, subject)


@router.get("/entries/{entry_id}")
def entry(request: Request, who: Member, session: Reading, now: Now, entry_id: int) -> Response:
    """One entry of the books that touches my own accounts, whole."""
    found = next(books.booked(session, ENTRIES.c.id == entry_id), None)
    if found is None or not _touches(found, who):
        raise NotFound("There is no entry by that number in your accounts.")
    if pages.for_program(request):
        return JSONResponse(_entry_told(found), headers={"cache-control": "no-store"})
    rules = books.rules(session, found.rulebook)
    say, language = pages.speaker(request), tongues.of(request)
    touched = [name for posting in found.postings for name in posting[:2]]
    named = accounts.names(session, touched, me=who.person_id, say=say)
    amount = partial(payslip_pages.amount_words, unit=found.unit, say=say, language=language)
    original = books.entry_by_key(session, found.reverses) if found.reverses else None
    return pages.render(
        request,
        "rider/entry.html",
        entry=found,
        at=rules.local(found.entry.at),
        why=booked.why(say, language, found.why),
        about=_about(session, found.subject, rules=rules, say=say, language=language),
        postings=[(named[source], named[to], amount(minor)) for source, to, minor in found.postings],
        original=original,
        resolution=next((v for v in books.versions(session) if v.version == found.rulebook), None),
    )


def _touches(found: Booked, who: Who) -> bool:
    own = (f"rider:{who.person_id}", f"member:{who.person_id}")
    names = [name for posting in found.postings for name in posting[:2]]
    return any(books.below(name, mine) for name in names for mine in own)


def _entry_told(found: Booked) -> dict[str, object]:
    at: datetime = found.entry.at
    return {
        "id": found.id,
        "key": found.key,
        "at": at.isoformat(),
        "why": found.why,
        "unit": found.unit,
        "subject": found.subject,
        "rulebook": found.rulebook,
        "reverses": found.reverses,
        "postings": [
            {"source": source, "destination": destination, "amount": amount}
            for source, destination, amount in found.postings
        ],
        "hash": found.hash,
    }
