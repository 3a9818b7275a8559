"""Holds in the books: set aside, then posted, voided or run out, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from payments.books import journal
from payments.books.accounts import within
from payments.books.versions import in_force, rules
from payments.errors import HoldResolved, NoSuchHold
from payments.ledger import HELD, Entry, Hold, Resolution, holds
from payments.tables import ENTRIES, POSTINGS, SUMS


@dataclass(frozen=True, slots=True)
class Standing:
    """A hold as it stands: the number of its entry, and how it ended (None: it has not)."""

    entry_id: int
    hold: Hold
    resolution: Resolution | None


def hold(
    session: Session,
    *,
    key: str,
    source: str,
    destination: str,
    amount: int,
    expires_at: datetime,
    why: str,
    subject: str,
    now: datetime,
    unit: str | None = None,
) -> int:
    """Set `amount` (of the co-op's currency, or of `unit`) aside and return the entry's number.

    Asked again with the same facts, at any `now`, it is the same entry. Overdrawn when the source has not so
    much that is not held already; KeyReused when the key names other facts; BadEntry when it would run out
    before it begins. Holds on the same source that have run out are let go first.
    """
    earlier = journal.entry_by_key(session, key)
    if earlier is not None:
        at, version, rulebook = earlier.entry.at, earlier.rulebook, rules(session, earlier.rulebook)
    else:
        at, (version, rulebook) = now, in_force(session, at=now)
        expire_due(session, source=source, now=now)
    unit = unit or rulebook.co_op.currency
    wanted = Hold(key, source, destination, amount, unit, at, expires_at, why.strip(), subject, version)
    return journal.post(session, holds.opened(wanted), now=now)


def post(session: Session, key: str, amount: int | None = None, *, why: str, now: datetime) -> int:
    """Give a hold's money, all of it or `amount`, to its destination; what is left goes back.

    Returns the number of the entry that ends it; asked again with the same facts, the same. NoSuchHold;
    OverPosted; BadAmount; HoldExpired from its last instant on; HoldResolved when it ended in another way;
    KeyReused when another amount was posted, or for another reason.
    """
    found = get(session, key)
    all_of_it = found.hold.amount if amount is None else amount
    return _end(session, found, "posted", lambda at: holds.posted(found.hold, all_of_it, at=at, why=why), now)


def void(session: Session, key: str, *, why: str, now: datetime) -> int:
    """Let a hold go: everything back to its source; the number of the entry that ends it, again the same.

    NoSuchHold; HoldExpired from its last instant on; HoldResolved when it ended in another way; KeyReused when
    it was let go for another reason.
    """
    found = get(session, key)
    return _end(session, found, "voided", lambda at: holds.voided(found.hold, at=at, why=why), now)


def expire_due(session: Session, *, now: datetime, source: str | None = None) -> tuple[int, ...]:
    """End every hold (on one source, or all) that has run out; the numbers of the entries.

    Each ends at its own last instant, however late that is noticed; safe to repeat.
    """
    due = [each.hold for each in open_holds(session, source=source) if each.hold.expires_at <= now]
    return tuple(journal.post(session, holds.expired(each), now=now) for each in due)


def next_due(session: Session) -> datetime | None:
    """When the first open hold runs out; None without one."""
    return min((each.hold.expires_at for each in open_holds(session)), default=None)


def get(session: Session, key: str) -> Standing:
    """A hold and how it stands; NoSuchHold."""
    entry = journal.entry_by_key(session, key)
    if entry is None or not entry.postings[0][1].startswith(f"{HELD}:"):
        raise NoSuchHold(key)
    found = holds.read(entry.entry)
    ended = journal.entry_by_key(session, holds.resolved_key(key))
    return Standing(entry.id, found, holds.resolution(found, ended.entry) if ended else None)


def open_holds(session: Session, *, source: str | None = None) -> list[Standing]:
    """The holds (on one source, or all) that have not ended, in the order they were made."""
    # Most holds ever made have ended: only those on accounts where something is held now are looked at.
    holding = select(SUMS.c.account).where(
        within(SUMS.c.account, HELD if source is None else holds.held(source)),
        SUMS.c.received != SUMS.c.given,
    )
    accounts = session.connection().scalars(holding).all()
    if not accounts:
        return []
    ended = ENTRIES.alias()
    opening = (
        select(ENTRIES.c.id)
        .join(POSTINGS, POSTINGS.c.entry_id == ENTRIES.c.id)
        .outerjoin(ended, ended.c.key == ENTRIES.c.key + holds.resolved_key(""))
        .where(POSTINGS.c.destination.in_(accounts), ended.c.id.is_(None))
    )
    numbers = session.connection().scalars(opening).all()
    found = [
        Standing(each.id, holds.read(each.entry), None)
        for each in journal.booked(session, ENTRIES.c.id.in_(numbers))
    ]
    return [each for each in found if source is None or each.hold.source == source]


def _end(
    session: Session, found: Standing, how: str, ending: Callable[[datetime], Entry], now: datetime
) -> int:
    if found.resolution is not None and found.resolution.how != how:
        raise HoldResolved(found.hold.key, found.resolution.how)
    at = now if found.resolution is None else found.resolution.at  # a repeat is judged by the first's moment
    return journal.post(session, ending(at), now=now)
