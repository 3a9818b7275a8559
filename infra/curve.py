"""The curve of evenness against time, drawn as SVG: readable on a light page and on a dark one."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from routing.tuning import Choice, Point

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 72, 24, 56, 64
TICKS = 6

STYLE = """
    svg { --paper: #fff; --ink: #1c1c1c; --faint: #d9d9d9; --line: #3d6ea8; --best: #b3261e; --grey: #6b6b6b }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #16181b; --ink: #ececec; --faint: #3a3d42; --line: #8fb8ea; --best: #ff8a80; --grey: #a5a5a5 }
    }
    text { font: 13px system-ui, sans-serif; fill: var(--ink) }
    .title { font-size: 16px; font-weight: 600 } .small { font-size: 11px; fill: var(--grey) }
    .best { fill: var(--best); font-weight: 600 }
"""


def svg(points: Sequence[Point], choice: Choice, *, basis: str, title: str) -> str:
    """The points by p90 click-to-door (across, minutes) and Gini coefficient (up), the limit and the choice."""
    limit = choice.most_p90_min
    x = _Axis.over([*(p.ctd_p90_min for p in points), limit], LEFT, WIDTH - RIGHT, least=1.0)
    y = _Axis.over([p.gini for p in points], HEIGHT - BOTTOM, TOP, least=0.04)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title, quote=True)}">',
        f"  <style>{STYLE}  </style>",
        f'  <rect width="{WIDTH}" height="{HEIGHT}" fill="var(--paper)"/>',
        f'  <text class="title" x="{LEFT}" y="28">{escape(title)}</text>',
        *_grid(x, y, basis),
        *_limit(x, limit),
        *_curve(points, choice, x, y),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Axis:
    """Values to places on the picture, with round numbers at its ticks."""

    def __init__(self, low: float, high: float, step: float, begin: float, end: float) -> None:
        self.low, self.high, self.step, self.begin, self.end = low, high, step, begin, end

    @classmethod
    def over(cls, values: Sequence[float], begin: float, end: float, *, least: float) -> "_Axis":
        """An axis that holds all the values, and spans at least so much."""
        low, high = min(values), max(values)
        spare = max(0.08 * (high - low), (least - (high - low)) / 2, 0.0)
        step = _round((high - low + 2 * spare) / TICKS)
        low = max(0.0, math.floor((low - spare) / step) * step)
        return cls(low, math.ceil((high + spare) / step) * step, step, begin, end)

    def at(self, value: float) -> float:
        """Where a value is."""
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Each tick's place and its number."""
        digits = max(0, -math.floor(math.log10(self.step)))
        for number in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + number * self.step
            yield self.at(value), f"{value:.{digits}f}"


def _round(step: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... (or their tenths) from a step on."""
    ten = 10 ** math.floor(math.log10(step))
    return float(next(ten * by for by in (1, 2, 5, 10) if ten * by >= step * (1 - 1e-9)))


def _grid(x: _Axis, y: _Axis, basis: str) -> Iterator[str]:
    for at, number in x.ticks():
        yield f'  <line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{HEIGHT - BOTTOM}" stroke="var(--faint)"/>'
        yield f'  <text x="{at:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{number}</text>'
    for at, number in y.ticks():
        yield f'  <line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="var(--faint)"/>'
        yield f'  <text x="{LEFT - 10}" y="{at + 4:.1f}" text-anchor="end">{number}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield (
        f'  <text x="{middle:.0f}" y="{HEIGHT - 16}" text-anchor="middle">'
        "Click to door of nine orders in ten (p90), minutes</text>"
    )
    up = (TOP + HEIGHT - BOTTOM) / 2
    yield (
        f'  <text transform="translate(20 {up:.0f}) rotate(-90)" text-anchor="middle">'
        f"Gini of {escape(basis)} an hour (0 is even)</text>"
    )


def _limit(x: _Axis, limit: float) -> Iterator[str]:
    at = x.at(limit)
    yield (
        f'  <line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{HEIGHT - BOTTOM}" '
        'stroke="var(--grey)" stroke-width="1.5" stroke-dasharray="5 4"/>'
    )
    yield f'  <text class="small" x="{at - 5:.1f}" y="{TOP - 6}" text-anchor="end">not slower than this</text>'


def _curve(points: Sequence[Point], choice: Choice, x: _Axis, y: _Axis) -> Iterator[str]:
    """Each point with its weight, the chosen one marked; a line through those that none other beats."""
    places = {point.weight: (x.at(point.ctd_p90_min), y.at(point.gini)) for point in points}
    way = " ".join("{:.1f},{:.1f}".format(*places[point.weight]) for point in _unbeaten(points, choice))
    yield f'  <polyline points="{way}" fill="none" stroke="var(--line)" stroke-width="1.5" opacity="0.6"/>'
    written: list[tuple[float, float]] = []
    # The chosen one is written first, so that it is never the one left out where labels are crowded.
    for point in sorted(points, key=lambda point: point is not choice.point):
        across, up = places[point.weight]
        best, out = point is choice.point, _leaves_out(point, choice)
        colour, size = ("var(--best)", 7) if best else ("var(--line)", 4.5)
        fill = "var(--paper)" if out else colour
        yield f'  <circle cx="{across:.1f}" cy="{up:.1f}" r="{size}" fill="{fill}" stroke="{colour}"/>'
        if all(abs(across - a) > 44 or abs(up - b) > 14 for a, b in written):
            written.append((across, up))
            said = f"weight {point.weight:g}" if best else f"{point.weight:g}"
            side, anchor = (across - 11, "end") if across > WIDTH - 120 else (across + 11, "start")
            words = ' class="best"' if best else ""
            yield f'  <text{words} x="{side:.1f}" y="{up + 4:.1f}" text-anchor="{anchor}">{said}</text>'
    if any(_leaves_out(point, choice) for point in points):
        yield (
            f'  <text class="small" x="{LEFT + 8}" y="{HEIGHT - BOTTOM - 8}">'
            "hollow: leaves out orders that weight 0 brings</text>"
        )


def _leaves_out(point: Point, choice: Choice) -> bool:
    return point.undelivered_pct > choice.base.undelivered_pct + 1e-9


def _unbeaten(points: Sequence[Point], choice: Choice) -> list[Point]:
    """The points that leave nothing out and to which none is both quicker and evener, quickest first."""
    found: list[Point] = []
    for point in sorted(points, key=lambda point: (point.ctd_p90_min, point.gini)):
        if not _leaves_out(point, choice) and (not found or point.gini < found[-1].gini):
            found.append(point)
    return found
