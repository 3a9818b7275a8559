"""A shift as the books see it: its clock, its drops, the rain that fell on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from payments.errors import BadAmount
from payments.rulebook import Rulebook

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Drop:
    """A delivered order as premiums see it: its zone's name, and metres from restaurant to door."""

    zone: str
    distance_m: int

    def __post_init__(self) -> None:
        if self.distance_m < 0:
            raise BadAmount(f"{self.distance_m} m is not a distance")


@dataclass(frozen=True, slots=True)
class Spell:
    """A time of rain or of an unpaid break, `since` <= it was so < `until`.

    BadAmount when it ends before it begins.
    """

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise BadAmount("a spell ends before it begins")


@dataclass(frozen=True, slots=True)
class ShiftMoney:
    """A shift as the books see it; `revision` counts its corrections. BadAmount when it ends before it starts.

    `rides` are those of its `drops` whose way is known, `rain` the spells that fell on it; both may be empty
    where the rulebook pays nothing for them. `unpaid` are its breaks that the members' rules do not pay: their
    whole minutes are none of its `minutes`, so that neither wages, premiums nor a share of tips come of them.
    """

    shift_id: int
    rider_id: int
    started_at: datetime
    ended_at: datetime
    revision: int
    drops: int
    rides: tuple[Drop, ...] = ()
    rain: tuple[Spell, ...] = ()
    unpaid: tuple[Spell, ...] = ()

    def __post_init__(self) -> None:
        if self.started_at.utcoffset() is None or self.ended_at.utcoffset() is None:
            raise BadAmount(f"shift {self.shift_id}: an instant needs its offset")
        if self.ended_at < self.started_at:
            raise BadAmount(f"shift {self.shift_id} ends before it starts")
        if self.drops < 0 or self.revision < 0:
            raise BadAmount(f"shift {self.shift_id}: drops and revision are 0 or more")
        if len(self.rides) > self.drops:
            raise BadAmount(f"shift {self.shift_id}: more rides than drops")

    @property
    def clock_minutes(self) -> int:
        """Whole minutes on the shift clock, a minute begun counting as one."""
        return self.minute_at(self.ended_at)

    @property
    def unpaid_minutes(self) -> int:
        """Whole minutes of unpaid breaks, a minute not finished counting as none."""
        return len(self._resting())

    @property
    def minutes(self) -> int:
        """Whole minutes that are paid."""
        return self.clock_minutes - self.unpaid_minutes

    def paid(self) -> Iterator[datetime]:
        """When each paid minute begins."""
        resting = self._resting()
        return (self.started_at + i * MINUTE for i in range(self.clock_minutes) if i not in resting)

    def minute_at(self, at: datetime) -> int:
        """How many minutes of the shift have begun before an instant, the shift's end apart."""
        return -((self.started_at - at) // MINUTE)

    def begun_within(self, since: datetime, until: datetime) -> int:
        """How many of its paid minutes begin in `since` <= at < `until`."""
        first, last = (min(max(0, self.minute_at(at)), self.clock_minutes) for at in (since, until))
        return max(0, last - first) - sum(1 for i in self._resting() if first <= i < last)

    def _resting(self) -> frozenset[int]:
        """Its unpaid minutes, from its start: of a break as many as it has whole, from the first begun in it."""
        found: set[int] = set()
        for rest in self.unpaid:
            since, until = max(rest.since, self.started_at), min(rest.until, self.ended_at)
            first = self.minute_at(since)
            found.update(range(first, first + max(0, (until - since) // MINUTE)))
        return frozenset(found)


def worked(rulebook: Rulebook, shift: ShiftMoney) -> Iterator[tuple[date, int]]:
    """(day, paid minutes) of a shift: a minute belongs to the day, in the co-op's time, on which it begins."""
    at = shift.started_at
    while shift.minute_at(at) < shift.clock_minutes:
        day = rulebook.local(at).date()
        day_end = rulebook.midnight(day + timedelta(days=1))
        yield day, shift.begun_within(at, min(day_end, shift.ended_at))
        at = day_end
