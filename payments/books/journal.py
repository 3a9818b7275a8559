"""Entries posted once, never changed, each chained to the one before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, String, func, insert, select, true, type_coerce
from sqlmodel import Session

from payments import ledger
from payments.books import sums
from payments.books.accounts import balance
from payments.errors import (
    AlreadyReversed,
    BadEntry,
    HoldIsFinal,
    KeyReused,
    NoRulebook,
    NoSuchEntry,
    NoSuchHold,
    Overdrawn,
)
from payments.ledger import Entry, Posting, holds
from payments.tables import ENTRIES, POSTINGS, VERSIONS

GENESIS = "0" * 64  # what the first entry is chained to
_PORTION = 500

# What people are owed cannot be spent below nought. A restaurant may owe the co-op, but what is held for it is there.
_OWED = ("rider:", "member:", "payroll:", "pool:", f"{ledger.HELD}:")
_BOTTOMLESS = ("co-op:", "outside:")

# Instants as the database keeps them: the audit must be able to read one that somebody garbled.
_WHOLE = (
    select(
        *(
            type_coerce(column, String).label(column.name) if column.name in ("at", "recorded_at") else column
            for column in ENTRIES.c
        ),
        POSTINGS.c.source,
        POSTINGS.c.destination,
        POSTINGS.c.amount,
    )
    .select_from(ENTRIES.outerjoin(POSTINGS, POSTINGS.c.entry_id == ENTRIES.c.id))
    .order_by(ENTRIES.c.id, POSTINGS.c.position)
)


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry as it stands in the books; its fields are as stored, whatever a hand may have done to them."""

    id: int
    key: str
    at: object
    why: str
    unit: str
    rulebook: str
    subject: str
    reverses: str | None
    size: int
    body: str
    recorded_at: object
    prev_hash: str
    hash: str
    postings: tuple[tuple[str, str, int], ...]

    @property
    def entry(self) -> Entry:
        """The entry; BadEntry or ValueError when what is stored no longer makes one."""
        return Entry(
            self.key,
            _instant(self.at),
            self.why,
            tuple(Posting(*each) for each in self.postings),
            self.unit,
            self.rulebook,
            self.subject,
            self.reverses,
        )

    @property
    def recorded(self) -> datetime:
        """When it was recorded, in UTC; ValueError when what is stored is no instant any more."""
        return _instant(self.recorded_at)

    @property
    def chained(self) -> str:
        """The hash this entry should have, from what it says and from the hash stored before it."""
        return ledger.chain(self.prev_hash, self.id, ledger.digest(self.entry), self.recorded)


def post(session: Session, entry: Entry, *, now: datetime) -> int:
    """Write an entry down and return its number; the same key with the same facts again is the same number.

    The facts are all the entry says, `at` among them; `now` is only when it was recorded. KeyReused when
    the key names other facts; NoRulebook for an unknown version; NoSuchEntry, AlreadyReversed, HoldIsFinal or
    BadEntry when it reverses what is not there, what is reversed, a hold, or what it does not mirror; Overdrawn
    when it spends what is not there; NoSuchHold or BadEntry when it moves what is held without ending its hold.
    """
    body = ledger.digest(entry)
    earlier = _find(session, ENTRIES.c.key == entry.key)
    if earlier is not None:
        if earlier.body != body:
            raise KeyReused(entry.key, earlier.id)
        return earlier.id
    # The end of the chain is read before anything is judged by it: an entry written meanwhile has our number.
    last_id, last_hash = head(session)
    number = last_id + 1
    if not session.connection().scalar(select(VERSIONS.c.id).where(VERSIONS.c.version == entry.rulebook)):
        raise NoRulebook(version=entry.rulebook)
    if entry.reverses is not None:
        _mirrors(session, entry)
    else:
        _held(session, entry)
        _covered(session, entry)
    session.connection().execute(
        insert(ENTRIES),
        {
            "id": number,
            "key": entry.key,
            "at": entry.at,
            "why": entry.why,
            "unit": entry.unit,
            "rulebook": entry.rulebook,
            "subject": entry.subject,
            "reverses": entry.reverses,
            "size": len(entry.postings),
            "body": body,
            "recorded_at": now,
            "prev_hash": last_hash,
            "hash": ledger.chain(last_hash, number, body, now),
        },
    )
    session.connection().execute(
        insert(POSTINGS),
        [
            {
                "entry_id": number,
                "position": position,
                "source": each.source,
                "destination": each.destination,
                "amount": each.amount,
            }
            for position, each in enumerate(entry.postings)
        ],
    )
    sums.add(session, entry.postings, entry.unit)
    return number


def reverse(session: Session, key: str, *, new_key: str, why: str, now: datetime) -> int:
    """Undo an entry by its mirror image and return that one's number; asked again, the same number.

    NoSuchEntry, ReversalIsFinal, AlreadyReversed (under another key), KeyReused (for another reason).
    """
    original = entry_by_key(session, key)
    if original is None:
        raise NoSuchEntry(key)
    earlier = entry_by_key(session, new_key)
    at = earlier.entry.at if earlier else now  # a repeat is judged by the moment of the first
    return post(session, ledger.reversal(original.entry, key=new_key, at=at, why=why), now=now)


