"""Events of the road as texts: reminders, addresses, handed jobs, doors, lateness; the ringing desk; cases answered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from dispatch import alarms, cases, contests, jobs, orders, people, shifts
from dispatch.facts import DropFacts, JobFacts
from dispatch.states import LIVE_JOB, OPEN_DELIVERY
from dispatch.tables import Attention, Event, Job, Order, Restaurant, Stop, known
from payments import books
from riders_app import wording
from riders_app.outbox.telling import customers_voice, tell, voice_of
from riders_app.tables import Text, queue
from riders_app.wording import customers, road
from riders_app.wording.jobs import Turn

REMINDER = "reminder"
RING = "ring"


def _turn(session: Session, job: Job) -> Turn:
    left = jobs.stops_left(session, job)
    return "drop" if left and left[0].kind == "drop" else "pickup"


def _theirs(session: Session, event: Event, now: datetime) -> tuple[Job, JobFacts] | None:
    """The job an event is about, while it is live and still the person's the event is for."""
    job = jobs.get(session, known(event.job_id))
    if job.state not in LIVE_JOB or job.person_id != event.person_id:
        return None
    return job, jobs.facts(session, job, now=now)


def _offer_reminded(session: Session, event: Event, now: datetime, _url: str) -> None:
    found = _theirs(session, event, now)
    if found is not None and found[0].state == "offered" and now < found[0].answer_by:
        tell(
            session,
            event,
            REMINDER,
            road.reminder(found[1], voice_of(session, event)),
            now,
            until=found[0].answer_by,
        )


def _job_readdressed(session: Session, event: Event, now: datetime, _url: str) -> None:
    found = _theirs(session, event, now)
    drop = _drop_of(session, known(event.job_id), known(event.order_id), found[1]) if found else None
    if found is not None and drop is not None:
        tell(session, event, "readdressed", road.readdressed(found[1], drop, voice_of(session, event)), now)


def _drop_of(session: Session, job_id: int, order_id: int, told: JobFacts) -> DropFacts | None:
    letter = session.exec(
        select(Stop.letter).where(Stop.job_id == job_id, Stop.order_id == order_id, Stop.kind == "drop")
    ).first()
    return next((drop for drop in told.drops if drop.letter == letter), None)


def _job_handed(session: Session, event: Event, now: datetime, _url: str) -> None:
    found = _theirs(session, event, now)
    if found is not None:
        job, told = found
        meeting = any(stop.meeting for stop in jobs.stops_left(session, job))
        voice = voice_of(session, event)
        body = road.handed(told, _turn(session, job), meeting=meeting, voice=voice)
        tell(session, event, "handed", body, now)


def _job_handed_on(session: Session, event: Event, now: datetime, _url: str) -> None:
    job = jobs.get(session, known(event.job_id))
    new = session.exec(select(Job).where(Job.handed_from == job.id).order_by(col(Job.id).desc())).first()
    to = people.get(session, new.person_id).name if new is not None else ""
    left = [s for s in jobs.stops_left(session, job) if s.meeting]
    told = jobs.facts(session, job, now=now) if left else None
    meeting = left[0].meeting if left else ""
    body = road.handed_on(told, job.number, to=to, meeting=meeting, voice=voice_of(session, event))
    tell(session, event, "handed_on", body, now)


def _delivery_decided(session: Session, event: Event, now: datetime, _url: str) -> None:
    row = cases.get(session, known(event.incident_id))
    job = jobs.get(session, known(event.job_id))
    order = orders.by_id(session, known(event.order_id))
    if row.decided in ("returned", "abandoned") and order.delivery != row.decided:
        return  # the rider took it back meanwhile
    letters = session.exec(
        select(Stop.letter, Stop.order_id).where(Stop.job_id == job.id, Stop.kind == "drop")
    ).all()
    letter = next((letter for letter, order_id in letters if order_id == order.id), "")
    name = f"{job.number}{letter}" if len(letters) > 1 else str(job.number)
    told = jobs.facts(session, job, now=now) if job.state in LIVE_JOB else None
    restaurant = _restaurant(session, order)
    shift = shifts.get(session, job.shift_id)
    last = not shifts.live_jobs(session, job.person_id)
    leaving = shift.state == "on" and shift.off_asked_at is not None and last
    how, voice = row.decided or "again", voice_of(session, event)
    body = road.decided(how, name, restaurant, told, leaving=leaving, voice=voice)
    tell(session, event, "decided", body, now)


