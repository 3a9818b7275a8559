"""Calls to Stripe from rows: killed anywhere, raced by another process, answered late, shuffled: done once."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from infra.database import Database
from payments import books, checks, pay, payouts
from payments.errors import BadClaim
from payments.ledger import Entry, Posting
from payments.pay import OrderMoney
from payments.rails import Account, Payment, Seen, Told, calls, events, following, orders, payees
from payments.rails.events import Looked
from payments.rails.sandbox import Sandbox
from payments.rails.tables import StripeCall
from tests.conftest import FRIDAY_SIX as AT
from tests.payments.rails_ask import checkout
from tests.payments.rails_racer import work
from tests.payments.rulebooks import adopted

REPOSITORY = Path(__file__).parents[2]
COUNT = 8


def funded(database: Database, stripe: Sandbox, count: int = COUNT) -> None:
    """So many restaurants with an account, each owed ten pounds that are on their way; Stripe holds enough."""
    page = stripe.make("checkout", checkout(amount=100_000), key="fund")
    stripe.pay(page.vendor_id, "at-once")
    with database.writing() as session:
        version = adopted(session)
        for number in range(1, count + 1):
            payee = f"restaurant:{number}"
            payees.connect(session, payee, country="GB", now=AT)
            postings = (Posting("outside:card", payee, 1000),)
            books.post(
                session, Entry(f"sold:{number}", AT, "Sold", postings, "GBP", str(version), payee), now=AT
            )
    work(database, stripe)
    with database.reading() as session:
        made = [(row.payee, str(row.vendor_id)) for row in payees.accounts(session)]
    for _, vendor_id in made:
        stripe.onboard(vendor_id)
    with database.writing() as session:
        for payee, vendor_id in made:
            seen = stripe_account(session, payee, vendor_id)
            assert seen
            payouts.create(
                session,
                key=f"settlement:{payee}",
                payee=payee,
                parts=[(payee, 1000)],
                method="stripe",
                reference="Pannier",
                why="Settlement",
                now=AT,
            )


def stripe_account(session: Session, payee: str, vendor_id: str) -> bool:
    """What the account's event would have had our row say."""
    row = payees.account_of(session, payee)
    assert row is not None
    row.told = row.transfers = row.payouts = True
    session.add(row)
    session.flush()
    return row.vendor_id == vendor_id


def paid_once(database: Database, stripe: Sandbox, count: int = COUNT) -> None:
    """Every payout is paid, by one transfer each, and the books are sound."""
    sent = stripe.all("transfer")
    assert [each["amount"] for each in sent] == [1000] * count
    assert len({each["destination"] for each in sent}) == count
    with database.reading() as session:
        assert {row.state for row in session.exec(select(StripeCall))} == {"done"}
        for number in range(1, count + 1):
            (payout,) = payouts.of(session, f"restaurant:{number}")
            assert payout.state == "paid"
        assert sum(books.balances(session, "held").values()) == 0
        assert checks.findings(session, now=AT) == []


@pytest.mark.parametrize("where", ["taken", "made"])
def test_a_process_killed_between_two_steps_pays_once(database: Database, where: str) -> None:
    """Claimed and never made, or made and never settled: after its lease it is asked after, and done once."""
    stripe = Sandbox(database, lambda: AT)
    funded(database, stripe, 1)
    with database.writing() as session:
        payees.send(session, now=AT)
        calling = calls.take(session, now=AT)
    assert calling is not None
    if where == "made":
        calls.do(stripe, calling)  # and the process ends here
    with database.writing() as session:
        assert calls.take(session, now=AT) is None
    later = AT + calls.LEASE
    with database.writing() as session:
        again = calls.take(session, now=later)
    assert again is not None
    assert (again.ask_first, again.key) == (True, calling.key)
    outcome, late = calls.do(stripe, again), calls.do(stripe, calling)  # the killed one wakes after all
    with database.writing() as session:
        calls.settle(session, outcome, now=later)
        calls.settle(session, late, now=later)
    paid_once(database, stripe, 1)


def test_an_event_settles_a_call_nobody_answered(database: Database) -> None:
    """A payout to the bank whose answer was lost is known from its event, and is not made again."""
    stripe = Sandbox(database, lambda: AT)
    funded(database, stripe, 1)
    stripe.turn("after:payout")
    with database.writing() as session:
        payees.to_bank(session, 500, currency="GBP", claim="one", now=AT)
    work(database, stripe)
    seen = stripe.fetch("payout.created", stripe.all("payout")[0]["id"])
    assert seen is not None
    with database.writing() as session:
        following.seen(session, seen, now=AT)
        following.seen(session, seen, now=AT)
        assert calls.take(session, now=AT + timedelta(hours=2)) is None
        assert books.balance(session, "outside:bank") == -500


def test_an_older_look_does_not_undo_a_newer_one(database: Database) -> None:
    """Two processes act on two events of one account: the one that looked first and comes last looks again."""

    def account(*, told: bool) -> Account:
        return Account("acct_1", "restaurant:1", told=told, transfers=told, payouts=told, asked_for=())

    with database.writing() as session:
        payees.connect(session, "restaurant:1", country="GB", now=AT)
        for number in (1, 2):
            events.store(session, Told(f"evt_{number}", "account.updated", "acct_1", False), now=AT)
        first = events.take(session, now=AT)
        second = events.take(session, now=AT + timedelta(seconds=1))
        assert first is not None
        assert second is not None
        newer = Looked(second.row_id, second.tries, account(told=True))
        events.settle(session, newer, now=AT + timedelta(seconds=2))
        events.settle(
            session, Looked(first.row_id, first.tries, account(told=False)), now=AT + timedelta(seconds=3)
        )
        row = payees.account_of(session, "restaurant:1")
        assert row is not None
        assert row.told
        again = events.take(session, now=AT + timedelta(seconds=4))
        assert again is not None
        assert again.row_id == first.row_id
        looked = Looked(again.row_id, again.tries, account(told=True))
        events.settle(session, looked, now=AT + timedelta(seconds=5))
        assert events.next_due(session) is None


