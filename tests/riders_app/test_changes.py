"""What a rider is told when the desk's hand changed their job."""

from sqlmodel import select

from dispatch import incidents, overrides
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
