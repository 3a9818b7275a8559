"""The desk's switch and its purse: every pause is lifted at once, and no money goes back twice."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import changes, deliveries, incidents, orders, overrides
from dispatch.errors import WrongState
from dispatch.tables import Order, known
from payments import books, checks
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


def ridden(session: Session, now: datetime, desk: int, *, delivered: bool, paid_by: str = "card") -> Order:
    """One order of 20 pounds, picked up by hand of the desk, and delivered or given up."""
    shift = factories.rider(session, now)
    order = factories.order(session, now, factories.restaurant(session, now), paid_by=paid_by)
    job = overrides.assign(session, order, shift.person_id, by=desk, now=now)
    deliveries.got(session, shift.person_id, job.number, now=now)
    if delivered:
        deliveries.done(session, shift.person_id, job.number, now=now)
    else:
        incidents.failed(session, order, "abandoned", by=desk, reason="Nobody home", now=now)
    return order


def test_a_refund_said_twice_is_given_once(session: Session, now: datetime, desk: int) -> None:
    """The same refund by the same number is one; other facts by that number are refused; without one it is new."""
    order = ridden(session, now, desk, delivered=True)

    def give(amount_minor: int, number: int | None) -> int:
        row = orders.refund(
            session,
            order,
            amount_minor=amount_minor,
            liable="co-op",
            reason="cold ",
            by=desk,
            now=now,
            number=number,
        )
        return known(row.id)

    first = give(500, 1)
    assert give(500, 1) == first
    for amount, number in ((700, 1), (500, 3), (500, 0)):
        with pytest.raises(WrongState, match="Another refund of this order was made"):
            give(amount, number)
    assert len(orders.refunds(session, known(order.id))) == 1
    assert give(500, 2) != first
    give(500, None)
    assert [row.number for row in orders.refunds(session, known(order.id))] == [1, 2, 3]
    assert books.balance(session, "co-op:refunds", unit="GBP") == -1500
    assert checks.findings(session) == []


@pytest.mark.parametrize(
    ("paid_by", "sentence"),
    [("card", "card money already went back in full"), ("account", "the restaurant gives its customer")],
)
def test_food_that_failed_has_no_refund_left_to_give(
    session: Session, now: datetime, desk: int, paid_by: str, sentence: str
) -> None:
    """A refund of food that was never delivered is refused by saying where the customer's money already is."""
    order = ridden(session, now, desk, delivered=False, paid_by=paid_by)
    with pytest.raises(WrongState, match=sentence):
        orders.refund(session, order, amount_minor=500, liable="co-op", reason="cold", by=desk, now=now)


def test_an_order_that_was_not_delivered_says_why_it_has_no_refund(
    session: Session, now: datetime, desk: int
) -> None:
    """One still open is to be cancelled; one cancelled has no money to give back."""
    order = factories.order(session, now, factories.restaurant(session, now))
    with pytest.raises(WrongState, match="cancel one that is still open"):
        orders.refund(session, order, amount_minor=500, liable="co-op", reason="cold", by=desk, now=now)
    changes.cancel(session, order, reason="the customer rang", now=now)
    with pytest.raises(WrongState, match="This order was cancelled"):
        orders.refund(session, order, amount_minor=500, liable="co-op", reason="cold", by=desk, now=now)


@pytest.mark.parametrize(
    ("minutes", "ready", "stage"),
    [(60, False, "before_kitchen"), (15, False, "cooking"), (60, True, "ready")],
)
def test_how_far_an_order_had_come(
    session: Session, now: datetime, minutes: int, ready: bool, stage: str
) -> None:
    """A kitchen begins twenty minutes before its food is to be ready, and is done when it says so."""
    factories.adopt(session, now)
    order = factories.order(session, now, factories.restaurant(session, now), ready_min=minutes)
    if ready:
        orders.ready(session, order, now=now)
    assert orders.stage(session, order, now=now) == stage


def test_food_that_failed_goes_back_by_a_row(session: Session, now: datetime, desk: int) -> None:
    """What was paid by card for food that never came is one refund row, borne as the rulebook says, with its entry."""
    order = ridden(session, now, desk, delivered=False)
    (row,) = orders.refunds(session, known(order.id))
    assert (row.kind, row.amount_minor, row.fee_minor) == (
        "cancelled", order.value_minor + order.fee_minor + order.tip_minor, order.fee_minor,
    )  # fmt: skip
    assert (row.liable, row.by_person_id, books.balance(session, "co-op:refunds")) == ("co-op", desk, -2000)
    on_account = ridden_on_account(session, now, desk)
    assert orders.refunds(session, known(on_account.id)) == []
    assert checks.findings(session) == []


def ridden_on_account(session: Session, now: datetime, desk: int) -> Order:
    """An order paid at the restaurant and cancelled: its money is the restaurant's to give back."""
    order = factories.order(session, now, factories.restaurant(session, now), "A-2", paid_by="account")
    return changes.cancel(session, order, reason="Ill", by=desk, now=now)
