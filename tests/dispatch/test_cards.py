"""Orders paid online by their customers, at the pretend Stripe: from the page to the reconciled books."""

import re
from typing import Any

import pytest
from sqlmodel import select

from dispatch import cards, orders
from dispatch.tables import Order
from payments import checks, payouts
from payments.rails import payees, reconciling
from payments.rails.tables import CardPayment
from tests.dispatch.online import (
    arrived,
    attentions,
    balance,
    deliver,
    onboarded,
    open_now,
    page,
    paid_out,
    pay,
    placed,
    stripe_of,
)
from tests.house import House, Till
from tests.marks import SQLITE_FIRST

# Quick tests run on SQLite, and `make deep` on PostgreSQL too; what races or is cut runs on both at once.
pytestmark = SQLITE_FIRST


def test_an_order_is_paid_ahead_and_taken_when_it_is_delivered(house: House, luna: Till, sam: int) -> None:
    """The customer's money waits as theirs until the food is there; then nothing of it is left but what is owed on.

    Ridden by text message; undone and done again, it is taken once.
    """
    house.text("+447700900001", "ON")
    order_id = placed(house, luna)
    total = page(house, order_id).amount_minor
    assert pay(house, order_id) is None
    assert balance(house, f"customer:{order_id}") == total
    deliver(house, "+447700900001")
    assert balance(house, f"customer:{order_id}") == 0
    house.text("+447700900001", "UNDO")
    assert balance(house, f"customer:{order_id}") == total
    assert open_now(house) == {}
    house.text("+447700900001", "DONE")
    assert balance(house, f"customer:{order_id}") == 0
    with house.reading() as session:
        fee = session.exec(select(CardPayment.fee_minor)).one()
        assert checks.findings(session, now=house.now) == []
    assert balance(house, "co-op:card-cost") == -(fee or 0)
    assert balance(house, "outside:card") == -(total - (fee or 0))
    assert balance(house, f"rider:{sam}:tips") == 250
    assert open_now(house) == {}


def test_a_cancelled_order_gives_everything_back(house: House, luna: Till) -> None:
    """Cancelled after it was paid, all of it goes back by itself; cancelled before, a late payment does."""
    first, second = placed(house, luna, "A-1"), placed(house, luna, "A-2")
    pay(house, first)
    for reference in ("A-1", "A-2"):
        with house.reading() as session:
            public = session.exec(select(Order.public_id).where(Order.external_id == reference)).one()
        answer = house.client.post(
            f"/v1/orders/{public}/cancel", json={"reason": "out of dough"}, headers=luna.headers
        )
        assert answer.status_code == 200, answer.text
    house.move(0)
    pay(house, second)
    house.move(1)
    refunds = stripe_of(house).all("refund")
    assert sorted(each["amount"] for each in refunds) == sorted(
        each["amount"] for each in stripe_of(house).all("charge")
    )
    assert balance(house, f"customer:{first}") == balance(house, f"customer:{second}") == 0
    assert open_now(house) == {}


def test_a_declined_card_leaves_the_page_open(house: House, luna: Till) -> None:
    """A refused card takes nothing, and the same page can be paid with another."""
    order_id = placed(house, luna)
    assert pay(house, order_id, "declined") == "Your card was declined."
    assert stripe_of(house).all("charge") == []
    assert pay(house, order_id) is None


def test_paid_twice_the_second_goes_back(house: House, luna: Till) -> None:
    """A customer who pays an old page and a new one is given one of the two back."""
    order_id = placed(house, luna)
    old = page(house, order_id)
    with house.database.writing() as session:
        row = session.get_one(CardPayment, old.id)
        row.expires_at = house.now
        session.add(row)
        cards.ask(session, orders.by_id(session, order_id), now=house.now)
    house.move(0)
    pay(house, order_id)
    stripe_of(house).pay(str(old.session_id), "visa")
    house.move(1)
    assert [each["amount"] for each in stripe_of(house).all("refund")] == [old.amount_minor]
    assert balance(house, f"customer:{order_id}") == old.amount_minor
    assert open_now(house) == {}


