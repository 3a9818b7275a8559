"""The register of tips on a page or as CSV, for the treasurer and, their own, for each rider."""

from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session

from dispatch import tipbook
from dispatch.errors import BadInput
from dispatch.web import forms, pages

NO_STORE = {"cache-control": "no-store"}


def show(
    request: Request,
    session: Session,
    now: datetime,
    since: str,
    until: str,
    *,
    template: str,
    rider_id: int | None,
) -> Response:
    """The register of a time, by default the pay period we are in."""
    rules = forms.rulebook(session, now)
    first, last = _time(session, now, since, until)
    lines = tipbook.register(session, rules, since=first, until=last, rider_id=rider_id)
    earlier, later = forms.periods(rules, first, now)
    return pages.render(
        request,
        template,
        lines=lines,
        given=sum({(line.order, line.at): line.tip_minor for line in lines}.values()),
        parts=sum(line.part_minor or 0 for line in lines),
        owed=sum(
            line.tip_minor if line.part_minor is None else line.part_minor
            for line in lines
            if line.paid_at is None
        ),
        overdue=tipbook.overdue(session, rules, now=now) if rider_id is None else 0,
        since=rules.local(first),
        until=rules.local(last) - timedelta(seconds=1),
        query=f"since={rules.local(first).date()}&until={rules.local(last).date()}",
        earlier=earlier,
        later=later,
        currency=rules.co_op.currency,
    )


def download(session: Session, now: datetime, since: str, until: str, *, rider_id: int | None) -> Response:
    """The same as a CSV file."""
    rules = forms.rulebook(session, now)
    first, last = _time(session, now, since, until)
    lines = tipbook.register(session, rules, since=first, until=last, rider_id=rider_id)
    name = f"tips-{rules.local(first).date()}-{rules.local(last).date()}.csv"
    headers = NO_STORE | {"content-disposition": f'attachment; filename="{name}"'}
    text = tipbook.as_csv(lines, rules.co_op.currency)
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _time(session: Session, now: datetime, since: str, until: str) -> tuple[datetime, datetime]:
    rules = forms.rulebook(session, now)
    first, last = rules.period_at(now)
    first = forms.day(since, rules, "since") if since else first
    last = forms.day(until, rules, "until") if until else last
    if last <= first:
        raise BadInput("The first day must come before the last.")
    return first, last
