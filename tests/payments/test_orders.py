"""What delivering, undoing, refunding and cancelling an order does to the books."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from payments import books, checks, pay, terms
from payments.errors import (
    AlreadyBooked,
    BadAmount,
    KeyReused,
    NoRulebook,
    NotBooked,
    RefundStands,
    RefundTooLarge,
)
from payments.ledger import Entry, balances
from payments.pay import OrderMoney
from payments.rulebook import parse
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK, adopted

HOUR = timedelta(hours=1)
CARD = OrderMoney(17, 7, 3, 2000, 440, 250, "card")
ACCOUNT = replace(CARD, paid_by="account")


@pytest.fixture
def ready(session: Session) -> Session:
    """A session with the Finsbury Park rulebook in force."""
    adopted(session)
    return session


def held(session: Session) -> dict[str, int]:
    return {account: amount for account, amount in books.balances(session, "").items() if amount}


def test_a_card_order_is_split(ready: Session, now: datetime) -> None:
    """26.90 by card: 17.00 to the restaurant, 2.50 to the rider, 3.00 and 4.40 to the co-op, which bears the card."""
    pay.delivered(ready, CARD, now=now)
    assert held(ready) == {
        "outside:card": -2690 + 60,  # 1.5 % and 20p, rounded half up
        "restaurant:7": 1700,
        "co-op:commission": 300,
        "co-op:delivery": 440,
        "rider:3:tips": 250,
        "co-op:card-cost": -60,
    }
    assert checks.findings(ready) == []


def test_an_account_order_is_owed_by_the_restaurant(ready: Session, now: datetime) -> None:
    """On account the money is in the restaurant's till: it owes the fee, the tip and the commission."""
    pay.delivered(ready, ACCOUNT, now=now)
    assert held(ready) == {
        "outside:customers": -2690,
        "restaurant:7:till": 2690,
        "restaurant:7": -990,
        "co-op:commission": 300,
        "co-op:delivery": 440,
        "rider:3:tips": 250,
    }
    assert checks.findings(ready) == []


@pytest.mark.parametrize("order", [CARD, ACCOUNT])
def test_a_tip_reaches_the_rider_whole(ready: Session, now: datetime, order: OrderMoney) -> None:
    """A tip of 2.50 is 2.50 to the rider, whatever the card costs (Allocation of Tips Act 2023)."""
    pay.delivered(ready, order, now=now)
    assert books.balance(ready, "rider:3:tips") == 250


def test_delivered_again_is_the_same_entry(ready: Session, now: datetime) -> None:
    """Marked delivered again, later, and even after the rules changed, it is the entry of the first time."""
    number = pay.delivered(ready, CARD, now=now)
    adopted(ready, BY_THE_DROP, effective_on=date(2026, 6, 1))
    assert {pay.delivered(ready, CARD, now=now + HOUR * late) for late in range(3)} == {number}
    with pytest.raises(KeyReused):
        pay.delivered(ready, replace(CARD, tip_minor=0), now=now)


def test_an_order_is_delivered_once(ready: Session, now: datetime) -> None:
    """A second attempt cannot be booked while the first stands."""
    pay.delivered(ready, CARD, now=now)
    with pytest.raises(AlreadyBooked):
        pay.delivered(ready, replace(CARD, attempt=2), now=now)


def test_undoing_gives_everything_back(ready: Session, now: datetime) -> None:
    """An undone delivery leaves nought everywhere, may be repeated, and the next attempt is booked anew."""
    pay.delivered(ready, CARD, now=now)
    undone = pay.undelivered(ready, 17, 1, why="undone by the rider", now=now + HOUR)
    assert held(ready) == {}
    assert pay.undelivered(ready, 17, 1, why="undone by the rider", now=now + 2 * HOUR) == undone
    pay.delivered(ready, replace(CARD, attempt=2), now=now + HOUR)
    assert books.balance(ready, "rider:3:tips") == 250
    pay.delivered(ready, CARD, now=now)  # a late repeat of the first attempt
    assert books.balance(ready, "rider:3:tips") == 250
    assert checks.findings(ready) == []


def test_undoing_another_attempt_is_refused(ready: Session, now: datetime) -> None:
    """Undoing an attempt that was never booked, while another stands, is a mistake."""
    pay.delivered(ready, CARD, now=now)
    with pytest.raises(NotBooked):
        pay.undelivered(ready, 17, 2, why="undone by the rider", now=now)


@pytest.mark.parametrize("paid_by", ["card", "account"])
def test_a_free_meal_moves_nothing(
    ready: Session, now: datetime, paid_by: Literal["card", "account"]
) -> None:
    """An order nobody pays for is delivered, undone and cancelled without an entry."""
    free = OrderMoney(18, 7, 3, 0, 0, 0, paid_by)
    assert pay.delivered(ready, free, now=now) is None
    assert pay.undelivered(ready, 18, 1, why="undone by the rider", now=now) is None
    assert pay.cancelled(ready, free, stage="picked_up", now=now) is None
    assert list(books.booked(ready)) == []


