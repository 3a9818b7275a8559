"""What Stripe tells of orders paid online: late, twice, in any order, or never; and lines that are cut."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from dispatch import cards, orders
from infra.clock import SandboxClock
from payments import checks
from payments.rails import Kind, Made, Transaction, calls, payees
from payments.rails.sandbox import Sandbox
from payments.rails.tables import Reconciliation, StripeCall, StripeEvent
from tests.dispatch.online import (
    arrived,
    attentions,
    balance,
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

pytestmark = SQLITE_FIRST


def test_webhooks_that_never_come_show_as_not_arrived(house: House, luna: Till) -> None:
    """A payment whose events were lost is found by the night's comparison, and closes by itself once they come."""
    order_id = placed(house, luna)
    stripe_of(house).turn("silent")
    pay(house, order_id)
    charge = stripe_of(house).all("charge")[0]["id"]
    assert open_now(house) == {charge: "not-arrived"}
    assert "reconciliation" in attentions(house)


def test_the_night_compares_by_itself(house: House, luna: Till) -> None:
    """Due at four in the morning, once; what cannot be asked then is tried again within the hour."""
    placed(house, luna)
    four = house.now.replace(hour=4) + timedelta(days=1)
    with house.reading() as session:
        assert cards.reconcile_due(session, house.now) == four
    assert not cards.run_reconcile(house.program, house.now)
    assert [cards.run_reconcile(house.program, four) for _ in range(2)] == [True, False]
    with house.reading() as session:
        (row,) = session.exec(select(Reconciliation)).all()
        assert row.at == four
        assert cards.reconcile_due(session, four) == four + timedelta(days=1)
    kept, house.program.stripe = house.program.stripe, None
    assert cards.run_reconcile(house.program, four + timedelta(days=1))
    with house.reading() as session:
        assert cards.reconcile_due(session, four) == four + timedelta(days=1, hours=1)
    house.program.stripe = kept


@pytest.mark.parametrize("switch", ["delay_s", "duplicate", pytest.param("reorder", marks=pytest.mark.deep)])
def test_late_repeated_and_shuffled_webhooks_end_the_same(
    house: House, luna: Till, sam: int, switch: str
) -> None:
    """However events come, the books are those of one order, paid once."""
    stripe_of(house).turn(switch, 100 if switch == "delay_s" else 1)
    order_id = placed(house, luna)
    total = page(house, order_id).amount_minor
    pay(house, order_id)
    arrived(house, order_id, sam)
    house.move(5)
    assert balance(house, f"customer:{order_id}") == 0
    assert sum(each["amount"] for each in stripe_of(house).all("charge")) == total
    assert open_now(house) == {}
    with house.reading() as session:
        rows = session.exec(select(StripeEvent)).all()
        assert len({row.event_id for row in rows}) == len(rows)
        assert all(row.acted_at for row in rows)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("times", [1, pytest.param(3, marks=pytest.mark.deep)])
def test_a_line_cut_at_every_call_pays_nothing_twice(
    house: House, luna: Till, sam: int, when: str, times: int
) -> None:
    """Cut before or after each outside call, every one is made once in the end, and the books agree."""
    for kind in ("checkout", "account", "manual", "transfer", "refund", "reversal"):
        stripe_of(house).turn(f"{when}:{kind}", times)
    order_id = placed(house, luna)
    house.move(5)
    pay(house, order_id)
    arrived(house, order_id, sam)
    payee = f"restaurant:{luna.id}"
    with house.database.writing() as session:
        payees.connect(session, payee, country="GB", now=house.now)
    house.move(5)
    onboarded(house, payee)
    amount = paid_out(house, payee)
    house.move(5)
    with house.database.writing() as session:
        order = orders.by_id(session, order_id)
        orders.refund(
            session, order, amount_minor=300, liable="restaurant", reason="cold", by=1, now=house.now
        )
    house.move(10)
    stripe = stripe_of(house)
    assert [each["amount"] for each in stripe.all("transfer")] == [amount]
    assert [each["amount"] for each in stripe.all("refund")] == [300]
    assert [each["amount"] for each in stripe.all("transfer_reversal")] == [300]
    assert len(stripe.all("account")) == len(stripe.all("checkout.session")) == 1
    with house.reading() as session:
        assert {row.state for row in session.exec(select(StripeCall))} == {"done"}
        assert checks.findings(session, now=house.now) == []
    assert balance(house, payee) == balance(house, f"customer:{order_id}") == 0
    assert open_now(house) == {}


