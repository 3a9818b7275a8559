"""Forgetting: personal data is blanked once its purpose is over; what happened and the books stay."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, update
from sqlmodel import Session, col, delete, select

from dispatch import places
from dispatch.states import OPEN_DELIVERY
from dispatch.tables import (
    Decision,
    DeskNote,
    Event,
    IdempotencyKey,
    Incident,
    IncidentNote,
    Job,
    Order,
    OrderContact,
    Person,
    Proof,
    SignInAttempt,
    SignInLink,
    Stop,
    Visit,
    known,
)
from payments import books, payees, runs, settling, terms
from payments.columns import UtcDateTime
from payments.errors import NoRulebook
from payments.rulebook import Retention

ATTEMPTS_KEPT = timedelta(days=1)
KEYS_KEPT = timedelta(days=7)
LINKS_KEPT = timedelta(days=7)
VISITS_KEPT = timedelta(days=30)


_OVER = func.coalesce(Order.delivered_at, Order.cancelled_at, Order.ready_at)
_OPEN = col(Order.delivery).in_(OPEN_DELIVERY)


def _first(at: object, row_id: object, *kept: ColumnElement[bool]) -> ScalarSelect[datetime]:
    """The instant of the first row that is kept: rows age in the order they were written."""
    return select(col(at)).where(*kept).order_by(col(row_id)).limit(1).scalar_subquery()


# Asked at every turn of the clock, so written once, and one look at the database.
_OLDEST = select(  # type: ignore[call-overload]
    _first(SignInAttempt.at, SignInAttempt.id),
    _first(IdempotencyKey.at, IdempotencyKey.id),
    _first(SignInLink.expires_at, SignInLink.id),
    _first(Visit.expires_at, Visit.id),
    _first(DeskNote.at, DeskNote.id, col(DeskNote.body) != ""),
    _first(Decision.made_at, Decision.id),
    select(_OVER)
    .join(OrderContact, col(OrderContact.order_id) == col(Order.id))
    .where(col(OrderContact.blanked_at).is_(None), ~_OPEN)
    .order_by(col(Order.id))
    .limit(1)
    .scalar_subquery(),
)


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When the first of all that is kept here must go."""
    attempt, key, link, visit, note, decided, contact = session.connection().execute(_OLDEST).one()
    aged = [(attempt, ATTEMPTS_KEPT), (key, KEYS_KEPT), (link, LINKS_KEPT), (visit, VISITS_KEPT)]
    if note is not None or contact is not None or decided is not None:
        days = rules(session, now=now)
        if days is not None:
            aged.append((decided, timedelta(days=days.decisions_days)))
            aged += [(note, timedelta(days=days.texts_days)), (contact, timedelta(days=days.contacts_days))]
    left = [at for _, at in _left(session, now=now)] + [at for _, at in _closed(session, now=now)]
    return min([*(at + kept for at, kept in aged if at is not None), *left], default=None)


def rules(session: Session, *, now: datetime) -> Retention | None:
    """How long the members keep what; None before any rulebook is in force."""
    try:
        return books.in_force(session, at=now)[1].retention
    except NoRulebook:
        return None


