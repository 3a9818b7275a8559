"""Long books do not stop everybody else's work for minutes each time somebody is paid, and still stop what is wrong."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from payments import books, checks, pay
from payments.errors import BooksUnsound
from payments.ledger import Entry, Posting
from payments.pay import OrderMoney
from tests.payments.rulebooks import adopted
from tests.payments.test_pay_runs import FRIDAY

MINUTE = timedelta(minutes=1)


def order(session: Session, number: int) -> None:
    pay.delivered(session, OrderMoney(number, 7, 3, 2000, 400, 100, "card"), now=FRIDAY)


def kinds(session: Session) -> list[tuple[str, int, int]]:
    return [(row.kind, row.after_id, row.found) for row in reversed(checks.recent(session, 9))]


@pytest.fixture
def long(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Books of two orders, called long."""
    monkeypatch.setattr(checks, "READ_WHOLE_UP_TO", 1)
    adopted(session)
    order(session, 1)
    order(session, 2)
    return session


def test_what_was_read_whole_the_same_day_is_read_on(long: Session) -> None:
    """The first step of a day reads all, the next ones what came since, and a day later it is all again."""
    checks.stop_if_wrong(long, now=FRIDAY)
    checks.stop_if_wrong(long, now=FRIDAY + MINUTE)
    order(long, 3)
    checks.stop_if_wrong(long, now=FRIDAY + 2 * MINUTE)
    checks.stop_if_wrong(long, now=FRIDAY + timedelta(days=1, minutes=1))
    assert kinds(long) == [("full", 0, 0), ("new", 2, 0), ("new", 2, 0), ("full", 0, 0)]


def test_what_is_wrong_since_stops_all_the_same(long: Session) -> None:
    """An entry after the reading that takes from tips is found; so are balances kept otherwise; then all is read."""
    checks.stop_if_wrong(long, now=FRIDAY)
    version, _ = books.in_force(long, at=FRIDAY)
    leak = (Posting("rider:3:tips", "co-op:delivery", 1),)
    books.post(long, Entry("leak", FRIDAY, "Fee", leak, "GBP", version, "order:1"), now=FRIDAY)
    with pytest.raises(BooksUnsound, match="leak"):
        checks.stop_if_wrong(long, now=FRIDAY + MINUTE)
    seen = checks.look(long, now=FRIDAY, full=True)
    checks.keep(long, seen, now=FRIDAY + MINUTE)
    assert checks.look_on(long, now=FRIDAY + 2 * MINUTE) is None
    assert not checks.whole_since(long, since=FRIDAY)


def test_what_stood_before_is_told_without_adding_it_up(long: Session) -> None:
    """What is kept, less what came since, is what all entries before come to."""
    number, _ = books.head(long)
    before = books.sums.counted(long)
    order(long, 3)
    assert books.sums.before(long, until=number) == before == books.sums.counted(long, until=number)
