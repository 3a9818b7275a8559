"""Texts that come in: stored once, read, acted on, answered in the transaction that acted.

`run` is the job; `next_due` says when it has something to do.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import attention, board, deliveries, incidents, jobs, offers, people, shifts
from dispatch.errors import DispatchError, OfferGone, WhichJob
from dispatch.facts import JobFacts, Marked, ShiftFacts
from dispatch.states import LIVE_JOB
from dispatch.tables import Job, known
from payments import books
from riders_app import rota, senders, wording
from riders_app.gateways import Program
from riders_app.replies import Reading, parse, render, truly
from riders_app.tables import InboundText, answer

_log = logging.getLogger(__name__)
_ROUND = 50
_AGAIN = timedelta(seconds=5)
_MOST_TRIES = 2
_ENDED_LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class House:
    """What answers need to know of this install, and of whom they are for."""

    url: str
    desk: str = ""  # the number of whoever is on duty
    voice: wording.Voice = wording.ENGLISH
    brief: bool = False  # one of several answers: only what was marked


def store(
    session: Session, *, vendor_id: str, phone: str, body: str, now: datetime, our_number: str | None = None
) -> bool:
    """Keep a text by the carrier's id, once; whether it is new."""
    if session.exec(select(InboundText.id).where(InboundText.vendor_id == vendor_id)).first() is not None:
        return False
    session.add(
        InboundText(
            vendor_id=vendor_id, phone=phone, our_number=our_number, body=body, received_at=now, due_at=now
        )
    )
    session.flush()
    return True


# Asked at every turn of the clock, so written once.
_NEXT = select(func.min(InboundText.due_at)).where(InboundText.state == "new")


def next_due(session: Session, now: datetime) -> datetime | None:
    """When the next text is to be acted on."""
    return session.connection().scalar(_NEXT)


def run(program: Program, now: datetime) -> bool:
    """Act on the texts that wait, each in its own transaction; whether there were any.

    A fault in one is written down with it, and holds up no other.
    """
    house = House(program.settings.url, program.settings.on_duty_phone or "")
    with program.database.reading() as session:
        due = session.exec(
            select(InboundText.id)
            .where(InboundText.state == "new", InboundText.due_at <= now)
            .order_by(col(InboundText.id))
            .limit(_ROUND)
        ).all()
    for inbound_id in due:
        try:
            with program.database.writing() as session:
                act(session, known(inbound_id), now=now, house=house)
        except Exception as broke:
            # The class only: the message may hold the text, or a number.
            _log.error("text %s could not be acted on: %s", inbound_id, type(broke).__name__)
            with program.database.writing() as session:
                fault(session, known(inbound_id), now=now, house=house)
    if due:
        program.nudge()
    return bool(due)


def act(session: Session, inbound_id: int, *, now: datetime, house: House) -> None:
    """Act on one stored text and write its answer down. Acting on it again changes nothing."""
    row = session.get(InboundText, inbound_id)
    if row is None or row.state != "new":
        return
    person = people.by_phone(session, row.phone)
    row.acted_at, row.state = now, "foreign" if person is None else "acted"
    session.add(row)
    if person is None:
        senders.foreign(session, row, now)
        return
    row.person_id = known(person.id)
    house = replace(house, voice=wording.voice(person.language))
    reading = parse(row.body)
    row.reading = render(reading.silent) + ("" if reading.clear else "?")
    if reading.verb == "OPT_OUT":
        senders.opted_out(session, row.person_id, now)
        return
    senders.heard(session, row, reading, now)
    if reading.clear and all(part.verb in _ACTS for part in reading.each) and not _is_yes(row.body, reading):
        if reading.also:
            said = _several(session, row.person_id, reading, now, house)
        else:
            said = (_acted(session, row.person_id, reading, now, house),)
        attention.settle(session, f"unclear:{row.person_id}", now=now, note="Their next text was clear.")
    else:
        row.state = "unclear"
        said = (_ask_back(session, row.person_id, reading, now, house.voice),)
    for part, body in enumerate(said, 1):
        answer(session, row, body, now=now, part=part)