@pytest.mark.parametrize(
    ("order", "liable", "moved"),
    [
        (CARD, "restaurant", {"outside:card": 500, "restaurant:7": -500}),
        (CARD, "co-op", {"outside:card": 500, "co-op:refunds": -500}),
        (ACCOUNT, "restaurant", {"outside:customers": 500, "restaurant:7:till": -500}),
        (
            ACCOUNT,
            "co-op",
            {"outside:customers": 500, "restaurant:7:till": -500, "restaurant:7": 500, "co-op:refunds": -500},
        ),
    ],
)
def test_who_is_liable_bears_the_refund(
    ready: Session,
    now: datetime,
    order: OrderMoney,
    liable: Literal["restaurant", "co-op"],
    moved: dict[str, int],
) -> None:
    """The customer has 5.00 back from whoever holds the money, at the cost of whoever is liable."""
    pay.delivered(ready, order, now=now)
    before = books.balances(ready, "")
    pay.refunded(ready, 17, amount_minor=500, liable=liable, why="cold", attempt=1, now=now)
    after = books.balances(ready, "")
    assert {
        each: after[each] - before.get(each, 0) for each in after if after[each] != before.get(each, 0)
    } == moved
    assert checks.findings(ready) == []


@pytest.mark.parametrize("order", [CARD, ACCOUNT])
def test_no_more_is_given_back_than_was_paid(ready: Session, now: datetime, order: OrderMoney) -> None:
    """Refunds together never exceed food and fee; the tip stays the rider's to the last penny."""
    pay.delivered(ready, order, now=now)
    assert pay.refundable(ready, 17) == 2440
    pay.refunded(ready, 17, amount_minor=2000, liable="co-op", why="cold", attempt=1, now=now)
    with pytest.raises(RefundTooLarge) as refused:
        pay.refunded(ready, 17, amount_minor=441, liable="co-op", why="late", attempt=2, now=now)
    assert (refused.value.asked_minor, refused.value.left_minor) == (441, 440)
    pay.refunded(ready, 17, amount_minor=440, liable="restaurant", why="late", attempt=2, now=now)
    with pytest.raises(RefundTooLarge):
        pay.refunded(ready, 17, amount_minor=1, liable="co-op", why="more", attempt=3, now=now)
    assert books.balance(ready, "rider:3:tips") == 250
    assert checks.findings(ready) == []


def test_a_refund_again_is_the_same_entry(ready: Session, now: datetime) -> None:
    """The same refund asked twice gives money back once, even when there is none left for a second."""
    pay.delivered(ready, CARD, now=now)
    number = pay.refunded(ready, 17, amount_minor=2440, liable="co-op", why="lost", attempt=1, now=now)
    again = pay.refunded(ready, 17, amount_minor=2440, liable="co-op", why="lost", attempt=1, now=now + HOUR)
    assert again == number
    with pytest.raises(KeyReused):
        pay.refunded(ready, 17, amount_minor=2000, liable="co-op", why="lost", attempt=1, now=now)


@pytest.mark.parametrize("amount", [0, -5, 1.5, True])
def test_a_refund_is_an_amount(ready: Session, now: datetime, amount: int) -> None:
    """Nothing, a negative or a fraction of a penny is not given back."""
    pay.delivered(ready, CARD, now=now)
    with pytest.raises(BadAmount):
        pay.refunded(ready, 17, amount_minor=amount, liable="co-op", why="cold", attempt=1, now=now)


def test_a_rider_never_bears_a_refund(ready: Session, now: datetime) -> None:
    """Only the restaurant or the co-op can be liable."""
    pay.delivered(ready, CARD, now=now)
    with pytest.raises(BadAmount):
        pay.refunded(ready, 17, amount_minor=5, liable=cast(Any, "rider"), why="cold", attempt=1, now=now)


def test_a_restaurant_paid_nothing_gives_nothing_back(ready: Session, now: datetime) -> None:
    """On an order with only a fee, the co-op can give the fee back and the restaurant cannot."""
    pay.delivered(ready, replace(CARD, value_minor=0), now=now)
    with pytest.raises(BadAmount):
        pay.refunded(ready, 17, amount_minor=5, liable="restaurant", why="late", attempt=1, now=now)
    pay.refunded(ready, 17, amount_minor=440, liable="co-op", why="late", attempt=1, now=now)


def test_only_what_is_delivered_is_refunded(ready: Session, now: datetime) -> None:
    """An order that was never delivered, or was undone, has nothing to give back."""
    with pytest.raises(NotBooked):
        pay.refunded(ready, 17, amount_minor=5, liable="co-op", why="cold", attempt=1, now=now)
    pay.delivered(ready, CARD, now=now)
    pay.undelivered(ready, 17, 1, why="undone by the rider", now=now)
    with pytest.raises(NotBooked):
        pay.refundable(ready, 17)