def forget_due(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Blank contacts past their days (oldest first, some at a time) and drop spent links, tries and keys.

    Returns how many contacts were blanked.
    """
    drop_spent(session, now=now)
    return blank_contacts(session, now=now, limit=limit)


def blank_contacts(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Blank contacts past their days, oldest first, some at a time; how many."""
    days = rules(session, now=now)
    if days is None:
        return 0
    rows = session.exec(
        select(OrderContact, Order)
        .join(Order, col(Order.id) == col(OrderContact.order_id))
        .where(
            col(OrderContact.blanked_at).is_(None),
            ~_OPEN,
            now - timedelta(days=days.contacts_days) >= _OVER,
        )
        .order_by(col(OrderContact.order_id))
        .limit(limit)
    ).all()
    for contact, order in rows:
        contact.name = contact.address = contact.flat = contact.note = ""
        contact.items_note = contact.pickup_address = contact.code = contact.language = ""
        contact.phone = None
        contact.blanked_at = now
        session.add(contact)
        _round_off(session, order)
        _forget_the_road(session, known(order.id), now=now)
    session.flush()
    return len(rows)


def _left(session: Session, *, now: datetime) -> list[tuple[str, datetime]]:
    """Whose bank account is kept although they have left, and when it is to go: not while a run is to pay them."""
    ids = [int(each.split(":")[1]) for each in payees.kept(session) if each.startswith("rider:")]
    days = rules(session, now=now) if ids else None
    if days is None:
        return []
    ended = session.exec(select(Person).where(col(Person.id).in_(ids), col(Person.ended_at).is_not(None)))
    kept = timedelta(days=days.bank_days)
    left = [(known(row.id), row.ended_at + kept) for row in ended if row.ended_at is not None]
    owed = runs.needing(session) if left else set()
    return [(runs.payee(person_id), at) for person_id, at in left if person_id not in owed]


def blank_accounts(session: Session, *, now: datetime) -> int:
    """Forget the bank accounts of people and restaurants who left long enough ago; how many."""
    due = [payee for payee, at in [*_left(session, now=now), *_closed(session, now=now)] if at <= now]
    return sum(payees.blank(session, payee, now=now) for payee in due)


def _closed(session: Session, *, now: datetime) -> list[tuple[str, datetime]]:
    """Restaurants that left and whose bank account is kept, as payees, and when it is to go.

    Not while a settlement is still to be issued, or its money to be paid or, refused or sent back, paid again.
    """
    days = rules(session, now=now)
    if days is None:
        return []
    found = places.accounts_to_forget(session, kept=timedelta(days=days.bank_days))
    owed = settling.needing(session) if found else set()
    return [(terms.restaurant(each), at) for each, at in found if each not in owed]


def drop_spent(session: Session, *, now: datetime) -> int:
    """Drop links, tries, visits, keys and decisions past their days, and blank the desk's old notes; how many."""
    session.flush()
    connection = session.connection()
    old = col(SignInLink.expires_at) <= now - LINKS_KEPT
    links = select(SignInLink.id).where(old)
    # What is not told by now is told to nobody: such a link has opened nothing for a week.
    connection.execute(
        update(Event)
        .where(col(Event.kind) == "sign_in", col(Event.link_id).in_(links))
        .values(link_id=None, spread_at=func.coalesce(Event.spread_at, literal(now, UtcDateTime)))
    )
    gone = connection.execute(delete(SignInLink).where(old)).rowcount
    for table, column, kept in (
        (SignInAttempt, SignInAttempt.at, ATTEMPTS_KEPT),
        (IdempotencyKey, IdempotencyKey.at, KEYS_KEPT),
        (Visit, Visit.expires_at, VISITS_KEPT),
    ):
        gone += connection.execute(delete(table).where(col(column) <= now - kept)).rowcount
    days = rules(session, now=now)
    if days is not None:
        said = col(DeskNote.at) <= now - timedelta(days=days.texts_days)
        notes = update(DeskNote).where(said, col(DeskNote.body) != "").values(body="")
        gone += connection.execute(notes).rowcount
        old_words = now - timedelta(days=days.texts_days)
        connection.execute(
            update(Incident)
            .where(col(Incident.closed_at) <= old_words, col(Incident.words) != "")
            .values(words="")
        )
        connection.execute(
            update(IncidentNote)
            .where(col(IncidentNote.at) <= old_words, col(IncidentNote.words) != "")
            .values(words="")
        )
        decided = col(Decision.made_at) <= now - timedelta(days=days.decisions_days)
        spent = select(Decision.id).where(decided)
        connection.execute(update(Job).where(col(Job.decision_id).in_(spent)).values(decision_id=None))
        gone += connection.execute(delete(Decision).where(decided)).rowcount
    gone += blank_accounts(session, now=now)
    session.expire_all()
    return gone


def _round_off(session: Session, order: Order) -> None:
    """Doors become neighbourhoods: two decimals of a degree are about a kilometre."""
    order.drop_lat, order.drop_lon = round(order.drop_lat, 2), round(order.drop_lon, 2)
    session.add(order)
    for stop in session.exec(select(Stop).where(Stop.order_id == order.id, Stop.kind == "drop")).all():
        stop.lat, stop.lon = round(stop.lat, 2), round(stop.lon, 2)
        session.add(stop)


def _forget_the_road(session: Session, order_id: int, *, now: datetime) -> None:
    """Who took it, its photo, where riders met, and what was said of a failed delivery; that they were stays."""
    proof = session.get(Proof, order_id)
    if proof is not None:
        proof.name = proof.photo = proof.reason = ""
        proof.blanked_at = now
        session.add(proof)
    for stop in session.exec(select(Stop).where(Stop.order_id == order_id, Stop.meeting != "")).all():
        stop.meeting = "a meeting"
        session.add(stop)
    for incident in session.exec(select(Incident).where(Incident.order_id == order_id)).all():
        incident.words = ""
        session.add(incident)


def photos_kept(session: Session) -> set[str]:
    """The pictures that proofs still name."""
    return set(session.exec(select(Proof.photo).where(Proof.photo != "")).all())


def texts_before(session: Session, *, now: datetime) -> datetime:
    """Texts as old as this have their words blanked."""
    return now - timedelta(days=books.in_force(session, at=now)[1].retention.texts_days)
