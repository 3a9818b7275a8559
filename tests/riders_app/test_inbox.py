"""A rider's texts do what they say, once, and are always answered."""

from datetime import timedelta

import pytest
from sqlmodel import select

from dispatch import handovers, people, shifts
from dispatch.tables import Attention, Contest, Job, Order, Person, Restaurant, Shift, known
from riders_app import inbox, wording
from riders_app.tables import InboundText
from tests import factories
from tests.marks import SQLITE_FIRST
from tests.riders_app.conftest import PUBLIC, RIDER, Evening

pytestmark = SQLITE_FIRST

Offered = tuple[Evening, int]


def inbound(evening: Evening) -> list[InboundText]:
    """Every text that came in."""
    with evening.database.reading() as session:
        return list(session.exec(select(InboundText).order_by(InboundText.id)).all())  # type: ignore[arg-type]


def order(evening: Evening) -> Order:
    """The only order."""
    with evening.database.reading() as session:
        return session.exec(select(Order)).one()


def test_an_evening_by_text_alone(evening: Evening) -> None:
    """ON, TAKE, HERE, GOT, DONE, PAY and OFF by text: the food is delivered, each answer carries what is next."""
    with evening.database.writing() as session:
        now = evening.clock.now()
        person = factories.person(session, now, 1, "rider")
        shifts.plan(session, known(person.id), starts_at=now, ends_at=now + timedelta(hours=4))
        factories.order(session, now, factories.restaurant(session, now), phone="+447700900500")
    assert evening.hears(RIDER, "on").startswith("On shift since 18:00, planned until 22:00")
    number = evening.job(evening.plan()).number
    evening.jobs()
    assert dict(evening.landed())[RIDER].startswith(f"Job {number}: Pizza Luna")
    assert evening.hears(RIDER, f"Take {number} 👍").startswith(
        f"Job {number} is yours. {number}: go to Pizza Luna"
    )
    assert f"GOT {number}" in evening.hears(RIDER, "here")
    evening.pass_(minutes=8)
    assert evening.hears(RIDER, f"{number} got").startswith(
        f"Got {number}A A-1. {number}: Flat 3, 5 Hanley Rd, Ana"
    )
    evening.pass_(minutes=8)
    assert evening.hears(RIDER, "done") == f"Done {number}A A-1. Job {number} is finished, thank you."
    assert order(evening).delivery == "delivered"
    assert "1 order" in evening.hears(RIDER, "pay")
    evening.pass_(minutes=30)
    assert evening.hears(RIDER, "OFF").startswith("Shift ended")
    assert {t.state for t in inbound(evening)} == {"acted"}
    assert {t.state for t in evening.texts()} == {"sent"}
    assert evening.open_attention() == []


def test_the_same_text_delivered_twice_is_one_text(offered: Offered) -> None:
    """The carrier may call twice: the text is stored and acted on once, with one answer."""
    evening, job_id = offered
    number = evening.job(job_id).number
    assert evening.hears(RIDER, f"TAKE {number}", vendor_id="SM1")
    assert evening.hears(RIDER, f"TAKE {number}", vendor_id="SM1") == ""
    assert len(inbound(evening)) == 1
    with evening.database.writing() as session:
        inbox.act(session, known(inbound(evening)[0].id), now=evening.clock.now(), house=inbox.House(PUBLIC))
    assert len([t for t in evening.texts() if t.kind == "answer"]) == 1


def test_taking_twice_says_so_and_changes_nothing(offered: Offered) -> None:
    """A rider unsure whether TAKE arrived may say it again."""
    evening, job_id = offered
    evening.hears(RIDER, "TAKE")
    evening.pass_(seconds=5)
    assert "already yours" in evening.hears(RIDER, "TAKE")
    assert evening.job(job_id).state == "taken"


def test_a_rider_passes_and_the_answer_has_no_blame(offered: Offered) -> None:
    """PASS gives the order back to wait for another rider."""
    evening, job_id = offered
    assert "no mark against you" in evening.hears(RIDER, "pass")
    assert evening.job(job_id).state == "passed"
    assert order(evening).delivery == "waiting"
    evening.pass_(seconds=5)
    number = evening.job(job_id).number
    assert f"Job {number} has gone: you passed on it" in evening.hears(RIDER, f"take {number}")


