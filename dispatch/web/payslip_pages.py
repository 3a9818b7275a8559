"""A payslip as a page, as a PDF and as facts, for the treasurer and for the rider whose it is."""

from datetime import timedelta
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import paydays
from dispatch.errors import NotFound
from dispatch.facts import Say, english
from dispatch.web import accounts, booked, pages, tongues
from payments import books, runs
from payments.ledger import HOLIDAY, MINUTES
from payments.payslips import PAID_BEFORE, Payslip
from payments.runs import PayRun
from payments.work import PREMIUMS


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
    say, language = pages.speaker(request), tongues.of(request)
    purposes = accounts.deductions(say)
    return pages.render(
        request,
        "payslip.html",
        run=run,
        slip=slip,
        name=paydays.names(session, [person_id]).get(person_id, f"Rider {person_id}"),
        employer=rules.co_op.name,
        local=rules.local,
        last=rules.local(run.until) - timedelta(seconds=1),
        kinds=kinds(say),
        deductions=[(purposes.get(each.kind, each.purpose), each.amount_minor) for each in slip.deductions],
        states=payment_states(say),
        why=partial(booked.why, say, language),
        amount_words=partial(amount_words, say=say, language=language),
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
    slip = None
    if run is not None and (draft_too or run.state != "draft"):
        slip = runs.slip(session, run, person_id)
    if run is None or slip is None:
        raise NotFound("There is no such payslip.")
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


def kinds(say: Say) -> dict[str, str]:
    """What a line of pay is, as its rider reads it: by a statement's names, and by a payslip's."""
    named = {
        "wages": say("wages"),
        "drops": say("drops"),
        "premium: late": say("premium: late"),
        "premium: rain": say("premium: rain"),
        "premium: distance": say("premium: distance"),
        "premium: hills": say("premium: hills"),
        "top-up": say("top-up"),
        "sick pay": say("sick pay"),
        "holiday pay": say("holiday pay"),
        "holiday pay set aside": say("holiday pay set aside"),
        "leave taken": say("leave taken"),
        "tip": say("tip"),
        "tips": say("tips"),
        "expenses": say("expenses"),
        "minutes": say("minutes"),
        "leave": say("leave"),
        PAID_BEFORE: say("paid before"),
    }
    premiums = {name: named[f"premium: {name}"] for name in PREMIUMS}
    return named | premiums | {"top up": named["top-up"], "sick": named["sick pay"]}


def payment_states(say: Say) -> dict[str, str]:
    """How far a payment is."""
    return {
        "ready": say("set aside"),
        "sending": say("on its way"),
        "paid": say("paid"),
        "failed": say("failed"),
        "returned": say("came back"),
    }


def amount_words(amount: int, unit: str, *, say: Say = english, language: str = tongues.ENGLISH) -> str:
    """An amount in its unit: money, minutes of work, or minutes of leave."""
    if unit == MINUTES:
        return f"{amount} min"
    if unit == HOLIDAY:
        return say("{minutes} min of leave", minutes=tongues.decimal(amount / 10_000, 2, language))
    return tongues.money(amount, unit, language)


def download(body: bytes, name: str, kind: str) -> Response:
    """A file to keep: nobody else may, on the way."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type=kind, headers=headers)
