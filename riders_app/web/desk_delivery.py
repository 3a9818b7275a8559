"""What became of each text: the delivery log, why a phone hears nothing, and what an evening's texts cost."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import people
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading
from payments.rulebook import Rulebook
from riders_app.gateways import STATUS_HOOK, Program
from riders_app.outbox import fate
from riders_app.outbox.fate import Cost, Fate
from riders_app.web.hooks import program_of

router = APIRouter(prefix="/desk/texts/log", dependencies=[Depends(access.ours)], include_in_schema=False)

STATES = {
    "": "All",
    "trouble": "Did not arrive",
    "queued": "Waiting",
    "sending": "Being sent",
    "sent": "Taken by the carrier",
    "delivered": "On the phone",
}
_MILLION = 1_000_000


@router.get("")
def log(
    request: Request,
    who: Desk,
    session: Reading,
    now: Now,
    day: str = "",
    person_id: int | None = None,
    state: str = "",
) -> Response:
    """A day's texts, newest first, with every step of each; for one person, also why they may hear nothing."""
    rules = forms.rulebook(session, now)
    since, until = evening(rules, now, day)
    shown = fate.log(session, since=since, until=until, person_id=person_id, state=state or None)
    program = program_of(request)
    person = people.get(session, person_id) if person_id is not None else None
    why = _why(session, program, person_id, now) if person_id is not None else []
    cost = fate.cost(session, since=since, until=until)
    if pages.for_program(request):
        return JSONResponse(_told(shown, why, cost), headers={"cache-control": "no-store"})
    return pages.render(
        request,
        "desk/texts_log.html",
        fates=[(each, fate.person_of(session, each.text)) for each in shown],
        local=rules.local,
        day=rules.local(since).date(),
        earlier=rules.local(since).date() - timedelta(days=1),
        later=rules.local(since).date() + timedelta(days=1),
        person=person,
        why=why,
        state=state,
        states=STATES,
        cost=cost,
        cost_words=cost_words(cost, rules.co_op.currency, program.settings.sms_segment_price),
    )


def evening(rules: Rulebook, now: datetime, day: str = "") -> tuple[datetime, datetime]:
    """From when until when a day's texts are its own: an evening runs past midnight, until six in the morning."""
    since = forms.day(day, rules, "Day") if day else rules.midnight(_this_day(rules, now))
    return since + timedelta(hours=6), since + timedelta(hours=30)


def _this_day(rules: Rulebook, now: datetime) -> date:
    return (rules.local(now) - timedelta(hours=6)).date()


def tonight(session: Session, program: Program, now: datetime) -> str:
    """What this evening's texts cost so far, in words."""
    rules = forms.rulebook(session, now)
    since, until = evening(rules, now)
    cost = fate.cost(session, since=since, until=until)
    return cost_words(cost, rules.co_op.currency, program.settings.sms_segment_price)


def _why(session: Session, program: Program, person_id: int, now: datetime) -> list[str]:
    hook = program.settings.url + STATUS_HOOK
    if program.sandbox:
        from riders_app.gateways.sandbox import weather_of  # Twilio's library takes a while to load

        hook = hook if weather_of(session).news else ""
    return fate.why_nothing(session, person_id, now=now, sends=program.gateway is not None, hook=hook)


def cost_words(cost: Cost, currency: str, segment_price: Decimal | None) -> str:
    """What the texts cost, in words: as told by the carrier, and a guess at the rest where there is a price for one."""
    if not cost.texts:
        return "No text left."
    told = " + ".join(f"{Decimal(micro) / _MILLION:.2f} {unit}" for unit, micro in sorted(cost.told.items()))
    words = [f"{cost.texts} texts in {cost.segments} segments."]
    if told:
        words.append(f"The carrier reckoned {told}.")
    if cost.untold_segments and segment_price is not None:
        guess = segment_price * cost.untold_segments
        rest = "the rest" if told else "they"
        words.append(f"At {segment_price} a segment {rest} cost about {guess:.2f} {currency}.")
    elif cost.untold_segments:
        words.append(
            "The carrier tells what the rest cost some hours later."
            if told
            else "Their price is not known yet."
        )
    return " ".join(words)


def _told(shown: list[Fate], why: list[str], cost: Cost) -> dict[str, object]:
    return {
        "texts": [
            {
                "id": each.text.id,
                "kind": each.text.kind,
                "state": each.text.state,
                "segments": each.text.segments,
                "ended": each.ended,
                "steps": [{"at": step.at.isoformat(), "what": step.what} for step in each.steps],
            }
            for each in shown
        ],
        "why_nothing": why,
        "cost": {
            "texts": cost.texts,
            "segments": cost.segments,
            "told_micro": cast(dict[str, object], cost.told),
            "untold_segments": cost.untold_segments,
        },
    }
