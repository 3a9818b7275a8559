"""Compiling beside the work: switched to when ready, said when it fails, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from infra.compiled import Compiled, fill, filled
from infra.database import Database
from infra.health import examine
from infra.install import mark
from infra.migrations import migrate
from infra.program import Program
from infra.settings import Settings
from tests.infra.test_cli import Shell

SAYS = "import sys; sys.exit('numba: no locator available')"
LASTS = "import time; time.sleep(600)"
# A process that compiles for ever below one that is about to be killed; it says the number of the lower one.
# A process about to be killed, and below it one that would compile for ever; it says the number of that one.
BELOW = """
import sys, threading, time
from infra.compiled import _end_with_whoever_began_this
threading.Thread(target=_end_with_whoever_began_this, daemon=True).start()
time.sleep(600)
"""
ABOVE = """
import sys, time
from pathlib import Path
from infra.compiled import Compiled
compiled = Compiled(Path(sys.argv[1]), load=lambda: False, command=(sys.executable, "-c", sys.argv[2]))
compiled.start()
while compiled._process is None:
    time.sleep(0.02)
print(compiled._process.pid, flush=True)
time.sleep(600)
"""
FILLS = """
import sys, time
from pathlib import Path
from infra.compiled import fill
def work():
    print("in", flush=True)
    time.sleep(0.3)
    print("out", flush=True)
    if sys.argv[2] == "breaks":
        raise SystemExit(1)
fill(Path(sys.argv[1]), work)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for what is compiled, with no other one said."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    return tmp_path / "cache"


def never() -> bool:
    """A solver nobody is to load."""
    raise AssertionError("it was loaded")


def until(condition: Callable[[], bool], within_s: float = 30) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_a_cold_cache_is_filled_beside_the_work_and_then_used(folder: Path, tmp_path: Path) -> None:
    """While another process compiles, nobody waits; once it is done, what it made is loaded."""
    go, made = tmp_path / "go", tmp_path / "made"
    fills = (
        f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)\n"
        f"pathlib.Path({str(made)!r}).touch()"
    )
    with Compiled(folder, load=made.exists, command=(sys.executable, "-c", fills)) as compiled:
        until(lambda: compiled.state == "compiling")
        go.touch()
        assert compiled.wait(30)
    assert (compiled.state, compiled.fault) == ("compiled", None)


def test_a_warm_cache_starts_no_process(folder: Path) -> None:
    """What was compiled before is loaded, and nothing else happens."""
    fill(folder, lambda: None)
    with Compiled(folder, load=lambda: True, command=("no such program",)) as compiled:
        assert compiled.wait(30)


def test_what_was_compiled_from_other_sources_is_compiled_anew(folder: Path) -> None:
    """After an upgrade nothing of the old version's code is left to be used."""
    fill(folder, lambda: None)
    old = folder / "kernel_1f" / "walk.walked-1.py311.nbi"
    old.parent.mkdir()
    old.touch()
    fill(folder, never)
    assert filled(folder)
    (folder / "compiled-for").write_text("another version")
    assert not filled(folder)
    ran: list[bool] = []
    fill(folder, lambda: ran.append(old.exists()))
    assert ran == [False]
    assert filled(folder)


