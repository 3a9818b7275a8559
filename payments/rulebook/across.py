"""Rules about several lines of a rulebook at once, read from the file as written so that no fault hides another."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from payments.rulebook.words import VEHICLES

Fault = tuple[tuple[str | int, ...], str]


def across(raw: dict[str, Any]) -> Iterator[Fault]:
    """(place, words) for each fault; what has a fault of its own kind is left to its own section."""
    yield from _zones(raw.get("zones"))
    yield from _hills(raw)
    yield from _climb(raw)
    for name, check in _SECTIONS.items():
        section = raw.get(name)
        if isinstance(section, dict):
            yield from check(section)


def _zones(zones: object) -> Iterator[Fault]:
    if not isinstance(zones, list):
        return
    if not zones:
        yield ("zones",), "needs at least one zone"
    names: set[object] = set()
    for place, zone in enumerate(zones):
        if not isinstance(zone, dict):
            continue
        if ("polygon" in zone) == zone.get("everywhere", False):
            yield ("zones", place), "needs either a polygon or everywhere = true, and not both"
        name = zone.get("name")
        if isinstance(name, str) and name.strip() in names:
            yield ("zones", place, "name"), f'another zone is called "{name.strip()}" already'
        names.add(name.strip() if isinstance(name, str) else None)


def _pay(pay: dict[str, Any]) -> Iterator[Fault]:
    for table in ("rates", "floor"):
        if not _rising(pay.get(table)):
            yield ("pay", table), "each rate must begin on a later day than the one above it"
    basis = pay.get("basis")
    if basis in ("hourly", "both") and not pay.get("rates"):
        yield ("pay", "rates"), "pay by the hour needs a [[pay.rates]] with from and per_hour_minor"
    if basis in ("per_drop", "both") and not pay.get("per_drop_minor"):
        yield ("pay", "per_drop_minor"), "pay by the drop needs the pence for a drop"
    if basis == "per_drop" and not pay.get("floor"):
        yield ("pay", "floor"), "pay by the drop needs a floor an hour, a [[pay.floor]] like [[pay.rates]]"
    for name, (one, other) in _EITHER.items():
        yield from _either(pay.get(name), name, one, other)


# Of these two rules, exactly one says what such an hour is worth.
_EITHER = {
    "late": ("per_hour_minor", "rate_bp"),
    "rain": ("per_hour_minor", "rate_bp"),
    "sick": ("per_hour_minor", "share_bp"),
}


def _either(section: object, name: str, one: str, other: str) -> Iterator[Fault]:
    if isinstance(section, dict) and bool(section.get(one)) == bool(section.get(other)):
        yield (
            ("pay", name),
            f"needs either {one} (pence an hour) or {other} (hundredths of a percent of the rate), and not both",
        )


def _hills(raw: dict[str, Any]) -> Iterator[Fault]:
    """A hill premium for a zone that is not there would never be paid."""
    pay, zones = raw.get("pay"), raw.get("zones")
    hills = pay.get("hills") if isinstance(pay, dict) else None
    if not isinstance(hills, dict) or not isinstance(zones, list):
        return
    listed = hills.get("zones")
    known = [str(zone.get("name")).strip() for zone in zones if isinstance(zone, dict)]
    if isinstance(listed, list):
        if not listed:
            yield ("pay", "hills", "zones"), "names no zone: write the hilly ones, or leave [pay.hills] out"
        for name in listed:
            if isinstance(name, str) and name.strip() not in known:
                yield ("pay", "hills", "zones"), f'there is no zone called "{name.strip()}" in this file'


def _climb(raw: dict[str, Any]) -> Iterator[Fault]:
    """Effort of a climb where no zone is hilly would never be counted."""
    rest, pay, zones = raw.get("rest"), raw.get("pay"), raw.get("zones")
    written = isinstance(rest, dict) and rest.get("climb_effort_pct")
    paid = isinstance(pay, dict) and isinstance(pay.get("hills"), dict)
    hilly = isinstance(zones, list) and any(isinstance(zone, dict) and zone.get("hilly") for zone in zones)
    if written and not paid and not hilly:
        yield (
            ("rest", "climb_effort_pct"),
            "no zone is hilly: write hilly = true in one, or name them in [pay.hills]",
        )


def _rising(rates: object) -> bool:
    """Whether the days of a table of rates rise, as far as they are days."""
    items = rates if isinstance(rates, list) else []
    days = [item.get("from") for item in items if isinstance(item, dict)]
    known = [date.fromisoformat(str(day)) for day in days if _is_day(day)]
    return known == sorted(set(known))


def _is_day(day: object) -> bool:
    try:
        date.fromisoformat(str(day))
    except ValueError:
        return False
    return True


def _pay_period(period: dict[str, Any]) -> Iterator[Fault]:
    kind, start = period.get("kind", "week"), period.get("starts_on", "monday")
    if kind == "week" and type(start) is int:
        yield ("pay_period", "starts_on"), f'a week starts on a weekday such as "monday"; you wrote {start}'
    if kind == "month" and isinstance(start, str):
        yield ("pay_period", "starts_on"), f'a month starts on one of its days, 1 to 28; you wrote "{start}"'


def _dispatch(dispatch: dict[str, Any]) -> Iterator[Fault]:
    yield from _capacity(dispatch.get("capacity"))
    if dispatch.get("travel_provider") == "plane":
        for needed in ("origin", "metres_per_minute"):
            if needed not in dispatch:
                yield ("dispatch", needed), 'is needed when travel_provider = "plane"'


def _capacity(capacity: object) -> Iterator[Fault]:
    """A rider may come on any kind of vehicle, and no plan can be made for one whose load is not written."""
    if not isinstance(capacity, dict):
        return
    for kind in VEHICLES:
        if kind not in capacity:
            yield ("dispatch", "capacity", kind), "is missing: write how many orders such a vehicle carries"


def _surplus(surplus: dict[str, Any]) -> Iterator[Fault]:
    shares = [surplus.get(name, 0) for name in ("reserve_bp", "community_bp")]
    if all(type(share) is int for share in shares) and sum(shares) > 10_000:
        yield ("surplus",), "reserve_bp and community_bp together are more than the whole (10000)"


_SECTIONS = {"pay": _pay, "pay_period": _pay_period, "dispatch": _dispatch, "surplus": _surplus}
