"""Texts that come in: stored once, read, acted on, answered in the transaction that acted.

`run` is the job; `next_due` says when it has something to do.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import attention, jobs, people, shifts
from dispatch.errors import DispatchError, OfferGone, ProofWrong
from dispatch.tables import known
from riders_app import desk, senders, wording
from riders_app.gateways import Program
from riders_app.inbox import job_acts, shift_acts
from riders_app.inbox.house import House
from riders_app.inbox.live import live, turn
from riders_app.replies import Reading, parse, render
from riders_app.tables import InboundText, answer

_log = logging.getLogger(__name__)
_ROUND = 50
_AGAIN = timedelta(seconds=5)
_MOST_TRIES = 2
_ACTS = job_acts.ACTS | shift_acts.ACTS


def store(
    session: Session, *, vendor_id: str, phone: str, body: str, now: datetime, our_number: str | None = None
) -> bool:
    """Keep a text by the carrier's id, once; whether it is new."""
    if session.exec(select(InboundText.id).where(InboundText.vendor_id == vendor_id)).first() is not None:
        return False
    body = body.replace("\0", "").encode(errors="ignore").decode()  # what no database keeps
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
    if (taken := desk.alarm_taken(session, row.person_id, row.body, now=now)) is not None:
        row.reading = "OK ALARM"
        answer(session, row, taken, now=now)
        return
    body, proof = desk.proof_given(session, row.body, now=now)
    house = replace(house, heard_at=row.received_at, proof=proof, voice=wording.voice(person.language))
    reading = parse(body)
    row.reading = render(reading.silent) + ("" if reading.clear else "?")
    if reading.verb == "OPT_OUT":
        senders.opted_out(session, row.person_id, now)
        return
    senders.heard(session, row, reading, now)
    if reading.verb != "OPT_IN" and senders.of_a_restaurant(session, row.person_id):
        row.state = "foreign"
        if senders.to_the_desk(session, row, now):
            answer(session, row, wording.answers.with_the_desk(house.desk, house.voice), now=now)
        return
    if reading.clear and all(senders.means(session, row, part, _ACTS) for part in reading.each):
        if reading.also:
            said = _several(session, row.person_id, reading, now, house)
        else:
            said = (_acted(session, row.person_id, reading, now, house),)
        attention.settle(session, f"unclear:{row.person_id}", now=now, note="Their next text was clear.")
    else:
        row.state = "unclear"
        asked = _ask_back(session, row.person_id, reading, now, house.voice)
        said = () if senders.machine(session, row) else (asked,)
    for part, body in enumerate(said, 1):
        answer(session, row, body, now=now, part=part)


def _acted(session: Session, person_id: int, reading: Reading, now: datetime, house: House) -> str:
    """Act on one command: its answer, or why dispatch would not."""
    verb = reading.verb or ""
    try:
        with session.begin_nested():
            return _ACTS[verb](session, person_id, reading, now, house)
    except DispatchError as error:
        if isinstance(error, ProofWrong):  # what it refused is rolled back: this is not
            desk.wrong_code(session, person_id, error, now=now)
        if isinstance(error, OfferGone):
            desk.food_elsewhere(session, person_id, verb, error, now=now)
        if not house.brief:
            return wording.refused(error, verb, house.voice)
        why = wording.refused(error, verb, house.voice).partition(". ")[0]
        return wording.not_marked(render(reading.silent), why, house.voice)


def _several(
    session: Session, person_id: int, reading: Reading, now: datetime, house: House
) -> tuple[str, ...]:
    """Act on each command of one text by itself; the answers name what was marked and what was not."""
    brief = replace(house, brief=True)
    said = []
    for part in reading.each:
        shift = shifts.current(session, person_id)
        said.append(_acted(session, person_id, part, now, brief))
        # The short answer to a last DONE has no room for it; what else ends a shift tells so by itself.
        if part.verb == "DONE" and shift is not None and shift.state == "ended":
            said.append(wording.shift_off(shifts.facts(session, shift, now=now), house.voice))
    following = ""
    for job in shifts.live_jobs(session, person_id):
        if job.state != "offered":
            facts, link = jobs.facts(session, job, now=now), f"{house.url}/my"
            following = wording.stop(facts, turn(session, job), link=link, voice=house.voice)
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
    return wording.unclear(reading, wording.works_now(*live(session, person_id, now)), voice)
