"""The road by text: reminders, alarms, addresses, shut doors, handed jobs and proof, each said in one segment."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from dispatch import alarms, changes, failures, handovers, jobs, offers, orders
from dispatch.errors import OfferGone, ProofNeeded, ProofWrong
from dispatch.facts import DropFacts, JobFacts, PickupFacts
from dispatch.tables import Attention, Incident, Job, Order, Person, Proof, known
from payments import books, checks
from riders_app import inbox, wording
from riders_app.outbox import news
from riders_app.replies import proof
from riders_app.tables import InboundText, Text, queue
from riders_app.wording import cases, customers, refusals, road
from tests import factories
from tests.dispatch import evening_steps
from tests.marks import SQLITE_FIRST
from tests.riders_app.conftest import PUBLIC, RIDER, Evening

DESK = "+447700900999"
Offered = tuple[Evening, int]


def last_on(evening: Evening, phone: str) -> str:
    """The last text that landed on a phone."""
    evening.jobs()
    return [body for to, body in evening.landed() if to == phone][-1]


def the_order(evening: Evening) -> Order:
    """The only order."""
    with evening.database.reading() as session:
        return session.exec(select(Order)).one()


def ring(evening: Evening) -> int:
    """The desk is rung about what is due."""
    with evening.database.writing() as session:
        return alarms.ring(session, now=evening.clock.now(), on_duty=DESK)


@SQLITE_FIRST
def test_an_unanswered_offer_is_brought_to_mind_once(offered: Offered) -> None:
    """Half way the rider reads the job's number and both answers again; answered, no reminder leaves."""
    evening, job_id = offered
    evening.jobs()
    evening.pass_(seconds=90)
    with evening.database.writing() as session:
        assert offers.remind_due(session, now=evening.clock.now()) == 1
    assert last_on(evening, RIDER).startswith(
        f"Still there? Job {evening.job(job_id).number} from Pizza Luna"
    )
    with evening.database.reading() as session:
        row = session.exec(select(Text).where(Text.kind == "reminder")).one()
        assert row.expires_at == evening.job(job_id).answer_by  # a stale one dies at the carrier


@SQLITE_FIRST
def test_trouble_rings_the_desks_phone_until_somebody_texts_ok(offered: Offered) -> None:
    """The on-duty phone reads what is wrong and how to say that it is in hand; OK ends it, once, by name."""
    evening, _ = offered
    with evening.database.writing() as session:
        boss = factories.person(session, evening.clock.now(), 999, "dispatcher", name="Dee Desk")
    evening.hears(RIDER, "TROUBLE chain broke")
    assert ring(evening) == 1
    said = last_on(evening, DESK)
    with evening.database.reading() as session:
        number = session.exec(select(Attention.id).where(Attention.kind == "trouble")).one()
        assert session.exec(select(Incident)).one().words == "chain broke"
    assert said.startswith(f"DESK ALARM {number}: Trouble on job")
    assert f"Reply OK A{number}" in said
    assert said.endswith(f"{PUBLIC}/desk/alarms")
    evening.pass_(minutes=2)
    assert ring(evening) == 1
    evening.jobs()
    assert f"Alarm {number} is yours" in evening.hears(DESK, f"ok a{number}")
    evening.pass_(minutes=2)
    assert ring(evening) == 0
    with evening.database.reading() as session:
        row = session.get_one(Attention, number)
        assert (row.acknowledged_by, row.closed_at) == (boss.id, None)
    assert "Alarm" not in evening.hears(RIDER, f"OK A{number}")  # a rider has none to take


@SQLITE_FIRST
def test_an_alarm_taken_before_its_text_leaves_is_not_sent(offered: Offered) -> None:
    """Somebody pressed the button meanwhile: the phone stays quiet."""
    evening, _ = offered
    with evening.database.writing() as session:
        boss = factories.person(session, evening.clock.now(), 90, "dispatcher", name="Dee Desk")
    evening.hears(RIDER, "TROUBLE")
    ring(evening)
    with evening.database.writing() as session:
        alarm = alarms.ringing(session)[0]
        alarms.acknowledge(session, known(alarm.id), by=known(boss.id), now=evening.clock.now())
    evening.jobs()
    assert [body for to, body in evening.landed() if to == DESK] == []


