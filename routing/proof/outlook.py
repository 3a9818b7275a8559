"""What the rest of a route costs at least: the bounds that end most labels, compiled."""

import numpy as np

from routing.kernel.board import (
    ARRIVE_D,
    ARRIVE_P,
    BASIS,
    BY_REQUEST,
    DROP,
    END,
    END_DROP,
    FRESH,
    FRESH_COST,
    KEY,
    LEAVE_D,
    LEAVE_P,
    MOST,
    ONE_RESTAURANT,
    PICK,
    STALE,
    TRAVEL,
    UNIT,
    WAIT,
    Board,
)
from routing.kernel.jit import tight
from routing.kernel.walk import moved, shared
from routing.proof.desk import (
    ABOARD,
    CODE,
    COUNT,
    MANY,
    OPEN,
    ROLLED,
    SLOTS,
    START,
    THERE,
    UNITS,
    WORD,
    Desk,
    Quest,
    T,
    expected,
    has,
    served,
)


@tight
def unloaded(board: Board, desk: Desk, quest: Quest, x: int, here: int) -> tuple[float, int]:
    """The least that those aboard cost when delivered one after the other by the shortest ways, travel left out, and
    the least second at which the last of them may be left.
    """
    rules, of_request = board.rules, board.of_request
    many, t = 0, desk.times[x, T]
    for w in range(desk.sets.shape[2]):
        bits, b = desk.sets[x, ABOARD, w], w * WORD
        while bits:
            if bits & 1:
                desk.order[many] = quest.crowd[b]
                many += 1
            bits >>= 1
            b += 1
    if many > 4:
        total, last = 0.0, t
        for i in range(many):
            r = desk.order[i]
            moment = t + quest.least[here, of_request[r, DROP]] + rules[ARRIVE_D]
            total += served(board, r, moment)
            last = max(last, moment + rules[LEAVE_D])
        return total, max(last, t + many * (rules[ARRIVE_D] + rules[LEAVE_D]))
    best, soonest = np.inf, 1 << 60
    for i in range(many):
        place_i = of_request[desk.order[i], DROP]
        t_i = t + quest.least[here, place_i] + rules[ARRIVE_D]
        cost_i = served(board, desk.order[i], t_i)
        if many == 1:
            return cost_i, t_i + rules[LEAVE_D]
        for j in range(many):
            if j == i:
                continue
            place_j = of_request[desk.order[j], DROP]
            t_j = t_i + rules[LEAVE_D] + quest.least[place_i, place_j] + rules[ARRIVE_D]
            cost_j = cost_i + served(board, desk.order[j], t_j)
            if many == 2:
                best, soonest = min(best, cost_j), min(soonest, t_j + rules[LEAVE_D])
                continue
            for k in range(many):
                if k in (i, j):
                    continue
                place_k = of_request[desk.order[k], DROP]
                t_k = t_j + rules[LEAVE_D] + quest.least[place_j, place_k] + rules[ARRIVE_D]
                cost_k = cost_j + served(board, desk.order[k], t_k)
                if many == 4:
                    h = 6 - i - j - k
                    t_k += (
                        rules[LEAVE_D]
                        + quest.least[place_k, of_request[desk.order[h], DROP]]
                        + rules[ARRIVE_D]
                    )
                    cost_k += served(board, desk.order[h], t_k)
                best, soonest = min(best, cost_k), min(soonest, t_k + rules[LEAVE_D])
    return best, soonest


@tight
def aboard_cost(board: Board, desk: Desk, quest: Quest, c: int, x: int, here: int) -> tuple[float, int]:
    """At least what those aboard label x will cost, and the second from which on it may be empty; infinite where they
    cannot be delivered, or one of them does not pay and may be left away.
    """
    times, rules, of_request = desk.times[x], board.rules, board.of_request
    end, t, aboard = board.of_courier[c, END], desk.times[x, T], desk.marks[x, MANY]
    total, many = 0.0, 0
    for b in range(quest.crowd.shape[0] if aboard else 0):
        if has(desk, x, ABOARD, b):
            r = quest.crowd[b]
            ahead = quest.least[here, of_request[r, DROP]] + rules[ARRIVE_D]
            if rules[END_DROP] == 1 and t + ahead > end:
                return np.inf, t
            if (
                quest.picky
                and served(board, r, t + ahead) + moved(board, c, r) - quest.worth[r] >= quest.slack
            ):
                return np.inf, t
            if rules[FRESH] >= 0 and many < SLOTS:
                ride = times[ROLLED] + ahead - desk.rides[x, many]
                if ride > of_request[r, STALE]:
                    return np.inf, t
                total += board.weights[FRESH_COST] * max(0, ride - rules[FRESH])
            total += board.weights[TRAVEL] * quest.around.into[b]
            many += 1
            if many == aboard:
                break
    if many == 0:
        return 0.0, t
    serial, empty = unloaded(board, desk, quest, x, here)
    return total + serial, empty


