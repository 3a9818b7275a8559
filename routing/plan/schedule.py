"""When each stop happens: from an order of stops to planned stops, by the rules of service at a stop."""

from routing.plan.facts import PlannedStop, Route
from routing.problem import Committed, Courier, Problem, Request


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
    r).
    """
    rules, requests = problem.rules, problem.requests
    stops = list(committed_stops(problem, courier))
    t, at = after_committed(problem, courier)
    visit = max((stop.visit for stop in stops), default=-1)
    departs: list[int] = []
    adds_s = adds_m = aboard = i = 0
    while i < len(sequence):
        visit += 1
        code = sequence[i]
        request = requests[code if code >= 0 else ~code]
        place = request.pickup if code >= 0 else request.drop
        leg = int(problem.travel_s[at, place])
        adds_m += int(problem.distance_m[at, place])
        arrive = t + leg
        if code >= 0:
            members = [request]
            while i + len(members) < len(sequence):
                more = sequence[i + len(members)]
                if more < 0 or _place(requests[more]) != _place(request):
                    break
                members.append(requests[more])
            moment = max(arrive + rules.pickup_arrive_s, *(member.ready_s for member in members))
            t = moment + rules.pickup_leave_s
            if not aboard:
                departs.append(moment - rules.pickup_arrive_s - leg)
                adds_s -= departs[-1]
            aboard += len(members)
            batch = len(departs) - 1
            stops += [PlannedStop("pickup", m.id, place, arrive, moment, t, batch, visit) for m in members]
            i += len(members)
        else:
            moment = arrive + rules.drop_arrive_s
            t = moment + rules.drop_leave_s
            stops.append(PlannedStop("drop", request.id, place, arrive, moment, t, len(departs) - 1, visit))
            aboard -= 1
            i += 1
            adds_s += 0 if aboard else t
        at = place
    return Route(courier.id, tuple(stops), tuple(departs), adds_s, adds_m)


def _place(request: Request) -> tuple[str, int]:
    """What makes two pick-ups one visit: restaurant and place."""
    return request.restaurant, request.pickup