@SQLITE_FIRST
def test_a_phone_that_is_nobodys_gets_the_link_alone(offered: Offered) -> None:
    """A shared phone cannot name who answers it, so its text asks for a press on the page."""
    evening, _ = offered
    evening.hears(RIDER, "TROUBLE")
    ring(evening)
    said = last_on(evening, DESK)
    assert "Reply OK" not in said
    assert said.endswith(f"{PUBLIC}/desk/alarms")


@SQLITE_FIRST
def test_a_new_address_is_read_and_confirmed(offered: Offered) -> None:
    """The rider reads flat, street and reference at once, and what to text; the answer says where to go next."""
    evening, _ = offered
    for body in ("take", "got"):
        evening.hears(RIDER, body)
        evening.pass_(minutes=2)
    with evening.database.writing() as session:
        order = session.exec(select(Order)).one()
        changes.readdress(
            session, order, drop=factories.BLACKSTOCK, address="9 Blackstock Road", flat="7", by=None,
            now=evening.clock.now(),
        )  # fmt: skip
    said = last_on(evening, RIDER)
    assert said.startswith("NEW ADDRESS 1: Flat 7, 9 Blackstock Road, Ana. Ref A-1")
    assert "ACK 1" in said
    assert evening.hears(RIDER, "Ack 1").startswith("Thank you. 1: Flat 7, 9 Blackstock Rd, Ana")
    evening.pass_(seconds=5)
    assert evening.hears(RIDER, "ack").startswith("Known already")


@SQLITE_FIRST
def test_an_ok_to_an_offer_confirms_nothing(offered: Offered) -> None:
    """With nothing to confirm, OK is asked back, and the offer stays unanswered."""
    evening, job_id = offered
    assert "TAKE" in evening.hears(RIDER, "ok")
    assert evening.job(job_id).state == "offered"


@SQLITE_FIRST
def test_a_shut_door_is_decided_and_told_in_one_text(offered: Offered) -> None:
    """FAIL is answered with who decides; the decision is one text with what to do."""
    evening, _ = offered
    for body in ("take", "got"):
        evening.hears(RIDER, body)
        evening.pass_(minutes=2)
    assert evening.hears(RIDER, "FAIL 1 nobody home").startswith(
        "1A could not be delivered. The desk decides"
    )
    with evening.database.writing() as session:
        boss = factories.person(session, evening.clock.now(), 90, "dispatcher", name="Dee Desk")
        order = session.exec(select(Order)).one()
        failures.decide(session, order, "returned", by=known(boss.id), reason="shut", now=evening.clock.now())
    before = len(evening.landed())
    assert last_on(evening, RIDER).startswith("1: please take it back to Pizza Luna. It is off your list")
    assert len(evening.landed()) == before + 1


@SQLITE_FIRST
def test_both_riders_read_where_they_meet(offered: Offered) -> None:
    """The giver reads where and what to hand over, the receiver where to fetch it and what to text."""
    evening, job_id = offered
    for body in ("take", "got"):
        evening.hears(RIDER, body)
        evening.pass_(minutes=2)
    now = evening.clock.now()
    with evening.database.writing() as session:
        boss = factories.person(session, now, 90, "dispatcher", name="Dee Desk")
        ola = factories.rider(session, now, 2, name="Ola Berg")
        (new,) = handovers.hand(
            session, [jobs.get(session, job_id)], ola.person_id, by=known(boss.id),
            meeting="Tollington Arms", where=factories.TOLLINGTON, now=now,
        )  # fmt: skip
        number = new.number
    assert last_on(evening, RIDER) == (
        "Job 1 goes to Ola Berg: meet at Tollington Arms and hand over A-1. DONE 1 ALL when you have"
    )
    assert "meet Sam Okoye, Tollington Arms, A-1" in last_on(evening, "+447700900002")
    assert "Known already" not in evening.hears("+447700900002", f"ack {number}")
    evening.hears("+447700900002", f"got {number}")
    evening.pass_(minutes=5)
    assert "finished" in evening.hears("+447700900002", f"done {number}")
    order = the_order(evening)
    assert (order.delivery, order.rider_id) == ("delivered", ola.person_id)


