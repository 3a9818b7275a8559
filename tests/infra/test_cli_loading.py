"""What the command line loads before it knows what it is asked: little, so that it answers at once."""

import subprocess
import sys

import pytest
import typer
from typer.main import get_command

from infra.cli.root import COMMANDS, Listed, app

HEAVY = ("ortools", "pandas", "numba", "dbos", "geopy", "twilio", "stripe")
WEB = ("fastapi", "uvicorn", "alembic", "numpy", "sqlmodel", "sqlalchemy")


def loaded_by(code: str, names: tuple[str, ...]) -> set[str]:
    """Which of these packages a fresh Python has after running this."""
    asked = f"{code}\nimport sys\nprint(*[name for name in {names!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import infra.cli",
        "from typer.testing import CliRunner\nfrom infra.cli import app\nCliRunner().invoke(app, ['--help'])",
        "import infra.cli.rules",
    ],
)
def test_the_list_and_the_rulebook_check_load_nothing_heavy(code: str) -> None:
    """`pannier --help` and `pannier rulebook check` load neither solver, nor database, nor web, nor a vendor."""
    assert loaded_by(code, HEAVY + WEB) == set()


def test_commands_about_rows_load_no_solver_and_no_vendor() -> None:
    """What `pannier check-books` and the like need has neither OR-Tools, numba, DBOS, geopy nor Twilio in it."""
    assert loaded_by("import infra.cli.house, infra.compose, infra.program", HEAVY) == set()


def test_a_web_process_loads_no_solver_library_before_it_answers() -> None:
    """`pannier serve` begins without OR-Tools and numba: both are loaded beside the work, where they are needed."""
    assert loaded_by("import infra.cli.running, infra.cli.demo", ("ortools", "pandas", "numba")) == set()


def test_the_list_says_of_a_command_what_it_says_of_itself() -> None:
    """Every listed command is there under its name, with these first words, and none is missing from the list."""
    command = get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    for name, listed in command.commands.items():
        assert isinstance(listed, Listed)
        itself = listed.loaded()
        assert (itself.name, (itself.help or "").split("\n\n")[0].replace("\n", " ")) == (name, listed.help)
    held = {
        command.name or command.callback.__name__
        for module in {module for module, _ in COMMANDS.values()}
        for command in sys.modules[f"infra.cli.{module}"].commands.registered_commands
    } | {
        group.name
        for module in {module for module, _ in COMMANDS.values()}
        for group in sys.modules[f"infra.cli.{module}"].commands.registered_groups
    }
    assert held == set(COMMANDS)
