"""What the co-op and a restaurant owe each other."""

from datetime import datetime

from sqlmodel import Session

from payments import books, statements, terms
from payments.settlements.drafting import (
    bill,
    carried,
    draft_due,
    earlier_drafts,
    get,
    listed,
    next_due,
    restaurants,
    unsettled,
)
from payments.settlements.reckoning import Bill, BillLine, InvoiceLine, Told, by_entry, invoiced, payable
from payments.settlements.soundness import faults, sealed
from payments.settlements.tables import AdjustmentRow, SettlementLineRow, SettlementRow
from payments.statements import Settlement, SettlementLine

__all__ = [
    "AdjustmentRow",
    "Bill",
    "BillLine",
    "InvoiceLine",
    "Settlement",
    "SettlementLine",
    "SettlementLineRow",
    "SettlementRow",
    "Told",
    "bill",
    "by_entry",
    "carried",
    "draft_due",
    "earlier_drafts",
    "faults",
    "get",
    "invoiced",
    "listed",
    "next_due",
    "payable",
    "restaurants",
    "sealed",
    "statement",
    "unsettled",
]


def statement(session: Session, restaurant_id: int, *, since: datetime, until: datetime) -> Settlement:
    """A restaurant's settlement for `since` <= at < `until`: a line for each thing, with the entry behind it."""
    lines = books.lines(session, terms.restaurant(restaurant_id), since=since, until=until)
    return statements.restaurant(lines, restaurant_id, since=since, until=until)