def test_a_fault_of_stripes_is_never_paid_blindly(house: House, luna: Till, sam: int) -> None:
    """A 500 is kept under its key: asked after for a day, then given up, the money back where it came from."""
    order_id = placed(house, luna)
    pay(house, order_id)
    arrived(house, order_id, sam)
    payee = f"restaurant:{luna.id}"
    onboarded(house, payee)
    stripe_of(house).turn("breaks:transfer")
    amount = paid_out(house, payee)
    with house.reading() as session:
        assert session.exec(select(StripeCall.state).where(StripeCall.kind == "transfer")).one() == "unknown"
    assert balance(house, payee) == 0
    house.move(60 * 25)
    assert stripe_of(house).all("transfer") == []
    assert balance(house, payee) == amount
    assert "stripe_failed" in attentions(house)


def test_without_keys_everything_waits(house: House, luna: Till) -> None:
    """Where nothing can be asked, calls stay queued, a person hears of it once, and they go when keys come."""
    kept, house.program.stripe = house.program.stripe, None
    order_id = placed(house, luna)
    house.move(3)
    assert page(house, order_id).state == "asked"
    assert "no_stripe" in attentions(house)
    house.program.stripe = kept
    house.move(2)
    assert page(house, order_id).state == "open"
    assert "no_stripe" not in attentions(house)


def test_the_hook_takes_what_is_signed_once(house: House, luna: Till) -> None:
    """A signed event is answered 2xx and kept once; an unsigned one is refused, and nothing of it is kept."""
    order_id = placed(house, luna)
    stripe_of(house).pay(str(page(house, order_id).session_id), "visa")
    payloads: list[tuple[bytes, str]] = []
    stripe_of(house).post_due(lambda body, signature: payloads.append((body, signature)), house.now)
    assert payloads
    for _ in range(2):
        for body, signature in payloads:
            answer = house.client.post("/hooks/stripe", content=body, headers={"Stripe-Signature": signature})
            assert answer.status_code == 204
    refused = house.client.post(
        "/hooks/stripe", content=payloads[0][0], headers={"Stripe-Signature": "t=1,v1=00"}
    )
    assert refused.status_code == 403
    with house.reading() as session:
        assert len(session.exec(select(StripeEvent)).all()) == len(payloads)
    house.move(0)
    assert balance(house, f"customer:{order_id}") == page(house, order_id).amount_minor


class Slow(Sandbox):
    """A Stripe that takes its time with every call."""

    def __init__(self, house: House, took: timedelta) -> None:
        super().__init__(house.database, house.program.clock.now)
        self.house, self.took = house, took
        self.leases: list[timedelta] = []

    def make(self, kind: Kind, facts: dict[str, Any], *, key: str) -> Made:
        """Do it, and be long about it."""
        with self.house.reading() as session:
            (due_at,) = session.exec(select(StripeCall.due_at).where(StripeCall.state == "sending"))
        self.leases.append(due_at - self.house.now)
        clock = self.house.program.clock
        assert isinstance(clock, SandboxClock)
        clock.move(clock.now() + self.took)
        return super().make(kind, facts, key=key)


def test_a_slow_stripe_makes_no_lease_shorter(house: House) -> None:
    """Each call of a round is claimed for two minutes from when it is made, and settled at the time it was."""
    house.program.stripe = slow = Slow(house, timedelta(seconds=100))
    began = house.now
    with house.database.writing() as session:
        payees.connect(session, "restaurant:1", country="GB", now=began)
    assert cards.run_calls(house.program, began)
    assert slow.leases == [calls.LEASE] * 2
    with house.reading() as session:
        settled = session.exec(select(StripeCall.settled_at).order_by(col(StripeCall.id))).all()
    assert settled == [began + timedelta(seconds=n) for n in (100, 200)]


class Busy(Sandbox):
    """A Stripe at which a customer pays just after it has told what moved, the first time it is asked."""

    def __init__(self, house: House) -> None:
        super().__init__(house.database, house.program.clock.now)
        self.then: Callable[[], object] = lambda: None

    def transactions(self, since: datetime) -> list[Transaction]:
        """What moved so far; then more moves."""
        told = super().transactions(since)
        then, self.then = self.then, lambda: None
        then()
        return told


def test_who_pays_while_stripe_is_asked_is_no_difference(house: House, luna: Till) -> None:
    """Money that came, and was booked, after Stripe told its balance is not held against the books."""
    house.program.stripe = busy = Busy(house)
    first, second = placed(house, luna, "A-1"), placed(house, luna, "A-2")
    pay(house, first)
    busy.then = lambda: pay(house, second)
    assert open_now(house) == {}
    assert "reconciliation" not in attentions(house)
    with house.reading() as session:
        (row,) = session.exec(select(Reconciliation)).all()
    assert row.stripe_minor == row.books_minor
