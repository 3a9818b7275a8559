"""Money set aside: held, then posted, voided or run out, once, and by nobody spent meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import Session

from payments import books, checks, ledger, pay, settlements
from payments.books import holds
from payments.errors import (
    AlreadyReversed,
    BadEntry,
    HoldExpired,
    HoldIsFinal,
    HoldResolved,
    KeyReused,
    NoSuchEntry,
    NoSuchHold,
    Overdrawn,
)
from payments.ledger import Entry, Posting
from payments.ledger import holds as core
from payments.pay import OrderMoney
from payments.tables import ENTRIES, POSTINGS
from tests.payments.rulebooks import adopted

HOUR = timedelta(hours=1)
AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
WAGES, BANK = "rider:3:wages", "outside:bank"


def earn(
    session: Session, amount: int, *, key: str = "earned:1", account: str = WAGES, at: datetime = AT
) -> None:
    """Money a rider is owed."""
    version = books.in_force(session, at=at)[0]
    source = "outside:card" if account.endswith(":tips") else "co-op:wages"  # tips come from customers alone
    postings = (Posting(source, account, amount),)
    books.post(session, Entry(key, at, "Earned", postings, "GBP", version, "rider:3"), now=at)


def aside(session: Session, amount: int, *, key: str = "payout:1", now: datetime = AT, **more: Any) -> int:
    """Hold money of the rider's for a payout, for an hour unless told otherwise."""
    facts = {
        "source": WAGES,
        "destination": BANK,
        "expires_at": AT + HOUR,
        "why": "Payday",
        "subject": "rider:3",
    }
    return holds.hold(session, key=key, amount=amount, now=now, **{**facts, **more})


@pytest.fixture
def ready(session: Session) -> Session:
    """Books in which rider 3 is owed a hundred pounds."""
    adopted(session)
    earn(session, 10_000)
    return session


def test_what_is_held_cannot_be_spent(ready: Session) -> None:
    """With 60 of 100 held, 40 can be spent or held and not a penny more, until the hold is let go."""
    aside(ready, 6_000)
    version = books.versions(ready)[0].version
    spend = Entry("spent:1", AT, "Spent", (Posting(WAGES, BANK, 4_001),), "GBP", version, "rider:3")
    with pytest.raises(Overdrawn) as refused:
        books.post(ready, spend, now=AT)
    assert (refused.value.account, refused.value.asked, refused.value.left) == (WAGES, 4_001, 4_000)
    with pytest.raises(Overdrawn):
        aside(ready, 4_001, key="payout:2")
    aside(ready, 4_000, key="payout:2")
    with pytest.raises(Overdrawn):
        aside(ready, 1, key="payout:3")
    holds.void(ready, "payout:1", why="The bank said no", now=AT)
    books.post(ready, spend, now=AT)
    assert books.balances(ready, WAGES) | books.balances(ready, "held") == {
        WAGES: 1_999,
        "held:rider:3:wages": 4_000,
    }
    assert checks.findings(ready) == []


def test_a_restaurant_is_paid_no_more_than_it_is_owed(ready: Session) -> None:
    """A restaurant may owe the co-op, and nothing can then be held for it; the co-op's own accounts have no floor."""
    pay.delivered(ready, OrderMoney(1, 7, 3, 2000, 400, 0, "account"), now=AT)
    with pytest.raises(Overdrawn):
        aside(ready, 1, source="restaurant:7")
    aside(ready, 500, key="grant:1", source="co-op:community", destination="outside:bank")
    assert books.balance(ready, "co-op:community") == -500


def test_a_part_is_posted_and_the_rest_comes_back(ready: Session) -> None:
    """Of 60 held 45 are posted, 15 are the rider's again, and the hold has ended."""
    number = aside(ready, 6_000)
    end = holds.post(ready, "payout:1", 4_500, why="Paid", now=AT + HOUR / 2)
    found = holds.get(ready, "payout:1")
    assert (found.entry_id, found.hold.amount, found.resolution) == (
        number,
        6_000,
        ledger.Resolution("posted", AT + HOUR / 2, 4_500, 1_500),
    )
    assert end == number + 1
    assert books.balance(ready, WAGES) == 5_500
    assert books.balance(ready, BANK) == 4_500
    assert holds.open_holds(ready) == []


