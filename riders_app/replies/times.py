"""When it truly was: the time of day a rider wrote, as an instant near the one at which they wrote it."""

from datetime import UTC, datetime, timedelta

from riders_app.replies.reading import Reading

_HALF = timedelta(hours=12)
_A_MINUTE = timedelta(minutes=1)


def truly(reading: Reading, heard: datetime) -> datetime | None:
    """The instant a reading names, in the zone of `heard` (aware, local); None if it names none.

    `640` may be morning or evening and `2350` today or yesterday: the one nearest to when it was written is meant.
    Whether it can be right is for others to judge.
    """
    if reading.ago_min is not None:
        return (heard.astimezone(UTC) - timedelta(minutes=reading.ago_min)).astimezone(heard.tzinfo)
    if reading.at is None:
        return None
    today = heard.replace(hour=reading.at.hour, minute=reading.at.minute, second=0, microsecond=0)
    tries = [today, today - timedelta(days=1), today + timedelta(days=1)]
    if 1 <= reading.at.hour <= 12:
        tries += [t + _HALF if t.hour < 12 else t - _HALF for t in tries]
    told = heard.astimezone(UTC)
    return min((_instant(t, told) for t in tries), key=lambda t: abs(t - told)).astimezone(heard.tzinfo)


def _instant(wall: datetime, told: datetime) -> datetime:
    """A time of day as an instant. In the night the clocks go back an hour comes twice: the last that was is meant."""
    first, second = sorted(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return second if second <= told + _A_MINUTE else first
