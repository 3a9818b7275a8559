"""A run on paper: for the payroll bureau, for the bank, and for whoever keeps the accounts."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from payments import books, checks, payees, payouts, transfers
from payments.bank import BankFile
from payments.errors import PayRunRefused
from payments.letters import cell
from payments.payouts import Payout
from payments.payslips import PAID_BEFORE, Payslip
from payments.runs.deductions import HEADINGS, KINDS
from payments.runs.slips import payee, people, slips
from payments.runs.tables import PayRun


def bureau(session: Session, run: PayRun, names: Mapping[int, str]) -> str:
    """What a payroll bureau needs, a line a person: hours at each rate, each kind of pay, the gross, tips and expenses.

    Hours are decimal, to a hundredth; money is in the currency's units, like 59.20.
    """
    found = slips(session, run)
    rates = sorted(
        {rate for each in found for rate, _ in each.rates}, key=lambda rate: (rate is None, rate or 0)
    )
    kinds = sorted({kind for each in found for kind in each.kinds})
    head = ["person", "name", "from", "to", "hours", *(_rate(rate) for rate in rates), *kinds]
    rows = []
    for each in found:
        hours = dict(zip((rate for rate, _ in each.rates), hundredths(each), strict=True))
        rows.append(
            [
                each.person_id,
                cell(names.get(each.person_id, "")),
                *_days(session, run),
                units(sum(hours.values())),
                *(units(hours.get(rate, 0)) for rate in rates),
                *(units(each.kinds.get(kind, 0)) for kind in kinds),
                units(each.gross_minor),
                units(each.tips_minor),
                units(each.expenses_minor),
            ]
        )
    return _csv([*head, "taxable gross", "tips", "expenses"], rows)


def answer(session: Session, run: PayRun, names: Mapping[int, str]) -> str:
    """The file the bureau's answer comes back in, with nought everywhere: one to fill in."""
    rows = [
        [each.person_id, cell(names.get(each.person_id, "")), kind, "0.00", purpose]
        for each in slips(session, run)
        if each.gross_minor > 0
        for kind, purpose in KINDS.items()
    ]
    return _csv([HEADINGS[0], "name", *HEADINGS[1:]], rows)


def whole(session: Session, run: PayRun, names: Mapping[int, str]) -> str:
    """The whole run, a line for every sum of every payslip, with the entries behind it."""
    rows: list[Sequence[object]] = []
    for each in slips(session, run):
        who = (each.person_id, cell(names.get(each.person_id, "")))
        for what in dict.fromkeys(line.what for line in each.lines if line.is_money):
            lines = [line for line in each.lines if line.is_money and line.what == what]
            entries = " ".join(str(number) for number in sorted({line.entry_id for line in lines}))
            rows.append([*who, what, units(sum(line.amount for line in lines)), "", entries])
        rows += [[*who, "deduction", units(-d.amount_minor), cell(d.purpose), ""] for d in each.deductions]
        rows.append([*who, "net", units(each.net_minor), "", ""])
        rows += [[*who, f"payment {p.state}", units(p.amount_minor), p.method, ""] for p in each.payments]
    return _csv(["person", "name", "what", "amount", "purpose", "entries"], rows)


def bank_file(session: Session, run: PayRun, *, now: datetime) -> tuple[BankFile, list[int]]:
    """The file the bank pays everybody by who is to be paid and has an account, and who is to be paid and has none.

    Whoever is in it is being sent their pay from now on; asked again, it is the same file, less who was paid since.
    PayRunRefused for a draft, and where nobody is left to pay by it; BooksUnsound.
    """
    if run.state == "draft":
        raise PayRunRefused(f"Pay run {run.id} is a draft: it must be approved before the bank is told.")
    checks.stop_if_wrong(session, now=now)
    found, without = transfers.file(session, waiting(session, run), now=now)
    if found is None:
        told = (
            "nobody it has still to pay has a bank account here"
            if without
            else "everybody in it has been paid"
        )
        raise PayRunRefused(f"There is nothing to put in a bank file for pay run {run.id}: {told}.")
    return found, [int(each.payee.split(":")[1]) for each in without]


def waiting(session: Session, run: PayRun) -> list[Payout]:
    """The payments of a run that are to be made through the bank, and were not yet."""
    ids = [row.payout_id for row in people(session, run) if row.payout_id is not None]
    found = [payouts.get(session, each) for each in ids]
    return [each for each in found if each.method == "bank" and each.state in ("ready", "sending")]


def without_account(session: Session, found: Iterable[Payslip]) -> list[int]:
    """Who is to be paid something and has no bank account here."""
    return [
        each.person_id
        for each in found
        if each.net_minor > 0 and payees.of(session, payee(each.person_id)) is None
    ]


def units(minor: int) -> str:
    """Minor units in a spreadsheet's way: -59.20."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def hundredths(slip: Payslip) -> list[int]:
    """The hours at each rate in hundredths, each less than one from exact; together all its minutes, rounded once."""
    exact = [minutes * 100 for _, minutes in slip.rates]
    found = [each // 60 for each in exact]
    spare = (2 * sum(exact) + 60) // 120 - sum(found)
    for place in sorted(range(len(exact)), key=lambda place: (-(exact[place] % 60), place))[:spare]:
        found[place] += 1
    return found


def _rate(rate: int | None) -> str:
    return "hours not by the hour" if rate is None else f"hours at {units(rate)}"


def _days(session: Session, run: PayRun) -> tuple[str, str]:
    rules = books.rules(session, run.rulebook)
    last = rules.local(run.until).date().toordinal() - 1
    return rules.local(run.since).date().isoformat(), datetime.fromordinal(last).date().isoformat()


def _csv(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


__all__ = [
    "PAID_BEFORE",
    "answer",
    "bank_file",
    "bureau",
    "units",
    "waiting",
    "whole",
    "without_account",
]
