"""Evenings as a picture: orders a rider-hour as bars, break-even as a line across each."""

from collections.abc import Sequence
from dataclasses import dataclass

from payments.evenings import Evening

WIDTH, HEIGHT, FOOT = 640, 150, 18


@dataclass(frozen=True, slots=True)
class Bar:
    """One evening, in the picture's own units; `line` is None where no number of orders would pay."""

    x: float
    y: float
    width: float
    height: float
    line: float | None
    label: str
    pays: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """The picture: its size, its bars, and what stands at the top of its scale."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    most: float


def trend(evenings: Sequence[Evening]) -> Trend | None:
    """The picture of evenings, oldest first; None where nobody was on shift in any of them."""
    shown = [each for each in evenings if each.orders_per_hour is not None]
    if not shown:
        return None
    rates = [float(each.orders_per_hour or 0) for each in shown]
    marks = [None if each.break_even is None else float(each.break_even) for each in shown]
    # An evening of refunds may need a hundred orders an hour: its line is drawn at the top, not off it.
    most = max([*rates, *(mark for mark in marks if mark is not None and mark < 3 * max(*rates, 1.0))]) or 1.0
    step, tall = WIDTH / max(len(shown), 7), HEIGHT - FOOT
    bars = [
        Bar(
            x=round(place * step + step * 0.15, 1),
            y=round(tall - tall * rate / most, 1),
            width=round(step * 0.7, 1),
            height=round(tall * rate / most, 1),
            line=None if mark is None else round(max(0.0, tall - tall * mark / most), 1),
            label=f"{each.on.day}/{each.on.month}",
            pays=mark is not None and rate >= mark,
        )
        for place, (each, rate, mark) in enumerate(zip(shown, rates, marks, strict=True))
    ]
    return Trend(WIDTH, HEIGHT, tuple(bars), most)