def test_a_hold_ends_once(ready: Session) -> None:
    """The same end again, however late, is the same entry; another end, amount or reason is refused."""
    aside(ready, 6_000)
    first = holds.post(ready, "payout:1", 4_500, why="Paid", now=AT)
    assert holds.post(ready, "payout:1", 4_500, why="Paid", now=AT + 9 * HOUR) == first
    for amount, why in ((4_501, "Paid"), (None, "Paid"), (4_500, "Paid twice")):
        with pytest.raises(KeyReused):
            holds.post(ready, "payout:1", amount, why=why, now=AT)
    with pytest.raises(HoldResolved) as refused:
        holds.void(ready, "payout:1", why="No", now=AT)
    assert refused.value.how == "posted"
    assert holds.expire_due(ready, now=AT + 9 * HOUR) == ()
    aside(ready, 100, key="payout:2")
    gone = holds.void(ready, "payout:2", why="No", now=AT)
    assert holds.void(ready, "payout:2", why="No", now=AT + 9 * HOUR) == gone
    with pytest.raises(HoldResolved):
        holds.post(ready, "payout:2", why="Paid", now=AT)
    with pytest.raises(NoSuchHold):
        holds.post(ready, "payout:3", why="Paid", now=AT)
    with pytest.raises(NoSuchHold):
        holds.void(ready, "earned:1", why="No", now=AT)


def test_the_same_hold_again_is_the_same_entry(ready: Session) -> None:
    """Asked again later, even when it has ended, a hold is the same entry; with any other fact it is refused."""
    first = aside(ready, 6_000)
    assert aside(ready, 6_000, now=AT + HOUR / 2) == first
    holds.void(ready, "payout:1", why="No", now=AT)
    assert aside(ready, 6_000, now=AT + 9 * HOUR) == first
    for other in (
        {"why": "Another day"}, {"subject": "rider:4"}, {"destination": "outside:cash"}, {"unit": "EUR"},
        {"expires_at": AT + 2 * HOUR}, {"source": "rider:3:tips"},
    ):  # fmt: skip
        with pytest.raises(KeyReused):
            aside(ready, 6_000, **other)
    with pytest.raises(KeyReused):
        aside(ready, 5_999)


def test_a_hold_runs_out_at_its_instant(ready: Session) -> None:
    """From its last instant on a hold can be neither posted nor voided; it ends at that instant, noticed whenever."""
    aside(ready, 6_000)
    assert holds.expire_due(ready, now=AT + HOUR - timedelta(microseconds=1)) == ()
    for late in (AT + HOUR, AT + 2 * HOUR):
        with pytest.raises(HoldExpired):
            holds.post(ready, "payout:1", why="Paid", now=late)
        with pytest.raises(HoldExpired):
            holds.void(ready, "payout:1", why="No", now=late)
    (number,) = holds.expire_due(ready, now=AT + 5 * HOUR)
    assert holds.expire_due(ready, now=AT + 6 * HOUR) == ()
    entry = books.entry_by_key(ready, "payout:1:resolved")
    assert entry is not None
    assert (entry.id, entry.entry.at, entry.recorded) == (number, AT + HOUR, AT + 5 * HOUR)
    assert books.balance(ready, WAGES) == 10_000
    with pytest.raises(HoldResolved):
        holds.post(ready, "payout:1", why="Paid", now=AT)


def test_what_has_run_out_is_there_for_the_next_hold(ready: Session) -> None:
    """Money whose hold has run out can be held again at once, whether or not anybody let it go before."""
    aside(ready, 10_000)
    aside(ready, 10_000, key="payout:2", now=AT + HOUR, expires_at=AT + 2 * HOUR)
    ended = holds.get(ready, "payout:1").resolution
    assert ended is not None
    assert ended.how == "expired"
    assert [each.hold.key for each in holds.open_holds(ready, source=WAGES)] == ["payout:2"]
    assert holds.open_holds(ready, source="rider:3:tips") == []


