"""Events about a rider's money, as texts to them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch import people, places
from dispatch.tables import Absence, Event, Expense, known
from payments import books, payees, runs, terms
from riders_app.outbox.telling import tell, voice_of
from riders_app.wording import money


def _expense_answered(session: Session, event: Event, now: datetime, _url: str) -> None:
    """Their claim is approved, refused or taken back; an answer taken back before it was told is not told."""
    row = session.get_one(Expense, known(event.expense_id))
    back = row.state == "taken_back"
    if back and row.taken_back_at is not None and event.at < row.taken_back_at:
        return
    currency, voice = books.in_force(session, at=now)[1].co_op.currency, voice_of(session, event)
    facts = (row.amount_minor, currency, row.what)
    by = _name(session, row.taken_back_by if back else row.decided_by)
    if row.state == "approved":
        body = money.expense_approved(*facts, voice)
    else:
        why = row.taken_back_why if back else row.answer
        body = money.expense_turned_down(*facts, by=by, reason=why, back=back, voice=voice)
    tell(session, event, "expense_answered", body, now)


def _absence_noted(session: Session, event: Event, now: datetime, _url: str) -> None:
    """Paid time off was written down, or taken back; one taken back before it was told is not told."""
    row = session.get_one(Absence, known(event.absence_id))
    back = row.taken_back_at is not None
    if row.taken_back_at is not None and event.at < row.taken_back_at:
        return
    by = _name(session, row.taken_back_by if back else row.by_person_id)
    why, voice = row.taken_back_why or "", voice_of(session, event)
    body = money.absence(row.kind, row.on, row.minutes, by=by, reason=why, back=back, voice=voice)
    tell(session, event, "absence_noted", body, now)


def _pay_sent(session: Session, event: Event, now: datetime, url: str) -> None:
    """What a pay run sent them; nothing where it came back meanwhile."""
    run, person_id = runs.get(session, known(event.pay_run_id)), known(event.person_id)
    last = runs.payouts_of(session, run, person_id)[-1]
    if last.state != "paid":
        return
    rules = books.rules(session, run.rulebook)
    first, until = rules.local(run.since).date(), rules.local(run.until - timedelta(seconds=1)).date()
    link = f"{url}/my/payslips/{run.id}"
    body = money.pay_sent(first, until, last.amount_minor, run.currency, link, voice_of(session, event))
    tell(session, event, "pay_sent", body, now)


def _bank_changed(session: Session, event: Event, now: datetime, _url: str) -> None:
    """Where they are paid was entered anew, or taken away: whoever did not have that done must hear of it.

    Of several changes before anybody was told, the last is told.
    """
    restaurant, voice = event.restaurant_id, voice_of(session, event)
    payee = terms.restaurant(restaurant) if restaurant is not None else runs.payee(known(event.person_id))
    row, account = payees.row(session, payee), payees.of(session, payee)
    if row is None or (row.blanked_at or row.set_at) != event.at:
        return
    at = books.in_force(session, at=now)[1].local(event.at)
    digits = account.last_digits if account is not None else None
    if restaurant is None:
        body = money.bank_changed(at, digits or "", voice)
    else:
        by = places.billing(session, restaurant).changed_by
        facts = (places.get(session, restaurant).name, _name(session, by), at, digits)
        body = money.restaurant_bank_changed(*facts, voice)
    tell(session, event, "bank_changed", body, now)


def _name(session: Session, person_id: int | None) -> str:
    return people.get(session, person_id).name if person_id is not None else ""


SPREAD: dict[str, Callable[[Session, Event, datetime, str], None]] = {
    "expense_answered": _expense_answered,
    "absence_noted": _absence_noted,
    "pay_sent": _pay_sent,
    "bank_changed": _bank_changed,
}
