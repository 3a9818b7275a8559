"""The books, a model that keeps but sums, and the way every step is taken: failed, rolled back, done, repeated."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import event, func
from sqlalchemy import select as select_rows
from sqlmodel import Session, SQLModel, col, select

from infra.database import Database
from payments import books, checks, ledger, pay, payouts, remittances, runs, settlements, statements
from payments.pay import OrderMoney, ShiftMoney
from payments.payouts import Payout, PayoutPart
from payments.rails.tables import CardDispute, StripeCall
from payments.remittances import RemittanceRow
from payments.runs import PayRun
from payments.settlements import SettlementRow
from payments.settlements.drafting import kept_lines
from tests.payments.rulebooks import adopted

START = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
RIDERS, RESTAURANTS = (3, 4), (7, 8)
FAR = datetime(2050, 1, 1, tzinfo=UTC)
_BESIDE = (
    "payout", "pay_run", "pay_run_person", "pay_run_line", "pay_run_deduction", "settlement", "settlement_line",
    "settlement_adjustment", "remittance", "stripe_call", "card_payment", "card_dispute",
)  # fmt: skip
# What a life may come to, and the rows by which it is known.
REACHED = {
    "closed runs": select(PayRun.id).where(PayRun.state == "closed"),
    "closed settlements": select(SettlementRow.id).where(SettlementRow.state == "closed"),
    "payouts come back": select(Payout.id).where(Payout.state == "returned"),
    "disputes": select(CardDispute.id),
    "remittances": select(RemittanceRow.id),
    **{
        f"Stripe {kind}s": select(StripeCall.id).where(StripeCall.kind == kind, StripeCall.state == "done")
        for kind in ("refund", "transfer", "reversal")
    },
}
T = TypeVar("T")


class _Enough(Exception):
    """It would have gone through."""


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
    online: bool = False
    owed: int = 0
    disputed: bool = False


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
    delivered_at: list[datetime] = field(default_factory=list)
    expenses: Counter[int] = field(default_factory=Counter)  # by rider, approved
    spent: list[int] = field(default_factory=list)
    absences: list[int] = field(default_factory=list)
    absent: int = 0
    stripe: Any = None
    steps: int = 0
    failures: int = 0
    refusals: int = 0

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
        if fail_at is not None:
            self.fails(step, fail_at)
        done = step(self.session)
        after = self.digest()
        step(self.session)
        assert self.digest() == after, "a step repeated did something more"
        return done

    def fails(self, step: Callable[[Session], object], fail_at: int) -> None:
        """A step fails on its way, and leaves nothing behind."""
        before = self.digest()
        try:
            with self.session.begin_nested(), failing(self.session, fail_at):
                step(self.session)
                raise Injected  # after its last statement, before it is kept
        except Injected:
            self.failures += 1
        self.session.expire_all()
        assert self.digest() == before, "something of a failed step was kept"

    def attempt(
        self,
        step: Callable[[Session], T],
        fail_at: int | None,
        refused: tuple[type[Exception], ...],
        *,
        once: bool = False,
    ) -> T | None:
        """Take a step that may be refused, for one of these reasons: then everything is as it was."""
        before = self.digest()
        try:
            with self.session.begin_nested():
                done = step(self.session)
                if not once:
                    raise _Enough
        except _Enough:
            self.session.expire_all()
            return self.take(step, fail_at)
        except refused:
            self.refusals += 1
            self.session.expire_all()
            assert self.digest() == before, "something of a refused step was kept"
            return None
        self.steps += 1
        return done

    def lapsed(self) -> None:
        """What ran out meanwhile is let go, as the job does."""
        books.holds.expire_due(self.session, now=self.now)
        payouts.lapse(self.session, now=self.now)
        for sent in self.sent:
            sent.state = self.payout(sent).state

    def digest(self) -> str:
        """Everything in the books and beside them, as one number."""
        kept = sorted(books.sums.kept(self.session).items())
        self.session.flush()
        return _digest([books.head(self.session), kept, [_rows(self.session, name) for name in _BESIDE]])

    def reached(self) -> set[str]:
        """How far this life came: what of `REACHED` it has rows of."""
        return {
            what for what, query in REACHED.items() if self.session.exec(query.limit(1)).first() is not None
        }

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
        left = self.left()
        self._tips(left)
        received = session.exec(select(func.sum(SettlementRow.received_minor))).one() or 0
        self._paid_once(left, received)
        self._earned_once(left)
        self._replayed()

    def left(self) -> Counter[str]:
        """By account, what payouts that stand as paid have sent, say their own rows."""
        parts = self.session.exec(
            select(PayoutPart, Payout.method)
            .join(Payout, col(Payout.id) == PayoutPart.payout_id)
            .where(Payout.state == "paid", col(PayoutPart.sent))
        )
        found: Counter[str] = Counter()
        for part, method in parts:
            found[part.account] += part.amount_minor
            found[method] += part.amount_minor
        return found

    def _tips(self, left: Counter[str]) -> None:
        """Tips in are tips out and owed, to the penny: rider by rider, or all of them where they are pooled."""
        pooled = books.in_force(self.session, at=self.now)[1].pay.tips != "own"
        standing = {rider: self._stands(f"rider:{rider}:tips", left) for rider in RIDERS}
        if pooled:
            waiting = sum(books.balances(self.session, "pool").values())
            assert sum(standing.values()) + waiting == sum(self.tips.values())
        else:
            assert standing == {rider: self.tips[rider] for rider in RIDERS}
        for rider in RIDERS:
            assert self._stands(f"rider:{rider}:expenses", left) == self.expenses[rider]

    def paid_on(self, account: str) -> int:
        """What remittances took from an account or those below it; below nought, what they brought there."""
        total = 0
        for row in remittances.made(self.session):
            entry = books.entry_by_id(self.session, row.entry_id)
            assert entry is not None
            for each in entry.entry.postings:
                total += each.amount * books.below(each.source, account)
                total -= each.amount * books.below(each.destination, account)
        return total

    def _stands(self, account: str, left: Counter[str]) -> int:
        held = books.balance(self.session, ledger.held(account))
        return books.balance(self.session, account) + held + left[account]

    def _paid_once(self, left: Counter[str], received: int) -> None:
        """What left for the bank is what the payouts that stand say, each once, less what restaurants paid in."""
        there = left["bank"] - received - self.paid_on("outside:bank")
        assert books.balance(self.session, "outside:bank") == there
        for account, amount in self.out.items():
            assert left[account] >= amount

    def _earned_once(self, left: Counter[str]) -> None:
        """Of each purse: what was earned, summed from the log, is what left, was deducted, is held and is owed."""
        deducted: Counter[str] = Counter()
        earned: Counter[str] = Counter()
        for booked in books.booked(self.session):
            for each in booked.entry.postings:
                source, destination = each.source, each.destination
                if destination.startswith("payroll:"):
                    deducted[source.removeprefix("held:")] += each.amount
                elif source.startswith(("co-op:", "rider:")) and destination.startswith("rider:"):
                    earned[destination] += each.amount
                if destination.startswith(("co-op:", "rider:")) and source.startswith("rider:"):
                    earned[source] -= each.amount
        for rider in RIDERS:
            for purse in ("wages", "holiday-pay", "expenses"):
                account = f"rider:{rider}:{purse}"
                assert earned[account] == self._stands(account, left) + deducted[account], account

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

    def replayed_papers(self) -> None:
        """Made from the entries alone, the lines of every payslip and settlement are those that are kept."""
        moved: Counter[tuple[int, str, str]] = Counter()
        posted: dict[tuple[int, int], list[tuple[str, int]]] = {}
        for booked in books.booked(self.session):
            for place, each in enumerate(booked.entry.postings):
                moved[booked.id, each.destination, each.source] += each.amount
                moved[booked.id, each.source, each.destination] -= each.amount
                sides = [(each.destination, each.amount), (each.source, -each.amount)]
                posted[booked.id, place] = sides
        for run in runs.listed(self.session):
            for slip in runs.slips(self.session, run):
                for line in slip.lines:
                    assert line.amount == moved[line.entry_id, line.account, line.other]
        for row in settlements.listed(self.session):
            mine = f"restaurant:{row.restaurant_id}"
            for told in kept_lines(self.session, row):
                assert (mine, told.amount_minor) in posted[told.entry_id, told.posting]


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


def _rows(session: Session, name: str) -> list[str]:
    """The rows of a table, as text; lines of a draft are written anew each time, so that their numbers are none."""
    table = SQLModel.metadata.tables[name]
    columns = [each for each in table.columns if each.name != "id" or name != "pay_run_line"]
    return sorted(map(str, session.connection().execute(select_rows(*columns)).all()))


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
