"""The command line, as a person uses it: processes, exit codes and sentences."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli import app

PANNIER = Path(sys.executable).with_name("pannier")


def run(*arguments: str) -> tuple[int, str]:
    """Run a command here: its exit code, and everything it said."""
    ended = CliRunner().invoke(app, list(arguments))
    return ended.exit_code, ended.output


class Shell:
    """A folder to run `pannier` in, with no settings but those given."""

    def __init__(self, folder: Path, **settings: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PANNIER_")}
        self.folder = folder
        self.environment = clean | {"PANNIER_DATA": str(folder / "data"), **settings}
        self.servers: list[subprocess.Popen[str]] = []

    def serve(self) -> str:
        """Start a server on a free port; its health page's address."""
        process = subprocess.Popen(
            [PANNIER, "serve", "--port", "0"],
            env=self.environment | {"PYTHONUNBUFFERED": "1"},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.servers.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://\S+/healthz", line):
                return found[0]
        raise AssertionError("it did not start")

    def close(self) -> None:
        for process in self.servers:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to be in, and no settings but where it is."""
    for name in [name for name in os.environ if name.startswith("PANNIER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PANNIER_DATA", str(tmp_path / "data"))


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.close()


def test_from_nothing_to_served_and_back(here: None, shell: Shell) -> None:
    """init, serve and restore work in turn; a second server or a restore beside it is refused."""
    assert run("init", "--demo") == (0, "The demo database is ready. Next: pannier serve\n")
    health = shell.serve()
    with urllib.request.urlopen(health) as answer:  # noqa: S310
        assert answer.status == 200
    code, said = run("backup")
    assert code == 0
    file = said.removeprefix("Backed up to ").strip()
    for command in (["serve", "--port", "0"], ["migrate"], ["restore", file]):
        code, said = run(*command)
        assert (code, said.count("\n")) == (1, 1)
        assert "stop it first" in said
    shell.servers[0].send_signal(signal.SIGTERM)
    assert shell.servers[0].wait(30) == 0
    code, said = run("restore", file)
    assert code == 0
    assert "is kept at" in said


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (["serve"], {}, "run `pannier init` first"),
        (["worker"], {}, "needs PostgreSQL"),
        (["backup"], {}, "no database"),
        (["restore", "nowhere.db"], {}, "There is no backup nowhere.db"),
        (["migrate"], {"PANNIER_PORT": "high"}, "PANNIER_PORT"),
        (["migrate"], {"PANNIER_DATABASE_URL": "somewhere"}, "PANNIER_DATABASE_URL"),
        (
            ["worker"],
            {"PANNIER_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/no"},
            "check PANNIER_DATABASE_URL",
        ),
    ],
)
def test_errors_say_what_to_do(here: None, arguments: list[str], given: dict[str, str], says: str) -> None:
    """A person's mistake gets a sentence and exit code 1, never a traceback."""
    ended = CliRunner().invoke(app, arguments, env=given)
    assert ended.exit_code == 1
    assert says in ended.output
    assert "Traceback" not in ended.output


def test_a_demo_refuses_the_world(here: None) -> None:
    """A demo database on a public bind does not start, and says how to go on."""
    assert CliRunner().invoke(app, ["init", "--demo"]).exit_code == 0
    ended = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])  # noqa: S104
    assert ended.exit_code == 1
    assert "--host 127.0.0.1" in ended.output


def test_the_version_is_told(here: None) -> None:
    """`pannier version` names the program's version and that of its tables."""
    said = CliRunner().invoke(app, ["version"]).output
    assert re.fullmatch(r"pannier \d+\.\d+\.\d+, tables \d{4}\n", said)
