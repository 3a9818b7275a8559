"""The treasurer's pay runs: drawn up, looked through, approved, paid and closed, by named people."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch import paydays
from dispatch.errors import BadInput, NotFound
from dispatch.web import access, forms, pages, payslip_pages
from dispatch.web.access import Now, Reading, Treasurer, Writing
from payments import books, checks, payees, runs
from payments.errors import DeductionsRefused
from payments.runs import PayRun

router = APIRouter(prefix="/desk/pay", dependencies=[Depends(access.ours)], include_in_schema=False)
_MOST_BYTES = 2_000_000
STEPS = ("draft", "approved", "paid", "closed")


@router.get("")
def listed(request: Request, who: Treasurer, session: Reading, now: Now) -> Response:
    """Every run, and the periods one may draw up."""
    rules = forms.rulebook(session, now)
    found = runs.listed(session)
    if pages.for_program(request):
        told = [{"id": each.id, "state": each.state, "since": each.since.isoformat()} for each in found]
        return JSONResponse({"runs": told}, headers={"cache-control": "no-store"})
    return pages.render(
        request,
        "desk/pay.html",
        runs=[(each, *_days(each, rules), _sum(session, each)) for each in found],
        periods=[
            (since.isoformat(), *_span(since, until, rules))
            for since, until in paydays.periods(session, now=now)
        ],
    )


def _sum(session: Session, run: PayRun) -> dict[str, int]:
    slips = runs.slips(session, run)
    return {"people": len(slips), "net_minor": sum(each.net_minor for each in slips)}


def _days(run: PayRun, rules: Any) -> tuple[datetime, datetime]:
    return _span(run.since, run.until, rules)


def _span(since: datetime, until: datetime, rules: Any) -> tuple[datetime, datetime]:
    return rules.local(since), rules.local(until) - timedelta(seconds=1)


@router.post("")
def draft(
    request: Request, who: Treasurer, session: Writing, now: Now, on: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Draw up the run of a period, or draw it anew."""
    if not on:
        raise BadInput("Choose the pay period.")
    at = forms.day(on, forms.rulebook(session, now), "on")
    run = runs.draft(session, on=at, by=who.person_id, now=now)
    return pages.said(request, f"/desk/pay/{run.id}", id=run.id)


@router.get("/{run_id}")
def one(request: Request, who: Treasurer, session: Reading, now: Now, run_id: int) -> Response:
    """One run: its people, its steps, what to look at, its files."""
    return _page(request, session, runs.get(session, run_id), now)


def _page(
    request: Request,
    session: Session,
    run: PayRun,
    now: datetime,
    *,
    faults: Sequence[str] = (),
    status: int = 200,
) -> Response:
    rules = books.rules(session, run.rulebook)
    slips = runs.slips(session, run)
    if pages.for_program(request):
        return JSONResponse(_told(run, slips), status, headers={"cache-control": "no-store"})
    draft = run.state == "draft"
    cautions = paydays.cautions(session, run, now=now) if draft else []
    rows = {row.person_id: row for row in runs.people(session, run)}
    made = {person_id: runs.payouts_of(session, run, person_id) for person_id in rows}
    people = {person for row in rows.values() for person in (row.person_id, row.deductions_by)} | {
        run.drawn_by,
        run.acknowledged_by,
        run.approved_by,
        run.paid_by,
        run.closed_by,
    }
    people |= {
        by for each in made.values() for out in each for by in (out.made_by, out.paid_by, out.undone_by)
    }
    held = {each.person_id: payees.of(session, runs.payee(each.person_id)) for each in slips}
    return pages.render(
        request,
        "desk/pay_run.html",
        status=status,
        run=run,
        days=_days(run, rules),
        local=rules.local,
        people=[(each, rows[each.person_id], held[each.person_id]) for each in slips],
        payouts=made,
        names=paydays.names(session, {each for each in people if each is not None}),
        sums=_sums(slips),
        cautions=cautions,
        unread={each.key for each in runs.unread(run, cautions)},
        findings=checks.last_found(session) if run.state != "closed" else (),
        checked_at=_checked_at(session, rules),
        stale=draft and runs.stale(session, run),
        undeducted=set(runs.undeducted(session, run)),
        unpaid=[] if draft else runs.unpaid(session, run),
        over=now >= run.until,
        two_people=rules.pay_period.two_people,
        kinds=runs.KINDS,
        faults=faults,
        now=now,
    )


def _checked_at(session: Session, rules: Any) -> datetime | None:
    latest = checks.last(session)
    return rules.local(latest.at) if latest is not None else None


def _sums(slips: Sequence[Any]) -> dict[str, int]:
    names = ("gross_minor", "deducted_minor", "tips_minor", "expenses_minor", "net_minor", "minutes")
    return {name: sum(getattr(each, name) for each in slips) for name in names}


def _told(run: PayRun, slips: Sequence[Any]) -> dict[str, object]:
    return {
        "id": run.id,
        "state": run.state,
        "since": run.since.isoformat(),
        "until": run.until.isoformat(),
        "people": [payslip_pages.told(each) for each in slips],
        **_sums(slips),
    }


@router.post("/{run_id}/acknowledge")
def acknowledge(request: Request, who: Treasurer, session: Writing, now: Now, run_id: int) -> Response:
    """I have read the warnings."""
    run = runs.get(session, run_id)
    runs.acknowledge(session, run, paydays.cautions(session, run, now=now), by=who.person_id, now=now)
    return pages.said(request, f"/desk/pay/{run_id}")