@tight
def prospects(
    board: Board, desk: Desk, quest: Quest, c: int, x: int, here: int, empty: int
) -> tuple[float, float]:
    """At most what requests not yet picked up could bring label x, counted twice: each by itself, and turn by turn.

    Each is served by the direct way from here, either after all that is aboard (`empty`) or with its visit
    delaying some of that (where no detour is shorter); legs into its stops are the shortest there are. The j-th is
    not delivered before the visits and drops that j of them need. What each brings at most stays in
    `desk.gain_of`; those that cannot pay any more leave the label's open requests.
    """
    times, sets, rules, of_request = desk.times[x], desk.sets[x], board.rules, board.of_request
    end, end_drop = board.of_courier[c, END], rules[END_DROP] == 1
    travel, t, loaded = board.weights[TRAVEL], times[T], desk.marks[x, MANY] != 0
    row, units, by_request = quest.least[here], desk.moneys[x, UNITS], rules[BASIS] == BY_REQUEST
    base = shared(board, c, units) if by_request else 0.0
    last = desk.marks[x, CODE]
    key = of_request[quest.crowd[last], KEY] if 0 <= last < START else -1
    turn_p, turn_d = rules[ARRIVE_P] + rules[LEAVE_P], rules[ARRIVE_D] + rules[LEAVE_D]
    left, best_all, found, near = board.of_courier[c, MOST] - desk.marks[x, COUNT], 0.0, 0, 0
    first = np.int64(1) << np.int64(60)
    for b in range(quest.crowd.shape[0] if left > 0 else 0):
        if not has(desk, x, OPEN, b):
            continue
        desk.gain_of[b] = 0.0
        r = quest.crowd[b]
        pick = of_request[r, PICK]
        ride = rules[LEAVE_P] + quest.least[pick, of_request[r, DROP]] + rules[ARRIVE_D]
        own = moved(board, c, r) - quest.worth[r]
        if by_request:
            own += shared(board, c, units + board.worth[r, UNIT]) - base
        legs = travel * quest.around.into[b]
        joins = key >= 0 and of_request[r, KEY] == key
        if joins:
            start = max(t - rules[LEAVE_P], expected(board, times[THERE], r))
        else:
            legs += travel * quest.around.reach[b] / quest.around.alike[b]
            start = expected(board, t + row[pick] + rules[ARRIVE_P], r)
        cost = served(board, r, start + ride)
        if (start + ride if end_drop else start) > end or (quest.picky and own + cost >= quest.slack):
            sets[OPEN, b // WORD] &= ~(np.int64(1) << np.int64(b % WORD))
            continue
        if loaded and quest.straight and not joins:
            later = expected(board, empty + quest.around.nearest[pick] + rules[ARRIVE_P], r)
            after = served(board, r, max(start, later) + ride)
            delays = cost + board.weights[WAIT] * turn_p / quest.around.alike[b]
            if rules[ONE_RESTAURANT] == 1 or after <= delays:
                start, cost = max(start, later), after
            else:
                cost = delays
        gain = -own - legs - cost
        if gain > 0:
            best_all += gain
            desk.gain_of[b] = gain
            desk.gains[found] = -own - legs
            desk.soonest[found] = (start + ride) * START + b
            first = min(first, start + ride)
            near += 1 if joins else 0
            found += 1
    by_turn, j = 0.0, 1
    while j <= min(found, left) and by_turn < best_all:
        visits = quest.around.visits[max(0, j - near)]
        at = (
            t
            + visits * (turn_p + quest.around.hop_p)
            + (j - 1) * (turn_d + quest.around.hop_d)
            + rules[ARRIVE_D]
            + quest.around.hop_d
        )
        at = max(at, first + (j - 1) * (turn_d + quest.around.hop_d))
        best = 0.0
        for i in range(found):
            done, b = desk.soonest[i] // START, desk.soonest[i] % START
            late = desk.gains[i] - served(board, quest.crowd[b], max(done, at))
            best = max(best, min(late, desk.gain_of[b]))
        if best <= 0:
            break
        by_turn += best
        j += 1
    return quest.hope * best_all, quest.hope * by_turn
