"""The rota: a week from its pattern, who gets a place, what happens to one that comes free, swaps, statements."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from dispatch import attention, rota, shifts
from dispatch.errors import BadInput, Cautioned, NotFound, WrongState
from dispatch.tables import Event, Shift, ShiftChange, Slot, known
from payments import books
from tests import factories
from tests.dispatch.test_story import evening

__all__ = ["evening"]

WEEK = date(2026, 11, 23)
HOUR = timedelta(hours=1)


def adopt(session: Session, now: datetime, *rules: str) -> None:
    """The rulebook with more rules; sections are written whole."""
    factories.adopt(session, now, factories.RULEBOOK + "\n" + "\n".join(rules) + "\n")


def riders(session: Session, now: datetime, count: int) -> list[int]:
    """So many riders, none on shift."""
    return [
        known(factories.person(session, now, n, "rider", name=f"Rider {n}").id) for n in range(1, count + 1)
    ]


def tuesday(session: Session, now: datetime, by: int, *, wanted: int = 1, publish: bool = True) -> Slot:
    """A Tuesday evening that so many riders are wanted for, in a published week."""
    rules = books.in_force(session, at=now)[1]
    row = rota.pattern.add_slot(
        session,
        rules,
        starts_at=datetime(2026, 11, 24, 17, tzinfo=UTC),
        ends_at=datetime(2026, 11, 24, 22, tzinfo=UTC),
        riders=wanted,
        vehicle=None,
        place="",
        where=None,
        by=by,
        now=now,
    )
    if publish:
        rota.pattern.publish(session, WEEK, rules, by=by, now=now)
    return row


def kinds(session: Session, person_id: int) -> list[str]:
    """What a rider was told of, in order."""
    rows = session.exec(select(Event).where(Event.person_id == person_id).order_by(col(Event.id))).all()
    return [row.kind for row in rows]


def test_a_week_is_made_from_its_pattern_once(evening: Session, now: datetime) -> None:
    """Times are those on the wall, over the change of the clocks too; made again, only what is new is added."""
    desk = riders(evening, now, 1)[0]
    rules = books.in_force(evening, at=now)[1]

    def line(weekday: int, starts: int, ends: int) -> None:
        rota.pattern.add_line(
            evening,
            weekday=weekday,
            starts_min=starts,
            ends_min=ends,
            riders=2,
            vehicle=None,
            place="",
            where=None,
            by=desk,
            now=now,
        )

    line(5, 1200, 1560)  # Saturday 20:00 to 02:00
    spring = date(2027, 3, 22)  # its Sunday at one in the morning the clocks go forward
    made = rota.pattern.apply(evening, spring, rules, by=desk, now=now)
    assert [(s.starts_at, s.ends_at) for s in made] == [
        (datetime(2027, 3, 27, 20, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC))
    ]
    assert not rota.pattern.apply(evening, spring, rules, by=desk, now=now)
    line(6, 720, 1080)
    (sunday,) = rota.pattern.apply(evening, spring, rules, by=desk, now=now)
    assert sunday.starts_at == datetime(2027, 3, 28, 11, tzinfo=UTC)
    with pytest.raises(BadInput, match="Monday"):
        rota.pattern.apply(evening, date(2027, 3, 23), rules, by=desk, now=now)


def test_a_week_is_told_once(evening: Session, now: datetime) -> None:
    """Publishing tells every rider once; publishing again tells nobody, and nothing can be asked for before."""
    one, two = riders(evening, now, 2)
    slot = tuesday(evening, now, one, publish=False)
    with pytest.raises(WrongState, match="not up"):
        rota.asking.ask(evening, known(slot.id), two, now=now)
    rules = books.in_force(evening, at=now)[1]
    for _ in range(2):
        rota.pattern.publish(evening, WEEK, rules, by=one, now=now)
    assert kinds(evening, one) == kinds(evening, two) == ["rota_published"]


@pytest.mark.parametrize("rule", ["first_come", "fewest_hours"])
def test_a_freed_place_goes_to_who_is_next_by_the_rule(session: Session, now: datetime, rule: str) -> None:
    """Who waits is offered a freed place in the rulebook's order, with a time to answer; silence passes it on."""
    adopt(session, now, "[rota]", f'waitlist = "{rule}"', "answer_min = 30")
    had, busy, idle = riders(session, now, 3)
    slot = tuesday(session, now, had)
    slot_id = known(slot.id)
    shifts.plan(session, busy, starts_at=slot.starts_at + 24 * HOUR, ends_at=slot.starts_at + 28 * HOUR)
    assert rota.asking.ask(session, slot_id, had, now=now).state == "placed"
    for n, rider in enumerate((busy, idle)):
        assert rota.asking.ask(session, slot_id, rider, now=now + n * HOUR / 60).state == "waiting"
    first, second = (busy, idle) if rule == "first_come" else (idle, busy)
    (theirs,) = rota.pattern.shifts_of(session, [slot_id])
    rota.leaving.give_up(session, known(theirs.id), had, now=now + HOUR)
    (offered,) = rota.asking.offered_to(session, first, now=now + HOUR)
    assert not rota.asking.offered_to(session, second, now=now + HOUR)
    assert not rota.pattern.shifts_of(session, [slot_id])  # nobody is forced
    assert rota.asking.next_due(session) == now + 1.5 * HOUR
    assert rota.asking.lapse(session, now=now + 1.5 * HOUR) == 1
    with pytest.raises(WrongState, match="gone on"):
        rota.asking.accept(session, known(offered.id), first, now=now + 1.5 * HOUR)
    (next_,) = rota.asking.offered_to(session, second, now=now + 1.5 * HOUR)
    with pytest.raises(NotFound):
        rota.asking.accept(session, known(next_.id), first, now=now + 1.6 * HOUR)
    for _ in range(2):
        assert rota.asking.accept(session, known(next_.id), second, now=now + 1.6 * HOUR).state == "placed"
    assert [s.person_id for s in rota.pattern.shifts_of(session, [slot_id])] == [second]
    assert kinds(session, second).count("place_offered") == 1


