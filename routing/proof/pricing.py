"""Pricing: the routes of one courier that cost less than what they serve is worth."""

from typing import NamedTuple

import numpy as np

from routing.kernel.board import (
    ARRIVE_D,
    ARRIVE_P,
    AT,
    BASIS,
    BY_METRES,
    BY_WORK,
    CHURN,
    DROP,
    EFFORT,
    END,
    END_DROP,
    FAR,
    FREE,
    KEY,
    LATE,
    LEAVE_P,
    PICK,
    PLACED,
    PREVIOUS,
    PROMISE,
    READY,
    REST_TO,
    SPREAD,
    TRAVEL,
    WAIT,
    Board,
    Floats,
    Ints,
)
from routing.proof.columns import Codes
from routing.proof.desk import ALL, BEATEN, CODE, EXACT, LEAST, LOOSE, PARENT, PRICED, Around, Quest, desk
from routing.proof.labels import explored
from routing.proof.legs import Ways

__all__ = ["ALL", "EXACT", "LOOSE", "Found", "Pricer"]


class Found(NamedTuple):
    """What a search found: routes below the threshold, cheapest first, with what each costs less what it serves is
    worth; `least`: no route of this courier has less, 0 at most, if `proven`; `whole`: nothing was cut short.
    """

    routes: list[tuple[float, Codes]]
    least: float
    proven: bool
    whole: bool


class Pricer:
    """Searches for one problem; keeps the room they work in."""

    def __init__(self, board: Board, ways: Ways, *, labels: int) -> None:
        """`ways` over all places of the board."""
        self.board, self.ways, self.desk = board, ways, desk(labels, len(board.of_request))
        of_request, of_courier, rules = board.of_request, board.of_courier, board.rules
        self.spread = bool((of_request[:, SPREAD] > 0).any())
        leg = ways.least[of_request[:, PICK], of_request[:, DROP]]
        there = (
            of_courier[:, FREE, None]
            + ways.least[np.ix_(of_courier[:, AT], of_request[:, PICK])]
            + rules[ARRIVE_P]
        )
        picked = np.maximum(there, of_request[:, READY])
        done = picked + rules[LEAVE_P] + leg + rules[ARRIVE_D]
        closing = done if rules[END_DROP] else picked
        late = np.maximum(0, done - of_request[:, PROMISE])
        cost = board.weights[WAIT] * (done - of_request[:, PLACED]) + board.worth[:, LATE] * late
        before = of_request[:, PREVIOUS]
        changed = (before != -1) & (before != np.arange(len(of_courier))[:, None])
        cost = cost + board.weights[CHURN] * changed
        able = (board.allowed == 1) & (closing <= of_courier[:, END, None])
        self.direct: Floats = np.where(able, cost, np.inf)
        """What each request costs each courier at least, [m, n]."""

    def search(
        self,
        c: int,
        worth: Floats,
        threshold: float,
        mode: int,
        most: int,
        gap: float = 0.0,
        hope: float = 1.0,
    ) -> Found:
        """Routes of courier c below the threshold with the requests worth so much [n]; `most` of them."""
        gain = worth - self.direct[c]
        free_to_leave = self.ways.straight and not self.works(c) and self.board.rules[BASIS] != BY_METRES
        picky = free_to_leave and mode != ALL
        slack = 2 * float(self.board.weights[TRAVEL]) * self.ways.excess_s
        crowd: Ints = np.flatnonzero(
            gain > (-slack - (gap if mode == ALL else 0.0) if free_to_leave else -np.inf)
        )
        if not len(crowd):
            return Found([], 0.0, True, True)
        quest = Quest(
            crowd=crowd.astype(np.int64),
            worth=worth,
            around=self.around(crowd),
            least=self.ways.least,
            threshold=threshold,
            slack=slack,
            mode=mode,
            picky=picky,
            straight=self.ways.straight and self.ways.excess_s == 0,
            hope=hope if mode == LOOSE else 1.0,
        )
        labels, found, until = explored(self.board, self.desk, quest, c, self.spread)
        ends = self.desk.whole[:found]
        values = self.desk.moneys[ends, PRICED]
        least = min(0.0, threshold, float(values.min(initial=np.inf)))
        waiting = self.desk.marks[until:labels, BEATEN] == 0
        least = min(least, float(self.desk.moneys[until:labels, LEAST][waiting].min(initial=np.inf)))
        order = np.argsort(values, kind="stable")[:most]
        routes = [(float(values[i]), self.codes(int(ends[i]), crowd)) for i in order]
        return Found(routes, least, mode != LOOSE and not self.odd(c), until == labels)

    def odd(self, c: int) -> bool:
        """Whether labels may cost more than the walk: without the rest he takes, more work may be waiting."""
        return (
            self.spread
            and self.works(c)
            and bool(self.board.of_courier[c, REST_TO] > self.board.of_courier[c, FREE])
        )

    def works(self, c: int) -> bool:
        """Whether seconds of work matter to c's route."""
        return bool(self.board.rules[BASIS] == BY_WORK or self.board.of_courier[c, EFFORT] < FAR)

    def around(self, crowd: Ints) -> Around:
        """How near the stops of these requests are to each other."""
        of_request, legs = self.board.of_request, self.board.legs
        pick, drop, key = of_request[crowd, PICK], of_request[crowd, DROP], of_request[crowd, KEY]
        from_drop = legs[np.ix_(drop, drop)].astype(np.float64)
        np.fill_diagonal(from_drop, np.inf)
        into = np.minimum(from_drop.min(axis=0), legs[np.ix_(pick, drop)].min(axis=0).astype(np.float64))
        from_pick = legs[np.ix_(pick, pick)].astype(np.float64)
        from_pick[key[:, None] == key[None, :]] = np.inf
        reach = np.minimum(from_pick.min(axis=0), legs[np.ix_(drop, pick)].min(axis=0).astype(np.float64))
        _, which, counts = np.unique(key, return_inverse=True, return_counts=True)
        shares = np.cumsum(np.sort(counts)[::-1])
        visits = np.concatenate([[0], np.searchsorted(shares, np.arange(1, len(crowd) + 1)) + 1])
        places = np.zeros(len(legs), dtype=np.int64)
        places[pick] = self.ways.least[np.ix_(drop, pick)].min(axis=0)
        return Around(
            into=into,
            reach=reach,
            alike=counts[which].astype(np.float64),
            visits=visits.astype(np.int64),
            nearest=places,
            hop_p=int(reach.min()),
            hop_d=int(into.min()),
        )

    def codes(self, x: int, crowd: Ints) -> Codes:
        """The stops of label x from the beginning."""
        out: list[int] = []
        marks = self.desk.marks
        while x > 0:
            code = int(marks[x, CODE])
            out.append(int(crowd[code]) if code >= 0 else ~int(crowd[~code]))
            x = int(marks[x, PARENT])
        return tuple(reversed(out))
