"""A settlement on paper: the VAT invoice and the spreadsheet."""

from dataclasses import replace

from payments import settlements
from payments.settlements.reckoning import BillLine
from payments.settling import Paper, Party, csv_of, pdf_of
from tests.payments.test_settlements import CUSTOMER, DAY, MONDAY, WEEK


def paper() -> Paper:
    """A week of one order on account and one by card."""
    lines = (
        BillLine(1, 0, MONDAY, "food", "order:1", 2000),
        BillLine(1, 3, MONDAY, "commission", "order:1", -300, "commission", 2000),
        BillLine(1, 4, MONDAY, "VAT on commission", "order:1", -60, "commission", 2000, True),
    )
    supplier = Party("Finsbury Park Riders", ("84 Mayton Street", "London N7 6QT"), "GB123456789")
    return Paper(
        number="FPR-0001",
        issued_on=(MONDAY + WEEK).date(),
        first_on=MONDAY.date(),
        last_on=(MONDAY + 6 * DAY).date(),
        supplier=supplier,
        customer=replace(CUSTOMER, name="Café Łódź 北"),
        bill=settlements.Bill(0, lines),
        times=[MONDAY] * 3,
        names={"order:1": "=A-1"},
        currency="GBP",
        payout_minor=1640,
        due_minor=0,
        due_on=None,
    )


def test_the_invoice_is_a_pdf_with_what_a_vat_invoice_needs() -> None:
    """Number, dates, both parties, VAT number, net, rate, VAT and gross stand in it; the same paper, the same bytes."""
    made = pdf_of(paper())
    assert made.startswith(b"%PDF")
    assert made == pdf_of(paper())
    assert paper().title == "VAT invoice"
    (line,) = paper().invoiced
    assert (line.net_minor, line.rate_bp, line.vat_minor, line.gross_minor) == (300, 2000, 60, 360)
    plain = replace(paper(), supplier=replace(paper().supplier, vat_number=None))
    assert plain.title == "Invoice"


def test_the_spreadsheet_sums_and_holds_no_formula() -> None:
    """The lines between the two balances come to their difference, and no cell is taken for a formula."""
    rows = [row.split(",") for row in csv_of(paper()).splitlines()[1:]]
    figures = [round(float(row[5]) * 100) for row in rows]
    assert figures[0] + sum(figures[1:-1]) == figures[-1] == 1640
    assert {row[3] for row in rows[1:-1]} == {"'=A-1"}
