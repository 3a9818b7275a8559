"""Problems and plans as plain JSON-able dictionaries, so that a decision can be stored and priced again."""

from dataclasses import asdict
from typing import Any

import numpy as np

from routing.plan.facts import Alternative, Costs, Lacking, Plan, PlannedStop, Route, Why
from routing.problem import Committed, Courier, Problem, Request, Rules, Weights

VERSION = 2


def to_dict(thing: Problem | Plan) -> dict[str, Any]:
    """A problem or plan as dictionaries, lists, strings and numbers."""
    if isinstance(thing, Plan):
        return {"kind": "plan", "version": VERSION, **asdict(thing)}
    return {
        "kind": "problem",
        "version": VERSION,
        "now_s": thing.now_s,
        "rules": asdict(thing.rules),
        "couriers": [asdict(courier) | {"skills": sorted(courier.skills)} for courier in thing.couriers],
        "requests": [
            asdict(request) | {"skills": sorted(request.skills), "never": sorted(request.never)}
            for request in thing.requests
        ],
        "travel_s": thing.travel_s.tolist(),
        "distance_m": thing.distance_m.tolist(),
    }


def from_dict(data: dict[str, Any]) -> Problem | Plan:
    """The problem or plan that `to_dict` wrote. Raises ValueError on anything else."""
    if data.get("version") != VERSION or data.get("kind") not in ("plan", "problem"):
        raise ValueError("this is no problem or plan of a known version")
    return plan_from_dict(data) if data["kind"] == "plan" else problem_from_dict(data)


def _body(data: dict[str, Any], kind: str) -> dict[str, Any]:
    """The fields, once kind and version are what they should be."""
    if data.get("version") != VERSION or data.get("kind") != kind:
        raise ValueError(f"this is no {kind} of a known version")
    return {key: value for key, value in data.items() if key not in ("kind", "version")}


def problem_from_dict(data: dict[str, Any]) -> Problem:
    """A problem from its dictionary. Raises ValueError on anything else, BadProblem on a contradiction."""
    body = _body(data, "problem")
    rules = dict(body["rules"])
    rules["weights"] = Weights(**rules["weights"])
    couriers = [
        Courier(
            **{
                **courier,
                "committed": tuple(Committed(**stop) for stop in courier["committed"]),
                "skills": frozenset(courier["skills"]),
                "rest": None if courier["rest"] is None else tuple(courier["rest"]),
            }
        )
        for courier in body["couriers"]
    ]
    requests = [
        Request(**{**request, "skills": frozenset(request["skills"]), "never": frozenset(request["never"])})
        for request in body["requests"]
    ]
    places = len(body["travel_s"])
    return Problem(
        now_s=body["now_s"],
        couriers=tuple(couriers),
        requests=tuple(requests),
        travel_s=np.array(body["travel_s"], dtype=np.int32).reshape(places, places),
        distance_m=np.array(body["distance_m"], dtype=np.int32).reshape(places, places),
        rules=Rules(**rules),
    )


def plan_from_dict(data: dict[str, Any]) -> Plan:
    """A plan from its dictionary. Raises ValueError on anything else."""
    body = _body(data, "plan")
    routes = tuple(
        Route(
            **{
                **route,
                "stops": tuple(PlannedStop(**stop) for stop in route["stops"]),
                "departs": tuple(route["departs"]),
            }
        )
        for route in body["routes"]
    )
    why = tuple(_why(item) for item in body["why"])
    unserved = tuple((request, reason) for request, reason in body["unserved"])
    return Plan(**{**body, "routes": routes, "why": why, "unserved": unserved, "cost": Costs(**body["cost"])})


def _why(item: dict[str, Any]) -> Why:
    """One explanation from its dictionary."""
    lacking = item["lacking"]
    others = tuple(
        Alternative(**{**other, "cost": Costs(**other["cost"]), "sequence": tuple(other["sequence"])})
        for other in item["others"]
    )
    return Why(
        **{
            **item,
            "cost": Costs(**item["cost"]),
            "others": others,
            "without": tuple(item["without"]),
            "lacking": None if lacking is None else Lacking(**lacking),
        }
    )
