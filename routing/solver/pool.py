"""The routes a compiled search has walked through, the cheapest for each courier and set of requests."""

from typing import TYPE_CHECKING

from routing.plan.numbers import Sequence
from routing.solver.master import Option

if TYPE_CHECKING:
    from routing.kernel.session import Session

MOST = 3000  # routes the master chooses among; more take it longer than they bring


class Pool:
    """Routes by courier and set of requests, those seen last at the end."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.seen: dict[tuple[int, frozenset[int]], tuple[float, Sequence]] = {}
        self.stamps: dict[int, list[int]] = {}

    def add(self, session: "Session") -> None:
        """Remember the present routes of a session that have changed since it was last looked at."""
        routes = session.routes
        now = routes.stamp.tolist()
        before = self.stamps.get(id(session)) or [0] * len(now)
        self.stamps[id(session)] = now
        for c in (c for c, stamp in enumerate(now) if stamp != before[c] and stamp):
            sequence = tuple(routes.codes[c, : routes.stops[c]].tolist())
            self.put(c, sequence, float(routes.cost[c]))

    def put(self, c: int, sequence: Sequence, cost: float) -> None:
        """Remember one route."""
        key = (c, frozenset(code for code in sequence if code >= 0))
        known = self.seen.pop(key, None)
        self.seen[key] = (cost, sequence) if known is None or cost < known[0] else known

    def options(self, held: list[Sequence]) -> list[Option]:
        """What the master may choose among: the MOST seen last; `held` are the routes of the plan in hand.

        They have to be in the pool.
        """
        chosen = set(enumerate(held))
        out = [
            Option(c, sequence, cost, (c, sequence) in chosen)
            for (c, _), (cost, sequence) in self.seen.items()
        ]
        return [option for x, option in enumerate(out) if option.held or x >= len(out) - MOST]
