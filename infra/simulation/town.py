"""An invented evening around Finsbury Park: restaurants, riders, customers and what they will order.

Every name of a business or a person is made up; streets are real, house numbers are not; phones are the ones
Ofcom keeps for drama.
"""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.places.gazetteer import STREETS
from infra.simulation.parcels import Kitchen, Parcel, Point
from payments.rulebook import Rulebook

M_PER_DEGREE = 111_195.0

KITCHENS = (
    ("Dilan's Ocakbasi", "41 Green Lanes", (51.5685, -0.0955)),
    ("Casa Moreno", "18 Stroud Green Road", (51.5664, -0.1080)),
    ("Blackstock Dumplings", "152 Blackstock Road", (51.5617, -0.0984)),
    ("Lalibela Corner", "77 Fonthill Road", (51.5641, -0.1074)),
    ("Pho Thu Ha", "203 Seven Sisters Road", (51.5634, -0.1087)),
    ("Hornsey Road Curry House", "356 Hornsey Road", (51.5651, -0.1178)),
    ("The Green Tiffin", "9 Crouch Hill", (51.5712, -0.1172)),
    ("Nonna Tesoro", "121 Stroud Green Road", (51.5704, -0.1121)),
    ("Highbury Mezze", "26 Highbury Park", (51.5571, -0.0986)),
    ("Ridley's Fried Chicken", "64 Holloway Road", (51.5588, -0.1176)),
    ("Suya & Smoke", "310 Caledonian Road", (51.5512, -0.1166)),
    ("Mango & Lime Roti Shop", "5 Tollington Park", (51.5667, -0.1118)),
)

# Name, vehicle, metres per second of this rider on the streets, planned end.
RIDERS = (
    ("Amara Okonjo", "bike", 4.3, "22:30"),
    ("Bartek Zielny", "cargo", 3.8, "22:30"),
    ("Chiara Fontani", "bike", 4.6, "21:30"),
    ("Dev Parmar", "bike", 4.1, "22:00"),
    ("Esme Whitlock", "bike", 4.4, "22:30"),
    ("Femi Adewale", "cargo", 3.9, "22:00"),
    ("Goran Petrik", "bike", 4.2, "21:45"),
    ("Hana Lindqvist", "bike", 4.5, "22:30"),
)
HOMES = ((51.5655, -0.1070), (51.5610, -0.1000), (51.5680, -0.1120), (51.5590, -0.1120))

ONLINE = 6  # every so manieth order, where it is paid by card, is paid on a page of ours

_FIRST = [
    "Ana",
    "Ben",
    "Carys",
    "Dario",
    "Ebele",
    "Fatima",
    "George",
    "Holly",
    "Ines",
    "Jun",
    "Kofi",
    "Leah",
    "Mo",
    "Nadia",
    "Owen",
    "Priya",
    "Rosa",
    "Sam",
    "Tariq",
    "Uma",
    "Violet",
    "Wen",
    "Yusuf",
    "Zoe",
]
_NOTES = (
    "",
    "",
    "",
    "buzzer 3, red door",
    "leave with the neighbour at number 12 if no answer",
    "second floor, lift is broken",
    "please do not ring, baby asleep",
    "gate code 4471",
)
_DISHES = (
    "2 mains, 1 side",
    "family tray",
    "3 dumpling boxes, soup",
    "1 curry, 2 naan, rice",
    "2 pizzas, salad",
    "roti set for two",
    "4 wraps, 2 lemonades",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """An order that will be placed, and by what way."""

    parcel: Parcel
    by_desk: bool
    says_ready: bool


def kitchens() -> list[Kitchen]:
    """The twelve restaurants."""
    return [Kitchen(name, name, address, where) for name, address, where in KITCHENS]


def crow_m(a: Point, b: Point) -> float:
    """Metres between two near places as the crow flies (the earth is flat at this scale)."""
    north = (b[0] - a[0]) * M_PER_DEGREE
    east = (b[1] - a[1]) * M_PER_DEGREE * math.cos(math.radians((a[0] + b[0]) / 2))
    return math.hypot(north, east)


def evening(
    rng: random.Random,
    rulebook: Rulebook,
    places: list[Kitchen],
    *,
    start: datetime,
    orders: int,
    hours: float,
) -> list[Plan]:
    """So many orders over so many hours from `start`, most of them around the middle, first placed first."""
    whole_s = hours * 3600
    instants = sorted(
        rng.uniform(0, whole_s) if rng.random() < 0.4 else rng.triangular(0, whole_s, whole_s * 0.45)
        for _ in range(orders)
    )
    streets = [
        (name, where)
        for name, where in STREETS.items()
        if all(_covered(rulebook, _moved(where, n, e)) for n in (-180, 180) for e in (-180, 180))
    ]
    popular = [rng.uniform(0.6, 1.8) for _ in places]
    return [
        _order(rng, index, start + timedelta(seconds=int(second)), rng.choices(places, popular)[0], streets)
        for index, second in enumerate(instants, 1)
    ]


def _covered(rulebook: Rulebook, where: Point) -> bool:
    return rulebook.zone_at(*where) is not None


def _moved(where: Point, north_m: float, east_m: float) -> Point:
    lat = where[0] + north_m / M_PER_DEGREE
    return lat, where[1] + east_m / (M_PER_DEGREE * math.cos(math.radians(lat)))


def _order(
    rng: random.Random, index: int, placed_at: datetime, kitchen: Kitchen, streets: list[tuple[str, Point]]
) -> Plan:
    # People order from near: half of the wish for a kitchen is gone after about 900 metres.
    near = [math.exp(-((crow_m(kitchen.where, where) / 1100) ** 2)) + 0.01 for _, where in streets]
    street, middle = rng.choices(streets, near)[0]
    cooks_min = rng.randint(11, 24)
    ready_at = placed_at + timedelta(minutes=cooks_min)
    value = max(900, min(7800, round(rng.lognormvariate(math.log(2450), 0.42) / 50) * 50))
    tip = rng.choices((0, 100, 200, 300, round(value * 0.1)), (46, 14, 18, 8, 14))[0]
    with_phone = rng.random() < 0.3
    by_desk = index % 29 == 17
    paid_by = "card" if rng.random() < 0.65 else "account"
    parcel = Parcel(
        reference=f"K{index:03d}",
        kitchen=kitchen,
        drop=_moved(middle, rng.uniform(-160, 160), rng.uniform(-160, 160)),
        address=f"{rng.randint(1, 180)} {street}",
        placed_at=placed_at,
        ready_at=ready_at,
        truly_ready_at=ready_at + timedelta(seconds=round(rng.triangular(-240, 420, 30))),
        value_minor=value,
        tip_minor=tip,
        paid_by=paid_by,
        flat=f"Flat {rng.randint(1, 24)}{rng.choice('ABC') if rng.random() < 0.2 else ''}"
        if rng.random() < 0.45
        else "",
        note=rng.choice(_NOTES),
        items=rng.choice(_DISHES),
        customer=rng.choice(_FIRST),
        phone=f"+447700900{100 + index:03d}" if with_phone else None,
        size=2 if value > 5000 else 1,
        online=paid_by == "card" and not by_desk and index % ONLINE == 0,
    )
    return Plan(parcel, by_desk=by_desk, says_ready=rng.random() < 0.4)
