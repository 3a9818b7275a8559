"""Posting, repeating, reversing; which rulebook holds; what stands on the accounts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from infra.database import Database
from payments import books, ledger
from payments.errors import (
    AlreadyReversed,
    BadEntry,
    KeyReused,
    MixedUnits,
    NoRulebook,
    NoSuchEntry,
    ReversalIsFinal,
    RulebookFault,
)
from payments.ledger import Entry, Posting
from tests.payments.rulebooks import ADOPTED, BY_THE_DROP, FINSBURY_PARK, MAY, adopted

HOUR = timedelta(hours=1)


def an_entry(version: str, at: datetime, key: str = "order:1:delivered:1", amount: int = 2000) -> Entry:
    postings = (
        Posting("outside:card", "restaurant:7", amount),
        Posting("restaurant:7", "co-op:commission", 300),
    )
    return Entry(key, at, "Order 1 delivered", postings, "GBP", version, "order:1")


def test_an_entry_reads_back_as_it_was_posted(session: Session, now: datetime) -> None:
    """What is read is what was written: every fact, in UTC, with when it was recorded."""
    entry = an_entry(adopted(session), now)
    number = books.post(session, entry, now=now + HOUR)
    back = books.entry_by_key(session, entry.key)
    assert back is not None
    assert (back.id, back.entry) == (number, entry)
    assert back.body == ledger.digest(entry)
    assert (back.prev_hash, back.hash) == (books.GENESIS, back.chained)
    assert books.entry_by_key(session, "order:2:delivered:1") is None


def test_the_same_facts_again_are_the_same_entry(session: Session, now: datetime) -> None:
    """Posting the same entry again, at any later time, changes nothing and names the same number."""
    entry = an_entry(adopted(session), now)
    numbers = {books.post(session, entry, now=now + HOUR * late) for late in range(4)}
    assert len(numbers) == 1
    assert len(list(books.booked(session))) == 1


def test_a_key_is_not_used_for_other_facts(session: Session, now: datetime) -> None:
    """The same key with any fact changed is refused, and says which entry has it."""
    entry = an_entry(adopted(session), now)
    number = books.post(session, entry, now=now)
    others = [
        replace(entry, why="Order 1 delivered, twice"),
        replace(entry, at=now + HOUR),
        replace(entry, subject="order:2"),
        replace(entry, unit="EUR"),
        replace(entry, postings=entry.postings[:1]),
        replace(entry, postings=entry.postings[::-1]),
    ]
    for other in others:
        with pytest.raises(KeyReused) as refused:
            books.post(session, other, now=now)
        assert (refused.value.key, refused.value.entry_id) == (entry.key, number)


def test_every_entry_names_a_rulebook_that_was_adopted(session: Session, now: datetime) -> None:
    """An entry under a version nobody adopted is refused."""
    with pytest.raises(NoRulebook):
        books.post(session, an_entry("1-unheard-of", now), now=now)


def test_entries_are_chained(session: Session, now: datetime) -> None:
    """Each entry's hash holds the one before, its number and when it was recorded; the head is the last."""
    version = adopted(session)
    assert books.head(session) == (0, books.GENESIS)
    for number in range(1, 6):
        assert books.post(session, an_entry(version, now, f"k:{number}"), now=now) == number
    chain = list(books.booked(session))
    assert [each.prev_hash for each in chain] == [books.GENESIS, *(each.hash for each in chain[:-1])]
    assert all(each.hash == each.chained for each in chain)
    assert books.head(session) == (5, chain[-1].hash)


def test_a_reversal_undoes_once(session: Session, now: datetime) -> None:
    """A reversal leaves nought, is the same when asked again later, and there is only one of it."""
    entry = an_entry(adopted(session), now)
    books.post(session, entry, now=now)
    undone = books.reverse(session, entry.key, new_key="order:1:undone", why="a slip", now=now + HOUR)
    assert set(books.balances(session, "").values()) == {0}
    assert (
        books.reverse(session, entry.key, new_key="order:1:undone", why="a slip", now=now + 9 * HOUR)
        == undone
    )
    with pytest.raises(KeyReused):
        books.reverse(session, entry.key, new_key="order:1:undone", why="another reason", now=now)
    with pytest.raises(AlreadyReversed) as refused:
        books.reverse(session, entry.key, new_key="order:1:undone:2", why="a slip", now=now)
    assert refused.value.by == "order:1:undone"
    with pytest.raises(ReversalIsFinal):
        books.reverse(session, "order:1:undone", new_key="order:1:redone", why="a slip", now=now)
    with pytest.raises(NoSuchEntry):
        books.reverse(session, "order:9", new_key="order:9:undone", why="a slip", now=now)
    assert books.standing(session, "order:1") == []
    assert len(books.about(session, "order:1")) == 2