@SQLITE_FIRST
def test_the_customers_code_proves_a_delivery(evening: Evening, now: datetime) -> None:
    """The customer is texted four digits; DONE asks for them, a wrong one marks nothing, the right one does."""
    with evening.database.writing() as session:
        evening_steps.rules(session, now, proof="pin")
        factories.rider(session, now)
        factories.order(session, now, factories.restaurant(session, now), phone="+447700900500")
    evening.plan()
    code = _code(evening)
    assert f"the code {code}" in last_on(evening, "+447700900500")
    for body in ("take", "got"):
        evening.hears(RIDER, body)
        evening.pass_(minutes=2)
    assert "DONE 1 PIN" in evening.hears(RIDER, "done 1")
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    assert "not the code of 1" in evening.hears(RIDER, f"done 1 pin {wrong}")
    assert the_order(evening).delivery == "carried"
    wrong = "0000" if code != "0000" else "1111"
    for minute in range(2):  # with the DONE without a code, three in half an hour
        evening.pass_(minutes=1)
        assert "not the code" in evening.hears(RIDER, f"DONE 1 PIN {wrong}"), minute
    assert "wrong_code" in evening.open_attention()
    assert "finished" in evening.hears(RIDER, f"Done 1, PIN {code}.")
    with evening.database.reading() as session:
        assert session.exec(select(Proof)).one().kind == "pin"
        assert (
            session.exec(select(InboundText.reading).where(col(InboundText.reading).contains(code))).all()
            == []
        )


def _code(evening: Evening) -> str:
    with evening.database.reading() as session:
        return orders.contact(session, known(session.exec(select(Order)).one().id)).code


@pytest.mark.parametrize(
    ("body", "rest", "kind", "value"),
    [
        ("DONE 12 PIN 4821", "DONE 12", "pin", "4821"),
        ("done 12b, code: 0042!", "done 12b", "pin", "0042"),
        ("Done 12 name Maria José", "Done 12", "name", "Maria José"),
        ("DONE 12 NOPIN phone is dead", "DONE 12", "missing", "phone is dead"),
        ("done 12 no photo, left with concierge", "done 12", "missing", "left with concierge"),
    ],
)
def test_proof_is_taken_off_the_end_of_a_done(body: str, rest: str, kind: str, value: str) -> None:
    """What proves it is read first, so that names and reasons do not make the command unclear."""
    assert proof.split(body) == (rest, proof.Given(kind, value))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body", ["GOT 12", "DONE 12 1840", "TAKE 12 name Maria", "pin 4821", "done 12 to Maria"]
)
def test_other_texts_come_back_whole(body: str) -> None:
    """Only a DONE has a proof, and a bare time is none."""
    assert proof.split(body) == (body, None)


# Laws ------------------------------------------------------------------------------------------------------


@pytest.fixture
def law(session: Session, now: datetime) -> Session:
    """One offered job, which each example of a law finds as it was."""
    factories.adopt(session, now)
    factories.rider(session, now)
    factories.order(session, now, factories.restaurant(session, now), ready_min=0)
    evening_steps.offered(session, now)
    session.flush()
    return session


@SQLITE_FIRST
@given(
    texts=st.lists(st.sampled_from(["TAKE 1", "HERE 1", "GOT 1", "DONE 1"]), max_size=7), random=st.randoms()
)
@settings(max_examples=15)
def test_texts_in_any_order_and_number_deliver_once(
    law: Session, now: datetime, texts: list[str], random: Random
) -> None:
    """Doubled, late and mixed up, texts that hold a DONE deliver once and pay once; each is answered once."""
    session = law
    said = [*texts, "DONE 1"]
    random.shuffle(said)
    undone = session.begin_nested()
    try:
        for n, body in enumerate([*said, *said[:2]]):
            at = now + timedelta(minutes=n)
            twice = n >= len(said)  # the carrier calls again with the same id
            vendor_id = f"SM{n - len(said) if twice else n}"
            new = inbox.store(session, vendor_id=vendor_id, phone=RIDER, body=body, now=at)
            assert new is not twice
            row = session.exec(select(InboundText).where(InboundText.vendor_id == vendor_id)).one()
            inbox.act(session, known(row.id), now=at, house=inbox.House(PUBLIC))
            inbox.act(session, known(row.id), now=at, house=inbox.House(PUBLIC))
        order = session.exec(select(Order)).one()
        job = session.exec(select(Job)).one()
        assert (order.delivery, order.payment, job.state) == ("delivered", "booked", "finished")
        assert len(books.lines(session, f"rider:{job.person_id}:tips")) == 1
        assert checks.findings(session) == []
        answers = session.exec(select(Text).where(Text.kind == "answer")).all()
        assert len({t.in_reply_to for t in answers}) == len(said)
    finally:
        undone.rollback()
        session.expire_all()


