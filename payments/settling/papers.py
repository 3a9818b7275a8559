"""A settlement on paper: the PDF invoice with its statement, and the same lines for a spreadsheet."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout, XPos, YPos

from payments.letters import cell, latin
from payments.money import told
from payments.settlements import Bill, BillLine, InvoiceLine, Told, by_entry, invoiced
from payments.settling.steps import Party

SAYS: Mapping[str, str] = {
    "food": "Food paid to the co-op",
    "refund": "Refunds to customers",
    "commission": "Commission",
    "VAT on commission": "VAT on commission",
    "delivery fee": "Delivery fees of orders paid to you",
    "VAT on delivery fee": "VAT on those delivery fees",
    "tip": "Tips of orders paid to you, for the riders",
    "service": "Services",
    "VAT on service": "VAT on services",
    "adjustment": "Corrections",
    "payment": "Payments",
    "other": "Other",
}
DRAFT = "Draft"
_GREY, _LINE = (96, 96, 96), (205, 205, 205)


@dataclass(frozen=True, slots=True)
class Paper:
    """All that an issued settlement says; instants in the co-op's own time, amounts in minor units.

    `names` calls each subject, or entry, as the restaurant knows it; `last_on` is the period's last day, `due_minor`
    what the restaurant is to pay by `due_on`, `payout_minor` what it is paid.
    """

    number: str
    issued_on: date
    first_on: date
    last_on: date
    supplier: Party
    customer: Party
    bill: Bill
    times: Sequence[datetime]
    names: Mapping[str, str]
    currency: str
    payout_minor: int
    due_minor: int
    due_on: date | None

    @property
    def invoiced(self) -> tuple[InvoiceLine, ...]:
        """What the restaurant is charged for."""
        return invoiced(self.bill.lines)

    @property
    def rows(self) -> Sequence[tuple[Told, datetime]]:
        """What each entry did, an order being one, and when in the co-op's own time."""
        local = dict(zip((line.entry_id for line in self.bill.lines), self.times, strict=True))
        return [(each, local[each.entry_id]) for each in by_entry(self.bill.lines)]

    @property
    def total_minor(self) -> int:
        """What all it is charged for comes to, VAT and all."""
        return sum(line.gross_minor for line in self.invoiced)

    @property
    def title(self) -> str:
        """What the document is."""
        kind = "credit note" if self.total_minor < 0 else "invoice"
        return f"VAT {kind}" if self.supplier.vat_number else kind.capitalize()

    @property
    def outcome(self) -> str:
        """What happens about the balance, in a sentence."""
        by_name = f", reference {self.number}" if self.number != DRAFT else ""
        if self.payout_minor:
            rest = self.bill.closing_minor - self.payout_minor
            more = f" {self.amount(rest)} is carried into the next settlement." if rest else ""
            return f"We pay you {self.amount(self.payout_minor)}{by_name}.{more}"
        if self.due_minor and self.due_on:
            return (
                f"Please pay us {self.amount(self.due_minor)} by {day(self.due_on)}{by_name}. "
                "What is not paid by then is taken from your next settlement."
            )
        if self.bill.closing_minor:
            return f"{self.amount(self.bill.closing_minor)} is carried into your next settlement."
        return "Nothing is to be paid."

    @property
    def outlook(self) -> str:
        """The same, said to the co-op's own treasurer."""
        draft = self.number == DRAFT
        if self.payout_minor:
            rest = self.bill.closing_minor - self.payout_minor
            more = f" {self.amount(rest)} is carried into its next settlement." if rest else ""
            first = "Once issued, the co-op pays" if draft else "The co-op pays"
            return f"{first} {self.customer.name} {self.amount(self.payout_minor)}.{more}"
        if self.due_minor and self.due_on:
            first = "Once issued, it" if draft else self.customer.name
            return (
                f"{first} is to pay the co-op {self.amount(self.due_minor)} by {day(self.due_on)}. "
                "What is not paid by then is taken from its next settlement."
            )
        if self.bill.closing_minor:
            return f"{self.amount(self.bill.closing_minor)} is carried into its next settlement."
        return "Nothing is to be paid."

    def amount(self, minor: int) -> str:
        """An amount in the co-op's currency."""
        return told(minor, self.currency)

    def about(self, line: BillLine | Told) -> str:
        """What a line is about, as the restaurant knows it."""
        return self.names.get(f"entry:{line.entry_id}") or self.names.get(line.subject, "")


def day(on: date) -> str:
    """A date as people write it."""
    return f"{on:%-d %B %Y}"


