"""What Stripe did not do, or was taken back in its own pages: asked again, or booked, by named people alone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from dispatch import cards, orders, paydays
from payments import books, checks, payouts, runs, settlements, settling
from payments import pay as pay_of
from payments.errors import BadAmount, BadClaim
from payments.rails import payees, reconciling, repeating, reversing
from payments.rails.tables import StripeCall
from payments.settling import Party
from riders_app.tables import Text
from tests.dispatch.online import (
    arrived,
    attentions,
    balance,
    onboarded,
    open_now,
    pay,
    placed,
    stripe_of,
)
from tests.house import House, Till
from tests.marks import SQLITE_FIRST
from tests.payments.rulebooks import FINSBURY_PARK

pytestmark = SQLITE_FIRST
BOSS = 7
BY_STRIPE = FINSBURY_PARK.replace('period = "week"', 'period = "week"\nmethod = "stripe"', 1)


def failed_call(house: House, kind: str) -> int:
    """The newest call of a kind that is over and not asked again."""
    with house.reading() as session:
        return next(row.id or 0 for row in repeating.over(session) if row.kind == kind)


def again(house: House, call_id: int) -> int:
    """Asked again by the boss, twice: it is one call, under a key of its own, linked to the old."""
    made = set()
    for _ in range(2):
        with house.database.writing() as session:
            made.add(cards.again(session, call_id, by=BOSS, now=house.now).id)
    (number,) = made
    with house.reading() as session:
        old, new = session.get_one(StripeCall, call_id), session.get_one(StripeCall, number)
        assert (new.again_of, new.again_by) == (call_id, BOSS)
        assert new.key != old.key
    house.move(1)
    return number or 0


def settled(house: House, payee: str) -> int:
    """A settlement of all a restaurant is owed, issued to be paid by Stripe; its payout is on its way."""
    with house.database.writing() as session:
        books.adopt(session, BY_STRIPE, effective_on=house.now.date(), resolution="By Stripe", now=house.now)
        (row,) = settlements.draft_due(session, now=house.now + timedelta(days=7))
        settling.issue(session, row, customer=Party("Luna", ()), by=1, now=house.now)
        assert (row.method, books.balance(session, payee)) == ("stripe", 0)
        number = row.row_id
    house.move(0)
    return number


def ridden(house: House, till: Till, rider: int, card: str = "visa") -> tuple[int, str]:
    """A delivered order, paid by card, and its restaurant, which may be sent money."""
    order_id = placed(house, till)
    pay(house, order_id, card)
    arrived(house, order_id, rider)
    payee = f"restaurant:{till.id}"
    onboarded(house, payee)
    return order_id, payee


def test_a_failed_transfer_is_sent_again_by_a_person(house: House, luna: Till, sam: int) -> None:
    """Given up, its money is back; asked again it is a new payout and a new call, and is paid once."""
    _, payee = ridden(house, luna, sam)
    stripe_of(house).turn("breaks:transfer")
    number = settled(house, payee)
    with house.reading() as session:
        call = session.exec(select(StripeCall).where(StripeCall.kind == "transfer")).one()
        assert (call.state, repeating.may(session, call)) == ("unknown", False)
        unknown = call.id or 0
    with (
        house.database.writing() as session,
        pytest.raises(BadClaim),
    ):  # nobody knows: it is asked after, not again
        repeating.again(session, unknown, by=BOSS, now=house.now)
    house.move(60 * 25)
    assert balance(house, payee) > 0
    assert "stripe_failed" in attentions(house)
    stripe_of(house).turn("breaks:transfer", 0)
    again(house, unknown)
    with house.reading() as session:
        row = settlements.get(session, number)
        first, second = settling.payouts_of(session, row)
        assert (first.state, second.state, second.made_by) == ("failed", "paid", BOSS)
        assert repeating.over(session) == []
    assert [each["amount"] for each in stripe_of(house).all("transfer")] == [second.amount_minor]
    assert balance(house, payee) == 0
    assert "stripe_failed" not in attentions(house)
    assert open_now(house) == {}


@pytest.mark.deep
@pytest.mark.parametrize("held", [True, False])
def test_a_failed_refund_is_given_back_by_a_person(house: House, luna: Till, sam: int, held: bool) -> None:
    """A refund Stripe did not make is made by asking again, whether its money was held or its cost booked; once."""
    if held:  # an order called off: what was paid is held for its customer
        order_id = placed(house, luna)
        pay(house, order_id)
        stripe_of(house).turn("breaks:refund")
        with house.database.writing() as session:
            public = orders.by_id(session, order_id).public_id
        house.client.post(f"/v1/orders/{public}/cancel", json={"reason": "no dough"}, headers=luna.headers)
    else:
        order_id, _ = ridden(house, luna, sam)
        stripe_of(house).turn("breaks:refund")
        with house.database.writing() as session:
            order = orders.by_id(session, order_id)
            orders.refund(
                session, order, amount_minor=300, liable="co-op", reason="cold", by=1, now=house.now
            )
    house.move(60 * 25)
    assert stripe_of(house).all("refund") == []
    number = failed_call(house, "refund")
    if not held:  # what was booked and not done is a difference that says what can be done about it
        assert open_now(house) == {f"failed-call:{number}": "not-done"}
    stripe_of(house).turn("breaks:refund", 0)
    again(house, number)
    assert len(stripe_of(house).all("refund")) == 1
    assert balance(house, f"customer:{order_id}") == 0
    assert open_now(house) == {}
    with house.reading() as session:
        assert checks.findings(session, now=house.now) == []


@pytest.mark.deep
def test_a_refund_that_came_back_is_sent_again(house: House, luna: Till, sam: int) -> None:
    """Sent back by the customer's bank, it is owed to the customer, and a person has it sent once more."""
    order_id, _ = ridden(house, luna, sam)
    stripe_of(house).turn("refund_fails")
    with house.database.writing() as session:
        order = orders.by_id(session, order_id)
        orders.refund(session, order, amount_minor=300, liable="co-op", reason="cold", by=1, now=house.now)
    house.move(1)
    assert balance(house, f"customer:{order_id}") == 300
    stripe_of(house).turn("refund_fails", 0)
    again(house, failed_call(house, "refund"))
    assert balance(house, f"customer:{order_id}") == 0
    assert "card_refund" not in attentions(house)
    assert open_now(house) == {}


