"""Who a text is from: nobody we know, somebody who wants no more texts, or somebody who is there."""

from collections.abc import Container
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import attention, notices, offers, people, planning, shifts
from dispatch.tables import OrderContact, known
from riders_app.replies import Reading
from riders_app.tables import InboundText


def foreign(session: Session, row: InboundText, now: datetime) -> None:
    """A number that is nobody's here: a person looks, once a number; nothing is answered."""
    first = session.exec(
        select(func.min(InboundText.id)).where(InboundText.phone == row.phone, InboundText.state == "foreign")
    ).one()
    order_id = session.exec(
        select(OrderContact.order_id)
        .where(OrderContact.phone == row.phone)
        .order_by(col(OrderContact.order_id).desc())
        .limit(1)
    ).first()
    words = (
        "A text came from a number we do not know: read it."
        if order_id is None
        else "A customer texted: read it."
    )
    attention.raise_(session, "foreign_text", f"foreign:{first or row.id}", words, now=now, order_id=order_id)


def opted_out(session: Session, person_id: int, now: datetime) -> None:
    """They want no more texts: a person phones them."""
    people.mark_unreachable(session, person_id, now=now)
    offers.unreached(session, person_id, now=now)
    words = "This person texted a word that stops all our texts: phone them. START brings the texts back."
    attention.raise_(session, "unreachable", f"unreachable:{person_id}", words, now=now, person_id=person_id)


def heard(session: Session, row: InboundText, reading: Reading, now: datetime) -> None:
    """They are there. A phone that opted out still sends: only opting in again makes it reachable."""
    person_id = known(row.person_id)
    if people.get(session, person_id).unreachable_at is not None:
        last = session.exec(
            select(InboundText.reading)
            .where(InboundText.person_id == person_id, col(InboundText.reading).in_(("OPT_OUT", "OPT_IN")))
            .order_by(col(InboundText.id).desc())
            .limit(1)
        ).first()
        if reading.verb == "OPT_IN" or last != "OPT_OUT":
            people.mark_reachable(session, person_id)
            attention.settle(session, f"unreachable:{person_id}", now=now, note="They texted us.")
            planning.wanted(session, now=now)
    shifts.heard_from(session, person_id, now=now)


def said_twice(session: Session, person_id: int) -> bool:
    """Whether the last text of theirs that was acted on reads like the one before it."""
    last = session.exec(
        select(InboundText.reading)
        .where(InboundText.person_id == person_id, InboundText.state != "new")
        .order_by(col(InboundText.id).desc())
        .limit(2)
    ).all()
    return len(last) == 2 and last[0] == last[1]


def means(session: Session, row: InboundText, part: Reading, acts: Container[str]) -> bool:
    """Whether a command can be acted on. YES opts in for the carrier, but who texts it usually means to answer
    something, and an OK with nothing to confirm mostly says that an offer was read: both are asked back.
    """
    if part.verb == "OPT_IN" and row.body.strip(" .!").upper() == "YES":
        return False
    if part.verb == "ACK" and not notices.asked(session, known(row.person_id), part.number):
        return False
    return part.verb is not None and part.verb in acts
