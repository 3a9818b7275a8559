"""A payslip as a PDF: one that prints on any printer and is read without the program."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from payments.letters import latin
from payments.money import told
from payments.payslips import Payslip, RunLine

_LEFT, _WIDE, _ROW = 18, 174, 5.6
_SOFT, _DARK = (95, 95, 95), (20, 20, 20)
METHODS = {"bank": "Bank transfer", "stripe": "Stripe"}


def pdf(
    slip: Payslip,
    *,
    employer: str,
    name: str,
    local: Callable[[datetime], datetime],
    employees: bool = True,
    draft: bool = False,
) -> bytes:
    """The payslip on A4: who pays whom for when, each sum, the hours, each line with the numbers of its entries.

    The page's own fonts know the letters of western Europe; others lose their accents, or are written by sound. The
    same slip is the same bytes: the file carries no time of its own.
    """
    title = "Payslip" if employees else "Statement of pay"
    page = _Page(f"{title}, {employer}")
    page.set_title(f"{title} {slip.run_id}-{slip.person_id}")
    page.set_creation_date(slip.until)
    page.add_page()
    _head(page, slip, employer, name, f"{title} - DRAFT" if draft else title, local)
    _sums(page, slip, employees)
    _time(page, slip)
    _payments(page, slip, local)
    _lines(page, slip, local)
    return bytes(page.output())


class _Page(FPDF):
    """A4 with the name of what it is, and its page's number, at the foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.foot = foot
        self.set_margins(_LEFT, 16, 210 - _LEFT - _WIDE)
        self.set_auto_page_break(True, margin=18)
        self.alias_nb_pages()

    def footer(self) -> None:
        """Called by fpdf2 at the end of each page."""
        self.set_y(-13)
        self.say(f"{self.foot}, page {self.page_no()} of {{nb}}", _WIDE, size=8, soft=True)

    def say(
        self, words: str, width: float, *, size: float = 10, bold: bool = False, soft: bool = False,
        right: bool = False, end: bool = False, rule: str = "",
    ) -> None:  # fmt: skip
        """Some words in a cell of that width (mm); `end` ends the line."""
        self.set_font("Helvetica", "B" if bold else "", size)
        self.set_text_color(*(_SOFT if soft else _DARK))
        self.cell(
            width, _ROW, self.fit(latin(words), width), align=Align.R if right else Align.L,
            new_x=XPos.LMARGIN if end else XPos.RIGHT, new_y=YPos.NEXT if end else YPos.TOP, border=rule,
        )  # fmt: skip

    def fit(self, words: str, width: float) -> str:
        """As much of the words as the cell takes."""
        while len(words) > 1 and self.get_string_width(words) > width - 2:
            words = words[:-4].rstrip() + "..." if not words.endswith("...") else words[:-5].rstrip() + "..."
        return words

    def heading(self, words: str) -> None:
        """A heading over a part."""
        self.ln(4)
        self.say(words, _WIDE, size=11, bold=True, end=True, rule="B")
        self.ln(1)

    def sum(self, words: str, amount: str, *, bold: bool = False, rule: str = "") -> None:
        """A line with a sum at its end."""
        self.say(words, _WIDE - 40, bold=bold, rule=rule)
        self.say(amount, 40, bold=bold, right=True, end=True, rule=rule)


def _head(
    page: _Page, slip: Payslip, employer: str, name: str, title: str, local: Callable[[datetime], datetime]
) -> None:
    page.say(title, _WIDE, size=18, bold=True, end=True)
    page.ln(3)
    last = local(slip.until) - timedelta(seconds=1)
    for what, words in (
        ("For", name),
        ("From", employer),
        ("Period", f"{_day(local(slip.since))} to {_day(last)}"),
        ("Number", f"{slip.run_id}-{slip.person_id}"),
    ):
        page.say(what, 24, soft=True)
        page.say(words, _WIDE - 24, end=True, bold=what == "For")


def _sums(page: _Page, slip: Payslip, employees: bool) -> None:
    page.heading("Pay")
    for kind, amount in slip.kinds.items():
        page.sum(kind.capitalize(), told(amount, slip.currency))
    page.sum("Gross pay", told(slip.gross_minor, slip.currency), bold=True, rule="T")
    if employees:
        page.heading("Deductions")
        for each in slip.deductions:
            page.sum(each.purpose, told(-each.amount_minor, slip.currency))
        if not slip.deductions:
            page.say("Nothing is deducted.", _WIDE, soft=True, end=True)
        page.sum("All deductions", told(-slip.deducted_minor, slip.currency), bold=True, rule="T")
    beside = [("Tips, whole", slip.tips_minor), ("Expenses", slip.expenses_minor)]
    beside.append(("Paid before", slip.paid_before_minor))
    if any(amount for _, amount in beside):
        page.heading("Beside it")
        for words, amount in beside:
            if amount:
                page.sum(words, told(amount, slip.currency))
    page.ln(2)
    page.sum("Net pay", told(slip.net_minor, slip.currency), bold=True, rule="TB")


def _time(page: _Page, slip: Payslip) -> None:
    page.heading("Hours")
    for rate, minutes in slip.rates:
        at = "paid otherwise than by the hour" if rate is None else f"at {told(rate, slip.currency)} an hour"
        page.sum(f"{_hours(minutes)} {at}", "")
    page.sum(f"In all {_hours(slip.minutes)} on shift", "", bold=True)
    exact = float(slip.leave_minutes) / 60
    page.sum(
        f"Leave accrued: {exact:.2f} hours exactly, in whole hours, as the law rounds a period: {slip.leave_hours}",
        "",
    )


def _payments(page: _Page, slip: Payslip, local: Callable[[datetime], datetime]) -> None:
    if not slip.payments:
        return
    page.heading("How it is paid")
    for each in slip.payments:
        when = f"{each.state} {_day(local(each.at))}" if each.at else "on its way"
        how = METHODS.get(each.method, each.method)
        page.sum(f"{how}, reference {each.reference}, {when}", told(each.amount_minor, slip.currency))


def _lines(page: _Page, slip: Payslip, local: Callable[[datetime], datetime]) -> None:
    page.heading("Line by line, with the entries of the books behind each")
    widths = (24, 46, 66, 18, 20)
    for words, width in zip(("When", "What", "For", "Entry", "Amount"), widths, strict=True):
        page.say(words, width, size=8.5, soft=True, right=words == "Amount", end=words == "Amount")
    for line in slip.lines:
        cells = (
            f"{local(line.at):%d %b %H:%M}",
            line.what
            if line.correction_of is None
            else f"correction of entry {line.correction_of}: {line.what}",
            line.why,
            str(line.entry_id),
            _amount(line),
        )
        _row(page, cells, widths)


def _row(page: _Page, cells: Sequence[str], widths: Sequence[float]) -> None:
    for number, (words, width) in enumerate(zip(cells, widths, strict=True)):
        last = number == len(cells) - 1
        page.say(words, width, size=8.5, right=last, end=last)


def _amount(line: RunLine) -> str:
    if line.is_money:
        return told(line.amount, line.unit)
    return f"{line.amount} min" if line.what == "minutes" else f"{line.amount / 10_000:.1f} min"


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60:02d}"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"
