"""Which settlements are due, and what each would say."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from payments import books, statements, terms, vat
from payments.errors import NoRulebook, NoSuchSettlement
from payments.rulebook import VAT_KINDS, VatKind
from payments.settlements.reckoning import Bill, BillLine, next_lines
from payments.settlements.tables import SettlementLineRow, SettlementRound, SettlementRow

_RESTAURANT = re.compile(r"restaurant:(\d+)")


def draft_due(session: Session, *, now: datetime) -> tuple[SettlementRow, ...]:
    """Draft every settlement whose period has ended and that has anything to say; safe to repeat."""
    made: list[SettlementRow] = []
    ended = books.in_force(session, at=now)[1].settled_around(now)[0]
    if session.get(SettlementRound, ended) is None:
        session.add(SettlementRound(until=ended, drafted_at=now))
        session.flush()
    for restaurant_id in restaurants(session):
        for since, until in _ended(session, restaurant_id, now):
            made += _draft(session, restaurant_id, since, until, now)
    return tuple(made)


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When settlements are next to be drafted: as each period ends, in the co-op's own time."""
    try:
        _version, rulebook = books.in_force(session, at=now)
    except NoRulebook:
        return None
    since, until = rulebook.settled_around(now)
    return until if session.get(SettlementRound, since) is not None else now


def restaurants(session: Session) -> list[int]:
    """The restaurants whose accounts anything ever moved on."""
    named = (_RESTAURANT.fullmatch(line.account) for line in books.trial_balance(session, "restaurant"))
    return sorted({int(found[1]) for found in named if found})


def get(session: Session, settlement_id: int) -> SettlementRow:
    """The settlement of that id; NoSuchSettlement."""
    row = session.get(SettlementRow, settlement_id)
    if row is None:
        raise NoSuchSettlement(settlement_id)
    return row


def listed(
    session: Session, *, restaurant_id: int | None = None, limit: int = 500
) -> Sequence[SettlementRow]:
    """Settlements, the last period first."""
    query = select(SettlementRow).order_by(col(SettlementRow.until).desc(), col(SettlementRow.restaurant_id))
    if restaurant_id is not None:
        query = query.where(SettlementRow.restaurant_id == restaurant_id)
    return session.exec(query.limit(limit)).all()


def earlier_drafts(session: Session, row: SettlementRow) -> Sequence[SettlementRow]:
    """The drafts of this restaurant that come before this one."""
    return session.exec(
        select(SettlementRow)
        .where(
            SettlementRow.restaurant_id == row.restaurant_id,
            SettlementRow.state == "draft",
            col(SettlementRow.until) < row.until,
        )
        .order_by(col(SettlementRow.until))
    ).all()


def bill(session: Session, row: SettlementRow) -> Bill:
    """What a settlement says: as it was issued, or as it would be."""
    if row.state != "draft":
        return Bill(row.opening_minor, tuple(kept_lines(session, row)))
    opening, lines = carried(session, row.restaurant_id), unsettled(session, row.restaurant_id, row.until)
    for earlier in earlier_drafts(session, row):
        before = tuple(line for line in lines if line.at < earlier.until)
        opening += sum(line.amount_minor for line in before)
        lines = tuple(line for line in lines if line.at >= earlier.until)
    return Bill(opening, lines)


def carried(session: Session, restaurant_id: int) -> int:
    """What the last issued settlement closed with."""
    last = session.exec(
        select(SettlementRow)
        .where(SettlementRow.restaurant_id == restaurant_id, SettlementRow.state != "draft")
        .order_by(col(SettlementRow.until).desc())
        .limit(1)
    ).first()
    return last.closing_minor if last is not None else 0


def unsettled(session: Session, restaurant_id: int, until: datetime) -> tuple[BillLine, ...]:
    """Every line of a restaurant's account before an instant that no issued settlement has."""
    issued = select(SettlementLineRow.entry_id, SettlementLineRow.posting).join(
        SettlementRow, col(SettlementRow.id) == SettlementLineRow.settlement_id
    )
    rows = session.exec(issued.where(SettlementRow.restaurant_id == restaurant_id)).all()
    account = terms.restaurant(restaurant_id)
    lines = [line for line in books.lines(session, account, until=until) if line.account == account]
    fresh = [line for line in lines if (line.entry_id, line.position) not in set(rows)]
    return next_lines([_line(session, line) for line in fresh], set(), until)


def kept_lines(session: Session, row: SettlementRow) -> Iterator[BillLine]:
    """The lines a settlement was issued with."""
    query = select(SettlementLineRow).where(SettlementLineRow.settlement_id == row.row_id)
    for each in session.exec(query.order_by(col(SettlementLineRow.number))):
        yield BillLine(
            each.entry_id,
            each.posting,
            each.at,
            each.what,
            each.subject,
            each.amount_minor,
            _kind(each.kind),
            each.rate_bp,
            each.is_vat,
            each.occasion,
        )


def _kind(name: str | None) -> VatKind | None:
    return next((kind for kind in VAT_KINDS if kind == name), None)


def _line(session: Session, line: books.Line) -> BillLine:
    kind = vat.KIND_OF.get(line.other)
    return BillLine(
        line.entry_id,
        line.position,
        line.at,
        statements.settled(line),
        line.subject,
        line.amount,
        kind,
        vat.rate_of(session, line) if kind else None,
        line.other.startswith(f"{terms.VAT}:"),
        _occasion(line),
    )


# What an entry was for, by the third part of its key, like `order:17:delivered:1`.
_OCCASIONS = {
    "delivered": "order",
    "undelivered": "undone",
    "refunded": "refund",
    "cancelled": "cancelled",
    "charged": "service",
    "corrected": "correction",
}


def _occasion(line: books.Line) -> str:
    return _OCCASIONS.get("".join(line.key.split(":")[2:3]), "payment")


def _ended(session: Session, restaurant_id: int, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The periods of a restaurant that have ended and are not drafted, one after the other without a gap."""
    _version, rulebook = books.in_force(session, at=now)
    rows = listed(session, restaurant_id=restaurant_id, limit=1)
    since = rows[0].until if rows else None
    if since is None:
        lines = books.lines(session, terms.restaurant(restaurant_id), until=now)
        first = next((line for line in lines if line.account == terms.restaurant(restaurant_id)), None)
        if first is None:
            return
        since = rulebook.settled_around(first.at)[0]
    while (until := rulebook.settled_around(since)[1]) <= now:
        yield since, until
        since = until


def _draft(
    session: Session, restaurant_id: int, since: datetime, until: datetime, now: datetime
) -> list[SettlementRow]:
    row = SettlementRow(restaurant_id=restaurant_id, since=since, until=until, drafted_at=now)
    said = bill(session, row)
    if not said.lines and not said.opening_minor:
        return []
    session.add(row)
    session.flush()
    return [row]
