"""The job that lets go of what was held."""

from datetime import timedelta

from payments import books, checks
from payments.books import holds
from tests.house import House
from tests.payments.test_holds import aside, earn


def test_what_runs_out_is_let_go_by_itself(house: House) -> None:
    """A hold nobody ends is let go at its instant as time passes, and not a minute before."""
    now = house.now
    with house.database.writing() as session:
        earn(session, 10_000, at=now)
        for number, minutes in ((1, 30), (2, 90)):
            until = now + timedelta(minutes=minutes)
            aside(session, 4_000, key=f"payout:{number}", now=now, expires_at=until)
    for minutes, free in ((29, 2_000), (2, 6_000), (58, 6_000), (2, 10_000)):
        house.move(minutes)
        with house.reading() as session:
            assert books.balance(session, "rider:3:wages") == free
    with house.reading() as session:
        assert holds.next_due(session) is None
        ended = holds.get(session, "payout:2").resolution
        assert ended is not None
        assert (ended.how, ended.at) == ("expired", now + timedelta(minutes=90))
        assert checks.findings(session, now=house.now) == []
