"""The board: a problem as a handful of numpy tables, by courier index c and request index r."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.plan.schedule import after_committed
from routing.problem import FAIR_HOURS, OVERSHOOT, Problem, may_carry

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

# columns of `of_request`
PICK, DROP, KEY, PLACED, PROMISE, READY, SIZE, SPREAD, PREVIOUS, STALE, GATE = range(11)
# columns of `worth`
LATE, LEAVE, UNIT = range(3)
# columns of `of_courier`
FREE, AT, END, ROOM, REST_FROM, REST_TO, MOST, EFFORT = range(8)
# columns of `share`
HAD, PRICE = range(2)
# entries of `rules`
ARRIVE_P, LEAVE_P, ARRIVE_D, LEAVE_D, MAX_BATCH, END_DROP, FRESH, ONE_RESTAURANT, BASIS = range(9)
# entries of `weights`
WAIT, TRAVEL, FRESH_COST, CHURN = range(4)
# values of rules[BASIS]: what a route's share is counted in
BY_REQUEST, BY_METRES, BY_WORK = range(3)

FAR = 1 << 60
"""Seconds, orders or limits that are never reached."""


class Board(NamedTuple):
    """What the compiled functions read.

    `legs` and `metres` are int32 [places, places] (`metres` is [1, 1] where nothing counts metres). `to_pick`
    [gates, places] are the legs to where pick-ups are, by GATE of the request. `of_request` [n, 11], `worth`
    [n, 3], `of_courier` [m, 8], `share` [m, 2], `allowed` [m, n] (1 where c may serve r by pins, bans, skills,
    size, horizon), `rules` [9], `weights` [4], `overshoot` [65].
    """

    legs: npt.NDArray[np.int32]
    to_pick: npt.NDArray[np.int32]
    metres: npt.NDArray[np.int32]
    of_request: Ints
    worth: Floats
    of_courier: Ints
    share: Floats
    allowed: Bytes
    rules: Ints
    weights: Floats
    overshoot: Ints


def board(problem: Problem) -> Board:
    """The tables of a problem."""
    rules, weights = problem.rules, problem.rules.weights
    of_request, worth = _requests(problem)
    of_courier, share = _couriers(problem)
    basis = {"distance": BY_METRES, "effort": BY_WORK, "waiting": BY_WORK}.get(
        rules.fairness_basis, BY_REQUEST
    )
    counts_metres = weights.fairness > 0 and basis == BY_METRES
    nothing = np.zeros((1, 1), dtype=np.int32)
    nothing.setflags(write=False)
    gates = np.zeros((0, len(problem.travel_s)), dtype=np.int32)
    if len(of_request):
        picks, of_request[:, GATE] = np.unique(of_request[:, PICK], return_inverse=True)
        gates = np.ascontiguousarray(problem.travel_s[:, picks].T)
    return Board(
        legs=problem.travel_s,
        to_pick=gates,
        metres=problem.distance_m if counts_metres else nothing,
        of_request=of_request,
        worth=worth,
        of_courier=of_courier,
        share=share,
        allowed=_allowed(problem, of_request, of_courier),
        rules=np.array(
            [
                rules.pickup_arrive_s,
                rules.pickup_leave_s,
                rules.drop_arrive_s,
                rules.drop_leave_s,
                rules.max_batch,
                rules.end_rule == "drop",
                -1 if rules.freshness_s is None else rules.freshness_s,
                rules.one_restaurant_batches,
                basis if weights.fairness > 0 else BY_REQUEST,
            ],
            dtype=np.int64,
        ),
        weights=np.array(
            [weights.wait_per_s, weights.travel_per_s, weights.late_per_s, weights.churn], dtype=np.float64
        ),
        overshoot=np.array(OVERSHOOT, dtype=np.int64),
    )


def _requests(problem: Problem) -> tuple[Ints, Floats]:
    """`of_request` and `worth`."""
    rules, weights = problem.rules, problem.rules.weights
    index = {courier.id: c for c, courier in enumerate(problem.couriers)}
    keys: dict[tuple[str, int], int] = {}
    table = np.array(
        [
            (
                q.pickup,
                q.drop,
                keys.setdefault((q.restaurant, q.pickup), len(keys)),
                q.placed_s,
                q.promise_s,
                q.ready_s,
                q.size,
                q.spread_s,
                -1 if q.previous is None else index.get(q.previous, -2),
                0,
                0,
            )
            for q in problem.requests
        ],
        dtype=np.int64,
    ).reshape(-1, 11)
    if len(table):
        direct = problem.travel_s[table[:, PICK], table[:, DROP]].astype(np.int64) + rules.drop_arrive_s
        table[:, STALE] = np.maximum(rules.freshness_s or 0, direct)
    worth = np.ones((len(table), 3))
    firm = np.array([1.0 if q.firm else weights.flexible for q in problem.requests])
    worth[:, LATE] = weights.late_per_s * firm
    worth[:, LEAVE] = weights.unserved * firm
    if rules.fairness_basis == "pay":
        worth[:, UNIT] = [q.pay for q in problem.requests]
    elif rules.fairness_basis == "desirable":
        worth[:, UNIT] = [q.desirable for q in problem.requests]
    return table, worth


def _couriers(problem: Problem) -> tuple[Ints, Floats]:
    """`of_courier` and `share`."""
    rows = []
    for courier in problem.couriers:
        free, at = after_committed(problem, courier)
        rest = courier.rest or (-FAR, -FAR)
        rows.append(
            (
                free,
                at,
                courier.shift_end_s + courier.tolerance_s,
                courier.capacity,
                rest[0],
                rest[1],
                FAR if courier.orders_left is None else min(FAR, courier.orders_left),
                FAR if courier.effort_left_s is None else courier.effort_left_s,
            )
        )
    share = np.zeros((len(rows), 2))
    if rows:
        hours = np.array([courier.hours for courier in problem.couriers])
        share[:, HAD] = [courier.had for courier in problem.couriers]
        share[:, PRICE] = problem.rules.weights.fairness / (2.0 * np.maximum(hours, FAIR_HOURS))
    return np.array(rows, dtype=np.int64).reshape(-1, 8), share


def _allowed(problem: Problem, of_request: Ints, of_courier: Ints) -> Bytes:
    """Who may serve what, [m, n]: pins, bans, skills, sizes, the horizon, and a limit of no orders at all."""
    size, room = of_request[:, SIZE], of_courier[:, ROOM]
    allowed = (size[None, :] <= room[:, None]) & (of_courier[:, MOST] > 0)[:, None]
    if problem.rules.horizon_s:
        allowed &= (of_courier[:, FREE] <= problem.now_s + problem.rules.horizon_s)[:, None]
    for r, q in enumerate(problem.requests):
        if q.only is not None or q.never or q.skills:
            allowed[:, r] &= np.array([may_carry(courier, q) for courier in problem.couriers], dtype=np.bool_)
    return np.ascontiguousarray(allowed, dtype=np.uint8)
