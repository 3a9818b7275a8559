"""What evenness costs, and what it brings: benchmark days ridden with ever more weight on even pay.

    python -m bench.fairness DIR... [--lambdas 0,0.5,1,2,3,5,10,30] [--no-idle-moves] [--workers 2]
                                    [--json OUT] [--svg OUT.svg] [--peers mdrp_peers.csv]

Lambda is in minutes of click-to-door per (order/h above the fleet's rate) of the courier an order is given to.
`Weights.fairness` is 60 lambda: its cost, weight x ((had + new)^2 - had^2) / (2 hours), makes one order dearer by
weight seconds for every order/h the courier has had, and the fleet's rate, the same for all, chooses nobody.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.mdrp.command import folders, ride_all, setting, settings
from bench.mdrp.ridden import Row, Setting
from bench.mdrp.table import peers

LAMBDAS = "0,0.5,1,2,3,5,10,30"
MEANS = (
    ("gini_pay_per_h", "Gini", 3),
    ("ctd_mean_min", "CtD", 2),
    ("p10_pay_per_h", "p10 pay/h", 2),
    ("zero_order_couriers", "no order", 4),
    ("cost_per_order", "cost/order", 2),
    ("ready_to_pickup_mean_min", "RtP", 2),
    ("overage_mean_min", "overage", 2),
    ("undelivered_pct", "undelivered %", 3),
)


@dataclass(frozen=True, slots=True)
class Point:
    """The means over all days with one name: a lambda, or a peer's policy."""

    name: str
    figures: dict[str, float]


def mean(name: str, rows: Sequence[Row]) -> Point:
    """The means of these rows."""
    keys = [key for key, _, _ in MEANS]
    return Point(name, {key: sum(float(row[key] or 0) for row in rows) / len(rows) for key in keys})


def markdown(points: Sequence[Point], others: Sequence[Point]) -> str:
    """The curve as a table; CtD also in per cent of the first point's."""
    base = points[0].figures["ctd_mean_min"]
    heads = ["lambda", *(title for _, title, _ in MEANS), "CtD change %"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for point in (*points, *others):
        cells = [point.name, *(f"{point.figures[key]:.{digits}f}" for key, _, digits in MEANS)]
        cells.append(f"{100 * (point.figures['ctd_mean_min'] / base - 1):+.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def picture(points: Sequence[Point], others: Sequence[Point]) -> str:
    """The trade-off as an SVG: Gini to the right, click-to-door upwards, a dot for every lambda."""
    wide, high, edge = 720, 460, 70
    known = [(p.figures["gini_pay_per_h"], p.figures["ctd_mean_min"]) for p in (*points, *others)]
    left, right = 0.0, max(x for x, _ in known) * 1.1 or 1.0
    low, top = min(y for _, y in known) - 0.5, max(y for _, y in known) + 0.5

    def spot(x: float, y: float) -> tuple[float, float]:
        across = edge + (x - left) / (right - left) * (wide - 2 * edge)
        return round(across, 1), round(high - edge - (y - low) / (top - low) * (high - 2 * edge), 1)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif"'
        ' font-size="13" role="img" aria-label="Evenness of pay against click-to-door time">',
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        f'<path d="M{edge} {edge}V{high - edge}H{wide - edge}" fill="none" stroke="#444"/>',
        f'<text x="{wide / 2}" y="{high - 20}" text-anchor="middle">Gini of pay per hour (0: all alike)</text>',
        f'<text x="20" y="{high / 2}" text-anchor="middle" transform="rotate(-90 20 {high / 2})">'
        "click-to-door, minutes</text>",
    ]
    for i in range(6):
        x, y = left + (right - left) * i / 5, low + (top - low) * i / 5
        out.append(f'<text x="{spot(x, low)[0]}" y="{high - edge + 18}" text-anchor="middle">{x:.2f}</text>')
        out.append(f'<text x="{edge - 8}" y="{spot(left, y)[1] + 4}" text-anchor="end">{y:.1f}</text>')
    line = " ".join(f"{x},{y}" for x, y in (spot(*pair) for pair in known[: len(points)]))
    out.append(f'<polyline points="{line}" fill="none" stroke="#0a6" stroke-width="2"/>')
    for i, (point, pair) in enumerate(zip((*points, *others), known, strict=True)):
        x, y = spot(*pair)
        ours = i < len(points)
        said = f"lambda {point.name}" if ours else point.name
        out.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{"#0a6" if ours else "#b40"}"/>')
        out.append(f'<text x="{x + 7}" y="{y - 6 + 14 * (i % 2)}" fill="#222">{said}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def curve(
    days: Sequence[Path], base: Setting, lambdas: Sequence[float], workers: int
) -> tuple[list[Point], list[Row]]:
    """Every day ridden with every lambda: the means, and the rows with their lambda."""
    jobs = [(day, replace(base, fairness=weight)) for weight in lambdas for day in days]
    rows = ride_all(jobs, workers=workers)
    told = [row | {"lambda": job[1].fairness} for row, job in zip(rows, jobs, strict=True)]
    return [mean(f"{w:g}", [row for row in told if row["lambda"] == w]) for w in lambdas], told


def main(argv: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.fairness",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", metavar="DIR")
    parser.add_argument("--lambdas", default=LAMBDAS, help="minutes, with commas between")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--json", type=Path, help="where to write the curve and its rows")
    parser.add_argument("--svg", type=Path, help="where to draw it")
    parser.add_argument("--peers", type=Path, help="a table of other policies on the same instances")
    settings(parser)
    asked = parser.parse_args(argv)
    days = folders(asked.folders)
    lambdas = [float(word) for word in asked.lambdas.split(",")]
    points, rows = curve(days, setting(asked), lambdas, asked.workers)
    ridden = {row["instance"] for row in rows}
    said = [row for row in peers(asked.peers) if row["instance"] in ridden] if asked.peers else []
    names = dict.fromkeys(str(row["policy"]) for row in said)
    others = [mean(name, [row for row in said if row["policy"] == name]) for name in names]
    sys.stdout.write(markdown(points, others) + "\n")
    if asked.json is not None:
        told = [{"lambda": weight} | point.figures for weight, point in zip(lambdas, points, strict=True)]
        asked.json.write_text(json.dumps({"curve": told, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    if asked.svg is not None:
        asked.svg.write_text(picture(points, others), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
