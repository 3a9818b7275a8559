"""`pannier demo`: a whole Friday evening in simulated time, then its pages."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter, sleep
from typing import Annotated

import typer
from rich.console import Console

from infra import happened, rest
from infra.cli.root import err, out
from infra.compiled import Compiled
from infra.program import Program
from infra.settings import Settings
from infra.simulation import evening, live, report, stage
from infra.simulation.chaos import BadNight
from infra.simulation.client import Server
from infra.simulation.errors import DoesNotAddUp, SimulationFailed
from infra.simulation.evening import Evening
from infra.simulation.outcome import Chaos, Outcome, of_evening
from payments import checks
from payments.rulebook import Rulebook, parse

commands = typer.Typer()

# A plan is asked for about a thousand times in an evening that must be over in half a minute.
SOLVE_BUDGET_MS = 15
SHARES = 50


@commands.command()
def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after the table.")] = False,
    fast: Annotated[
        bool, typer.Option("--fast", help="The same evening without picture and pacing.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another number, another evening.")] = 1,
    orders: Annotated[int, typer.Option(min=8, max=400, help="How many orders.")] = 120,
    hours: Annotated[float, typer.Option(min=0.25, max=4.0, help="Over how many hours.")] = 4.0,
    chaos: Annotated[
        float,
        typer.Option(
            min=0,
            max=0.5,
            help="A bad night: at this rate texts are late, lost, doubled and garbled, and riders pass, fall silent "
            "and go home.",
        ),
    ] = 0.0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Play a Friday evening in Finsbury Park: restaurants, riders, texts and books, then serve its pages."""
    began = perf_counter()
    said = Settings()
    settings = stage.fresh(said, "demo")
    text = stage.with_rules(stage.example("finsbury-park.toml"), solve_budget_ms=SOLVE_BUDGET_MS)
    rulebook = parse(text)
    try:
        with ExitStack() as stack:
            compiled = stack.enter_context(Compiled.of(said))
            staged = stack.enter_context(
                stage.stage(
                    settings,
                    rulebook=text,
                    effective_on=evening.DAY.replace(day=1),
                    start=evening.OPENS,
                    administrator=evening.ADMINISTRATOR,
                    port=said.port,
                )
            )
            staged.program.compiled = compiled
            server = stack.enter_context(Server(staged.url))
            night = partial(BadNight, rate=chaos) if chaos else Evening
            played = _play(server, rulebook, out, night, seed=seed, orders=orders, hours=hours, fast=fast)
            stage.seed_shares(staged.program, [(person_id, SHARES) for person_id in played.member_ids()])
            outcome = of_evening(played, rulebook, began)
            outcome = _of_night(outcome, played, staged.program)
            if json is not None:
                report.write(outcome, json)
            late = round(outcome.figures.delivered * (1 - outcome.figures.on_time_pct / 100))
            out.print(report.riders_table(played.riders))
            out.print(report.evening_table(outcome, played.riders, late=late))
            if outcome.sums.findings:
                raise DoesNotAddUp(list(outcome.sums.findings))
            if not no_serve:
                _serve(played, staged.url)
    except SimulationFailed as fault:
        err.print(str(fault), style="red", markup=False)
        raise typer.Exit(1) from fault


def _play(
    server: Server,
    rulebook: Rulebook,
    console: Console,
    night: Callable[..., Evening],
    *,
    seed: int,
    orders: int,
    hours: float,
    fast: bool,
) -> Evening:
    if fast:
        played = night(server, rulebook, seed=seed, orders=orders, hours=hours)
        played.set_up()
        played.play()
        return played
    with live.Scene(console) as scene:
        played = night(server, rulebook, seed=seed, orders=orders, hours=hours, each_step=scene.each_step)
        played.set_up()
        scene.show(played)
        played.play()
    return played


def _of_night(outcome: Outcome, played: Evening, program: Program) -> Outcome:
    """The outcome with each rule of rest broken and fault of ours; a bad night's with the books' audit and figures."""
    with program.database.reading() as session:
        breaches = rest.broken(session)
        amiss = (*(f"rest, {each.rule}: {each.words}" for each in breaches), *happened.faults(session))
        if not isinstance(played, BadNight):
            return replace(outcome, sums=replace(outcome.sums, findings=(*outcome.sums.findings, *amiss)))
        found = tuple(f"{each.rule}: {each.message}" for each in checks.findings(session))
        night = Chaos(
            in_persons_hands=len(played.in_hands),
            doubled=played.doubled,
            rest_violations=len(breaches),
            rest_held_back=rest.held_back(session),
            happened=happened.counted(session),
        )
    out.print(
        f"A bad night, seed {played.seed}: {night.in_persons_hands} orders settled by a person, {night.doubled} "
        f"brought twice, {night.rest_violations} rules of rest broken ({night.rest_held_back} times one kept a job "
        f"from a rider); the desk rang {played.rings} times.",
        soft_wrap=True,
    )
    out.print(", ".join(f"{name} {count}" for name, count in night.happened.items()), soft_wrap=True)
    sums = replace(outcome.sums, findings=(*outcome.sums.findings, *found, *amiss))
    return replace(outcome, sums=sums, chaos=night)


def _serve(played: Evening, url: str) -> None:
    """Serve the pages until Ctrl-C; the demo's clock now runs as a clock on the wall does."""
    out.print(f"\nPages at {url}, the riders' phones at {url}/sandbox/phones", markup=False)
    out.print("Sign in with one of these (each good once, for 15 minutes; ask for more on the sign-in page):")
    for who, phone in (
        ("administrator", evening.ADMINISTRATOR[1]),
        ("treasurer and member", evening.TREASURER[1]),
        ("restaurant", evening.AT_THE_PASS[1]),
        (f"rider {played.riders[0].name}", played.riders[0].phone),
    ):
        out.print(f"  {who:22} {played.world.link_for(phone)}", markup=False, soft_wrap=True)
    out.print("The clock of the demo runs on; its phones are yours now. Ctrl-C to stop.")
    played.world.hang_up()
    try:
        while True:
            sleep(1)
            played.world.tick(1)
    except KeyboardInterrupt:
        out.print("Stopped.")
