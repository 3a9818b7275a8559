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
    """A time of rain, `since` <= it rained < `until`. BadAmount when it ends before it begins."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise BadAmount("a spell of rain ends before it begins")


@dataclass(frozen=True, slots=True)
class ShiftMoney:
    """A shift as the books see it; `revision` counts its corrections. BadAmount when it ends before it starts.

    `rides` are those of its `drops` whose way is known, `rain` the spells that fell on it; both may be empty
    where the rulebook pays nothing for them.
    """

    shift_id: int
    rider_id: int
    started_at: datetime
    ended_at: datetime
    revision: int
    drops: int
    rides: tuple[Drop, ...] = ()
    rain: tuple[Spell, ...] = ()

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
    def minutes(self) -> int:
        """Whole minutes on the shift clock, a minute begun counting as one."""
        return self.minute_at(self.ended_at)

    def minute_at(self, at: datetime) -> int:
        """How many minutes of the shift have begun before an instant, the shift's end apart."""
        return -((self.started_at - at) // MINUTE)

    def begun_within(self, since: datetime, until: datetime) -> int:
        """How many of its minutes begin in `since` <= at < `until`."""
        first, last = (min(max(0, self.minute_at(at)), self.minutes) for at in (since, until))
        return max(0, last - first)


def worked(rulebook: Rulebook, shift: ShiftMoney) -> Iterator[tuple[date, int]]:
    """(day, minutes) of a shift: a minute belongs to the day, in the co-op's time, on which it begins."""
    day, done = rulebook.local(shift.started_at).date(), 0
    while done < shift.minutes:
        until = min(shift.minutes, shift.minute_at(rulebook.midnight(day + timedelta(days=1))))
        yield day, until - done
        day, done = day + timedelta(days=1), until
