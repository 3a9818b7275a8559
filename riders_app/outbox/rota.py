"""Events of the rota and of breaks, as texts."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch import breaks, people, rota, shifts
from dispatch.tables import Asking, Event, known
from payments import books
from riders_app import wording
from riders_app.outbox.telling import tell, voice_of


def _link(url: str) -> str:
    return f"{url}/my/shifts"


def _published(session: Session, event: Event, now: datetime, url: str) -> None:
    week = rota.pattern.week_told(session, event.at)
    if week is not None:
        rules = books.in_force(session, at=now)[1]
        mine, places = rota.seeing.week_of_rider(session, known(event.person_id), week.monday, now=now)
        monday = rules.local(rules.midnight(week.monday))
        tell(
            session,
            event,
            "rota",
            wording.rota_published(monday, mine, places, _link(url), voice_of(session, event)),
            now,
        )


def _place_offered(session: Session, event: Event, now: datetime, url: str) -> None:
    """Only while it may still be answered."""
    row = session.exec(
        select(Asking)
        .where(Asking.person_id == event.person_id, Asking.offered_at == event.at, Asking.state == "offered")
        .order_by(col(Asking.id).desc())
    ).first()
    if row is None or row.answer_by is None or row.answer_by <= now:
        return
    rules = books.in_force(session, at=now)[1]
    shift = rota.seeing.time_of(rules, rota.pattern.slot(session, row.slot_id))
    body = wording.place_offered(shift, rules.local(row.answer_by), _link(url), voice_of(session, event))
    tell(session, event, "place", body, now, until=row.answer_by)


def _shift_planned(session: Session, event: Event, now: datetime, url: str) -> None:
    shift = shifts.get(session, known(event.shift_id))
    if shift.state == "planned":
        told = rota.seeing.time_of(books.in_force(session, at=now)[1], shift)
        tell(session, event, "rota", wording.shift_planned(told, _link(url), voice_of(session, event)), now)


def _shift_cancelled(session: Session, event: Event, now: datetime, _url: str) -> None:
    shift = shifts.get(session, known(event.shift_id))
    change = shifts.change_at(session, known(shift.id), "cancel", event.at)
    by = people.get(session, change.by_person_id).name if change else "the desk"
    told = rota.seeing.time_of(books.in_force(session, at=now)[1], shift)
    body = wording.shift_cancelled(
        told, by=by, reason=change.reason if change else "", voice=voice_of(session, event)
    )
    tell(session, event, "rota", body, now)


def _swap_done(session: Session, event: Event, now: datetime, _url: str) -> None:
    told = rota.seeing.swap_told(session, known(event.shift_id), known(event.person_id), now=now)
    if told is not None:
        tell(
            session,
            event,
            "rota",
            wording.swapped(told.shift, mine=told.mine, other=told.other, voice=voice_of(session, event)),
            now,
        )


def _swap_declined(session: Session, event: Event, now: datetime, _url: str) -> None:
    shift = shifts.get(session, known(event.shift_id))
    swap = rota.leaving.of_shift(session, known(shift.id))
    told = rota.seeing.time_of(books.in_force(session, at=now)[1], shift)
    tell(
        session,
        event,
        "rota",
        wording.swap_declined(told, reason=swap.reason if swap else "", voice=voice_of(session, event)),
        now,
    )


def _break_planned(session: Session, event: Event, now: datetime, _url: str) -> None:
    """The break as it stands: of one moved again since, only the last is told."""
    shift = shifts.get(session, known(event.shift_id))
    row = breaks.told(session, known(shift.id), now=now)
    if shift.state == "on" and row is not None:
        rules = books.in_force(session, at=now)[1]
        since, until = rules.local(row.starts_at), rules.local(row.ends_at)
        body = wording.break_planned(
            since, until, rules.local(now), paid=rules.rest.break_paid, voice=voice_of(session, event)
        )
        tell(session, event, "break", body, now, until=row.ends_at)


SPREAD: dict[str, Callable[[Session, Event, datetime, str], None]] = {
    "rota_published": _published,
    "place_offered": _place_offered,
    "shift_planned": _shift_planned,
    "shift_cancelled": _shift_cancelled,
    "swap_done": _swap_done,
    "swap_declined": _swap_declined,
    "break_planned": _break_planned,
}
