"""From candidates to explanations: what each would have cost, and by how much and why it was not chosen."""

import time

from routing.plan import Alternative, Costs, Why
from routing.plan.numbers import INF, Sequence
from routing.plan.referee import left_out, price_route
from routing.plan.schedule import schedule
from routing.problem import Problem
from routing.why.candidates import Candidates, Rival
from routing.why.differ import HAIR, Turned


def explain(
    problem: Problem, sequences: list[Sequence], candidates: list[Candidates], *, until: float = INF
) -> tuple[Why, ...]:
    """The figures behind every request, in the order of the problem; `sequences` are each courier's stops.

    The cost of a request is what its courier's stops cost more with it than without. Past the instant `until`
    (of time.perf_counter) requests get their own cost alone.
    """
    desk = _Desk(problem, sequences)
    return tuple(
        desk.why(r, found, time.perf_counter() < until and found.looked) for r, found in enumerate(candidates)
    )


class _Desk:
    """Prices routes, each courier's present one once."""

    def __init__(self, problem: Problem, sequences: list[Sequence]) -> None:
        self.problem, self.sequences = problem, sequences
        self.requests = {request.id: request for request in problem.requests}
        self.owner = {r: c for c, sequence in enumerate(sequences) for r in sequence if r >= 0}
        self.known: dict[int, Costs] = {}
        self.turned = Turned(problem)

    def why(self, r: int, found: Candidates, whole: bool) -> Why:
        """The figures behind request r; its own cost alone when not `whole`."""
        problem, c = self.problem, self.owner.get(r)
        request = problem.requests[r]
        if c is None:
            cost = Costs(unserved=left_out(problem, request))
        else:
            cost = self.present(c) - self.priced(c, found.without)
        others = sorted(
            (self.other(r, rival, cost) for rival in (found.rivals if whole else ())),
            key=lambda other: other.margin,
        )
        lacking = None
        if c is None and whole:
            lacking = self.turned.lacking(self.sequences, r, possible=bool(others))
        chosen = None if c is None else problem.couriers[c].id
        return Why(request.id, chosen, cost, tuple(others), found.without, lacking)

    def other(self, r: int, rival: Rival, mine: Costs) -> Alternative:
        """One courier who could have had request r, beside what it costs now."""
        c, before, after = rival.c, self.sequences[rival.c], rival.sequence
        cost = self.priced(c, after) - self.present(c) if rival.cost is None else rival.cost
        margin = cost.total - mine.total
        return Alternative(
            courier=self.problem.couriers[c].id,
            cost=cost,
            margin=margin,
            sequence=after,
            sooner_s=self.turned.sooner_s(c, before, after, mine.total, margin),
            nearer_s=self.turned.nearer_s(c, before, after, r, mine.total, margin),
            fairer=margin >= 0 > margin - (cost.fairness - mine.fairness) + HAIR,
        )

    def present(self, c: int) -> Costs:
        """What courier c's stops cost now."""
        if c not in self.known:
            self.known[c] = self.priced(c, self.sequences[c])
        return self.known[c]

    def priced(self, c: int, sequence: Sequence) -> Costs:
        """What these stops would cost with courier c."""
        if not sequence:
            return Costs()
        courier = self.problem.couriers[c]
        return price_route(self.problem, courier, schedule(self.problem, courier, sequence), self.requests)
