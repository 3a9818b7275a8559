"""Entries about cards: each posted once by its key, whichever event or call comes first."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from payments import books
from payments.ledger import Entry, Posting
from payments.terms import CARD

BANK = "outside:bank"
DISPUTES = "co-op:disputes"
_ORDER = re.compile(r"order:(\d+)")


def customer(order_id: int) -> str:
    """What the customer of an order has paid ahead; below nought, what they still owe."""
    return f"customer:{order_id}"


def order_of(subject: str | None) -> int | None:
    """The order a subject names, `order:12`; None for any other."""
    found = _ORDER.fullmatch(subject or "")
    return int(found[1]) if found else None


def booked(
    session: Session,
    key: str,
    moves: Sequence[tuple[str, str, int]],
    *,
    why: str,
    subject: str,
    now: datetime,
) -> int | None:
    """Post an entry once: the number it has, new or from before; None when it would move nothing."""
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        return earlier.id
    postings = tuple(Posting(*move) for move in moves if move[2])
    if not postings:
        return None
    version, rulebook = books.in_force(session, at=now)
    entry = Entry(key, now, why, postings, rulebook.co_op.currency, version, subject)
    return books.post(session, entry, now=now)


def undone(session: Session, key: str, *, new_key: str, why: str, now: datetime) -> None:
    """Reverse an entry once; nothing where there is none."""
    if books.entry_by_key(session, key) is not None and books.entry_by_key(session, new_key) is None:
        books.reverse(session, key, new_key=new_key, why=why, now=now)


def on_cards(entry: books.Booked) -> int:
    """What an entry put on the processor's balance (minor units), below nought what it took from it."""
    given = sum(each.amount for each in entry.entry.postings if each.source == CARD)
    return given - sum(each.amount for each in entry.entry.postings if each.destination == CARD)
