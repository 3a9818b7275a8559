"""The books as other people's programs read them: bean-check and hledger accept them, and miss no penny."""

import os
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session
from typer.testing import CliRunner

from infra.cli import app
from infra.database import Database
from payments import books
from payments.books.plaintext import FORMS, plaintext
from payments.books.plaintext.names import amount, name
from payments.ledger import HOLIDAY, MINUTES, Entry, Posting
from tests.judges import POUNDS, Check, judge
from tests.payments.test_commands import here, lived_url

__all__ = ["here", "lived_url"]

BOTH = pytest.mark.parametrize("form", ["beancount", "hledger"])


@pytest.fixture
def check(form: str) -> Check:
    """The program that judges that form."""
    return judge(form)


def run(*arguments: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app, list(arguments))
    return ended.exit_code, ended.output


def exported(form: str, name: str = "books.txt", *more: str) -> Path:
    """The books of the lived evening, written by the command."""
    code, said = run("export", form, name, *more)
    assert code == 0, said
    assert re.fullmatch(rf"Wrote {name}: [\d,]+ lines\.\n", said)
    return Path(name)


@BOTH
def test_the_books_of_an_evening_are_accepted(here: str, form: str, check: Check) -> None:
    """Orders by card and on account, a refund, a shift in three units, shares, a payout: nothing to object to."""
    file = exported(form)
    judged = check(file)
    assert (judged.returncode, judged.stdout + judged.stderr) == (0, "")
    text = file.read_text()
    for unit in ("GBP", HOLIDAY, MINUTES):
        assert re.search(rf"\d {unit}$", text, re.M)
    database = Database.open(here)
    with database.reading() as session:
        for each in books.booked(session):
            for fact in (each.key, each.rulebook, each.subject, each.hash):
                assert fact in text
    database.close()
    assert "Cold " in text


