"""What the treasurer types about settlements and VAT."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from infra.database import Database
from infra.migrations import upgrade
from payments import books, pay
from payments.pay import OrderMoney
from tests import factories
from tests.house import House
from tests.payments.taxed import TAXED
from tests.payments.test_commands import run

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def here(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registered demo co-op on the Monday after a week with one order of 20.00 and 4.40 by card."""
    database = Database.open(database_url)
    upgrade(database)
    database.close()
    house = House.open(database_url, tmp_path / "data", MONDAY)
    with house.database.writing() as session:
        books.adopt(session, TAXED, effective_on=date(2026, 5, 1), resolution="Registered", now=MONDAY)
        factories.restaurant(session, MONDAY)
        factories.person(session, MONDAY, 91, "treasurer", name="Tess Adeyemi")
        factories.person(session, MONDAY, 92, "rider", name="Sam Okoye")
        pay.delivered(session, OrderMoney(1, 1, 2, 2000, 440, 0, "card"), now=MONDAY - timedelta(days=3))
    house.client.close()
    house.program.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANNIER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PANNIER_DATABASE_URL", database_url)


def test_a_settlement_from_the_keyboard(here: None) -> None:
    """Drafted, listed, refused to whoever is no treasurer, issued and paid in the treasurer's name; its VAT."""
    assert run("settlements", "draft") == (0, "Drafted 1.\n")
    assert run("settlements", "draft") == (0, "Nothing was due.\n")
    code, said = run("settlements", "issue", "1", "--by", "07700 900092")
    assert code == 1
    assert "Sam Okoye is no treasurer" in said
    assert "Nobody has the phone" in run("settlements", "issue", "1", "--by", "07700 900099")[1]
    assert run("settlements", "issue", "1", "--by", "07700 900091") == (
        0, "Issued FPR-0001. We pay you £16.40, reference FPR-0001.\n",
    )  # fmt: skip
    assert "£16.40" in run("settlements", "list")[1]
    by = ("--by", "07700 900091")
    assert "nothing to repeat" in run("settlements", "again", "1", *by)[1]
    assert "what the bank said" in run("settlements", "refused", "1", "--reason", " ", *by)[1]
    assert "no restaurant that waits has a bank account" in run("settlements", "bank-file", "b.csv", *by)[1]
    for _ in range(2):
        assert run("settlements", "refused", "1", "--reason", "Closed", *by) == (
            0, "FPR-0001: £16.40 was refused, and is the restaurant's again. FPR-0001 is issued.\n",
        )  # fmt: skip
    for _ in range(2):
        assert run("settlements", "again", "1", *by)[1].startswith("FPR-0001: £16.40 is set aside again.")
    assert "--amount is for what comes in" in run("settlements", "paid", "1", *by, "--amount", "3.00")[1]
    assert "no amount" in run("settlements", "paid", "1", *by, "--amount", "three")[1]
    assert run("settlements", "paid", "1", *by) == (0, "FPR-0001 is paid.\n")
    assert "£16.40 came back" in run("settlements", "refused", "1", "--reason", "Closed", *by)[1]
    assert "not done with" in run("settlements", "close", "1", *by)[1]
    assert run("settlements", "again", "1", *by)[0] == 0
    assert run("settlements", "paid", "1", *by) == (0, "FPR-0001 is paid.\n")
    assert run("settlements", "close", "1", *by) == (0, "FPR-0001 is closed.\n")
    assert "There is no settlement 9." in run("settlements", "paid", "9", "--by", "07700 900091")[1]
    code, said = run("vat", "--quarter", "2026-12")
    assert code == 0
    for words in ("£3.00", "£0.60", "£3.67", "£0.73", "sales: £1.33", "whole pounds: £6.00"):
        assert words in said, said
    assert "is no month" in run("vat", "--quarter", "winter")[1]
    assert run("check-books")[0] == 0
