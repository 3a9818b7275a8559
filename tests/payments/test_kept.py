"""Papers stay as they were issued, also for a hand at the database itself: settlements, payslips and their lines."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from payments import pay, runs, settlements, settling
from tests.payments.rulebooks import adopted
from tests.payments.taxed import UNTAXED
from tests.payments.test_pay_runs import MONDAY as PAYDAY
from tests.payments.test_pay_runs import TREASURER, approved, spent, worked
from tests.payments.test_settlements import DAY, MONDAY, WEEK, drafted, issued, order


def refused(session: Session, *statements: str) -> None:
    """Each statement is refused by the database, in words."""
    session.flush()
    for statement in statements:
        with pytest.raises(DBAPIError, match="is append-only"), session.begin_nested():
            session.connection().execute(text(statement))


def done(session: Session, statement: str) -> None:
    """The statement changes one row."""
    session.flush()
    assert session.connection().execute(text(statement)).rowcount == 1


def columns(table: str, session: Session, **instead: str) -> str:
    """The columns of a table as they are read back, some of them otherwise."""
    names = session.connection().execute(text(f"SELECT * FROM {table}")).keys()
    return f"{table} ({', '.join(names)}) SELECT {', '.join(instead.get(name, name) for name in names)} FROM {table}"


def replaced(session: Session, table: str, **instead: str) -> None:
    """REPLACE is refused on SQLite whether or not its triggers see the delete; PostgreSQL's upsert is an UPDATE."""
    if session.connection().dialect.name == "sqlite":
        refused(session, f"INSERT OR REPLACE INTO {columns(table, session, **instead)}")
    else:
        refused(session, f"TRUNCATE {table} CASCADE")


def test_an_issued_settlement_stays_as_it_was_issued(session: Session) -> None:
    """No figure, number, party or line of it is changed or removed; that it is paid is written beside it."""
    adopted(session, UNTAXED)
    pay.delivered(session, order(1), now=MONDAY + DAY)
    row = issued(session, MONDAY + WEEK)
    settling.adjust(
        session, 7, kind="correction", amount_minor=5, reason="A bag", by=1, now=MONDAY + WEEK, number=1
    )
    money = ("opening_minor", "closing_minor", "payout_minor", "due_minor")
    refused(
        session,
        *(f"UPDATE settlement SET {name} = {name} + 1" for name in money),
        "UPDATE settlement SET number = 'FPR-0009'",
        "UPDATE settlement SET parties = '{}'",
        "UPDATE settlement SET seal = ''",
        "UPDATE settlement SET state = 'draft', sequence = NULL, number = NULL, issued_by = NULL",
        "DELETE FROM settlement",
        "UPDATE settlement_line SET amount_minor = amount_minor + 1",
        "DELETE FROM settlement_line",
        "UPDATE settlement_adjustment SET reason = 'Another'",
        "DELETE FROM settlement_adjustment",
    )
    for table, other in (
        ("settlement", {"payout_minor": "1"}),
        ("settlement", {"id": "id + 7"}),  # by its number
        ("settlement_line", {"amount_minor": "1"}),
        ("settlement_adjustment", {"amount_minor": "1"}),
    ):
        replaced(session, table, **other)
    settling.paid(session, row, by=1, now=MONDAY + WEEK + DAY)
    settling.close(session, row, by=1, now=MONDAY + WEEK + DAY)
    assert list(settlements.faults(session)) == []


def test_a_draft_settlement_may_be_changed(session: Session) -> None:
    """Nothing is kept of a draft until it is issued."""
    adopted(session, UNTAXED)
    pay.delivered(session, order(1), now=MONDAY + DAY)
    drafted(session, MONDAY + WEEK)
    done(session, "UPDATE settlement SET closing_minor = 1")
    done(session, "DELETE FROM settlement")


def test_an_approved_run_stays_as_it_was_approved(session: Session) -> None:
    """No line, deduction or person of it is changed, added or removed; that it is paid is written beside it."""
    worked(session)
    run = approved(session)
    refused(
        session,
        "UPDATE pay_run_line SET amount = amount + 1",
        "UPDATE pay_run_line SET rates = '[]'",
        "DELETE FROM pay_run_line",
        "UPDATE pay_run_deduction SET amount_minor = amount_minor - 1",
        "DELETE FROM pay_run_deduction",
        "UPDATE pay_run_person SET person_id = 99",
        "DELETE FROM pay_run_person",
        "UPDATE pay_run SET approved_by = 99",
        "UPDATE pay_run SET state = 'draft', approved_at = NULL, approved_by = NULL",
        "DELETE FROM pay_run",
        "INSERT INTO pay_run_deduction (run_id, person_id, kind, purpose, amount_minor) VALUES (1, 3, 'x', 'X', 1)",
    )
    for table, other in (
        ("pay_run", {"method": "'stripe'"}),
        ("pay_run_line", {"amount": "1"}),
        ("pay_run_deduction", {"amount_minor": "1"}),
        ("pay_run_person", {"attempt": "1"}),
    ):
        replaced(session, table, **other)
    runs.mark_paid(session, run, by=TREASURER, now=PAYDAY)
    assert runs.close(session, run, by=TREASURER, now=PAYDAY).state == "closed"


def test_a_draft_run_is_drawn_anew_beside_one_that_is_kept(session: Session) -> None:
    """Lines of a draft come and go, and none of them goes into the run that was approved before."""
    worked(session)
    first = approved(session)
    spent(session, 700, key="expense:late")
    runs.draft(session, on=PAYDAY, by=TREASURER, now=PAYDAY)
    second = runs.draft(session, on=PAYDAY, by=TREASURER, now=PAYDAY)
    refused(session, f"UPDATE pay_run_line SET run_id = {first.id} WHERE run_id = {second.id}")
    done(session, f"UPDATE pay_run_line SET amount = 1 WHERE run_id = {second.id}")
    done(session, f"DELETE FROM pay_run_line WHERE run_id = {second.id}")
