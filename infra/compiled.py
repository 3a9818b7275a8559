"""The compiled solver: loaded where it stands in the cache, else compiled beside the work and switched to when ready.

Compiling takes the better part of a minute, once for each version and machine. It is done by another process at
the lowest priority, so that an evening begins at once on the solver written in Python; this process then loads
what was compiled. Whatever goes wrong with it, plans are made all the same.

Run as `python -m infra.compiled FOLDER`, this module is that other process.
"""

import fcntl
import logging
import os
import platform
import runpy
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Literal, Self

from infra.settings import Settings, keep_compiled

LONGEST_S = 900.0  # of compiling; far more than the slowest machine needs
PATIENCE_S = 5.0
FILLED = "compiled-for"  # a file in the folder that says so
COMPILED = ("kernel", "proof")  # the packages of routing with compiled functions, which call one another

State = Literal["plain", "compiling", "compiled", "failed"]
"""Plans are made in Python; so far, while it compiles; by compiled code; in Python because compiling failed."""

log = logging.getLogger("pannier.solver")


def _load() -> bool:
    from routing import kernel

    return kernel.load()


def _load_master() -> None:
    from routing.solver import master

    master.load()


class Compiled:
    """The compiled solver of this process, on its way. To be used in a `with`, or started and stopped."""

    def __init__(
        self, folder: Path, *, load: Callable[[], bool] = _load, command: Sequence[str] | None = None
    ) -> None:
        self.folder = keep_compiled(folder)
        self.state: State = "plain"
        self.fault: str | None = None
        self._load = load
        self._command = tuple(command or (sys.executable, "-P", "-m", "infra.compiled", str(self.folder)))
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._prepare, name="pannier-compiled", daemon=True)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The one kept in an install's data folder."""
        return cls(settings.compiled)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def wait(self, most_s: float = LONGEST_S) -> bool:
        """Wait for it; whether plans are now made by compiled code."""
        self._thread.join(most_s)
        return self.state == "compiled"

    def stop(self) -> None:
        """End what is under way; no process is left behind."""
        with self._turn:
            self._stopping.set()
            if self._process is not None:
                self._process.kill()
        self._thread.join(PATIENCE_S)

    def _prepare(self) -> None:
        began = perf_counter()
        try:
            fault = None if filled(self.folder) else self._compile()
            if fault is None and not self._stopping.is_set() and not self._load():
                fault = "it cannot be loaded"
        except Exception as broken:
            fault = f"{type(broken).__name__}: {broken}"
        if self._stopping.is_set():
            self.state = "plain"
            return
        if fault is None:
            self.state = "compiled"
            log.info("the compiled solver is in use, %.1f s after the start", perf_counter() - began)
        else:
            self.fault, self.state = fault, "failed"
            log.warning("the solver could not be compiled (%s); plans are made by the slower one", fault)
        _load_master()  # takes a second or two, and nobody waits for it

    def _compile(self) -> str | None:
        """Have the other process fill the cache; what was wrong, or None."""
        self.state = "compiling"
        with tempfile.TemporaryFile() as said:
            with self._turn:
                if self._stopping.is_set():
                    return None
                # It ends when its standard input does, so that it outlives this process in no case.
                self._process = subprocess.Popen(  # noqa: S603 - our own command
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C is for this process, which then ends that one
                )
            with self._process as process:
                try:
                    code = process.wait(LONGEST_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    return f"it took more than {LONGEST_S:.0f} s"
            if code == 0:
                return None
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            return lines[-1][:200] if lines else f"exit code {code}"


def filled(folder: Path) -> bool:
    """Whether this version was compiled into a folder, by this Python and for this kind of machine."""
    try:
        return (folder / FILLED).read_text() == _version()
    except OSError:
        return False


def fill(folder: Path, work: Callable[[], object]) -> None:
    """Have work compile into a folder, one process at a time, unless another has; and write down for what."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not filled(folder):
            empty(folder)
            work()
            (folder / FILLED).write_text(_version())


def empty(folder: Path) -> None:
    """Remove what an older version left.

    numba compiles a function anew when its own file changes, and not when that of a function inside it does.
    """
    (folder / FILLED).unlink(missing_ok=True)
    for package in COMPILED:
        for file in folder.glob(f"{package}_*/*.nb[ci]"):
            file.unlink(missing_ok=True)


def _version() -> str:
    """Whatever goes into the compiled code."""
    routing = Path(__file__).parent.parent / "routing"
    sources = [file for package in COMPILED for file in sorted((routing / package).glob("*.py"))]
    sources.append(routing / "problem.py")
    written = [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in sources]
    return f"Python {sys.version}, {platform.machine()}, numba {version('numba')}, {written}"


def _end_with_whoever_began_this() -> None:
    while os.read(0, 1):  # past Python's own buffer, which a thread must not hold when the process ends
        pass
    os._exit(1)


def _kernel() -> None:
    try:
        runpy.run_module("routing.kernel", run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            raise


def _main(folder: Path) -> None:
    """Compile at the lowest priority; ends at once when whoever began it is gone."""
    threading.Thread(target=_end_with_whoever_began_this, daemon=True).start()
    os.nice(19)
    try:
        fill(folder, _kernel)
    except OSError as fault:
        sys.exit(f"{type(fault).__name__}: {fault}")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
