"""Several commands in one text, true times, and answers in a rider's own language."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from dispatch import changes, failures, offers, orders, overrides, people
from dispatch.tables import Job, Order, Stop, known
from riders_app import wording
from riders_app.tables import Text
from tests import factories
from tests.marks import SQLITE_FIRST
from tests.riders_app.conftest import PUBLIC, RIDER, Evening

Offered = tuple[Evening, int]


def answers(evening: Evening, phone: str, body: str) -> list[str]:
    """Every text written in answer to one."""
    before = {text.id for text in evening.texts()}
    evening.hears(phone, body)
    return [t.body or "" for t in evening.texts() if t.kind == "answer" and t.id not in before]


@pytest.fixture
def two(offered: Offered) -> tuple[Evening, int, int]:
    """The same rider with two jobs, the second given to them by hand; their numbers."""
    evening, first = offered
    evening.hears(RIDER, "take")
    with evening.database.writing() as session:
        now = evening.clock.now()
        dispatcher = factories.person(session, now, 9, "dispatcher")
        order = factories.order(session, now, factories.restaurant(session, now, "Bun House"), "B-2")
        second = overrides.assign(
            session, order, evening.job(first).person_id, by=known(dispatcher.id), now=now
        ).number
    evening.jobs()
    return evening, evening.job(first).number, second


def test_two_jobs_in_one_text_are_both_marked(two: tuple[Evening, int, int]) -> None:
    """GOT and DONE of two jobs act on each, and one answer names both and what became of them."""
    evening, first, second = two
    assert answers(evening, RIDER, f"take {second}")
    evening.pass_(minutes=9)
    said = answers(evening, RIDER, f"got {first} and {second}")
    assert said[0].startswith(f"Got {first}A A-1. Got {second}A B-2. {first}: Flat 3, 5 Hanley Rd")
    evening.pass_(minutes=9)
    said = answers(evening, RIDER, f"done {first} {second}")
    assert said == [f"Done {first}A A-1, job {first} finished. Done {second}A B-2, job {second} finished."]
    with evening.database.reading() as session:
        assert {job.state for job in session.exec(select(Job)).all()} == {"finished"}
    assert all(wording.segments(t.body or "") == ("GSM-7", 1) for t in evening.texts())


def test_what_was_not_marked_is_named_beside_what_was(offered: Offered) -> None:
    """A number that is nobody's stops nothing else: the answer names what was marked and what was not."""
    evening, job_id = offered
    number = evening.job(job_id).number
    evening.hears(RIDER, "take")
    evening.pass_(minutes=5)
    said = " ".join(answers(evening, RIDER, f"got {number} and 77"))
    assert f"Got {number}A A-1." in said
    assert "Not marked: GOT 77 (You have no job 77" in said
    assert evening.open_attention() == []


def test_a_true_time_is_kept_and_named(offered: Offered) -> None:
    """DONE entered late carries its own time into the books of the evening, and the answer says it."""
    evening, job_id = offered
    number = evening.job(job_id).number
    evening.hears(RIDER, "take")
    evening.pass_(minutes=20)
    evening.hears(RIDER, f"got {number} 10 min ago")
    truly = evening.clock.now() + timedelta(minutes=5)
    evening.pass_(minutes=30)
    said = evening.hears(RIDER, f"done {number} at {truly:%H.%M}")
    assert said.startswith(f"Done {number}A A-1 at {truly:%H:%M}. Job {number} is finished")
    with evening.database.reading() as session:
        stops = session.exec(select(Stop).where(Stop.job_id == job_id).order_by(col(Stop.kind).desc())).all()
    times = [stop.done_at for stop in stops]
    assert times[0] == truly - timedelta(minutes=15)
    assert times[1] == truly.replace(second=0, microsecond=0)


def test_a_time_that_cannot_be_is_refused(offered: Offered) -> None:
    """A time still to come marks nothing, and says so."""
    evening, job_id = offered
    number = evening.job(job_id).number
    evening.hears(RIDER, "take")
    evening.pass_(minutes=10)
    later = evening.clock.now() + timedelta(hours=2)
    assert evening.hears(RIDER, f"got {number} {later:%H%M}").startswith("That time cannot be right")


