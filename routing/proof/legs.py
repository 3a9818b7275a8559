"""How long the way between two places takes at least, stops on the way counted: what every lower bound rests on."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.problem import Problem, Rules

Ints = npt.NDArray[np.int64]

REGIONS = 100


class Ways(NamedTuple):
    """`least` [p, p]: seconds from place to place with any number of stops on the way (each with its service).

    `excess_s`: by how much a leg is longer than two legs at most, services not counted; `straight`: no way with stops
    is quicker than the leg itself.
    """

    least: Ints
    excess_s: int
    straight: bool


def stop_s(rules: Rules) -> int:
    """The seconds any stop takes at least."""
    return min(rules.pickup_arrive_s + rules.pickup_leave_s, rules.drop_arrive_s + rules.drop_leave_s)


def ways(problem: Problem) -> Ways:
    """All places against all, exactly (Floyd 1962; Warshall 1962): for up to some hundreds."""
    service_s = stop_s(problem.rules)
    legs = problem.travel_s.astype(np.int64)
    least, excess = legs.copy(), 0
    np.fill_diagonal(least, 0)
    for k in range(len(legs)):
        excess = max(excess, int((legs - legs[:, k : k + 1] - legs[k : k + 1]).max(initial=0)))
        np.minimum(least, least[:, k : k + 1] + (service_s + least[k : k + 1]), out=least)
    return Ways(least, excess, bool((least == legs).all()))


def straight(problem: Problem, starts: Sequence[int]) -> bool:
    """Whether no way over stops of open requests is quicker than the leg itself, neither from where the couriers
    are free (`starts`) nor between those stops; for a handful of requests.
    """
    service_s = stop_s(problem.rules)
    places = sorted({place for q in problem.requests for place in (q.pickup, q.drop)})
    among = problem.travel_s[np.ix_(places, places)].astype(np.int64)
    into = problem.travel_s[np.ix_(sorted(set(starts)), places)].astype(np.int64)
    for k in range(len(places)):  # where no way over one stop is quicker, none over several is
        onward = service_s + among[k : k + 1]
        if (among[:, k : k + 1] + onward < among).any() or (into[:, k : k + 1] + onward < into).any():
            return False
    return True


class Regions(NamedTuple):
    """Places in groups: `of` [p] the group of each, `detour` [g, g] the least seconds from a place of one group to a
    place of another with at least one stop on the way.
    """

    of: Ints
    detour: Ints

    def least(self, problem: Problem, start: Ints, end: Ints) -> Ints:
        """At most what any way takes from places `start` to places `end` (any shapes that go together)."""
        leg = problem.travel_s[start, end].astype(np.int64)
        return np.minimum(leg, np.where(start == end, 0, self.detour[self.of[start], self.of[end]]))


def regions(problem: Problem, count: int = REGIONS) -> Regions:
    """Groups around places far from each other (Gonzalez 1985); the legs between groups are the shortest there are, so
    a detour is never judged longer than it is, and with groups narrower than a stop takes hardly ever shorter
    than the direct leg.
    """
    legs, service_s = problem.travel_s, stop_s(problem.rules)
    size = len(legs)
    of = np.zeros(size, dtype=np.int64)
    near = legs[0].astype(np.int64) if size else np.zeros(0, dtype=np.int64)
    near[:1] = 0
    centres = 1
    while centres < min(count, size):
        centre = int(near.argmax())
        if near[centre] == 0:
            break
        closer = legs[centre] < near
        of[closer], near[closer] = centres, legs[centre][closer]
        of[centre], near[centre] = centres, 0
        centres += 1
    between = np.zeros((centres, centres), dtype=np.int64)
    order = np.argsort(of, kind="stable")
    bounds = np.searchsorted(of[order], np.arange(centres))
    for group in range(centres if size else 0):
        rows = legs[of == group].min(axis=0)
        between[group] = np.minimum.reduceat(rows[order], bounds)
    np.fill_diagonal(between, 0)
    for k in range(centres):
        np.minimum(between, between[:, k : k + 1] + (service_s + between[k : k + 1]), out=between)
    return Regions(of, between + service_s if not size else _detour(between, service_s))


def _detour(between: Ints, service_s: int) -> Ints:
    """The least of every way with a stop in any group, from the closed matrix of ways."""
    out = between + service_s  # a stop in the first or the last group
    for k in range(len(between)):
        np.minimum(out, between[:, k : k + 1] + (service_s + between[k : k + 1]), out=out)
    return out
