"""Steps of an evening for tests of the road: a plan that offers, and time that passes with the jobs it calls for."""

from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch import attention, jobs, offers, planning
from dispatch.tables import Attention, Job
from payments import books
from tests import factories


def plan(session: Session, now: datetime) -> list[int]:
    """One round of planning at an instant."""
    picture = planning.take(session, now=now, force=True)
    return [] if picture is None else offers.settle(session, picture, planning.do(picture), now=now)


def offered(session: Session, now: datetime) -> tuple[Job, datetime]:
    """Plan until the first offer goes out, at most forty minutes on."""
    for minute in range(40):
        then = now + timedelta(minutes=minute)
        made = plan(session, then)
        if made:
            job = jobs.get(session, made[0])
            offers.reached(session, made[0], now=then)
            return job, then
    raise AssertionError("no offer was made")


def rules(session: Session, now: datetime, **dispatch: object) -> None:
    """The Finsbury Park rules with some of `[dispatch]` written otherwise, in force at once."""
    lines = "".join(f"{key} = {value!r}\n".replace("'", '"') for key, value in dispatch.items())
    text = factories.RULEBOOK.replace("[dispatch]\n", f"[dispatch]\n{lines}", 1)
    books.adopt(session, text, effective_on=(now - timedelta(days=1)).date(), resolution="Tonight", now=now)


def ringing(session: Session) -> list[Attention]:
    """What the desk is rung about."""
    return [row for row in attention.open_(session) if row.ring_at is not None]