def test_what_is_held_moves_by_its_end_alone(ready: Session) -> None:
    """No other entry puts money aside or takes it, and neither a hold nor its end is reversed."""
    aside(ready, 6_000)
    version = books.versions(ready)[0].version

    def entry(key: str, *postings: Posting) -> Entry:
        return Entry(key, AT, "By hand", postings, "GBP", version, "rider:3")

    out = Posting("held:rider:3:wages", BANK, 6_000)
    for slip, refusal in (
        (entry("x:1", out), BadEntry),
        (entry("x:1", Posting(WAGES, "held:rider:3:wages", 1)), BadEntry),
        (entry("x:1:resolved", out), NoSuchHold),
        (entry("earned:1:resolved", out), BadEntry),
        (entry("payout:1:resolved", replace(out, amount=5_999)), BadEntry),
        (entry("payout:1:resolved", replace(out, destination="outside:cash")), BadEntry),
    ):
        with pytest.raises(refusal):
            books.post(ready, slip, now=AT)
    with pytest.raises(HoldIsFinal):
        books.reverse(ready, "payout:1", new_key="payout:1:undone", why="A slip", now=AT)
    holds.post(ready, "payout:1", why="Paid", now=AT)
    with pytest.raises(HoldIsFinal):
        books.reverse(ready, "payout:1:resolved", new_key="payout:1:undone", why="A slip", now=AT)
    assert checks.findings(ready) == []


def test_statements_tell_what_was_earned_whatever_is_held(ready: Session) -> None:
    """Setting money aside, and letting it go, is no line of a rider's statement nor of a settlement."""
    pay.delivered(ready, OrderMoney(1, 7, 3, 2000, 400, 250, "card"), now=AT)
    ever = {"since": AT - HOUR, "until": AT + 9 * HOUR}
    before = pay.rider_statement(ready, 3, **ever), settlements.statement(ready, 7, **ever)
    aside(ready, 6_000)
    aside(ready, 900, key="payout:2", source="restaurant:7")
    holds.post(ready, "payout:1", 100, why="Paid", now=AT)
    assert (pay.rider_statement(ready, 3, **ever), settlements.statement(ready, 7, **ever)) == before


def test_what_is_posted_to_a_rider_or_a_restaurant_is_told(ready: Session) -> None:
    """Money held for somebody is theirs once it is posted, and stands in their statement and settlement."""
    ever = {"since": AT - HOUR, "until": AT + 9 * HOUR}
    for number, whose in enumerate(("rider:4:tips", "restaurant:8"), start=1):
        aside(ready, 500, key=f"gift:{number}", source="co-op:commission", destination=whose)
        holds.post(ready, f"gift:{number}", 300, why="Given", now=AT)
    assert pay.rider_statement(ready, 4, **ever).tips_minor == 300
    assert settlements.statement(ready, 8, **ever).due_minor == 300


def test_only_the_end_of_a_hold_is_named_like_one(ready: Session) -> None:
    """No entry, and no reversal, takes the name a hold's end needs: the hold could never end."""
    number = aside(ready, 6_000)
    version = next(each.rulebook for each in books.booked(ready) if each.id == number)
    postings = (Posting("co-op:refunds", "outside:bank", 1),)
    entry = Entry("payout:1:resolved", AT, "Other", postings, "GBP", version, "order:1")
    with pytest.raises(BadEntry):
        books.post(ready, entry, now=AT)
    with pytest.raises(NoSuchHold):
        books.post(ready, replace(entry, key="payout:2:resolved"), now=AT)
    with pytest.raises(BadEntry):
        books.reverse(ready, "earned:1", new_key="payout:1:resolved", why="A slip", now=AT)
    holds.void(ready, "payout:1", why="Not now", now=AT)


