"""Tours: what each courier could do after his committed stops, remembered so that no search prices one twice."""

from collections.abc import Iterator

from routing.plan.clock import clock
from routing.plan.numbers import INF, Floats, Numbers, Sequence
from routing.problem import Problem


class Tour:
    """One courier's sequence of new stops and its cost; knows the tours one request more or one fewer away."""

    __slots__ = ("c", "cost", "mask", "sequence", "with_", "without")

    def __init__(self, c: int, sequence: Sequence, mask: int, cost: float) -> None:
        """Courier index, codes of stops, bit set of the requests in it, cost."""
        self.c = c
        self.sequence = sequence
        self.mask = mask
        self.cost = cost
        self.with_: dict[int, Tour | None] = {}
        self.without: dict[int, Tour | None] = {}


class Tours:
    """The memory of every tour priced so far: `known[c][mask]` is the best sequence seen for that set."""

    def __init__(self, problem: Problem) -> None:
        """Flatten the problem and start with empty tours."""
        self.numbers = Numbers.of(problem)
        self.cost_of = clock(self.numbers)
        self.one_restaurant = problem.rules.one_restaurant_batches
        self.max_batch = problem.rules.max_batch
        count = len(problem.couriers)
        self.empty = [Tour(c, (), 0, 0.0) for c in range(count)]
        self.known: list[dict[int, Tour]] = [{0: tour} for tour in self.empty]
        self.ranked = _ranked(self.numbers.alone)
        self.nearest = _ranked(self.numbers.direct)

    def offers(self, state: list[Tour], r: int, enough: int, limit: float) -> list[tuple[float, int, Tour]]:
        """(added cost, courier, tour with r) of every courier worth looking at, in no order.

        Of the idle only the `enough` cheapest; of the busy those whose least cost is not above the `enough`
        best so far or `limit`.
        """
        out: list[tuple[float, int, Tour]] = []
        idle = 0
        for cost, c in self.ranked[r]:
            if idle == enough or cost > limit:
                break
            if not state[c].mask:
                idle += 1
                tour = self.add(state[c], r)
                if tour is not None:
                    out.append((tour.cost, c, tour))
        for least, c in self.nearest[r]:
            if least > limit:
                break
            before = state[c]
            tour = self.add(before, r) if before.mask else None
            if tour is not None:
                out.append((tour.cost - before.cost, c, tour))
                if len(out) >= enough:
                    limit = min(limit, sorted(offer[0] for offer in out)[enough - 1])
        return out

    def add(self, tour: Tour, r: int) -> Tour | None:
        """The cheapest tour with request r inserted, None where there is no way. Order of the rest is kept."""
        try:
            return tour.with_[r]
        except KeyError:
            pass
        best: Tour | None = None
        c, mask = tour.c, tour.mask | 1 << r
        known = self.known[c]
        if self.numbers.direct[c, r] < INF:
            best = known.get(mask)
            best_cost, best_sequence = INF if best is None else best.cost, tour.sequence
            cost_of = self.cost_of
            for sequence in self._insertions(tour.sequence, r):
                cost = cost_of(c, sequence, best_cost)
                if cost < best_cost:
                    best_cost, best_sequence = cost, sequence
            if best_cost < (INF if best is None else best.cost):
                best = known[mask] = Tour(c, best_sequence, mask, best_cost)
        tour.with_[r] = best
        return best

    def cut(self, tour: Tour, r: int) -> Tour | None:
        """The tour with request r taken out, the order of the rest kept unless a better one is known.

        None in the rare case that without the halt at r other food would wait aboard too long.
        """
        try:
            return tour.without[r]
        except KeyError:
            best = self.tour(tour.c, tuple(code for code in tour.sequence if code not in (r, ~r)))
            tour.without[r] = best
            return best

    def tour(self, c: int, sequence: Sequence) -> Tour | None:
        """The best tour known for the requests of this sequence, at least as good as it; None where it breaks
        a rule.
        """
        mask = 0
        for code in sequence:
            if code >= 0:
                mask |= 1 << code
        best = self.known[c].get(mask)
        if best is None or best.sequence != sequence:
            cost = self.cost_of(c, sequence, INF)
            if cost < (INF if best is None else best.cost):
                best = self.known[c][mask] = Tour(c, sequence, mask, cost)
        return best

    def lawful(self, sequence: Sequence) -> bool:
        """Whether drops follow pick-ups, each once, and bundles are of one restaurant where they have to be."""
        keys = self.numbers.stop_key
        aboard: list[int] = []
        before = -1
        for code in sequence:
            if code >= 0:
                pure = not aboard or (before >= 0 and keys[before] == keys[code])
                if sequence.count(code) > 1 or (self.one_restaurant and not pure):
                    return False
                aboard.append(code)
            elif ~code not in aboard:
                return False
            else:
                aboard.remove(~code)
            before = code
        return not aboard

    def _insertions(self, sequence: Sequence, r: int) -> Iterator[Sequence]:
        """Every sequence with r inserted that the batch rule may allow."""
        if self.one_restaurant:
            return self._bundled(sequence, r)
        return self._interleaved(sequence, r)

    def _interleaved(self, sequence: Sequence, r: int) -> Iterator[Sequence]:
        """The pick-up anywhere, the drop anywhere after it; batches that grow too large are not even tried."""
        stops = len(sequence)
        inside = [0] * (stops + 1)  # size of the batch that goes on across this gap
        opens = [0] * stops  # size of the batch that begins with this stop
        at = 0
        for size, length in _batches(sequence):
            opens[at] = size
            inside[at + 1 : at + length] = [size] * (length - 1)
            at += length
        for i in range(stops + 1):
            together = inside[i]
            if together >= self.max_batch:
                continue
            head = (*sequence[:i], r)
            yield (*head, ~r, *sequence[i:])
            for j in range(i + 1, stops + 1):
                together += opens[j - 1]
                if together >= self.max_batch:
                    break
                yield (*head, *sequence[i:j], ~r, *sequence[j:])

    def _bundled(self, sequence: Sequence, r: int) -> Iterator[Sequence]:
        """A batch of its own between two others, or a place in a batch of the same restaurant (official
        bundles).
        """
        keys = self.numbers.stop_key
        at = 0
        for size, stops in _batches(sequence):
            yield (*sequence[:at], r, ~r, *sequence[at:])
            if keys[sequence[at]] == keys[r] and size < self.max_batch:
                head = (*sequence[: at + size], r)
                for drop in range(at + size, at + stops + 1):
                    yield (*head, *sequence[at + size : drop], ~r, *sequence[drop:])
            at += stops
        yield (*sequence, r, ~r)


def _ranked(costs: Floats) -> list[list[tuple[float, int]]]:
    """For each request (cost, courier) of those who could serve it alone, cheapest first, ties by index."""
    if not costs.size:
        return [[] for _ in costs.T]
    order = costs.argsort(axis=0, kind="stable").T.tolist()
    table = costs.T.tolist()
    return [
        [(row[c], c) for c in couriers if row[c] < INF] for row, couriers in zip(table, order, strict=True)
    ]


def _batches(sequence: Sequence) -> list[tuple[int, int]]:
    """(orders, stops) of each batch, from empty to empty."""
    out: list[tuple[int, int]] = []
    aboard = size = stops = 0
    for code in sequence:
        stops += 1
        if code >= 0:
            aboard += 1
            size += 1
        else:
            aboard -= 1
            if not aboard:
                out.append((size, stops))
                size = stops = 0
    return out