def _mirrors(session: Session, entry: Entry) -> None:
    original = entry_by_key(session, entry.reverses or "")
    if original is None:
        raise NoSuchEntry(entry.reverses or "")
    if ledger.touches(original.entry):
        raise HoldIsFinal(original.key)
    if holds.holds_key(entry.key) is not None:
        raise BadEntry(f"{entry.key} is named like the end of a hold")
    if entry != ledger.reversal(original.entry, key=entry.key, at=entry.at, why=entry.why):
        raise BadEntry(f"{entry.key} is not the mirror image of {entry.reverses}")
    by = _find(session, ENTRIES.c.reverses == original.key)
    if by is not None:
        raise AlreadyReversed(original.key, by.key)


def _held(session: Session, entry: Entry) -> None:
    """What is held moves by the end of its hold alone, named as nothing else is, and comes there by a hold alone."""
    key = holds.holds_key(entry.key)
    if key is None:
        if ledger.touches(entry):
            holds.read(entry)
        return
    opening = entry_by_key(session, key)
    if opening is None:
        raise NoSuchHold(key)
    holds.resolution(holds.read(opening.entry), entry)


def _covered(session: Session, entry: Entry) -> None:
    """Whether what an entry spends is there. A correction is written down in any case: it says what was so."""
    for (account, unit), change in sorted(ledger.balances([entry]).items()):
        if change >= 0 or account.startswith(_BOTTOMLESS):
            continue
        if account.startswith(_OWED) or ledger.touches(entry):
            left = balance(session, account, unit=unit)
            if left + change < 0:
                raise Overdrawn(account, -change, left)


def head(session: Session) -> tuple[int, str]:
    """The number and hash of the last entry: noted elsewhere, they show whether the end was cut off."""
    query = select(ENTRIES.c.id, ENTRIES.c.hash).order_by(ENTRIES.c.id.desc()).limit(1)
    row = session.connection().execute(query).first()
    return (row.id, row.hash) if row else (0, GENESIS)


def entry_by_key(session: Session, key: str) -> Booked | None:
    """The entry of that key, or None."""
    return _find(session, ENTRIES.c.key == key)


def entry_by_id(session: Session, number: int) -> Booked | None:
    """The entry of that number, or None."""
    return _find(session, ENTRIES.c.id == number)


def happened(session: Session, kind: str, *, since: datetime, until: datetime) -> int:
    """How many entries named like `order:17:KIND:1` happened in `since` <= at < `until`."""
    query = (
        select(func.count())
        .select_from(ENTRIES)
        .where(ENTRIES.c.at >= since, ENTRIES.c.at < until, ENTRIES.c.key.like(f"%:{kind}:%"))
    )
    return int(session.connection().scalar(query) or 0)


def about(session: Session, subject: str) -> list[Booked]:
    """Every entry about a subject, in order."""
    return list(_read(session, ENTRIES.c.subject == subject))


def standing(session: Session, subject: str) -> list[Booked]:
    """The entries about a subject that are neither reversals nor reversed, in order."""
    found = about(session, subject)
    undone = {each.reverses for each in found}
    return [each for each in found if each.reverses is None and each.key not in undone]


def booked(session: Session, where: ColumnElement[bool] | None = None, *, after: int = 0) -> Iterator[Booked]:
    """Entries in order from number `after` on, all of them or those that satisfy a condition on the entry table.

    They are read in portions, so that a whole ledger is never in memory and no cursor is left open; each by its
    numbers, so that no database is led to read all the postings for one portion of them.
    """
    last, chosen = after, true() if where is None else where
    while True:
        portion = select(ENTRIES.c.id).where(ENTRIES.c.id > last, chosen).order_by(ENTRIES.c.id)
        numbers = session.connection().scalars(portion.limit(_PORTION)).all()
        if not numbers:
            return
        last = numbers[-1]
        yield from _read(session, ENTRIES.c.id.in_(numbers))


def _read(session: Session, where: ColumnElement[bool]) -> Iterator[Booked]:
    rows = session.connection().execute(_WHOLE.where(where)).all()
    for _, group in groupby(rows, key=lambda row: row.id):
        yield _booked(list(group))


def _booked(rows: list[Any]) -> Booked:
    postings = tuple((row.source, row.destination, row.amount) for row in rows if row.source is not None)
    fields = {name: value for name, value in rows[0]._mapping.items() if name in ENTRIES.c}
    return Booked(**fields, postings=postings)


def _find(session: Session, where: ColumnElement[bool]) -> Booked | None:
    return next(_read(session, where), None)


def _instant(stored: object) -> datetime:
    """What SQLite keeps as text and PostgreSQL as an instant; ValueError when it is neither."""
    if isinstance(stored, datetime):
        return stored.astimezone(UTC)
    return datetime.fromisoformat(str(stored)).replace(tzinfo=UTC)
