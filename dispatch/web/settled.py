"""A settlement as people read it: the same paper for the treasurer, the restaurant, the PDF and the spreadsheet."""

from datetime import datetime, timedelta

from fastapi.responses import Response
from sqlmodel import Session, col, select

from dispatch import places
from dispatch.tables import Order
from dispatch.web import forms
from payments import books, settlements, settling, terms
from payments.settlements import BillLine, SettlementRow
from payments.settling import Paper, Party

STATES = {"draft": "Draft", "issued": "Issued", "paid": "Paid", "closed": "Closed"}
CHIPS = {"draft": "warn", "issued": "go", "paid": "go", "closed": "off"}


def customer(session: Session, restaurant_id: int) -> Party:
    """Who a restaurant is on an invoice: as it says so, else by the name and address it goes by."""
    restaurant, said = places.get(session, restaurant_id), places.billing(session, restaurant_id)
    address = tuple(said.address.splitlines()) or (restaurant.address,)
    return Party(said.legal_name or restaurant.name, address, said.vat_number or None)


def paper(session: Session, row: SettlementRow, now: datetime) -> Paper:
    """A settlement as it was issued, or as it would be now."""
    rules, said = forms.rulebook(session, now), settlements.bill(session, row)
    draft = row.state == "draft"
    currency = rules.co_op.currency if draft else row.currency
    payout, due = row.payout_minor, row.due_minor
    due_on = row.due_on
    if draft:
        owed = books.balance(session, terms.restaurant(row.restaurant_id), unit=currency)
        payout, due = settlements.payable(said.closing_minor, owed, rules.settlement.minimum_payout_minor)
        due_on = (
            rules.local(now).date() + timedelta(days=rules.settlement.payment_terms_days) if due else None
        )
        supplier = settling.supplier(session, row, now=now)
        receiver = customer(session, row.restaurant_id)
    else:
        supplier, receiver = (_party(row.parties[who]) for who in ("supplier", "customer"))
    return Paper(
        number=row.number or settling.papers.DRAFT,
        issued_on=rules.local(row.issued_at or now).date(),
        first_on=rules.local(row.since).date(),
        last_on=rules.local(row.until - timedelta(seconds=1)).date(),
        supplier=supplier,
        customer=receiver,
        bill=said,
        times=[rules.local(line.at) for line in said.lines],
        names=_names(session, row, said.lines),
        currency=currency,
        payout_minor=payout,
        due_minor=due,
        due_on=due_on,
    )


def _party(facts: dict[str, object]) -> Party:
    address, vat = facts["address"], facts["vat_number"]
    lines = tuple(str(line) for line in address) if isinstance(address, list) else ()
    return Party(str(facts["name"]), lines, str(vat) if vat else None)


def _names(session: Session, row: SettlementRow, lines: tuple[BillLine, ...]) -> dict[str, str]:
    """What each line is about, as the restaurant knows it: its own number of the order, or what a charge is for."""
    numbers = {int(line.subject[6:]) for line in lines if line.subject.startswith("order:")}
    own = session.exec(
        select(Order.id, Order.external_id).where(
            col(Order.id).in_(numbers), Order.restaurant_id == row.restaurant_id
        )
    ).all()
    charged = settling.adjustments(session, row.restaurant_id)
    reasons = {f"entry:{each.entry_id}": each.reason for each in charged}
    return {f"order:{order_id}": reference for order_id, reference in own} | reasons


def download(body: bytes | str, name: str, kind: str) -> Response:
    """A file to keep."""
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=kind, headers=headers)


def invoice(session: Session, row: SettlementRow, now: datetime) -> Response:
    """The PDF; a draft says that it is one in its name and number."""
    made = paper(session, row, now)
    return download(settling.pdf_of(made), f"{made.number}.pdf", "application/pdf")


def spreadsheet(session: Session, row: SettlementRow, now: datetime) -> Response:
    """The lines as CSV."""
    made = paper(session, row, now)
    return download(settling.csv_of(made), f"{made.number}.csv", "text/csv; charset=utf-8")