def test_a_shift_given_up_late_is_not(evening: Session, now: datetime) -> None:
    """Within the notice a shift cannot be given up, only offered; the desk may take it off, and the rider reads why."""
    one, two = riders(evening, now, 2)
    slot = tuesday(evening, now, two)
    rota.asking.ask(evening, known(slot.id), one, now=now)
    (shift,) = rota.pattern.shifts_of(evening, [known(slot.id)])
    with pytest.raises(WrongState, match="24 hours"):
        rota.leaving.give_up(evening, known(shift.id), one, now=slot.starts_at - 2 * HOUR)
    with pytest.raises(NotFound):
        rota.leaving.give_up(evening, known(shift.id), two, now=now)
    rota.leaving.take_off(evening, shift, by=two, reason="Kitchen closed", now=slot.starts_at - HOUR)
    assert kinds(evening, one)[-1] == "shift_cancelled"


@pytest.mark.parametrize("rule", ["free", "agreed"])
def test_a_swap_moves_the_shift_and_tells_both(session: Session, now: datetime, rule: str) -> None:
    """A shift taken from another is the taker's, at once or when the desk agrees; the giver is never left with it."""
    adopt(session, now, "[rota]", f'swap = "{rule}"')
    giver, taker, desk = riders(session, now, 3)
    slot = tuesday(session, now, desk)
    rota.asking.ask(session, known(slot.id), giver, now=now)
    (old,) = rota.pattern.shifts_of(session, [known(slot.id)])
    swap = rota.leaving.offer(session, known(old.id), giver, now=now)
    assert rota.leaving.offer(session, known(old.id), giver, now=now).id == swap.id
    with pytest.raises(BadInput, match="your own"):
        rota.leaving.take(session, known(swap.id), giver, now=now)
    rota.leaving.take(session, known(swap.id), taker, now=now)
    if rule == "agreed":
        assert [s.person_id for s in rota.pattern.shifts_of(session, [known(slot.id)])] == [giver]
        assert [a.kind for a in attention.open_(session)] == ["swap"]
        rota.leaving.decline(session, known(swap.id), by=desk, reason="Needs a cargo bike", now=now)
        rota.leaving.take(session, known(swap.id), taker, now=now)
        rota.leaving.agree(session, known(swap.id), by=desk, now=now)
    (new,) = rota.pattern.shifts_of(session, [known(slot.id)])
    assert (new.person_id, new.planned_start_at) == (taker, slot.starts_at)
    assert old.state == "cancelled"
    assert not attention.open_(session)
    assert kinds(session, giver)[-1] == kinds(session, taker)[-1] == "swap_done"
    with pytest.raises(WrongState):
        rota.leaving.take(session, known(swap.id), desk, now=now)


