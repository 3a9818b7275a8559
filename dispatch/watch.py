"""Keeping an eye on shifts: riders who may have forgotten OFF or ON are asked; silence goes to a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, select

from dispatch import attention, events, shifts
from dispatch.tables import Shift, known
from payments import books


@dataclass(frozen=True, slots=True)
class _Watch:
    shift: Shift
    ask_at: datetime
    silence: timedelta


def _watched(session: Session, *, now: datetime) -> list[_Watch]:
    rules = books.in_force(session, at=now)[1].shifts
    return [
        _Watch(
            shift,
            shift.planned_end_at + timedelta(minutes=rules.ask_after_end_min),
            timedelta(minutes=rules.silence_min),
        )
        for shift in shifts.on_now(session)
    ]


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When a shift next needs asking after, or putting before a person."""
    due: list[datetime] = []
    for watch in _watched(session, now=now):
        shift = watch.shift
        if shift.off_asked_at is not None:
            continue
        if shift.end_asked_at is None:
            if not shifts.live_jobs(session, shift.person_id):
                due.append(watch.ask_at)
        elif not _raised(session, f"forgotten-off:{shift.id}"):
            due.append(shift.end_asked_at + watch.silence)
    due += [s.planned_start_at + shifts.LATE_START for s in _not_started(session, now=now)]
    return min(due, default=None)


def ask(session: Session, *, now: datetime) -> int:
    """Ask riders past their planned end whether they are still out; silence goes to a person. Nobody is ended."""
    did = 0
    for watched in _watched(session, now=now):
        shift = watched.shift
        if shift.off_asked_at is not None:
            continue
        if shift.end_asked_at is None:
            if now >= watched.ask_at and not shifts.live_jobs(session, shift.person_id):
                shift.end_asked_at = now
                session.add(shift)
                events.write(
                    session, "shift_end_asked", now=now, person_id=shift.person_id, shift_id=known(shift.id)
                )
                did += 1
        elif now >= shift.end_asked_at + watched.silence and not _raised(
            session, f"forgotten-off:{shift.id}"
        ):
            attention.raise_(
                session,
                "forgotten_off",
                f"forgotten-off:{shift.id}",
                "A rider is past the end of their shift and does not answer: phone them, then set the end.",
                now=now,
                person_id=shift.person_id,
                shift_id=shift.id,
            )
            did += 1
    for shift in _not_started(session, now=now):
        if now >= shift.planned_start_at + shifts.LATE_START:
            attention.raise_(
                session,
                "not_started",
                f"not-started:{shift.id}",
                "A planned shift has not been started: phone the rider, then set the start or cancel it.",
                now=now,
                person_id=shift.person_id,
                shift_id=shift.id,
            )
            did += 1
    return did


def _raised(session: Session, key: str) -> bool:
    return any(row.key == key for row in attention.open_(session))


def _not_started(session: Session, *, now: datetime) -> list[Shift]:
    rows = session.exec(
        select(Shift).where(
            Shift.state == "planned",
            Shift.planned_start_at <= now + shifts.LATE_START,
            Shift.planned_end_at > now,
        )
    ).all()
    return [s for s in rows if not _raised(session, f"not-started:{s.id}")]
