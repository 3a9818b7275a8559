"""Tips are the riders', every penny: their own or a day's pool by minutes, once, and never a fee out of them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from payments import books, checks, pay, work
from payments.books import holds
from payments.books.plaintext import names
from payments.errors import NobodyToShare, Overdrawn
from payments.ledger import Entry, Posting
from payments.pay import OrderMoney, ShiftMoney
from payments.rulebook import parse
from tests.payments.rulebooks import FINSBURY_PARK, adopted

POOLED = FINSBURY_PARK.replace('tips = "own"', 'tips = "pooled"')
RULES = parse(POOLED)
FRIDAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
LATER = AT + timedelta(days=1)
POOL = "pool:tips:2026-11-20"


def an_order(number: int = 1, tip: int = 1001, paid_by: str = "card", attempt: int = 1) -> OrderMoney:
    how = "card" if paid_by == "card" else "account"
    return OrderMoney(number, 7, 3, 2000, 400, tip, how, attempt)  # type: ignore[arg-type]


def test_a_pooled_tip_waits_whole_for_its_day(session: Session) -> None:
    """By card or at the till, the whole tip goes to the day's pool; the card's cost is the co-op's."""
    adopted(session, POOLED)
    pay.delivered(session, an_order(), now=AT)
    pay.delivered(session, an_order(2, 150, "account"), now=AT)
    assert books.balance(session, POOL) == 1151
    assert books.balances(session, "rider") == {}
    assert pay.pooled_on(session, 1, 1) == FRIDAY
    assert pay.pooled_on(session, 9, 1) is None
    assert pay.refundable(session, 1) == 2400  # the tip never
    assert checks.findings(session) == []


@pytest.mark.parametrize(("hour", "day"), [(3, 20), (4, 20), (19, 20), (27, 20), (27.99, 20), (28, 21)])
def test_a_day_of_tips_begins_at_four(hour: float, day: int) -> None:
    """A tip after midnight is still of the evening before, until four in the morning."""
    at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=hour)
    assert work.tip_day(RULES, at) == (date(2026, 11, 19) if hour == 3 else date(2026, 11, day))


def test_tips_are_shared_by_minutes_as_worked_out_by_hand(session: Session) -> None:
    """10.01 over 300, 300 and 120 minutes is 4.17, 4.17 and 1.67, once however often it is asked."""
    adopted(session, POOLED)
    pay.delivered(session, an_order(), now=AT)
    minutes = {3: 300, 4: 300, 5: 120}
    first = pay.shared_out(session, FRIDAY, minutes, now=LATER)
    assert pay.shared_out(session, FRIDAY, minutes, now=LATER + timedelta(days=3)) == first
    assert books.balances(session, "rider") == {"rider:3:tips": 417, "rider:4:tips": 417, "rider:5:tips": 167}
    assert books.balance(session, POOL) == 0
    told = pay.rider_statement(session, 5, since=AT, until=LATER + timedelta(days=1))
    assert [(line.what, line.subject, line.amount_minor) for line in told.lines] == [
        ("tip", "tips:2026-11-20", 167)
    ]
    assert checks.findings(session) == []


def test_the_spare_penny_goes_round() -> None:
    """Over three days three riders with the same minutes each have the spare penny once."""
    days = [FRIDAY + timedelta(days=each) for each in range(3)]
    lucky = Counter(
        posting.destination
        for day in days
        for posting in work.share_postings(day, 100, {3: 60, 20: 60, 100: 60})
        if posting.amount == 34
    )
    assert lucky == {"rider:3:tips": 1, "rider:20:tips": 1, "rider:100:tips": 1}


def test_a_day_that_turns_out_otherwise_is_shared_anew(session: Session) -> None:
    """Other minutes, one delivery undone, one more delivered: each time the old shares go back and new ones come."""
    adopted(session, POOLED)
    pay.delivered(session, an_order(), now=AT)
    pay.delivered(session, an_order(2, 500), now=AT)
    pay.shared_out(session, FRIDAY, {3: 100, 4: 100}, now=LATER)
    pay.shared_out(session, FRIDAY, {3: 100, 4: 50}, now=LATER)
    assert books.balances(session, "rider") == {"rider:3:tips": 1001, "rider:4:tips": 500}
    pay.undelivered(session, 2, 1, why="wrong door", now=LATER)
    assert books.balance(session, POOL) == -500
    pay.shared_out(session, FRIDAY, {3: 100, 4: 50}, now=LATER)
    assert books.balances(session, "rider") == {"rider:3:tips": 667, "rider:4:tips": 334}
    pay.undelivered(session, 1, 1, why="wrong door", now=LATER)
    assert pay.shared_out(session, FRIDAY, {3: 100, 4: 50}, now=LATER) is None
    assert set(books.balances(session, "rider").values()) == {0}
    pay.delivered(session, an_order(attempt=2), now=AT + timedelta(hours=1))
    pay.shared_out(session, FRIDAY, {4: 50}, now=LATER)
    assert books.balances(session, "rider") == {"rider:3:tips": 0, "rider:4:tips": 1001}
    assert books.balance(session, POOL) == 0
    assert checks.findings(session) == []


