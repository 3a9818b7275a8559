"""What the treasurer and the members type: rulebooks beside each other, what rules would have done."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session
from typer.testing import CliRunner

from infra.cli import app
from infra.cli.books import _booked_by, _orders
from infra.cli.root import out
from infra.database import Database
from payments import books
from payments.resolutions import reckon
from tests.conftest import drop_postgres, fresh_postgres
from tests.factories import RULEBOOK
from tests.payments.lived import evening
from tests.payments.rulebooks import FINSBURY_PARK

EXAMPLES = Path(__file__).parents[2] / "infra/examples"
FINSBURY = str(EXAMPLES / "finsbury-park.toml")
PER_DROP = str(EXAMPLES / "levenshulme-per-drop.toml")


def run(*arguments: str) -> tuple[int, str]:
    """Run a command on a wide terminal: its exit code, and everything it said."""
    narrow, out.width = out.width, 200
    try:
        ended = CliRunner().invoke(app, list(arguments))
    finally:
        out.width = narrow
    return ended.exit_code, ended.output


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lived_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database of an evening that was lived, on each kind."""
    folder = tmp_path_factory.mktemp("lived")
    server = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    url = fresh_postgres(server) if server else f"sqlite:///{folder / 'pannier.db'}"
    evening(url, folder, datetime.fromisoformat("2026-11-20T18:00:00+00:00"))
    yield url
    if server:
        drop_postgres(server, url)