def test_a_restaurant_is_sent_its_money_and_gives_back_what_it_must(
    house: House, luna: Till, sam: int
) -> None:
    """A pending charge that covers it carries the transfer; a refund the restaurant bears then reverses a part."""
    order_id = placed(house, luna)
    pay(house, order_id)
    arrived(house, order_id, sam)
    payee = f"restaurant:{luna.id}"
    onboarded(house, payee)
    amount = paid_out(house, payee)
    transfer = stripe_of(house).all("transfer")[0]
    assert (transfer["amount"], transfer["transfer_group"]) == (amount, f"order:{order_id}")
    assert transfer["source_transaction"] == stripe_of(house).all("charge")[0]["id"]
    assert balance(house, payee) == 0
    with house.database.writing() as session:
        order = orders.by_id(session, order_id)
        orders.refund(
            session, order, amount_minor=300, liable="restaurant", reason="cold", by=1, now=house.now
        )
    house.move(1)
    assert [each["amount"] for each in stripe_of(house).all("refund")] == [300]
    assert [each["amount"] for each in stripe_of(house).all("transfer_reversal")] == [300]
    assert balance(house, payee) == 0
    assert open_now(house) == {}
    with house.reading() as session:
        assert checks.findings(session, now=house.now) == []


def test_not_enough_money_waits_and_says_so(house: House, luna: Till, sam: int) -> None:
    """A transfer that Stripe's balance does not cover stays held, is told to a person, and goes once it does."""
    order_id = placed(house, luna)
    arrived(house, order_id, sam)
    payee = f"restaurant:{luna.id}"
    onboarded(house, payee)
    amount = paid_out(house, payee)
    with house.reading() as session:
        assert payouts.of(session, payee)[0].state == "sending"
        assert "enough available money" in payouts.of(session, payee)[0].error
    assert {"stripe_waits", "card_unpaid"} <= attentions(house)
    pay(house, order_id, "at-once")
    house.move(15)
    with house.reading() as session:
        assert payouts.of(session, payee)[0].state == "paid"
    assert [each["amount"] for each in stripe_of(house).all("transfer")] == [amount]
    assert "stripe_waits" not in attentions(house)
    assert open_now(house) == {}


def test_money_goes_to_the_bank_and_may_come_back(house: House, luna: Till, sam: int) -> None:
    """A payout by hand moves it to the bank's account, and one the bank sends back is undone."""
    order_id = placed(house, luna)
    pay(house, order_id, "at-once")
    arrived(house, order_id, sam)
    with house.database.writing() as session:
        payees.to_bank(session, 1000, currency="GBP", claim="form-1", now=house.now)
        payees.to_bank(session, 1000, currency="GBP", claim="form-1", now=house.now)
    house.move(0)
    assert balance(house, "outside:bank") == -1000
    assert open_now(house) == {}
    stripe_of(house).bank(stripe_of(house).all("payout")[0]["id"], arrives=False)
    house.move(0)
    assert balance(house, "outside:bank") == 0
    assert "stripe_failed" in attentions(house)
    assert open_now(house) == {}


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_is_the_co_ops_and_ends(house: House, luna: Till, sam: int, won: bool) -> None:
    """Taken back with its fee at once, told with its date; won, the money is back and the fee is not."""
    order_id = placed(house, luna)
    total = page(house, order_id).amount_minor
    pay(house, order_id, "disputed")
    arrived(house, order_id, sam)
    assert balance(house, "co-op:disputes") == -total
    assert "card_dispute" in attentions(house)
    assert open_now(house) == {}
    stripe_of(house).close_dispute(stripe_of(house).all("dispute")[0]["id"], won=won)
    house.move(0)
    assert balance(house, "co-op:disputes") == (0 if won else -total)
    assert "card_dispute" not in attentions(house)
    assert open_now(house) == {}
    with house.reading() as session:
        assert checks.findings(session, now=house.now) == []


def test_what_was_done_in_stripes_pages_is_listed_and_can_be_booked(
    house: House, luna: Till, sam: int
) -> None:
    """A refund made past us is a difference with its cause, until a named person has the books follow."""
    order_id = placed(house, luna)
    pay(house, order_id)
    arrived(house, order_id, sam)
    charge = stripe_of(house).all("charge")[0]["id"]
    stripe_of(house).refund_in_dashboard(charge, 150)
    house.move(0)
    refund = stripe_of(house).all("refund")[0]["id"]
    assert open_now(house) == {refund: "dashboard-refund"}
    with house.database.writing() as session:
        (row,) = reconciling.open_(session)
        assert (row.stripe_minor, row.books_minor) == (-150, 0)
        reconciling.book(session, row.id or 0, by=1, note="Ana was given it back by hand", now=house.now)
        reconciling.book(session, row.id or 0, by=1, note="Ana was given it back by hand", now=house.now)
    assert balance(house, "co-op:refunds") == -150
    assert open_now(house) == {}


