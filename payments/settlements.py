"""What the co-op and a restaurant owe each other."""

from datetime import datetime

from sqlmodel import Session

from payments import books, statements, terms
from payments.statements import Settlement, SettlementLine

__all__ = ["Settlement", "SettlementLine", "statement"]


def statement(session: Session, restaurant_id: int, *, since: datetime, until: datetime) -> Settlement:
    """A restaurant's settlement for `since` <= at < `until`: a line for each thing, with the entry behind it."""
    lines = books.lines(session, terms.restaurant(restaurant_id), since=since, until=until)
    return statements.restaurant(lines, restaurant_id, since=since, until=until)
