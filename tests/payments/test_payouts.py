"""Payouts: money set aside, then paid, failed or come back; the books say the same at every step."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from dispatch import attention
from infra import rounds
from infra.database import Database
from payments import books, checks, payouts
from payments.books import holds
from payments.errors import BadAmount, KeyReused, MoneyFault, NoSuchPayout, Overdrawn, PayoutRefused
from payments.payouts import Payout
from tests.house import House
from tests.payments.rulebooks import adopted
from tests.payments.test_holds import earn

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WAGES, TIPS = "rider:3:wages", "rider:3:tips"


@pytest.fixture
def owed(session: Session) -> Session:
    """A rider who is owed 100.00 of wages and 20.00 of tips."""
    adopted(session)
    earn(session, 10_000, key="earned:1", account=WAGES)
    earn(session, 2_000, key="earned:2", account=TIPS)
    return session


def payday(session: Session, key: str = "pay:1", *, now: datetime = AT, **other: Any) -> Payout:
    facts = {
        "payee": "rider:3",
        "parts": [(WAGES, 10_000), (TIPS, 2_000)],
        "method": "bank",
        "reference": "PAY NOV",
        "why": "Pay to 22 November",
    }
    return payouts.create(session, key=key, now=now, **{**facts, **other})


def stands(session: Session) -> tuple[int, int, int, int]:
    """What stands on wages, tips, everything held, and the bank."""
    held = sum(books.balances(session, "held").values())
    return (
        books.balance(session, WAGES),
        books.balance(session, TIPS),
        held,
        books.balance(session, "outside:bank"),
    )


def test_paid_and_come_back(owed: Session) -> None:
    """Set aside, sent, paid and come back, each said twice: the money moves once, and ends where it began."""
    for _ in range(2):
        payout = payday(owed)
        assert (payout.state, payout.amount_minor, stands(owed)) == ("ready", 12_000, (0, 0, 12_000, 0))
    for tries in (1, 2):
        payouts.sending(owed, payout, now=AT)
        assert (payout.state, payout.tries) == ("sending", tries)
    for _ in range(2):
        payouts.paid(owed, payout, by=1, vendor_id="b-7", now=AT + timedelta(days=1))
        assert (payout.state, payout.paid_by, stands(owed)) == ("paid", 1, (0, 0, 0, 12_000))
    assert payday(owed).id == payout.id
    for _ in range(2):
        payouts.returned(owed, payout, reason="account closed", now=AT + timedelta(days=3))
        assert (payout.state, stands(owed)) == ("returned", (10_000, 2_000, 0, 0))
    again = payday(owed, "pay:2", now=AT + timedelta(days=4))
    payouts.paid(owed, again, by=1, now=AT + timedelta(days=4))
    assert stands(owed) == (0, 0, 0, 12_000)
    assert checks.findings(owed, now=AT + timedelta(days=5)) == []


def test_what_goes_beside_is_not_sent(owed: Session) -> None:
    """A tax is held with the pay, owed on once that is paid, let go when it fails, and does not come back with it."""
    tax = [(WAGES, 1_500, "payroll:income-tax")]
    for key, fails in (("pay:1", True), ("pay:2", False)):
        payout = payday(owed, key, parts=[(WAGES, 8_500), (TIPS, 2_000)], beside=tax)
        assert (payout.amount_minor, stands(owed)) == (10_500, (0, 0, 12_000, 0))
        if fails:
            payouts.failed(owed, payout, reason="no", now=AT)
            assert stands(owed) == (10_000, 2_000, 0, 0)
    payouts.paid(owed, payout, by=1, now=AT)
    assert books.balance(owed, "payroll:income-tax") == 1_500
    payouts.returned(owed, payout, reason="closed", now=AT)
    assert stands(owed) == (8_500, 2_000, 0, 0)
    assert books.balance(owed, "payroll:income-tax") == 1_500
    assert checks.findings(owed, now=AT) == []


def test_a_payout_that_fails_gives_back(owed: Session) -> None:
    """A payout that failed holds nothing any more, and nothing else becomes of it."""
    payout = payday(owed, method="stripe")
    for _ in range(2):
        payouts.failed(owed, payout, reason="no such account", now=AT)
        assert (payout.state, payout.error, stands(owed)) == (
            "failed",
            "no such account",
            (10_000, 2_000, 0, 0),
        )
    for step in (
        lambda: payouts.paid(owed, payout, by=1, now=AT),
        lambda: payouts.sending(owed, payout, now=AT),
        lambda: payouts.returned(owed, payout, reason="no", now=AT),
        lambda: payouts.later(owed, payout, error="no", due_at=AT),
    ):
        with pytest.raises(PayoutRefused):
            step()
    assert checks.findings(owed, now=AT) == []


def test_what_cannot_be_paid(owed: Session) -> None:
    """Nothing, more than there is, somebody else's money and other facts under an old key are refused."""
    for parts in ([], [(WAGES, 0)], [(WAGES, 1), (WAGES, 1)], [("rider:30:wages", 1)], [("co-op:wages", 1)]):
        with pytest.raises(BadAmount):
            payday(owed, parts=parts)
    with pytest.raises(BadAmount, match="bank or stripe"):
        payday(owed, method="cheque")
    with pytest.raises(Overdrawn), owed.begin_nested():
        payday(owed, parts=[(WAGES, 10_001)])
    first = payday(owed)
    for other in ({"parts": [(WAGES, 1)]}, {"method": "stripe"}, {"reference": "ELSE"}, {"payee": "rider:4"}):
        with pytest.raises((KeyReused, BadAmount)):
            payday(owed, **other)
    with pytest.raises(NoSuchPayout):
        payouts.get(owed, first.number + 1)
    payouts.named(owed, first, "tr_1")
    with pytest.raises(PayoutRefused):
        payouts.paid(owed, first, by=None, vendor_id="tr_2", now=AT)


