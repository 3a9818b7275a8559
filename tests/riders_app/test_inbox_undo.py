"""UNDO by text: the last thing said is taken back, once, and nothing older."""

from dispatch.facts import Marked
from riders_app import wording
from tests.marks import SQLITE_FIRST
from tests.riders_app.conftest import RIDER
from tests.riders_app.test_inbox import Offered, order

pytestmark = SQLITE_FIRST


def test_undo_of_a_take_says_where_the_job_went(offered: Offered) -> None:
    """A TAKE taken back is answered with what became of it, and a TAKE after that is refused as gone."""
    evening, job_id = offered
    number = evening.job(job_id).number
    evening.hears(RIDER, "TAKE")
    evening.pass_(seconds=5)
    assert evening.hears(RIDER, "UNDO") == wording.marked(
        Marked("undone", number, (), (), evening.clock.now(), None)
    )
    evening.pass_(seconds=5)
    evening.hears(RIDER, f"TAKE {number}")
    assert evening.job(job_id).state == "withdrawn"


def test_undo_takes_back_the_last_thing(offered: Offered) -> None:
    """A DONE said too soon is undone, and its money with it."""
    evening, job_id = offered
    for body in ("take", "got", "done"):
        evening.hears(RIDER, body)
        evening.pass_(minutes=1)
    assert evening.hears(RIDER, "Undo").startswith(f"Undone {evening.job(job_id).number}A A-1.")
    assert order(evening).delivery == "carried"
    assert order(evening).payment == "due"
    evening.pass_(minutes=6)
    assert "nothing to undo" in evening.hears(RIDER, "undo")


def test_undo_takes_back_nothing_older_than_what_was_said_last(offered: Offered) -> None:
    """UNDO behind LATE or OFF says what it cannot take back, and leaves the GOT before it; said again, it means it."""
    evening, job_id = offered
    number = evening.job(job_id).number
    for body in (f"take {number}", "got", f"late {number} 10"):
        evening.hears(RIDER, body)
        evening.pass_(seconds=20)
    assert evening.hears(RIDER, "undo").startswith(f"UNDO does not take LATE {number} 10 back: tell the desk")
    assert order(evening).delivery == "carried"
    evening.pass_(seconds=20)
    assert evening.hears(RIDER, "off")
    evening.pass_(seconds=20)
    assert "text ON for that" in evening.hears(RIDER, "undo")
    assert order(evening).delivery == "carried"
    evening.pass_(seconds=20)
    assert evening.hears(RIDER, "undo").startswith(f"Undone {number}A A-1.")
    assert order(evening).delivery == "assigned"


def test_an_undo_said_again_undoes_nothing_more(offered: Offered) -> None:
    """A lost answer makes people repeat UNDO: within 90 seconds, nothing said between, it is that one said again."""
    evening, job_id = offered
    number = evening.job(job_id).number
    evening.hears(RIDER, f"TAKE {number}")
    evening.pass_(minutes=2)
    evening.hears(RIDER, f"GOT {number}")
    first = evening.hears(RIDER, "UNDO")
    assert order(evening).delivery == "assigned"
    assert evening.hears(RIDER, "undo") == first
    assert evening.job(job_id).state == "taken"
    evening.hears(RIDER, "MENU")
    evening.hears(RIDER, "Undo!")  # something stood between: this one is meant
    assert evening.job(job_id).state == "withdrawn"


def test_an_undo_after_a_while_is_another(offered: Offered) -> None:
    """Two minutes later a second UNDO takes back what was said before."""
    evening, job_id = offered
    evening.hears(RIDER, f"TAKE {evening.job(job_id).number}")
    evening.hears(RIDER, "GOT")
    evening.hears(RIDER, "UNDO")
    evening.pass_(minutes=2)
    evening.hears(RIDER, "UNDO")
    assert evening.job(job_id).state == "withdrawn"
