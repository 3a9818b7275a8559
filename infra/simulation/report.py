"""What a simulation says at its end: one table for people, one set of keys for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.simulation.outcome import Outcome
from infra.simulation.riders import Rider

PEER_COLUMNS = (
    "undelivered_pct",
    "ctd_mean_min",
    "ctd_p90_min",
    "overage_mean_min",
    "ready_to_pickup_mean_min",
    "cost_per_order",
    "gini_pay_per_h",
    "zero_order_couriers",
    "p10_pay_per_h",
)
EXACT_COLUMN = "exact_ctd_published"


def keys(outcome: Outcome) -> dict[str, Any]:
    """The figures under the names both simulations use."""
    shown: dict[str, Any] = {
        name: round(value, 4) for name, value in asdict(outcome.figures).items() if name != "on_time_pct"
    }
    return (
        shown
        | {
            "texts_sent": outcome.texts_sent,
            "segments": outcome.texts.segments,
            "money_in_minor": outcome.sums.in_minor,
            "money_out_minor": outcome.sums.out_minor,
            "wall_s": round(outcome.wall_s, 2),
        }
        | _treasury(outcome)
        | ({} if outcome.texts.cost_minor is None else {"texts_cost_minor": outcome.texts.cost_minor})
        | (asdict(outcome.chaos) if outcome.chaos is not None else {})
    )


def _treasury(outcome: Outcome) -> dict[str, float]:
    paid = outcome.treasury
    if paid is None:
        return {}
    return {
        "pay_run_minor": paid.pay_run_minor,
        "settlements_minor": paid.settlements_minor,
        "findings": len(paid.findings),
    }


def write(outcome: Outcome, path: Path) -> None:
    """The figures as a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(keys(outcome), indent=1) + "\n")


def evening_table(outcome: Outcome, riders: Sequence[Rider], *, late: int) -> Table:
    """The demo's table."""
    figures, sums = outcome.figures, outcome.sums
    jobs = [task for rider in riders for task in rider.past if task.delivered]
    batches = [task for task in jobs if len(task.delivered) > 1]
    hours = sum(rider.minutes_on for rider in riders) / 60
    rates = sorted(_an_hour(len(rider.brought), rider) for rider in riders)
    effort = sorted(_an_hour(rider.riding_min, rider) for rider in riders)
    table = Table(title="The evening", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    rows: dict[str, str] = {
        "Orders": f"{figures.orders + figures.cancelled} placed, {figures.cancelled} cancelled, "
        f"{figures.refunded} refunded in part",
        "Delivered": f"{figures.delivered} of {figures.orders}, "
        f"{figures.on_time_pct:.0f} % by the promised time ({late} late)",
        "Click to door": f"{figures.ctd_mean_min:.1f} min on average, {figures.ctd_p90_min:.1f} min at p90",
        "Food waited": f"{figures.ready_to_pickup_mean_min:.1f} min on average from ready to picked up",
        "Jobs": f"{len(jobs)}, of which {len(batches)} batches of two or three orders",
        "Ridden": f"{sum(rider.metres for rider in riders) / 1000:.1f} km by {len(riders)} riders",
        "Pay": f"{pounds(round(sums.wages_minor / hours))} an hour in wages, "
        f"{pounds(round(sums.tips_minor / hours))} in tips, "
        f"{pounds(round(sums.holiday_minor / hours))} set aside for holiday ({hours:.1f} h on shift)",
        "Orders an hour": f"{rates[0]:.1f} to {rates[-1]:.1f} a rider, Gini {figures.gini_orders_per_h:.3f}",
        "Effort an hour": f"{effort[0]:.0f} to {effort[-1]:.0f} min of riding, Gini {figures.gini_effort_per_h:.3f}",
        "Texts": _texts(outcome),
        "Money in": f"{pounds(sums.in_minor)} from cards and restaurants' accounts, less refunds",
        "Money out": f"{pounds(sums.out_minor)} to restaurants, riders, cards and the co-op"
        + ("" if sums.in_minor != sums.out_minor else ": equal to the penny"),
        "Time": f"{outcome.wall_s:.1f} s for the whole evening",
    }
    for name, said in (rows | _monday(outcome)).items():
        table.add_row(name, said)
    return table


def _texts(outcome: Outcome) -> str:
    texts = outcome.texts
    cost = "" if texts.cost_minor is None else f", {pounds(texts.cost_minor)} at the pretend carrier's price"
    return f"{outcome.texts_sent} landed, {texts.segments} segments left{cost}"


def _monday(outcome: Outcome) -> dict[str, str]:
    paid = outcome.treasury
    if paid is None:
        return {}
    found = f"{len(paid.findings)} findings" if paid.findings else "checked, nothing found"
    return {
        "Pay run": f"{pounds(paid.pay_run_minor)} paid to riders on Monday (made-up income tax of a tenth kept back)",
        "Settlements": f"{pounds(paid.settlements_minor)} paid to restaurants, less what they paid in",
        "VAT": f"{pounds(paid.vat_minor)} owed",
        "Tax and VAT": f"{pounds(paid.paid_on_minor)} paid on",
        "Books": found,
    }


def riders_table(riders: Sequence[Rider]) -> Table:
    """One line a rider."""
    table = Table(title="Riders", title_justify="left")
    for heading in ("rider", "on shift", "orders", "an hour", "riding min/h", "km"):
        table.add_column(heading, justify="left" if heading == "rider" else "right")
    for rider in riders:
        count = len(rider.brought)
        table.add_row(
            rider.name,
            f"{rider.minutes_on // 60} h {rider.minutes_on % 60:02d}",
            str(count),
            f"{_an_hour(count, rider):.1f}",
            f"{_an_hour(rider.riding_min, rider):.0f}",
            f"{rider.metres / 1000:.1f}",
        )
    return table


def peers_table(outcome: Outcome, instance: str, peers: Sequence[Mapping[str, str]]) -> Table:
    """The replay's metrics beside those of published policies on the same day."""
    own = keys(outcome)
    table = Table(title=f"Replay of {instance}", title_justify="left")
    table.add_column("")
    table.add_column("Pannier", justify="right", style="bold")
    rows = [row for row in peers if row["instance"] == instance]
    for row in rows:
        table.add_column(row["policy"].replace("_", " "), justify="right")
    for name in ("orders", "delivered", *PEER_COLUMNS, "gini_orders_per_h", "gini_effort_per_h"):
        table.add_row(name, _number(own[name]), *(_number(row.get(name, "")) for row in rows))
    exact = next((row[EXACT_COLUMN] for row in rows if row.get(EXACT_COLUMN)), "")
    if exact:
        table.add_row("clairvoyant exact click-to-door", _number(exact), *("" for _ in rows), style="dim")
    for name in ("texts_sent", "money_in_minor", "money_out_minor", "wall_s"):
        table.add_row(name, _number(own[name]), *("" for _ in rows), style="dim")
    return table


def say(console: Console, findings: Sequence[str]) -> None:
    """Everything that does not add up, in red."""
    for finding in findings:
        console.print(f"- {finding}", style="red", markup=False)


def pounds(minor: int) -> str:
    """Minor units as people write them."""
    return f"{'-' if minor < 0 else ''}£{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def _an_hour(amount: float, rider: Rider) -> float:
    return 60 * amount / rider.minutes_on if rider.minutes_on else 0.0


def _number(value: Any) -> str:
    if value in ("", None):
        return ""
    number = float(value)
    return f"{number:g}" if number == int(number) else f"{number:.3f}".rstrip("0")