@pytest.mark.deep
def test_money_the_bank_sent_back_goes_again(house: House, luna: Till, sam: int) -> None:
    """A payout the bank sent back is sent once more, and the books have it once."""
    ridden(house, luna, sam, "at-once")
    with house.database.writing() as session:
        payees.to_bank(session, 1000, currency="GBP", claim="form-1", now=house.now)
    house.move(0)
    stripe_of(house).bank(stripe_of(house).all("payout")[0]["id"], arrives=False)
    house.move(0)
    assert balance(house, "outside:bank") == 0
    again(house, failed_call(house, "payout"))
    assert balance(house, "outside:bank") == -1000
    assert "stripe_failed" not in attentions(house)
    assert open_now(house) == {}


def test_a_transfer_taken_back_whole_is_paid_again(house: House, luna: Till, sam: int) -> None:
    """Reversed in Stripe's pages: a person says so, the settlement waits again, and is sent by a new payout."""
    _, payee = ridden(house, luna, sam)
    number = settled(house, payee)
    transfer = stripe_of(house).all("transfer")[0]
    with house.database.writing() as session:
        settling.follow(session, now=house.now)
    stripe_of(house).reverse_in_dashboard(transfer["id"], transfer["amount"])
    (thing,) = open_now(house)
    boss = house.signed_in(700, "treasurer")
    csrf = boss.get("/me", headers={"accept": "application/json"}).json()["csrf"]
    page = boss.get("/desk/reconciliation").text
    assert "Pizza Luna is owed it again, and can be paid again" in page
    fields = {"csrf": csrf, "how": "returned"}
    refused = boss.post("/desk/reconciliation/1/close", data=fields | {"note": " "})
    assert refused.status_code == 422
    for _ in range(2):
        answer = boss.post("/desk/reconciliation/1/close", data=fields | {"note": "Wrong account"})
        assert answer.status_code == 200
    assert balance(house, payee) == transfer["amount"]
    assert (thing.startswith("trr_"), open_now(house)) == (True, {})
    assert "The payment came back: Wrong account" in boss.get(f"/desk/settlements/{number}").text
    boss.post(f"/desk/settlements/{number}/again", data={"csrf": csrf})
    house.move(1)
    assert [each["amount"] for each in stripe_of(house).all("transfer")] == [transfer["amount"]] * 2
    assert balance(house, payee) == 0
    assert open_now(house) == {}
    with house.reading() as session:
        assert checks.findings(session, now=house.now) == []


