"""Breaks of a shift: time nothing is planned into, and no time on offer. The rulebook says if it is paid.

A shift longer than the rulebook's `break_after_h` has one placed in it by the rules, as late as they let it be,
and sooner when it is quiet; its rider is told, and may take it at any time with no food on board (see `resting`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from dispatch import attention, events, shifts
from dispatch.errors import BadInput, WrongState
from dispatch.tables import Order, Rest, Shift, known
from payments import books
from payments.rulebook import Rest as Rules

AFTER_THE_JOB = timedelta(minutes=2)  # a break that would begin on the road is put off at least so long


def plan(
    session: Session, shift_id: int, starts_at: datetime, ends_at: datetime, *, by: int, now: datetime
) -> Rest:
    """A break of a shift: nothing is planned into it, and it is no time on offer. Its rider is told."""
    shift = shifts.get(session, shift_id)
    if shift.state not in ("planned", "on"):
        raise WrongState(f"That shift is {shift.state}: it has no breaks any more.")
    if not timedelta(minutes=5) <= ends_at - starts_at <= timedelta(hours=4) or ends_at <= now:
        raise BadInput("A break lasts between 5 minutes and 4 hours, and is not over yet.")
    began, ends = shift.started_at or shift.planned_start_at, shift.planned_end_at
    if starts_at >= (max(ends, now) if shift.state == "on" else ends) or ends_at <= began:
        raise BadInput("That break is not within this shift: write its day and time.")
    if any(r.starts_at < ends_at and starts_at < r.ends_at for r in of(session, [shift_id])):
        raise BadInput("This shift already has a break then.")
    row = Rest(shift_id=shift_id, starts_at=starts_at, ends_at=ends_at, by_person_id=by, at=now)
    session.add(row)
    session.flush()
    if shift.state == "on":
        _tell(session, row, shift, now=now)
    return row


def end(session: Session, shift_id: int, rest_id: int, *, now: datetime) -> None:
    """Take a break back that has not begun, or end one that is going on."""
    row = session.get(Rest, rest_id)
    if row is None or row.shift_id != shift_id:
        raise BadInput("This shift has no such break: look at its page again.")
    if row.ends_at <= now:
        raise WrongState("That break is over.")
    if row.starts_at >= now:
        session.delete(row)
    else:
        row.ends_at = now
        session.add(row)
    session.flush()


def of(session: Session, shift_ids: Collection[int]) -> Sequence[Rest]:
    """The breaks of these shifts, earliest first."""
    query = select(Rest).where(col(Rest.shift_id).in_(shift_ids)).order_by(col(Rest.starts_at), col(Rest.id))
    return session.exec(query).all() if shift_ids else []


# By the rules ----------------------------------------------------------------------------------------------


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When a break is next to be placed, brought forward, put off or told; or found missing."""
    out = shifts.on_now(session)
    if not out:
        return None
    rules = books.in_force(session, at=now)[1].rest
    held = _by_shift(session, out)
    due = [at for shift in out for at in _due(session, shift, held.get(known(shift.id), []), rules, now)]
    return min(due, default=None)


def _due(session: Session, shift: Shift, rows: list[Rest], rules: Rules, now: datetime) -> list[datetime]:
    began = shift.started_at or now
    due = [row.starts_at for row in rows if row.begun_at is None and row.ends_at > now]
    if not rules.break_min:
        return due
    after = timedelta(hours=rules.break_after_h)
    if not rows:
        due.append(began if shift.planned_end_at - began > after else began + after)
    due += [_opens(shift, rules) for row in rows if _movable(row, now) and row.looked_at is None]
    if rows and not any(row.starts_at < began + after for row in rows):
        at = began + after
        if at > now or not attention.raised_since(session, f"no_break:{shift.id}", at):
            due.append(at)
    return due


def keep(session: Session, *, now: datetime) -> int:
    """Place the breaks the rules call for, move those that cannot begin, tell their riders; how many were touched."""
    out = shifts.on_now(session)
    rules = books.in_force(session, at=now)[1].rest
    held = _by_shift(session, out)
    did = 0
    for shift in out:
        rows = held.get(known(shift.id), [])
        for at in _due(session, shift, rows, rules, now):
            if at <= now:
                did += 1
                _keep_one(session, shift, rows, rules, now=now)
                break
    session.flush()
    return did


