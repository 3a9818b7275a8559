"""What a rider is told when the desk's hand changed their job."""

import pytest
from sqlmodel import select

from dispatch import changes, failures, incidents, overrides, watch
from dispatch.tables import Order, Shift, known
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


def _decide(evening: Evening, how: str) -> None:
    with evening.database.writing() as session:
        desk = factories.person(session, evening.clock.now(), 90, "dispatcher", name="Desk Person")
        order = session.exec(select(Order)).one()
        failures.decide(session, order, how, by=known(desk.id), reason="No answer", now=evening.clock.now())
    evening.jobs()


def _last(evening: Evening, count: int) -> list[str]:
    return [body for phone, body in evening.landed() if phone == RIDER][-count:]


def test_taking_food_back_is_work(offered: Offered) -> None:
    """A rider who said OFF is paid until the food is back: they are told to text OFF there, and that ends the shift."""
    evening, _ = offered
    for body in ("TAKE", "GOT", "OFF", "FAIL nobody in"):
        evening.hears(RIDER, body)
    _decide(evening, "returned")
    (told,) = _last(evening, 1)
    assert "please take it back to Pizza Luna" in told
    assert told.endswith("Text OFF when you are there")
    evening.pass_(minutes=16)
    with evening.database.writing() as session:
        assert watch.ask(session, now=evening.clock.now()) == 1
    evening.jobs()
    assert _last(evening, 1)[0].startswith("Is the food back? Text OFF")
    said = evening.hears(RIDER, "OFF")
    assert said.startswith(f"Shift ended {evening.clock.now():%H:%M}: ")


def test_what_became_of_the_food_is_read_before_the_end_of_the_shift(offered: Offered) -> None:
    """Given up, there is nothing left to do: first that, then that the shift has ended."""
    evening, _ = offered
    for body in ("TAKE", "GOT", "OFF", "FAIL nobody in"):
        evening.hears(RIDER, body)
    _decide(evening, "abandoned")
    given_up, ended = _last(evening, 2)
    assert "is given up" in given_up
    assert ended.startswith("Shift ended")


@pytest.mark.parametrize("several", ["GOT 1\nDONE 1", "DONE 1\nOFF"])
def test_one_text_of_several_words_tells_that_the_shift_ended_with_it(offered: Offered, several: str) -> None:
    """What ends it is in one text with other words, after OFF: the short answers, then hours and sum, once."""
    evening, _ = offered
    for body in ("TAKE", "OFF", several):
        evening.hears(RIDER, body)
    evening.jobs()
    said = [body for phone, body in evening.landed() if phone == RIDER and "Shift ended" in body]
    assert len(said) == 1
    assert "Safe home" in said[0]


def test_passing_on_a_last_offer_tells_once_that_the_shift_ended(offered: Offered) -> None:
    """Somebody who was leaving passes on it: beside the answer, one text says that the shift is over."""
    evening, _ = offered
    with evening.database.writing() as session:
        shift = session.exec(select(Shift)).one()
        shift.off_asked_at = evening.clock.now()
        session.add(shift)
    evening.hears(RIDER, "PASS 1")
    evening.jobs()
    assert sum("Shift ended" in body for phone, body in evening.landed() if phone == RIDER) == 1


def test_off_said_again_with_only_an_offer_left_ends_the_shift(offered: Offered) -> None:
    """The desk put another job to a rider who was leaving: OFF once more gives it back, and is answered as OFF."""
    evening, _ = offered
    with evening.database.writing() as session:
        shift = session.exec(select(Shift)).one()
        shift.off_asked_at = evening.clock.now()
        session.add(shift)
    assert evening.hears(RIDER, "OFF").startswith("Shift ended")
    with evening.database.reading() as session:
        assert session.exec(select(Shift)).one().state == "ended"
