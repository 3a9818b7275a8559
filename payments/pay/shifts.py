"""A shift's pay: booked when it ends, by the rules in force when it began; corrected by reversal."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from payments import books, ledger, statements, terms
from payments.errors import AlreadyBooked, BadCorrection
from payments.ledger import Entry, Posting
from payments.rulebook import Rulebook
from payments.statements import Statement
from payments.terms import ShiftMoney

# A shift is booked as up to three entries, one for each unit; this part of the key tells them apart.
_KINDS: dict[str, Callable[[Rulebook, ShiftMoney], tuple[Posting, ...]]] = {
    "ended": terms.wage_postings,
    "minutes": terms.minute_postings,
    "holiday": terms.holiday_postings,
}


def shift_ended(session: Session, shift: ShiftMoney, *, now: datetime) -> tuple[int, ...]:
    """Book what a shift earned, at the moment it ended; the numbers of its entries, none for no time at all.

    Asked again it is the same entries. AlreadyBooked while another revision stands; KeyReused when this
    revision was booked with other facts; NoRulebook when none was in force as it began.
    """
    return _book(session, shift, at=shift.ended_at, why=_why(shift), now=now)


def shift_corrected(
    session: Session, old: ShiftMoney, new: ShiftMoney, *, why: str, now: datetime
) -> tuple[int, ...]:
    """Undo what was booked for the old revision and book the new one, both at `now`.

    A statement already given stays as it was; the difference stands in the next. A shift that still begins on the
    same day keeps the rules it was booked by, whatever was adopted meanwhile. Returns the numbers of the
    reversals and of the new entries; asked again, the same. BadCorrection unless shift and rider are the
    same and the revision is later; AlreadyBooked while yet another revision stands.
    """
    if (old.shift_id, old.rider_id) != (new.shift_id, new.rider_id) or new.revision <= old.revision:
        raise BadCorrection
    booked = [each for kind in _KINDS if (each := books.entry_by_key(session, _key(old, kind))) is not None]
    undone = tuple(
        books.reverse(session, each.key, new_key=f"{each.key}:reversed", why=why, now=now) for each in booked
    )
    kept = booked[0].rulebook if booked else None
    if kept is not None:
        local = books.rules(session, kept).local
        kept = kept if local(old.started_at).date() == local(new.started_at).date() else None
    return undone + _book(session, new, at=now, why=why, now=now, kept=kept)


def pays_otherwise(session: Session, before: ShiftMoney, after: ShiftMoney) -> bool:
    """Whether two accounts of one shift come to different pay, by the rules it was booked by or those as it began."""
    booked = filter(None, (books.entry_by_key(session, _key(before, kind)) for kind in _KINDS))
    version = next((each.rulebook for each in booked), None)
    rules = books.rules(session, version) if version else books.in_force(session, at=after.started_at)[1]
    return any(kind(rules, before) != kind(rules, after) for kind in _KINDS.values())


def rider_statement(session: Session, rider_id: int, *, since: datetime, until: datetime) -> Statement:
    """What a rider earned in `since` <= at < `until`: a line for each thing, with the entries behind it."""
    lines = books.lines(session, f"rider:{rider_id}", since=since, until=until)
    return statements.rider(lines, rider_id, since=since, until=until)


def _why(shift: ShiftMoney) -> str:
    """What a payslip's line says: which shift, and what of its clock the rules do not pay."""
    unpaid = shift.unpaid_minutes
    return f"Shift {shift.shift_id}" + (f", {unpaid} min of break unpaid" if unpaid else "")


def _key(shift: ShiftMoney, kind: str) -> str:
    return f"shift:{shift.shift_id}:{kind}:{shift.revision}"


def _book(
    session: Session, shift: ShiftMoney, *, at: datetime, why: str, now: datetime, kept: str | None = None
) -> tuple[int, ...]:
    subject = f"shift:{shift.shift_id}"
    earlier = next(filter(None, (books.entry_by_key(session, _key(shift, kind)) for kind in _KINDS)), None)
    if earlier is not None:
        at, version, rulebook = earlier.entry.at, earlier.rulebook, books.rules(session, earlier.rulebook)
    elif kept is not None:
        version, rulebook = kept, books.rules(session, kept)
    else:
        version, rulebook = books.in_force(session, at=shift.started_at)
    units = {"ended": rulebook.co_op.currency, "minutes": ledger.MINUTES, "holiday": ledger.HOLIDAY}
    entries = [
        Entry(_key(shift, kind), at, why, postings, units[kind], version, subject)
        for kind, terms_of in _KINDS.items()
        if (postings := terms_of(rulebook, shift))
    ]
    if entries and earlier is None:
        for other in books.standing(session, subject):
            raise AlreadyBooked(subject, other.key)
    return tuple(books.post(session, entry, now=now) for entry in entries)
