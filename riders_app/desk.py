"""What stands beside a command: an alarm somebody on desk duty has, a DONE's proof, and when it truly happened."""

import re
from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from dispatch import alarms, attention, people, shifts
from dispatch.errors import DispatchError, OfferGone, ProofWrong
from dispatch.proofs import Shown
from dispatch.tables import Attention
from payments import books
from riders_app import wording
from riders_app.replies import Reading, truly
from riders_app.replies.proof import split
from riders_app.tables import WrongCode

WRONG_CODES = 3  # so many wrong codes at one door are put before a person,
TRIES_WITHIN = timedelta(minutes=30)  # counted over so long

_OK = re.compile(r"\s*ok(?:ay)?[\s:,.#-]*(a?)\s*(\d{1,9})[\s.!]*", re.IGNORECASE)


def alarm_taken(session: Session, person_id: int, body: str, *, now: datetime) -> str | None:
    """The answer to somebody on desk duty who says they have an alarm; None for any other text."""
    number = _alarm_meant(session, person_id, body)
    if number is None:
        return None
    shifts.heard_from(session, person_id, now=now)
    return _acknowledge(session, number, person_id, now=now)


def _alarm_meant(session: Session, person_id: int, body: str) -> int | None:
    """The alarm somebody who may be on desk duty says they have: `OK A417`.

    `OK 417` will do where it can mean no job of theirs: riders confirm those with it.
    """
    found = _OK.fullmatch(body)
    if found is None or not people.roles(session, person_id)[0] & alarms.MAY:
        return None
    number = int(found[2])
    if not found[1] and (
        number < 100 and any(j.number == number for j in shifts.live_jobs(session, person_id))
    ):
        return None
    row = session.get(Attention, number) if number < 2**31 else None
    return number if row is not None and row.rings else None


def _acknowledge(session: Session, number: int, person_id: int, *, now: datetime) -> str:
    """They have it, and the answer to say so."""
    row = session.get_one(Attention, number)
    voice = wording.voice(people.get(session, person_id).language)
    before = row.acknowledged_by or row.closed_by
    try:
        alarms.acknowledge(session, number, by=person_id, now=now)
    except DispatchError as error:
        return wording.refused(error, voice=voice)
    already = people.get(session, before).name if before is not None and before != person_id else ""
    return wording.cases.answered_alarm(number, already=already, voice=voice)


def proof_given(session: Session, body: str, *, now: datetime) -> tuple[str, Shown | None]:
    """A text without the proof written behind its DONE, where the rulebook asks for any; and that proof."""
    rest, given = split(body)
    if given is None or books.in_force(session, at=now)[1].dispatch.proof == "none":
        return body, None
    return rest, Shown(given.kind, given.value)


def wrong_code(session: Session, person_id: int, error: ProofWrong, *, now: datetime) -> None:
    """A code was wrong, by text or on the page: from the third for a door in half an hour a person is asked to help."""
    drop = f"{error.facts.get('number', '')}{error.facts.get('letter', '')}"
    forget(session, now=now)
    session.add(WrongCode(person_id=person_id, drop=drop, at=now))
    session.flush()
    said = session.exec(
        select(func.count())
        .select_from(WrongCode)
        .where(WrongCode.person_id == person_id, WrongCode.drop == drop)
    ).one()
    if said < WRONG_CODES:
        return
    attention.raise_(
        session,
        "wrong_code",
        f"wrong-code:{person_id}:{drop}",
        f"The code given for job {drop} was wrong {said} times: ring the customer, then the rider.",
        now=now,
        person_id=person_id,
    )


def food_elsewhere(session: Session, person_id: int, verb: str, error: OfferGone, *, now: datetime) -> None:
    """GOT or DONE of a job that is theirs no more: the food may be in their bag all the same, so a person asks."""
    number = error.facts.get("number")
    if verb not in ("GOT", "DONE") or error.facts.get("is_now") == "over":
        return
    attention.raise_(
        session,
        "crossed",
        f"crossed:{person_id}:{number}",
        f"Job {number}: a rider who does not have it any more texted {verb}. Ask them who has the food.",
        now=now,
        person_id=person_id,
    )


def told_at(session: Session, reading: Reading, heard_at: datetime, *, now: datetime) -> datetime | None:
    """The true time a rider gave, if they gave one, near the time their text came in; local."""
    return truly(reading, heard_at.astimezone(books.in_force(session, at=now)[1].timezone))


def happened(told: datetime | None, heard_at: datetime | None, now: datetime) -> datetime | None:
    """When it happened: as they say, or when their text came in. None: now."""
    return told or (heard_at if heard_at is not None and heard_at < now else None)


def forget(session: Session, *, now: datetime) -> int:
    """Drop wrong codes that count no more; how many."""
    old = delete(WrongCode).where(col(WrongCode.at) <= now - TRIES_WITHIN)
    return session.connection().execute(old).rowcount


# Asked at every turn of the clock, so written once.
_FIRST = select(func.min(WrongCode.at))


def forget_due(session: Session) -> datetime | None:
    """When the oldest wrong code counts no more."""
    at: datetime | None = session.connection().scalar(_FIRST)
    return at + TRIES_WITHIN if at is not None else None
