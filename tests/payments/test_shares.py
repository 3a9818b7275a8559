"""Members' shares: at par, within the cap, once."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from payments import books, checks, shares
from payments.errors import KeyReused, NoShares, SharesRefused
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK, adopted


def issue(
    session: Session, now: datetime, count: int = 2, par: int = 500, key: str = "share:1", person: int = 9
) -> int:
    return shares.issue(session, person, count=count, par_minor=par, key=key, why="Joined", now=now)


def test_shares_are_issued_at_par(session: Session, now: datetime) -> None:
    """Two shares of 5.00 are 10.00 from outside capital; the holding tells count, amount and lines."""
    adopted(session, BY_THE_DROP)
    number = issue(session, now)
    holding = shares.holding(session, 9)
    assert (holding.count, holding.amount_minor) == (2, 1000)
    assert [line.entry_id for line in holding.lines] == [number]
    assert books.balance(session, "outside:capital") == -1000
    assert shares.holding(session, 10) == shares.Holding(0, 0, ())
    assert checks.findings(session) == []


def test_issued_again_is_the_same_entry(session: Session, now: datetime) -> None:
    """A repeat, however late, issues nothing more, even at the cap; other facts under the key are refused."""
    adopted(session, BY_THE_DROP)
    number = issue(session, now, count=4)
    assert issue(session, now + timedelta(days=1), count=4) == number
    with pytest.raises(KeyReused):
        issue(session, now, count=3)


@pytest.mark.parametrize(("count", "par"), [(0, 500), (-1, 500), (1, 499), (5, 500)])
def test_other_terms_are_refused(session: Session, now: datetime, count: int, par: int) -> None:
    """No shares, a price that is not par, or more than one member may hold is refused."""
    adopted(session, BY_THE_DROP)
    with pytest.raises(SharesRefused):
        issue(session, now, count=count, par=par)


def test_the_cap_is_over_the_whole_holding(session: Session, now: datetime) -> None:
    """The most one member may hold counts what is held already, and only that member's."""
    adopted(session, BY_THE_DROP)
    issue(session, now, count=3)
    issue(session, now, count=1, key="share:2")
    issue(session, now, count=4, key="share:3", person=10)
    with pytest.raises(SharesRefused):
        issue(session, now, count=1, key="share:4")


def test_a_holding_counts_each_share_at_its_own_par(session: Session, now: datetime) -> None:
    """Shares issued under another rulebook's par are still so many shares."""
    adopted(session, BY_THE_DROP)
    issue(session, now, count=2)
    adopted(session, FINSBURY_PARK, effective_on=date(2026, 11, 1))
    issue(session, now, count=7, par=100, key="share:2")
    assert shares.holding(session, 9).count == 9


def test_a_rulebook_may_know_no_shares(session: Session, now: datetime) -> None:
    """Where the rules say nothing of shares, none are issued."""
    adopted(session, BY_THE_DROP.partition("[shares]")[0])
    with pytest.raises(NoShares):
        issue(session, now)
