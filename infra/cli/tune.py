"""`pannier tune`: what fairness would cost, from the co-op's own past evenings."""

import json as jsons
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dispatch import evenings, planning
from infra import curve
from infra.cli.root import err, opened, out, say
from infra.compiled import Compiled
from infra.errors import InfraError
from infra.program import Program
from payments import books
from payments.rulebook import Rulebook
from routing import tuning
from routing.problem import Basis, Rules
from routing.rolling import Policy
from routing.tuning import Choice, Evening, Point

commands = typer.Typer()

LEAST_ORDERS = 20  # an evening with fewer says little about nine orders in ten
LEAST_RIDERS = 2
# A plan made again and again at leisure: enough to be a good one, not so much that an evening takes minutes.
ITERATIONS, PER_ORDER = 150, 15
RIDES = 4  # evenings at least for each weight, the same ones more than once if need be
WORDS: dict[str, str] = {
    "orders": "orders",
    "pay": "pay",
    "distance": "kilometres",
    "effort": "hours of work",
    "waiting": "time without work",
    "desirable": "desirable jobs",
}


@commands.command()
def tune(
    most: Annotated[
        int, typer.Option("--evenings", min=1, max=60, help="How many of the latest evenings to ride again.")
    ] = 3,
    may_cost: Annotated[
        float | None,
        typer.Option(
            "--may-cost-p90-min",
            min=0,
            help="Minutes by which nine orders in ten may be slower; else fairness_may_cost_p90_min.",
        ),
    ] = None,
    basis: Annotated[
        str | None,
        typer.Option(help=f"What is to be even: {', '.join(get_args(Basis))}; else the rulebook's."),
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Draw the curve into this file.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Ride past evenings again at several weights of fairness, and say which the members might choose."""
    with ExitStack() as stack:
        program = stack.enter_context(opened())
        rulebook, ridden = _read(program, most, basis)
        compiled = stack.enter_context(Compiled.of(program.settings))
        with out.status("Loading the solver (compiling it the first time takes about a minute) ..."):
            if not compiled.wait():
                err.print(f"Without the compiled solver ({compiled.fault}) this takes long.", style="yellow")
        rules = rulebook.dispatch
        limit = rules.fairness_may_cost_p90_min if may_cost is None else may_cost
        points, choice = _search(ridden, rulebook, limit)
        _show(points, choice, rulebook, ridden)
        if svg is not None:
            title = f"{rulebook.co_op.name}: what evenness costs ({_span(ridden)})"
            drawn = curve.svg(points, choice, basis=WORDS[rules.fairness_basis], title=title)
            svg.write_text(drawn, encoding="utf-8")
            say(f"Drawn into {svg}")
        if json is not None:
            json.write_text(jsons.dumps(_told(points, choice, rulebook, ridden), indent=2) + "\n")


def _read(program: Program, most: int, basis: str | None) -> tuple[Rulebook, list[Evening]]:
    """The rules in force, and the latest evenings that say something; InfraError where there are none."""
    with program.database.reading() as session:
        now = program.clock.now()
        rulebook = _evening_out(books.in_force(session, at=now)[1], basis)
        held = evenings.held(session, rulebook, now=now)
        if not held:
            raise InfraError("There are no past evenings yet: come back after the first one is over.")
        enough = [on for on, orders in held.items() if orders >= LEAST_ORDERS]
        if not enough:
            raise InfraError(
                f"No evening of the last three months had {LEAST_ORDERS} orders (the fullest had "
                f"{max(held.values())}): too few to tell what fairness would cost."
            )
        read = [evenings.evening(session, rulebook, on) for on in enough[-most:]]
    ridden = [evening for evening in read if len(set(evening.who.values())) >= LEAST_RIDERS]
    if not ridden:
        raise InfraError("On none of these evenings were two riders out: there is nothing to even.")
    return rulebook, ridden


def _evening_out(rulebook: Rulebook, basis: str | None) -> Rulebook:
    """The rulebook with another basis, where one is asked for."""
    if basis is None:
        return rulebook
    if basis not in get_args(Basis):
        raise InfraError(f"{basis!r} is nothing to be even: choose one of {', '.join(get_args(Basis))}.")
    return rulebook.model_copy(
        update={"dispatch": rulebook.dispatch.model_copy(update={"fairness_basis": basis})}
    )


def _search(ridden: Sequence[Evening], rulebook: Rulebook, limit: float) -> tuple[tuple[Point, ...], Choice]:
    rules: Rules = planning.rules(rulebook)
    d = rulebook.dispatch
    policy = Policy(
        epoch_s=max(60, d.tick_s),
        iterations=ITERATIONS,
        per_order=PER_ORDER,
        offer_lead_s=d.offer_lead_s,
        waiting=None,  # what idle riders do is theirs to decide
        prior_h=d.fairness_newcomer_h,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("Riding", total=float(tuning.MOST_RIDES))
        done = 0

        def ride(weight: float) -> Point:
            nonlocal done
            progress.update(task, description=f"Riding at weight {weight:g}")
            point = tuning.ride(
                ridden,
                rules,
                weight,
                policy,
                times=-(-RIDES // len(ridden)),
                progress=lambda part: progress.update(task, completed=done + part),
            )
            done += 1
            return point

        return tuning.search(ride, limit, now=d.fairness_weight)


def _show(points: Sequence[Point], choice: Choice, rulebook: Rulebook, ridden: Sequence[Evening]) -> None:
    d = rulebook.dispatch
    orders = sum(len(evening.day.orders) for evening in ridden)
    table = Table(
        title=f"{_span(ridden)}, {orders} orders, even by {d.fairness_basis}: ridden again at each weight",
        caption="p90, mean, late: minutes. Gini and p10 are of "
        f"{WORDS[d.fairness_basis]} an hour on shift, without: riders of an evening without an order.",
    )
    for heading in ("weight", "p90", "mean", "late", "undelivered", "Gini", "p10", "without"):
        table.add_column(heading, justify="right", no_wrap=True)
    for point in points:
        marks = "*" if point is choice.point else ""
        marks += " now" if point.weight == d.fairness_weight else ""
        table.add_row(
            f"{point.weight:g}{marks}",
            f"{point.ctd_p90_min:.1f}",
            f"{point.ctd_mean_min:.1f}",
            f"{point.late_mean_min:.1f}",
            f"{point.undelivered_pct:.1f} %",
            f"{point.gini:.3f}",
            f"{point.p10:.2f}",
            f"{100 * point.zero_order_share:.0f} %",
            style="bold" if point is choice.point else None,
        )
    out.print(table)
    say(advice(choice, rulebook))


def advice(choice: Choice, rulebook: Rulebook) -> str:
    """What the figures say, and what the members would write if they agree."""
    d, point, base = rulebook.dispatch, choice.point, choice.base
    may = choice.most_p90_min - base.ctd_p90_min
    if choice.why == "too_dear":
        words = f"Every weight that is evener costs more than {may:g} minutes at p90, or leaves orders out."
    elif choice.why == "even_already":
        words = "No weight makes these evenings evener than none does."
    else:
        costs = point.ctd_p90_min - base.ctd_p90_min
        words = (
            f"The evenest within {may:g} minutes at p90 (marked *): the Gini goes from {base.gini:.3f} to "
            f"{point.gini:.3f}, nine orders in ten are {abs(costs):.1f} minutes "
            f"{'slower' if costs >= 0 else 'quicker'}."
        )
    if math.isclose(point.weight, d.fairness_weight):
        return f"{words}\nThe rulebook says so already: fairness_weight = {point.weight:g}"
    return (
        f"{words}\nIf the members agree, the rulebook's [dispatch] says:\n\n"
        f'    fairness_basis = "{d.fairness_basis}"\n    fairness_weight = {point.weight:g}\n\n'
        f"Nothing has been changed (it is {d.fairness_weight:g} now): pannier rulebook adopt FILE does that."
    )


def _span(ridden: Sequence[Evening]) -> str:
    first, last = (date.fromisoformat(ridden[at].name) for at in (0, -1))
    if first == last:
        return f"{first:%a %d %b %Y}"
    return f"{len(ridden)} evenings, {first:%d %b} to {last:%d %b %Y}"


def _told(
    points: Sequence[Point], choice: Choice, rulebook: Rulebook, ridden: Sequence[Evening]
) -> dict[str, Any]:
    return {
        "evenings": [evening.name for evening in ridden],
        "orders": sum(len(evening.day.orders) for evening in ridden),
        "fairness_basis": rulebook.dispatch.fairness_basis,
        "fairness_weight_now": rulebook.dispatch.fairness_weight,
        "most_p90_min": choice.most_p90_min,
        "chosen": choice.point.weight,
        "why": choice.why,
        "points": [asdict(point) for point in points],
    }
