"""What a rider earned, line by line, each line down to its entries in the books."""

from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import orders, places, shifts
from dispatch.errors import BadInput, NotFound
from dispatch.people import Who
from dispatch.web import accounts, forms, pages, payslip_pages
from dispatch.web.access import Member, Now, Reading, Rider
from payments import books, pay
from payments.books import Booked
from payments.rulebook import Rulebook
from payments.statements import Statement
from payments.tables import ENTRIES
from riders_app.wording import ENGLISH, Voice, voice

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
    spoken = voice(who.language)
    subjects = {line.subject for line in earned.lines}
    return pages.render(
        request,
        "rider/pay.html",
        earned=earned,
        lines=[(line, rules.local(line.at)) for line in earned.lines],
        about={subject: _about(session, subject, rules, spoken) for subject in subjects},
        whats=_whats(spoken),
        day=spoken.day,
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


def _whats(voice: Voice) -> dict[str, str]:
    """What a line of a rider's pay is, as their page names it."""
    return {
        "wages": voice.show("wages"),
        "drops": voice.show("drops"),
        "premium: late": voice.show("premium: late"),
        "premium: rain": voice.show("premium: rain"),
        "premium: distance": voice.show("premium: distance"),
        "premium: hills": voice.show("premium: hills"),
        "top-up": voice.show("top-up"),
        "sick pay": voice.show("sick pay"),
        "holiday pay": voice.show("holiday pay"),
        "holiday pay set aside": voice.show("holiday pay set aside"),
        "leave taken": voice.show("leave taken"),
        "tip": voice.show("tip"),
        "expenses": voice.show("expenses"),
    }


def _about(session: Session, subject: str, rules: Rulebook, voice: Voice) -> str:
    """What an entry is about, as its rider knows it: an order by its reference, a shift by its day."""
    kind, _, number = subject.partition(":")
    if kind == "order":
        order = orders.by_id(session, int(number))
        place = places.get(session, order.restaurant_id).name
        return voice.show("Order {reference}, {place}", reference=order.external_id, place=place)
    if kind == "shift":
        shift = shifts.get(session, int(number))
        start = rules.local(shift.started_at or shift.planned_start_at)
        began, day = f"{start:%H:%M}", voice.day(start)
        if shift.ended_at is None:
            return voice.show("Shift of {day}, {start}", day=day, start=began)
        end = f"{rules.local(shift.ended_at):%H:%M}"
        return voice.show("Shift of {day}, {start} to {end}", day=day, start=began, end=end)
    if kind == "tips":
        day = voice.day(date.fromisoformat(number))
        return voice.show("Tips of {day}, shared by minutes on shift", day=day)
    words = {
        "person": voice.show("Your shares"),
        "absence": voice.show("Your absence"),
        "expense": voice.show("Your expense {number}", number=number),
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
    named = accounts.names(session, [name for p in found.postings for name in p[:2]], me=who.person_id)
    original = books.entry_by_key(session, found.reverses) if found.reverses else None
    return pages.render(
        request,
        "rider/entry.html",
        entry=found,
        at=rules.local(found.entry.at),
        about=_about(session, found.subject, rules, ENGLISH),
        postings=[
            (named[source], named[destination], payslip_pages.amount_words(amount, found.unit))
            for source, destination, amount in found.postings
        ],
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
