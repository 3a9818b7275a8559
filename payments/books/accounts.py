"""What stands on the accounts, and the lines that made it so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, true
from sqlmodel import Session

from payments.errors import MixedUnits
from payments.ledger import Line
from payments.tables import ENTRIES, POSTINGS


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


def trial_balance(session: Session, prefix: str = "") -> list[TrialLine]:
    """Every account (under a prefix) in every unit it holds, by name; over all, a unit sums to nought."""
    sums: dict[tuple[str, str], list[int]] = {}
    for side, account in enumerate((POSTINGS.c.destination, POSTINGS.c.source)):
        query = (
            select(account, ENTRIES.c.unit, func.sum(POSTINGS.c.amount))
            .join(ENTRIES, ENTRIES.c.id == POSTINGS.c.entry_id)
            .where(within(account, prefix))
            .group_by(account, ENTRIES.c.unit)
        )
        for name, unit, amount in session.connection().execute(query):
            sums.setdefault((name, unit), [0, 0])[side] = int(amount)  # PostgreSQL sums to a Decimal
    return [TrialLine(account, unit, *sums[account, unit]) for account, unit in sorted(sums)]


def balance(session: Session, account: str, *, unit: str | None = None) -> int:
    """What came in less what went out of one account, nought for one never used.

    MixedUnits when it holds several units and none is asked for.
    """
    held = [
        line
        for line in trial_balance(session, account)
        if line.account == account and (unit is None or line.unit == unit)
    ]
    if len(held) > 1:
        raise MixedUnits(account)
    return held[0].balance if held else 0


def balances(session: Session, prefix: str) -> dict[str, int]:
    """The balance of an account and of each below it; MixedUnits when one of them holds several units."""
    found: dict[str, int] = {}
    for line in trial_balance(session, prefix):
        if line.account in found:
            raise MixedUnits(line.account)
        found[line.account] = line.balance
    return found