@pytest.mark.deep
def test_a_part_taken_back_stands_on_the_restaurants_account(house: House, luna: Till, sam: int) -> None:
    """A part of a transfer is owed again without undoing its payout; what is no transfer of ours is refused."""
    _, payee = ridden(house, luna, sam)
    settled(house, payee)
    stripe_of(house).reverse_in_dashboard(stripe_of(house).all("transfer")[0]["id"], 120)
    stripe_of(house).refund_in_dashboard(stripe_of(house).all("charge")[0]["id"], 150)
    assert len(open_now(house)) == 2
    with house.database.writing() as session:
        for row in reconciling.open_(session):
            facts: Any = {"by": BOSS, "note": "Agreed by phone", "now": house.now}
            if row.thing.startswith("trr_"):
                reversing.came_back(session, row.id or 0, **facts)
            else:
                with pytest.raises(BadAmount, match="no transfer of ours"):
                    reversing.came_back(session, row.id or 0, **facts)
    assert balance(house, payee) == 120
    with house.reading() as session:
        assert {each.state for each in payouts.of(session, payee)} == {"paid"}
    assert list(open_now(house).values()) == ["dashboard-refund"]


@pytest.mark.deep
def test_a_part_of_a_riders_pay_taken_back_is_refused(house: House, luna: Till, sam: int) -> None:
    """Which part of a rider's pay a partial reversal is of, no machine says: the person is told what to do."""
    ridden(house, luna, sam, "at-once")
    payee = f"rider:{sam}"
    onboarded(house, payee)
    with house.database.writing() as session:
        pay_of.expense_approved(session, 1, sam, 500, now=house.now)
        parts = [(account, sum_) for account, sum_ in books.balances(session, payee).items() if sum_ > 0]
        parts = [
            (account, min(sum_, 100))
            for account, sum_ in parts
            if account.split(":")[2] in ("tips", "expenses")
        ]
        payouts.create(
            session, key="pay-run:1:rider:1:0", payee=payee, parts=parts, method="stripe", reference="P", why="Pay",
            now=house.now,
        )  # fmt: skip
    house.move(0)
    stripe_of(house).reverse_in_dashboard(stripe_of(house).all("transfer")[0]["id"], 50)
    assert len(open_now(house)) == 1
    with house.database.writing() as session, pytest.raises(BadAmount, match="which part of the pay"):
        reversing.came_back(session, 1, by=BOSS, note="?", now=house.now)


@pytest.mark.deep
def test_riders_are_paid_by_stripe_from_the_desk(house: House, luna: Till, sam: int) -> None:
    """Where the rules pay riders by Stripe the desk makes their accounts, and a run is paid and closed by itself.

    Whose account is not finished waits, and is told; a person does not mark Stripe's payments paid.
    """
    boss = house.signed_in(700, "treasurer")
    csrf = boss.get("/me", headers={"accept": "application/json"}).json()["csrf"]
    payee = {"csrf": csrf, "payee": f"rider:{sam}"}
    assert boss.post("/desk/cards/accounts", data=payee).status_code == 404  # these rules pay by the bank
    ridden(house, luna, sam, "at-once")
    text = FINSBURY_PARK.replace('starts_on = "monday"', 'starts_on = "monday"\npaid_by = "stripe"')
    text = text.replace("[pay]\n", '[pay]\nstatus = "self_employed"\n', 1)
    began = house.now
    with house.database.writing() as session:
        books.adopt(session, text, effective_on=house.now.date(), resolution="By Stripe", now=house.now)
    house.move(3 * 24 * 60)
    with house.database.writing() as session:
        over = house.now
        run = runs.draft(session, on=began, by=BOSS, now=over)
        (slip,) = runs.slips(session, run)
        cautions = paydays.cautions(session, run, now=over)
        runs.acknowledge(session, run, cautions, by=BOSS, now=over)
        runs.approve(session, run, cautions, by=BOSS, now=over)
    assert "Sam Okoye" in boss.get("/desk/cards").text
    house.move(0)
    assert "stripe_waits" in attentions(house)
    assert boss.post("/desk/cards/accounts", data=payee).status_code == 200
    house.move(0)
    with house.reading() as session:
        account = payees.account_of(session, payee["payee"])
        assert account is not None
    stripe_of(house).onboard(str(account.vendor_id))
    boss.post("/desk/pay/1/paid", data={"csrf": csrf})
    assert boss.get("/desk/pay/1", headers={"accept": "application/json"}).json()["state"] == "approved"
    house.move(61)
    (transfer,) = [
        each for each in stripe_of(house).all("transfer") if each["destination"] == account.vendor_id
    ]
    assert transfer["amount"] == slip.net_minor
    assert boss.get("/desk/pay/1", headers={"accept": "application/json"}).json()["state"] == "paid"
    assert open_now(house) == {}
    with house.reading() as session:
        told = session.exec(select(Text.body).where(Text.kind == "pay_sent")).all()
        assert len(told) == 1
        assert checks.findings(session, now=house.now) == []
