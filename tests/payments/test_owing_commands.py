"""What the treasurer types about what is owed for others."""

import pytest

from infra.database import Database
from payments import books
from payments.ledger import Entry, Posting
from tests.payments.test_commands import run
from tests.payments.test_settling_commands import MONDAY, here

__all__ = ["here"]
BY = ("--by", "07700 900091")


@pytest.fixture
def owing(here: None, database_url: str) -> None:
    """25.00 of tax withheld on it, beside the VAT of its order."""
    database = Database.open(database_url)
    with database.writing() as session:
        version = books.in_force(session, at=MONDAY)[0]
        for key, source, destination in (
            ("pay:1", "co-op:wages", "rider:2:wages"),
            ("pay:2", "rider:2:wages", "payroll:income-tax"),
        ):
            postings = (Posting(source, destination, 2_500),)
            books.post(session, Entry(key, MONDAY, "Pay", postings, "GBP", version, "x"), now=MONDAY)
    database.close()


def test_what_is_owed_is_paid_on_from_the_keyboard(owing: None) -> None:
    """Listed, paid on in the treasurer's name, refused where it cannot be, taken back."""
    assert "£25.00" in run("owed")[1]
    tax = ("owed", "paid", "payroll:income-tax=20", "--on", "2026-11-23", "--reference", "HMRC 1")
    code, said = run(*tax, "--by", "07700 900092")
    assert code == 1
    assert "Sam Okoye is no treasurer" in said
    for words, said in (
        (("x", "--on", "2026-11-23"), "like payroll:income-tax=412.50"),
        (("x:y=1", "x:y=2", "--on", "2026-11-23"), "Name each account once"),
        (("vat:output:service=1", "--on", "2026-11-23"), "vat:output:service: £0.00 is owed"),
    ):
        code, told = run("owed", "paid", *words, "--reference", "HMRC", *BY)
        assert code == 1
        assert said in told
    assert run("owed", "paid", "x:y=1", "--on", "soon", "--reference", "HMRC", *BY)[0] == 2
    for _ in range(2):
        assert run(*tax, "--employer", "1.25", *BY) == (0, "Remittance 1: £21.25 left the bank, entry 4.\n")
    assert "£5.00" in run("owed")[1]
    assert run("owed", "back", "1", "--reason", "Twice", *BY) == (
        0,
        "Remittance 1 is taken back, by 2, entry 5.\n",
    )
    assert "takes back 1: Twice" in " ".join(run("owed")[1].split())
    assert run("check-books")[0] == 0