def _acted(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    """Act on one command: its answer, or why dispatch would not."""
    verb = reading.verb or ""
    try:
        with session.begin_nested():
            return _ACTS[verb](session, person_id, reading, now, house)
    except DispatchError as error:
        if not house.brief:
            return wording.refused(error, verb, house.voice)
        why = wording.refused(error, verb, house.voice).partition(". ")[0]
        return wording.not_marked(render(reading.silent), why, house.voice)


def _several(
    session: Session, person_id: int, reading: Reading, now: datetime, house: House
) -> tuple[str, ...]:
    """Act on each command of one text by itself; the answers name what was marked and what was not."""
    brief = replace(house, brief=True)
    said = [_acted(session, person_id, part, now, brief) for part in reading.each]
    following = ""
    for job in shifts.live_jobs(session, person_id):
        if job.state != "offered":
            facts, link = jobs.facts(session, job, now=now), f"{house.url}/my"
            following = wording.stop(facts, _turn(session, job), link=link, voice=house.voice)
            break
    return wording.several(said, following)


def fault(session: Session, inbound_id: int, *, now: datetime, house: House) -> None:
    """Acting on a text broke: once more in a moment, then a person is told and the rider gets an honest answer."""
    row = session.get(InboundText, inbound_id)
    if row is None or row.state != "new":
        return
    row.tries += 1
    row.due_at = now + _AGAIN
    if row.tries >= _MOST_TRIES:
        row.state, row.acted_at = "failed", now
        person = people.by_phone(session, row.phone)
        row.person_id = person.id if person is not None else None
        attention.raise_(
            session,
            "text_broke",
            f"text-broke:{inbound_id}",
            "A text could not be acted on because of a fault of ours: read it and answer it.",
            now=now,
            person_id=row.person_id,
        )
        if row.person_id is not None:
            words = wording.broken(house.desk, wording.voice(person.language if person else None))
            answer(session, row, words, now=now)
    session.add(row)


def _is_yes(body: str, reading: Reading) -> bool:
    """YES opts in for the carrier, but who texts it usually means to answer something: ask back."""
    return reading.verb == "OPT_IN" and body.strip(" .!").upper() == "YES"


# What is live ----------------------------------------------------------------------------------------------


Live = tuple[tuple[JobFacts, ...], bool, tuple[wording.Turn, ...]]


def _live(session: Session, person_id: int, now: datetime) -> Live:
    """The rider's live jobs, whether they are on shift, and which kind of stop each job comes to next."""
    rows = shifts.live_jobs(session, person_id)
    return (
        tuple(jobs.facts(session, job, now=now) for job in rows),
        shifts.current(session, person_id) is not None,
        tuple(_turn(session, job) for job in rows),
    )


def _turn(session: Session, job: Job) -> wording.Turn:
    left = jobs.stops_left(session, job)
    return "drop" if left and left[0].kind == "drop" else "pickup"


def _ask_back(session: Session, person_id: int, reading: Reading, now: datetime, voice: wording.Voice) -> str:
    attention.raise_(
        session,
        "unclear_text",
        f"unclear:{person_id}",
        "A text could not be read for sure, and was answered with what would work: read it.",
        now=now,
        person_id=person_id,
    )
    if len(reading.numbers) > 1 and reading.verb in ("TAKE", "PASS", "GOT", "DONE", "HERE"):
        return wording.one_at_a_time(reading.verb, reading.numbers, voice)
    return wording.unclear(reading, wording.works_now(*_live(session, person_id, now)), voice)


# What each verb does ---------------------------------------------------------------------------------------


def _on(session: Session, person_id: int, _reading: Reading, now: datetime, _house: House) -> str:
    return rota.on(session, person_id, now=now)


def _off(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    shift = deliveries.off(session, person_id, now=now)
    return wording.shift_off(shifts.facts(session, shift, now=now), house.voice)


def _at(session: Session, reading: Reading, now: datetime) -> datetime | None:
    """The true time a rider gave, if they gave one; local."""
    zone = ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)
    return truly(reading, now.astimezone(zone))


def _marked(
    session: Session, person_id: int, told: Marked, now: datetime, house: House, at: datetime | None = None
) -> str:
    """Words for what was marked, with the stop that comes next, or the shift that ended with it."""
    if house.brief:
        return wording.short(told, truly=at, voice=house.voice)
    job = jobs.latest(session, person_id, told.number)
    turn: wording.Turn = _turn(session, job) if job is not None else "pickup"
    ended: ShiftFacts | None = None
    if told.next is None and told.verb == "done" and shifts.current(session, person_id) is None:
        shift = shifts.latest(session, person_id, since=now - timedelta(days=1))
        if shift is not None and shift.ended_at is not None and shift.ended_at > now - _ENDED_LATELY:
            ended = shifts.facts(session, shift, now=now)
    link = f"{house.url}/my"
    return wording.marked(told, turn, ended=ended, desk=house.desk, link=link, truly=at, voice=house.voice)


def _take(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    return _marked(session, person_id, offers.take(session, person_id, reading.number, now=now), now, house)


def _stay(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    return _marked(session, person_id, rota.stay(session, person_id, reading.number, now=now), now, house)


def _pass(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    return _marked(session, person_id, offers.refuse(session, person_id, reading.number, now=now), now, house)


def _here(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    at = _at(session, reading, now)
    told = deliveries.here(session, person_id, reading.number, at=at, now=now)
    return _marked(session, person_id, told, now, house, at)


def _got(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    at = _at(session, reading, now)
    told = deliveries.got(session, person_id, reading.number, at=at, now=now)
    return _marked(session, person_id, told, now, house, at)


def _done(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    at = _at(session, reading, now)
    told = deliveries.done(
        session,
        person_id,
        reading.number,
        letters=reading.letters,
        everything=reading.everything,
        at=at,
        now=now,
    )
    return _marked(session, person_id, told, now, house, at)


def _undo(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    return _marked(session, person_id, deliveries.undo(session, person_id, now=now), now, house)


def _late(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    number, minutes = reading.number, reading.minutes
    if minutes is None:
        live = [job.number for job in shifts.live_jobs(session, person_id)]
        if number is None or number in live:  # the minutes are missing
            return wording.how_late(number or (live[0] if live else None), house.voice)
        minutes = number  # no job of theirs has that number: so many minutes
        number = None
    told = incidents.late(session, person_id, number, minutes, now=now)
    return _marked(session, person_id, told, now, house)


def _trouble(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    """Never refused: whichever job is meant, a person is told."""
    number = reading.number
    try:
        told = incidents.trouble(session, person_id, number, words=reading.words, now=now)
    except WhichJob as several:
        told = incidents.trouble(session, person_id, several.numbers[0], words=reading.words, now=now)
    except OfferGone:
        told = None
        words = "Trouble: phone the rider now."
        attention.raise_(session, "trouble", f"trouble:{person_id}:none", words, now=now, person_id=person_id)
    return (
        wording.help_(house.desk, house.voice)
        if told is None
        else _marked(session, person_id, told, now, house)
    )


def _why(session: Session, person_id: int, reading: Reading, _now: datetime, house: House) -> str:
    told = board.why(session, person_id, reading.number)
    job = jobs.latest(session, person_id, told.number)
    return wording.why(told, f"{house.url}/my/why/{job.id}" if job is not None else "", house.voice)


def _contest(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    if not reading.words:
        return wording.say_why(f"CONTEST {reading.number}" if reading.number else "CONTEST", house.voice)
    case = incidents.contest(session, person_id, reading.number, reading.words, now=now)
    zone = ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)
    return wording.contested(case.due_at.astimezone(zone), house.voice)


def _pay(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    told = board.pay_so_far(session, person_id, now=now)
    link = f"{house.url}/my/pay"
    return wording.no_pay(link, house.voice) if told is None else wording.pay(told, link, house.voice)


def _menu(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    if reading.number is None:
        return wording.menu(*_live(session, person_id, now), voice=house.voice)
    job = jobs.find(session, person_id, reading.number, LIVE_JOB)
    told = jobs.facts(session, job, now=now)
    if told.state == "offered":
        return wording.offer(told, house.voice)
    return wording.stop(told, _turn(session, job), link=f"{house.url}/my", voice=house.voice)


def _shifts(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    return rota.mine(session, person_id, now=now, url=house.url)


def _join(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    return rota.join(session, person_id, now=now, url=house.url)


def _rest(session: Session, person_id: int, reading: Reading, now: datetime, _house: House) -> str:
    return rota.rest(session, person_id, reading.number, now=now)


_ACTS: dict[str, Callable[[Session, int, Reading, datetime, House], str]] = {
    "ON": _on,
    "OFF": _off,
    "TAKE": _take,
    "PASS": _pass,
    "HERE": _here,
    "GOT": _got,
    "DONE": _done,
    "UNDO": _undo,
    "LATE": _late,
    "TROUBLE": _trouble,
    "HELP": _trouble,
    "WHY": _why,
    "CONTEST": _contest,
    "PAY": _pay,
    "MENU": _menu,
    "STAY": _stay,
    "SHIFTS": _shifts,
    "JOIN": _join,
    "REST": _rest,
    "OPT_IN": _menu,
}
