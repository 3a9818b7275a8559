"""What each verb does that is said of a job, and its answer."""

from datetime import datetime

from sqlmodel import Session

from dispatch import board, contests, deliveries, failures, incidents, jobs, notices, offers, people, shifts
from dispatch.errors import OfferGone, WhichJob
from dispatch.proofs import Shown
from dispatch.states import LIVE_JOB
from payments import books
from riders_app import desk, rota, senders, wording
from riders_app.inbox.house import Act, House
from riders_app.inbox.live import live, marked, turn
from riders_app.replies import Reading


def _take(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    return marked(session, person_id, offers.take(session, person_id, reading.number, now=now), now, house)


def _stay(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    return marked(session, person_id, rota.stay(session, person_id, reading.number, now=now), now, house)


def _pass(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    return marked(session, person_id, offers.refuse(session, person_id, reading.number, now=now), now, house)


def _here(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    at = desk.told_at(session, reading, house.heard_at or now, now=now)
    told = deliveries.here(
        session, person_id, reading.number, at=desk.happened(at, house.heard_at, now), now=now
    )
    return marked(session, person_id, told, now, house, at)


def _got(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    at = desk.told_at(session, reading, house.heard_at or now, now=now)
    told = deliveries.got(
        session, person_id, reading.number, at=desk.happened(at, house.heard_at, now), now=now
    )
    return marked(session, person_id, told, now, house, at)


def _done(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    at = desk.told_at(session, reading, house.heard_at or now, now=now)
    told = deliveries.done(
        session,
        person_id,
        reading.number,
        letters=reading.letters,
        everything=reading.everything,
        at=desk.happened(at, house.heard_at, now),
        proof=house.proof or (Shown("pin", reading.pin) if reading.pin else None),
        now=now,
    )
    return marked(session, person_id, told, now, house, at)


def _ack(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    told = notices.acknowledge(session, person_id, reading.number, now=now)
    job = jobs.latest(session, person_id, told.number)
    comes: wording.Turn = turn(session, job) if job is not None else "pickup"
    return wording.road.acknowledged(told, comes, link=f"{house.url}/my", voice=house.voice)


def _fail(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    told = failures.report(
        session, person_id, reading.number, letters=reading.letters, words=reading.words, now=now
    )
    return wording.road.failed(told, desk=house.desk, voice=house.voice)


def _undo(session: Session, person_id: int, _reading: Reading, now: datetime, house: House) -> str:
    again = senders.said_twice(session, person_id)
    stays = "" if again else senders.cannot_undo(session, person_id)
    if stays:
        return wording.answers.no_undo(stays, house.voice)
    return marked(session, person_id, deliveries.undo(session, person_id, again=again, now=now), now, house)


def _late(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    number, minutes = reading.number, reading.minutes
    if minutes is None:
        live = [job.number for job in shifts.live_jobs(session, person_id)]
        if number is None or number in live:  # the minutes are missing
            return wording.how_late(number or (live[0] if live else None), house.voice)
        minutes = number  # no job of theirs has that number: so many minutes
        number = None
    told = incidents.late(session, person_id, number, minutes, now=now)
    return marked(session, person_id, told, now, house)


def _trouble(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    """Never refused: whichever job is meant, a person is told."""
    number = reading.number
    try:
        told = incidents.trouble(session, person_id, number, words=reading.words, now=now)
    except WhichJob as several:
        told = incidents.trouble(session, person_id, several.numbers[0], words=reading.words, now=now)
    except OfferGone:  # of a job that is theirs no more
        told = incidents.trouble(session, person_id, 0, words=reading.words, now=now)
    return (
        wording.help_(house.desk, house.voice)
        if told is None
        else marked(session, person_id, told, now, house)
    )


def _why(session: Session, person_id: int, reading: Reading, _now: datetime, house: House) -> str:
    told = board.why(session, person_id, reading.number)
    job = jobs.latest(session, person_id, told.number)
    return wording.why(told, f"{house.url}/my/why/{job.id}" if job is not None else "", house.voice)


def _contest(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    if not reading.words:
        return wording.say_why(f"CONTEST {reading.number}" if reading.number else "CONTEST", house.voice)
    case = contests.open_(session, person_id, reading.number, reading.words, now=now)
    due_at = case.due_at.astimezone(books.in_force(session, at=now)[1].timezone)
    owner = people.get(session, case.owner_id).name if case.owner_id is not None else ""
    return wording.cases.contested(owner, due_at, house.voice)


def _menu(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    if reading.number is None:
        return wording.menu(*live(session, person_id, now), voice=house.voice)
    job = jobs.find(session, person_id, reading.number, LIVE_JOB)
    told = jobs.facts(session, job, now=now)
    if told.state == "offered":
        return wording.offer(told, house.voice)
    return wording.stop(told, turn(session, job), link=f"{house.url}/my", voice=house.voice)


ACTS: dict[str, Act] = {
    "TAKE": _take,
    "STAY": _stay,
    "PASS": _pass,
    "HERE": _here,
    "GOT": _got,
    "DONE": _done,
    "UNDO": _undo,
    "ACK": _ack,
    "FAIL": _fail,
    "LATE": _late,
    "TROUBLE": _trouble,
    "HELP": _trouble,
    "WHY": _why,
    "CONTEST": _contest,
    "MENU": _menu,
    "OPT_IN": _menu,
}
