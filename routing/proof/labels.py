"""Labels: every way a courier could have begun his route, as rows of arrays, and which of two is never worse.

The compiled part of the proof. A label is a beginning of a route: where it ends, when, who is aboard, who has been
served, at what cost less the worth of those picked up. `never worse` (see `beaten`) is sound because in this walk

- costs never fall with time: waiting and lateness only grow, so who is at the same place earlier, with the same food
  aboard and less or equally many served, can copy whatever the other does next and is never later at any stop;
- food handed over (`expected_s`) is never sooner for who comes later, and never later by more than the delay;
- `one batch at a time`: the count of a batch, orders and seconds of work are compared too where they are limited;
- a share's price is convex and rises with its units: units are compared where the way to a place decides them
  (metres, seconds of work); where the set of requests decides them, a subset has no more;
- seconds of work: who is earlier may have to wait longer inside a later batch, at most by as much as he is earlier,
  so work less the present moment is compared (work less the departure while a batch is open).

Where the true walk is not so well behaved, labels cost at most what the true walk costs, and the bound still holds:
time aboard for freshness is counted without waiting at later kitchens, and a rest may be taken whenever the courier is
empty, or is left out for uncertain kitchens.
"""

import numpy as np

from routing.kernel.board import (
    ARRIVE_D,
    ARRIVE_P,
    BASIS,
    BY_METRES,
    BY_REQUEST,
    BY_WORK,
    DROP,
    EFFORT,
    END,
    END_DROP,
    FREE,
    FRESH,
    FRESH_COST,
    KEY,
    LEAVE_D,
    LEAVE_P,
    MAX_BATCH,
    MOST,
    ONE_RESTAURANT,
    PICK,
    REST_FROM,
    REST_TO,
    ROOM,
    SIZE,
    STALE,
    TRAVEL,
    UNIT,
    Board,
)
from routing.kernel.jit import tight
from routing.kernel.walk import moved, shared
from routing.problem import UNREACHABLE_S
from routing.proof.desk import (
    ABOARD,
    ALL,
    BATCH,
    BEATEN,
    BUSY,
    CODE,
    COST,
    COUNT,
    DEPART,
    DONE,
    EXACT,
    LEAST,
    LOAD,
    LOOSE,
    MANY,
    NEXT,
    NODE,
    OPEN,
    OPENING,
    PARENT,
    PRICED,
    RESTED,
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
    place_of,
    rank,
    served,
    work,
)
from routing.proof.outlook import aboard_cost, prospects


@tight
def better(board: Board, desk: Desk, a: int, b: int, spread: bool) -> bool:
    """Whether label a, of the same place and food aboard and with no more served, is never worse than label b."""
    times, moneys, marks = desk.times, desk.moneys, desk.marks
    if times[a, T] > times[b, T] or moneys[a, COST] > moneys[b, COST] + 1e-9:
        return False
    if (
        marks[a, OPENING] < marks[b, OPENING]
        or marks[a, RESTED] < marks[b, RESTED]
        or (spread and times[a, THERE] > times[b, THERE])
    ):
        return False
    if marks[a, BATCH] > marks[b, BATCH] or marks[a, COUNT] > marks[b, COUNT]:
        return False
    basis = board.rules[BASIS]
    if basis == BY_METRES and moneys[a, UNITS] > moneys[b, UNITS] + 1e-9:
        return False
    if times[a, BUSY] - times[a, DEPART] > times[b, BUSY] - times[b, DEPART]:
        return False
    if board.rules[FRESH] >= 0:
        for k in range(min(SLOTS, marks[a, MANY])):
            if times[a, ROLLED] - desk.rides[a, k] > times[b, ROLLED] - desk.rides[b, k]:
                return False
    return True


@tight
def beaten(board: Board, desk: Desk, quest: Quest, x: int, spread: bool) -> bool:
    """Whether an earlier label makes label x needless; marks those that x makes needless, and enters x."""
    sets, marks = desk.sets, desk.marks
    node = marks[x, NODE]
    mix = node * 0x2545F4914F6CDD1
    for w in range(sets.shape[2]):
        mix = (mix ^ (mix >> 31)) * 0x1D8E4E27C47D124 + sets[x, ABOARD, w] * 0x9E3779B97F4A7C1
        if quest.mode == ALL:
            mix += sets[x, DONE, w] * 0x1B873593CC9E2D5
    mix ^= mix >> 29
    mix *= 0x369DEA0F31A53F8
    mix ^= mix >> 32
    head = mix & (desk.heads.shape[0] - 1)
    before, y = -1, desk.heads[head]
    while y >= 0:
        following = marks[y, NEXT]
        like, fewer, more = marks[y, NODE] == node, True, True
        for w in range(sets.shape[2]):
            like = like and sets[y, ABOARD, w] == sets[x, ABOARD, w]
            fewer = fewer and sets[y, DONE, w] & ~sets[x, DONE, w] == 0
            more = more and sets[x, DONE, w] & ~sets[y, DONE, w] == 0
        if like:
            same, loose = fewer and more, quest.mode == LOOSE
            if (same or loose or (fewer and quest.mode == EXACT)) and better(board, desk, y, x, spread):
                return True
            if (same or loose or (more and quest.mode == EXACT)) and better(board, desk, x, y, spread):
                marks[y, BEATEN] = 1
                if before < 0:
                    desk.heads[head] = following
                else:
                    marks[before, NEXT] = following
                y = following
                continue
        before, y = y, following
    marks[x, NEXT] = desk.heads[head]
    desk.heads[head] = x
    return False


