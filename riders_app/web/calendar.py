"""A rider's shifts as an iCalendar feed (RFC 5545): stable names, local times with their zone, cancelled ones too."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import icalendar

from dispatch.facts import Say, english
from dispatch.tables import Shift
from payments.rulebook import Rulebook


def feed(rows: Sequence[Shift], rules: Rulebook, *, host: str, now: datetime, say: Say = english) -> bytes:
    """The calendar of these shifts, in its rider's language.

    A shift keeps its UID whatever becomes of it, so that calendars change theirs.
    Times are local with the co-op's zone spelt out, so that an evening over a change of the clocks is right.
    """
    made = icalendar.Calendar()
    made.add("prodid", "-//Pannier//Shifts//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    name = say("{name}: my shifts", name=rules.co_op.name)
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    for row in rows:
        made.add_component(_event(row, rules, host, now, say))
    made.add_missing_timezones()
    written: bytes = made.to_ical()
    return written


def _event(row: Shift, rules: Rulebook, host: str, now: datetime, say: Say) -> icalendar.Event:
    starts, ends = row.started_at or row.planned_start_at, row.ended_at or row.planned_end_at
    event = icalendar.Event()
    event.add("uid", f"shift-{row.id}@{host}")
    event.add("dtstamp", now)
    event.add("dtstart", _wall(rules, starts))
    event.add("dtend", _wall(rules, max(ends, starts + timedelta(minutes=1))))
    told = say("Shift, {name}", name=rules.co_op.name)
    event.add("summary", f"{told}, {say('cargo bike')}" if row.vehicle == "cargo" else told)
    event.add("status", "CANCELLED" if row.state == "cancelled" else "CONFIRMED")
    event.add("sequence", row.revision + (1 if row.state == "cancelled" else 0))
    return event


def _wall(rules: Rulebook, at: datetime) -> datetime:
    """Local time, but for the hour that comes twice when the clocks go back: a calendar reads that as the first."""
    local = rules.local(at)
    return at.astimezone(UTC) if local.fold else local
