"""When each stop happens: from an order of stops to planned stops, by the rules of service at a stop."""

from routing.plan.facts import PlannedStop, Route
from routing.problem import Committed, Courier, Problem, Request, expected_s


def after_committed(problem: Problem, courier: Courier) -> tuple[int, int]:
    """Second and place at which the courier is free of his committed stops, not before now."""
    stops = committed_stops(problem, courier)
    if stops:
        return stops[-1].leave_s, stops[-1].at
    return max(courier.free_s, problem.now_s), courier.at


def committed_stops(problem: Problem, courier: Courier) -> tuple[PlannedStop, ...]:
    """The courier's committed stops with their times, batch -1."""
    rules = problem.rules
    out: list[PlannedStop] = []
    t, at = max(courier.free_s, problem.now_s), courier.at
    i = 0
    while i < len(courier.committed):
        j = i + 1
        stop = courier.committed[i]
        if stop.kind == "pickup":
            while j < len(courier.committed) and _shares(stop, courier.committed[j]):
                j += 1
        arrive = t + int(problem.travel_s[at, stop.at])
        service = (rules.pickup_arrive_s, rules.pickup_leave_s)
        if stop.kind == "drop":
            service = (rules.drop_arrive_s, rules.drop_leave_s)
        moment = arrive + service[0]
        if stop.kind == "pickup":
            moment = max(moment, *(member.ready_s for member in courier.committed[i:j]))
        t, at = moment + service[1], stop.at
        out += [
            PlannedStop(s.kind, s.request, at, arrive, moment, t, -1, s.visit) for s in courier.committed[i:j]
        ]
        i = j
    return tuple(out)


def _shares(first: Committed, other: Committed) -> bool:
    """Whether the other committed stop is a pick-up of the same visit."""
    return other.kind == "pickup" and other.visit == first.visit


def schedule(problem: Problem, courier: Courier, sequence: tuple[int, ...]) -> Route:
    """The courier's whole route: committed stops, then the sequence (r a pick-up, ~r a drop of request index
    r), no batch of it in his rest.
    """
    stops = list(committed_stops(problem, courier))
    t, at = after_committed(problem, courier)
    visit = max((stop.visit for stop in stops), default=-1)
    departs: list[int] = []
    adds_s = adds_m = 0
    for codes in batches(sequence):
        number = len(departs)
        ridden, departure = _batch(problem, codes, t, at, visit, number)
        if courier.rest is not None:
            begins, ends = courier.rest
            if t < ends and departure < ends and ridden[-1].leave_s > begins:
                ridden, departure = _batch(problem, codes, ends, at, visit, number)
        for stop in ridden:
            adds_m += int(problem.distance_m[at, stop.at]) if stop.visit > visit else 0
            at, visit = stop.at, stop.visit
        t = ridden[-1].leave_s
        departs.append(departure)
        adds_s += t - departure
        stops += ridden
    return Route(courier.id, tuple(stops), tuple(departs), adds_s, adds_m)


def batches(sequence: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The sequence cut into batches, from nothing aboard to nothing aboard."""
    out: list[tuple[int, ...]] = []
    aboard = begins = 0
    for i, code in enumerate(sequence, 1):
        aboard += 1 if code >= 0 else -1
        if not aboard or i == len(sequence):
            out.append(sequence[begins:i])
            begins = i
    return out


def _batch(
    problem: Problem, codes: tuple[int, ...], t: int, at: int, visit: int, number: int
) -> tuple[list[PlannedStop], int]:
    """The stops of one batch begun at second t and place `at` after so many visits, and its latest departure."""
    rules, requests = problem.rules, problem.requests
    stops: list[PlannedStop] = []
    departure = i = 0
    while i < len(codes):
        visit += 1
        code = codes[i]
        request = requests[code if code >= 0 else ~code]
        place = request.pickup if code >= 0 else request.drop
        leg = int(problem.travel_s[at, place])
        arrive = t + leg
        there = arrive + (rules.pickup_arrive_s if code >= 0 else rules.drop_arrive_s)
        members = [request]
        if code >= 0:
            while i + len(members) < len(codes):
                more = codes[i + len(members)]
                if more < 0 or _place(requests[more]) != _place(request):
                    break
                members.append(requests[more])
            moment = max(expected_s(there, member.ready_s, member.spread_s) for member in members)
            t = moment + rules.pickup_leave_s
            stops += [PlannedStop("pickup", m.id, place, arrive, moment, t, number, visit) for m in members]
        else:
            moment = there
            t = moment + rules.drop_leave_s
            stops.append(PlannedStop("drop", request.id, place, arrive, moment, t, number, visit))
        if not i:
            departure = moment - (there - arrive) - leg
        i += len(members)
        at = place
    return stops, departure


def _place(request: Request) -> tuple[str, int]:
    """What makes two pick-ups one visit: restaurant and place."""
    return request.restaurant, request.pickup