def test_what_is_posted_as_a_reversal_mirrors_its_original(session: Session, now: datetime) -> None:
    """An entry that says it reverses another, and is not its mirror image, is refused."""
    entry = an_entry(adopted(session), now)
    books.post(session, entry, now=now)
    with pytest.raises(BadEntry):
        books.post(session, replace(entry, key="x:1", reverses=entry.key), now=now)
    with pytest.raises(NoSuchEntry):
        books.post(session, replace(entry, key="x:1", reverses="y:1"), now=now)


def test_an_entry_is_reversed_once_by_the_database_too(session: Session, now: datetime) -> None:
    """A second reversal written by hand meets the unique key on what it reverses, or its trigger."""
    entry = an_entry(adopted(session), now)
    books.post(session, entry, now=now)
    books.reverse(session, entry.key, new_key="k:1", why="a slip", now=now)
    copy = (
        "INSERT INTO entry SELECT 3, 'k:2', at, why, unit, rulebook, subject, reverses, size, body, "
        "recorded_at, 'p', 'h' FROM entry WHERE id = 2"
    )
    with pytest.raises(DBAPIError, match=r"uq_entry_reverses|append-only"), session.begin_nested():
        session.connection().exec_driver_sql(copy)


def test_many_at_once_post_one_entry(database: Database, now: datetime) -> None:
    """Eight writers that post the same facts at once, and each its own, keep one chain with nothing twice."""
    with database.writing() as session:
        version = adopted(session)

    def work(number: int) -> int:
        with database.writing() as session:
            books.post(session, an_entry(version, now, f"own:{number}"), now=now)
            return books.post(session, an_entry(version, now, "shared:1"), now=now + HOUR * number)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(work, range(8)))) == 1
    with database.reading() as session:
        chain = list(books.booked(session))
    assert [each.id for each in chain] == list(range(1, 10))
    assert all(each.hash == each.chained for each in chain)


def test_nothing_is_kept_of_a_transaction_that_fails(database: Database, now: datetime) -> None:
    """An entry posted before an error is gone with it, and its number is given to the next."""
    with database.writing() as session:
        version = adopted(session)
    wrong = an_entry("9-none", now, "order:2:delivered:1")
    with pytest.raises(NoRulebook), database.writing() as session:
        _ = [books.post(session, each, now=now) for each in (an_entry(version, now), wrong)]
    with database.writing() as session:
        assert books.post(session, an_entry(version, now, amount=1000), now=now) == 1


def test_balances_and_lines(session: Session, now: datetime) -> None:
    """An account has what came in less what went out; 7 is not 70; a line is signed and says where it went."""
    version = adopted(session)
    books.post(session, an_entry(version, now), now=now)
    tip = Posting("restaurant:7", "rider:3:tips", 150)
    books.post(session, Entry("t:1", now + HOUR, "Tip", (tip,), "GBP", version, "order:1"), now=now)
    other = Posting("outside:card", "restaurant:70", 5)
    books.post(session, Entry("t:2", now, "Other", (other,), "GBP", version, "order:2"), now=now)
    assert books.balance(session, "restaurant:7") == 1550
    assert books.balance(session, "restaurant:7", unit="EUR") == 0
    assert books.balance(session, "never:used") == 0
    assert books.balances(session, "restaurant:7") == {"restaurant:7": 1550}
    assert set(books.balances(session, "restaurant:")) == {"restaurant:7", "restaurant:70"}
    lines = books.lines(session, "restaurant:7")
    assert [(line.amount, line.other) for line in lines] == [
        (2000, "outside:card"),
        (-300, "co-op:commission"),
        (-150, "rider:3:tips"),
    ]
    assert [line.key for line in books.lines(session, "restaurant:7", since=now + HOUR)] == ["t:1"]
    assert [line.key for line in books.lines(session, "rider:3", until=now + HOUR)] == []
    assert lines[0].at == now
    assert (lines[2].entry_id, lines[2].subject, lines[2].why, lines[2].rulebook) == (
        2,
        "order:1",
        "Tip",
        version,
    )


def test_a_trial_balance_is_nought_in_every_unit(session: Session, now: datetime) -> None:
    """All accounts of a unit together hold nought; an account in two units is asked for one of them."""
    version = adopted(session)
    books.post(session, an_entry(version, now), now=now)
    leave = Posting("co-op:holiday-hours", "restaurant:7", 362_100)
    books.post(session, Entry("h:1", now, "Leave", (leave,), ledger.HOLIDAY, version, "shift:1"), now=now)
    trial = books.trial_balance(session)
    for unit in ("GBP", ledger.HOLIDAY):
        assert sum(line.balance for line in trial if line.unit == unit) == 0
        assert sum(line.received for line in trial if line.unit == unit) > 0
    with pytest.raises(MixedUnits):
        books.balance(session, "restaurant:7")
    with pytest.raises(MixedUnits):
        books.balances(session, "restaurant")
    assert books.balance(session, "restaurant:7", unit=ledger.HOLIDAY) == 362_100


