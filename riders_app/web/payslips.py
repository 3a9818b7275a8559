"""A rider's payslips, and the bank account they are paid into: on pages only, never by text."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from dispatch import paydays
from dispatch.facts import Say
from dispatch.web import access, forms, pages, payslip_pages
from dispatch.web.access import Now, Reading, Rider, Writing
from payments import bank, payees, runs
from payments.errors import BadBankDetails

router = APIRouter(prefix="/my", dependencies=[Depends(access.ours)], include_in_schema=False)


@router.get("/payslips")
def listed(request: Request, who: Rider, session: Reading, now: Now) -> Response:
    """Every payslip of mine, the newest first, and where my pay goes."""
    found = [(run, runs.slip(session, run, who.person_id)) for run in runs.runs_of(session, who.person_id)]
    if pages.for_program(request):
        told = [payslip_pages.told(slip) for _, slip in found if slip is not None]
        return JSONResponse({"payslips": told}, headers={"cache-control": "no-store"})
    rules = forms.rulebook(session, now)
    return pages.render(
        request,
        "rider/payslips.html",
        slips=[
            (run, slip, rules.local(run.since), rules.local(run.until) - timedelta(seconds=1))
            for run, slip in found
        ],
        account=payees.of(session, runs.payee(who.person_id)),
        by_bank=rules.pay_period.paid_by == "bank",
    )


@router.get("/payslips/{run_id}")
def one(request: Request, who: Rider, session: Reading, now: Now, run_id: int) -> Response:
    """One payslip of mine."""
    me = who.person_id
    return payslip_pages.page(
        request, session, run_id, me, draft_too=False, entries="/my/entries", back="/my/payslips"
    )


@router.get("/payslips/{run_id}/pdf")
def paper(request: Request, who: Rider, session: Reading, now: Now, run_id: int) -> Response:
    """The same on paper."""
    return payslip_pages.paper(session, run_id, who.person_id, draft_too=False)


@router.get("/bank")
def bank_page(request: Request, who: Rider, session: Reading, now: Now) -> Response:
    """Where my pay goes, masked, and a form to change it."""
    return _page(request, session, who.person_id)


def _page(
    request: Request, session: Reading, person_id: int, *, faults: tuple[str, ...] = (), status: int = 200
) -> Response:
    held = payees.of(session, runs.payee(person_id))
    say = pages.speaker(request)
    told = [say(fault) for fault in faults]
    return pages.render(request, "rider/bank.html", status=status, account=held, faults=told)


def known_faults(say: Say) -> tuple[str, ...]:
    """What may be wrong with a bank account as somebody typed it, so that each language has it."""
    return (
        say("Name: write the name on the account, as the bank has it."),
        say("Sort code: write six digits, like 12-34-56."),
        say("Account number: write eight digits; put noughts in front of a shorter one."),
    )


@router.post("/bank")
def enter(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    holder: Annotated[str, Form(max_length=80)] = "",
    sort_code: Annotated[str, Form(max_length=20)] = "",
    number: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """My pay goes there from now on; a text confirms it to me, without the account."""
    try:
        account = bank.account(holder, sort_code, number)
    except BadBankDetails as refused:
        if pages.for_program(request):
            raise
        return _page(request, session, who.person_id, faults=refused.faults, status=422)
    changed = paydays.enter_account(session, who.person_id, account, now=now)
    return pages.said(request, "/my/payslips", changed=changed)