@SQLITE_FIRST
@given(
    statuses=st.lists(st.sampled_from(["queued", "sent", "undelivered", "failed"]), max_size=6),
    at=st.integers(min_value=0, max_value=6),
)
@settings(max_examples=20)
def test_news_in_any_order_ends_delivered_if_it_was(
    law: Session, now: datetime, statuses: list[str], at: int
) -> None:
    """Doubled, reordered or contradicted, news of a text that arrived leaves it delivered and its rider reachable."""
    session = law
    undone = session.begin_nested()
    try:
        job = session.exec(select(Job)).one()
        text = queue(session, "law", "answer", "words", now=now, person_id=job.person_id)
        text.state, text.vendor_id, text.sent_at = "sent", "SM-law", now
        session.flush()
        for status in [*statuses[:at], "delivered", *statuses[at:]]:
            news(session, vendor_id="SM-law", status=status, error=None, now=now)
        assert text.state == "delivered"
        person = session.get_one(Person, job.person_id)
        assert person.unreachable_at is None
    finally:
        undone.rollback()
        session.expire_all()


# One segment -----------------------------------------------------------------------------------------------

LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Restaurant und Wirtshaus"


def test_every_text_of_the_road_is_one_segment() -> None:
    """With the longest names, numbers and links each text stays within 160 septets of the GSM-7 alphabet."""
    at = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
    link = "https://riders.finsbury-park-delivery.example.coop/t/ord_0123456789abcdef"
    job = _job()
    texts = [
        road.reminder(job),
        road.readdressed(job, job.drops[0]),
        *(road.handed(job, turn, meeting=m) for turn in ("pickup", "drop") for m in (True, False)),
        road.handed_on(job, 99, to=LONG, meeting=LONG),
        road.handed_on(None, 99, to=LONG, meeting=""),
        *(road.decided(how, "99H", LONG, job) for how in ("again", "returned", "abandoned")),
        road.door("99H", 1440, "+447700900999"),
        *(cases.rung(LONG * 2, 1_234_567, 12, reply=reply, link=link) for reply in (True, False)),
        cases.answered_alarm(1_234_567),
        cases.answered_alarm(1_234_567, already=LONG),
        customers.customer_late(LONG, at, link),
        customers.customer_code(LONG, at, "0042", link),
        road.rider_late(LONG, at),
        cases.contested(LONG, at),
        *(cases.contest_answered(LONG, v, link) for v in ("upheld", "in_part", "not_upheld")),
        *(
            refusals.gone(OfferGone(number=99, was=was, is_now=is_now))
            for was in ("passed", "expired", "withdrawn")
            for is_now in ("another", "cancelled", "waiting", "over")
        ),
        *(
            refusals.proof_needed(ProofNeeded(number=99, letter="H", kind=k))
            for k in ("pin", "name", "photo")
        ),
        refusals.proof_wrong(ProofWrong(number=99, letter="H")),
    ]
    for text in texts:
        assert wording.segments(text) == ("GSM-7", 1), text
        assert "99" in text or "1234567" in text or "http" in text or LONG[:12] in text


def _job() -> JobFacts:
    at = datetime(2026, 11, 20, 18, 40, tzinfo=UTC)
    drop = DropFacts("H", f"123 {LONG} Road", "Flat 123 Tower Block", LONG, LONG, "", "R-123456789", at)
    return JobFacts(
        99, "offered", (PickupFacts(LONG, LONG, at, ("R-123456789", "R-987654321")),), (drop, drop), 9999, 99, at, 12,
        0, 0, "GBP",
    )  # fmt: skip
