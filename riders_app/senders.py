"""Who a text is from: nobody we know, somebody who wants no more texts, or somebody who is there."""

from collections.abc import Container
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from dispatch import attention, notices, offers, people, planning, shifts
from dispatch.tables import Mark, OrderContact, Person, Shift, known
from riders_app.replies import Reading, parse
from riders_app.tables import InboundText, Text

QUIET = timedelta(minutes=10)  # a phone that answers by itself is not answered each time
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


def of_a_restaurant(session: Session, person_id: int) -> bool:
    """Whether somebody speaks for a restaurant and neither rides nor works at the desk: no words of riders for them."""
    held = people.roles(session, person_id)[0]
    return "restaurant" in held and held <= {"restaurant", "member"} and not _rode(session, person_id)


def _rode(session: Session, person_id: int) -> bool:
    return session.exec(select(Shift.id).where(Shift.person_id == person_id).limit(1)).first() is not None


def to_the_desk(session: Session, row: InboundText, now: datetime) -> bool:
    """A restaurant's person texted: a person reads it. Whether to say so: once in a while, lest two machines talk."""
    attention.raise_(
        session,
        "foreign_text",
        f"foreign:person:{row.person_id}",
        "Somebody of a restaurant texted: read it, and answer them.",
        now=now,
        person_id=row.person_id,
    )
    return not session.exec(_lately(row).where(InboundText.state == "foreign").limit(1)).first()


def machine(session: Session, row: InboundText) -> bool:
    """Whether the same unclear words come a third time: a phone that answers by itself is not answered."""
    before = session.exec(_lately(row).order_by(col(InboundText.id).desc()).limit(2)).all()
    return len(before) == 2 and all(text.state == "unclear" and text.body == row.body for text in before)


def _lately(row: InboundText) -> SelectOfScalar[InboundText]:
    return select(InboundText).where(
        InboundText.person_id == row.person_id,
        col(InboundText.id) < known(row.id),
        InboundText.received_at > row.received_at - QUIET,
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


# What UNDO does not take back: after one of these it would take back something older.
_STAYS = frozenset({"ON", "OFF", "PASS", "LATE", "REST", "JOIN", "TROUBLE", "CONTEST", "ACK"})


def cannot_undo(session: Session, person_id: int) -> str:
    """What this rider texted since their last mark that UNDO does not take back; "" where nothing stands between."""
    marked = session.exec(
        select(func.max(Mark.said_at)).where(Mark.person_id == person_id, col(Mark.undone_at).is_(None))
    ).one()
    last = session.exec(
        select(InboundText)
        .where(InboundText.person_id == person_id, InboundText.state == "acted")
        .order_by(col(InboundText.id).desc())
        .offset(1)
        .limit(1)
    ).first()
    if (
        last is None
        or last.acted_at is None
        or last.reading is None
        or marked is None
        or last.acted_at < marked
    ):
        return ""
    verb = parse(last.reading).verb
    return last.reading if verb in _STAYS and "," not in last.reading else ""


def means(session: Session, row: InboundText, part: Reading, acts: Container[str]) -> bool:
    """Whether a command can be acted on. YES opts in for the carrier, but who texts it usually means to answer
    something, and an OK with nothing to confirm mostly says that an offer was read: both are asked back.
    """
    if part.verb == "OPT_IN" and row.body.strip(" .!").upper() == "YES":
        return False
    if part.verb == "ACK" and not notices.asked(session, known(row.person_id), part.number):
        return False
    return part.verb is not None and part.verb in acts
