"""The books, a model that keeps but sums, and the way every step is taken: failed, rolled back, done, repeated."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import event
from sqlmodel import Session

from infra.database import Database
from payments import books, checks, ledger, pay, statements
from payments.pay import OrderMoney, ShiftMoney
from payments.payouts import Payout
from tests.payments.rulebooks import adopted

START = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
RIDERS, RESTAURANTS = (3, 4), (7, 8)
T = TypeVar("T")


class Injected(Exception):
    """What fails at random: the database, at one of its statements."""


@dataclass
class Order:
    """What the model knows of one order."""

    money: OrderMoney
    stands: bool
    given: int = 0
    refunds: int = 0
    cancelled: bool = False


@dataclass
class Sent:
    """What the model knows of one payout: the row's number, its parts, and where it stands."""

    id: int
    facts: dict[str, Any]
    state: str = "ready"


@dataclass
class World:
    """All a step may read and change."""

    database: Database
    text: str
    now: datetime = START
    orders: list[Order] = field(default_factory=list)
    shifts: list[ShiftMoney] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    tips: Counter[int] = field(default_factory=Counter)  # by rider, of deliveries that stand
    out: Counter[str] = field(default_factory=Counter)  # by account, paid out and not come back
    steps: int = 0
    failures: int = 0

    def __post_init__(self) -> None:
        self.session = Session(self.database.engine, expire_on_commit=False)
        adopted(self.session, self.text)

    def close(self) -> None:
        """Throw it all away."""
        self.session.rollback()
        self.session.close()

    def take(self, step: Callable[[Session], T], fail_at: int | None) -> T:
        """Take a step as life does: failing first at its `fail_at`th statement, then done, then asked for again.

        A step that failed leaves nothing behind; one asked for again, a day later, does nothing more.
        """
        self.steps += 1
        before = self.digest()
        if fail_at is not None:
            try:
                with self.session.begin_nested(), failing(self.session, fail_at):
                    step(self.session)
                    raise Injected  # after its last statement, before it is kept
            except Injected:
                self.failures += 1
            self.session.expire_all()
            assert self.digest() == before, "something of a failed step was kept"
        done = step(self.session)
        after = self.digest()
        step(self.session)
        assert self.digest() == after, "a step repeated did something more"
        return done

    def digest(self) -> str:
        """Everything in the books and beside them, as one number."""
        kept = sorted(books.sums.kept(self.session).items())
        paid = [(row.id, row.state, row.tries) for row in self.session.exec(_payouts()).all()]
        return _digest([books.head(self.session), kept, paid])

    def payout(self, sent: Sent) -> Payout:
        """The row of a payout."""
        found = self.session.get(Payout, sent.id)
        assert found is not None
        return found

    def check(self) -> None:
        """What must hold after every step."""
        session = self.session
        wrong = [each for each in checks.findings(session, now=self.now) if each.rule != checks.TAKEN_BACK]
        assert wrong == []
        self._tips()
        self._paid_once()
        self._replayed()

    def _tips(self) -> None:
        """Tips in are tips out and owed, to the penny, rider by rider."""
        for rider in RIDERS:
            account = f"rider:{rider}:tips"
            owed = books.balance(self.session, account) + books.balance(self.session, ledger.held(account))
            assert owed + self.out[account] == self.tips[rider], account

    def _paid_once(self) -> None:
        """What left for the bank is what the payouts that were paid say, each counted once."""
        assert books.balance(self.session, "outside:bank") == sum(self.out.values())

    def _replayed(self) -> None:
        """Read again from the first entry, every balance and every statement is what is kept and told."""
        entries = list(books.booked(self.session))
        again = {key: each for key, each in ledger.balances(each.entry for each in entries).items() if each}
        kept = {key: received - given for key, (received, given) in books.sums.kept(self.session).items()}
        assert _digest(sorted(again.items())) == _digest(sorted((k, v) for k, v in kept.items() if v))
        since, until = START - timedelta(days=1), self.now + timedelta(days=1)
        for rider in RIDERS:
            told = pay.rider_statement(self.session, rider, since=since, until=until)
            lines = sorted(_lines(entries, f"rider:{rider}"), key=lambda each: (each.at, each.entry_id))
            rebuilt = statements.rider(lines, rider, since=since, until=until)
            assert _digest(told) == _digest(rebuilt)


@contextmanager
def failing(session: Session, at: int) -> Iterator[None]:
    """The database refuses the `at`th statement from here on."""
    left = at

    def refuse(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Injected

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", refuse)


def _payouts() -> Any:
    from sqlmodel import col, select

    return select(Payout).order_by(col(Payout.id))


def _lines(entries: list[books.Booked], prefix: str) -> Iterator[books.Line]:
    """The lines of the accounts under a prefix, made from the entries alone."""
    for booked in entries:
        entry = booked.entry
        for posting in entry.postings:
            for mine, other, sign in (
                (posting.source, posting.destination, -1),
                (posting.destination, posting.source, 1),
            ):
                if books.below(mine, prefix):
                    yield books.Line(
                        booked.id, entry.key, entry.at, entry.why, entry.subject, sign * posting.amount,
                        mine, entry.unit, entry.rulebook, other, entry.reverses,
                    )  # fmt: skip


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()
