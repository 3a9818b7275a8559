"""What each account holds and why: line by line, each down to its entry in the books."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from dispatch.errors import NotFound
from dispatch.web import accounts, forms, pages, tongues
from dispatch.web.access import Now, Reading, Treasurer
from payments import books
from payments.books import Booked, TrialLine
from payments.ledger import HOLIDAY, MINUTES

router = APIRouter(prefix="/desk/money", include_in_schema=False)

NO_STORE = {"cache-control": "no-store"}


def told(amount: int, unit: str) -> str:
    """An amount in its unit: money, hours and minutes of work, or hours and minutes of leave."""
    if unit == MINUTES:
        return f"{'-' if amount < 0 else ''}{pages.hours(abs(amount))}"
    if unit == HOLIDAY:
        return f"{amount / 10_000:,.2f} min"
    return tongues.money(amount, unit)


@router.get("/accounts")
def everything(request: Request, who: Treasurer, session: Reading) -> Response:
    """Every group of accounts: how many, and what stands on them."""
    return _group(request, session, "")


@router.get("/accounts/{name}")
def account(
    request: Request,
    who: Treasurer,
    session: Reading,
    now: Now,
    name: str,
    unit: Annotated[str | None, Query(max_length=10)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    nought: bool = False,
) -> Response:
    """One account, its lines newest first; or, of a group or a kind, the accounts in it."""
    if "*" in name:
        return _kind(request, session, name, nought=nought)
    held = [line for line in books.trial_balance(session, name) if line.account == name]
    if not held:
        return _group(request, session, name)
    line = next((each for each in held if each.unit == unit), held[0])
    found = books.page(session, name, line.unit, before=before)
    if pages.for_program(request):
        facts = [
            {"entry": each.entry_id, "amount": each.amount, "balance": stands} for each, stands in found.lines
        ]
        body = {"account": name, "unit": line.unit, "balance": line.balance, "lines": facts}
        return JSONResponse(body | {"older": found.older}, headers=NO_STORE)
    zone = forms.zone(session, now)
    return pages.render(
        request,
        "desk/account.html",
        account=name,
        line=line,
        units=[each.unit for each in held],
        why=accounts.why(name),
        rows=[(each, stands, each.at.astimezone(zone)) for each, stands in found.lines],
        older=found.older,
        newest=before is None,
        names=accounts.names(session, [name, *(each.other for each, _ in found.lines)]),
        beside=[each for each in books.trial_balance(session, name) if each.account != name],
        told=told,
    )


def _group(request: Request, session: Session, prefix: str) -> Response:
    """The accounts under a prefix, gathered by the next part of their names."""
    lines = books.trial_balance(session, prefix)
    if prefix and not lines:
        raise NotFound(f"The books have no account called {prefix}.")
    groups: dict[tuple[str, str], list[TrialLine]] = {}
    for line in lines:
        depth = prefix.count(":") + 2 if prefix else 1
        groups.setdefault((":".join(line.account.split(":")[:depth]), line.unit), []).append(line)
    if pages.for_program(request):
        sums = {f"{name} {unit}": sum(each.balance for each in held) for (name, unit), held in groups.items()}
        return JSONResponse({"groups": sums}, headers=NO_STORE)
    return pages.render(
        request,
        "desk/account_group.html",
        prefix=prefix,
        groups=[
            (name, unit, len(held), sum(each.balance for each in held))
            for (name, unit), held in groups.items()
        ],
        names=accounts.names(session, [name for name, _ in groups]),
        told=told,
    )


def _kind(request: Request, session: Session, name: str, *, nought: bool) -> Response:
    """The accounts of a kind, such as `rider:*:wages`, one by one: those that hold something, or `nought` too."""
    before = name.partition("*")[0].removesuffix(":")
    lines = [each for each in books.trial_balance(session, before) if accounts.kind(each.account) == name]
    if not lines:
        raise NotFound(f"The books have no accounts like {name}.")
    if pages.for_program(request):
        held = [{"account": each.account, "unit": each.unit, "balance": each.balance} for each in lines]
        return JSONResponse({"accounts": held}, headers=NO_STORE)
    shown = [each for each in lines if nought or each.balance]
    return pages.render(
        request,
        "desk/account_kind.html",
        kind=name,
        title=accounts.names(session, [name])[name],
        why=accounts.why(name),
        lines=shown,
        hidden=len(lines) - len(shown),
        sums=accounts.gathered(lines),
        names=accounts.names(session, [each.account for each in shown]),
        told=told,
    )


@router.get("/entries/{entry_id}")
def entry(request: Request, who: Treasurer, session: Reading, now: Now, entry_id: int) -> Response:
    """One entry whole: what moved, what it undoes or what undid it, by which rules, and its seal."""
    found = books.entry_by_id(session, entry_id)
    if found is None:
        raise NotFound(f"The books have no entry {entry_id}.")
    undone_by = _undone_by(session, found)
    if pages.for_program(request):
        return JSONResponse(_facts(found), headers=NO_STORE)
    zone = forms.zone(session, now)
    at: datetime = found.entry.at
    return pages.render(
        request,
        "desk/entry.html",
        entry=found,
        at=at.astimezone(zone),
        recorded=found.recorded.astimezone(zone),
        postings=[(each[0], each[1], told(each[2], found.unit)) for each in found.postings],
        names=accounts.names(session, [name for each in found.postings for name in each[:2]]),
        original=books.entry_by_key(session, found.reverses) if found.reverses else None,
        undone_by=undone_by,
        others=[each for each in books.about(session, found.subject) if each.id != found.id],
        rules=next((row for row in books.versions(session) if row.version == found.rulebook), None),
        last=books.head(session)[0],
    )


def _undone_by(session: Session, found: Booked) -> Booked | None:
    about = books.about(session, found.subject)
    return next((each for each in about if each.reverses == found.key), None)


def _facts(found: Booked) -> dict[str, object]:
    moved = [{"source": a, "destination": b, "amount": amount} for a, b, amount in found.postings]
    names = ("id", "key", "why", "unit", "subject", "rulebook", "reverses", "hash", "prev_hash")
    return {name: getattr(found, name) for name in names} | {"postings": moved}
