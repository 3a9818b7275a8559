"""`pannier pay-run`: the same steps from a terminal."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dispatch.tables import known
from infra.cli import app
from payments import bank, pay, payees
from payments.pay import ShiftMoney
from tests import factories
from tests.house import House


def said(*words: str, code: int = 0) -> str:
    """What a command says."""
    done = CliRunner().invoke(app, ["pay-run", *words])
    assert done.exit_code == code, done.output
    return done.output


def test_a_pay_run_from_the_terminal(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn up, exported, deducted, approved, paid through the bank and closed by commands, under a name."""
    with house.database.writing() as session:
        began = house.now - timedelta(days=7)
        sam = known(factories.person(session, house.now, 1, "rider").id)
        factories.person(session, house.now, 2, "treasurer", name="Tess")
        end = began + timedelta(hours=4)
        pay.shift_ended(session, ShiftMoney(1, sam, began, end, 0, 2), now=end)
        payees.enter(
            session, f"rider:{sam}", bank.account("Sam", "123456", "12345678"), by=sam, now=house.now
        )
    monkeypatch.setenv("PANNIER_DATABASE_URL", str(house.program.settings.database))
    monkeypatch.setenv("PANNIER_DATA", str(house.program.settings.data))
    monkeypatch.setattr("infra.cli.root.check_tables", lambda _settings: None)  # created, not migrated
    by = ("--by", "07700 900002")
    assert "treasurer" in said("draft", "2026-11-13", "--by", "07700 900001", code=1)
    assert "Pay run 1, up to and with 2026-11-15: draft" in said("draft", "2026-11-13", *by)
    assert "59.20" in said("show", "1")
    said("export", "1", str(tmp_path / "answer.csv"), "--what", "answer")
    said("export", "1", str(tmp_path / "bureau.csv"))
    (line,) = csv.DictReader((tmp_path / "bureau.csv").read_text().splitlines())
    assert line["taxable gross"] == "59.20"
    assert "deductions of 1" in said("approve", "1", *by, code=1)
    said("deductions", "1", str(tmp_path / "answer.csv"), *by)
    assert "approved" in said("approve", "1", *by, "--read-warnings")
    assert "1 payments, £59.20 in all" in said("bank-file", "1", str(tmp_path / "bank.csv"), *by)
    assert (tmp_path / "bank.csv").stat().st_mode & 0o777 == 0o600
    whose = ("1", "--person", str(sam))
    assert "what the bank said" in said("refused", *whose, "--reason", " ", *by, code=1)
    assert "nobody by" not in said("again", *whose, *by)  # nothing was refused: it stays as it is
    for _ in range(2):
        assert "Sam Okoye: £59.20 was refused." in said("refused", *whose, "--reason", "No such account", *by)
    for _ in range(2):
        assert "Sam Okoye: £59.20 is set aside again." in said("again", *whose, *by)
    assert "does not pay 9" in said("refused", "1", "--person", "9", "--reason", "Closed", *by, code=1)
    assert "Sam Okoye is no treasurer" in said("again", *whose, "--by", "07700 900001", code=1)
    assert "paid" in said("paid", "1", *by)
    assert "£59.20 came back." in said("refused", *whose, "--reason", "Closed", *by)
    assert "with 2026-11-15: approved" in said("again", *whose, *by)
    assert "paid" in said("paid", "1", *by)
    assert "closed" in said("close", "1", *by)
