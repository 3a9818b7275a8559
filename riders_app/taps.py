"""Presses of a rider's page that carry a key of their own: counted once however often sent, at the time of the press.

A phone out of reach keeps what was pressed and sends it when it is back. We believe the time it tells within
bounds; a press that cannot count is written down, and one that waited is put before a person: nothing is dropped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from dispatch import attention, shifts
from dispatch.errors import BadInput, DispatchError, NoSuchJob
from dispatch.facts import Marked
from dispatch.states import LIVE_JOB
from dispatch.tables import Job
from riders_app.tables import Tap

OLDEST = timedelta(hours=6)
"""How long a press may have waited on a phone and still be believed."""
AHEAD = timedelta(minutes=1)
"""How far a phone's clock may run ahead of ours."""
WAITED = timedelta(minutes=1)
"""A press that reached us later than that has waited, whatever the phone says of it."""


@dataclass(frozen=True, slots=True)
class Press:
    """What comes with a press: the key its page made, when it was pressed, whether it waited, and of which job."""

    key: str = ""
    at: datetime | None = None
    waited: bool = False
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a press: what it marked, or why it could not count; `again` if it was counted before.

    `desk`: whether a person has been told that it could not.
    """

    told: Marked | None = None
    error: DispatchError | None = None
    again: bool = False
    desk: bool = False


Act = Callable[[datetime | None], Marked | None]
"""What a press does, given when it truly happened (None: now)."""


def once(session: Session, person_id: int, press: Press, verb: str, act: Act, *, now: datetime) -> Outcome:
    """Do what was pressed, once for each key. A press without a key (no script) is done as it comes, and may raise."""
    if not press.key:
        return Outcome(act(None))
    row = session.exec(select(Tap).where(Tap.person_id == person_id, Tap.key == press.key)).first()
    if row is not None:
        return Outcome(error=BadInput(row.error) if row.error else None, again=True)
    told: Marked | None = None
    refused: DispatchError | None = None
    desk = False
    try:
        with session.begin_nested():
            told = act(believed(press, now=now))
    except DispatchError as error:
        refused = error
        desk = _waited(press, now)
        if desk:
            _before_a_person(session, person_id, press, verb, error, now=now)
    session.add(
        Tap(
            person_id=person_id,
            key=press.key,
            verb=verb,
            job_id=press.job_id if refused is None else None,
            at=press.at or now,
            told_at=now,
            error=refused.message if refused else None,
        )
    )
    session.flush()
    return Outcome(told, refused, desk=desk)


def believed(press: Press, *, now: datetime) -> datetime | None:
    """When it truly was, within bounds; None for just now. BadInput for a time that cannot be believed."""
    if press.at is None:
        return None
    if press.at > now + AHEAD:
        raise BadInput("That time has not come yet.")
    if press.at < now - OLDEST:
        raise BadInput("That was pressed too long ago to count by itself.")
    return min(press.at, now) if _waited(press, now) else None


def since_taken(session: Session, press: Press, at: datetime | None) -> datetime | None:
    """The time told of a job's stop: nothing of a job was done before it was taken."""
    job = session.get(Job, press.job_id) if at is not None and press.job_id is not None else None
    if at is not None and job is not None and at < (job.taken_at or job.offered_at) - AHEAD:
        raise BadInput("That time is before you took the job.")
    return at


def meant(session: Session, person_id: int, number: int | None, press: Press) -> int | None:
    """The number the job of a press has now: numbers go round, and a press may have waited. NoSuchJob if it is over."""
    if press.job_id is None:
        return number
    job = session.get(Job, press.job_id)
    if job is None or job.person_id != person_id:
        raise NoSuchJob
    live = {row.number for row in shifts.live_jobs(session, person_id)}
    if job.state not in LIVE_JOB and job.number in live:
        raise NoSuchJob("That job is closed, and its number is another job's now.")
    return job.number


def forget(session: Session, *, before: datetime) -> int:
    """Drop presses that reached us up to `before`: the same one sent after that is too old to count; how many."""
    return session.connection().execute(delete(Tap).where(col(Tap.told_at) <= before)).rowcount


# Asked at every turn of the clock, so written once.
_FIRST = select(func.min(Tap.told_at))


def first(session: Session) -> datetime | None:
    """When the oldest press that is kept reached us."""
    return session.connection().scalar(_FIRST)


def _waited(press: Press, now: datetime) -> bool:
    return press.waited or (press.at is not None and now - press.at > WAITED)


def _before_a_person(
    session: Session, person_id: int, press: Press, verb: str, error: DispatchError, *, now: datetime
) -> None:
    job = session.get(Job, press.job_id) if press.job_id is not None else None
    mine = job is not None and job.person_id == person_id
    minutes = max(0, round((now - (press.at or now)).total_seconds() / 60))
    about = f" for job {job.number}" if job is not None and mine else ""
    attention.raise_(
        session,
        "tap_refused",
        f"tap:{person_id}:{press.key}",
        f"“{verb}”{about}, pressed {minutes} min ago out of reach, could not count: {error.message}"
        " Ask the rider, and put it right.",
        now=now,
        person_id=person_id,
        job_id=press.job_id if mine else None,
    )
