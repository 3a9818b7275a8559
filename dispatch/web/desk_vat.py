"""The VAT of a quarter, for the treasurer's return."""

import csv
import io
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from dispatch.errors import BadInput
from dispatch.web import forms, pages
from dispatch.web.access import Now, Reading, Treasurer
from dispatch.web.settled import download
from payments import vat
from payments.rulebook import Rulebook
from payments.vat import VatReturn

router = APIRouter(prefix="/desk/vat", include_in_schema=False)

KINDS = {"commission": "Commission", "delivery": "Delivery fees", "service": "Services"}


@router.get("")
def page(request: Request, who: Treasurer, session: Reading, now: Now, quarter: str = "") -> Response:
    """Net, VAT and gross by kind and rate, the boxes we can know, and every entry behind them."""
    rules = forms.rulebook(session, now)
    first, after = _quarter(rules, quarter, now)
    found = _found(session, rules, first, after)
    return pages.render(
        request,
        "desk/vat.html",
        found=found,
        kinds=KINDS,
        lines=[(each, rules.local(each.at)) for each in found.supplies],
        first=first,
        last=after - timedelta(days=1),
        before=_month(first - timedelta(days=1)),
        after=_month(after) if after <= rules.local(now).date() else "",
        this=_month(first),
        ended=after <= rules.local(now).date(),
        vat_rules=rules.vat,
        currency=rules.co_op.currency,
    )


@router.get("/return.csv")
def spreadsheet(request: Request, who: Treasurer, session: Reading, now: Now, quarter: str = "") -> Response:
    """Each entry of the quarter with its net, VAT and gross."""
    rules = forms.rulebook(session, now)
    first, after = _quarter(rules, quarter, now)
    name = f"vat-{_month(first)}.csv"
    return download(as_csv(_found(session, rules, first, after), rules), name, "text/csv; charset=utf-8")


def as_csv(found: VatReturn, rules: Rulebook) -> str:
    """A return's supplies for a spreadsheet."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(["date", "entry", "about", "kind", "rate %", "net", "vat", "gross", "currency"])
    for each in found.supplies:
        figures = (each.net_minor, each.vat_minor, each.net_minor + each.vat_minor)
        told = [f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}" for minor in figures]
        on, rate = rules.local(each.at).date().isoformat(), f"{each.rate_bp / 100:g}"
        write.writerow([on, each.entry_id, each.subject, each.kind, rate, *told, rules.co_op.currency])
    return out.getvalue()


def _found(session: Session, rules: Rulebook, first: date, after: date) -> VatReturn:
    return vat.reported(session, since=rules.midnight(first), until=rules.midnight(after))


def _month(on: date) -> str:
    return f"{on:%Y-%m}"


def _quarter(rules: Rulebook, quarter: str, now: datetime) -> tuple[date, date]:
    """The quarter a month like 2026-11 is in; without one the quarter of now."""
    if not quarter:
        return rules.vat.quarter(rules.local(now).date())
    try:
        return rules.vat.quarter(date.fromisoformat(f"{quarter}-01"))
    except ValueError:
        raise BadInput("quarter: write one of its months, like 2026-11.") from None