@router.post("/{run_id}/deductions")
def deductions(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    run_id: int,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Take in the payroll bureau's file; its faults are told all at once, and nothing of it is kept."""
    run = runs.get(session, run_id)
    body = file.file.read(_MOST_BYTES + 1) if file is not None else b""
    if not body:
        raise BadInput("Choose the payroll bureau's file.")
    try:
        if len(body) > _MOST_BYTES:
            raise DeductionsRefused(("the file is larger than any payroll bureau's: choose another",))
        runs.take_in(session, run, runs.read(_text(body)), by=who.person_id, now=now)
    except DeductionsRefused as refused:
        return _page(request, session, run, now, faults=refused.faults, status=422)
    return pages.said(request, f"/desk/pay/{run_id}#deductions")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")  # as spreadsheets write it


@router.post("/{run_id}/people/{person_id}/deductions")
def deductions_of(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    run_id: int,
    person_id: int,
    amount: Annotated[list[str] | None, Form()] = None,
    other: Annotated[str, Form(max_length=20)] = "",
    purpose: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """One person's deductions, typed: an amount for each kind in its order, and another with its purpose."""
    run, rows = runs.get(session, run_id), []
    faults: list[str] = []
    typed = [(kind, text, "") for kind, text in zip(runs.KINDS, amount or [], strict=False)]
    for kind, text, what in [*typed, ("other", other, purpose)]:
        if not text.strip() and not what.strip():
            continue
        try:
            rows.append(runs.row(runs.KINDS.get(kind, "Other"), str(person_id), kind, text, what))
        except DeductionsRefused as refused:
            faults += refused.faults
    try:
        if faults:
            raise DeductionsRefused(tuple(faults))
        runs.set_for(session, run, person_id, rows, by=who.person_id, now=now)
    except DeductionsRefused as refused:
        return _page(request, session, run, now, faults=refused.faults, status=422)
    return pages.said(request, f"/desk/pay/{run_id}#deductions")


@router.post("/{run_id}/approve")
def approve(request: Request, who: Treasurer, session: Writing, now: Now, run_id: int) -> Response:
    """I approve this run: everybody's pay is set aside."""
    run = runs.get(session, run_id)
    cautions = paydays.cautions(session, run, now=now) if run.state == "draft" else []
    runs.approve(session, run, cautions, by=who.person_id, now=now)
    return pages.said(request, f"/desk/pay/{run_id}", state=run.state)


@router.post("/{run_id}/paid")
def paid(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    run_id: int,
    person: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """I say that everybody, or these, have been paid."""
    run = runs.get(session, run_id)
    paydays.mark_paid(session, run, by=who.person_id, now=now, only=person)
    return pages.said(request, f"/desk/pay/{run_id}", state=run.state)


@router.post("/{run_id}/people/{person_id}/undone")
def undone(
    request: Request,
    who: Treasurer,
    session: Writing,
    now: Now,
    run_id: int,
    person_id: int,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Their payment failed or came back."""
    run = runs.get(session, run_id)
    runs.did_not_arrive(session, run, person_id, reason=reason, by=who.person_id, now=now)
    return pages.said(request, f"/desk/pay/{run_id}")


@router.post("/{run_id}/people/{person_id}/again")
def again(
    request: Request, who: Treasurer, session: Writing, now: Now, run_id: int, person_id: int
) -> Response:
    """Pay them again."""
    runs.again(session, runs.get(session, run_id), person_id, by=who.person_id, now=now)
    return pages.said(request, f"/desk/pay/{run_id}")


@router.post("/{run_id}/close")
def close(request: Request, who: Treasurer, session: Writing, now: Now, run_id: int) -> Response:
    """Everybody is paid: this run is closed."""
    run = runs.close(session, runs.get(session, run_id), by=who.person_id, now=now)
    return pages.said(request, f"/desk/pay/{run_id}", state=run.state)


@router.post("/{run_id}/bank-file")
def bank_file(request: Request, who: Treasurer, session: Writing, now: Now, run_id: int) -> Response:
    """The file for the bank; whoever is in it is being sent their pay from now on."""
    file, _ = runs.bank_file(session, runs.get(session, run_id), now=now)
    return payslip_pages.download(file.text.encode(), f"bank-file-{run_id}.csv", "text/csv")


@router.get("/{run_id}/files/{name}")
def files(request: Request, who: Treasurer, session: Reading, now: Now, run_id: int, name: str) -> Response:
    """What is handed on: for the payroll bureau, its answer to fill in, the whole run."""
    run = runs.get(session, run_id)
    made = {"bureau.csv": runs.bureau, "deductions.csv": runs.answer, "run.csv": runs.whole}.get(name)
    if made is None:
        raise NotFound("There is no such file of a pay run.")
    called = paydays.names(session, [each.person_id for each in runs.people(session, run)])
    text = made(session, run, called)
    return payslip_pages.download(("\ufeff" + text).encode(), f"pay-run-{run_id}-{name}", "text/csv")


@router.get("/{run_id}/people/{person_id}")
def payslip(
    request: Request, who: Treasurer, session: Reading, now: Now, run_id: int, person_id: int
) -> Response:
    """One person's payslip, or its draft."""
    return payslip_pages.page(
        request,
        session,
        run_id,
        person_id,
        draft_too=True,
        entries="/desk/money/entries",
        back=f"/desk/pay/{run_id}",
    )


@router.get("/{run_id}/people/{person_id}/pdf")
def payslip_pdf(
    request: Request, who: Treasurer, session: Reading, now: Now, run_id: int, person_id: int
) -> Response:
    """The same on paper."""
    return payslip_pages.paper(session, run_id, person_id, draft_too=True)
