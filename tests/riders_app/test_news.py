"""What the carrier says became of a text is kept, in whatever order it comes."""

from sqlmodel import select

from dispatch import attention, people
from dispatch.tables import known
from riders_app import outbox
from riders_app.gateways.carrier import TwilioGateway
from riders_app.tables import Text, queue
from tests import factories
from tests.riders_app.conftest import Evening, text_of
from tests.riders_app.fake_twilio import FakeTwilio

Offered = tuple[Evening, int]


def sent(evening: Evening, twilio: TwilioGateway) -> str:
    """Send what waits; the carrier's id of the offer."""
    evening.gateway = twilio
    evening.jobs()
    vendor_id = text_of(evening, "offer").vendor_id
    assert vendor_id is not None
    return vendor_id


def tell(evening: Evening, vendor_id: str, *statuses: str, error: str | None = None) -> None:
    """News of a text comes in, in this order."""
    for status in statuses:
        with evening.database.writing() as session:
            outbox.news(session, vendor_id=vendor_id, status=status, error=error, now=evening.clock.now())


NEWS = {
    ("queued", "sent", "delivered"): "delivered",
    ("delivered", "sent", "queued"): "delivered",
    ("delivered", "undelivered"): "delivered",
    ("undelivered", "delivered"): "delivered",
    ("sent", "sent", "undelivered", "sent"): "undelivered",
    ("failed", "undelivered"): "failed",
    ("read",): "delivered",
    ("sending",): "sent",
}


def test_news_in_any_order_keeps_the_furthest_state(evening: Evening) -> None:
    """Whatever order news comes in and however often, a text never goes back from delivered.

    Who could not be reached is unreachable and put before a person; a text that arrived after all undoes that.
    """
    now = evening.clock.now()
    for number, statuses in enumerate(NEWS, 1):
        with evening.database.writing() as session:
            person = factories.person(session, now, number, "rider")
            row = queue(session, f"k{number}", "desk_note", "hi", now=now, person_id=known(person.id))
            row.state, row.vendor_id = "sent", f"SM{number}"
        tell(evening, f"SM{number}", *statuses)
        with evening.database.reading() as session:
            row = session.exec(select(Text).where(Text.vendor_id == f"SM{number}")).one()
            lost = row.state in ("undelivered", "failed")
            assert row.state == NEWS[statuses], statuses
            assert (people.get(session, known(row.person_id)).unreachable_at is not None) == lost
            keys = {found.key for found in attention.open_(session)}
            assert (f"unreachable:{row.person_id}" in keys) == lost


def test_news_before_its_id_is_known_is_not_lost(
    offered: Offered, twilio: TwilioGateway, fake: FakeTwilio
) -> None:
    """A status that overtakes our own answer from the carrier is acted on once the id is known."""
    evening, _ = offered
    tell(evening, f"SM{0:032d}", "delivered")
    evening.gateway = twilio
    evening.jobs()
    by_id = {t.vendor_id: t.state for t in evening.texts()}
    assert by_id[f"SM{0:032d}"] == "delivered"


def test_an_offer_that_ran_out_in_the_carriers_queue_blames_no_phone(
    offered: Offered, twilio: TwilioGateway
) -> None:
    """Error 30036 (validity over) makes the text expired, and the rider stays reachable."""
    evening, _ = offered
    vendor_id = sent(evening, twilio)
    tell(evening, vendor_id, "failed", error="30036")
    assert text_of(evening, "offer").state == "expired"
    assert evening.open_attention() == []