@pytest.mark.parametrize("body", ["got", "done", "here", "late 10"])
def test_a_bare_word_takes_no_offer(offered: Offered, body: str) -> None:
    """GOT may say that the offer was read, DONE repeat the last job's: an offer is taken by TAKE or by its number."""
    evening, job_id = offered
    number = evening.job(job_id).number
    said = evening.hears(RIDER, body)
    assert said.startswith(f"Job {number} is offered, not taken, so nothing is marked: TAKE {number} or PASS")
    assert evening.job(job_id).state == "offered"
    assert order(evening).delivery == "assigned"
    evening.pass_(seconds=5)
    if body != "late 10":
        evening.hears(RIDER, f"{body} {number}")
        assert evening.job(job_id).state in ("taken", "finished")


def test_done_said_again_leaves_the_job_offered_since(offered: Offered) -> None:
    """A DONE repeated minutes later, with the next job on offer, tells the last one again and delivers nothing."""
    evening, job_id = offered
    number = evening.job(job_id).number
    for body in ("take", "got", "done"):
        evening.hears(RIDER, body)
        evening.pass_(minutes=1)
    with evening.database.writing() as session:
        restaurant = session.exec(select(Order)).one().restaurant_id
        factories.order(session, evening.clock.now(), session.get_one(Restaurant, restaurant), "A-2")
    other = evening.plan()
    assert evening.job(other).state == "offered"
    evening.pass_(minutes=1)
    assert f"Job {number} " in evening.hears(RIDER, "done")
    assert evening.job(other).state == "offered"


def test_a_restaurants_person_is_no_rider(offered: Offered) -> None:
    """Whoever speaks for a restaurant is answered by a person, told so once, and starts no shift and no trouble."""
    evening, job_id = offered
    with evening.database.writing() as session:
        clerk = factories.person(session, evening.clock.now(), 30, name="At the pass")
        restaurant = session.exec(select(Order)).one().restaurant_id
        people.grant(
            session, known(clerk.id), "restaurant", now=evening.clock.now(), by=None, restaurant_id=restaurant
        )
    assert evening.hears("+447700900030", "late 10").startswith("The desk has your text")
    evening.pass_(seconds=5)
    assert [evening.hears("+447700900030", body) for body in ("on", "help", "We are closed.")] == ["", "", ""]
    assert evening.open_attention() == ["foreign_text"]
    assert evening.job(job_id).state == "offered"


def test_a_phone_that_answers_by_itself_is_not_answered_for_ever(offered: Offered) -> None:
    """The same unclear words a third time in ten minutes get no answer, so two machines do not talk all night."""
    evening, _ = offered
    said = []
    for _ in range(4):
        said.append(evening.hears(RIDER, "I'm driving right now, I'll get back to you"))
        evening.pass_(seconds=20)
    assert [bool(answer) for answer in said] == [True, True, False, False]
    assert evening.open_attention() == ["unclear_text"]
    assert evening.hears(RIDER, "hmm")


def test_got_of_a_job_that_was_handed_on_asks_who_has_the_food(offered: Offered) -> None:
    """GOT crossing a hand-over marks nothing and says whose the job is; a person asks in whose bag the food is."""
    evening, job_id = offered
    number = evening.job(job_id).number
    evening.hears(RIDER, "take")
    with evening.database.writing() as session:
        now = evening.clock.now()
        other = factories.rider(session, now, 2, name="Bo Lind")
        boss = factories.person(session, now, 50, "dispatcher", name="Desk Person")
        job = session.get_one(Job, job_id)
        handovers.hand(session, [job], other.person_id, by=known(boss.id), now=now)
    evening.pass_(seconds=5)
    assert "has another rider now" in evening.hears(RIDER, f"got {number}")
    assert order(evening).delivery == "assigned"
    assert evening.open_attention().count("crossed") == 1


