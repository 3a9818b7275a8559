"""What was texted is forgotten in its time."""

from datetime import timedelta

from sqlmodel import select

from riders_app import outbox
from riders_app.tables import InboundText
from tests.riders_app.conftest import RIDER, Evening

Offered = tuple[Evening, int]


def test_old_words_are_forgotten(offered: Offered) -> None:
    """Bodies and numbers older than the rulebook's days are blanked, in and out; newer ones stay."""
    evening, _ = offered
    evening.jobs()
    evening.hears(RIDER, "MENU")
    evening.pass_(days=91)
    evening.hears(RIDER, "PAY")
    with evening.database.writing() as session:
        assert outbox.forget(session, before=evening.clock.now() - timedelta(days=90)) > 0
    with evening.database.reading() as session:
        inbound = session.exec(select(InboundText).order_by(InboundText.id)).all()  # type: ignore[arg-type]
        assert [(t.body, t.phone) for t in inbound] == [("", ""), ("PAY", RIDER)]
    assert [bool(t.body) for t in evening.texts()] == [False, False, False, True]