@pytest.mark.parametrize(
    ("language", "on", "took", "got", "done", "unsure"),
    [
        ("pt", "aceito", "A entrega", "peguei", "Entregue", "Não percebi bem, nada foi marcado."),
        ("fr", "je prends", "La course", "récupéré", "Livré", "Pas bien compris, rien n'est noté."),
        (
            "es",
            "acepto",
            "El reparto",
            "recogido",
            "Entregado",
            "No lo entiendo bien, no se ha marcado nada.",
        ),
    ],
)
def test_an_evening_in_ones_own_language(
    offered: Offered, language: str, on: str, took: str, got: str, done: str, unsure: str
) -> None:
    """A rider who writes and is told in Portuguese, French or Spanish rides a job to its end."""
    evening, job_id = offered
    number = evening.job(job_id).number
    with evening.database.writing() as session:
        person = people.by_phone(session, RIDER)
        assert person is not None
        people.speak(session, known(person.id), language)
    evening.jobs()
    voice = wording.voice(language)
    offer = next(t.body or "" for t in evening.texts() if t.kind == "offer")
    assert offer.startswith(voice.say("Job {number}: ", number=number))
    assert evening.hears(RIDER, f"{on} {number}").startswith(took)
    assert evening.hears(RIDER, "hmm").startswith(wording.fold(unsure))
    evening.pass_(minutes=9)
    assert evening.hears(RIDER, f"{got} {number}")
    evening.pass_(minutes=9)
    assert evening.hears(RIDER, done.lower()).startswith(done)
    assert evening.job(job_id).state == "finished"


def test_a_customer_is_told_in_their_language_or_the_co_ops(evening: Evening) -> None:
    """An order that names a language has its customer told in it; another in the rulebook's."""
    with evening.database.writing() as session:
        now = evening.clock.now()
        shop = factories.restaurant(session, now)
        factories.order(session, now, shop, phone="+447700900500", language="fr")
        factories.order(session, now, shop, "B-2", phone="+447700900501")
    evening.jobs()
    with evening.database.reading() as session:
        bodies = [t.body or "" for t in session.exec(select(Text).order_by(col(Text.id))).all()]
    assert "votre commande devrait arriver avant" in bodies[0]
    assert "your order should be with you by" in bodies[1]
    assert all(f"{PUBLIC}/t/" in body for body in bodies)


@SQLITE_FIRST
def test_what_happens_on_the_road_is_told_in_ones_own_language(offered: Offered) -> None:
    """Reminder, address, shut door, decision, UNDO and case in Portuguese; to the customer, lateness in French."""
    evening, job_id = offered
    number = evening.job(job_id).number
    with evening.database.writing() as session:
        people.speak(session, evening.job(job_id).person_id, "pt")
        boss = factories.person(session, evening.clock.now(), 90, "dispatcher", name="Dee Desk")
        order = session.exec(select(Order)).one()
        orders.contact(session, known(order.id)).language = "fr"

    def told(phone: str) -> str:
        evening.jobs()
        return [body for to, body in evening.landed() if to == phone][-1]

    evening.jobs()
    evening.pass_(seconds=90)
    with evening.database.writing() as session:
        offers.remind_due(session, now=evening.clock.now())
    assert told(RIDER).startswith(wording.fold("Ainda aí? A entrega"))
    evening.hears(RIDER, "take")
    now = evening.clock.now()
    with evening.database.writing() as session:
        order = session.exec(select(Order)).one()
        changes.late(session, order, now + timedelta(minutes=40), now=now)
    assert told("+447700900500").startswith("Pizza Luna : désolés, votre commande a du retard.")
    evening.hears(RIDER, "got")
    with evening.database.writing() as session:
        order, at = session.exec(select(Order)).one(), factories.BLACKSTOCK
        changes.readdress(session, order, drop=at, address="9 Blackstock Road", by=None, now=now)
    assert told(RIDER).startswith(f"NOVA MORADA {number}: ")
    assert evening.hears(RIDER, f"ack {number}").startswith("Obrigado. ")
    assert evening.hears(RIDER, f"fail {number} ninguém").startswith(
        wording.fold(f"{number}A não foi entregue.")
    )
    with evening.database.writing() as session:
        order = session.exec(select(Order)).one()
        failures.decide(session, order, "returned", by=known(boss.id), reason="shut", now=now)
    assert told(RIDER).startswith(f"{number}: leve-o de volta a Pizza Luna")
    assert evening.hears(RIDER, "undo").startswith(f"Desfeito {number}A")
    assert evening.job(job_id).state == "taken"
    assert evening.hears(RIDER, "contest eu estava longe").startswith(
        wording.fold("O seu caso está aberto. Dee Desk")
    )
