"""Whether issued settlements are what was issued, and together what the books say."""

from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import select as select_rows
from sqlmodel import Session, col, select

from payments import terms
from payments.settlements.drafting import kept_lines
from payments.settlements.reckoning import Bill, BillLine, seal
from payments.settlements.tables import LINES, SettlementRow
from payments.tables import POSTINGS


def sealed(row: SettlementRow, lines: tuple[BillLine, ...]) -> str:
    """The digest of a settlement as it stands."""
    facts: dict[str, object] = {
        name: getattr(row, name)
        for name in (
            "restaurant_id", "sequence", "number", "currency", "rulebook", "opening_minor", "closing_minor",
            "payout_minor", "due_minor", "method", "parties", "issued_by",
        )
    }  # fmt: skip
    facts |= {"since": row.since.isoformat(), "until": row.until.isoformat(), "due_on": str(row.due_on)}
    return seal(facts, lines)


def faults(session: Session) -> Iterator[str]:
    """What is wrong with issued settlements, in sentences; none when all hold."""
    issued = session.exec(
        select(SettlementRow).where(SettlementRow.state != "draft").order_by(col(SettlementRow.sequence))
    ).all()
    for place, row in enumerate(issued, start=1):
        if row.sequence != place:
            yield f"settlement {row.number} is number {row.sequence}, where {place} is the next: one is missing"
            break
    for row in issued:
        yield from _one(session, row)
    for restaurant_id in sorted({row.restaurant_id for row in issued}):
        own = sorted((row for row in issued if row.restaurant_id == restaurant_id), key=lambda row: row.until)
        for before, after in pairwise(own):
            if after.opening_minor != before.closing_minor:
                yield f"settlement {after.number} does not begin with what {before.number} ended with"


def _one(session: Session, row: SettlementRow) -> Iterator[str]:
    lines = tuple(kept_lines(session, row))
    if sealed(row, lines) != row.seal:
        yield f"settlement {row.number} is not as it was issued"
    if Bill(row.opening_minor, lines).closing_minor != row.closing_minor:
        yield f"settlement {row.number}: its lines do not come to what it closes with"
    account = terms.restaurant(row.restaurant_id)
    query = (
        select_rows(LINES.c.entry_id, LINES.c.posting, LINES.c.amount_minor, POSTINGS)
        .outerjoin(
            POSTINGS,
            (POSTINGS.c.entry_id == LINES.c.entry_id) & (POSTINGS.c.position == LINES.c.posting),
        )
        .where(LINES.c.settlement_id == row.row_id)
    )
    for line in session.connection().execute(query):
        sign = {line.destination: 1, line.source: -1}.get(account)
        if sign is None or line.amount_minor != sign * line.amount:
            where = f"its line of entry {line[0]}, posting {line[1]},"
            yield f"settlement {row.number}: {where} is not what was booked"
