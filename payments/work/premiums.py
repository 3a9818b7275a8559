"""What a shift earns beyond its basis: late hours, rain, long ways, hills. On top of the floor, never towards it."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from payments.rulebook import HourlyPremium, Rulebook
from payments.work.shifts import ShiftMoney

PREMIUMS = ("late", "rain", "distance", "hills")


class Premium(NamedTuple):
    """A premium by its name in the rulebook, and what it comes to in minor units."""

    name: str
    amount_minor: int


def premiums(rulebook: Rulebook, shift: ShiftMoney) -> tuple[Premium, ...]:
    """What each premium of the rulebook comes to for a shift, in their order, those that come to nothing left out.

    Each is its exact sum over the shift, rounded up once to the minor unit. NoRate when a premium is a part of
    a rate and that day has none.
    """
    rules = rulebook.pay
    exact: dict[str, tuple[int, int]] = {}
    if rules.late is not None:
        exact["late"] = _hourly(rulebook, rules.late, _late_minutes(rulebook, shift))
    if rules.rain is not None:
        exact["rain"] = _hourly(rulebook, rules.rain, _rain_minutes(rulebook, shift))
    if rules.distance is not None:
        beyond_m = sum(max(0, ride.distance_m - rules.distance.over_m) for ride in shift.rides)
        exact["distance"] = beyond_m * rules.distance.per_km_minor, 1000
    if rules.hills is not None:
        climbs = sum(ride.zone in rules.hills.zones for ride in shift.rides)
        exact["hills"] = climbs * rules.hills.per_drop_minor, 1
    sums = (Premium(name, -(-exact[name][0] // exact[name][1])) for name in PREMIUMS if name in exact)
    return tuple(each for each in sums if each.amount_minor)


def _hourly(rulebook: Rulebook, rule: HourlyPremium, minutes: Iterable[date]) -> tuple[int, int]:
    """The exact sum for minutes, each given by its day, as a fraction of minor units."""
    if rule.rate_bp:
        return sum(rulebook.pay.hour_on(day) for day in minutes) * rule.rate_bp, 60 * 10_000
    return sum(1 for _ in minutes) * (rule.per_hour_minor or 0), 60


def _late_minutes(rulebook: Rulebook, shift: ShiftMoney) -> Iterator[date]:
    """The day of each paid minute that begins late, by the clock on the wall."""
    late = rulebook.pay.late
    for at in shift.paid() if late is not None else ():
        local = rulebook.local(at)
        if late is not None and late.covers(local.time()):
            yield local.date()


def _rain_minutes(rulebook: Rulebook, shift: ShiftMoney) -> Iterator[date]:
    """The day of each paid minute that begins in the rain; two spells over one another are one."""
    for at in shift.paid() if shift.rain else ():
        if any(spell.since <= at < spell.until for spell in shift.rain):
            yield rulebook.local(at).date()
