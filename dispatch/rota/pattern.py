"""The weekly pattern, a week made from it, and a week published."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, select

from dispatch import events, people
from dispatch.errors import BadInput, NotFound
from dispatch.facts import VEHICLES, Point
from dispatch.tables import RotaLine, RotaWeek, Shift, Slot, known
from payments.rulebook import Rulebook

AHEAD = timedelta(weeks=26)  # how far ahead a week may be made


def monday_of(day: date) -> date:
    """The Monday of the week a day is in."""
    return day - timedelta(days=day.weekday())


def add_line(
    session: Session,
    *,
    weekday: int,
    starts_min: int,
    ends_min: int,
    riders: int,
    vehicle: str | None,
    place: str,
    where: Point | None,
    by: int,
    now: datetime,
) -> RotaLine:
    """A line of the weekly pattern; minutes past midnight, an end of 1440 or more being after midnight."""
    if not 0 <= weekday <= 6:
        raise BadInput("Day: choose a day of the week.")
    _sound(starts_min, ends_min, riders, vehicle)
    row = RotaLine(
        weekday=weekday,
        starts_min=starts_min,
        ends_min=ends_min,
        riders=riders,
        vehicle=vehicle,
        place=place.strip(),
        lat=where.lat if where else None,
        lon=where.lon if where else None,
        by_person_id=by,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def _sound(starts_min: int, ends_min: int, riders: int, vehicle: str | None) -> None:
    if not (0 <= starts_min < 1440 and 15 <= ends_min - starts_min <= 960):
        raise BadInput("A shift lasts between 15 minutes and 16 hours: check its start and end.")
    if not 1 <= riders <= 50:
        raise BadInput("Riders: say how many are wanted, from 1 to 50.")
    if vehicle is not None and vehicle not in VEHICLES:
        raise BadInput(f"The vehicle of a shift is one of: {', '.join(VEHICLES)}.")


def end_line(session: Session, line_id: int, *, now: datetime) -> None:
    """Take a line out of the pattern; weeks made already keep what came of it."""
    row = session.get(RotaLine, line_id)
    if row is None:
        raise NotFound("The pattern has no such line.")
    row.ended_at = row.ended_at or now
    session.add(row)


def lines(session: Session) -> Sequence[RotaLine]:
    """The pattern as it stands, by day and start."""
    return session.exec(
        select(RotaLine)
        .where(col(RotaLine.ended_at).is_(None))
        .order_by(col(RotaLine.weekday), col(RotaLine.starts_min), col(RotaLine.id))
    ).all()


def apply(session: Session, monday: date, rules: Rulebook, *, by: int, now: datetime) -> list[Slot]:
    """A named person makes a week from the pattern. Asked again, only what is missing is added.

    Times are those of the co-op's clocks on that day, whatever the clocks did that week.
    """
    _week(monday, rules, now)
    held = {row.line_id for row in slots(session, monday, ended=True)}
    made = []
    for line in lines(session):
        if line.id in held:
            continue
        day = monday + timedelta(days=line.weekday)
        starts_at, ends_at = _at(day, line.starts_min, rules), _at(day, line.ends_min, rules)
        if ends_at <= now:
            continue
        made.append(
            Slot(
                monday=monday,
                line_id=line.id,
                starts_at=starts_at,
                ends_at=ends_at,
                riders=line.riders,
                vehicle=line.vehicle,
                place=line.place,
                lat=line.lat,
                lon=line.lon,
                by_person_id=by,
                at=now,
            )
        )
    session.add_all(made)
    session.flush()
    return made


def add_slot(
    session: Session,
    rules: Rulebook,
    *,
    starts_at: datetime,
    ends_at: datetime,
    riders: int,
    vehicle: str | None,
    place: str,
    where: Point | None,
    by: int,
    now: datetime,
) -> Slot:
    """Work of one day that is in no pattern."""
    if ends_at <= now:
        raise BadInput("That time is over.")
    minutes = (ends_at - starts_at) // timedelta(minutes=1)
    _sound(0, minutes, riders, vehicle)
    row = Slot(
        monday=monday_of(rules.local(starts_at).date()),
        starts_at=starts_at,
        ends_at=ends_at,
        riders=riders,
        vehicle=vehicle,
        place=place.strip(),
        lat=where.lat if where else None,
        lon=where.lon if where else None,
        by_person_id=by,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def _at(day: date, minutes: int, rules: Rulebook) -> datetime:
    """An instant by the clock on the wall: 22:30 is 22:30 also on the day the clocks change."""
    days, rest = divmod(minutes, 1440)
    local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), rules.timezone)
    return local.astimezone(UTC)


def _week(monday: date, rules: Rulebook, now: datetime) -> None:
    today = rules.local(now).date()
    if monday.weekday() != 0:
        raise BadInput("A week begins on a Monday: write its Monday.")
    if not monday_of(today) <= monday <= today + AHEAD:
        raise BadInput("Choose a week from this one to half a year ahead.")


def slot(session: Session, slot_id: int) -> Slot:
    """The place on the rota by that id; NotFound."""
    row = session.get(Slot, slot_id)
    if row is None:
        raise NotFound("The rota has no such shift.")
    return row


def slots(session: Session, monday: date, *, ended: bool = False) -> Sequence[Slot]:
    """What is wanted in a week, earliest first."""
    query = select(Slot).where(Slot.monday == monday).order_by(col(Slot.starts_at), col(Slot.id))
    return session.exec(query if ended else query.where(col(Slot.ended_at).is_(None))).all()


def shifts_of(session: Session, slot_ids: Sequence[int]) -> Sequence[Shift]:
    """The shifts on these places that were not cancelled."""
    return session.exec(
        select(Shift)
        .where(col(Shift.slot_id).in_(slot_ids), Shift.state != "cancelled")
        .order_by(col(Shift.id))
    ).all()


def published(session: Session, monday: date) -> RotaWeek | None:
    """Whether and when a week was published."""
    return session.get(RotaWeek, monday)


def publish(session: Session, monday: date, rules: Rulebook, *, by: int, now: datetime) -> RotaWeek:
    """Put a week up: every rider is told once, by one text. Published again, nobody is told twice."""
    _week(monday, rules, now)
    held = published(session, monday)
    if held is not None:
        return held
    if not slots(session, monday):
        raise BadInput("There is nothing on that week's rota yet: make it from the pattern, or add shifts.")
    row = RotaWeek(monday=monday, by_person_id=by, at=now)
    session.add(row)
    session.flush()
    for rider in people.with_role(session, "rider"):
        events.write(session, "rota_published", now=now, person_id=known(rider.id))
    return row


def week_told(session: Session, at: datetime) -> RotaWeek | None:
    """The week that was published at this very instant."""
    return session.exec(
        select(RotaWeek).where(RotaWeek.at == at).order_by(col(RotaWeek.monday).desc())
    ).first()
