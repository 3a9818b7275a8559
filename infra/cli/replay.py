"""`pannier replay`: a day of a public benchmark, through the API, the texts and the books."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.cli.root import err, out
from infra.compiled import Compiled
from infra.settings import Settings
from infra.simulation import mdrp, official, report, stage
from infra.simulation.client import Server
from infra.simulation.errors import DoesNotAddUp, SimulationFailed
from infra.simulation.mdrp import Day
from infra.simulation.official import Solution
from infra.simulation.outcome import Outcome, of_replay
from infra.simulation.replay import ADMINISTRATOR, ON, ORIGIN, SET_UP_AT, Replay
from payments.rulebook import parse

commands = typer.Typer()

PEERS = "mdrp_peers.csv"


@commands.command()
def replay(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="An mdrplib day.")
    ],
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    solutions: Annotated[
        Path | None, typer.Option("--solutions", help="Write the official solution files here.")
    ] = None,
    peers: Annotated[
        Path | None, typer.Option("--peers", help="Figures of other policies to show beside ours.")
    ] = None,
    budget_ms: Annotated[
        int | None, typer.Option("--budget-ms", min=1, help="Milliseconds to think for each plan.")
    ] = None,
) -> None:
    """Replay a meal delivery routing day: same API, jobs, texts and books, riders to the minute."""
    began = perf_counter()
    try:
        day = mdrp.load(folder)
    except (OSError, KeyError, ValueError, IndexError) as fault:
        err.print(
            f"{folder} is no mdrplib day ({type(fault).__name__}: {fault}): give a folder with orders.txt, "
            "restaurants.txt, couriers.txt and instance_parameters.txt.",
            style="red",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(1) from fault
    try:
        with ExitStack() as stack:
            said = Settings()
            stack.enter_context(Compiled.of(said))  # kept in the data folder, though the database is not
            settings = stack.enter_context(_scratch(said))
            written = solutions or settings.data / "solutions"
            outcome, breaches = _replay(settings, day, budget_ms, written, began)
            table = peers or next((p for p in _beside(folder) if p.is_file()), None)
            out.print(report.peers_table(outcome, day.name, mdrp.peers(table) if table else []))
            _say_checked(breaches, solutions)
            if json is not None:
                report.write(outcome, json)
            if outcome.sums.findings or breaches:
                raise DoesNotAddUp([*outcome.sums.findings, *breaches])
    except SimulationFailed as fault:
        err.print(str(fault), style="red", markup=False)
        raise typer.Exit(1) from fault


def _replay(
    settings: Settings, day: Day, budget_ms: int | None, solutions: Path, began: float
) -> tuple[Outcome, list[str]]:
    text = rules(day, budget_ms)
    with ExitStack() as stack:
        staged = stack.enter_context(
            stage.stage(
                settings,
                rulebook=text,
                effective_on=ON.replace(day=1),
                start=SET_UP_AT,
                administrator=ADMINISTRATOR,
            )
        )
        server = stack.enter_context(Server(staged.url))
        played = _play(server, day)

        def handed_in(solution: Solution) -> Solution:
            official.write(solution, solutions)
            return official.read(solutions)

        outcome, solution = of_replay(played, parse(text), began, handed_in=handed_in)
    return outcome, official.check(day, solution)


def rules(day: Day, budget_ms: int | None = None) -> str:
    """The replay's rulebook with this day's own figures."""
    text = stage.with_rules(
        stage.example("replay.toml"),
        origin=f"[{ORIGIN[0]}, {ORIGIN[1]}]",
        metres_per_minute=f"{day.metres_per_minute:g}",
        promise_min=day.target_min,
    )
    return stage.with_rules(text, solve_budget_ms=budget_ms) if budget_ms else text


def _play(server: Server, day: Day) -> Replay:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("delivered"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task(day.name, total=len(day.orders))
        played: Replay | None = None

        def each_step() -> None:
            if played is not None:
                progress.update(
                    task,
                    completed=played.delivered,
                    description=f"{day.name} {played.world.now:%H:%M}",
                )

        played = Replay(server, day, each_step=_now_and_then(each_step))
        played.set_up()
        played.play()
    return played


def _now_and_then(act: Callable[[], None], every_s: float = 0.25) -> Callable[[], None]:
    last = [0.0]

    def maybe() -> None:
        if perf_counter() - last[0] >= every_s:
            last[0] = perf_counter()
            act()

    return maybe


@contextmanager
def _scratch(settings: Settings) -> Iterator[Settings]:
    """A database that is thrown away afterwards, unless one was named."""
    if settings.database_url:
        yield settings
        return
    folder = Path(tempfile.mkdtemp(prefix="pannier-replay-"))
    try:
        yield settings.model_copy(
            update={"data": folder, "database_url": f"sqlite:///{folder / 'replay.db'}", "secret_key": None}
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _beside(folder: Path) -> tuple[Path, ...]:
    whole = folder.resolve()
    return whole / PEERS, whole.parent / PEERS, whole.parent.parent / PEERS


def _say_checked(breaches: list[str], solutions: Path | None) -> None:
    where = f" ({solutions})" if solutions else ""
    if breaches:
        out.print(f"The solution files{where} break the official rules:", style="red", markup=False)
        report.say(out, breaches[:20])
    else:
        out.print(f"Solution files{where} checked by the official rules: no breach.", markup=False)
