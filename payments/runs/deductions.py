"""What the payroll bureau had deducted: read from its file or a form, all faults told at once, kept until approval.

Pannier works out no income tax and no National Insurance: it takes in what the bureau worked out, and checks that it
can be deducted.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from payments.bank import plain
from payments.errors import DeductionsRefused, PayRunRefused
from payments.money import told
from payments.payslips import Deduction, Payslip
from payments.runs.slips import people, slips
from payments.runs.tables import PayRun, PayRunDeduction

# Slug -> what it is for, as the payslip says it.
KINDS: dict[str, str] = {
    "income-tax": "Income tax (PAYE)",
    "national-insurance": "National Insurance",
    "pension": "Pension",
    "student-loan": "Student loan",
}
OTHER = "other"
HEADINGS = ("person", "kind", "amount", "purpose")
_AMOUNT = re.compile(r"£?\s*(\d{1,7})(?:\.(\d{1,2}))?")
_MOST = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the bureau's answer: `place` says where it stands; nought means that nothing is deducted."""

    place: str
    person_id: int
    deduction: Deduction | None


def read(text: str) -> list[Row]:
    """The lines of a bureau's file; DeductionsRefused with every fault and its line.

    Columns: person (their number), kind (income-tax, national-insurance, pension, student-loan, other), amount
    (like 23.50), purpose (needed for other). Other columns, a name say, are passed over. A line with 0.00 says that
    nothing is deducted.
    """
    lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    headings = [str(each).strip().lower() for each in lines.fieldnames or ()]
    missing = [each for each in HEADINGS[:3] if each not in headings]
    if missing:
        raise DeductionsRefused((f"line 1: the columns {', '.join(missing)} are missing",))
    rows: list[Row] = []
    faults: list[str] = []
    for line in lines:
        cells = {
            str(k).strip().lower(): (v or "").strip() for k, v in line.items() if isinstance(v, str | None)
        }
        if not any(cells.values()):
            continue
        place = f"line {lines.line_num}"
        try:
            facts = (cells.get(each, "") for each in HEADINGS)
            rows.append(row(place, *facts))
        except DeductionsRefused as refused:
            faults += refused.faults
    if faults:
        raise DeductionsRefused(tuple(faults))
    return rows


def row(place: str, person: str, kind: str, amount: str, purpose: str) -> Row:
    """One line as it was written; DeductionsRefused with every fault of it."""
    faults: list[str] = []
    slug = re.sub(r"[\s_]+", "-", kind.strip().lower())
    money = _AMOUNT.fullmatch(amount.strip())
    if not (person.isascii() and person.isdigit() and len(person) < 12):
        faults.append(f"{place}: {person!r} is no person's number")
    if slug not in KINDS and slug != OTHER:
        faults.append(f"{place}: {kind!r} is no kind of deduction: write {', '.join(KINDS)} or {OTHER}")
    if money is None:
        faults.append(f"{place}: {amount!r} is no amount: write one like 23.50")
    purpose = " ".join(purpose.split())
    if slug == OTHER and not purpose:
        faults.append(f"{place}: say what the deduction is for: every payslip must")
    if len(purpose) > _MOST:
        faults.append(f"{place}: say what it is for in {_MOST} letters or fewer")
    if slug == OTHER:
        tail = re.sub(r"[^a-z0-9]+", "-", plain(purpose).lower()).strip("-")
        slug = f"other-{tail}" if tail else "other"
    if faults or money is None:
        raise DeductionsRefused(tuple(faults))
    minor = int(money[1]) * 100 + int((money[2] or "").ljust(2, "0") or 0)
    found = Deduction(slug, purpose or KINDS.get(slug, purpose), minor) if minor else None
    return Row(place, int(person), found)


