"""A payslip as a page, as a PDF and as facts, for the treasurer and for the rider whose it is."""

from datetime import timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import paydays
from dispatch.errors import NotFound
from dispatch.web import pages
from payments import books, runs
from payments.ledger import HOLIDAY, MINUTES
from payments.payslips import Payslip
from payments.runs import PayRun

NONE = "There is no such payslip."


def page(
    request: Request,
    session: Session,
    run_id: int,
    person_id: int,
    *,
    draft_too: bool,
    entries: str,
    back: str,
) -> Response:
    """The payslip with a link to each entry below `entries`; NotFound where there is none, or only a draft."""
    run, slip = _found(session, run_id, person_id, draft_too)
    if pages.for_program(request):
        return JSONResponse(told(slip), headers={"cache-control": "no-store"})
    rules = books.rules(session, run.rulebook)
    return pages.render(
        request,
        "payslip.html",
        run=run,
        slip=slip,
        name=paydays.names(session, [person_id]).get(person_id, f"Rider {person_id}"),
        employer=rules.co_op.name,
        local=rules.local,
        last=rules.local(run.until) - timedelta(seconds=1),
        amount_words=amount_words,
        entries=entries,
        back=back,
    )


def paper(session: Session, run_id: int, person_id: int, *, draft_too: bool) -> Response:
    """The payslip as a PDF; NotFound."""
    run, slip = _found(session, run_id, person_id, draft_too)
    rules = books.rules(session, run.rulebook)
    name = paydays.names(session, [person_id]).get(person_id, f"Rider {person_id}")
    body = runs.pdf(
        slip,
        employer=rules.co_op.name,
        name=name,
        local=rules.local,
        employees=run.status == "employees",
        draft=run.state == "draft",
    )
    return download(body, f"payslip-{run_id}-{person_id}.pdf", "application/pdf")


def _found(session: Session, run_id: int, person_id: int, draft_too: bool) -> tuple[PayRun, Payslip]:
    run = session.get(PayRun, run_id)
    if run is None or (run.state == "draft" and not draft_too):
        raise NotFound(NONE)
    slip = runs.slip(session, run, person_id)
    if slip is None:
        raise NotFound(NONE)
    return run, slip


def told(slip: Payslip) -> dict[str, Any]:
    """A payslip as facts, in minor units and minutes."""
    return {
        "run": slip.run_id,
        "person": slip.person_id,
        "since": slip.since.isoformat(),
        "until": slip.until.isoformat(),
        "kinds": slip.kinds,
        "gross_minor": slip.gross_minor,
        "deductions": [
            {"kind": each.kind, "purpose": each.purpose, "amount_minor": each.amount_minor}
            for each in slip.deductions
        ],
        "deducted_minor": slip.deducted_minor,
        "tips_minor": slip.tips_minor,
        "expenses_minor": slip.expenses_minor,
        "paid_before_minor": slip.paid_before_minor,
        "net_minor": slip.net_minor,
        "minutes": slip.minutes,
        "rates": [{"per_hour_minor": rate, "minutes": minutes} for rate, minutes in slip.rates],
        "leave_minutes": float(slip.leave_minutes),
        "leave_hours": slip.leave_hours,
        "payments": [
            {"method": each.method, "amount_minor": each.amount_minor, "state": each.state}
            for each in slip.payments
        ],
        "entry_ids": sorted({line.entry_id for line in slip.lines}),
    }


def amount_words(amount: int, unit: str) -> str:
    """An amount in its unit: money, minutes of work, or minutes of leave."""
    if unit == MINUTES:
        return f"{amount} min"
    if unit == HOLIDAY:
        return f"{amount / 10_000:.2f} min of leave"
    return pages.money(amount, unit)


def download(body: bytes, name: str, kind: str) -> Response:
    """A file to keep: nobody else may, on the way."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type=kind, headers=headers)
