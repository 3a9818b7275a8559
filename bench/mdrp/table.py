"""The bench's rows beside the peers', as a Markdown table of means over the same instances."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.mdrp.ridden import Row

COLUMNS = (
    ("ctd_mean_min", "CtD", 2),
    ("ctd_p90_min", "p90", 1),
    ("overage_mean_min", "overage", 2),
    ("ready_to_pickup_mean_min", "RtP", 2),
    ("undelivered_pct", "undelivered %", 3),
    ("cost_per_order", "cost/order", 2),
    ("gini_pay_per_h", "Gini", 3),
    ("p10_pay_per_h", "p10 pay/h", 2),
    ("zero_order_couriers", "no order", 4),
    ("epoch_ms_mean", "epoch ms", 1),
    ("epoch_ms_max", "max ms", 0),
)
PUBLISHED = ("exact_ctd_published", "reyes_ctd_published")


def peers(path: Path) -> list[Row]:
    """The rows of a table of other policies, numbers as numbers, nothing as None."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [{key: _value(key, said) for key, said in row.items()} for row in csv.DictReader(lines)]


def published(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """The rows with the published columns filled in as far as they are known."""
    known = {other["instance"]: {name: other[name] for name in PUBLISHED} for other in others}
    return [row | known.get(row["instance"], {}) for row in rows]


def markdown(rows: Sequence[Row], others: Sequence[Row] = ()) -> str:
    """Means by policy over these instances; the last column is mean click-to-door over the exact one."""
    ridden = {row["instance"] for row in rows}
    exact = {row["instance"]: row["exact_ctd_published"] for row in rows if row["exact_ctd_published"]}
    heads = ["policy", "instances", *(title for _, title, _ in COLUMNS), "CtD / exact"]
    lines = [_line(heads), _line(["---", *["---:"] * (len(heads) - 1)])]
    groups: dict[str, list[Row]] = {}
    for row in (*rows, *(other for other in others if other["instance"] in ridden)):
        groups.setdefault(str(row["policy"]), []).append(row)
    for policy, of in groups.items():
        cells = [policy, str(len(of))]
        cells += [_mean((row.get(key) for row in of), digits) for key, _, digits in COLUMNS]
        ratios = [_ratio(row, exact[row["instance"]]) for row in of if row["instance"] in exact]
        lines.append(_line([*cells, _mean(ratios, 4) + (f" ({len(ratios)})" if ratios else "")]))
    return "\n".join(lines)


def _value(key: str, said: str) -> float | str | None:
    if key in ("instance", "policy"):
        return said
    return float(said) if said else None


def _ratio(row: Row, exact: float | str | None) -> float:
    return float(row["ctd_mean_min"] or 0) / float(exact or 1)


def _mean(values: Iterable[float | str | None], digits: int) -> str:
    known = [float(value) for value in values if value is not None]
    return f"{sum(known) / len(known):.{digits}f}" if known else ""


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
