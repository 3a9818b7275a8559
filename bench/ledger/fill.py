"""Books of any size, made fast: valid entries, each chained to the one before, written in bulk."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from infra.database import Database
from payments import books, ledger, terms
from payments.ledger import Entry
from payments.rulebook import Rulebook
from payments.tables import ENTRIES, POSTINGS
from payments.terms import OrderMoney, ShiftMoney

RIDERS, RESTAURANTS = 40, 20
# About a thousand entries a day: a million are some three years of a busy co-op.
SPACING = timedelta(seconds=86.4)
START = datetime.fromisoformat("2026-05-04T00:00:00+00:00")
# Of each 25 entries three are a shift's.
EACH = 25
PORTION = 5_000
RULES = Path(__file__).parents[2] / "infra" / "examples" / "finsbury-park.toml"


def adopt(database: Database) -> None:
    """Adopt the rules all of it is booked by."""
    with database.writing() as session:
        books.adopt(session, RULES.read_text(), effective_on=date(2026, 5, 1), resolution="Bench", now=START)


def fill(database: Database, size: int, advance: Callable[[int], None]) -> None:
    """Add entries until there are `size`; `advance(n)` is told of every portion."""
    with database.reading() as session:
        last_id, _ = books.head(session)
        version, rulebook = books.in_force(session, at=START)
    made = entries(rulebook, version, last_id)
    while last_id < size:
        portion = list(islice(made, min(PORTION, size - last_id)))
        with database.writing() as session:
            _write(session, portion)
        last_id += len(portion)
        advance(len(portion))
    with database.writing() as session:
        books.sums.rebuild(session)


def entries(rulebook: Rulebook, version: str, after: int) -> Iterator[Entry]:
    """The entries that follow entry `after`: deliveries by card and on account, and shifts."""
    number = after + 1
    while True:
        at = START + number * SPACING
        if number % EACH:
            yield _delivery(rulebook, version, number, at)
            number += 1
        else:
            for entry in _shift(rulebook, version, number, at):
                yield entry
                number += 1


def order_money(number: int) -> OrderMoney:
    """The money of one delivery; riders, restaurants and amounts vary with its number."""
    tip = (number * 7) % 300
    paid_by = "account" if number % 3 == 0 else "card"
    return OrderMoney(
        number, number % RESTAURANTS + 1, number % RIDERS + 1, 1200 + number % 2000, 400, tip, paid_by
    )


def _delivery(rulebook: Rulebook, version: str, number: int, at: datetime) -> Entry:
    postings = terms.order_postings(rulebook, order_money(number), rulebook.local(at).date(), at=at)
    key = f"order:{number}:delivered:1"
    return Entry(key, at, f"Order {number} delivered", postings, "GBP", version, f"order:{number}")


def _shift(rulebook: Rulebook, version: str, number: int, at: datetime) -> Iterator[Entry]:
    shift = ShiftMoney(
        number, number // EACH % RIDERS + 1, at - timedelta(minutes=180 + number % 240), at, 0, 8
    )
    for kind, postings_of, unit in (
        ("ended", terms.wage_postings, "GBP"),
        ("minutes", terms.minute_postings, ledger.MINUTES),
        ("holiday", terms.holiday_postings, ledger.HOLIDAY),
    ):
        key = f"shift:{number}:{kind}:0"
        yield Entry(
            key, at, f"Shift {number}", postings_of(rulebook, shift), unit, version, f"shift:{number}"
        )


def _write(session: Session, portion: list[Entry]) -> None:
    last_id, last_hash = books.head(session)
    rows: list[dict[str, Any]] = []
    postings: list[dict[str, Any]] = []
    for number, entry in enumerate(portion, start=last_id + 1):
        body = ledger.digest(entry)
        sealed = ledger.chain(last_hash, number, body, entry.at)
        rows.append(
            {
                "id": number, "key": entry.key, "at": entry.at, "why": entry.why, "unit": entry.unit,
                "rulebook": entry.rulebook, "subject": entry.subject, "reverses": None,
                "size": len(entry.postings), "body": body, "recorded_at": entry.at,
                "prev_hash": last_hash, "hash": sealed,
            }
        )  # fmt: skip
        postings += [
            {
                "entry_id": number, "position": position, "source": each.source,
                "destination": each.destination, "amount": each.amount,
            }
            for position, each in enumerate(entry.postings)
        ]  # fmt: skip
        last_hash = sealed
    session.connection().execute(insert(ENTRIES), rows)
    session.connection().execute(insert(POSTINGS), postings)
