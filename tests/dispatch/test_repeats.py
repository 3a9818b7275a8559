"""GOT and DONE said twice in a row, with another restaurant or another job to come."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import deliveries, jobs, offers, orders, overrides
from dispatch.errors import OnlyOffered
from dispatch.tables import Job, known
from tests import factories

SECOND = timedelta(seconds=1)


def given(session: Session, now: datetime, rider: int, *, boss: int, name: str) -> Job:
    """One order of a restaurant of its own, given to the rider by hand and taken."""
    where = factories.restaurant(session, now, name)
    order = factories.order(session, now, where, f"{name[0]}-1")
    job = overrides.assign(session, order, rider, by=boss, now=now)
    offers.take(session, rider, job.number, now=now)
    return job


@pytest.fixture
def boss(session: Session, now: datetime) -> int:
    """A dispatcher of a co-op with its rulebook."""
    factories.adopt(session, now)
    return known(factories.person(session, now, 90, "dispatcher", name="Desk Person").id)


@pytest.fixture
def rider(session: Session, now: datetime, boss: int) -> int:
    """A rider on shift."""
    return factories.rider(session, now).person_id


@pytest.fixture
def two_calls(session: Session, now: datetime, boss: int, rider: int) -> Job:
    """A job of two restaurants, the second planned ten minutes after the first."""
    job, other = (given(session, now, rider, boss=boss, name=name) for name in ("Luna", "Zeytin"))
    for stop in jobs.stops_of(session, other):
        order = orders.by_id(session, stop.order_id)
        stop.job_id, stop.seq, stop.visit = known(job.id), stop.seq + 10, stop.visit + 10
        stop.letter, stop.planned_at = "B", now + timedelta(minutes=10)
        order.job_id = job.id
        session.add_all((stop, order))
    other.state, other.closed_at = "withdrawn", now
    session.add(other)
    session.flush()
    return job


def calls_left(session: Session, job: Job) -> int:
    """How many restaurants a job has still to go to."""
    return len([s for s in jobs.stops_left(session, job) if s.kind == "pickup"])


def test_got_twice_in_a_row_is_got_once(session: Session, now: datetime, rider: int, two_calls: Job) -> None:
    """A GOT repeated within ninety seconds names the first pick-up again and leaves the second restaurant."""
    number = two_calls.number
    first = deliveries.got(session, rider, number, now=now)
    again = deliveries.got(session, rider, number, now=now + 40 * SECOND)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.references == first.references == ("L-1",)
    assert again.next is not None
    assert calls_left(session, two_calls) == 1
    assert not deliveries.got(session, rider, number, now=now + 90 * SECOND).repeated
    assert calls_left(session, two_calls) == 0


@pytest.mark.parametrize("how", ["here", "near", "visit", "desk", "undone"])
def test_a_second_got_that_is_meant_counts(
    session: Session, now: datetime, rider: int, boss: int, two_calls: Job, how: str
) -> None:
    """HERE, a plan for about now, a call named by the page, a press of the desk, or UNDO: the next GOT is new."""
    number, soon = two_calls.number, now + 30 * SECOND
    deliveries.got(session, rider, number, now=now)
    if how == "here":
        deliveries.here(session, rider, number, now=soon)
    if how == "undone":
        deliveries.undo(session, rider, now=soon)
    if how == "near":
        for stop in jobs.stops_left(session, two_calls):
            stop.planned_at = soon + timedelta(minutes=2)
    told = deliveries.got(
        session,
        rider,
        number,
        now=soon,
        by=boss if how == "desk" else None,
        visit=jobs.stops_left(session, two_calls)[0].visit if how == "visit" else None,
    )
    assert not told.repeated
    assert told.references == (("L-1",) if how == "undone" else ("Z-1",))


@pytest.mark.parametrize("taken", [True, False])
def test_done_twice_in_a_row_leaves_the_other_job(
    session: Session, now: datetime, rider: int, boss: int, taken: bool
) -> None:
    """A bare DONE repeated before other food could be at its door answers for the last job, not for food never
    collected; what was only offered is never marked by a bare word."""
    one = given(session, now, rider, boss=boss, name="Luna")
    deliveries.got(session, rider, one.number, now=now)
    two = given(session, now, rider, boss=boss, name="Zeytin")
    two.state = "taken" if taken else "offered"
    session.add(two)
    assert not deliveries.done(session, rider, one.number, now=now).repeated
    again = deliveries.done(session, rider, None, now=now + 50 * SECOND)
    assert (again.repeated, again.number) == (True, one.number)
    assert len(jobs.stops_left(session, two)) == 2
    assert two.state == ("taken" if taken else "offered")
    due_at = next(s.planned_at for s in jobs.stops_left(session, two) if s.kind == "drop")
    assert deliveries.done(session, rider, None, now=now + 120 * SECOND).repeated
    if taken:
        assert not deliveries.done(session, rider, None, now=due_at).repeated
        assert two.state == "finished"
    else:
        for said in (deliveries.here, deliveries.got, deliveries.done):
            with pytest.raises(OnlyOffered):
                said(session, rider, None, now=due_at)
        assert two.state == "offered"
        assert not deliveries.done(session, rider, two.number, now=due_at).repeated


@pytest.mark.parametrize("how", ["number", "carried"])
def test_a_second_done_that_is_meant_counts(
    session: Session, now: datetime, rider: int, boss: int, how: str
) -> None:
    """With the other job's number, or with its food in the bag, the next DONE is that job's at once."""
    one, two = (given(session, now, rider, boss=boss, name=name) for name in ("Luna", "Zeytin"))
    deliveries.got(session, rider, one.number, now=now)
    if how == "carried":
        deliveries.got(session, rider, two.number, now=now)
    deliveries.done(session, rider, one.number, now=now)
    told = deliveries.done(session, rider, two.number if how == "number" else None, now=now + 20 * SECOND)
    assert (told.repeated, told.number) == (False, two.number)
