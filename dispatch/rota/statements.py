"""What is on record of a rider's working time: shifts as spans, statements they made, and the cautions of a new one."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, or_, select

from dispatch import shifts
from dispatch.errors import BadInput, Cautioned
from dispatch.facts import Point
from dispatch.rota.working import Caution, Span, cautions
from dispatch.tables import Shift, ShiftChange, WorkingStatement, known
from payments import books
from payments.rulebook import Rulebook


def spans(
    session: Session, person_id: int, rules: Rulebook, *, around: datetime, without: int | None = None
) -> list[Span]:
    """A rider's work from the reference weeks before an instant to a fortnight after: as worked, else as planned."""
    since = around - timedelta(weeks=rules.rest.reference_weeks + 1)
    rows = session.exec(
        select(Shift).where(
            Shift.person_id == person_id,
            Shift.state != "cancelled",
            Shift.planned_start_at < around + timedelta(weeks=2),
            or_(col(Shift.ended_at).is_(None), col(Shift.ended_at) > since),
            Shift.planned_end_at > since,
        )
    ).all()
    return [
        Span(row.started_at or row.planned_start_at, row.ended_at or row.planned_end_at)
        for row in rows
        if row.id != without
    ]


def check(
    session: Session, person_id: int, new: Span, *, now: datetime, without: int | None = None
) -> tuple[Caution, ...]:
    """What a new shift of this rider would want looked at; `without` leaves one of theirs out."""
    rules = books.in_force(session, at=now)[1]
    others = spans(session, person_id, rules, around=new.starts_at, without=without)
    stated = standing(session, person_id)
    young = stated.get("young")
    return cautions(
        rules,
        others,
        new,
        opted_out="opt_out" in stated,
        young=young is not None and rules.local(new.starts_at).date() < (young.until_on or date.max),
    )


def plan(
    session: Session,
    person_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: int,
    now: datetime,
    vehicle: str | None = None,
    where: Point | None = None,
    reason: str = "",
    slot_id: int | None = None,
    without: int | None = None,
) -> Shift:
    """Plan a shift with working time looked at: Cautioned until `by` writes why they go on; that is then kept."""
    found = check(session, person_id, Span(starts_at, ends_at), now=now, without=without)
    heavy = [caution for caution in found if not caution.light]
    if heavy and not reason.strip():
        raise Cautioned(tuple(caution.sentence for caution in heavy))
    shift = shifts.plan(
        session, person_id, starts_at=starts_at, ends_at=ends_at, vehicle=vehicle, where=where
    )
    shift.slot_id = slot_id
    session.add(shift)
    if heavy:
        session.add(
            ShiftChange(
                shift_id=known(shift.id),
                what="plan",
                set_at=starts_at,
                by_person_id=by,
                reason=f"{reason.strip()} ({'; '.join(caution.words for caution in heavy)})",
                at=now,
            )
        )
    session.flush()
    return shift


def standing(session: Session, person_id: int) -> dict[str, WorkingStatement]:
    """The statements about a rider that have not been taken back, by kind."""
    rows = session.exec(
        select(WorkingStatement).where(
            WorkingStatement.person_id == person_id, col(WorkingStatement.ended_at).is_(None)
        )
    ).all()
    return {row.kind: row for row in rows}


def state(
    session: Session, person_id: int, kind: str, *, by: int, now: datetime, until_on: date | None = None
) -> WorkingStatement:
    """Record a statement. Only a rider opts themselves out of the weekly limit; saying it again changes nothing."""
    if kind == "opt_out" and by != person_id:
        raise BadInput("Only the rider can opt out of the weekly limit, on their own page: ask them.")
    if kind == "young" and until_on is None:
        raise BadInput("Say on which day they turn 18.")
    held = standing(session, person_id).get(kind)
    if held is not None and held.until_on == until_on:
        return held
    if held is not None:
        take_back(session, person_id, kind, now=now)
    row = WorkingStatement(person_id=person_id, kind=kind, until_on=until_on, by_person_id=by, at=now)
    session.add(row)
    session.flush()
    return row


def take_back(session: Session, person_id: int, kind: str, *, now: datetime) -> None:
    """A statement no longer stands. It stays on record with its dates."""
    held = standing(session, person_id).get(kind)
    if held is not None:
        held.ended_at = now
        session.add(held)
        session.flush()


def coming_cautions(
    session: Session, rows: Sequence[Shift], *, now: datetime
) -> dict[int, tuple[Caution, ...]]:
    """What is to be looked at in shifts already planned, by shift."""
    told = {}
    for row in rows:
        if row.state in ("planned", "on"):
            span = Span(row.started_at or row.planned_start_at, row.planned_end_at)
            found = check(session, row.person_id, span, now=now, without=known(row.id))
            if found:
                told[known(row.id)] = found
    return told
