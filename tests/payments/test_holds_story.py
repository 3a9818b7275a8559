"""Any story of holds: set aside, posted, let go and run out in any order, nothing is made or lost."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

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
from payments import books, checks
from payments.books import holds
from payments.errors import (
    HoldExpired,
    HoldResolved,
    KeyReused,
    Overdrawn,
    OverPosted,
)
from payments.ledger import Entry, Posting
from tests.payments.rulebooks import adopted
from tests.payments.test_holds import AT, BANK, HOUR, aside, earn


@dataclass
class Told:
    """What the model knows of one hold."""

    key: str
    source: str
    amount: int
    until: datetime
    how: str = "open"
    posted: int = 0
    end: int = 0


class Aside(RuleBasedStateMachine):
    """The books beside a model of sums: money comes, is held, posted, let go, runs out, in any order."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.database.engine, expire_on_commit=False)
        adopted(self.session)
        self.now = AT
        self.free: Counter[str] = Counter()
        self.paid = 0
        self.earned = 0
        self.holds: list[Told] = []

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    def run_out(self, source: str | None = None) -> int:
        due = [
            each for each in self.holds
            if each.how == "open" and each.until <= self.now and source in (None, each.source)
        ]  # fmt: skip
        for each in due:
            each.how = "expired"
            self.free[each.source] += each.amount
        return len(due)

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(amount=st.integers(1, 5000), what=st.sampled_from(["wages", "expenses"]))
    def earn(self, amount: int, what: str) -> None:
        self.earned += 1
        earn(self.session, amount, key=f"earned:{self.earned}", account=f"rider:3:{what}", at=self.now)
        self.free[f"rider:3:{what}"] += amount

    @rule(
        amount=st.integers(1, 5000), minutes=st.integers(1, 120), what=st.sampled_from(["wages", "expenses"])
    )
    def hold(self, amount: int, minutes: int, what: str) -> None:
        source, until = f"rider:3:{what}", self.now + timedelta(minutes=minutes)
        key = f"payout:{len(self.holds) + 1}"
        self.run_out(source)
        if amount > self.free[source]:
            with pytest.raises(Overdrawn):
                aside(self.session, amount, key=key, now=self.now, source=source, expires_at=until)
            return
        number = aside(self.session, amount, key=key, now=self.now, source=source, expires_at=until)
        later = self.now + timedelta(days=3)
        assert aside(self.session, amount, key=key, now=later, source=source, expires_at=until) == number
        self.free[source] -= amount
        self.holds.append(Told(key, source, amount, until))

    @precondition(lambda self: self.holds)
    @rule(pick=st.integers(0, 10**6), part=st.floats(0, 1.2))
    def post(self, pick: int, part: float) -> None:
        told = self.holds[pick % len(self.holds)]
        amount = max(1, int(told.amount * part))
        refused = self.refusal(told, "posted", amount)
        if refused is not None:
            with pytest.raises(refused):
                holds.post(self.session, told.key, amount, why="Paid", now=self.now)
            return
        number = holds.post(self.session, told.key, amount, why="Paid", now=self.now)
        if told.how == "open":
            told.how, told.posted, told.end = "posted", amount, number
            self.free[told.source] += told.amount - amount
            self.paid += amount
        assert number == told.end

    @precondition(lambda self: self.holds)
    @rule(pick=st.integers(0, 10**6))
    def void(self, pick: int) -> None:
        told = self.holds[pick % len(self.holds)]
        refused = self.refusal(told, "voided", 0)
        if refused is not None:
            with pytest.raises(refused):
                holds.void(self.session, told.key, why="No", now=self.now)
            return
        number = holds.void(self.session, told.key, why="No", now=self.now)
        if told.how == "open":
            told.how, told.end = "voided", number
            self.free[told.source] += told.amount
        assert number == told.end

    def refusal(self, told: Told, how: str, amount: int) -> type[Exception] | None:
        if told.how not in ("open", how):
            return HoldResolved
        if amount > told.amount:
            return OverPosted
        if told.how == how:
            return KeyReused if amount != told.posted else None
        return HoldExpired if self.now >= told.until else None

    @rule()
    def sweep(self) -> None:
        assert len(holds.expire_due(self.session, now=self.now)) == self.run_out()

    @rule(amount=st.integers(1, 5000))
    def spend(self, amount: int) -> None:
        self.earned += 1
        version = books.in_force(self.session, at=self.now)[0]
        postings = (Posting("rider:3:wages", BANK, amount),)
        entry = Entry(f"spent:{self.earned}", self.now, "Spent", postings, "GBP", version, "rider:3")
        if amount > self.free["rider:3:wages"]:
            with pytest.raises(Overdrawn):
                books.post(self.session, entry, now=self.now)
            return
        books.post(self.session, entry, now=self.now)
        self.free["rider:3:wages"] -= amount
        self.paid += amount

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        held = Counter[str]()
        for each in self.holds:
            if each.how == "open":
                held[f"held:{each.source}"] += each.amount
        model = {
            account: amount
            for account, amount in (self.free | held | Counter({BANK: self.paid})).items()
            if amount
        }
        told = books.balances(self.session, "")
        told.pop("co-op:wages", None)
        assert {account: amount for account, amount in told.items() if amount} == model
        assert sum(books.balances(self.session, "").values()) == 0

    @invariant()
    def every_hold_stands_as_the_model_says(self) -> None:
        for each in self.holds:
            ended = holds.get(self.session, each.key).resolution
            assert (ended.how if ended else "open") == each.how
            assert (ended.posted if ended else 0) == each.posted

    @invariant()
    def the_audit_finds_only_what_nobody_let_go(self) -> None:
        late = [each for each in self.holds if each.how == "open" and each.until + HOUR <= self.now]
        assert len(checks.findings(self.session, now=self.now)) == len(late)


def tell(database: Database, *, examples: int, steps: int) -> None:
    machine = type("Told", (Aside,), {"database": database})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


def test_any_story_of_holds_conserves(empty: Database) -> None:
    """Whatever is held, posted, let go and spent in whatever order, the books say what a model of sums says."""
    tell(empty, examples=8, steps=20)


@pytest.mark.deep
def test_any_long_story_of_holds_conserves(empty: Database) -> None:
    """The same over many and longer stories."""
    tell(empty, examples=50, steps=40)
