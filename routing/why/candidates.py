"""Who else could have had each request, and with which stops: what a search hands over to be explained."""

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from routing.plan import Costs
from routing.plan.numbers import INF, Sequence
from routing.plan.tours import Tour, Tours

OTHERS = 3


@dataclass(frozen=True, slots=True)
class Rival:
    """Courier c of the problem with `sequence`, his stops with the request; `cost` is what that adds, where it is
    counted already.
    """

    c: int
    sequence: Sequence
    cost: Costs | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """For one request: its courier's stops `without` it (empty when it is left out), and the best other couriers.

    `looked` is False where time ended before others were looked for.
    """

    without: Sequence = ()
    rivals: tuple[Rival, ...] = ()
    looked: bool = True


class Figures(Protocol):
    """What compiled code has counted of the first `known` requests: `others` [n, k] the best other couriers (-1 past
    the end), `theirs` [n, k, 6] what the request adds there in parts of the cost, `places` [n, k, 2] where.
    """

    @property
    def known(self) -> int:
        """How many."""

    @property
    def others(self) -> npt.NDArray[np.int64]:
        """Couriers."""

    @property
    def theirs(self) -> npt.NDArray[np.float64]:
        """Costs."""

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """Of the pick-up and of the drop among the stops with the request."""


def from_tours(tours: Tours, state: list[Tour], *, until: float = INF) -> list[Candidates]:
    """The candidates of every request, from remembered tours; `state` holds each courier's.

    A rival is the cheapest place in another courier's tour, everything else left where it is; ties go by the
    order of couriers. Past the instant `until` (of time.perf_counter) nobody else is looked for.
    """
    owner = {r: tour for tour in state for r in tour.sequence if r >= 0}
    out = []
    for r in range(len(tours.ranked)):
        mine = owner.get(r)
        without: Sequence = ()
        if mine is not None:
            tour = tours.cut(mine, r)
            without = parted(mine.sequence, r) if tour is None else tour.sequence
        looked = time.perf_counter() < until
        offers = tours.offers(state, r, OTHERS + 1, INF) if looked else []
        best = sorted((o for o in offers if mine is None or o[1] != mine.c), key=lambda offer: offer[:2])
        rivals = tuple(Rival(c, tour.sequence) for _, c, tour in best[:OTHERS])
        out.append(Candidates(without, rivals, looked))
    return out


def from_figures(sequences: list[Sequence], owner: list[int], figures: Figures) -> list[Candidates]:
    """The candidates of every request, from what compiled code has counted; `owner` is -1 for none."""
    out = []
    rows = zip(owner, figures.others.tolist(), figures.places.tolist(), figures.theirs.tolist(), strict=True)
    for r, (c, others, places, costs) in enumerate(rows):
        rivals = tuple(
            Rival(other, inserted(sequences[other], r, *place), Costs(*parts))
            for other, place, parts in zip(others, places, costs, strict=True)
            if other >= 0
        )
        without = parted(sequences[c], r) if c >= 0 else ()
        out.append(Candidates(without, rivals, looked=r < figures.known))
    return out


def parted(sequence: Sequence, r: int) -> Sequence:
    """The stops without request r, the rest in the same order."""
    return tuple(code for code in sequence if code not in (r, ~r))


def inserted(sequence: Sequence, r: int, pick: int, drop: int) -> Sequence:
    """The stops with r picked up at index `pick` and dropped at index `drop` of the outcome."""
    first = (*sequence[:pick], r, *sequence[pick:])
    return (*first[:drop], ~r, *first[drop:])