def test_an_unclear_text_marks_nothing_and_says_what_would_work(offered: Offered) -> None:
    """Doubt is asked back, a person looks once, and the rider's next clear text settles it."""
    evening, job_id = offered
    number = evening.job(job_id).number
    said = evening.hears(RIDER, f"cant take {number} yet")
    assert f"If you meant TAKE {number}" in said
    assert f"TAKE {number}, PASS {number}, OFF or MENU" in said
    evening.hears(RIDER, "hmm")
    assert evening.job(job_id).state == "offered"
    assert evening.open_attention() == ["unclear_text"]
    assert [t.state for t in inbound(evening)] == ["unclear", "unclear"]
    evening.hears(RIDER, f"take {number}")
    assert evening.open_attention() == []


@pytest.mark.parametrize("body", ["YES", "ok", "12"])
def test_a_bare_yes_or_number_takes_nothing(offered: Offered, body: str) -> None:
    """YES is the carrier's word, and neither it nor a bare number is an answer to an offer."""
    evening, job_id = offered
    assert "TAKE" in evening.hears(RIDER, body)
    assert evening.job(job_id).state == "offered"
    assert evening.open_attention() == ["unclear_text"]


def test_stop_cuts_the_rider_off_and_start_brings_them_back(offered: Offered) -> None:
    """A stop word marks the rider unreachable with no answer; other texts do not undo that, START does."""
    evening, job_id = offered
    evening.jobs()
    person_id = evening.job(job_id).person_id

    def unreachable() -> bool:
        with evening.database.reading() as session:
            return people.get(session, person_id).unreachable_at is not None

    assert evening.hears(RIDER, "Stop") == ""
    assert unreachable()
    assert evening.open_attention() == ["unreachable"]
    evening.pass_(seconds=5)
    evening.hears(RIDER, "menu")
    assert unreachable()
    evening.pass_(seconds=5)
    assert "No job just now" in evening.hears(RIDER, "START")
    assert evening.job(job_id).state == "withdrawn"  # it went back at once, and may be offered to them again
    assert not unreachable()
    assert evening.open_attention() == []


def test_a_stranger_is_put_before_a_person_once_and_not_answered(evening: Evening) -> None:
    """A number that is nobody's gets no answer, and one open attention however often it writes."""
    assert evening.hears("+447700900700", "who is this") == ""
    assert evening.hears("+447700900700", "hello?") == ""
    assert [t.state for t in inbound(evening)] == ["foreign", "foreign"]
    assert evening.open_attention() == ["foreign_text"]
    with evening.database.reading() as session:
        (row,) = session.exec(select(Attention)).all()
    assert "447700" not in row.key + row.words


def test_a_customers_text_points_at_their_order(offered: Offered) -> None:
    """A text from an order's customer names the order for whoever looks."""
    evening, _ = offered
    evening.hears("+447700900500", "where is my food")
    with evening.database.reading() as session:
        (row,) = session.exec(select(Attention)).all()
    assert row.order_id == order(evening).id


def test_trouble_and_help_always_reach_a_person(offered: Offered) -> None:
    """TROUBLE, with a job or without, and HELP answer with the on-duty number and raise attention."""
    evening, job_id = offered
    evening.hears(RIDER, "take")
    said = evening.hears(RIDER, "Trouble flat tyre")
    assert f"job {evening.job(job_id).number}" in said
    assert "+447700900999" in said
    assert "+447700900999" in evening.hears(RIDER, "HELP")
    assert "trouble" in evening.open_attention()
    evening.pass_(seconds=5)
    assert "+447700900999" in evening.hears(RIDER, "trouble 77 lost")


def test_late_reads_its_number_by_what_is_live(offered: Offered) -> None:
    """LATE 10 with one other job live means minutes; LATE with the job's own number asks for them."""
    evening, job_id = offered
    number = evening.job(job_id).number
    evening.hears(RIDER, "take")
    assert f"LATE {number} and the minutes" in evening.hears(RIDER, f"late {number}")
    assert f"job {number} runs late" in evening.hears(RIDER, f"late {number + 9}")
    assert f"job {number} runs late" in evening.hears(RIDER, f"late {number} 15")
    assert "How many minutes" in evening.hears(RIDER, "late")