def take_in(session: Session, run: PayRun, rows: Sequence[Row], *, by: int, now: datetime) -> PayRun:
    """Keep a bureau's whole answer in place of the one before; DeductionsRefused with every fault.

    Everybody with gross pay must be answered for, once for each kind; nobody's deductions may be more than their pay.
    PayRunRefused once the run is approved.
    """
    _open(run)
    found = {each.person_id: each for each in slips(session, run)}
    faults = [*_unknown(rows, found), *_twice(rows), *_too_much(rows, found)]
    answered = {each.person_id for each in rows}
    for person_id, slip in found.items():
        if person_id not in answered and slip.gross_minor > 0:
            gross = told(slip.gross_minor, run.currency)
            faults.append(
                f"person {person_id} is missing: write a line with 0.00 if nothing of {gross} is deducted"
            )
    if faults:
        raise DeductionsRefused(tuple(faults))
    _replace(session, run, set(found), rows, by=by, now=now, answered=answered | set(found))
    return run


def set_for(
    session: Session, run: PayRun, person_id: int, rows: Sequence[Row], *, by: int, now: datetime
) -> PayRun:
    """Keep one person's deductions in place of those before, as a form has them; DeductionsRefused, PayRunRefused."""
    _open(run)
    found = {each.person_id: each for each in slips(session, run)}
    faults = [*_unknown(rows, found), *_twice(rows), *_too_much(rows, found)]
    if faults:
        raise DeductionsRefused(tuple(faults))
    _replace(session, run, {person_id}, rows, by=by, now=now, answered={person_id})
    return run


def _open(run: PayRun) -> None:
    if run.state != "draft":
        raise PayRunRefused(
            f"Pay run {run.id} is {run.state}: deductions are taken in before it is approved."
        )
    if run.status != "employees":
        raise PayRunRefused(
            "The riders of this co-op are self-employed: nothing is deducted from what they earn."
        )


def _unknown(rows: Iterable[Row], found: Mapping[int, Payslip]) -> list[str]:
    return [
        f"{each.place}: this run pays nobody by the number {each.person_id}"
        for each in rows
        if each.person_id not in found
    ]


def _twice(rows: Iterable[Row]) -> list[str]:
    seen: dict[tuple[int, str], str] = {}
    faults: list[str] = []
    for each in rows:
        if each.deduction is None:
            continue
        key = each.person_id, each.deduction.kind
        if key in seen:
            faults.append(
                f"{each.place}: {each.deduction.purpose} of person {each.person_id} stands in {seen[key]} too"
            )
        seen.setdefault(key, each.place)
    return faults


def _too_much(rows: Iterable[Row], found: Mapping[int, Payslip]) -> list[str]:
    sums: dict[int, int] = defaultdict(int)
    last: dict[int, str] = {}
    for each in rows:
        sums[each.person_id] += each.deduction.amount_minor if each.deduction else 0
        last[each.person_id] = each.place
    faults: list[str] = []
    for person_id, total in sums.items():
        slip = found.get(person_id)
        if slip is not None and total > slip.deductible_minor:
            taken, gross = (told(each, slip.currency) for each in (total, slip.deductible_minor))
            faults.append(
                f"{last[person_id]}: {taken} is deducted from person {person_id}, whose pay is {gross}; "
                "tips and expenses are never deducted from"
            )
    return faults


def _replace(
    session: Session,
    run: PayRun,
    whose: set[int],
    rows: Iterable[Row],
    *,
    by: int,
    now: datetime,
    answered: set[int],
) -> None:
    wanted = {(each.person_id, each.deduction.kind): each.deduction for each in rows if each.deduction}
    kept = select(PayRunDeduction).where(
        PayRunDeduction.run_id == run.number, col(PayRunDeduction.person_id).in_(whose)
    )
    for row in session.exec(kept).all():
        found = wanted.pop((row.person_id, row.kind), None)
        if found is None:
            session.delete(row)
        else:  # one taken in again as it was stays as it was
            row.purpose, row.amount_minor = found.purpose, found.amount_minor
    for (person_id, kind), found in wanted.items():
        session.add(
            PayRunDeduction(
                run_id=run.number,
                person_id=person_id,
                kind=kind,
                purpose=found.purpose,
                amount_minor=found.amount_minor,
            )
        )
    for person in people(session, run):
        if person.person_id in answered:
            person.deductions_at, person.deductions_by = now, by
            session.add(person)
    session.flush()
