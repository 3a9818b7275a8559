"""A day's pooled tips, shared out by minutes on shift: once, and anew when that day turns out otherwise."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session

from payments import books, work
from payments.errors import NobodyToShare
from payments.ledger import Entry


def pooled_on(session: Session, order_id: int, attempt: int) -> date | None:
    """The day whose pool an attempt to deliver an order brought its tip to; None when it brought none."""
    booked = books.entry_by_key(session, f"order:{order_id}:delivered:{attempt}")
    days = (work.pool_day(posting.destination) for posting in (booked.entry.postings if booked else ()))
    return next((day for day in days if day is not None), None)


def pot(session: Session, day: date) -> int:
    """All tips of a day that were pooled (minor units), shared out or not."""
    return _unshared(session, day) + sum(_amount(each) for each in _standing(session, day))


def shared_out(session: Session, day: date, minutes: Mapping[int, int], *, now: datetime) -> int | None:
    """Share a day's tips out by minutes on shift (rider -> minutes); the entry's number, None with nothing to share.

    Asked again with the same minutes and the same tips, it is the same entry. Where either has changed, the old
    shares are taken back by a reversal and new ones given, both at `now`; NobodyToShare when there are tips and
    nobody was on shift.
    """
    standing = _standing(session, day)
    pot_minor = pot(session, day)
    if pot_minor > 0 and not any(minutes.values()):
        raise NobodyToShare(day)
    wanted = work.share_postings(day, pot_minor, minutes) if pot_minor > 0 else ()
    if standing and standing[-1].entry.postings == wanted:
        return standing[-1].id
    for each in standing:
        why = f"What was known of {day.isoformat()} has changed: its tips are shared anew"
        books.reverse(session, each.key, new_key=f"{each.key}:reversed", why=why, now=now)
    if not wanted:
        return None
    turn = 1 + sum(each.reverses is None for each in books.about(session, _subject(day)))
    version, rulebook = books.in_force(session, at=now)
    entry = Entry(
        f"{_subject(day)}:shared:{turn}",
        now,
        f"Tips of {day.isoformat()}, shared by minutes on shift",
        wanted,
        rulebook.co_op.currency,
        version,
        _subject(day),
    )
    return books.post(session, entry, now=now)


def _subject(day: date) -> str:
    return f"tips:{day.isoformat()}"


def _standing(session: Session, day: date) -> list[books.Booked]:
    return [each for each in books.standing(session, _subject(day)) if ":shared:" in each.key]


def _unshared(session: Session, day: date) -> int:
    return books.balance(session, work.pool(day))


def _amount(booked: books.Booked) -> int:
    return sum(posting.amount for posting in booked.entry.postings)
