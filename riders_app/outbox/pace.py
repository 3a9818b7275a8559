"""How fast each of our numbers may send: what it was given keeps it busy, and no carrier's queue grows old.

A carrier takes more than it can send and queues it for hours. Kept here instead, what is urgent goes first, and an
offer's validity is counted from when it really leaves.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from riders_app.tables import SenderPace

# A number that sends many segments a second may be given a second's worth at once, one that sends few is not.
_AT_ONCE = timedelta(seconds=1)


def busy_until(
    session: Session, sender: str, segments_per_s: float | None, *, now: datetime
) -> datetime | None:
    """When a number can be given its next text; None: now."""
    if segments_per_s is None:
        return None
    row = session.get(SenderPace, sender)
    if row is None:
        return None
    ahead = max(timedelta(0), _AT_ONCE - timedelta(seconds=1 / segments_per_s))
    next_at = row.free_at - ahead
    return next_at if next_at > now else None


def given(
    session: Session, sender: str, segments: int, segments_per_s: float | None, *, now: datetime
) -> None:
    """Write down that a number was given so many segments."""
    if segments_per_s is None:
        return
    row = session.get(SenderPace, sender) or SenderPace(sender=sender, free_at=now)
    row.free_at = max(row.free_at, now) + timedelta(seconds=segments / segments_per_s)
    session.add(row)
