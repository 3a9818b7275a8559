"""The desk's switch and its purse: every pause is lifted at once, and no money goes back twice."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import orders
from dispatch.tables import known
from tests import factories


@pytest.fixture
def desk(session: Session, now: datetime) -> int:
    """A dispatcher of a co-op with its rulebook."""
    factories.adopt(session, now)
    return known(factories.person(session, now, 90, "dispatcher", name="Desk Person").id)


def test_orders_are_taken_again_after_two_pauses(session: Session, now: datetime, desk: int) -> None:
    """Two pauses were set, one over the other: taking orders again lifts them both."""
    for minutes in (60, 20):
        until = now + timedelta(minutes=minutes)
        orders.stop_taking(session, until=until, reason="hail", by=desk, now=now)
    orders.take_again(session, by=desk, now=now)
    session.flush()
    assert orders.pause(session, now=now) is None
    factories.order(session, now, factories.restaurant(session, now))