def test_an_unpaid_order_can_be_delivered_and_is_told(house: House, luna: Till, sam: int) -> None:
    """Delivered before it was paid, the customer owes it, nobody else is short, and paying settles it."""
    order_id = placed(house, luna)
    total = page(house, order_id).amount_minor
    arrived(house, order_id, sam)
    assert balance(house, f"customer:{order_id}") == -total
    assert open_now(house) == {f"unpaid:{order_id}": "unpaid"}
    pay(house, order_id)
    assert balance(house, f"customer:{order_id}") == 0
    assert "card_unpaid" not in attentions(house)
    assert open_now(house) == {}


def test_a_customer_pays_on_the_pages(house: House, luna: Till) -> None:
    """The order's page leads to the one to pay on, a declined card is told, and the order's page then thanks."""
    told = house.order(luna, "A-1", card_reference=None)
    house.move(0)
    seen = house.client.get(f"/t/{told['id']}").text
    address = re.search(r'href="(/sandbox/stripe/pay/[^"]+)"', seen)
    assert address is not None
    assert "Test Visa" in house.client.get(address[1]).text
    declined = house.client.post(address[1], data={"card": "declined"})
    assert "Your card was declined." in declined.text
    paid = house.client.post(address[1], data={"card": "visa"})
    assert "Paid by card" in paid.text
    assert "can no longer be paid" not in paid.text
    assert "This was paid" in house.client.get(address[1]).text


def test_the_treasurer_sees_accounts_disputes_and_differences(house: House, luna: Till, sam: int) -> None:
    """From the desk: an account and its onboarding, money to the bank, a dispute charged, a difference closed."""
    boss = house.signed_in(700, "treasurer")
    csrf = boss.get("/me", headers={"accept": "application/json"}).json()["csrf"]
    json_too = {"accept": "application/json"}

    def press(path: str, **fields: str) -> Any:
        answer = boss.post(path, data={"csrf": csrf, **fields}, headers=json_too)
        assert answer.status_code == 200, answer.text
        return answer.json()

    press("/desk/cards/accounts", payee=f"restaurant:{luna.id}")
    assert "Being made" in boss.get("/desk/cards").text
    house.move(0)
    assert "Has to tell Stripe more" in boss.get("/desk/cards").text
    house.client.post(press("/desk/cards/accounts/1/link")["url"].split("?")[0], data={"back": "/desk/cards"})
    assert "May be sent money" in boss.get("/desk/cards").text
    order_id = placed(house, luna)
    pay(house, order_id, "disputed")
    arrived(house, order_id, sam)
    press("/desk/cards/disputes/1/charge", reason="The food was never handed over")
    assert "The food was never handed over" in boss.get("/desk/cards").text
    stripe_of(house).close_dispute(stripe_of(house).all("dispute")[0]["id"], won=True)
    house.move(0)
    assert balance(house, "co-op:disputes") == 0
    press("/desk/cards/bank", amount="1.00", form="a")
    stripe_of(house).refund_in_dashboard(stripe_of(house).all("charge")[0]["id"], 150)
    assert press("/desk/reconciliation/now")["open"] == 1
    (found,) = boss.get("/desk/reconciliation", headers=json_too).json()["differences"]
    assert (found["cause"], found["stripe_minor"], found["books_minor"]) == ("dashboard-refund", -150, 0)
    assert "reconciliation" in attentions(house)
    press("/desk/reconciliation/1/close", note="Seen with Ana", how="stands")
    assert "reconciliation" not in attentions(house)
    assert "Nothing is open: what differs was looked at." in boss.get("/desk/reconciliation").text
    assert press("/desk/reconciliation/now")["open"] == 0
    assert "Seen with Ana" in boss.get("/desk/reconciliation").text
    assert boss.get("/desk/reconciliation", headers=json_too).json()["differences"] == []
