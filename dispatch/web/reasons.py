"""Why a job went to its rider, as pages show it: one table for the rider it is about and for the desk."""

from typing import Any

from sqlmodel import Session

from dispatch import decisions
from dispatch.errors import NoSuchJob
from dispatch.facts import Candidate, WhyFacts
from dispatch.tables import Job
from payments import books

CAUSES = {
    "wait": "The customer waits",
    "late": "After the promised time",
    "travel": "Riding",
    "freshness": "Food getting cold",
    "fairness": "Evening out the work",
    "churn": "Plans changed",
}
BARRED = {
    "passed": "let it go before",
    "not_allowed": "may not carry it",
    "limits": "has had all they may have",
    "no_capacity": "no room for it",
    "shift_ends": "their shift ends before it",
    "unreachable": "no way there",
    "no_couriers": "not free in time",
    "too_costly": "far too late by them",
}
WANTED = {
    "sooner": "free sooner by",
    "nearer": "nearer by",
    "fairer": "no further ahead in the work shared out",
}
EVEN = {
    "orders": "orders an hour",
    "pay": "earned an hour beyond the wage",
    "distance": "kilometres an hour",
    "effort": "hours of work an hour",
    "waiting": "hours of work an hour",
    "desirable": "desirable jobs an hour",
}


def page(session: Session, job: Job) -> dict[str, Any]:
    """What the table needs: the facts, its rows, whether the figures still hold, or why there are none."""
    try:
        told = decisions.why(session, job)
    except NoSuchJob as nothing:
        return {"why": None, "by_hand": nothing.message, "causes": [], "faults": (), "version": None}
    version = next((v for v in books.versions(session) if v.version == told.rulebook), None)
    return {
        "why": told,
        "by_hand": "",
        "causes": _rows(told),
        "faults": decisions.check(session, job),
        "version": version,
        "even": EVEN[told.basis],
        "barred": BARRED,
        "wanted": [_wanted(candidate) for candidate in told.candidates],
        "saved": [(CAUSES[cause].lower(), minutes) for cause, minutes in told.because if minutes > 0],
    }


def told(session: Session, job: Job) -> dict[str, object]:
    """The same for a program."""
    try:
        why = decisions.why(session, job)
    except NoSuchJob as nothing:
        return {"number": job.number, "by_hand": nothing.message}
    return {
        "number": why.number,
        "by_hand": "",
        "reference": why.reference,
        "decided_at": why.decided_at.isoformat(),
        "rulebook": why.rulebook,
        "margin_min": why.margin_min,
        "because": dict(why.because),
        "basis": why.basis,
        "riders_out": why.riders_out,
        "orders_open": why.orders_open,
        "solver": why.solver,
        "iterations": why.iterations,
        "wall_ms": why.wall_ms,
        "candidates": [_candidate(c) for c in why.candidates],
        "faults": list(decisions.check(session, job)),
    }


def _candidate(candidate: Candidate) -> dict[str, object]:
    return {
        "who": candidate.who,
        "costs": dict(candidate.costs),
        "total_min": candidate.total_min,
        "barred": candidate.barred,
        "free_in_min": candidate.free_in_min,
        "had_an_hour": candidate.had_an_hour,
        "wanted": dict(candidate.wanted),
    }


def _wanted(candidate: Candidate) -> str:
    """What would have made a job somebody else's, in words."""
    said = [f"{WANTED[what]}{_least(seconds)}" for what, seconds in candidate.wanted]
    return ", or ".join(said)


def _least(seconds: int) -> str:
    return f" {-(-seconds // 60)} min" if seconds else ""


def _rows(told: WhyFacts) -> list[tuple[str, list[float | None]]]:
    """Rows of the table: a cause, and its minutes for each candidate; None where it could not be theirs."""
    columns = [(c, dict(c.costs)) for c in told.candidates]
    rows: list[tuple[str, list[float | None]]] = [
        (words, [None if c.barred else costs.get(cause, 0.0) for c, costs in columns])
        for cause, words in CAUSES.items()
        if any(costs.get(cause) for _, costs in columns)
    ]
    return [*rows, ("In all", [None if c.barred else c.total_min for c, _ in columns])]