def _keep_one(session: Session, shift: Shift, rows: list[Rest], rules: Rules, *, now: datetime) -> None:
    if not rows and rules.break_min:
        row = _place(session, shift, rules, now=now)
        _tell(session, row, shift, now=now)
        return
    for row in rows:
        if _movable(row, now) and row.looked_at is None and _opens(shift, rules) <= now:
            row.looked_at = now
            when_quiet(session, shift.person_id, now=now)
        if row.begun_at is not None or row.starts_at > now or row.ends_at <= now:
            continue
        if row.by_person_id is None and shifts.live_jobs(session, shift.person_id):
            _move(row, now + AFTER_THE_JOB)  # told once it really begins
        else:
            row.begun_at = now
            if row.told_for != row.starts_at:
                _tell(session, row, shift, now=now)
        session.add(row)
    due_by = (shift.started_at or now) + timedelta(hours=rules.break_after_h)
    if rules.break_min and due_by <= now and not any(row.starts_at < due_by for row in rows):
        attention.raise_(
            session,
            "no_break",
            f"no_break:{shift.id}",
            "A rider has worked long without a break: see that they get one now.",
            now=now,
            person_id=shift.person_id,
            shift_id=shift.id,
        )


def _place(session: Session, shift: Shift, rules: Rules, *, now: datetime) -> Rest:
    """As late as the rules let it be, and within the shift."""
    length = timedelta(minutes=rules.break_min)
    began = shift.started_at or now
    latest = (
        min(began + timedelta(hours=rules.break_after_h), max(shift.planned_end_at, now + length)) - length
    )
    starts_at = max(now, latest)
    row = Rest(shift_id=known(shift.id), starts_at=starts_at, ends_at=starts_at + length, at=now)
    session.add(row)
    session.flush()
    return row


def when_quiet(session: Session, person_id: int, *, now: datetime) -> bool:
    """Bring a rider's break forward to now, if it may come by now, they have nothing to do and no order waits."""
    shift = shifts.current(session, person_id)
    if shift is None or shift.off_asked_at is not None:
        return False
    coming = next((row for row in of(session, [known(shift.id)]) if _movable(row, now)), None)
    if coming is None or _opens(shift, books.in_force(session, at=now)[1].rest) > now:
        return False
    waits = session.exec(select(Order.id).where(Order.delivery == "waiting").limit(1)).first()
    if waits is not None or shifts.live_jobs(session, person_id):
        return False
    _move(coming, now)
    coming.looked_at = coming.begun_at = now
    _tell(session, coming, shift, now=now)
    return True


def _opens(shift: Shift, rules: Rules) -> datetime:
    """From when the break of a shift may begin."""
    since = (shift.started_at or shift.planned_start_at) + timedelta(hours=rules.break_after_h)
    return since - timedelta(minutes=rules.break_min + rules.break_window_min)


def _movable(row: Rest, now: datetime) -> bool:
    """Whether the rules placed it, so that the rules may move it, and it has not begun."""
    return row.by_person_id is None and row.starts_at > now


def _move(row: Rest, to: datetime) -> None:
    row.ends_at = to + (row.ends_at - row.starts_at)
    row.starts_at = to


def _tell(session: Session, row: Rest, shift: Shift, *, now: datetime) -> None:
    row.told_for = row.starts_at
    session.add(row)
    session.flush()
    events.write(session, "break_planned", now=now, person_id=shift.person_id, shift_id=known(shift.id))


def told(session: Session, shift_id: int, *, now: datetime) -> Rest | None:
    """The break its rider was told of: the one that is on or comes next."""
    return next((row for row in of(session, [shift_id]) if row.ends_at > now), None)


def begin(session: Session, shift: Shift, *, now: datetime) -> Rest:
    """The rider takes their break now: the one that was to come, or one where they have had none.

    One that is on is that one. WrongState when they have had theirs, or the rules have none.
    """
    rules = books.in_force(session, at=now)[1]
    rows = of(session, [known(shift.id)])
    on = next((row for row in rows if row.starts_at <= now < row.ends_at), None)
    if on is not None:
        return on
    coming = next((row for row in rows if row.starts_at > now), None)
    if coming is not None:
        _move(coming, now)
        row = coming
    elif rows:
        since, until = rules.local(rows[-1].starts_at), rules.local(rows[-1].ends_at)
        raise WrongState(
            "You had your break, {since} to {until}. For another one, ask the desk.",
            since=f"{since:%H:%M}",
            until=f"{until:%H:%M}",
        )
    elif not rules.rest.break_min:
        raise WrongState("The rules have no break of their own: ask the desk for one.")
    else:
        ends_at = now + timedelta(minutes=rules.rest.break_min)
        row = Rest(
            shift_id=known(shift.id), starts_at=now, ends_at=ends_at, by_person_id=shift.person_id, at=now
        )
    row.told_for, row.begun_at = row.starts_at, now
    session.add(row)
    session.flush()
    return row


def _by_shift(session: Session, out: Sequence[Shift]) -> dict[int, list[Rest]]:
    found: dict[int, list[Rest]] = {}
    for row in of(session, [known(shift.id) for shift in out]):
        found.setdefault(row.shift_id, []).append(row)
    return found
