"""Who a text is from: nobody we know, somebody who wants no more texts, or somebody who is there."""

from collections.abc import Container
from datetime import datetime

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from dispatch import attention, notices, offers, people, planning, shifts
from dispatch.tables import OrderContact, Person, known
from riders_app.replies import Reading
from riders_app.tables import InboundText, Text

OPTED_OUT = "21610"  # the carrier's word for a phone that opted out


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
    left = people.last_with(session, row.phone)
    if left is not None:
        words = "Somebody whose access has ended texted: read it, and phone them."
    elif order_id is None:
        words = "A text came from a number we do not know: read it."
    else:
        words = "A customer texted: read it."
    attention.raise_(
        session,
        "foreign_text",
        f"foreign:{first or row.id}",
        words,
        now=now,
        person_id=left.id if left is not None else None,
        order_id=order_id,
    )


def opted_out(session: Session, person_id: int, now: datetime) -> None:
    """They want no more texts: a person phones them."""
    people.mark_unreachable(session, person_id, now=now)
    offers.unreached(session, person_id, now=now)
    words = "This person texted a word that stops all our texts: phone them. START brings the texts back."
    attention.raise_(session, "unreachable", f"unreachable:{person_id}", words, now=now, person_id=person_id)


def opted_out_at(session: Session, person: Person) -> datetime | None:
    """When the phone this person has now last opted out of our texts; None where it did not, or opted in since.

    The carrier keeps that of a phone, whoever has it: a number that was somebody else's brings their STOP along,
    and one that was given up takes it away. Texts whose number is forgotten count as their writer's.
    """
    theirs = and_(col(InboundText.phone) == (person.phone or ""), col(InboundText.phone) != "")
    forgotten = and_(col(InboundText.phone) == "", col(InboundText.person_id) == known(person.id))
    said = session.exec(
        select(InboundText)
        .where(or_(theirs, forgotten), col(InboundText.reading).in_(("OPT_OUT", "OPT_IN")))
        .order_by(col(InboundText.id).desc())
        .limit(1)
    ).first()
    if said is not None and said.reading == "OPT_OUT":
        arrived = select(Text.id).where(
            Text.person_id == person.id, Text.state == "delivered", col(Text.sent_at) > said.received_at
        )
        return said.received_at if session.exec(arrived.limit(1)).first() is None else None
    lost = session.exec(
        select(Text)
        .where(Text.person_id == person.id, col(Text.state).in_(("failed", "undelivered")))
        .order_by(col(Text.id).desc())
        .limit(1)
    ).first()
    if lost is None or person.unreachable_at is None or OPTED_OUT not in (lost.error or ""):
        return None
    at = lost.told_at or lost.claimed_at or lost.created_at
    return at if said is None or said.received_at <= at else None


def heard(session: Session, row: InboundText, reading: Reading, now: datetime) -> None:
    """They are there. A phone that opted out still sends: only opting in again makes it reachable."""
    person_id = known(row.person_id)
    person = people.get(session, person_id)
    if person.unreachable_at is not None and (
        reading.verb == "OPT_IN" or opted_out_at(session, person) is None
    ):
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