def test_due_again_later(owed: Session) -> None:
    """What could not be sent is due again at its time, and its money stays held meanwhile."""
    payout = payday(owed, method="stripe")
    assert payouts.due(owed, "bank", AT) == []
    assert payouts.due(owed, "stripe", AT) == [payout]
    soon = AT + timedelta(minutes=5)
    payouts.sending(owed, payout, now=AT, due_at=soon)
    payouts.later(owed, payout, error="no answer", due_at=soon)
    assert payouts.due(owed, "stripe", AT) == []
    assert payouts.next_due(owed, "stripe") == soon
    assert payouts.due(owed, "stripe", soon) == [payout]
    assert stands(owed)[2] == 12_000


def test_a_hold_that_ran_out_is_a_failed_payout(owed: Session) -> None:
    """After sixty days nothing is held any more, whoever notices first, and it is not paid out of nothing."""
    first, late = payday(owed, parts=[(WAGES, 4_000)]), AT + payouts.HELD_FOR
    second = payday(owed, "pay:2", parts=[(TIPS, 2_000)])
    with pytest.raises(PayoutRefused, match="run out"):
        payouts.paid(owed, first, by=1, now=late)
    assert payouts.lapse(owed, now=late - timedelta(seconds=1)) == ()
    holds.expire_due(owed, source=WAGES, now=late)
    assert payouts.lapse(owed, now=late) == (first, second)
    assert payouts.lapse(owed, now=late) == ()
    assert (first.state, second.state, first.error) == ("failed", "failed", payouts.RAN_OUT)
    assert stands(owed) == (10_000, 2_000, 0, 0)
    assert checks.findings(owed, now=late) == []


STEPS = st.sampled_from(["create", "sending", "later", "paid", "failed", "returned", "lapse"])


@settings(max_examples=10)
@given(steps=st.lists(st.tuples(STEPS, st.integers(1, 3), st.integers(0, 40)), max_size=25))
def test_any_order_of_steps(empty: Database, steps: list[tuple[str, int, int]]) -> None:
    """Whatever is tried in whatever order, the books are sound, and what the rider is owed is paid at most once."""
    with Session(empty.engine, expire_on_commit=False) as session:
        adopted(session)
        earn(session, 10_000, key="earned:1", account=WAGES)
        now = AT
        for step, number, days in steps:
            now += timedelta(days=days)
            try:
                with session.begin_nested():
                    _try(session, step, f"pay:{number}", now)
            except MoneyFault:
                pass
        payouts.lapse(session, now=now)
        holds.expire_due(session, now=now)
        assert checks.findings(session, now=now) == []
        states = [each.state for each in payouts.of(session, "rider:3")]
        wages, _, held, bank = stands(session)
        assert bank == 6_000 * states.count("paid")
        assert held == 6_000 * (states.count("ready") + states.count("sending"))
        assert wages + held + bank == 10_000
        session.rollback()


def _try(session: Session, step: str, key: str, now: datetime) -> None:
    payout = payouts.by_key(session, key)
    if step == "create":
        payday(session, key, now=now, parts=[(WAGES, 6_000)])
    elif step == "lapse":
        payouts.lapse(session, now=now)
    elif payout is not None:
        {
            "sending": lambda: payouts.sending(session, payout, now=now),
            "later": lambda: payouts.later(session, payout, error="no answer", due_at=now),
            "paid": lambda: payouts.paid(session, payout, by=None, now=now),
            "failed": lambda: payouts.failed(session, payout, reason="no", now=now),
            "returned": lambda: payouts.returned(session, payout, reason="closed", now=now),
        }[step]()


def test_a_payout_the_books_do_not_bear_out(owed: Session) -> None:
    """A payout that says another thing than the books is found, whichever way it lies."""
    payout = payday(owed)
    payout.state, payout.settled_at = "paid", AT
    owed.add(payout)
    owed.flush()
    found = checks.findings(owed, now=AT)
    assert {each.rule for each in found} == {"payout"}
    assert len(found) == 2
    payout.state, payout.amount_minor = "returned", 1
    owed.flush()
    assert len(checks.findings(owed, now=AT)) == 4


def test_a_person_is_told(house: House) -> None:
    """A forgotten payout fails by the round that lets go of what was held, and is put before a person."""
    with house.database.writing() as session:
        earn(session, 10_000, key="earned:1", account=WAGES, at=house.now)
        payday(session, parts=[(WAGES, 10_000)], now=house.now)
    late = house.now + payouts.HELD_FOR
    with house.reading() as session:
        assert rounds.release_due(session, house.now) == late
    assert rounds.release(house.program, late)
    assert not rounds.release(house.program, late)
    with house.reading() as session:
        assert [each.kind for each in attention.open_(session)] == ["payout_failed"]
        assert stands(session)[0] == 10_000