@BOTH
def test_a_penny_is_missed(here: str, form: str, check: Check) -> None:
    """Any amount a penny off, in an entry or in what should stand on an account, is refused; so is one in leave."""
    file = exported(form)
    text = file.read_text()
    places = list(POUNDS.finditer(text))
    tried = [*places[:: max(1, len(places) // 10)], places[-1]]
    for place in tried:
        penny_more = str(Decimal(place[0]) + Decimal("0.01"))
        file.write_text(text[: place.start()] + penny_more + text[place.end() :])
        assert check(file).returncode != 0, text[text.rindex("\n", 0, place.start()) : place.end()]
    assert len(tried) > 8
    leave = re.sub(
        r"\d HOLIDAY$", lambda found: f"{(int(found[0][0]) + 1) % 10} HOLIDAY", text, count=1, flags=re.M
    )
    if form == "hledger":  # there the first line of all says how leave is written
        leave = re.sub(r"(?<=  )\d+(?=\.\d{4} HOLIDAY)", lambda found: str(int(found[0]) + 1), text, count=1)
    file.write_text(leave)
    assert leave != text
    assert check(file).returncode != 0


@BOTH
def test_a_penny_moved_on_both_sides_is_missed(here: str, form: str, check: Check) -> None:
    """A transaction that still balances, with a penny more on both its sides, breaks what should stand at the end."""
    file = exported(form)
    text = file.read_text()
    legs = re.search(r"^ +\S+  (\d+\.\d\d) GBP\n +\S+  -\1 GBP\n", text, re.M)
    assert legs is not None
    more = str(Decimal(legs[1]) + Decimal("0.01"))
    file.write_text(text.replace(legs[0], legs[0].replace(legs[1], more), 1))
    judged = check(file)
    assert judged.returncode != 0
    assert re.search("balance", judged.stdout + judged.stderr, re.I)


@BOTH
def test_a_name_misspelt_is_refused(here: str, form: str, check: Check) -> None:
    """A posting to an account nobody opened is refused."""
    file = exported(form)
    file.write_text(re.sub(r"^( +\S+:Tips)  ", r"\1x  ", file.read_text(), count=1, flags=re.M))
    assert check(file).returncode != 0


@BOTH
def test_the_same_books_are_the_same_file(here: str, form: str) -> None:
    """Written twice the file is the same byte for byte, with an assertion for each account at each month's end."""
    first = exported(form, "one.txt").read_bytes()
    assert exported(form, "two.txt").read_bytes() == first
    text = first.decode()
    if form == "beancount":
        asserted = re.findall(r"^(\S+) balance", text, re.M)
    else:
        asserted = [
            day
            for day, legs in re.findall(r"^(\S+) What stands.*\n((?: +.*\n?)+)", text, re.M)
            for _ in legs.splitlines()
        ]
    days = sorted(set(asserted))
    assert len(days) == 2
    assert asserted.count(days[-1]) == len(set(re.findall(r"^(?:\S+ open|account) (\S+)", text, re.M)))


@BOTH
def test_a_file_is_not_written_over(here: str, form: str) -> None:
    """A file that is there stays as it is, unless --force is given; nothing half-written is left behind."""
    there = Path("books.txt")
    there.write_text("mine")
    code, said = run("export", form, "books.txt")
    assert (code, said) == (
        1,
        "books.txt is there already: give another name, or --force to write over it.\n",
    )
    assert there.read_text() == "mine"
    exported(form, "books.txt", "--force")
    assert there.stat().st_mode & 0o077 == 0
    code, said = run("export", form, "nowhere/books.txt")
    assert code == 1
    assert "There is no folder" in said
    assert [file.name for file in Path().iterdir() if file.name != "data"] == ["books.txt"]


def test_a_memory_stick_will_do(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file can have no second name, it is written as well, and still not over one that is there."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    file = exported("hledger")
    assert file.read_text().startswith("; Entries 1 to ")
    assert file.stat().st_mode & 0o077 == 0
    assert run("export", "hledger", "books.txt")[0] == 1
    assert [each.name for each in Path().iterdir() if each.name != "data"] == ["books.txt"]


@BOTH
def test_books_with_nothing_in_them(session: Session, tmp_path: Path, form: str, check: Check) -> None:
    """Before anything happened the file says so, and is accepted."""
    file = tmp_path / "books.txt"
    file.write_text("\n".join(plaintext(session, FORMS[form])) + "\n")
    assert "Nothing was booked yet." in file.read_text()
    assert check(file).returncode == 0


def test_in_accounting_what_is_owed_is_negative(evening: Session) -> None:
    """A rider's tips are a liability, food a restaurant is owed too, commission an income, wages an expense."""
    text = "\n".join(plaintext(evening, FORMS["beancount"]))
    stands = dict(re.findall(r"balance (\S+)  (-?[\d.]+) ~", text))
    held = books.balances(evening, "")
    assert Decimal(stands["Liabilities:Rider:3:Tips"]) == Decimal(-held["rider:3:tips"]) / 100 < 0
    assert Decimal(stands["Income:Co-op:Commission"]) == Decimal(-held["co-op:commission"]) / 100 < 0
    assert Decimal(stands["Expenses:Co-op:Wages"]) == Decimal(-held["co-op:wages"]) / 100 > 0
    assert Decimal(stands["Equity:Member:9:Shares"]) == -3
    assert name("restaurant:7:till").startswith("Equity:")
    assert name("payroll:tax") == "Liabilities:Payroll:Tax"
    assert name("pool:tips:2026-11-20") == "Liabilities:Pool:Tips:2026-11-20"
    assert name("vat:output") == "Liabilities:Vat:Output"
    assert name("co-op:wages:rain").startswith("Expenses:")
    assert name("held:rider:7:wages") == "Liabilities:Held:Rider:7:Wages"


@given(st.integers(-(10**15), 10**15))
def test_amounts_are_exact(count: int) -> None:
    """Every amount reads back as what it was, in each unit's own decimals."""
    for unit, places in (("GBP", 2), ("JPY", 0), ("KWD", 3), (HOLIDAY, 4), (MINUTES, 0)):
        number, _, its = amount(count, unit).partition(" ")
        assert its == unit
        assert Decimal(number) * 10**places == count
        assert len(number.partition(".")[2]) == places


@BOTH
def test_what_is_owed_on_is_accepted_and_asserted(
    evening: Session, tmp_path: Path, form: str, check: Check
) -> None:
    """Deductions, tips waiting to be shared and VAT are liabilities that both programs take, and miss a penny of."""
    first = next(books.booked(evening)).entry
    moves = (
        Posting("rider:3:tips", "pool:tips:2026-11-20", 40),
        Posting("rider:3:wages", "payroll:income-tax", 100),
        Posting("co-op:commission", "vat:output", 50),
    )
    entry = Entry("owed:1", first.at, "Owed on", moves, "GBP", first.rulebook, "owed:1")
    books.post(evening, entry, now=first.at)
    text = "\n".join(plaintext(evening, FORMS[form])) + "\n"
    file = tmp_path / "books.txt"
    file.write_text(text)
    assert check(file).returncode == 0
    for account, stands in (
        ("Pool:Tips:2026-11-20", "-0.40"),
        ("Payroll:Income-tax", "-1.00"),
        ("Vat:Output", "-0.50"),
    ):
        place = re.search(
            rf"(?<=Liabilities:{account}  ).*{re.escape(stands)}(?= GBP| ~)", text.replace("= ", "= "), re.M
        )
        assert place is not None, account
        whole = place[0]
        file.write_text(text.replace(f"{account}  {whole}", f"{account}  {whole[: -len(stands)]}-9.99"))
        assert check(file).returncode != 0


ACCOUNT = st.from_regex(r"[a-z][a-z0-9-]{0,6}(:[a-z0-9][a-z0-9-]{0,4}){1,3}", fullmatch=True)


@given(ACCOUNT, ACCOUNT)
def test_no_two_accounts_have_one_name(one: str, other: str) -> None:
    """Names are told apart as accounts are, and each is one Beancount can read."""
    assert (name(one) == name(other)) == (one == other)
    assert re.fullmatch(r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+", name(one))