@pytest.fixture
def here(lived_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings of that database, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANNIER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PANNIER_DATABASE_URL", lived_url)
    return lived_url


def everything(url: str) -> list[tuple[object, ...]]:
    """Every row of every table."""
    database = Database.open(url)
    with Session(database.engine) as session:
        head = books.head(session)
        tables = [
            (table.name, session.connection().execute(table.select()).all())
            for table in books.RulebookVersion.metadata.sorted_tables
        ]
    database.close()
    return [head, *tables]


def test_two_files_beside_each_other(tmp_path: Path) -> None:
    """Each changed rule is a line with what it was, what it becomes and whom it touches; no database is needed."""
    new = tmp_path / "new.toml"
    new.write_text(FINSBURY_PARK.replace("commission_bp = 1500", "commission_bp = 1200"))
    code, said = run("rulebook", "diff", FINSBURY, str(new))
    assert code == 0
    (line,) = [line for line in said.splitlines() if "What the co-op keeps of the food" in line]
    assert [part.strip() for part in line.split("│")[2:5]] == ["15 %", "12 %", "restaurants"]
    assert said.endswith("1 rule changes.\n")
    assert run("rulebook", "diff", FINSBURY, FINSBURY) == (0, "Nothing changes: the two say the same.\n")
    code, said = run("rulebook", "diff", FINSBURY, "nowhere.toml")
    assert (code, said) == (1, "There is no file nowhere.toml.\n")


def test_square_brackets_are_told_as_written(tmp_path: Path) -> None:
    """A zone called `Park [/north]` keeps its name in the table."""
    new = tmp_path / "new.toml"
    new.write_text(FINSBURY_PARK.replace('name = "Finsbury Park"', 'name = "Park [/north] [old]"'))
    code, said = run("rulebook", "diff", FINSBURY, str(new))
    assert code == 0
    assert "Zone Park [/north] [old]: delivery fee" in said


def test_a_file_beside_the_rules_in_force(here: str) -> None:
    """`in-force`, or a version by its name, stands for the rules the co-op has adopted."""
    code, said = run("rulebook", "diff", "in-force", PER_DROP)
    assert code == 0
    assert "What riders are paid by" in said
    same = Path("same.toml")
    same.write_text(RULEBOOK)
    assert run("rulebook", "diff", "in-force", str(same))[1] == "Nothing changes: the two say the same.\n"
    database = Database.open(here)
    with database.reading() as session:
        version = books.versions(session)[0].version
    database.close()
    assert run("rulebook", "diff", version, PER_DROP)[1] == said
    assert run("rulebook", "diff", "9-none", PER_DROP)[0] == 1


def cells(said: str, start: str) -> list[str]:
    """The cells of the first line that begins with a name."""
    rows = ([part.strip() for part in line.split("│")[1:-1]] for line in said.splitlines() if "│" in line)
    return next(row for row in rows if row and row[0] == start)


def test_what_other_rules_would_have_done(here: str) -> None:
    """By the same rules nothing changes; by the drop all have other sums; nothing is written."""
    before = everything(here)
    code, said = run("rulebook", "simulate", FINSBURY)
    assert code == 0
    assert cells(said, "commission") == ["commission", "£9.00", "£9.00", ""]
    assert cells(said, "left")[3] == ""
    assert "1 shift and 3 delivered orders" in said
    proposed = Path("proposed.toml")
    text = Path(FINSBURY).read_text().replace('basis = "hourly"', 'basis = "per_drop"\nper_drop_minor = 900')
    proposed.write_text(text.replace("commission_bp = 1500", "commission_bp = 1000"))
    code, said = run("rulebook", "simulate", str(proposed))
    assert code == 0
    assert cells(said, "commission") == ["commission", "£9.00", "£6.00", "-£3.00"]
    database = Database.open(here)
    with database.reading() as session:
        (wages,) = (
            amount
            for account, amount in books.balances(session, "co-op:wages").items()
            if account == "co-op:wages"
        )
    database.close()
    assert cells(said, "wages")[1:3] == [f"-£{-wages / 100:.2f}", "-£27.00"]
    assert everything(here) == before


def test_simulation_looks_back_no_further_than_asked(here: str) -> None:
    """Only orders and shifts from a day on are reckoned, and a zone that reaches nobody is told."""
    code, said = run("rulebook", "simulate", FINSBURY, "--since", "2026-11-21")
    assert code == 0
    assert "0 shifts and 0 delivered orders" in said
    code, said = run("rulebook", "simulate", PER_DROP, "--since", "2026-11-20", "--rates-of", "2027-01-01")
    assert code == 0
    assert "3 of the orders lie outside the proposed zones" in said


def test_what_was_is_told_by_the_rules_it_was_booked_by(here: str) -> None:
    """Rules adopted later on the same day change nothing of how that day was."""
    lower = FINSBURY_PARK.replace("commission_bp = 1500", "commission_bp = 1000")
    later = datetime.fromisoformat("2026-11-20T23:00:00+00:00")
    database = Database.open(here)
    with Session(database.engine) as session:
        booked = books.balance(session, "co-op:commission")
        books.adopt(session, lower, effective_on=later.date(), resolution="That night", now=later)
        orders = list(_orders(session, None))
        held = reckon(orders, [], lambda past: _booked_by(session, past), fees_anew=False)
        session.rollback()
    database.close()
    assert held.co_op.commission_minor == booked == 900


def test_rules_are_not_adopted_backwards(here: str) -> None:
    """`pannier rulebook adopt --from` a day that is past is refused with a sentence once money was booked."""
    code, said = run("rulebook", "adopt", FINSBURY, "--resolution", "Item 9", "--from", "2026-11-01")
    assert code == 1
    assert "effective_on: 2026-11-01 is past, and money was booked on 2026-11-20" in said


def test_the_register_of_tips_is_written(here: str, tmp_path: Path) -> None:
    """`pannier tips` prints the register, or writes it to a file that is not there yet; one rider's, or of a time."""
    code, said = run("tips")
    assert code == 0
    head, *lines = said.splitlines()
    assert head.startswith("delivered,order,restaurant,tip,rider,part")
    assert lines
    assert all(",own,,GBP," in line for line in lines)
    assert run("tips", "--rider", "99999")[1].splitlines() == [head]
    assert run("tips", "--since", "2026-11-21", "--until", "2026-11-22")[1].splitlines() == [head]
    assert run("tips", "--since", "2026-11-21", "--until", "2026-11-21")[0] == 1
    file = tmp_path / "tips.csv"
    assert run("tips", "--to", str(file))[0] == 0
    assert file.read_bytes().decode("utf-8-sig").splitlines() == [head, *lines]
    code, said = run("tips", "--to", str(file))
    assert (code, "There is a file" in said) == (1, True)
