"""What comes before what: runs that pay nobody, periods whose length changes, findings that stop, one currency."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from payments import books, checks, pay, runs
from payments.errors import (
    BooksUnsound,
    PayRunRefused,
    RulebookFault,
)
from payments.ledger import Entry, Posting
from tests.payments.rulebooks import FINSBURY_PARK, adopted
from tests.payments.test_pay_runs import (
    ANSWER,
    FRIDAY,
    HOUR,
    MONDAY,
    TREASURER,
    approved,
    nets,
    shift,
    worked,
)


def test_a_week_that_pays_nobody_holds_up_no_other(session: Session) -> None:
    """Paid eight hours, then corrected to one: the next week's run pays nobody, and the one after takes it all in."""
    adopted(session)
    first = shift(5, 3, 8)
    pay.shift_ended(session, first, now=FRIDAY + 8 * HOUR)
    run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    runs.take_in(session, run, runs.read(ANSWER.split("4,")[0]), by=TREASURER, now=MONDAY)
    runs.approve(session, run, (), by=TREASURER, now=MONDAY)
    runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
    pay.shift_corrected(session, first, shift(5, 3, 1, 1), why="One hour", now=MONDAY)
    week = timedelta(days=7)
    empty = runs.draft(session, on=MONDAY, by=TREASURER, now=MONDAY + week)
    with pytest.raises(PayRunRefused, match="nobody to pay"):
        runs.approve(session, empty, (), by=TREASURER, now=MONDAY + week)
    pay.shift_ended(session, shift(6, 3, 8, began=FRIDAY + 2 * week), now=FRIDAY + 2 * week + 8 * HOUR)
    later = runs.draft(session, on=FRIDAY + 2 * week, by=TREASURER, now=MONDAY + 2 * week)
    assert [each.id for each in runs.listed(session)] == [later.id, run.id]
    assert nets(session, later) == {3: 1_480}
    assert checks.findings(session) == []


def test_when_the_rules_change_how_long_a_period_is_no_day_is_in_two_or_none(session: Session) -> None:
    """From a Wednesday on by the month: that week ends as it would have, and the month begins on its Monday."""
    monthly = FINSBURY_PARK.replace('kind = "week"\nstarts_on = "monday"', 'kind = "month"\nstarts_on = 1')
    adopted(session)
    wednesday = MONDAY + timedelta(days=2)
    books.adopt(session, monthly, effective_on=wednesday.date(), resolution="Monthly", now=MONDAY)
    found = {runs.period(session, MONDAY + timedelta(days=days)) for days in range(-21, 40)}
    days = sorted((since.date().isoformat(), until.date().isoformat()) for since, until in found)
    assert days == [
        ("2026-11-02", "2026-11-09"), ("2026-11-09", "2026-11-16"), ("2026-11-16", "2026-11-23"),
        ("2026-11-23", "2026-11-30"), ("2026-11-30", "2026-12-01"), ("2026-12-01", "2027-01-01"),
        ("2027-01-01", "2027-02-01"),
    ]  # fmt: skip
    assert all(runs.period(session, since) == (since, until) for since, until in found)
    books.adopt(session, FINSBURY_PARK, effective_on=date(2026, 12, 16), resolution="Weekly", now=wednesday)
    back = MONDAY + timedelta(days=25)
    assert [each.date().isoformat() for each in runs.period(session, back)] == ["2026-12-01", "2027-01-01"]
    new_year = runs.period(session, MONDAY + timedelta(days=40))
    assert [each.date().isoformat() for each in new_year] == ["2027-01-01", "2027-01-04"]


def test_any_finding_stops_the_bank_file_and_a_second_payment(session: Session) -> None:
    """Books that were sound at the approval and are not any more pay nobody, by a file or again."""
    worked(session)
    run = approved(session)
    runs.did_not_arrive(session, run, 3, reason="Closed", by=TREASURER, now=MONDAY)
    version, _ = books.in_force(session, at=FRIDAY)
    leak = (Posting("rider:3:tips", "co-op:delivery", 1),)
    books.post(session, Entry("leak", MONDAY, "Fee", leak, "GBP", version, "order:1"), now=MONDAY)
    with pytest.raises(BooksUnsound):
        runs.bank_file(session, run, now=MONDAY)
    with pytest.raises(BooksUnsound):
        runs.again(session, run, 3, by=TREASURER, now=MONDAY)


def test_what_a_correction_took_back_meanwhile_is_paid_again_later(session: Session) -> None:
    """Come back from the bank, and less earned than was paid: said in a sentence, paid once the next shift is in."""
    worked(session)
    run = approved(session)
    runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
    runs.did_not_arrive(session, run, 3, reason="Closed", by=TREASURER, now=MONDAY)
    pay.shift_corrected(session, shift(5, 3, 4), shift(5, 3, 1, 1), why="One hour", now=MONDAY)
    with pytest.raises(PayRunRefused, match="a correction took some of it back"):
        runs.again(session, run, 3, by=TREASURER, now=MONDAY)
    assert checks.findings(session) == []
    pay.shift_ended(session, shift(7, 3, 4, began=MONDAY), now=MONDAY + 4 * HOUR)
    runs.again(session, run, 3, by=TREASURER, now=MONDAY + 5 * HOUR)
    runs.mark_paid(session, run, by=TREASURER, now=MONDAY + 5 * HOUR)
    runs.close(session, run, by=TREASURER, now=MONDAY + 5 * HOUR)
    assert checks.findings(session) == []


def test_books_have_one_currency(session: Session) -> None:
    """Rules in euros are refused once pounds were booked, so that no run ever adds up both."""
    worked(session)
    euros = FINSBURY_PARK.replace("[co_op]", '[co_op]\ncurrency = "EUR"').replace('\ncurrency = "GBP"', "")
    with pytest.raises(RulebookFault, match="money was booked in GBP"):
        books.adopt(session, euros, effective_on=MONDAY.date(), resolution="Euros", now=MONDAY)
