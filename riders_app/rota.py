"""What a rider may say of shifts and breaks by text: ON, SHIFTS, JOIN, STAY and BREAK, and the answer to each."""

from datetime import datetime

from sqlmodel import Session

from dispatch import offers, people, planning, resting, rota, shifts, starting
from dispatch.errors import BadInput, Cautioned, WrongState
from dispatch.facts import Marked
from payments import books
from riders_app import wording


def _voice(session: Session, person_id: int) -> wording.Voice:
    return wording.voice(people.get(session, person_id).language)


def on(session: Session, person_id: int, *, now: datetime) -> str:
    """ON: the clock of pay starts, or the desk is asked."""
    shift = starting.on(session, person_id, now=now)
    if shift is None:
        return wording.desk_asked(_voice(session, person_id))
    planning.wanted(session, now=now)
    return wording.shift_on(shifts.facts(session, shift, now=now), voice=_voice(session, person_id))


def mine(session: Session, person_id: int, *, now: datetime, url: str) -> str:
    """SHIFTS: the next ones."""
    told = rota.seeing.of_rider(session, person_id, now=now)
    return wording.my_shifts(told, f"{url}/my/shifts", _voice(session, person_id))


def join(session: Session, person_id: int, *, now: datetime, url: str) -> str:
    """JOIN: the place on offer that runs out first is theirs; where a reason is wanted, the page asks for it."""
    voice, link = _voice(session, person_id), f"{url}/my/shifts"
    places = rota.asking.offered_to(session, person_id, now=now)
    if not places:
        return wording.nothing_to_join(link, voice)
    try:
        with session.begin_nested():
            row = rota.asking.accept(session, places[0].id or 0, person_id, now=now)
    except Cautioned:
        return wording.look_first(link, voice)
    slot = rota.pattern.slot(session, row.slot_id)
    return wording.joined(rota.seeing.time_of(books.in_force(session, at=now)[1], slot), voice)


def stay(session: Session, person_id: int, number: int | None, *, now: datetime) -> Marked:
    """STAY: the rider takes a job that would end after their shift; without a number, the only such one on offer."""
    if number is None:
        live = shifts.live_jobs(session, person_id)
        late = [job.number for job in live if job.state == "offered" and job.past_end_at is not None]
        if not late and any(job.state == "offered" for job in live):
            raise WrongState("Your job ends before your shift does: text TAKE for it.")
        number = late[0] if len(late) == 1 else None
    return offers.take(session, person_id, number, now=now)


def rest(session: Session, person_id: int, minutes: int | None, *, now: datetime) -> str:
    """BREAK: the protected break begins now. Its length is the members' rule, not the text's."""
    if minutes is not None and not 1 <= minutes <= 120:
        raise BadInput("Text BREAK alone: how long a break is stands in the rules.")
    rules = books.in_force(session, at=now)[1]
    row = resting.rest(session, person_id, now=now)
    since, until = rules.local(row.starts_at), rules.local(row.ends_at)
    return wording.break_planned(
        since, until, rules.local(now), paid=rules.rest.break_paid, voice=_voice(session, person_id)
    )
