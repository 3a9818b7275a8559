"""Events become texts: one row for each event and each person who must know."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from dispatch import attention, cards, events, jobs, orders, people, shifts, waiting
from dispatch.states import OPEN_DELIVERY
from dispatch.tables import DeskNote, Event, Job, Restaurant, SignInLink, known
from payments import books
from riders_app import wording
from riders_app.gateways import Program
from riders_app.outbox import money, road, rota
from riders_app.outbox.telling import customers_voice, tell, voice_of
from riders_app.tables import Text, queue

_log = logging.getLogger(__name__)
_BATCH = 100
HINT_LIFE = timedelta(minutes=5)  # advice on where to wait is no use later


def spread_due(session: Session, now: datetime) -> datetime | None:
    """Now, if an event waits to be told; None otherwise."""
    return now if events.any_unspread(session) else None


def run_spread(program: Program, now: datetime) -> bool:
    """Turn the events that wait into texts; whether there were any."""
    with program.database.writing() as session:
        told = spread(session, now=now, public_url=program.settings.url)
    if told:
        program.nudge()
    return told > 0


def spread(session: Session, *, now: datetime, public_url: str) -> int:
    """Write down the texts of every event nobody was told of yet; how many events that was.

    An event that cannot be told is put before a person, and holds up no other. That a shift is over is told last: what
    came of its last job is read first.
    """
    waiting = sorted(events.unspread(session, _BATCH), key=lambda event: event.kind == "shift_over")
    for event in waiting:
        try:
            with session.begin_nested():
                _SPREAD[event.kind](session, event, now, public_url)
        except DBAPIError:
            raise
        except Exception as fault:
            # The class only: the message may hold a name, an address or a number.
            _log.error("event %s could not be told: %s", event.id, type(fault).__name__)
            attention.raise_(
                session,
                "untold",
                f"untold:{event.id}",
                f"Nobody was told of this event ({event.kind.replace('_', ' ')}): tell them by hand.",
                now=now,
                person_id=event.person_id,
                order_id=event.order_id,
                job_id=event.job_id,
                shift_id=event.shift_id,
            )
        event.spread_at = now
        session.add(event)
    session.flush()
    return len(waiting)


def _tell_customer(session: Session, event: Event, kind: str, body: str, now: datetime) -> None:
    queue(
        session,
        f"event:{known(event.id)}:customer",
        kind,
        body,
        now=now,
        order_id=known(event.order_id),
        event_id=known(event.id),
    )


def _offer_made(session: Session, event: Event, now: datetime, _url: str) -> None:
    job = jobs.get(session, known(event.job_id))
    if job.state == "offered" and now < job.answer_by:
        body = wording.offer(jobs.facts(session, job, now=now), voice_of(session, event))
        tell(session, event, "offer", body, now, until=job.answer_by)


def _offer_over(session: Session, event: Event, now: datetime, _url: str) -> None:
    """Withdrawn or expired. Who never got the offer (its text had not left) is told nothing."""
    job = jobs.get(session, known(event.job_id))
    offer = _offer_text(session, known(job.id))
    if job.taken_at is None and (offer is None or offer.state in ("queued", "expired", "failed")):
        if offer is not None and offer.state == "queued":
            offer.state, offer.error = "expired", "the offer ended before its text left"
            session.add(offer)
        return
    withdrawn = event.kind == "offer_withdrawn"
    voice = voice_of(session, event)
    body = wording.withdrawn(job.number, voice) if withdrawn else wording.expired(job.number, voice)
    tell(session, event, "withdrawn" if withdrawn else "expired", body, now)


def _offer_text(session: Session, job_id: int) -> Text | None:
    return session.exec(
        select(Text)
        .join(Event, col(Event.id) == col(Text.event_id))
        .where(Event.kind == "offer_made", Event.job_id == job_id)
        .order_by(col(Text.id).desc())
        .limit(1)
    ).first()


def _job_changed(session: Session, event: Event, now: datetime, url: str) -> None:
    job = jobs.get(session, known(event.job_id))
    left = jobs.stops_left(session, job)
    turn: wording.Turn = "drop" if left and left[0].kind == "drop" else "pickup"
    body = wording.changed(jobs.facts(session, job, now=now), turn, voice_of(session, event))
    tell(session, event, "changed", body, now)


def _order_placed(session: Session, event: Event, now: datetime, url: str) -> None:
    order = orders.by_id(session, known(event.order_id))
    who = orders.contact(session, known(order.id))
    if order.delivery in OPEN_DELIVERY and who.phone:
        promise_at = order.promise_at.astimezone(_zone(session, now))
        restaurant = _restaurant(session, order.restaurant_id)
        link, voice = f"{url}/t/{order.public_id}", customers_voice(session, order, now)
        pay = cards.to_pay(session, order, now=now) is not None
        if who.code:
            body = wording.customers.customer_code(
                restaurant, promise_at, who.code, link, pay=pay, voice=voice
            )
        else:
            body = wording.customers.customer_link(restaurant, promise_at, link, voice, pay=pay)
        _tell_customer(session, event, "order_placed", body, now)


def _order_cancelled(session: Session, event: Event, now: datetime, _url: str) -> None:
    """Only a customer whose link has left, or may have, is told that the order is off."""
    order = orders.by_id(session, known(event.order_id))
    link = session.exec(select(Text).where(Text.order_id == order.id, Text.kind == "order_placed")).first()
    if link is None:
        return
    if link.state == "queued":
        link.state, link.error = "expired", "the order was cancelled before its text left"
        session.add(link)
        return
    restaurant = _restaurant(session, order.restaurant_id)
    body = wording.customers.customer_cancelled(restaurant, customers_voice(session, order, now))
    _tell_customer(session, event, "order_cancelled", body, now)


def _shift_set(session: Session, event: Event, now: datetime, _url: str) -> None:
    shift = shifts.get(session, known(event.shift_id))
    what = "start" if event.kind == "shift_start_set" else "end"
    change = shifts.change_at(session, known(shift.id), what, event.at)
    by = people.get(session, change.by_person_id).name if change else "The desk"
    reason = change.reason if change else ""
    facts, voice = shifts.facts(session, shift, now=now), voice_of(session, event)
    body = wording.shift_set(facts, what, by=by, reason=reason, voice=voice)
    tell(session, event, "shift_set", body, now)


def _shift_asked(session: Session, event: Event, now: datetime, _url: str) -> None:
    shift = shifts.get(session, known(event.shift_id))
    if shift.state == "on":
        voice = voice_of(session, event)
        back = shift.off_asked_at is not None
        asked = wording.shift_asked(shifts.facts(session, shift, now=now), voice)
        body = wording.people.food_back(voice) if back else asked
        tell(session, event, "shift_asked", body, now)


def _shift_over(session: Session, event: Event, now: datetime, _url: str) -> None:
    """A shift that ran on for a last job has ended, by another's word than its rider's."""
    shift = shifts.get(session, known(event.shift_id))
    if shift.state == "ended":
        body = wording.shift_off(shifts.facts(session, shift, now=now), voice_of(session, event))
        tell(session, event, "shift_over", body, now)


def _sign_in(session: Session, event: Event, now: datetime, _url: str) -> None:
    link = session.get(SignInLink, known(event.link_id))
    if link is not None and link.used_at is None and now < link.expires_at:
        tell(session, event, "sign_in", None, now, until=link.expires_at)


def _desk_note(session: Session, event: Event, now: datetime, _url: str) -> None:
    note = session.get(DeskNote, known(event.note_id))
    if note is not None:
        tell(session, event, "desk_note", wording.desk_note(note.body, voice_of(session, event)), now)


def _wait_hint(session: Session, event: Event, now: datetime, _url: str) -> None:
    """Where to wait, if the rider is still free and it still saves something."""
    found = waiting.hint(session, known(event.person_id), now=now)
    if found is not None:
        tell(
            session,
            event,
            "wait_hint",
            wording.wait_here(found, voice_of(session, event)),
            now,
            until=now + HINT_LIFE,
        )


def _zone(session: Session, now: datetime) -> ZoneInfo:
    return ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)


def _restaurant(session: Session, restaurant_id: int) -> str:
    found = session.get(Restaurant, restaurant_id)
    return found.name if found else "Your restaurant"


def offer_stands(session: Session, text: Text, now: datetime) -> bool:
    """Whether the offer behind a text may still be answered."""
    event = session.get(Event, text.event_id) if text.event_id is not None else None
    job = session.get(Job, event.job_id) if event is not None and event.job_id is not None else None
    return job is not None and job.state == "offered" and now < job.answer_by


_SPREAD: dict[str, Callable[[Session, Event, datetime, str], None]] = {
    "offer_made": _offer_made,
    "offer_withdrawn": _offer_over,
    "offer_expired": _offer_over,
    "job_changed": _job_changed,
    "order_placed": _order_placed,
    "order_cancelled": _order_cancelled,
    "shift_start_set": _shift_set,
    "shift_end_set": _shift_set,
    "shift_end_asked": _shift_asked,
    "shift_over": _shift_over,
    "sign_in": _sign_in,
    "desk_note": _desk_note,
    "wait_hint": _wait_hint,
    **money.SPREAD,
    **road.SPREAD,
    **rota.SPREAD,
}