def _door_waited(session: Session, event: Event, now: datetime, _url: str) -> None:
    found = _theirs(session, event, now)
    drop = _drop_of(session, known(event.job_id), known(event.order_id), found[1]) if found else None
    if found is None or drop is None or drop.done:
        return
    told = found[1]
    name = f"{told.number}{drop.letter}" if len(told.drops) > 1 else str(told.number)
    minutes = books.in_force(session, at=now)[1].dispatch.door_wait_min
    tell(session, event, "door", road.door(name, minutes, voice=voice_of(session, event)), now)


def _order_late(session: Session, event: Event, now: datetime, url: str) -> None:
    """The customer hears when it is expected, unless that is about what they were told before."""
    order = orders.by_id(session, known(event.order_id))
    if order.delivery not in OPEN_DELIVERY or not orders.contact(session, known(order.id)).phone:
        return
    expected_at = _expected(session, order)
    told = session.exec(
        select(Text)
        .where(Text.order_id == order.id, Text.kind == "order_late")
        .order_by(col(Text.id).desc())
        .limit(1)
    ).first()
    body = customers.customer_late(
        _restaurant(session, order),
        expected_at.astimezone(_zone(session, now)),
        f"{url}/t/{order.public_id}",
        customers_voice(session, order, now),
    )
    if told is not None and told.state == "queued":  # one text, with the newest time
        told.body = body
        session.add(told)
        return
    if told is not None and told.body == body:
        return
    queue(
        session,
        f"event:{known(event.id)}:customer",
        "order_late",
        body,
        now=now,
        order_id=known(order.id),
        event_id=known(event.id),
    )


def _expected(session: Session, order: Order) -> datetime:
    drops = session.exec(
        select(Stop).where(
            Stop.order_id == order.id,
            Stop.kind == "drop",
            Stop.meeting == "",
            Stop.job_id == order.job_id,
            col(Stop.dropped).is_(False),
        )
    ).all()
    return max([order.promise_at, *(stop.planned_at for stop in drops)])


def _rider_late(session: Session, event: Event, now: datetime, _url: str) -> None:
    """A restaurant hears that the rider comes later, while the food still stands there."""
    order = orders.by_id(session, known(event.order_id))
    stop = session.exec(
        select(Stop).where(
            Stop.job_id == known(event.job_id), Stop.order_id == order.id, Stop.kind == "pickup"
        )
    ).first()
    if stop is not None and stop.done_at is None and not stop.dropped:
        due_at = stop.planned_at.astimezone(_zone(session, now))
        body = road.rider_late(order.external_id, due_at, voice_of(session, event))
        tell(session, event, "rider_late", body, now)


def _desk_rung(session: Session, event: Event, now: datetime, url: str) -> None:
    """The on-duty phone rings; a person who has taken the alarm meanwhile is not rung."""
    row = session.get(Attention, event.attention_id)
    still = [each for each in alarms.ringing(session) if each.id != event.attention_id]
    if row is None or row.ring_at is None:
        return
    number = known(row.id)
    reply = event.person_id is not None
    voice = voice_of(session, event) if reply else wording.ENGLISH
    link = f"{url}/desk/alarms"
    body = wording.cases.rung(row.words, number, len(still), reply=reply, link=link, voice=voice)
    queue(
        session,
        f"event:{known(event.id)}:desk:{event.person_id or 0}",
        RING,
        body,
        now=now,
        person_id=event.person_id,
        attention_id=None if event.person_id is not None else number,
        event_id=known(event.id),
        expires_at=max(row.ring_at, now + timedelta(seconds=30)),
    )


def rings(session: Session, text: Text) -> bool:
    """Whether the alarm behind a text still rings."""
    event = session.get(Event, text.event_id) if text.event_id is not None else None
    row = session.get(Attention, event.attention_id) if event is not None and event.attention_id else None
    return row is not None and row.ring_at is not None


def _contest_answered(session: Session, event: Event, now: datetime, url: str) -> None:
    case = contests.get(session, known(event.contest_id))
    by = people.get(session, case.closed_by).name if case.closed_by else ""
    voice = voice_of(session, event)
    body = wording.cases.contest_answered(by, case.verdict or "not_upheld", f"{url}/my/contest", voice)
    tell(session, event, "contest_answered", body, now)


def _zone(session: Session, now: datetime) -> ZoneInfo:
    return ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)


def _restaurant(session: Session, order: Order) -> str:
    found = session.get(Restaurant, order.restaurant_id)
    return found.name if found else "Your restaurant"


SPREAD: dict[str, Callable[[Session, Event, datetime, str], None]] = {
    "offer_reminded": _offer_reminded,
    "job_readdressed": _job_readdressed,
    "job_handed": _job_handed,
    "job_handed_on": _job_handed_on,
    "delivery_decided": _delivery_decided,
    "door_waited": _door_waited,
    "order_late": _order_late,
    "rider_late": _rider_late,
    "desk_rung": _desk_rung,
    "contest_answered": _contest_answered,
}