def test_why_pay_menu_and_contest_answer(offered: Offered) -> None:
    """WHY gives figures and a link, MENU what is live, MENU with a number the offer again, CONTEST opens a case."""
    evening, job_id = offered
    number = evening.job(job_id).number
    why = evening.hears(RIDER, f"why {number}")
    assert why.startswith(f"Job {number}")
    assert f"{PUBLIC}/my/why/{job_id}" in why
    assert f"TAKE {number}" in evening.hears(RIDER, "menu")
    assert evening.hears(RIDER, f"menu {number}").startswith(f"Job {number}: Pizza Luna")
    assert "in your own words" in evening.hears(RIDER, "contest")
    assert "by 4 December" in evening.hears(RIDER, f"Contest {number} I was nearer, wasn't I")
    with evening.database.reading() as session:
        case = session.exec(select(Contest)).one()
    assert (case.words, case.job_id) == ("I was nearer, wasn't I", job_id)
    assert all(wording.segments(t.body or "") == ("GSM-7", 1) for t in evening.texts())


def test_errors_of_dispatch_become_kind_answers(evening: Evening) -> None:
    """A rider with no job, no shift or a wrong number is told so in their own terms."""
    with evening.database.writing() as session:
        factories.person(session, evening.clock.now(), 1, "rider")
    assert "no shift planned" in evening.hears(RIDER, "on")
    assert "not on shift" in evening.hears(RIDER, "off")
    assert "no job 40" in evening.hears(RIDER, "done 40")
    assert "no live job" in evening.hears(RIDER, "got")
    assert "no shift in the last day" in evening.hears(RIDER, "pay")
    assert [t.state for t in inbound(evening)] == ["acted"] * 5


def test_two_jobs_and_no_number_are_asked_which(evening: Evening) -> None:
    """With two live offers a bare TAKE marks nothing and names both."""
    with evening.database.writing() as session:
        now = evening.clock.now()
        shift = factories.rider(session, now)
        for number in (12, 14):
            session.add(
                Job(
                    number=number,
                    person_id=shift.person_id,
                    shift_id=known(shift.id),
                    offered_at=now,
                    answer_by=now + timedelta(minutes=3),
                    depart_at=now,
                    distance_m=100,
                    duration_s=60,
                    adds_minor=0,
                )
            )
    assert evening.hears(RIDER, "take") == "Which job? Text TAKE 12 or TAKE 14"
    assert evening.hears(RIDER, "take 1 4").endswith("TAKE 1, then TAKE 4")


def test_off_with_a_job_in_hand_ends_with_its_last_drop(offered: Offered) -> None:
    """OFF while carrying is noted, and the last DONE ends the shift and says so."""
    evening, _ = offered
    evening.hears(RIDER, "take")
    evening.hears(RIDER, "got")
    assert evening.hears(RIDER, "off").startswith("OFF noted")
    evening.pass_(minutes=9)
    assert "Shift ended" in evening.hears(RIDER, "done")
    with evening.database.reading() as session:
        assert session.exec(select(Shift)).one().state == "ended"


def test_a_fault_in_one_text_holds_up_no_other(evening: Evening) -> None:
    """A text whose acting breaks is tried once more, then given up with an honest answer; others go on."""
    evening.clock.at -= timedelta(days=365)  # no rulebook was in force then: what needs one breaks
    with evening.database.writing() as session:
        now = evening.clock.now()
        factories.rider(session, now)
        factories.person(session, now, 2, "rider", name="Ola Berg")
        inbox.store(session, vendor_id="SM1", phone=RIDER, body="PAY", now=now)
        inbox.store(session, vendor_id="SM2", phone="+447700900002", body="MENU", now=now)
    evening.jobs()
    assert [t.state for t in inbound(evening)] == ["new", "acted"]
    evening.pass_(seconds=5)
    evening.jobs()
    assert [t.state for t in inbound(evening)] == ["failed", "acted"]
    assert evening.open_attention() == ["text_broke"]
    assert evening.landed()[-1] == (RIDER, wording.broken("+447700900999"))


def test_a_text_of_a_rider_shows_they_are_there(offered: Offered) -> None:
    """Any text ends the silence that stops offers."""
    evening, job_id = offered
    with evening.database.writing() as session:
        shift = session.exec(select(Shift)).one()
        shift.silences = 2
        session.add(shift)
    evening.hears(RIDER, "menu")
    with evening.database.reading() as session:
        assert session.exec(select(Shift)).one().silences == 0
        person = session.get(Person, evening.job(job_id).person_id)
        assert person is not None
        assert person.unreachable_at is None
