"""A pay run on paper: the bureau's file, the bank's, and the payslip the law wants."""

import csv
import io
import re
import zlib
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from payments import bank, books, payees, runs, transfers
from payments.errors import (
    BadBankDetails,
    PayRunRefused,
)
from payments.payslips import Payslip, RunLine
from payments.runs import papers
from tests.payments.test_pay_runs import FRIDAY, MONDAY, TREASURER, approved, spent, worked


def test_the_files(session: Session) -> None:
    """The bureau's file, the one to fill in, the whole run and the bank's each say what the payslips say."""
    worked(session)
    names = {3: "=Sam Ó Caoimh", 4: "Zoë Müller"}
    run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    (sam, _) = rows = list(csv.DictReader(io.StringIO(runs.bureau(session, run, names))))
    assert (sam["hours at 14.80"], sam["wages"], sam["taxable gross"], sam["tips"]) == (
        "4.00",
        "59.20",
        "59.20",
        "2.50",
    )
    assert (sam["from"], sam["to"], sam["name"], len(rows)) == (
        "2026-11-16",
        "2026-11-22",
        "'=Sam Ó Caoimh",
        2,
    )
    runs.take_in(session, run, runs.read(runs.answer(session, run, names)), by=TREASURER, now=MONDAY)
    assert runs.undeducted(session, run) == []
    with pytest.raises(PayRunRefused, match="draft"):
        runs.bank_file(session, run, now=MONDAY)
    runs.approve(session, run, (), by=TREASURER, now=MONDAY)
    with pytest.raises(PayRunRefused, match="has a bank account"):
        runs.bank_file(session, run, now=MONDAY)
    payees.enter(
        session, "rider:4", bank.account("Zoë  Müller-Łach", "12 34 56", "0123 4567"), by=4, now=MONDAY
    )
    file, without = runs.bank_file(session, run, now=MONDAY)
    assert (file.count, file.total_minor, without) == (1, 7_400, [3])
    (line,) = csv.DictReader(io.StringIO(file.text))
    assert line == {
        "name": "ZOE MULLER-LACH", "sort code": "12-34-56", "account number": "01234567", "amount": "74.00",
        "reference": f"PAY 23NOV26 {run.id}",
    }  # fmt: skip
    assert runs.bank_file(session, run, now=MONDAY)[0] == file
    assert [each.state for each in runs.payouts_of(session, run, 4)] == ["sending"]
    runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
    sums = list(csv.DictReader(io.StringIO(runs.whole(session, run, names))))
    assert [each["amount"] for each in sums if each["what"] == "net"] == ["61.70", "74.00"]


def test_bank_accounts_are_checked_for_form_and_forgotten() -> None:
    """Every fault of a sort code, number or name is told; the rest is read as people write it, and shown masked."""
    with pytest.raises(BadBankDetails) as refused:
        bank.account("  ", "12345", "1234")
    assert len(refused.value.faults) == 3
    found = bank.account("Ana", "123456", "12345678")
    assert found == bank.account(" Ana ", "12-34-56", "1234 5678")
    assert found.masked == "account ending 5678"


def test_a_payee_changes_account_and_is_forgotten(session: Session) -> None:
    """The first account is no change, the same again is none, another is; blanked, nothing of it is left."""
    first, other = bank.account("Ana", "123456", "12345678"), bank.account("Ana", "123456", "87654321")
    assert payees.enter(session, "rider:3", first, by=3, now=FRIDAY)
    assert not payees.enter(session, "rider:3", first, by=3, now=MONDAY)
    assert transfers.changed(session, ["rider:3"], since=FRIDAY) == []
    assert payees.enter(session, "rider:3", other, by=3, now=MONDAY)
    (change,) = transfers.changed(session, ["rider:3"], since=FRIDAY)
    assert (change.payee, change.at, change.by, change.masked) == (
        "rider:3",
        MONDAY,
        3,
        "account ending 4321",
    )
    assert "87654321" not in repr(payees.row(session, "rider:3"))
    assert payees.blank(session, "rider:3", now=MONDAY)
    assert not payees.blank(session, "rider:3", now=MONDAY)
    assert payees.of(session, "rider:3") is None


def on_paper(body: bytes) -> str:
    """What a PDF of core fonts prints, in the order it is drawn."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", body, re.DOTALL)
    drawn = b"".join(zlib.decompress(each) for each in streams).decode("latin-1")
    return " ".join(re.findall(r"\((.*?)(?<!\\)\) Tj", drawn)).replace("\\(", "(").replace("\\)", ")")


def test_a_payslip_on_paper_says_what_the_law_wants(session: Session) -> None:
    """Gross, each deduction and its purpose, net, hours at each rate and how it is paid are printed, names too."""
    worked(session)
    spent(session, 800)
    run = approved(session)
    runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
    slip = runs.slip(session, run, 3)
    assert slip is not None
    local = books.rules(session, run.rulebook).local
    body = runs.pdf(slip, employer="Finsbury Park Riders", name="Zoë Łukasz-Ñandú", local=local)
    assert body == runs.pdf(slip, employer="Finsbury Park Riders", name="Zoë Łukasz-Ñandú", local=local)
    told = on_paper(body)
    for words in (
        "Zoë Lukasz-Ñandú", "Finsbury Park Riders", "16 November 2026 to 22 November 2026", "Gross pay £59.20",
        "Income tax (PAYE) -£5.00", "Union dues -£1.25", "All deductions -£8.75", "Tips, whole £2.50", "Net pay £60.95",
        "Expenses £8.00", "4 h 00 at £14.80 an hour", "Bank transfer, reference PAY 23NOV26", "0.48 hours exactly",
    ):  # fmt: skip
        assert words in told, words
    for line in slip.lines:
        assert f" {line.entry_id} " in told
    assert "DRAFT" not in told


@given(st.lists(st.tuples(st.integers(1, 9_999), st.integers(-6_000, 6_000)), max_size=6))
def test_a_bureaus_hours_at_each_rate_come_to_the_hours_in_all(worked_at: list[tuple[int, int]]) -> None:
    """In hundredths of an hour, each is less than one from exact, and together they are all minutes rounded once."""
    line = RunLine(3, "rider:3:minutes", "co-op:minutes", "MINUTES", "minutes", "", "shift:1", MONDAY, 0, 1)
    lines = tuple(replace(line, amount=minutes, rates=((rate, minutes),)) for rate, minutes in worked_at)
    slip = Payslip(1, 3, MONDAY, MONDAY, "GBP", lines)
    found = papers.hundredths(slip)
    exact = [Fraction(minutes * 100, 60) for _, minutes in slip.rates]
    assert all(abs(told - each) < 1 for told, each in zip(found, exact, strict=True))
    assert abs(sum(found) - sum(exact, Fraction())) <= Fraction(1, 2)
