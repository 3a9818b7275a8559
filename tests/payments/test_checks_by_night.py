"""The audit night by night: what is new is read, all of it is read in time, and nothing found is forgotten."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlmodel import Session

from payments import books, checks, pay
from payments.books import holds
from payments.ledger import Posting
from payments.pay import OrderMoney, ShiftMoney
from payments.tables import ENTRIES, SUMS
from tests.payments.test_checks import by_hand, entered


def night(session: Session, at: datetime, *, full: bool = False) -> checks.Look:
    """One night's reading, kept."""
    seen = checks.look(session, now=at, full=full)
    checks.keep(session, seen, now=at)
    return seen


def rules(seen: checks.Look) -> set[tuple[str, int | None]]:
    return {(each.rule, each.entry_id) for each in seen.findings}


def test_the_first_night_reads_all_and_the_next_what_is_new(evening: Session, now: datetime) -> None:
    """Sound books are read from the first entry once, then from where the chain ended, and after a week anew."""
    first = night(evening, now)
    assert (first.kind, first.after, first.head, first.findings) == ("full", 0, books.head(evening), ())
    pay.delivered(evening, OrderMoney(9, 7, 3, 2000, 400, 250, "card"), now=now)
    second = night(evening, now + timedelta(days=1))
    assert (second.kind, second.after, second.head[0], second.findings) == ("new", first.head[0], 11, ())
    third = night(evening, now + timedelta(days=2))
    assert (third.kind, third.after, third.findings) == ("new", 11, ())
    assert night(evening, now + timedelta(days=7)).kind == "full"
    assert [row.kind for row in checks.recent(evening, 9)] == ["full", "new", "new", "full"]


def test_it_is_due_at_four_in_the_morning(evening: Session, session: Session, now: datetime) -> None:
    """Nothing is due in empty books; then the night after the first entry, and the night after each reading."""
    assert checks.next_due(session, now=now) is None
    four = datetime.fromisoformat("2026-11-21T04:00:00+00:00")
    assert checks.next_due(evening, now=now) == four
    night(evening, four)
    assert checks.next_due(evening, now=four) == four + timedelta(days=1)


def stray(session: Session, now: datetime) -> None:
    """Entries that the domain would have refused, each against another rule, on top of books read before."""
    again = (
        Posting("outside:card", "restaurant:8", 900),
        Posting("outside:card", "co-op:delivery", 350),
        Posting("restaurant:8", "co-op:commission", 135),
        Posting("co-op:card-cost", "outside:card", 39),
    )
    entered(
        session,
        ("order:3:delivered:2", "order:3", again),  # 11: booked twice, the first before this reading
        (
            "order:44:delivered:1",
            "order:44",
            (Posting("outside:card", "restaurant:7", 1000),),
        ),  # 12: not split
        ("order:1:refunded:2", "order:1", (Posting("co-op:refunds", "outside:card", 2101),)),  # 13: too much
    )
    by_hand(session, "UPDATE posting SET amount = 1 WHERE entry_id = 4 AND position = 1")


def test_what_is_new_is_put_to_every_rule(evening: Session, now: datetime) -> None:
    """A reading of what is new finds what breaks a rule together with entries read long before."""
    night(evening, now)
    stray(evening, now)
    seen = checks.look(evening, now=now + timedelta(days=1))
    assert seen.kind == "new"
    assert rules(seen) == {("twice", 11), ("split", 12), ("refund", 13), ("sum", None)}


def test_holds_from_before_are_known(evening: Session, now: datetime) -> None:
    """A hold made before a reading is ended after it without a word; one forgotten is found however old."""
    facts = {"source": "rider:3:wages", "destination": "outside:bank", "subject": "rider:3", "why": "Payday"}
    until = now + timedelta(hours=6)
    for number in (1, 2):
        holds.hold(evening, key=f"payout:{number}", amount=50, expires_at=until, now=now, **facts)
    assert night(evening, now).findings == ()
    holds.post(evening, "payout:1", why="Paid", now=now)
    assert night(evening, now + timedelta(hours=1)).findings == ()
    late = night(evening, now + timedelta(days=1))
    assert (late.kind, rules(late)) == ("new", {("hold", 12)})


@pytest.mark.parametrize("full", [False, True])
def test_an_end_cut_off_is_found_at_night(evening: Session, now: datetime, full: bool) -> None:
    """Entries deleted from the end are missed at the next reading, and at every one after: it is not forgotten."""
    night(evening, now)
    by_hand(evening, "DELETE FROM posting WHERE entry_id > 8", "DELETE FROM entry WHERE id > 8")
    books.sums.rebuild(evening)
    assert ("end", 10) in rules(night(evening, now + timedelta(days=1), full=full))
    again = night(evening, now + timedelta(days=2))
    assert (again.kind, rules(again)) == ("full", {("end", 10)})


def test_what_was_read_is_trusted_for_a_week_and_no_longer(evening: Session, now: datetime) -> None:
    """A word changed in an entry read before is found by the next reading of all the books, a sum the same night."""
    night(evening, now)
    by_hand(evening, "UPDATE entry SET why = 'Something else' WHERE id = 4")
    assert night(evening, now + timedelta(days=6)).findings == ()
    assert rules(night(evening, now + timedelta(days=7))) == {("chain", 4)}
    by_hand(evening, "UPDATE posting SET amount = amount + 1 WHERE entry_id = 4 AND position = 3")
    assert ("sum", None) in rules(night(evening, now + timedelta(days=8)))


def test_a_pay_run_reads_all(evening: Session, now: datetime) -> None:
    """Before money is paid out all the books are read, whatever was read the night before, and it is noted."""
    night(evening, now)
    checks.stop_if_wrong(evening, now=now)
    assert [row.kind for row in checks.recent(evening, 2)] == ["full", "full"]


def test_sums_tampered_with_are_found_and_made_anew(evening: Session, now: datetime) -> None:
    """A balance that is not what its entries make it is found and named; rebuilding says which and mends it."""
    before = books.sums.kept(evening)
    assert before == books.sums.counted(evening)
    evening.connection().execute(SUMS.update().where(SUMS.c.account == "rider:3:tips").values(received=9999))
    evening.connection().execute(delete(SUMS).where(SUMS.c.account == "restaurant:7"))
    found = checks.findings(evening)
    assert [each.message.split()[0] for each in found] == ["restaurant:7", "rider:3:tips"]
    assert {each.rule for each in found} == {"sum"}
    assert books.sums.rebuild(evening) == [("restaurant:7", "GBP"), ("rider:3:tips", "GBP")]
    assert books.sums.kept(evening) == before
    assert checks.findings(evening) == []


def test_sums_are_what_the_postings_make_them(evening: Session, now: datetime) -> None:
    """However entries came about, what is kept of each account is what its postings add up to."""
    shift = ShiftMoney(5, 3, now, now + timedelta(hours=5), 0, 2)
    longer = ShiftMoney(5, 3, now, now + timedelta(hours=6), 1, 2)
    pay.shift_corrected(evening, shift, longer, why="Went on", now=now + timedelta(hours=7))
    pay.undelivered(evening, 3, 1, why="wrong door", now=now)
    assert books.sums.kept(evening) == books.sums.counted(evening)
    up_to = evening.connection().scalars(ENTRIES.select().with_only_columns(ENTRIES.c.id)).all()
    assert books.sums.counted(evening, until=max(up_to)) == books.sums.kept(evening)
