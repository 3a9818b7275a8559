"""What stands on each account, kept beside the entries so that no history need be added up to know it."""

from collections.abc import Sequence

from sqlalchemy import Insert, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from payments.ledger import Posting
from payments.tables import ENTRIES, POSTINGS, SUMS

Sums = dict[tuple[str, str], tuple[int, int]]


def add(session: Session, postings: Sequence[Posting], unit: str) -> None:
    """Count in an entry just written, in the same transaction; accounts in order, so that no two writers cross."""
    changes: dict[str, list[int]] = {}
    for each in postings:
        changes.setdefault(each.destination, [0, 0])[0] += each.amount
        changes.setdefault(each.source, [0, 0])[1] += each.amount
    rows = [
        {"account": account, "unit": unit, "received": received, "given": given}
        for account, (received, given) in sorted(changes.items())
    ]
    connection = session.connection()
    connection.execute(_ADD[connection.dialect.name], rows)


def _adding(dialect: str) -> Insert:
    new = sqlite.insert(SUMS) if dialect == "sqlite" else postgresql.insert(SUMS)
    return new.on_conflict_do_update(
        index_elements=[SUMS.c.account, SUMS.c.unit],
        set_={
            "received": SUMS.c.received + new.excluded.received,
            "given": SUMS.c.given + new.excluded.given,
        },
    )


_ADD = {name: _adding(name) for name in ("sqlite", "postgresql")}


def kept(session: Session) -> Sums:
    """(account, unit) -> (received, given), as kept."""
    rows = session.connection().execute(select(SUMS))
    return {(row.account, row.unit): (row.received, row.given) for row in rows}


def counted(session: Session, *, until: int | None = None) -> Sums:
    """The same, added up by the database from every posting (of entries up to number `until`)."""
    sums: dict[tuple[str, str], list[int]] = {}
    for side, account in enumerate((POSTINGS.c.destination, POSTINGS.c.source)):
        query = (
            select(account, ENTRIES.c.unit, func.sum(POSTINGS.c.amount))
            .join(ENTRIES, ENTRIES.c.id == POSTINGS.c.entry_id)
            .group_by(account, ENTRIES.c.unit)
        )
        if until is not None:
            query = query.where(ENTRIES.c.id <= until)
        for name, unit, amount in session.connection().execute(query):
            sums.setdefault((name, unit), [0, 0])[side] = int(amount)  # PostgreSQL sums to a Decimal
    return {key: (received, given) for key, (received, given) in sums.items()}


def before(session: Session, *, until: int) -> Sums:
    """The same of entries up to number `until`: what is kept, less what came since."""
    sums = {key: list(sides) for key, sides in kept(session).items()}
    query = (
        select(POSTINGS.c.destination, POSTINGS.c.source, ENTRIES.c.unit, POSTINGS.c.amount)
        .join(ENTRIES, ENTRIES.c.id == POSTINGS.c.entry_id)
        .where(ENTRIES.c.id > until)
    )
    for row in session.connection().execute(query):
        sums.setdefault((row.destination, row.unit), [0, 0])[0] -= row.amount
        sums.setdefault((row.source, row.unit), [0, 0])[1] -= row.amount
    return {key: (received, given) for key, (received, given) in sums.items() if received or given}


def rebuild(session: Session) -> list[tuple[str, str]]:
    """Make what is kept anew from every posting; the accounts and units that were not as their entries make them."""
    before, now = kept(session), counted(session)
    session.connection().execute(delete(SUMS))
    rows = [
        {"account": account, "unit": unit, "received": received, "given": given}
        for (account, unit), (received, given) in sorted(now.items())
    ]
    if rows:
        session.connection().execute(insert(SUMS), rows)
    return sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
