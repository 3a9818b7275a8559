"""Instants, amounts and constraint names on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table, select
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable
from sqlmodel import Session, SQLModel

from payments.columns import Account, Minor, UtcDateTime

SAMPLE = Table(
    "column_sample",
    MetaData(naming_convention=SQLModel.metadata.naming_convention),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("amount_minor", Minor),
    Column("account", Account, unique=True),
    CheckConstraint("id > 0", name="positive"),
    CheckConstraint("id < 100", name="ck_column_sample_small"),
)


@pytest.fixture
def sample(session: Session) -> Session:
    """A session with the sample table."""
    SAMPLE.create(session.connection())
    return session


def test_an_instant_comes_back_aware_and_in_utc(sample: Session) -> None:
    """An instant written in any offset comes back as the same instant in UTC."""
    at = datetime(2026, 7, 1, 19, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    sample.connection().execute(SAMPLE.insert(), {"id": 1, "at": at})
    back = sample.connection().scalar(select(SAMPLE.c.at))
    assert back == at
    assert back is not None
    assert back.tzinfo is UTC
    assert sample.connection().scalar(select(SAMPLE.c.id).where(SAMPLE.c.at <= at)) == 1


def test_a_naive_instant_is_refused(sample: Session) -> None:
    """An instant without an offset is not written down."""
    with pytest.raises(StatementError, match="offset"):
        sample.connection().execute(SAMPLE.insert(), {"id": 1, "at": datetime(2026, 7, 1)})  # noqa: DTZ001


@pytest.mark.parametrize("amount", [1.0, True, "1"])
def test_an_amount_is_a_whole_number(sample: Session, amount: object) -> None:
    """A float, a boolean or text is no amount; a very large whole number is."""
    sample.connection().execute(SAMPLE.insert(), {"id": 1, "amount_minor": 2**62})
    assert sample.connection().scalar(select(SAMPLE.c.amount_minor)) == 2**62
    with pytest.raises(StatementError, match="whole number"):
        sample.connection().execute(SAMPLE.insert(), {"id": 2, "amount_minor": amount})


def test_nothing_is_nothing(sample: Session) -> None:
    """NULL stays NULL."""
    sample.connection().execute(SAMPLE.insert(), {"id": 1})
    assert tuple(sample.connection().execute(select(SAMPLE)).one()) == (1, None, None, None)


def test_constraints_are_named(sample: Session) -> None:
    """Names follow one pattern, and a CHECK's prefix is added once."""
    made = str(CreateTable(SAMPLE).compile(sample.connection()))
    for name in ("pk_column_sample", "uq_column_sample_account", "ck_column_sample_positive"):
        assert f"CONSTRAINT {name} " in made
    assert "CONSTRAINT ck_column_sample_small " in made


def test_a_check_without_a_name_is_refused() -> None:
    """A CHECK nobody named cannot even be declared."""
    table = Table("t", MetaData(naming_convention=SQLModel.metadata.naming_convention), Column("id", Integer))
    with pytest.raises(ValueError, match="no name"):
        table.append_constraint(CheckConstraint("id > 0"))
