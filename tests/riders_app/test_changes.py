"""What a rider is told when the desk's hand changed their job."""

from sqlmodel import select

from dispatch import changes, incidents, overrides
from dispatch.tables import Order, known
from tests import factories
from tests.riders_app.conftest import RIDER, Evening

Offered = tuple[Evening, int]


def test_the_desks_last_mark_tells_the_rider_that_the_job_is_finished(offered: Offered) -> None:
    """The desk marks the last DONE: the rider's text says finished, not that the job has changed."""
    evening, job_id = offered
    evening.jobs()
    number = evening.job(job_id).number
    with evening.database.writing() as session:
        desk = factories.person(session, evening.clock.now(), 90, "dispatcher", name="Desk Person")
        overrides.mark_for(session, job_id, "done", by=known(desk.id), now=evening.clock.now())
    evening.jobs()
    assert evening.landed()[-1] == (RIDER, f"Job {number} is finished: nothing more to do for it.")


def test_food_that_failed_leaves_nothing_to_do(offered: Offered) -> None:
    """A carried order recorded as failed empties its job, and the rider is told just that."""
    evening, job_id = offered
    number = evening.job(job_id).number
    evening.hears(RIDER, f"TAKE {number}")
    evening.hears(RIDER, "GOT")
    with evening.database.writing() as session:
        desk = factories.person(session, evening.clock.now(), 90, "dispatcher", name="Desk Person")
        order = session.exec(select(Order)).one()
        incidents.failed(
            session, order, "returned", by=known(desk.id), reason="Nobody home", now=evening.clock.now()
        )
    evening.jobs()
    assert evening.landed()[-1] == (RIDER, f"Job {number} is finished: nothing more to do for it.")


def test_a_shift_that_the_desks_mark_ends_is_told_to_be_over(offered: Offered) -> None:
    """OFF waits for the last DONE; marked by the desk, the rider reads that their shift has ended, and when."""
    evening, job_id = offered
    evening.hears(RIDER, "TAKE")
    evening.hears(RIDER, "GOT")
    evening.hears(RIDER, "OFF")
    evening.pass_(minutes=9)
    with evening.database.writing() as session:
        desk = factories.person(session, evening.clock.now(), 90, "dispatcher", name="Desk Person")
        overrides.mark_for(session, job_id, "done", by=known(desk.id), now=evening.clock.now())
    evening.jobs()
    (said,) = [body for phone, body in evening.landed() if phone == RIDER and "Shift ended" in body]
    assert said.startswith(f"Shift ended {evening.clock.now():%H:%M}: ")
    assert said.endswith("Wrong? CONTEST and say why")


def test_a_shift_that_a_cancelled_order_ends_is_told_to_be_over(offered: Offered) -> None:
    """The same where the last job is called off before its food was fetched."""
    evening, _ = offered
    evening.hears(RIDER, "TAKE")
    evening.hears(RIDER, "OFF")
    with evening.database.writing() as session:
        order = session.exec(select(Order)).one()
        changes.cancel(session, order, reason="Changed their mind", now=evening.clock.now())
    evening.jobs()
    said = [body for phone, body in evening.landed() if phone == RIDER][-2:]
    assert sorted(body.startswith("Shift ended") for body in said) == [False, True]


def test_a_shift_that_ends_with_the_riders_own_done_is_told_once(offered: Offered) -> None:
    """The answer to DONE says it, and no other text does."""
    evening, _ = offered
    for body in ("TAKE", "GOT", "OFF", "DONE"):
        evening.hears(RIDER, body)
    evening.jobs()
    assert sum("Shift ended" in body for _, body in evening.landed()) == 1