def forge(session: Session, *entries: Entry) -> None:
    """Write entries down as the journal would, chain and all, but judging nothing."""
    for entry in entries:
        last, before = books.head(session)
        body = ledger.digest(entry)
        row = {
            name: getattr(entry, name)
            for name in ("key", "at", "why", "unit", "rulebook", "subject", "reverses")
        }
        row |= {"id": last + 1, "size": len(entry.postings), "body": body, "recorded_at": entry.at}
        row |= {"prev_hash": before, "hash": ledger.chain(before, last + 1, body, entry.at)}
        session.connection().execute(insert(ENTRIES), row)
        told = [(each.source, each.destination, each.amount) for each in entry.postings]
        for position, each in enumerate(told):
            values = dict(zip(("source", "destination", "amount"), each, strict=True))
            session.connection().execute(
                insert(POSTINGS), {"entry_id": last + 1, "position": position, **values}
            )
    books.sums.rebuild(session)


def told(session: Session, **more: Any) -> list[tuple[str, int | None, str]]:
    return [(each.rule, each.entry_id, each.message) for each in checks.findings(session, **more)]


def test_the_audit_finds_a_hold_ended_twice_or_over_posted(ready: Session) -> None:
    """Ends that got past the journal are found: a second one, one of more than was held, one of nothing held."""
    for number in (1, 2, 3):
        aside(ready, 1_000, key=f"payout:{number}")
    one, two = (holds.get(ready, f"payout:{number}").hold for number in (1, 2))
    holds.post(ready, "payout:1", why="Paid", now=AT)  # 5
    again = core.posted(one, 500, at=AT, why="Paid")
    more = replace(
        core.posted(two, 1_000, at=AT, why="Paid"), postings=(Posting("held:rider:3:wages", BANK, 1_200),)
    )
    forge(
        ready,
        replace(again, key="payout:1:again", postings=again.postings[:1]),  # 6
        more,  # 7
        replace(again, key="x:1", postings=again.postings[:1]),  # 8
        replace(again, key="x:2", postings=(Posting(WAGES, "held:rider:3:wages", 700),)),  # 9
        replace(
            again, key="payout:3:resolved", postings=(Posting("held:rider:3:wages", "outside:cash", 1_000),)
        ),  # 10
    )
    found = sorted((number or 0, rule) for rule, number, _ in told(ready))
    assert found == [(6, "hold"), (7, "hold"), (8, "hold"), (8, "payable"), (9, "hold"), (10, "hold")]
    words = " ".join(message for _, _, message in told(ready))
    assert "payout:1:again ends payout:1 again" in words
    assert "posts 1200 of payout:2, which holds 1000" in words


def test_the_audit_finds_a_hold_nobody_let_go(ready: Session) -> None:
    """An open hold is found an hour after it ran out, by the clock given or by the last entry recorded."""
    number = aside(ready, 1_000)
    assert told(ready) == []
    assert told(ready, now=AT + 2 * HOUR - timedelta(seconds=1)) == []
    assert [each[:2] for each in told(ready, now=AT + 2 * HOUR)] == [("hold", number)]
    earn(ready, 5, key="earned:2", at=AT + 3 * HOUR)
    assert [each[:2] for each in told(ready)] == [("hold", number)]
    holds.expire_due(ready, now=AT + 3 * HOUR)
    assert told(ready) == []


def test_a_correction_is_written_even_when_its_money_is_gone(ready: Session) -> None:
    """What turns out never to have been earned is undone also after it was paid out, and the audit tells of it."""
    aside(ready, 10_000)
    holds.post(ready, "payout:1", why="Paid", now=AT)
    number = books.reverse(ready, "earned:1", new_key="earned:1:undone", why="Another rider's", now=AT)
    assert [each[:2] for each in told(ready)] == [("taken back", number)]
    with pytest.raises(AlreadyReversed):
        books.reverse(ready, "earned:1", new_key="earned:1:undone:2", why="Again", now=AT)
    with pytest.raises(NoSuchEntry):
        books.reverse(ready, "earned:9", new_key="earned:9:undone", why="A slip", now=AT)
