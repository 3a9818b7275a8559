"""What is kept of people goes when its days are over, whichever kind it is of."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func
from sqlmodel import Session, SQLModel, select

from dispatch import events, people
from dispatch.tables import DeskNote, Event, IdempotencyKey, SignInAttempt, SignInLink, Visit, known
from infra import rounds
from infra.database import Database
from infra.jobs import JOBS, next_due, run_due
from payments import bank, payees
from payments.payees import PayeeAccount
from riders_app import outbox
from riders_app.tables import InboundText, Tap, Text, queue
from tests import factories
from tests.house import House

FORGET = [job for job in JOBS if job.name == "forget"]
TICK = timedelta(microseconds=1)


def _person(session: Session, now: datetime) -> int:
    return known(factories.person(session, now, 700, "rider").id)


def _text(session: Session, now: datetime) -> None:
    queue(session, "k", "desk_note", "personal words", now=now, person_id=_person(session, now))


def _inbound(session: Session, now: datetime) -> None:
    session.add(InboundText(vendor_id="v", phone="+447700900701", body="", received_at=now, due_at=now))


def _tap(session: Session, now: datetime) -> None:
    session.add(Tap(person_id=_person(session, now), key="k", verb="On", at=now, told_at=now))


def _attempt(session: Session, now: datetime) -> None:
    session.add(SignInAttempt(at=now, phone_hash="p", address_hash="a"))


def _visit(session: Session, now: datetime) -> None:
    session.add(Visit(person_id=_person(session, now), token_hash="t", started_at=now, expires_at=now))


def _key(session: Session, now: datetime) -> None:
    made = factories.restaurant(session, now)
    session.add(
        IdempotencyKey(restaurant_id=known(made.id), key="k", digest="d", status=201, answer={}, at=now)
    )


def _note(session: Session, now: datetime) -> None:
    person = _person(session, now)
    session.add(DeskNote(by_person_id=person, to_person_id=person, body="personal words", at=now))


def _link(session: Session, now: datetime) -> None:
    person = _person(session, now)
    link = people.new_link(session, person, secret=b"s", now=now - people.LINK_LIFE)
    events.write(session, "sign_in", now=now, person_id=person, link_id=known(link.id))


def _bank(session: Session, now: datetime) -> None:
    person = _person(session, now)
    payees.enter(session, f"rider:{person}", bank.account("Sam", "123456", "12345678"), by=person, now=now)
    people.end(session, person, by=person, reason="Moved away", now=now)


Kept = tuple[Callable[[Session, datetime], None], int, type[SQLModel], str]
KINDS: list[Kept] = [
    (_text, 90, Text, "body"),
    (_inbound, 90, InboundText, "phone"),
    (_tap, 90, Tap, ""),
    (_attempt, 1, SignInAttempt, ""),
    (_visit, 30, Visit, ""),
    (_key, 7, IdempotencyKey, ""),
    (_note, 90, DeskNote, "body"),
    (_link, 7, SignInLink, ""),
    (_bank, 90, PayeeAccount, "account_number"),
]


def _kept(database: Database, table: type[SQLModel], column: str) -> int:
    with database.reading() as session:
        words = [] if not column else [getattr(table, column) != ""]
        return session.connection().scalar(select(func.count()).select_from(table).where(*words)) or 0


@pytest.mark.parametrize(
    ("write", "days", "table", "column"), KINDS, ids=[each[0].__name__ for each in KINDS]
)
def test_each_kind_goes_on_its_day(
    house: House,
    write: Callable[[Session, datetime], None],
    days: int,
    table: type[SQLModel],
    column: str,
) -> None:
    """With no order's contact kept at all, each kind is due when its days are over, goes then, and is due no more."""
    now = house.now
    with house.database.writing() as session:
        write(session, now)
    over = now + timedelta(days=days)
    assert next_due(house.program, now, jobs=FORGET) == over
    assert run_due(house.program, over - TICK, jobs=FORGET) == 0
    assert _kept(house.database, table, column) == 1
    assert run_due(house.program, over, jobs=FORGET) == 1
    assert _kept(house.database, table, column) == 0
    with house.database.reading() as session:
        assert rounds.forget_due(session, over) is None


def test_the_first_of_all_kinds_calls(house: House) -> None:
    """Of many kinds the earliest is due next, and working them off one by one never sticks."""
    now = house.now
    with house.database.writing() as session:
        for number in range(5):
            at = now + timedelta(days=number)
            person = known(factories.person(session, at, 700 + number, "rider").id)
            queue(session, f"k{number}", "desk_note", "personal words", now=at, person_id=person)
            _attempt(session, at)
            session.add(
                InboundText(
                    vendor_id=f"v{number}", phone="+447700900701", body="B", received_at=at, due_at=at
                )
            )
    days = []
    while (at := next_due(house.program, now, jobs=FORGET)) is not None:
        assert run_due(house.program, at, jobs=FORGET) == 1
        days.append((at - house.now).days)
        now = at
    assert days == [1, 2, 3, 4, 5, 90, 91, 92, 93, 94]


def test_texts_left_over_from_a_long_stop_go_at_once(house: House) -> None:
    """After months without a server all texts past their days go in one round."""
    with house.database.writing() as session:
        person = _person(session, house.now)
        for number in range(3):
            at = house.now + timedelta(days=number)
            queue(session, f"k{number}", "desk_note", "personal words", now=at, person_id=person)
    late = house.now + timedelta(days=200)
    assert run_due(house.program, late, jobs=FORGET) == 1
    assert _kept(house.database, Text, "body") == 0
    assert next_due(house.program, late, jobs=FORGET) is None


def test_a_dropped_link_leaves_its_event_and_holds_up_no_text(house: House) -> None:
    """The event stays without its link, is told to nobody any more, and a text caught half sent is given up."""
    now = house.now
    with house.database.writing() as session:
        _link(session, now)
        event = session.exec(select(Event)).one()
        text = queue(
            session, "k", "sign_in", None, now=now, person_id=known(event.person_id), event_id=known(event.id)
        )
        text.state, text.claimed_at = "sending", now
        session.add(text)
    late = now + timedelta(days=8)
    assert run_due(house.program, late, jobs=FORGET) == 1
    with house.database.reading() as session:
        event = session.exec(select(Event)).one()
        assert (event.link_id, event.spread_at) == (None, late)
        assert session.exec(select(Text.state)).one() == "expired"
        assert outbox.next_due(session, late) is None


def test_without_a_rulebook_nothing_breaks(database: Database, now: datetime) -> None:
    """Before any rulebook is in force the looks answer, and what needs no rule of the members' still goes."""
    with database.writing() as session:
        _attempt(session, now)
    with database.reading() as session:
        assert rounds.forget_due(session, now) == now + timedelta(days=1)