def test_tips_with_nobody_on_shift_wait(session: Session) -> None:
    """With no minutes there is nobody to share with: the tips stay where they are, and a sentence says so."""
    adopted(session, POOLED)
    pay.delivered(session, an_order(), now=AT)
    with pytest.raises(NobodyToShare, match="2026-11-20"):
        pay.shared_out(session, FRIDAY, {}, now=LATER)
    assert books.balance(session, POOL) == 1001
    assert pay.shared_out(session, FRIDAY - timedelta(days=1), {}, now=LATER) is None


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("rider:3:tips", "co-op:card-cost"),
        ("rider:3:tips", "outside:card"),
        ("rider:3:tips", "rider:4:tips"),
        ("rider:3:tips", "rider:3:wages"),
        ("pool:tips:2026-11-20", "co-op:commission"),
        ("pool:tips:2026-11-20", "restaurant:7"),
        ("pool:tips:2026-11-20", "rider:3:wages"),
        ("pool:tips:2026-11-20", "pool:tips:2026-11-21"),
    ],
)
def test_no_fee_ever_touches_tips(session: Session, source: str, destination: str) -> None:
    """A penny moved out of tips to anywhere but a rider or a payout is found, and its entry named."""
    version = adopted(session, POOLED if source.startswith("pool") else FINSBURY_PARK)
    pay.delivered(session, an_order(), now=AT)
    taken = Entry("fee:1", AT, "A fee", (Posting(source, destination, 1),), "GBP", version, "fee:1")
    number = books.post(session, taken, now=AT)
    assert ("tips", number) in {(each.rule, each.entry_id) for each in checks.findings(session)}


def test_tips_come_from_customers_alone(session: Session) -> None:
    """Wages paid in as tips are found: then tips in are no longer tips out and tips owed."""
    version = adopted(session)
    pay.delivered(session, an_order(), now=AT)
    posting = Posting("co-op:wages", "rider:3:tips", 5)
    books.post(session, Entry("x:1", AT, "Called tips", (posting,), "GBP", version, "x:1"), now=AT)
    assert [(each.rule, each.message) for each in checks.findings(session)] == [
        ("tips", "customers' tips less those paid out are 1001, and 1006 are owed to riders")
    ]


def test_tips_are_paid_out_through_a_hold(session: Session) -> None:
    """Set aside for a payout and paid, or let go, no tip is missing; and a pool cannot be overdrawn."""
    version = adopted(session)
    pay.delivered(session, an_order(), now=AT)
    for key, amount in (("payout:1", 1000), ("payout:2", 1)):
        holds.hold(
            session, key=key, source="rider:3:tips", destination="outside:bank", amount=amount,
            expires_at=LATER, why="Payday", subject="rider:3", now=AT,
        )  # fmt: skip
    holds.post(session, "payout:1", why="Paid", now=AT)
    holds.void(session, "payout:2", why="Not now", now=AT)
    assert checks.findings(session) == []
    share = Entry("s:1", AT, "Shares", (Posting(POOL, "rider:3:tips", 1),), "GBP", version, "s:1")
    with pytest.raises(Overdrawn):
        books.post(session, share, now=AT)


def test_a_pool_is_a_debt_in_other_programs() -> None:
    """In plain-text accounting tips that wait are owed, under a name both programs accept."""
    assert names.name(POOL) == "Liabilities:Pool:Tips:2026-11-20"
    assert names.name("rider:3:holiday-set-aside") == "Liabilities:Rider:3:Holiday-set-aside"


@settings(max_examples=30)
@given(
    st.integers(0, 5000),
    st.dictionaries(st.integers(1, 200), st.integers(0, 600), min_size=1, max_size=5),
    st.integers(0, 400),
)
def test_every_penny_of_a_pool_is_shared(pot: int, minutes: dict[int, int], later: int) -> None:
    """Whatever the pot and the minutes, the parts sum to the pot and none is a penny from its exact share."""
    whole = sum(minutes.values())
    if not whole:
        return
    parts = work.share_postings(FRIDAY + timedelta(days=later), pot, minutes)
    assert sum(part.amount for part in parts) == pot
    for part in parts:
        exact = pot * minutes[int(part.destination.split(":")[1])]
        assert abs(part.amount * whole - exact) < whole


@settings(max_examples=30)
@given(st.integers(0, 3000), st.integers(0, 960))
def test_minutes_of_all_days_are_the_minutes_of_the_shift(begins: int, length: int) -> None:
    """A shift's minutes fall on the days it touches, each on one of them."""
    began = AT + timedelta(minutes=begins, seconds=20)
    shift = ShiftMoney(5, 3, began, began + timedelta(minutes=length), 0, 0)
    days = [FRIDAY + timedelta(days=each) for each in range(-1, 5)]
    assert sum(work.minutes_on(RULES, shift, day) for day in days) == shift.minutes
    assert work.minutes_on(RULES, replace(shift, ended_at=began), FRIDAY) == 0
