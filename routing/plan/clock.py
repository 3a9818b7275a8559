"""The clock: what one courier's sequence of stops costs. The innermost loop of every search, over plain
lists.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from routing.plan.numbers import INF, Numbers, Sequence, surcharges
from routing.problem import UNREACHABLE_S, expected_s

Clock = Callable[[int, Sequence, float], float]


class _Known(NamedTuple):
    """What the clock reads, in the order in which it unpacks it."""

    of_request: tuple[list[int], ...]
    of_courier: tuple[list[int], ...]
    service_s: tuple[int, int, int, int]
    weights: tuple[float, float, float, list[float]]
    bounds: tuple[int, bool, int | None]
    legs: list[list[int]] | dict[int, dict[int, int]]
    surcharge: Callable[[int, Sequence, int], float] | None


def clock(numbers: Numbers, *, plain: bool = False) -> Clock:
    """A function (courier index, sequence, limit) -> its cost in units of the weights; infinite where a rule is
    broken or the cost is seen to pass the limit.

    `plain` leaves fairness and churn out, and may then be asked about the beginning of a sequence too, which
    never costs more than the whole; with food aboard that holds only of couriers who have no rest.
    """
    rules, weights, n = numbers.problem.rules, numbers.problem.rules.weights, numbers
    farthest = [
        max(rules.freshness_s or 0, n.legs[p][d] + rules.drop_arrive_s)
        for p, d in zip(n.pick, n.drop, strict=True)
    ]
    left = [0] * len(n.pick)
    known = _Known(
        of_request=(
            n.pick,
            n.drop,
            n.stop_key,
            n.placed,
            n.promise,
            n.ready,
            n.spread,
            n.size,
            farthest,
            left,
        ),
        of_courier=(n.free, n.at, n.end, n.capacity, n.rest_from, n.rest_until, n.orders_left, n.effort_left),
        service_s=(rules.pickup_arrive_s, rules.pickup_leave_s, rules.drop_arrive_s, rules.drop_leave_s),
        weights=(weights.wait_per_s, weights.late_per_s, weights.travel_per_s, n.late),
        bounds=(rules.max_batch, rules.end_rule == "drop", rules.freshness_s),
        legs=n.legs,
        surcharge=None if plain else surcharges(numbers),
    )
    return partial(_cost, known)


def _cost(known: _Known, c: int, sequence: Sequence, limit: float) -> float:
    """Walk the stops; one long function because a call inside the walk would double its time."""
    of_request, of_courier, service_s, weights, (max_batch, end_drop, fresh), legs, surcharge = known
    pick, drop, stop_key, placed, promise, ready, spread, size, stale, left = of_request
    arrive_p, leave_p, arrive_d, leave_d = service_s
    wait_w, late_w, travel_w, late = weights
    t, at, last, room, rest_from, rest_until, orders_left, effort_left = [column[c] for column in of_courier]
    row, cost, stops = legs[at], 0.0, len(sequence)
    travel = busy = load = batch = aboard = i = 0
    while i < stops:
        if not aboard and t < rest_until:
            t = _rested(known, sequence, i, t, row, rest_from, rest_until)
        code = sequence[i]
        place = pick[code] if code >= 0 else drop[~code]
        leg = row[place]
        i += 1
        if code >= 0:
            key, first = stop_key[code], i - 1
            opens = not aboard
            batch = 0 if opens else batch
            t += leg + arrive_p
            there = t
            while True:
                food = expected_s(there, ready[code], spread[code]) if spread[code] else ready[code]
                if food > t:
                    t = food
                batch += 1
                aboard += 1
                load += size[code]
                if i == stops or sequence[i] < 0 or stop_key[sequence[i]] != key:
                    break
                code = sequence[i]
                i += 1
            if opens:
                busy += leg + arrive_p - t  # a batch is work from its latest departure on
            if load > room or batch > max_batch or leg >= UNREACHABLE_S or (t > last and not end_drop):
                return INF
            t += leave_p
            for picked in sequence[first:i]:
                left[picked] = t
        else:
            r = ~code
            t += leg + arrive_d
            if (t > last and end_drop) or leg >= UNREACHABLE_S:
                return INF
            cost += wait_w * (t - placed[r]) + (late[r] * (t - promise[r]) if t > promise[r] else 0.0)
            if fresh is not None and t - left[r] > fresh:
                if t - left[r] > stale[r]:
                    return INF
                cost += late_w * (t - left[r] - fresh)
            if cost + travel_w * travel > limit:
                return INF
            t, load, aboard = t + leave_d, load - size[r], aboard - 1
            if not aboard:
                busy += t
        row = legs[place]
        travel += leg
    if stops > 2 * orders_left or (busy > effort_left and not aboard):
        return INF
    return cost + travel_w * travel + (0.0 if surcharge is None else surcharge(c, sequence, busy))


def _rested(
    known: _Known,
    sequence: Sequence,
    i: int,
    t: int,
    row: list[int] | dict[int, int],
    rest_from: int,
    rest_until: int,
) -> int:
    """When the courier can begin the batch that starts with stop i: at t, or after the rest it would run
    into.
    """
    pick, drop, stop_key, _, _, ready, spread, *_ = known.of_request
    arrive_p, leave_p, arrive_d, leave_d = known.service_s
    now, aboard, first = t, 0, True
    while i < len(sequence):
        code = sequence[i]
        i += 1
        if code >= 0:
            place = pick[code]
            now += row[place] + arrive_p
            there = now
            while True:
                now = max(now, expected_s(there, ready[code], spread[code]))
                aboard += 1
                if i == len(sequence) or sequence[i] < 0 or stop_key[sequence[i]] != stop_key[code]:
                    break
                code = sequence[i]
                i += 1
            if first and now - arrive_p - row[place] >= rest_until:
                return t
            first = False
            now += leave_p
        else:
            place = drop[~code]
            now += row[place] + arrive_d + leave_d
            aboard -= 1
            if not aboard:
                break
        row = known.legs[place]
    return rest_until if now > rest_from else t