@tight
def stepped(
    board: Board,
    desk: Desk,
    quest: Quest,
    c: int,
    x: int,
    b: int,
    drop: bool,
    rest: bool,
    y: int,
    most: float,
) -> bool:
    """Write label x with one more stop as label y; False where a rule or the threshold forbids it.

    `drop` says which stop of the request with bit b; `rest` that the courier rests before it. Long, because it is one
    step of the walk with all its rules.
    """
    times, moneys, marks, sets, rides = desk.times, desk.moneys, desk.marks, desk.sets, desk.rides
    rules, of_request, man = board.rules, board.of_request, board.of_courier[c]
    r, bit, word = quest.crowd[b], np.int64(1) << np.int64(b % WORD), b // WORD
    aboard, opening, last = marks[x, MANY], marks[x, OPENING], marks[x, CODE]
    t, there, busy, depart = times[x, T], times[x, THERE], times[x, BUSY], times[x, DEPART]
    rolled, batch = times[x, ROLLED], marks[x, BATCH]
    cost, units = moneys[x, COST], moneys[x, UNITS]
    rested = marks[x, RESTED]
    joins = not drop and 0 <= last < START and of_request[quest.crowd[last], KEY] == of_request[r, KEY]
    if rest:
        t, rested = max(t, man[REST_TO]), 1
    start = place_of(board, quest, c, last)
    here = of_request[r, DROP] if drop else of_request[r, PICK]
    leg = np.int64(0)
    if not joins:
        leg = np.int64(board.legs[start, here])
        if leg >= UNREACHABLE_S:
            return False
        cost += board.weights[TRAVEL] * leg
        if rules[BASIS] == BY_METRES:
            more = units + board.metres[start, here] / 1000.0
            cost += shared(board, c, more) - shared(board, c, units)
            units = more
    for k in range(SLOTS):
        rides[y, k] = rides[x, k]
    for w in range(sets.shape[2]):
        sets[y, ABOARD, w], sets[y, DONE, w], sets[y, OPEN, w] = (
            sets[x, ABOARD, w],
            sets[x, DONE, w],
            sets[x, OPEN, w],
        )
    marks[y, MANY] = aboard + (-1 if drop else 1)
    if drop:
        moment = t + leg + rules[ARRIVE_D]
        if rules[END_DROP] == 1 and moment > man[END]:
            return False
        rolled += leg + rules[ARRIVE_D]
        cost += served(board, r, moment)
        k = rank(desk, x, b)
        if rules[FRESH] >= 0 and k < SLOTS:
            ride = rolled - rides[x, k]
            if ride > of_request[r, STALE]:
                return False
            cost += board.weights[FRESH_COST] * max(0, ride - rules[FRESH])
            for i in range(k, SLOTS - 1):
                rides[y, i] = rides[x, i + 1]
            rides[y, SLOTS - 1] = np.int64(1) << np.int64(60)
        t = moment + rules[LEAVE_D]
        rolled += rules[LEAVE_D]
        opening, there = 0, 0
        sets[y, ABOARD, word] ^= bit
        sets[y, DONE, word] |= bit
        marks[y, LOAD], marks[y, NODE] = marks[x, LOAD] - of_request[r, SIZE], -2 - b
        if aboard == 1:
            busy += t - depart
            batch = 0
            depart = t
    else:
        if rules[ONE_RESTAURANT] == 1 and aboard != 0 and not joins:
            return False
        if marks[x, LOAD] + of_request[r, SIZE] > man[ROOM] or marks[x, COUNT] >= man[MOST]:
            return False
        opens = aboard == 0
        batch = 1 if opens else batch + 1
        if batch > rules[MAX_BATCH]:
            return False
        if joins:
            before = t - rules[LEAVE_P]
            moment = max(before, expected(board, there, r))
            if opening:
                depart += moment - before
        else:
            there = t + leg + rules[ARRIVE_P]
            moment = max(there, expected(board, there, r))
            rolled += leg + rules[ARRIVE_P] + rules[LEAVE_P]
            opening = 1 if opens else 0
            if opens:
                depart = moment - rules[ARRIVE_P] - leg
        if rules[END_DROP] == 0 and moment > man[END]:
            return False
        t = moment + rules[LEAVE_P]
        cost += moved(board, c, r) - quest.worth[r]
        if rules[BASIS] == BY_REQUEST:
            more = units + board.worth[r, UNIT]
            cost += shared(board, c, more) - shared(board, c, units)
            units = more
        if rules[FRESH] >= 0:
            k = rank(desk, x, b)
            for i in range(SLOTS - 1, k, -1):
                rides[y, i] = rides[x, i - 1]
            if k < SLOTS:
                rides[y, k] = rolled
        sets[y, ABOARD, word] |= bit
        marks[y, LOAD], marks[y, NODE] = marks[x, LOAD] + of_request[r, SIZE], of_request[r, KEY]
    if rested == 0 and t > man[REST_FROM]:
        return False
    times[y, T], times[y, THERE], times[y, BUSY], times[y, DEPART], times[y, ROLLED] = (
        t,
        there,
        busy,
        depart,
        rolled,
    )
    moneys[y, COST], moneys[y, UNITS] = cost, units
    marks[y, BATCH] = batch if rules[MAX_BATCH] < quest.crowd.shape[0] else 0
    marks[y, RESTED], marks[y, OPENING] = rested, opening
    marks[y, PARENT], marks[y, CODE], marks[y, BEATEN] = x, (~b if drop else b), 0
    marks[y, COUNT] = marks[x, COUNT] + (0 if drop else 1)
    if man[MOST] > quest.crowd.shape[0]:
        marks[y, COUNT] = 0
    worked = work(desk, y)
    if worked > man[EFFORT]:
        return False
    if rules[BASIS] == BY_WORK:
        cost += shared(board, c, worked / 3600.0)
    elif man[EFFORT] >= 1 << 60:
        times[y, BUSY] = times[y, DEPART] = marks[y, OPENING] = 0
    sets[y, OPEN, word] &= ~bit
    rest_cost, empty = aboard_cost(board, desk, quest, c, y, here)
    cost += rest_cost
    if cost - most >= quest.threshold:
        return False
    if cost >= quest.threshold:
        by_all, by_turn = prospects(board, desk, quest, c, y, here, empty)
        most = min(most, min(by_all, by_turn))
    moneys[y, LEAST] = cost - most
    return bool(cost - most < quest.threshold)


