"""Sick pay and leave taken: booked when a named person records them, taken back by reversal."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from payments import books, terms, work
from payments.ledger import HOLIDAY, Entry, Posting
from payments.work import AbsenceMoney


def sick(session: Session, absence: AbsenceMoney, *, now: datetime) -> tuple[int, ...]:
    """Book sick pay by the rules of the day that was missed, and the holiday that comes with it; entries' numbers.

    Asked again, the same. NoSickPay where those rules know none; NoRulebook or NoRate before the first.
    """
    subject = _subject(absence.absence_id)
    key = f"{subject}:sick:1"
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        at, version, rulebook = earlier.entry.at, earlier.rulebook, books.rules(session, earlier.rulebook)
    else:
        start = books.in_force(session, at=now)[1].midnight(absence.on)
        at, (version, rulebook) = now, books.in_force(session, at=start)
    why = f"Sick pay for {absence.on.isoformat()}"
    to = terms.holiday_account(rulebook, absence.rider_id)
    money = work.sick_postings(rulebook, absence, to)
    leave = work.sick_holiday(rulebook, absence)
    entries = [
        Entry(key, at, why, money, rulebook.co_op.currency, version, subject) if money else None,
        Entry(f"{subject}:holiday:1", at, why, leave, HOLIDAY, version, subject) if leave else None,
    ]
    return tuple(books.post(session, entry, now=now) for entry in entries if entry is not None)


def leave(session: Session, absence: AbsenceMoney, *, now: datetime) -> tuple[int, ...]:
    """Book leave taken: minutes off what has accrued, and their share of what was set aside becomes payable.

    Returns the entries' numbers; asked again, the same. NotSoMuchLeave beyond what has accrued.
    """
    subject = _subject(absence.absence_id)
    keys = (f"{subject}:leave:1", f"{subject}:paid:1")
    booked = [each for key in keys if (each := books.entry_by_key(session, key)) is not None]
    if booked:
        return tuple(each.id for each in booked)
    version, rulebook = books.in_force(session, at=now)
    rider = absence.rider_id
    set_aside, payable = terms.rider(rider, terms.SET_ASIDE), terms.rider(rider, "holiday-pay")
    units, money = work.leave_postings(
        absence,
        accrued_units=books.balance(session, terms.rider(rider, "holiday"), unit=HOLIDAY),
        set_aside_minor=max(0, books.balance(session, set_aside, unit=rulebook.co_op.currency)),
        set_aside=set_aside,
        paid_to=payable,
    )
    why = f"Leave taken from {absence.on.isoformat()}"
    wanted: Sequence[tuple[str, tuple[Posting, ...], str]] = (
        (keys[0], units, HOLIDAY),
        (keys[1], money, rulebook.co_op.currency),
    )
    return tuple(
        books.post(session, Entry(key, now, why, postings, unit, version, subject), now=now)
        for key, postings, unit in wanted
        if postings
    )


def absence_taken_back(session: Session, absence_id: int, *, why: str, now: datetime) -> tuple[int, ...]:
    """Undo all that stands of an absence; the reversals' numbers, none the second time."""
    return tuple(
        books.reverse(session, each.key, new_key=f"{each.key}:reversed", why=why, now=now)
        for each in books.standing(session, _subject(absence_id))
    )


def leave_left(session: Session, rider_id: int) -> tuple[int, int]:
    """What a rider has still to take: whole minutes of leave, and what was set aside for them in minor units."""
    currency_free = books.trial_balance(session, terms.rider(rider_id, terms.SET_ASIDE))
    units = books.balance(session, terms.rider(rider_id, "holiday"), unit=HOLIDAY)
    return work.whole_minutes(units), sum(line.balance for line in currency_free)


def leave_owed(session: Session) -> dict[int, int]:
    """Each rider for whom holiday pay is still set aside, and how much, in minor units."""
    lines = books.trial_balance(session, "rider")
    return {
        int(line.account.split(":")[1]): line.balance
        for line in lines
        if line.account.endswith(f":{terms.SET_ASIDE}") and line.balance > 0
    }


def _subject(absence_id: int) -> str:
    return f"absence:{absence_id}"