def rate(rate_bp: int | None) -> str:
    """A rate of VAT as people write it."""
    return "" if rate_bp is None else f"{rate_bp / 100:g} %"


def csv_of(paper: Paper) -> str:
    """Every line, with what was carried before and after, for a spreadsheet; amounts in whole units and pence."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(["settlement", "date", "time", "about", "what", "amount", "currency", "vat rate", "entry"])

    def row(on: str, clock: str, about: str, what: str, minor: int, vat: str = "", entry: str = "") -> None:
        figure = f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
        write.writerow([paper.number, on, clock, cell(about), what, figure, paper.currency, vat, entry])

    row(paper.first_on.isoformat(), "", "", "carried from before", paper.bill.opening_minor)
    for line, at in zip(paper.bill.lines, paper.times, strict=True):
        what, vat = line.what, rate(line.rate_bp)
        row(
            f"{at:%Y-%m-%d}",
            f"{at:%H:%M}",
            paper.about(line),
            what,
            line.amount_minor,
            vat,
            str(line.entry_id),
        )
    row(paper.last_on.isoformat(), "", "", "balance", paper.bill.closing_minor)
    return out.getvalue()


def pdf_of(paper: Paper) -> bytes:
    """The invoice and its statement as a PDF on A4; the same paper is always the same bytes."""
    pdf = _Sheet(paper)
    pdf.add_page()
    _heads(pdf, paper)
    if paper.invoiced:
        _charges(pdf, paper)
    _account(pdf, paper)
    if paper.bill.lines:
        _lines(pdf, paper)
    return bytes(pdf.output())


class _Sheet(FPDF):
    def __init__(self, paper: Paper) -> None:
        super().__init__(format="A4")
        self.paper = paper
        self.set_margins(18, 16)
        self.set_auto_page_break(True, margin=20)
        self.set_title(f"{paper.title} {paper.number}")
        self.set_author(latin(paper.supplier.name))
        self.set_lang("en-GB")
        self.set_creation_date(datetime(paper.issued_on.year, paper.issued_on.month, paper.issued_on.day))  # noqa: DTZ001 - a day
        self.set_draw_color(*_LINE)

    def footer(self) -> None:
        """Which paper it is, and which page of it."""
        self.set_y(-14)
        self.set_font("Helvetica", size=8)
        self.set_text_color(*_GREY)
        self.cell(0, 5, latin(f"{self.paper.supplier.name}, {self.paper.number}"))
        self.set_x(self.l_margin)
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="R")
        self.set_text_color(0)

    def words(
        self, text: str, size: float = 9.5, *, bold: bool = False, grey: bool = False, gap: float = 0
    ) -> None:
        """A line or more of text."""
        self.set_font("Helvetica", "B" if bold else "", size)
        self.set_text_color(*(_GREY if grey else (0, 0, 0)))
        self.multi_cell(0, size * 0.5, latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(0)
        self.ln(gap)


def _heads(pdf: _Sheet, paper: Paper) -> None:
    pdf.words(paper.title, 20, bold=True, gap=1)
    pdf.words(f"Settlement of {day(paper.first_on)} to {day(paper.last_on)}", 11, grey=True, gap=4)
    top, half = pdf.get_y(), (pdf.w - pdf.l_margin - pdf.r_margin) / 2
    bottoms = []
    for place, (head, party) in enumerate((("From", paper.supplier), ("To", paper.customer))):
        pdf.set_xy(pdf.l_margin + place * half, top)
        _party(pdf, head, party, half - 6)
        bottoms.append(pdf.get_y())
    pdf.set_xy(pdf.l_margin, max(bottoms) + 4)
    facts = [
        ("Number", paper.number),
        ("Date of issue", day(paper.issued_on)),
        ("Tax point" if paper.supplier.vat_number else "Supplied until", day(paper.last_on)),
    ]
    if paper.due_on:
        facts.append(("Payment due", day(paper.due_on)))
    width = (pdf.w - pdf.l_margin - pdf.r_margin) / len(facts)
    y = pdf.get_y()
    for place, (head, value) in enumerate(facts):
        pdf.set_xy(pdf.l_margin + place * width, y)
        pdf.set_font("Helvetica", size=8)
        pdf.set_text_color(*_GREY)
        pdf.cell(width, 4, head, new_x=XPos.LEFT, new_y=YPos.NEXT)
        pdf.set_text_color(0)
        pdf.set_font("Helvetica", "B", 10.5)
        pdf.cell(width, 6, latin(value))
    pdf.set_xy(pdf.l_margin, y + 16)


def _party(pdf: _Sheet, head: str, party: Party, width: float) -> None:
    left = pdf.get_x()
    pdf.set_font("Helvetica", size=8)
    pdf.set_text_color(*_GREY)
    pdf.cell(width, 4.5, head, new_x=XPos.LEFT, new_y=YPos.NEXT)
    pdf.set_text_color(0)
    pdf.set_font("Helvetica", "B", 10.5)
    pdf.multi_cell(width, 5.5, latin(party.name), align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)
    pdf.set_font("Helvetica", size=9.5)
    lines = [*party.address, *([f"VAT number {party.vat_number}"] if party.vat_number else [])]
    for line in lines:
        pdf.set_x(left)
        pdf.multi_cell(width, 4.8, latin(line), align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)


def _charges(pdf: _Sheet, paper: Paper) -> None:
    taxed = paper.supplier.vat_number is not None
    head = (
        ["What we charge you for", "Net", "VAT rate", "VAT", "Total"]
        if taxed
        else ["What we charge you for", "Amount"]
    )
    widths = (76, 26, 22, 24, 26) if taxed else (140, 34)
    rows = []
    for line in paper.invoiced:
        net, gross = paper.amount(line.net_minor), paper.amount(line.gross_minor)
        vat = paper.amount(line.vat_minor)
        rows.append(
            [line.words, net, rate(line.rate_bp) or "none", vat, gross] if taxed else [line.words, gross]
        )
    sums = [
        sum(getattr(line, name) for line in paper.invoiced)
        for name in ("net_minor", "vat_minor", "gross_minor")
    ]
    net, vat, gross = (paper.amount(each) for each in sums)
    rows.append(["Total", net, "", vat, gross] if taxed else ["Total", gross])
    _table(pdf, head, rows, widths, last_bold=True)
    pdf.ln(5)


def _account(pdf: _Sheet, paper: Paper) -> None:
    pdf.words("Your account with us", 12, bold=True, gap=1.5)
    rows = [[f"Carried from before {day(paper.first_on)}", paper.amount(paper.bill.opening_minor)]]
    rows += [[SAYS.get(what, what), paper.amount(amount)] for what, amount in paper.bill.sums.items()]
    closing = paper.bill.closing_minor
    rows.append(
        [
            f"{'You owe us' if closing < 0 else 'We owe you'} on {day(paper.last_on)}",
            paper.amount(abs(closing)),
        ]
    )
    _table(pdf, ["", "Amount"], rows, (140, 34), last_bold=True)
    pdf.ln(2.5)
    pdf.words(paper.outcome, 10.5, bold=True, gap=1)
    pdf.words(
        "Above nought is in your favour. The food is your own sale: its VAT is yours to account for.",
        8.5,
        grey=True,
        gap=5,
    )


def _lines(pdf: _Sheet, paper: Paper) -> None:
    pdf.words("Order by order", 12, bold=True, gap=1.5)

    def shown(minor: int) -> str:
        return paper.amount(minor) if minor else ""

    rows = [
        [
            f"{at:%-d %b, %H:%M}",
            paper.about(each),
            each.occasion,
            *(
                shown(minor)
                for minor in (each.food_minor, each.charges_minor, each.vat_minor, each.tips_minor)
            ),
            paper.amount(each.total_minor),
            str(each.entry_id),
        ]
        for each, at in paper.rows
    ]
    head = ["When", "Order", "What", "Food", "Charges", "VAT", "Tips", "In all", "Entry"]
    _table(pdf, head, rows, (27, 30, 21, 18, 18, 15, 15, 18, 12), size=8)


def _table(
    pdf: _Sheet,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    *,
    size: float = 9.5,
    last_bold: bool = False,
) -> None:
    pdf.set_font("Helvetica", size=size)
    words = {"", "What we charge you for", "When", "Order", "What"}
    aligned = tuple("LEFT" if name in words else "RIGHT" for name in head)
    grey = FontFace(emphasis="", color=_GREY)
    with pdf.table(
        col_widths=tuple(widths),
        text_align=aligned,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=grey,
        line_height=size * 0.52,
        padding=(1, 1.2),
    ) as table:
        table.row([latin(name) for name in head])
        for number, row in enumerate(rows, start=1):
            style = FontFace(emphasis="BOLD") if last_bold and number == len(rows) else None
            table.row([latin(each) for each in row], style=style)
    pdf.set_x(pdf.l_margin)
