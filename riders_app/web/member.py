"""Every member's pages: my shares, the books in summary, why a job was mine, and what I contest."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session, col, select

from dispatch import contests, jobs, people
from dispatch.errors import BadInput, NoSuchJob
from dispatch.facts import Say, english
from dispatch.people import Who
from dispatch.tables import Contest, Job
from dispatch.web import access, accounts, forms, pages, reasons
from dispatch.web.access import Member, Now, Reading, Rider, Writing
from payments import books, shares
from payments.books import TrialLine

A_YEAR = timedelta(days=365)
router = APIRouter(prefix="/my", dependencies=[Depends(access.ours)], include_in_schema=False)


@router.get("/shares")
def my_shares(request: Request, who: Member, session: Reading, now: Now) -> Response:
    """What I hold, and how it came to be."""
    rules = forms.rulebook(session, now)
    held = shares.holding(session, who.person_id)
    if pages.for_program(request):
        body = {
            "count": held.count,
            "amount_minor": held.amount_minor,
            "lines": [
                {
                    "at": line.at.isoformat(),
                    "why": line.why,
                    "amount_minor": line.amount,
                    "entry_id": line.entry_id,
                }
                for line in held.lines
            ],
        }
        return JSONResponse(body, headers={"cache-control": "no-store"})
    return pages.render(
        request,
        "member/shares.html",
        held=held,
        lines=[(line, rules.local(line.at)) for line in held.lines],
        par=rules.shares.par_minor if rules.shares else 0,
        currency=rules.co_op.currency,
    )


@router.get("/books")
def the_books(request: Request, who: Member, session: Reading, now: Now) -> Response:
    """The co-op's books in summary: what came in, what it cost, what is owed to whom in all."""
    rules = forms.rulebook(session, now)
    currency = rules.co_op.currency
    trial = [line for line in books.trial_balance(session) if line.unit == currency]
    own = [line for line in trial if line.account.startswith("co-op:")]
    say = english if pages.for_program(request) else pages.speaker(request)
    named = accounts.names(session, [line.account for line in own], me=who.person_id, say=say)
    owed = (
        (
            say("Owed to restaurants (owed by them, if below nought)"),
            _sum(trial, "restaurant:", but=":till"),
        ),
        (say("Owed to riders: wages and holiday pay"), _sum(trial, "rider:", but=":tips")),
        (say("Owed to riders: tips"), _sum([t for t in trial if t.account.endswith(":tips")], "rider:")),
        (say("Members' shares"), _sum(trial, "member:")),
    )
    if pages.for_program(request):
        body = {
            "accounts": {line.account: line.balance for line in own},
            "owed": dict(owed),
            "unit": currency,
        }
        return JSONResponse(body, headers={"cache-control": "no-store"})
    return pages.render(
        request,
        "member/books.html",
        lines=[(named[line.account], line.balance) for line in own],
        left=sum(line.balance for line in own),
        owed=owed,
        versions=books.versions(session),
        entries=books.head(session)[0],
        name=rules.co_op.name,
        currency=currency,
    )


def _sum(trial: list[TrialLine], prefix: str, *, but: str = "\0") -> int:
    kept = [t for t in trial if t.account.startswith(prefix) and not t.account.endswith(but)]
    return sum(line.balance for line in kept)


@router.get("/why/{job_id}")
def why(request: Request, who: Rider, session: Reading, now: Now, job_id: int) -> Response:
    """Why one of my jobs was mine: its cost beside the best other riders', who stay nameless."""
    job = _own_job(session, who, job_id)
    if pages.for_program(request):
        return JSONResponse(reasons.told(session, job), headers={"cache-control": "no-store"})
    facts = reasons.page(session, job, pages.speaker(request))
    return pages.render(request, "rider/why.html", job=job, **facts)


def _own_job(session: Session, who: Who, job_id: int) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.person_id != who.person_id:
        raise NoSuchJob("You have had no such job.")
    return job


def _verdicts(say: Say) -> dict[str | None, str]:
    return {
        "upheld": say("You were right."),
        "in_part": say("You were right in part."),
        "not_upheld": say("The decision stands."),
    }


@router.get("/contest")
def cases(request: Request, who: Member, session: Reading, now: Now) -> Response:
    """What I contest, and how it was answered."""
    zone = forms.zone(session, now)
    rows = session.exec(
        select(Contest).where(Contest.person_id == who.person_id).order_by(col(Contest.id).desc()).limit(50)
    ).all()
    verdicts = _verdicts(pages.speaker(request))
    return pages.render(
        request,
        "rider/contest.html",
        cases=[
            {
                "words": case.words,
                "opened_at": case.opened_at.astimezone(zone),
                "due_at": case.due_at.astimezone(zone),
                "outcome": case.outcome,
                "verdict": verdicts.get(case.verdict, ""),
                "by": people.get(session, case.closed_by).name if case.closed_by else "",
                "owner": people.get(session, case.owner_id).name if case.owner_id else "",
            }
            for case in rows
        ],
        tally=contests.tally(session, since=now - A_YEAR, now=now),
    )


@router.post("/contest")
def contest(
    request: Request,
    who: Member,
    session: Writing,
    now: Now,
    words: Annotated[str, Form(max_length=2000)] = "",
    number: Annotated[int | None, Form()] = None,
    job_id: Annotated[int | None, Form()] = None,
) -> Response:
    """Say that a decision was wrong: a named person answers within fourteen days."""
    if not words.strip():
        raise BadInput("Write down what was wrong.")
    if job_id is not None:
        job = _own_job(session, who, job_id)
        number, words = job.number, words.strip()
        latest = jobs.latest(session, who.person_id, job.number)
        if latest is None or latest.id != job.id:  # the number has gone to another job of mine since
            at = job.offered_at.astimezone(forms.zone(session, now))
            number, words = None, f"Job {job.number} of {at:%d %B}: {words}"
    case = contests.open_(session, who.person_id, number, words, now=now)
    return pages.said(request, "/my/contest", id=case.id, due_at=case.due_at.isoformat())
