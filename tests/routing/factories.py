"""Made-up routing problems: a neighbourhood, its restaurants, couriers in the middle of an evening."""

import random
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from routing import Committed, Courier, Problem, Request, Rules, Weights
from routing.problem import BASES
from routing.travel import crow


@dataclass(frozen=True)
class Knobs:
    """What a made-up problem varies."""

    requests: int
    couriers: int
    seed: int
    one_restaurant: bool = False
    end_rule: str = "drop"
    freshness_s: int | None = 1800
    max_batch: int = 3
    shift_s: int = 7200
    fairness: float = 0.0
    basis: str = "orders"
    churn: float = 0.0
    horizon_s: int = 0
    fussy: bool = False
    tired: bool = False
    unsure: bool = False
    patient: bool = False


def knobs(requests: int, couriers: int) -> st.SearchStrategy[Knobs]:
    """Problems of up to so many requests and couriers, every rule on or off."""
    return st.builds(
        Knobs,
        requests=st.integers(0, requests),
        couriers=st.integers(0, couriers),
        seed=st.integers(0, 10_000),
        one_restaurant=st.booleans(),
        end_rule=st.sampled_from(["pickup", "drop"]),
        freshness_s=st.sampled_from([None, 300, 900, 1800]),
        max_batch=st.integers(1, 4),
        shift_s=st.sampled_from([1800, 3600, 7200]),
        fairness=st.sampled_from([0.0, 60.0, 600.0]),
        basis=st.sampled_from(BASES),
        churn=st.sampled_from([0.0, 90.0]),
        horizon_s=st.sampled_from([0, 600]),
        fussy=st.booleans(),
        tired=st.booleans(),
        unsure=st.booleans(),
        patient=st.booleans(),
    )


def problem(k: Knobs) -> Problem:
    """The problem these knobs give, always the same."""
    chance = random.Random(k.seed)
    points: list[tuple[float, float]] = []

    def place() -> int:
        points.append((51.56 + chance.uniform(-0.02, 0.02), -0.1 + chance.uniform(-0.03, 0.03)))
        return len(points) - 1

    kitchens = [place() for _ in range(max(1, (k.requests + 1) // 2))]
    requests = []
    for i in range(k.requests):
        kitchen, placed = chance.randrange(len(kitchens)), chance.randrange(-1200, 0)
        ready = placed + chance.randrange(300, 1800)
        only = f"c{chance.randrange(k.couriers + 1)}" if k.fussy and chance.random() < 0.1 else None
        requests.append(
            Request(
                id=f"o{i}",
                pickup=kitchens[kitchen],
                drop=place(),
                placed_s=placed,
                ready_s=ready,
                promise_s=placed + 2400,
                size=chance.choice([1, 1, 1, 2]),
                restaurant=f"k{kitchen}",
                skills=frozenset(
                    chance.sample(["hill", "cargo"], chance.choice([0, 0, 0, 1]) if k.fussy else 0)
                ),
                only=only,
                never=frozenset([f"c{chance.randrange(9)}"] if k.fussy and chance.random() < 0.3 else [])
                - {only},
                previous=f"c{chance.randrange(9)}" if chance.random() < 0.4 else None,
                pay=chance.choice([1.0, 2.5]),
                desirable=chance.choice([0.0, 0.0, 1.0, 1.5]),
                spread_s=chance.choice([0, 60, 240, 600]) if k.unsure else 0,
                firm=not k.patient or chance.random() < 0.6,
            )
        )
    couriers = [
        Courier(
            id=f"c{j}",
            at=place(),
            free_s=chance.randrange(-300, 900),
            capacity=chance.randrange(1, 5),
            shift_end_s=k.shift_s + chance.randrange(-600, 600),
            tolerance_s=chance.choice([0, 300]),
            had=float(chance.randrange(0, 9)),
            hours=chance.choice([0.0, 1.5, 4.0]),
            committed=_held(chance, j, place),
            skills=frozenset(chance.sample(["hill", "cargo"], chance.randrange(3))),
            **(_limits(chance) if k.tired else {}),
        )
        for j in range(k.couriers)
    ]
    travel_s, distance_m = crow(points, speed_kmh=15, detour=1.3)
    rules = Rules(
        max_batch=k.max_batch,
        freshness_s=k.freshness_s,
        one_restaurant_batches=k.one_restaurant,
        end_rule="pickup" if k.end_rule == "pickup" else "drop",
        horizon_s=k.horizon_s,
        weights=Weights(fairness=k.fairness, churn=k.churn),
        fairness_basis=k.basis,  # type: ignore[arg-type]
    )
    return Problem(0, tuple(couriers), tuple(requests), travel_s, distance_m, rules)


def _limits(chance: random.Random) -> dict[str, Any]:
    """A break soon, now or never, and what may still be given to who is near a limit."""
    begins = chance.randrange(-600, 3000)
    return {
        "rest": (begins, begins + chance.choice([0, 900, 1800])) if chance.random() < 0.7 else None,
        "orders_left": chance.choice([None, 0, 1, 2]),
        "effort_left_s": chance.choice([None, None, 1500, 4000]),
    }


def _held(chance: random.Random, j: int, place: object) -> tuple[Committed, ...]:
    """Stops already accepted: none, a drop on the way, or two pick-ups in one visit with their drops."""
    assert callable(place)
    kind = chance.randrange(3)
    if kind == 0:
        return ()
    if kind == 1:
        return (Committed("drop", f"held{j}", place(), 0, 1, 0),)
    kitchen, ready = place(), chance.randrange(0, 600)
    return (
        Committed("pickup", f"held{j}a", kitchen, ready, 1, 0),
        Committed("pickup", f"held{j}b", kitchen, ready + 60, 1, 0),
        Committed("drop", f"held{j}b", place(), 0, 1, 1),
        Committed("drop", f"held{j}a", place(), 0, 1, 2),
    )
