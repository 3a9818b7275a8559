"""What stands on the accounts, and the lines that made it so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, true
from sqlmodel import Session

from payments.errors import MixedUnits
from payments.ledger import Line
from payments.tables import ENTRIES, POSTINGS, SUMS


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One account in one unit: all that came in, all that went out."""

    account: str
    unit: str
    received: int
    given: int

    @property
    def balance(self) -> int:
        """What came in less what went out."""
        return self.received - self.given


def below(account: str, prefix: str) -> bool:
    """Whether an account is the one named or below it: `rider:7` has `rider:7:tips`, not `rider:70:tips`."""
    name = prefix.rstrip(":")
    return not name or account == name or account.startswith(f"{name}:")


def within(account: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """The same in SQL, as a range of the account's index."""
    name = prefix.rstrip(":")
    if not name:
        return true()
    return or_(account == name, and_(account >= f"{name}:", account < f"{name};"))  # ; follows :


def lines(
    session: Session, account_prefix: str, *, since: datetime | None = None, until: datetime | None = None
) -> list[Line]:
    """What moved on an account and those below it, `since` <= when it happened < `until`, in that order."""
    source, destination = POSTINGS.c.source, POSTINGS.c.destination
    query = (
        select(ENTRIES, POSTINGS)
        .join(POSTINGS, POSTINGS.c.entry_id == ENTRIES.c.id)
        .where(or_(within(source, account_prefix), within(destination, account_prefix)))
        .order_by(ENTRIES.c.at, ENTRIES.c.id, POSTINGS.c.position)
    )
    if since is not None:
        query = query.where(ENTRIES.c.at >= since)
    if until is not None:
        query = query.where(ENTRIES.c.at < until)
    found: list[Line] = []
    for row in session.connection().execute(query):
        for account, other, sign in ((row.source, row.destination, -1), (row.destination, row.source, 1)):
            if below(account, account_prefix):
                found.append(_line(row, account, other, sign))
    return found


def _line(row: Row[Any], account: str, other: str, sign: int) -> Line:
    return Line(
        entry_id=row.id,
        key=row.key,
        at=row.at,
        why=row.why,
        subject=row.subject,
        amount=sign * row.amount,
        account=account,
        unit=row.unit,
        rulebook=row.rulebook,
        other=other,
        reverses=row.reverses,
        position=row.position,
    )


@dataclass(frozen=True, slots=True)
class Page:
    """Lines of one account in one unit, newest first, each with what stood on the account after it.

    `older` is the number to ask for the page after this one with; None at the first line of all.
    """

    lines: tuple[tuple[Line, int], ...]
    older: int | None


def page(session: Session, account: str, unit: str, *, before: int | None = None, count: int = 50) -> Page:
    """The lines of an account and unit of the last `count` entries numbered below `before` (None: of all)."""
    sides = (POSTINGS.c.source, POSTINGS.c.destination)
    found = {
        number
        for side in sides
        for number in session.connection().scalars(_newest(side == account, unit, before, count + 1))
    }
    numbers = sorted(found, reverse=True)[:count]
    query = (
        select(ENTRIES, POSTINGS)
        .join(POSTINGS, POSTINGS.c.entry_id == ENTRIES.c.id)
        .where(ENTRIES.c.id.in_(numbers), or_(*(side == account for side in sides)))
        .order_by(ENTRIES.c.id.desc(), POSTINGS.c.position.desc())
    )
    stands = balance(session, account, unit=unit) - _moved_since(session, account, unit, before)
    told: list[tuple[Line, int]] = []
    for row in session.connection().execute(query):
        came = row.destination == account
        line = _line(row, account, row.source if came else row.destination, 1 if came else -1)
        told.append((line, stands))
        stands -= line.amount
    return Page(tuple(told), numbers[-1] if len(found) > len(numbers) else None)


def _newest(where: ColumnElement[bool], unit: str, before: int | None, count: int) -> Select[Any]:
    """The numbers of the newest entries with a line there; each side of the postings has its own index."""
    query = select(POSTINGS.c.entry_id).distinct().join(ENTRIES, POSTINGS.c.entry_id == ENTRIES.c.id)
    query = query.where(where, ENTRIES.c.unit == unit)
    if before is not None:
        query = query.where(POSTINGS.c.entry_id < before)
    return query.order_by(POSTINGS.c.entry_id.desc()).limit(count)


def _moved_since(session: Session, account: str, unit: str, since: int | None) -> int:
    """What entries numbered `since` or above brought to an account."""
    if since is None:
        return 0
    moved = 0
    for side, sign in ((POSTINGS.c.source, -1), (POSTINGS.c.destination, 1)):
        query = (
            select(func.coalesce(func.sum(POSTINGS.c.amount), 0))
            .join(ENTRIES, ENTRIES.c.id == POSTINGS.c.entry_id)
            .where(side == account, ENTRIES.c.unit == unit, POSTINGS.c.entry_id >= since)
        )
        moved += sign * int(session.connection().scalar(query) or 0)
    return moved


def moved(session: Session, prefix: str, *, since: datetime, until: datetime) -> list[TrialLine]:
    """What came to and went out of the accounts under a prefix in `since` <= when it happened < `until`, by name."""
    sums: dict[tuple[str, str], list[int]] = {}
    for side, account in enumerate((POSTINGS.c.destination, POSTINGS.c.source)):
        query = (
            select(account, ENTRIES.c.unit, func.sum(POSTINGS.c.amount))
            .join(ENTRIES, ENTRIES.c.id == POSTINGS.c.entry_id)
            .where(within(account, prefix), ENTRIES.c.at >= since, ENTRIES.c.at < until)
            .group_by(account, ENTRIES.c.unit)
        )
        for name, unit, amount in session.connection().execute(query):
            sums.setdefault((name, unit), [0, 0])[side] = int(amount)
    return [TrialLine(*key, *sums[key]) for key in sorted(sums)]


def trial_balance(session: Session, prefix: str = "") -> list[TrialLine]:
    """Every account (under a prefix) in every unit it holds, by name; over all, a unit sums to nought."""
    query = select(SUMS).where(within(SUMS.c.account, prefix)).order_by(SUMS.c.account, SUMS.c.unit)
    rows = session.connection().execute(query)
    return [TrialLine(row.account, row.unit, row.received, row.given) for row in rows]


def balance(session: Session, account: str, *, unit: str | None = None) -> int:
    """What came in less what went out of one account, nought for one never used.

    MixedUnits when it holds several units and none is asked for.
    """
    query = select(SUMS.c.received - SUMS.c.given).where(SUMS.c.account == account)
    if unit is not None:
        query = query.where(SUMS.c.unit == unit)
    held = session.connection().scalars(query).all()
    if len(held) > 1:
        raise MixedUnits(account)
    return held[0] if held else 0


def balances(session: Session, prefix: str) -> dict[str, int]:
    """The balance of an account and of each below it; MixedUnits when one of them holds several units."""
    found: dict[str, int] = {}
    for line in trial_balance(session, prefix):
        if line.account in found:
            raise MixedUnits(line.account)
        found[line.account] = line.balance
    return found