def test_a_rulebook_is_adopted_once(session: Session) -> None:
    """The same text, day and resolution is the same version; another day or resolution is another one."""
    first = adopted(session)
    assert adopted(session) == first
    later = adopted(session, effective_on=MAY + timedelta(days=1))
    again = books.adopt(session, FINSBURY_PARK, effective_on=MAY, resolution="Item 5", now=ADOPTED)
    assert len({first, later, again.version}) == 3
    assert [row.version for row in books.versions(session)] == [later, again.version, first]
    assert again.text == FINSBURY_PARK
    assert len(again.digest) == 64
    assert books.rules(session, first).co_op.name == "Finsbury Park Riders"
    with pytest.raises(NoRulebook):
        books.rules(session, "9-none")


def test_a_faulty_rulebook_is_not_adopted(session: Session) -> None:
    """Faults in the text, no resolution, or no rate on the first day: refused, and nothing is stored."""
    cases = [
        ("[co_op", MAY, "Item 4"),
        (FINSBURY_PARK, MAY, " "),
        (FINSBURY_PARK, date(2026, 4, 30), "Item 4"),
    ]
    for text, day, resolution in cases:
        with pytest.raises(RulebookFault):
            books.adopt(session, text, effective_on=day, resolution=resolution, now=ADOPTED)
    assert books.versions(session) == []


def test_a_rulebook_holds_from_local_midnight(session: Session) -> None:
    """A version takes effect at midnight in London, which in summer is an hour earlier in UTC."""
    with pytest.raises(NoRulebook):
        books.in_force(session, at=ADOPTED)
    first = adopted(session)
    second = adopted(session, BY_THE_DROP, effective_on=date(2026, 7, 1))
    instants = [
        (datetime(2026, 4, 30, 23, 0, tzinfo=UTC), first),
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), first),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), second),
        (datetime(2027, 1, 1, tzinfo=UTC), second),
    ]
    assert [books.in_force(session, at=at)[0] for at, _ in instants] == [version for _, version in instants]
    assert books.in_force(session, at=instants[-1][0])[1].co_op.name == "By the drop"
    with pytest.raises(NoRulebook):
        books.in_force(session, at=datetime(2026, 4, 30, 22, 59, tzinfo=UTC))


def test_of_two_for_one_day_the_later_decision_holds(session: Session, now: datetime) -> None:
    """When two rulebooks take effect on one day, the one adopted last is in force."""
    adopted(session)
    second = adopted(session, BY_THE_DROP)
    assert books.in_force(session, at=now)[0] == second


def test_rules_do_not_reach_back_over_what_was_booked(session: Session, now: datetime) -> None:
    """A day that is past is refused once money was booked since, and says so; today and later are not."""
    version = adopted(session)
    books.post(session, an_entry(version, now), now=now)
    today = now.date()

    def adopt(day: date, resolution: str = "Item 5", text: str = BY_THE_DROP) -> str:
        return books.adopt(
            session, text, effective_on=day, resolution=resolution, now=now + 36 * HOUR
        ).version

    for day in (MAY, today - timedelta(days=1), today):
        with pytest.raises(RulebookFault) as refused:
            adopt(day)
        assert refused.value.faults == (
            f"effective_on: {day} is past, and money was booked on 2026-11-20 by the rules that held then; "
            "choose today or a later day",
        )
    assert [row.version for row in books.versions(session)] == [version]
    assert adopt(MAY, "General meeting, 1 May 2026, item 4", FINSBURY_PARK) == version
    assert books.rules(session, adopt(today + timedelta(days=1))).co_op.name == "By the drop"
    assert books.rules(session, adopt(today + timedelta(days=9))).co_op.name == "By the drop"


def test_the_first_rules_may_hold_from_any_day(session: Session, now: datetime) -> None:
    """While nothing has been booked since, rules may hold from a day that is past: a co-op begins with its books."""
    old = books.adopt(session, BY_THE_DROP, effective_on=MAY, resolution="Item 1", now=now).version
    books.post(session, an_entry(old, now - 40 * 24 * HOUR), now=now)
    later = (now - 30 * 24 * HOUR).date()
    new = books.adopt(session, FINSBURY_PARK, effective_on=later, resolution="Item 2", now=now).version
    assert books.in_force(session, at=now)[0] == new
    assert books.in_force(session, at=now - 40 * 24 * HOUR)[0] == old
