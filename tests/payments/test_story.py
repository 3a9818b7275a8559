"""Any story of deliveries, slips, refunds, cancellations and shifts leaves sound books, as a plain model says."""

import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session

from infra.database import Database
from payments import books, checks, pay, settlements
from payments.errors import AlreadyBooked, NotBooked, RefundStands, RefundTooLarge
from payments.pay import OrderMoney, ShiftMoney
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK, adopted

START = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
PENCE = st.integers(0, 6000)
PICK = st.integers(0, 10**6)


def half_up(exact: Fraction) -> int:
    return math.floor(exact + Fraction(1, 2))


@dataclass
class Told:
    """What the model knows of one order."""

    order: OrderMoney
    entry_id: int | None
    stands: bool = True
    given: int = 0
    refunds: int = 0


class Story(RuleBasedStateMachine):
    """The books beside a model that keeps nothing but sums, reckoned another way."""

    database: ClassVar[Database]
    text: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.database.engine, expire_on_commit=False)
        adopted(self.session, self.text)
        self.rulebook = books.in_force(self.session, at=START)[1]
        self.now = START
        self.orders: list[Told] = []
        self.shifts: list[ShiftMoney] = []
        self.cancelled = 0
        self.held: Counter[str] = Counter()

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    def moved(self, order: OrderMoney, sign: int) -> None:
        """What the members' rules say an order does to each account."""
        kitchen, commission = (
            f"restaurant:{order.restaurant_id}",
            Fraction(self.rulebook.revenue.commission_bp, 10_000),
        )
        cut = half_up(order.value_minor * commission)
        changes = {"co-op:commission": cut, "co-op:delivery": order.delivery_fee_minor}
        changes[f"rider:{order.rider_id}:tips"] = order.tip_minor
        if order.paid_by == "card":
            part = Fraction(self.rulebook.revenue.card_fee_bp, 10_000)
            cost = (
                half_up(order.total_minor * part) + self.rulebook.revenue.card_fee_fixed_minor
                if order.total_minor
                else 0
            )
            changes |= {kitchen: order.value_minor - cut, "co-op:card-cost": -cost}
            changes["outside:card"] = cost - order.total_minor
        else:
            changes |= {kitchen: -cut - order.delivery_fee_minor - order.tip_minor}
            changes |= {f"{kitchen}:till": order.total_minor, "outside:customers": -order.total_minor}
        for account, amount in changes.items():
            self.held[account] += sign * amount

    def worked(self, shift: ShiftMoney, sign: int) -> None:
        """What a shift does: the greater of basis and floor, and 12.07 % on top."""
        minutes = math.ceil((shift.ended_at - shift.started_at).total_seconds() / 60)
        floor = math.ceil(Fraction(minutes * 1480, 60))
        basis = floor if self.rulebook.pay.basis == "hourly" else 550 * shift.drops
        leave = half_up(max(basis, floor) * Fraction(1207, 10_000))
        changes = {
            "rider:3:wages": max(basis, floor), "co-op:wages": -basis, "co-op:wages:top-up": min(0, basis - floor),
            "rider:3:holiday-set-aside": leave, "co-op:holiday": -leave,
            "rider:3:minutes": minutes, "co-op:minutes": -minutes,
            "rider:3:holiday": 1207 * minutes, "co-op:holiday-hours": -1207 * minutes,
        }  # fmt: skip
        for account, amount in changes.items():
            self.held[account] += sign * amount

    @rule(minutes=st.integers(0, 3000))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(value=PENCE, fee=PENCE, tip=PENCE, who=st.sampled_from([(7, 3), (8, 4)]), card=st.booleans())
    def deliver(self, value: int, fee: int, tip: int, who: tuple[int, int], card: bool) -> None:
        paid_by: Literal["card", "account"] = "card" if card else "account"
        order = OrderMoney(len(self.orders) + 1, *who, value, fee, tip, paid_by)
        self.orders.append(Told(order, pay.delivered(self.session, order, now=self.now)))
        self.moved(order, 1)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def deliver_again(self, pick: int) -> None:
        """A repeat is the same entry, whether or not it has been undone since."""
        told = self.orders[pick % len(self.orders)]
        assert pay.delivered(self.session, told.order, now=self.now) == told.entry_id

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def undo(self, pick: int) -> None:
        told = self.orders[pick % len(self.orders)]
        undo: dict[str, Any] = {"why": "a slip", "now": self.now}
        if told.stands and told.given:
            with pytest.raises(RefundStands):
                pay.undelivered(self.session, told.order.order_id, told.order.attempt, **undo)
            return
        pay.undelivered(self.session, told.order.order_id, told.order.attempt, **undo)
        if told.stands:
            self.moved(told.order, -1)
        told.stands = False

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, tip=PENCE)
    def next_attempt(self, pick: int, tip: int) -> None:
        told = self.orders[pick % len(self.orders)]
        order = replace(told.order, attempt=told.order.attempt + 1, tip_minor=tip)
        if told.stands and told.entry_id is not None:
            with pytest.raises(AlreadyBooked):
                pay.delivered(self.session, replace(order, value_minor=order.value_minor + 1), now=self.now)
        elif not told.stands:
            told.order, told.stands = order, True
            told.entry_id = pay.delivered(self.session, order, now=self.now)
            self.moved(order, 1)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, amount=st.integers(1, 9000), restaurant=st.booleans())
    def refund(self, pick: int, amount: int, restaurant: bool) -> None:
        told = self.orders[pick % len(self.orders)]
        order, number = told.order, told.refunds + 1
        liable: Literal["restaurant", "co-op"] = "restaurant" if restaurant and order.value_minor else "co-op"
        facts: dict[str, Any] = {"amount_minor": amount, "liable": liable, "why": "cold", "attempt": number}
        left = order.value_minor + order.delivery_fee_minor - told.given
        if not told.stands or told.entry_id is None or amount > left:
            refused = RefundTooLarge if told.stands and told.entry_id is not None else NotBooked
            with pytest.raises(refused):
                pay.refunded(self.session, order.order_id, **facts, now=self.now)
            return
        first = pay.refunded(self.session, order.order_id, **facts, now=self.now)
        again = pay.refunded(self.session, order.order_id, **facts, now=self.now + timedelta(days=1))
        assert again == first
        told.given, told.refunds = told.given + amount, number
        kitchen = f"restaurant:{order.restaurant_id}"
        if order.paid_by == "card":
            self.held["outside:card"] += amount
            self.held[kitchen if liable == "restaurant" else "co-op:refunds"] -= amount
        else:
            self.held["outside:customers"] += amount
            self.held[f"{kitchen}:till"] -= amount
            if liable == "co-op":
                self.held[kitchen] += amount
                self.held["co-op:refunds"] -= amount

    @rule(value=PENCE)
    def cancel_after_pick_up(self, value: int) -> None:
        self.cancelled += 1
        order = OrderMoney(10**6 + self.cancelled, 7, 3, value, 300, 100, "card")
        pay.cancelled(self.session, order, stage="picked_up", now=self.now)
        self.held["restaurant:7"] += value
        self.held["co-op:refunds"] -= value

    @rule(seconds=st.integers(0, 9 * 3600), drops=st.integers(0, 30))
    def end_a_shift(self, seconds: int, drops: int) -> None:
        shift = ShiftMoney(len(self.shifts) + 1, 3, self.now, self.now + timedelta(seconds=seconds), 0, drops)
        numbers = pay.shift_ended(self.session, shift, now=shift.ended_at)
        assert pay.shift_ended(self.session, shift, now=shift.ended_at + timedelta(hours=1)) == numbers
        self.shifts.append(shift)
        self.worked(shift, 1)

    @precondition(lambda self: self.shifts)
    @rule(pick=PICK, seconds=st.integers(0, 9 * 3600), drops=st.integers(0, 30))
    def correct_a_shift(self, pick: int, seconds: int, drops: int) -> None:
        old = self.shifts[pick % len(self.shifts)]
        ended_at = old.started_at + timedelta(seconds=seconds)
        new = replace(old, ended_at=ended_at, drops=drops, revision=old.revision + 1)
        pay.shift_corrected(self.session, old, new, why="OFF came late", now=self.now)
        self.shifts[pick % len(self.shifts)] = new
        self.worked(old, -1)
        self.worked(new, 1)

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        told = {account: amount for account, amount in books.balances(self.session, "").items() if amount}
        assert told == {account: amount for account, amount in self.held.items() if amount}

    @invariant()
    def the_books_are_sound(self) -> None:
        assert checks.findings(self.session) == []

    @invariant()
    def statements_are_the_accounts(self) -> None:
        ever = {"since": START - timedelta(days=1), "until": self.now + timedelta(days=400)}
        rider = pay.rider_statement(self.session, 3, **ever)
        assert rider.total_minor == sum(
            self.held[f"rider:3:{each}"] for each in ("wages", "tips", "holiday-set-aside")
        )
        assert rider.minutes == self.held["rider:3:minutes"]
        assert settlements.statement(self.session, 7, **ever).due_minor == self.held["restaurant:7"]


def tell(database: Database, text: str, *, examples: int, steps: int) -> None:
    machine = type("Told", (Story,), {"database": database, "text": text})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


@pytest.mark.parametrize("text", [FINSBURY_PARK, BY_THE_DROP], ids=["hourly", "per drop"])
def test_any_story_leaves_sound_books(empty: Database, text: str) -> None:
    """Whatever happens in whatever order, the books are sound, agree with the model, and statements with them."""
    tell(empty, text, examples=5, steps=15)


@pytest.mark.deep
@pytest.mark.parametrize("text", [FINSBURY_PARK, BY_THE_DROP], ids=["hourly", "per drop"])
def test_any_long_story_leaves_sound_books(empty: Database, text: str) -> None:
    """The same over many and longer stories."""
    tell(empty, text, examples=60, steps=40)
