"""What the jobs write down of a fault: which row and what kind of fault, and no word of anybody's."""

import logging

import pytest

from dispatch import events
from tests import factories
from tests.riders_app.conftest import RIDER, Evening


def test_a_text_that_breaks_logs_no_number(evening: Evening, caplog: pytest.LogCaptureFixture) -> None:
    """PostgreSQL tells the row it refuses, number and all: the log holds the text's id and the fault's class."""
    with evening.database.writing() as session:
        factories.rider(session, evening.clock.now())
    with evening.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX once ON inbound_text (phone, reading)")
    with caplog.at_level(logging.WARNING):
        for vendor_id in ("SM1", "SM2"):
            evening.hears(RIDER, "MENU", vendor_id)
    assert "text 2 could not be acted on: IntegrityError" in caplog.messages
    assert RIDER not in caplog.text
    assert "Traceback" not in caplog.text


def test_an_event_that_cannot_be_told_logs_its_class(
    evening: Evening, caplog: pytest.LogCaptureFixture
) -> None:
    """An event that breaks is logged by its id and the fault's class, without the fault's own words."""
    with evening.database.writing() as session:
        now = evening.clock.now()
        person = factories.person(session, now, 1, "rider")
        events.write(session, "offer_made", now=now, person_id=person.id)  # of no job: a slip
    with caplog.at_level(logging.WARNING):
        evening.jobs()
    assert caplog.messages == ["event 1 could not be told: AssertionError"]
    assert "Traceback" not in caplog.text
