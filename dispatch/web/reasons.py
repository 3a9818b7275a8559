"""Why a job went to its rider, as pages show it: one table for the rider it is about and for the desk."""

from typing import Any

from sqlmodel import Session

from dispatch import decisions
from dispatch.errors import NoSuchJob
from dispatch.facts import Candidate, Say, WhyFacts
from dispatch.tables import Job
from payments import books


def _causes(say: Say) -> dict[str, str]:
    """What makes minutes of a job."""
    return {
        "wait": say("The customer waits"),
        "late": say("After the promised time"),
        "travel": say("Riding"),
        "freshness": say("Food getting cold"),
        "fairness": say("Evening out the work"),
        "churn": say("Plans changed"),
    }


def _barred(say: Say) -> dict[str, str]:
    return {
        "passed": say("let it go before"),
        "not_allowed": say("may not carry it"),
        "limits": say("has had all they may have"),
        "no_capacity": say("no room for it"),
        "shift_ends": say("their shift ends before it"),
        "unreachable": say("no way there"),
        "no_couriers": say("not free in time"),
        "too_costly": say("far too late by them"),
    }


def _even(say: Say) -> dict[str, str]:
    work = say("hours of work an hour")
    return {
        "orders": say("orders an hour"),
        "pay": say("earned an hour beyond the wage"),
        "distance": say("kilometres an hour"),
        "effort": work,
        "waiting": work,
        "desirable": say("desirable jobs an hour"),
    }


def _searches(say: Say) -> dict[str, str]:
    """How a plan was found."""
    return {
        "exact": say("exact"),
        "greedy": say("greedy"),
        "search": say("local"),
        "ruin_recreate": say("ruin and recreate"),
        "cp_sat": "CP-SAT",
    }


def page(session: Session, job: Job, say: Say) -> dict[str, Any]:
    """What the table needs: the facts, its rows, whether the figures still hold, or why there are none."""
    try:
        told = decisions.why(session, job)
    except NoSuchJob as nothing:
        by_hand = nothing.told(say)
        return {"why": None, "by_hand": by_hand, "causes": [], "faults": (), "version": None}
    version = next((v for v in books.versions(session) if v.version == told.rulebook), None)
    named = _causes(say)
    return {
        "why": told,
        "by_hand": "",
        "causes": _rows(told, say),
        "faults": decisions.check(session, job),
        "version": version,
        "search": _searches(say).get(told.solver, told.solver),
        "even": _even(say)[told.basis],
        "barred": _barred(say),
        "wanted": [_wanted(candidate, say) for candidate in told.candidates],
        "saved": [(named[cause].lower(), minutes) for cause, minutes in told.because if minutes > 0],
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


def _wanted(candidate: Candidate, say: Say) -> str:
    """What would have made a job somebody else's, in words."""
    return say(", or ").join(_would(what, seconds, say) for what, seconds in candidate.wanted)


def _would(what: str, seconds: int, say: Say) -> str:
    minutes = -(-seconds // 60)
    if what == "fairer":
        even = say("no further ahead in the work shared out")
        return f"{even} {minutes} min" if seconds else even
    if what == "sooner":
        return say("free sooner by {minutes} min", minutes=minutes)
    return say("nearer by {minutes} min", minutes=minutes)


def _rows(told: WhyFacts, say: Say) -> list[tuple[str, list[float | None]]]:
    """Rows of the table: a cause, and its minutes for each candidate; None where it could not be theirs."""
    columns = [(c, dict(c.costs)) for c in told.candidates]
    rows: list[tuple[str, list[float | None]]] = [
        (words, [None if c.barred else costs.get(cause, 0.0) for c, costs in columns])
        for cause, words in _causes(say).items()
        if any(costs.get(cause) for _, costs in columns)
    ]
    return [*rows, (say("In all"), [None if c.barred else c.total_min for c, _ in columns])]