def test_a_claim_is_one_call(database: Database) -> None:
    """The same claim is the same row; for another subject or kind it is refused."""
    with database.writing() as session:
        adopted(session)
        first = payees.to_bank(session, 500, currency="GBP", claim="one", now=AT)
        assert payees.to_bank(session, 500, currency="GBP", claim="one", now=AT).id == first.id
        with pytest.raises(BadClaim):
            calls.queue(session, "manual", subject="co-op", claim="bank:one", facts={}, now=AT)
        assert calls.by_key(session, first.key) is first
        assert calls.by_key(session, first.key + "x") is None


@pytest.mark.deep
@pytest.mark.parametrize("made_url", ["sqlite", "postgresql"], indirect=True)
def test_two_processes_race_the_same_payouts(database: Database, made_url: str) -> None:
    """Two processes with the same due payouts: each is sent once, by one of them."""
    stripe = Sandbox(database, lambda: AT)
    funded(database, stripe)
    runners = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.payments.rails_racer", made_url],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for runner in runners:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "READY\n"
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("\n")
        runner.stdin.flush()
    made = [int(runner.communicate(timeout=120)[0]) for runner in runners]
    assert sum(made) == COUNT
    paid_once(database, stripe)


# Shuffled -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[list[Seen]]]:
    """What was seen of each object of a lively order, in the order that it changed."""
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('pretend') / 'stripe.db'}")
    database.create_all()
    stripe = Sandbox(database, lambda: AT)
    page = stripe.make("checkout", checkout(amount=2650, order=1), key="k").vendor_id
    look: Callable[[str, str], Seen | None] = stripe.fetch
    pages = [look("checkout.session.completed", page)]
    stripe.pay(page, "disputed")
    pages.append(look("checkout.session.completed", page))
    charge, dispute = stripe.all("charge")[0]["id"], stripe.all("dispute")[0]["id"]
    charges, disputes = [look("charge.succeeded", charge)], [look("charge.dispute.created", dispute)]
    stripe.close_dispute(dispute, won=True)
    charges.append(look("charge.updated", charge))
    disputes.append(look("charge.dispute.closed", dispute))
    account = stripe.make("account", {"subject": "restaurant:7", "country": "GB"}, key="a").vendor_id
    accounts = [look("account.updated", account)]
    stripe.onboard(account)
    accounts.append(look("account.updated", account))
    yield [[each for each in seen if each is not None] for seen in (pages, charges, disputes, accounts)]
    database.close()


def lived(session: Session, seen: list[Seen | str]) -> dict[str, int]:
    """The balances after things were seen, and the food delivered, in this order."""
    order = OrderMoney(1, 7, 3, 2000, 400, 250, "card")
    owed = order.total_minor
    for each in seen:
        if isinstance(each, str):
            pay.delivered(session, order, now=AT) if each == "delivered" else None
            if each == "undone":
                pay.undelivered(session, 1, 1, why="undone", now=AT)
            if each == "again":
                pay.delivered(session, OrderMoney(1, 7, 3, 2000, 400, 250, "card", 2), now=AT)
            orders.follow(session, orders.Standing(1, owed), now=AT)
            continue
        for news in following.seen(session, each, now=AT):
            if news.what == "paid":
                orders.follow(session, orders.Standing(1, owed), now=AT)
    return {line.account: line.balance for line in books.trial_balance(session) if line.balance}


@settings(max_examples=25)
@given(data=st.data())
def test_events_in_any_order_and_repetition_give_the_same_books(
    session: Session, history: list[list[Seen]], data: st.DataObject
) -> None:
    """However events are shuffled among objects, repeated, and mixed with delivering and undoing: the same balances.

    Of one object what is seen never runs backwards, because it is fetched anew each time.
    """
    story: list[Seen | str] = ["delivered", "undone", "again"]
    streams: list[list[Seen | str]] = [list(each) for each in history] + [story]
    straight = [each for stream in streams for each in stream]
    places = data.draw(st.permutations([n for n, stream in enumerate(streams) for _ in stream]))
    shuffled: list[Seen | str] = []
    turns = [iter(stream) for stream in streams]
    for place in places:
        shuffled += [next(turns[place])] * (data.draw(st.integers(1, 2)) if place < len(history) else 1)
    outcomes = []
    for sequence in (straight, shuffled):
        within = session.begin_nested()
        adopted(session)
        outcomes.append(lived(session, sequence))
        within.rollback()
        session.expire_all()
    assert outcomes[0] == outcomes[1]
    assert outcomes[0]["rider:3:tips"] == 250
    assert "customer:1" not in outcomes[0]
    charge = next(each for each in history[1] if isinstance(each, Payment))
    assert charge.transaction is not None
    assert outcomes[0]["outside:card"] == -(2650 - charge.transaction.fee_minor - 2000)
