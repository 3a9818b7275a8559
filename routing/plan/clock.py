"""The clock: what one courier's sequence of stops costs. The innermost loop of every search, over plain
lists.
"""

from collections.abc import Callable

from routing.plan.numbers import INF, Numbers, Sequence, surcharges
from routing.problem import UNREACHABLE_S

Clock = Callable[[int, Sequence, float], float]


def clock(numbers: Numbers, *, plain: bool = False) -> Clock:
    """A function (courier index, sequence, limit) -> its cost in units of the weights; infinite where a rule
    is broken or the cost is seen to pass the limit.

    `plain` leaves fairness and churn out, and may then be asked about the beginning of a sequence too.
    """
    rules, weights = numbers.problem.rules, numbers.problem.rules.weights
    wait_w, late_w, travel_w = weights.wait_per_s, weights.late_per_s, weights.travel_per_s
    arrive_p, leave_p = rules.pickup_arrive_s, rules.pickup_leave_s
    arrive_d, leave_d = rules.drop_arrive_s, rules.drop_leave_s
    legs, pick, drop, stop_key = numbers.legs, numbers.pick, numbers.drop, numbers.stop_key
    placed, promise, ready, size = numbers.placed, numbers.promise, numbers.ready, numbers.size
    free, start, end, capacity = numbers.free, numbers.at, numbers.end, numbers.capacity
    max_batch, end_drop, fresh = rules.max_batch, rules.end_rule == "drop", rules.freshness_s
    stale = [max(fresh or 0, legs[p][d] + arrive_d) for p, d in zip(pick, drop, strict=True)]
    left = [0] * len(pick)
    surcharge = None if plain else surcharges(numbers)

    def cost_of(c: int, sequence: Sequence, limit: float) -> float:
        t, row, room, last = free[c], legs[start[c]], capacity[c], end[c]
        cost = 0.0
        travel = busy = load = batch = aboard = i = 0
        stops = len(sequence)
        while i < stops:
            code = sequence[i]
            i += 1
            if code >= 0:
                key, place, first = stop_key[code], pick[code], i - 1
                leg = row[place]
                opens = not aboard
                if opens:
                    batch = 0
                t += leg + arrive_p
                while True:
                    if ready[code] > t:
                        t = ready[code]
                    batch += 1
                    aboard += 1
                    load += size[code]
                    if i < stops and sequence[i] >= 0 and stop_key[sequence[i]] == key:
                        code = sequence[i]
                        i += 1
                    else:
                        break
                if opens:
                    busy += leg + arrive_p - t  # a batch is work from its latest departure on
                if load > room or batch > max_batch or leg >= UNREACHABLE_S or (t > last and not end_drop):
                    return INF
                t += leave_p
                for picked in sequence[first:i]:
                    left[picked] = t
            else:
                r = ~code
                place = drop[r]
                leg = row[place]
                t += leg + arrive_d
                if (t > last and end_drop) or leg >= UNREACHABLE_S:
                    return INF
                cost += wait_w * (t - placed[r])
                if t > promise[r]:
                    cost += late_w * (t - promise[r])
                if fresh is not None and t - left[r] > fresh:
                    if t - left[r] > stale[r]:
                        return INF
                    cost += late_w * (t - left[r] - fresh)
                if cost + travel_w * travel > limit:
                    return INF
                t += leave_d
                load -= size[r]
                aboard -= 1
                if not aboard:
                    busy += t
            row = legs[place]
            travel += leg
        if surcharge is not None:
            cost += surcharge(c, sequence, busy)
        return cost + travel_w * travel

    return cost_of
