"""Breaks that the rules want: placed, told, taken when a rider will, and never with food on board."""

from datetime import datetime

import pytest
from sqlmodel import Session, select

from dispatch import (
    breaks,
    deliveries,
    jobs,
    offers,
    resting,
    shifts,
)
from dispatch.errors import NotOnShift, WrongState
from dispatch.tables import Event, Job, Shift, known
from payments import books
from tests import factories
from tests.dispatch.test_limits import HOUR, MINUTE, adopt, problem
from tests.dispatch.test_story import evening, offered, plan

__all__ = ["evening"]


def keep(session: Session, until: datetime, now: datetime) -> None:
    """Run what is due of breaks until an instant."""
    for _ in range(50):
        due = breaks.next_due(session, now=now)
        if due is None or max(due, now) > until:
            return
        now = max(due, now)
        assert breaks.keep(session, now=now) > 0
    raise AssertionError("breaks are never done with")


def test_a_long_shift_has_a_break_placed_and_told(evening: Session, now: datetime) -> None:
    """Over six hours a break stands within the shift as ON is said, before six hours are over; four hours have none."""
    long = factories.rider(evening, now, 1, hours=7)
    short = factories.rider(evening, now, 2, name="Ola Berg", hours=4)
    keep(evening, now, now)
    (row,) = breaks.of(evening, [known(long.id)])
    assert (row.starts_at, row.ends_at) == (now + 6 * HOUR - 20 * MINUTE, now + 6 * HOUR)
    assert not breaks.of(evening, [known(short.id)])
    told = evening.exec(select(Event).where(Event.kind == "break_planned")).all()
    assert [event.person_id for event in told] == [long.person_id]
    factories.order(evening, now, factories.restaurant(evening, now))
    by_rider = {c.id: c for c in problem(evening, now).couriers}
    assert by_rider[str(long.person_id)].rest is not None


def test_a_break_comes_sooner_when_it_is_quiet_and_later_when_it_must(
    evening: Session, now: datetime
) -> None:
    """Idle as its window opens, the rider rests then; on the road as it should begin, after the job."""
    shift = factories.rider(evening, now, 1, hours=7)
    opens = now + 6 * HOUR - 110 * MINUTE
    keep(evening, opens, now)
    (row,) = breaks.of(evening, [known(shift.id)])
    assert row.starts_at == opens
    other = factories.rider(evening, now, 2, name="Ola Berg", hours=7)
    keep(evening, now, now)
    (row,) = breaks.of(evening, [known(other.id)])
    planned = row.starts_at
    _in_hand(evening, other, planned - 4 * MINUTE)
    breaks.keep(evening, now=planned)
    assert row.starts_at > planned


def _in_hand(session: Session, shift: Shift, now: datetime) -> Job:
    """A job in hand, as if it had been ridden late into the break."""
    job = Job(
        number=jobs.free_number(session),
        person_id=shift.person_id,
        shift_id=known(shift.id),
        state="taken",
        offered_at=now,
        taken_at=now,
        answer_by=now,
        depart_at=now,
        distance_m=1000,
        duration_s=1200,
        adds_minor=0,
    )
    session.add(job)
    session.flush()
    return job


def test_a_rider_takes_their_break_when_they_will(evening: Session, now: datetime) -> None:
    """BREAK begins it at once, moving the one to come; what was not collected goes to others; said twice it is one."""
    shift = factories.rider(evening, now, hours=7)
    keep(evening, now, now)
    order = factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.take(evening, shift.person_id, job.number, now=then)
    rows = [resting.rest(evening, shift.person_id, now=then + n * MINUTE) for n in range(2)]
    assert rows[0].id == rows[1].id
    assert (rows[0].starts_at, rows[0].ends_at) == (then, then + 20 * MINUTE)
    assert len(breaks.of(evening, [known(shift.id)])) == 1
    assert (order.delivery, job.state) == ("waiting", "withdrawn")
    assert plan(evening, then + 2 * MINUTE) == []
    assert plan(evening, then + 19 * MINUTE) == []  # though they would leave only once it is over
    assert plan(evening, then + 21 * MINUTE)
    with pytest.raises(WrongState, match="had your break"):
        resting.rest(evening, shift.person_id, now=then + 40 * MINUTE)


def test_no_break_with_food_on_board(evening: Session, now: datetime) -> None:
    """Food is delivered first; off shift there is no break."""
    shift = factories.rider(evening, now)
    factories.order(evening, now, factories.restaurant(evening, now))
    job, then = offered(evening, now)
    offers.take(evening, shift.person_id, job.number, now=then)
    deliveries.got(evening, shift.person_id, job.number, now=then + 5 * MINUTE)
    with pytest.raises(WrongState, match="on board"):
        resting.rest(evening, shift.person_id, now=then + 6 * MINUTE)
    deliveries.done(evening, shift.person_id, job.number, now=then + 15 * MINUTE)
    resting.rest(evening, shift.person_id, now=then + 16 * MINUTE)
    with pytest.raises(NotOnShift):
        resting.rest(evening, known(factories.person(evening, now, 9, "rider").id), now=now)


@pytest.mark.parametrize(("paid", "minutes"), [("true", 240), ("false", 220)])
def test_an_unpaid_break_is_not_on_the_payslip(
    session: Session, now: datetime, paid: str, minutes: int
) -> None:
    """Where the rules do not pay breaks, the shift's minutes are fewer by it, and its line says so."""
    adopt(session, now, f"break_paid = {paid}")
    shift = factories.rider(session, now)
    resting.rest(session, shift.person_id, now=now + HOUR)
    shifts.stop(session, shift.person_id, now=now + 4 * HOUR)
    account = f"rider:{shift.person_id}:minutes"
    assert books.balance(session, account) == minutes
    lines = books.lines(session, f"rider:{shift.person_id}", since=now, until=now + 5 * HOUR)
    said = {line.why for line in lines}
    assert any("20 min of break unpaid" in why for why in said) is (paid == "false")