def test_compiling_that_fails_is_said_and_stops_nothing(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that fails leaves the slower solver in use, and its last words in the log."""
    with Compiled(folder, load=never, command=(sys.executable, "-c", SAYS)) as compiled:
        assert not compiled.wait(30)
    assert (compiled.state, compiled.fault) == ("failed", "numba: no locator available")
    assert "plans are made by the slower one" in caplog.text


def test_a_folder_nobody_can_write_is_said(folder: Path, tmp_path: Path) -> None:
    """Where nothing can be kept, the fault names it."""
    (tmp_path / "file").touch()
    with Compiled(tmp_path / "file" / "cache", load=never) as compiled:
        assert not compiled.wait(30)
    assert "NotADirectoryError" in str(compiled.fault)


def test_a_solver_that_cannot_be_loaded_is_said(folder: Path) -> None:
    """A machine without numba, or with a broken one, goes on too."""

    def broken() -> bool:
        raise ImportError("numba is not here")

    fill(folder, lambda: None)
    with Compiled(folder, load=broken) as compiled:
        assert not compiled.wait(30)
    assert compiled.fault == "ImportError: numba is not here"
    with Compiled(folder, load=lambda: False) as compiled:
        assert not compiled.wait(30)
    assert compiled.fault == "it cannot be loaded"


def test_the_health_page_says_what_is_in_use(tmp_path: Path, folder: Path, now: datetime) -> None:
    """How plans are made is told, and a solver that could not be compiled is worth a look."""
    settings = Settings(data=tmp_path)
    migrate(settings, now=now)
    database = Database.open(settings.database)
    with database.writing() as session:
        mark(session, "live", now=now)
    database.close()
    program = Program.open(settings)
    assert examine(program).solver is None
    with Compiled(folder, load=never, command=(sys.executable, "-c", SAYS)) as program.compiled:
        assert not program.compiled.wait(30)
    health = examine(program)
    program.close()
    assert health.solver == "failed"
    assert any("could not be compiled (numba: no locator available)" in found for found in health.findings)


def test_stopping_ends_the_process_that_compiles(folder: Path, tmp_path: Path) -> None:
    """Nothing runs on after the end, and ending early is no fault."""
    compiled = Compiled(folder, load=never, command=(sys.executable, "-c", LASTS))
    compiled.start()
    until(lambda: compiled._process is not None)
    process = compiled._process
    compiled.stop()
    assert process is not None
    assert process.poll() == -signal.SIGKILL
    assert (compiled.state, compiled.fault) == ("plain", None)


def test_stopping_before_it_began_begins_nothing(folder: Path, tmp_path: Path) -> None:
    """Stopped at once, it may never have started a process, and leaves none."""
    for _ in range(20):
        compiled = Compiled(folder, load=never, command=(sys.executable, "-c", LASTS))
        compiled.start()
        compiled.stop()
        assert compiled._process is None or compiled._process.poll() is not None


def test_killed_outright_it_leaves_no_process_behind(folder: Path) -> None:
    """After kill -9 of who began it, the process that compiles ends by itself."""
    above = subprocess.Popen(
        [sys.executable, "-c", ABOVE, str(folder), BELOW], stdout=subprocess.PIPE, text=True
    )
    with above:
        assert above.stdout is not None
        below = int(above.stdout.readline())
        above.kill()
    until(lambda: not _runs(below))


def _runs(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text() if Path("/proc").is_dir() else ""
        os.kill(process, 0)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return status.rpartition(")")[2].split()[:1] != ["Z"]


@pytest.mark.parametrize(("ends", "said"), [("well", ["in", "out"]), ("breaks", ["in", "out"] * 2)])
def test_two_processes_compile_one_after_the_other(
    folder: Path, tmp_path: Path, ends: str, said: list[str]
) -> None:
    """Whoever comes second finds the first one's work done, or does it where that one failed."""
    both = tmp_path / "both"
    with both.open("w") as words:
        running = [
            subprocess.Popen([sys.executable, "-c", FILLS, str(folder), ends], stdout=words) for _ in range(2)
        ]
        assert [process.wait(60) for process in running] == [ends != "well"] * 2
    assert both.read_text().split() == said


def health(address: str) -> dict[str, Any]:
    """What the health page says, well or not."""
    try:
        with urllib.request.urlopen(address) as answer:  # noqa: S310
            return dict(json.load(answer))
    except urllib.error.HTTPError as unwell:
        return dict(json.load(unwell))


def below(process: int) -> list[str]:
    """The commands of the processes this one has started, and that run."""
    listed = subprocess.run(
        ["ps", "-o", "stat=,args=", "--ppid", str(process)], capture_output=True, text=True, check=False
    )
    return [line for line in listed.stdout.splitlines() if not line.startswith("Z")]


@pytest.fixture
def installed(tmp_path: Path, now: datetime) -> Path:
    """The data folder of a demo co-op."""
    settings = Settings(data=tmp_path / "data")
    migrate(settings, now=now)
    database = Database.open(settings.database)
    with database.writing() as session:
        mark(session, "demo", now=now)
    database.close()
    return settings.data


@pytest.mark.deep
def test_a_server_that_cannot_compile_serves_and_says_so(installed: Path, tmp_path: Path) -> None:
    """`pannier serve` with nowhere to keep what it compiles answers all the same, and its page says why, not where."""
    (tmp_path / "file").touch()
    shell = Shell(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "file" / "cache"))
    try:
        address = shell.serve()
        until(lambda: health(address)["solver"] == "failed", 60)
        (found,) = health(address)["findings"]
        assert "NotADirectoryError" in found
        assert str(tmp_path) not in found
    finally:
        shell.close()


@pytest.mark.deep
def test_a_server_stopped_while_it_compiles_leaves_nothing(installed: Path, tmp_path: Path) -> None:
    """SIGTERM in the middle of compiling ends the server at once, and what compiled with it."""
    shell = Shell(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cold"))
    try:
        address = shell.serve()
        server = shell.servers[0]
        until(lambda: health(address)["solver"] == "compiling", 60)
        until(lambda: any("infra.compiled" in line for line in below(server.pid)), 60)
        compiling = [int(line) for line in _children(server.pid)]
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
        until(lambda: not any(_runs(process) for process in compiling))
    finally:
        shell.close()


def _children(process: int) -> list[str]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False
    )
    return listed.stdout.split()


@pytest.mark.deep
def test_a_server_with_a_cold_cache_switches_to_compiled_plans(installed: Path, tmp_path: Path) -> None:
    """`pannier serve` answers at once, compiles beside that, and uses it; the next start finds it there."""
    shell = Shell(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cold"))
    try:
        address = shell.serve()
        assert health(address)["solver"] in ("plain", "compiling")
        until(lambda: health(address)["solver"] == "compiled", 600)
        assert not any("infra.compiled" in line for line in below(shell.servers[0].pid))
        shell.servers[0].send_signal(signal.SIGTERM)
        assert shell.servers[0].wait(60) == 0
        again = shell.serve()
        seen: set[str] = set()
        until(lambda: seen.add(health(again)["solver"]) or "compiled" in seen, 60)
        assert "compiling" not in seen
    finally:
        shell.close()


def test_an_operator_says_where_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NUMBA_CACHE_DIR, where it is set, wins over the data folder; else the data folder's is set."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "theirs"))
    assert Compiled(tmp_path / "ours").folder == tmp_path / "theirs"
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert Compiled(tmp_path / "ours").folder == tmp_path / "ours"
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "ours")