@tight
def explored(board: Board, desk: Desk, quest: Quest, c: int, spread: bool) -> tuple[int, int, int]:
    """Every label of courier c that could become a route below the threshold: (labels, whole routes, labels gone on
    from: fewer than there are when there was no room for all).

    By number of stops, so that who makes a label needless is always there before it goes on.
    """
    times, moneys, marks, sets = desk.times, desk.moneys, desk.marks, desk.sets
    desk.heads[:] = -1
    man = board.of_courier[c]
    times[0, T], times[0, THERE], times[0, BUSY], times[0, ROLLED] = man[FREE], 0, 0, 0
    times[0, DEPART] = man[FREE] if board.rules[BASIS] == BY_WORK or man[EFFORT] < 1 << 60 else 0
    moneys[0, COST] = moneys[0, UNITS] = 0.0
    marks[0] = 0
    marks[0, CODE], marks[0, NODE], marks[0, PARENT] = START, -1, -1
    marks[0, RESTED] = 1 if spread or man[FREE] >= man[REST_TO] else 0
    sets[0] = 0
    moneys[0, LEAST] = -np.inf
    for b in range(quest.crowd.shape[0]):
        sets[0, OPEN, b // WORD] |= np.int64(1) << np.int64(b % WORD)
    gains = desk.gains_here
    desk.rides[0] = np.int64(1) << np.int64(60)
    begin, count, whole = int(np.int64(0)), int(np.int64(1)), int(np.int64(0))  # no literals: one type each
    crowd = quest.crowd.shape[0]
    room = times.shape[0] - 2 * crowd - 2
    while begin < count:
        until = count
        for x in range(begin, until):
            if marks[x, BEATEN] == 1:
                continue
            aboard, here = marks[x, MANY], place_of(board, quest, c, marks[x, CODE])
            _, empty = aboard_cost(board, desk, quest, c, x, here)
            by_all, by_turn = prospects(board, desk, quest, c, x, here, empty)
            if x == 0:
                by_all = by_turn = np.inf  # the first leg is from the start, which may be next to anything
            for b in range(crowd):
                drop = has(desk, x, ABOARD, b)
                if not drop and not has(desk, x, OPEN, b):
                    continue
                gains[b] = desk.gain_of[b]
            for b in range(crowd):
                drop = has(desk, x, ABOARD, b)
                if not drop and not has(desk, x, OPEN, b):
                    continue
                most = min(by_turn, by_all if drop else by_all - quest.hope * gains[b])
                for rest in range(2):
                    if rest == 1 and (aboard != 0 or marks[x, RESTED] == 1):
                        break
                    y = count
                    if not stepped(board, desk, quest, c, x, b, drop, rest == 1, y, most):
                        continue
                    if beaten(board, desk, quest, y, spread):
                        continue
                    count += 1
                    if marks[y, MANY] == 0:
                        price = moneys[y, COST]
                        if board.rules[BASIS] == BY_WORK:
                            price += shared(board, c, times[y, BUSY] / 3600.0)
                        if price < quest.threshold:
                            moneys[y, PRICED] = price
                            desk.whole[whole] = y
                            whole += 1
                    if count >= room:
                        return count, whole, x
        begin = until
    return count, whole, count