def test_a_swap_that_clashes_is_refused_and_stays_open(evening: Session, now: datetime) -> None:
    """Who works then already cannot take it, and the offer stands as it was."""
    giver, taker = riders(evening, now, 2)
    slot = tuesday(evening, now, giver)
    rota.asking.ask(evening, known(slot.id), giver, now=now)
    (old,) = rota.pattern.shifts_of(evening, [known(slot.id)])
    shifts.plan(evening, taker, starts_at=slot.starts_at, ends_at=slot.ends_at)
    swap = rota.leaving.offer(evening, known(old.id), giver, now=now)
    with pytest.raises(BadInput, match="overlaps"):
        rota.leaving.take(evening, known(swap.id), taker, now=now)
    assert swap.state == "open"
    rota.leaving.withdraw(evening, known(swap.id), giver, now=now)
    assert old.state == "planned"


def test_going_on_in_spite_of_a_warning_needs_a_name_and_a_reason(evening: Session, now: datetime) -> None:
    """A shift too soon after another is planned only with a reason, which is kept with who gave it."""
    rider, desk = riders(evening, now, 2)
    start = now + 24 * HOUR
    shifts.plan(evening, rider, starts_at=start, ends_at=start + 6 * HOUR)
    early = {"starts_at": start + 12 * HOUR, "ends_at": start + 16 * HOUR, "by": desk, "now": now}
    with pytest.raises(Cautioned, match="11 h"):
        rota.statements.plan(evening, rider, **early)  # type: ignore[arg-type]
    assert len(evening.exec(select(Shift)).all()) == 1
    shift = rota.statements.plan(evening, rider, **early, reason="They asked for it")  # type: ignore[arg-type]
    (row,) = evening.exec(select(ShiftChange).where(ShiftChange.shift_id == shift.id)).all()
    assert (row.what, row.by_person_id) == ("plan", desk)
    assert row.reason.startswith("They asked for it (")
    assert rota.statements.coming_cautions(evening, [shift], now=now)  # the desk goes on seeing it


def test_a_statement_is_the_riders_own_and_stays_on_record(evening: Session, now: datetime) -> None:
    """Nobody opts another out; taken back, the statement keeps both its dates, and can be made again."""
    rider, desk = riders(evening, now, 2)
    with pytest.raises(BadInput, match="Only the rider"):
        rota.statements.state(evening, rider, "opt_out", by=desk, now=now)
    first = rota.statements.state(evening, rider, "opt_out", by=rider, now=now)
    assert rota.statements.state(evening, rider, "opt_out", by=rider, now=now + HOUR).id == first.id
    rota.statements.take_back(evening, rider, "opt_out", now=now + HOUR)
    assert (first.at, first.ended_at) == (now, now + HOUR)
    assert rota.statements.standing(evening, rider) == {}
    assert rota.statements.state(evening, rider, "opt_out", by=rider, now=now + 2 * HOUR).id != first.id


def test_availability_is_read_most_particular_first(evening: Session, now: datetime) -> None:
    """One day counts before the weekday, a cannot before a can, and silence says nothing."""
    (rider,) = riders(evening, now, 1)
    slot = tuesday(evening, now, rider)
    rules = books.in_force(evening, at=now)[1]
    work = rota.working.Span(slot.starts_at, slot.ends_at)

    def fits() -> bool | None:
        return rota.availability.fits(rota.availability.of(evening, [rider]), work, rules)

    def say(weekday: int | None, day: date | None, since: int, until: int, can: bool) -> None:
        rota.availability.say(
            evening, rider, weekday=weekday, on_day=day, from_min=since, until_min=until, can=can, now=now
        )

    assert fits() is None
    say(1, None, 960, 1380, True)
    assert fits() is True
    say(None, date(2026, 11, 24), 0, 1440, False)
    assert fits() is False
    say(None, date(2026, 11, 24), 0, 1440, True)  # the same line, said otherwise
    assert fits() is True
    assert len(rota.availability.of(evening, [rider])) == 2


def test_a_calendars_secret_is_kept_as_a_hash_and_revoked(evening: Session, now: datetime) -> None:
    """The secret opens its rider's calendar, a new one ends the old, and a revoked one opens nothing."""
    one, _ = riders(evening, now, 2)
    old = rota.feeds.issue(evening, one, now=now)
    new = rota.feeds.issue(evening, one, now=now)
    assert rota.feeds.whose(evening, old) is None
    found = rota.feeds.whose(evening, new)
    assert found is not None
    assert found.id == one
    assert not evening.exec(
        select(rota.feeds.CalendarFeed).where(col(rota.feeds.CalendarFeed.token_hash) == new)
    ).all()
    rota.feeds.revoke(evening, one, now=now)
    assert rota.feeds.whose(evening, new) is None