def test_a_refund_stands_in_the_way_of_undoing(ready: Session, now: datetime) -> None:
    """A delivery with money given back is not undone until the refund is."""
    pay.delivered(ready, CARD, now=now)
    pay.refunded(ready, 17, amount_minor=5, liable="co-op", why="cold", attempt=1, now=now)
    with pytest.raises(RefundStands):
        pay.undelivered(ready, 17, 1, why="undone by the rider", now=now)
    books.reverse(ready, "order:17:refunded:1", new_key="order:17:unrefunded:1", why="wrong order", now=now)
    pay.undelivered(ready, 17, 1, why="undone by the rider", now=now)
    again = pay.refunded(ready, 17, amount_minor=5, liable="co-op", why="cold", attempt=1, now=now)
    assert again == 2
    assert held(ready) == {}
    assert checks.findings(ready) == []


def test_cancelled_before_pick_up_moves_nothing(ready: Session, now: datetime) -> None:
    """Nothing was booked, so nothing is undone; the customer's money goes back by the way it came."""
    assert pay.cancelled(ready, CARD, stage="cooking", now=now) is None
    assert list(books.booked(ready)) == []


def test_cancelled_with_the_food_on_the_bike_pays_the_restaurant(ready: Session, now: datetime) -> None:
    """After pick-up the restaurant has the whole price of its food from the co-op, once."""
    number = pay.cancelled(ready, CARD, stage="picked_up", now=now)
    assert held(ready) == {"restaurant:7": 2000, "co-op:refunds": -2000}
    assert pay.cancelled(ready, CARD, stage="picked_up", now=now + HOUR) == number
    with pytest.raises(AlreadyBooked):
        pay.delivered(ready, CARD, now=now)
    assert checks.findings(ready) == []


def test_cancelling_undoes_what_was_booked(ready: Session, now: datetime) -> None:
    """An order marked delivered and then cancelled is undone first, whatever its attempt."""
    pay.delivered(ready, CARD, now=now)
    pay.undelivered(ready, 17, 1, why="undone by the rider", now=now)
    pay.delivered(ready, replace(CARD, attempt=2), now=now)
    number = pay.cancelled(ready, replace(CARD, attempt=2), stage="cooking", now=now + HOUR)
    assert number == 4
    assert held(ready) == {}
    with pytest.raises(BadAmount):
        pay.cancelled(ready, CARD, stage=cast(Any, "lost"), now=now)


def test_no_rulebook_no_money(session: Session, now: datetime) -> None:
    """Before the members adopted any rules nothing is booked."""
    with pytest.raises(NoRulebook):
        pay.delivered(session, CARD, now=now)


@pytest.mark.parametrize("fault", [{"value_minor": -1}, {"tip_minor": 0.5}, {"paid_by": "cash"}])
def test_an_order_has_whole_amounts(fault: dict[str, Any]) -> None:
    """A negative, a fraction or an unknown way of paying is refused at birth."""
    with pytest.raises(BadAmount):
        replace(CARD, **fault)


MONEY = st.integers(0, 100_000)
RULES = [parse(FINSBURY_PARK), parse(BY_THE_DROP)]


@given(MONEY, MONEY, MONEY, st.sampled_from(["card", "account"]), st.sampled_from(RULES))
def test_a_split_conserves_and_reads_back(
    value: int, fee: int, tip: int, paid_by: Literal["card", "account"], rulebook: Any
) -> None:
    """What customers paid is what others were given; the postings tell the order; the tip is whole."""
    order = OrderMoney(1, 7, 3, value, fee, tip, paid_by)
    postings = terms.order_postings(rulebook, order, date(2026, 11, 20))
    assert (not postings) == (order.total_minor == 0)
    if not postings:
        return
    entry = Entry(
        "k", datetime.fromisoformat("2026-11-20T18:00:00+00:00"), "w", postings, "GBP", "1", "order:1"
    )
    held_now = {account: amount for (account, _), amount in balances([entry]).items()}
    assert sum(held_now.values()) == 0
    assert held_now.get("rider:3:tips", 0) == tip
    assert held_now.get("co-op:delivery", 0) == fee
    taken = held_now.get("co-op:commission", 0)
    assert abs(taken * 10_000 - value * rulebook.revenue.commission_bp) <= 5_000
    assert held_now.get("restaurant:7", 0) == (value - taken if paid_by == "card" else -fee - tip - taken)
    sale = terms.read_sale(postings)
    assert (sale.value_minor, sale.delivery_fee_minor, sale.tip_minor, sale.paid_by) == (
        value,
        fee,
        tip,
        paid_by,
    )
