"""The machine: each rule is one call of a step; further steps (pay runs, settlements, cards) are a class of rules more.

To add some, write a module of steps beside this one and a class of rules like those below that calls them, name it
among the bases of `Machine`, and put what must hold of them into `World.check`.
"""

import random
from collections import Counter
from datetime import timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from infra.database import Database
from payments.rulebook import STAGES, Stage
from tests.payments.machine import cards, earning, orders, payday, payruns, remitting, settling, shifts
from tests.payments.machine.world import RESTAURANTS, RIDERS, World

PENCE = st.integers(0, 6000)
PICK = st.integers(0, 10**6)
# Where a step fails before it is done: not at all, or at its first, second ... statement, or after its last.
FAIL = st.one_of(st.none(), st.integers(1, 40))
# A treasurer's steps, one or a few on end: what ends a run or a settlement is several steps away.
TURNS = st.lists(PICK, min_size=1, max_size=5)


class Lived(RuleBasedStateMachine):
    """What every machine has: a world, time, and what holds after every step."""

    database: ClassVar[Database]
    text: ClassVar[str]
    counted: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.database, self.text)

    def teardown(self) -> None:
        """Count what was done, and throw it away."""
        world = self.world
        try:  # closed whatever happens: a life left open would keep the next one waiting at its locks
            self.counted["sequences"] += 1
            if world.steps:
                cards.drain(world)
                world.check()
                world.replayed_papers()
            for what in ("steps", "failures", "refusals"):
                self.counted[what] += getattr(world, what)
            for what in world.reached():
                self.counted[what] += 1
        finally:
            world.close()

    @rule(minutes=st.sampled_from([1, 60, 24 * 60, 7 * 24 * 60, 61 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        """Time passes; what ran out meanwhile is let go, as the job does."""
        self.world.now += timedelta(minutes=minutes)
        payday.lapse(self.world, None)

    @invariant()
    def holds(self) -> None:
        """Everything that must hold, after every step."""
        self.world.check()
        payruns.check(self.world)
        settling.check(self.world)


class Orders(Lived):
    """Rules of orders."""

    @rule(value=PENCE, fee=PENCE, tip=PENCE, card=st.booleans(), odd=st.booleans(), fail=FAIL)
    def deliver(self, value: int, fee: int, tip: int, card: bool, odd: bool, fail: int | None) -> None:
        orders.deliver(self.world, value, fee, tip, card, odd, fail)

    @precondition(lambda self: self.world.orders)
    @rule(pick=PICK, fail=FAIL)
    def undo(self, pick: int, fail: int | None) -> None:
        orders.undo(self.world, self.world.orders[pick % len(self.world.orders)], fail)

    @precondition(lambda self: any(not each.stands for each in self.world.orders))
    @rule(pick=PICK, fail=FAIL)
    def deliver_again(self, pick: int, fail: int | None) -> None:
        undone = [each for each in self.world.orders if not each.stands]
        orders.deliver_again(self.world, undone[pick % len(undone)], fail)

    @precondition(lambda self: self.world.orders)
    @rule(pick=PICK, amount=PENCE, restaurant=st.booleans(), fail=FAIL)
    def refund(self, pick: int, amount: int, restaurant: bool, fail: int | None) -> None:
        orders.refund(self.world, self.world.orders[pick % len(self.world.orders)], amount, restaurant, fail)

    @precondition(lambda self: self.world.orders)
    @rule(pick=PICK, stage=st.sampled_from(STAGES), fail=FAIL)
    def cancel(self, pick: int, stage: Stage, fail: int | None) -> None:
        orders.cancel(self.world, self.world.orders[pick % len(self.world.orders)], stage, fail)


class Shifts(Lived):
    """Rules of shifts."""

    @rule(minutes=st.integers(0, 600), drops=st.integers(0, 30), odd=st.booleans(), fail=FAIL)
    def end(self, minutes: int, drops: int, odd: bool, fail: int | None) -> None:
        shifts.end(self.world, minutes, drops, odd, fail)

    @precondition(lambda self: self.world.shifts)
    @rule(pick=PICK, minutes=st.integers(0, 600), fail=FAIL)
    def correct(self, pick: int, minutes: int, fail: int | None) -> None:
        shifts.correct(self.world, pick % len(self.world.shifts), minutes, fail)


class Payday(Lived):
    """Rules of payouts."""

    @rule(rider=st.sampled_from(RIDERS), parts=st.integers(0, 3), fail=FAIL)
    def pay_out(self, rider: int, parts: int, fail: int | None) -> None:
        payday.pay_out(self.world, rider, parts, fail)

    @rule(rider=st.sampled_from(RIDERS), more=st.integers(1, 500))
    def overdraw(self, rider: int, more: int) -> None:
        payday.overdraw(self.world, rider, more)

    @precondition(lambda self: self.world.sent)
    @rule(pick=PICK, state=st.sampled_from(["paid", "paid", "failed", "returned"]), fail=FAIL)
    def go_on(self, pick: int, state: str, fail: int | None) -> None:
        payday.go_on(self.world, self.world.sent[pick % len(self.world.sent)], state, fail)


class Earning(Lived):
    """Rules of what is earned beside orders and shifts."""

    @rule(pick=PICK, fail=FAIL)
    def share_out(self, pick: int, fail: int | None) -> None:
        earning.share_out(self.world, pick, fail)

    @rule(rider=st.sampled_from(RIDERS), minutes=st.integers(1, 600), fail=FAIL)
    def sick(self, rider: int, minutes: int, fail: int | None) -> None:
        earning.sick(self.world, rider, minutes, fail)

    @rule(rider=st.sampled_from(RIDERS), minutes=st.integers(1, 600), fail=FAIL)
    def leave(self, rider: int, minutes: int, fail: int | None) -> None:
        earning.leave(self.world, rider, minutes, fail)

    @precondition(lambda self: self.world.absences)
    @rule(pick=PICK, fail=FAIL)
    def not_absent(self, pick: int, fail: int | None) -> None:
        earning.take_back(self.world, pick, fail)

    @rule(rider=st.sampled_from(RIDERS), amount=st.integers(1, 5000), fail=FAIL)
    def expense(self, rider: int, amount: int, fail: int | None) -> None:
        earning.expense(self.world, rider, amount, fail)


class Treasurer(Lived):
    """Rules of pay runs and settlements."""

    @rule(turns=TURNS, fail=FAIL)
    def pay_run(self, turns: list[int], fail: int | None) -> None:
        for turn in turns:
            payruns.go_on(self.world, turn, fail)

    @precondition(lambda self: remitting.is_owed(self.world))
    @rule(
        quarters=st.integers(1, 4),
        reclaimed=st.sampled_from([0, 1, 50, 10_000]),
        employer=st.sampled_from([0, 333]),
        fail=FAIL,
    )
    def pay_on(self, quarters: int, reclaimed: int, employer: int, fail: int | None) -> None:
        remitting.pay_on(self.world, quarters, reclaimed, employer, fail)

    @precondition(lambda self: remitting.paid(self.world))
    @rule(pick=PICK, fail=FAIL)
    def take_back_what_was_paid_on(self, pick: int, fail: int | None) -> None:
        remitting.take_back(self.world, pick, fail)

    @rule(fail=FAIL)
    def draft_settlements(self, fail: int | None) -> None:
        settling.draft(self.world, fail)

    @rule(pick=PICK, turns=TURNS, fail=FAIL)
    def settle(self, pick: int, turns: list[int], fail: int | None) -> None:
        for turn in turns:
            settling.go_on(self.world, pick, turn, fail)

    @rule(
        restaurant=st.sampled_from(RESTAURANTS),
        amount=st.integers(-900, 900),
        service=st.booleans(),
        fail=FAIL,
    )
    def adjust(self, restaurant: int, amount: int, service: bool, fail: int | None) -> None:
        settling.adjust(self.world, restaurant, amount, service, fail)


class Cards(Lived):
    """Rules of cards."""

    @rule(value=PENCE, fee=PENCE, tip=PENCE, card=st.sampled_from(cards.CARDS), fail=FAIL)
    def order_online(self, value: int, fee: int, tip: int, card: str, fail: int | None) -> None:
        orders.deliver(self.world, value, fee, tip, True, False, fail, online=True)
        cards.ask(self.world, self.world.orders[-1], card, fail)

    @precondition(lambda self: any(each.online for each in self.world.orders))
    @rule(pick=PICK, card=st.sampled_from(cards.CARDS), fail=FAIL)
    def pay_online(self, pick: int, card: str, fail: int | None) -> None:
        found = [each for each in self.world.orders if each.online]
        cards.ask(self.world, found[pick % len(found)], card, fail)

    @precondition(lambda self: self.world.stripe)
    @rule(luck=st.randoms(use_true_random=False), share=st.sampled_from([0.3, 1.0]), fail=FAIL)
    def hear(self, luck: random.Random, share: float, fail: int | None) -> None:
        cards.hear(self.world, luck, fail, share)

    @precondition(lambda self: self.world.stripe)
    @rule(fail=FAIL)
    def call(self, fail: int | None) -> None:
        cards.work(self.world, fail)

    @precondition(lambda self: self.world.stripe)
    @rule(kind=st.sampled_from(cards.KINDS), when=st.sampled_from(["before", "after"]))
    def cut(self, kind: str, when: str) -> None:
        cards.cut(self.world, kind, when)


class Mondays(Lived):
    """A rule that is a treasurer's whole Monday: a run and the settlements, from the first step to the last."""

    @initialize(custom=st.sampled_from([0, 0, 1, 3]))
    def trade(self, custom: int) -> None:
        """A co-op that does some trade already: orders paid online, and a shift."""
        for number in range(custom):
            orders.deliver(self.world, 4000 + number, 300, 200, True, False, None, online=True)
            cards.ask(self.world, self.world.orders[-1], "visa", None)
        if custom:
            cards.hear(self.world, random.Random(custom), None)
            shifts.end(self.world, 60 * custom, custom, False, None)

    @rule(fail=FAIL)
    def monday(self, fail: int | None) -> None:
        world, luck = self.world, random.Random(self.world.steps)
        world.now += timedelta(days=7)
        payday.lapse(world, None)
        for _ in range(4):
            payruns.go_on(world, payruns.FORTH, fail)
        settling.draft(world, fail)
        for pick in range(3 * len(RESTAURANTS)):
            settling.go_on(world, pick, payruns.FORTH, fail)
            if world.stripe is not None:
                cards.work(world, fail)
                cards.hear(world, luck, fail)


class Machine(Orders, Shifts, Payday, Earning, Treasurer, Cards, Mondays):
    """All of them."""
