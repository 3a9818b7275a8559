"""A database handed from test to test is as new, or is not handed on."""

import pytest
from sqlalchemy import text

from infra.database import Database
from tests import factories
from tests.conftest import FRIDAY_SIX
from tests.emptying import emptied, shape

pytestmark = pytest.mark.parametrize("made_url", ["postgresql"], indirect=True)


def test_rows_go_and_numbers_begin_anew(database: Database, made_url: str) -> None:
    """Rows that triggers keep are thrown away too, whoever holds a transaction open, and the next number is one."""
    whole = shape(made_url)
    with database.writing() as session:
        factories.adopt(session, FRIDAY_SIX)
        factories.person(session, FRIDAY_SIX, 1, "member")
    with database.reading() as session:
        session.connection().execute(text("SELECT 1"))
        assert emptied(made_url, whole)
        session.invalidate()
    with database.writing() as session:
        assert session.connection().scalar(text("SELECT count(*) FROM rulebook_version")) == 0
        assert factories.person(session, FRIDAY_SIX, 2, "member").id == 1


@pytest.mark.parametrize(
    "tampering",
    [
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "DROP TRIGGER entry_append_only ON entry",
        "CREATE SCHEMA beside",
        "ALTER TABLE person ADD COLUMN more text",
        "ALTER TABLE entry DROP CONSTRAINT uq_entry_prev_hash",
    ],
)
def test_a_database_that_was_tampered_with_is_seen(database: Database, made_url: str, tampering: str) -> None:
    """One whose triggers, tables, constraints or schemas are others is not taken for new."""
    whole = shape(made_url)
    with database.engine.begin() as connection:
        connection.execute(text(tampering))
    assert not emptied(made_url, whole)
