"""The register of tips answers for each tip: which order, when, whose, to the penny, and when it was paid."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from infra.database import Database
from payments import pay
from payments.books import holds
from payments.pay import OrderMoney, Tip, TipPart
from tests.payments.rulebooks import FINSBURY_PARK, adopted

POOLED = FINSBURY_PARK.replace('tips = "own"', 'tips = "pooled"')
FRIDAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
EVER: dict[str, Any] = {"since": AT - timedelta(days=9), "until": AT + timedelta(days=9)}


def an_order(number: int, tip: int, rider: int = 3, attempt: int = 1) -> OrderMoney:
    return OrderMoney(number, 7, rider, 2000, 400, tip, "card", attempt)


def paid(session: Session, number: int, amount: int, at: datetime) -> None:
    key, until = f"payout:{number}", at + timedelta(days=1)
    holds.hold(
        session, key=key, source="rider:3:tips", destination="outside:bank", amount=amount,
        expires_at=until, why="Payday", subject="rider:3", now=at,
    )  # fmt: skip
    holds.post(session, key, why="Paid", now=at)


def test_own_tips_are_told_with_their_payday(session: Session) -> None:
    """The oldest tips are paid first; one half paid is still owed, and one undone is not in the register."""
    adopted(session)
    for number, tip in ((1, 200), (2, 100), (3, 0), (4, 300), (5, 50)):
        pay.delivered(session, an_order(number, tip), now=AT + timedelta(minutes=number))
    pay.delivered(session, an_order(6, 70, rider=4), now=AT + timedelta(minutes=6))
    pay.undelivered(session, 2, 1, why="wrong door", now=AT + timedelta(minutes=9))
    first, second = AT + timedelta(days=1), AT + timedelta(days=2)
    paid(session, 1, 100, first)
    paid(session, 2, 350, second)
    told = [(tip.order_id, tip.amount_minor, tip.parts) for tip in pay.tips_given(session, **EVER)]
    assert told == [
        (1, 200, (TipPart(3, 200, second),)),
        (4, 300, (TipPart(3, 300, None),)),
        (5, 50, (TipPart(3, 50, None),)),
        (6, 70, (TipPart(4, 70, None),)),
    ]
    assert [tip.order_id for tip in pay.tips_given(session, rider_id=4, **EVER)] == [6]
    assert pay.tips_given(session, since=AT, until=AT + timedelta(seconds=1)) == ()


def test_pooled_tips_are_told_tip_by_tip(session: Session) -> None:
    """Each tip is divided among the day's riders, each rider's parts sum to the share, and waiting tips have none."""
    adopted(session, POOLED)
    for number, tip in ((1, 333), (2, 334), (3, 334)):
        pay.delivered(session, an_order(number, tip), now=AT + timedelta(minutes=number))
    waiting = pay.tips_given(session, **EVER)
    assert [(tip.amount_minor, tip.parts, tip.pooled_on) for tip in waiting] == [
        (333, (), FRIDAY), (334, (), FRIDAY), (334, (), FRIDAY)
    ]  # fmt: skip
    pay.shared_out(session, FRIDAY, {3: 300, 4: 300, 5: 120}, now=AT + timedelta(days=1))
    paid(session, 1, 417, AT + timedelta(days=2))
    told = pay.tips_given(session, **EVER)
    assert all(sum(part.amount_minor for part in tip.parts) == tip.amount_minor for tip in told)
    assert {rider: _sum(told, rider) for rider in (3, 4, 5)} == {3: 417, 4: 417, 5: 167}
    assert {tip.parts[0].paid_at for tip in told} == {AT + timedelta(days=2)}
    assert {tip.parts[1].paid_at for tip in told} == {None}
    middle = pay.tips_given(session, since=AT + timedelta(minutes=2), until=AT + timedelta(minutes=3))
    assert middle == told[1:2]


def _sum(told: tuple[Tip, ...], rider: int) -> int:
    return sum(part.amount_minor for tip in told if (part := tip.of(rider)) is not None)


@pytest.mark.parametrize("undo", [False, True])
@settings(max_examples=6)
@given(
    tips=st.lists(st.integers(0, 999), min_size=1, max_size=6),
    minutes=st.dictionaries(st.integers(1, 9), st.integers(1, 600), min_size=1, max_size=4),
)
def test_the_register_sums_to_the_books(
    empty: Database, undo: bool, tips: list[int], minutes: dict[int, int]
) -> None:
    """Whatever was given and worked, the register's parts sum to each tip and to each rider's account."""
    with Session(empty.engine) as session:
        adopted(session, POOLED)
        for number, tip in enumerate(tips, start=1):
            pay.delivered(session, an_order(number, tip), now=AT)
        pay.shared_out(session, FRIDAY, minutes, now=AT + timedelta(days=1))
        if undo and tips[0]:
            pay.undelivered(session, 1, 1, why="a slip", now=AT + timedelta(days=1))
            pay.shared_out(session, FRIDAY, minutes, now=AT + timedelta(days=1))
        told = pay.tips_given(session, **EVER)
        assert sum(tip.amount_minor for tip in told) == sum(tips[1:] if undo else tips)
        for tip in told:
            assert sum(part.amount_minor for part in tip.parts) == tip.amount_minor
        for rider in minutes:
            mine = pay.rider_statement(session, rider, **EVER).tips_minor
            assert _sum(told, rider) == mine
        session.rollback()
