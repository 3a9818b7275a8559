"""On the road: true times, a changed address, a door nobody opens, a job in another rider's hands, its proof."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from dispatch import (
    attention,
    cases,
    changes,
    deliveries,
    failures,
    handovers,
    incidents,
    jobs,
    notices,
    offers,
    orders,
    overrides,
    planning,
    proofs,
    watch,
)
from dispatch.errors import BadInput, NothingToUndo, OutOfZone, ProofNeeded, ProofWrong, WrongState
from dispatch.facts import Point
from dispatch.proofs import Shown
from dispatch.tables import Event, Incident, Job, Order, Person, Stop, known
from payments import books, checks
from tests import factories
from tests.dispatch.evening_steps import offered, plan, ringing, rules


@pytest.fixture
def evening(session: Session, now: datetime) -> Session:
    """A co-op with its rulebook."""
    factories.adopt(session, now)
    return session


@pytest.fixture
def boss(evening: Session, now: datetime) -> int:
    """Somebody on desk duty."""
    return known(factories.person(evening, now, 90, "dispatcher", name="Desk Person").id)


def carrying(session: Session, now: datetime, *references: str) -> tuple[Job, datetime, list[Order]]:
    """One rider with a taken job of these orders, all of it fetched."""
    factories.rider(session, now)
    luna = factories.restaurant(session, now)
    made = [factories.order(session, now, luna, r, ready_min=0, phone="+447700900500") for r in references]
    job, then = offered(session, now)
    offers.take(session, job.person_id, job.number, now=then)
    deliveries.got(session, job.person_id, job.number, now=then + timedelta(minutes=5))
    return job, then + timedelta(minutes=6), made


def told(session: Session, kind: str) -> list[Event]:
    """Events of a kind so far."""
    return list(session.exec(select(Event).where(Event.kind == kind)).all())


def test_a_true_time_told_late_is_the_time_it_happened(evening: Session, now: datetime) -> None:
    """DONE told twenty minutes late moves delivery, pick-up and money to when it was; an impossible time is refused."""
    job, then, (order,) = carrying(evening, now, "A-1")
    for wrong in (then + timedelta(minutes=30), job.offered_at - timedelta(minutes=5)):
        with pytest.raises(BadInput):
            deliveries.done(evening, job.person_id, None, at=wrong, now=then)
    truly = then - timedelta(minutes=4)
    deliveries.done(evening, job.person_id, None, at=truly, now=then + timedelta(minutes=20))
    assert order.delivered_at == order.carried_at == truly
    assert checks.findings(evening) == []


def test_a_changed_address_reaches_the_rider_and_must_be_confirmed(evening: Session, now: datetime) -> None:
    """The drop moves, the rider is told and the desk rung in three minutes unless the rider confirms."""
    job, then, (order,) = carrying(evening, now, "A-1")
    with pytest.raises(OutOfZone):
        changes.readdress(evening, order, drop=Point(48.8, 2.3), address="Paris", by=None, now=then)
    there = factories.BLACKSTOCK
    notice = changes.readdress(evening, order, drop=there, address="9 Blackstock Road", by=None, now=then)
    assert notice is not None
    drop = next(s for s in jobs.stops_left(evening, job) if s.kind == "drop")
    assert (drop.lat, drop.lon) == (there.lat, there.lon)
    assert jobs.facts(evening, job, now=then).drops[0].street == "9 Blackstock Road"
    assert [e.person_id for e in told(evening, "job_readdressed")] == [job.person_id]
    due = notices.next_due(evening)
    assert due == then + timedelta(seconds=180)
    assert notices.ring_overdue(evening, now=due) == 1
    assert notices.ring_overdue(evening, now=due + timedelta(hours=1)) == 0
    assert [row.kind for row in ringing(evening)] == ["unconfirmed"]
    assert not notices.acknowledge(evening, job.person_id, None, now=due).repeated
    assert notices.acknowledge(evening, job.person_id, job.number, now=due).repeated
    assert ringing(evening) == []


def test_a_second_address_takes_the_place_of_the_first(evening: Session, now: datetime) -> None:
    """Only the newest address is to be confirmed, and once delivered none can be changed."""
    job, then, (order,) = carrying(evening, now, "A-1")
    for street in ("9 Blackstock Road", "11 Blackstock Road"):
        changes.readdress(evening, order, drop=factories.BLACKSTOCK, address=street, by=None, now=then)
    assert len(notices.open_of(evening, job)) == 1
    deliveries.done(evening, job.person_id, None, now=then)
    with pytest.raises(WrongState):
        changes.readdress(evening, order, drop=factories.HANLEY, address="x", by=None, now=then)
    notices.ring_overdue(evening, now=then + timedelta(hours=1))
    assert ringing(evening) == []


def test_a_failed_door_waits_for_a_person_and_the_rider_goes_on(
    evening: Session, now: datetime, boss: int
) -> None:
    """FAIL rings the desk and sends that drop to the end; tried again it is delivered and paid as ever."""
    job, then, made = carrying(evening, now, "A-1", "A-2")
    first = jobs.stops_left(evening, job)[0]
    order = orders.by_id(evening, first.order_id)
    said = failures.report(evening, job.person_id, None, words="nobody home", now=then)
    assert said.letters == (first.letter,)
    assert failures.report(
        evening, job.person_id, None, letters=(first.letter,), words="rang twice", now=then
    ).repeated
    assert [row.kind for row in ringing(evening)] == ["failed_delivery"]
    assert jobs.stops_left(evening, job)[-1].order_id == order.id
    deliveries.done(evening, job.person_id, None, now=then)
    assert order.delivery == "carried"
    row = failures.decide(evening, order, "again", by=boss, reason="they are back", now=then)
    assert row is not None
    assert (row.owner_id, row.closed_by, row.decided) == (boss, boss, "again")
    assert ringing(evening) == []
    deliveries.done(evening, job.person_id, None, now=then + timedelta(minutes=5))
    assert {o.delivery for o in made} == {"delivered"}
    assert len(told(evening, "delivery_decided")) == 1
    assert checks.findings(evening) == []


@pytest.mark.parametrize("how", ["returned", "abandoned"])
def test_food_nobody_took_costs_its_rider_nothing(
    evening: Session, now: datetime, boss: int, how: str
) -> None:
    """A person decides, the restaurant keeps its due, the job ends, and the rider gets one text, not two."""
    job, then, (order,) = carrying(evening, now, "A-1")
    failures.report(evening, job.person_id, job.number, words="shut", now=then)
    with pytest.raises(BadInput):
        failures.decide(evening, order, how, by=boss, reason=" ", now=then)
    before = len(told(evening, "job_changed"))
    failures.decide(evening, order, how, by=boss, reason="nobody answers", now=then)
    assert (order.delivery, order.payment, job.state) == (how, "compensated", "finished")
    assert len(told(evening, "job_changed")) == before
    assert [e.person_id for e in told(evening, "delivery_decided")] == [job.person_id]
    assert books.balance(evening, f"rider:{job.person_id}:tips", unit="GBP") == 0
    assert evening.exec(select(Incident)).one().closed_at == then
    assert checks.findings(evening) == []


def test_a_customer_who_turns_up_ends_the_failure(evening: Session, now: datetime) -> None:
    """DONE after FAIL counts, and the incident closes itself with it."""
    job, then, (order,) = carrying(evening, now, "A-1")
    failures.report(evening, job.person_id, None, words="", now=then)
    deliveries.done(evening, job.person_id, None, now=then + timedelta(minutes=2))
    assert order.delivery == "delivered"
    assert cases.listed(evening, closed=False) == []
    assert ringing(evening) == []


def test_trouble_opens_an_incident_somebody_must_own(evening: Session, now: datetime, boss: int) -> None:
    """TROUBLE is one open row with its words, a log and an outcome, and it rings."""
    job, then, _ = carrying(evening, now, "A-1")
    for words in ("chain broke", "walking now"):
        incidents.trouble(evening, job.person_id, None, words=words, now=then)
    row = evening.exec(select(Incident)).one()
    assert row.words == "chain broke"
    assert [n.words for n in cases.notes(evening, row)] == ["walking now"]
    assert [r.kind for r in ringing(evening)] == ["trouble"]
    with pytest.raises(BadInput):
        cases.close(evening, row, by=boss, outcome=" ", now=then)
    cases.close(evening, row, by=boss, outcome="Ola took over", now=then)
    assert (row.owner_id, row.closed_by) == (boss, boss)


def test_late_is_told_to_restaurant_and_customer(evening: Session, now: datetime) -> None:
    """A rider forty minutes late: who waits for the rider, and who waits for the food, both hear of it."""
    factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    clerk = factories.person(evening, now, 80, name="At the pass")
    from dispatch import people

    people.grant(evening, known(clerk.id), "restaurant", now=now, by=None, restaurant_id=luna.id)
    order = factories.order(evening, now, luna, ready_min=0, phone="+447700900500")
    job, then = offered(evening, now)
    incidents.late(evening, job.person_id, job.number, 40, now=then)
    assert [e.person_id for e in told(evening, "rider_late")] == [clerk.id]
    assert [e.order_id for e in told(evening, "order_late")] == [order.id]


def test_who_waits_at_a_door_is_asked_once(evening: Session, now: datetime) -> None:
    """Ten minutes after HERE at a door its rider is told what to do, and the desk sees it."""
    job, then, _ = carrying(evening, now, "A-1")
    deliveries.here(evening, job.person_id, None, now=then)
    due = watch.door_due(evening, now=then)
    assert due == then + timedelta(minutes=10)
    assert watch.ask_at_doors(evening, now=due - timedelta(seconds=1)) == 0
    assert watch.ask_at_doors(evening, now=due) == 1
    assert watch.ask_at_doors(evening, now=due + timedelta(hours=1)) == 0
    assert watch.door_due(evening, now=due) is None
    assert len(told(evening, "door_waited")) == 1


# Handing over ----------------------------------------------------------------------------------------------


def other(session: Session, now: datetime) -> int:
    """A second rider on shift."""
    return factories.rider(session, now, 2, name="Ola Berg").person_id


def test_a_job_not_yet_fetched_changes_riders_in_its_order(
    evening: Session, now: datetime, boss: int
) -> None:
    """Stops keep their order and letters, the giver's job ends, both are told, and the receiver must confirm."""
    factories.rider(evening, now)
    luna = factories.restaurant(evening, now)
    made = [factories.order(evening, now, luna, f"A-{n}", ready_min=0) for n in range(2)]
    job, then = offered(evening, now)
    giver = job.person_id
    offers.take(evening, giver, None, now=then)
    before = [(s.order_id, s.kind, s.letter) for s in jobs.stops_left(evening, job)]
    to = other(evening, then)
    (new,) = handovers.hand(evening, [job], to, by=boss, now=then)
    assert [(s.order_id, s.kind, s.letter) for s in jobs.stops_left(evening, new)] == before
    assert (job.state, new.state, new.person_id) == ("withdrawn", "taken", to)
    assert len(told(evening, "job_handed")) == len(told(evening, "job_handed_on")) == 1
    assert [n.kind for n in notices.open_of(evening, new)] == ["handover"]
    assert planning.take(evening, now=then, force=True) is None  # nothing waits
    deliveries.got(evening, to, None, now=then)
    deliveries.done(evening, to, None, everything=True, now=then)
    assert {o.rider_id for o in made} == {to}
    assert books.balance(evening, f"rider:{to}:tips", unit="GBP") == 500
    assert books.balance(evening, f"rider:{giver}:tips", unit="GBP") == 0


@pytest.mark.parametrize("first", ["giver", "receiver"])
def test_food_on_board_is_met_and_paid_to_who_delivers(
    evening: Session, now: datetime, boss: int, first: str
) -> None:
    """It stays the giver's until one of them says it changed hands; then it is the receiver's, in plan and books."""
    job, then, (order,) = carrying(evening, now, "A-1")
    giver, to = job.person_id, other(evening, then)
    with pytest.raises(BadInput):
        handovers.hand(evening, [job], to, by=boss, now=then)
    corner = factories.TOLLINGTON
    (new,) = handovers.hand(evening, [job], to, by=boss, meeting="Tollington Arms", where=corner, now=then)
    assert (order.job_id, order.rider_id, job.state) == (job.id, giver, "taken")
    facts = jobs.facts(evening, new, now=then)
    assert facts.next_pickup is not None
    assert facts.next_pickup.street == "Tollington Arms"
    factories.order(evening, then, factories.restaurant(evening, then, "Kiln"), "B-1")
    assert plan(evening, then) is not None  # both riders' parts of it make one sound problem
    with pytest.raises(WrongState):
        handovers.hand(evening, [job], to, by=boss, meeting="x", where=corner, now=then)
    with pytest.raises(NothingToUndo):
        deliveries.undo(evening, giver, now=then)
    if first == "giver":
        deliveries.done(evening, giver, job.number, now=then)
    deliveries.got(evening, to, new.number, now=then)
    assert (order.job_id, order.rider_id, job.state) == (new.id, to, "finished")
    deliveries.done(evening, to, new.number, now=then + timedelta(minutes=5))
    assert (order.delivery, new.state) == ("delivered", "finished")
    assert books.balance(evening, f"rider:{to}:tips", unit="GBP") == 250
    assert checks.findings(evening) == []


def test_a_handover_is_called_off(evening: Session, now: datetime, boss: int) -> None:
    """Who has the food brings it to its door as before; what the other was to fetch is theirs still; both are told."""
    job, then, (order, *_) = carrying(evening, now, "A-1")
    door = next((s.lat, s.lon) for s in jobs.stops_left(evening, job))
    to = other(evening, then)
    (new,) = handovers.hand(evening, [job], to, by=boss, meeting="here", where=factories.TOLLINGTON, now=then)
    assert handovers.to_be_met(evening, job) == [new]
    assert handovers.call_off(evening, known(new.id), now=then + timedelta(minutes=3)) is job
    (left,) = jobs.stops_left(evening, job)
    assert ((left.lat, left.lon), left.meeting) == (door, "")
    assert (new.state, jobs.stops_left(evening, new), notices.open_of(evening, new)) == ("withdrawn", [], [])
    assert handovers.to_be_met(evening, job) == []
    assert {each.job_id for each in told(evening, "job_changed")} == {job.id, new.id}
    with pytest.raises(WrongState):
        handovers.call_off(evening, known(new.id), now=then + timedelta(minutes=4))
    (again,) = handovers.hand(
        evening, [job], to, by=boss, meeting="there", where=factories.TOLLINGTON, now=then
    )
    deliveries.got(evening, to, again.number, now=then + timedelta(minutes=5))
    with pytest.raises(WrongState):  # it has changed hands
        handovers.call_off(evening, known(again.id), now=then + timedelta(minutes=6))
    deliveries.done(evening, to, again.number, now=then + timedelta(minutes=9))
    assert (order.delivery, order.rider_id) == ("delivered", to)
    assert checks.findings(evening) == []


def test_a_done_that_crosses_the_handover_is_asked_about(evening: Session, now: datetime, boss: int) -> None:
    """The giver's DONE may be of the door: the desk is rung, hands it back and marks it, and the giver is paid."""
    job, then, (order,) = carrying(evening, now, "A-1")
    giver, to = job.person_id, other(evening, then)
    (new,) = handovers.hand(evening, [job], to, by=boss, meeting="here", where=factories.TOLLINGTON, now=then)
    deliveries.done(evening, giver, job.number, now=then + timedelta(seconds=20))
    assert [row.kind for row in ringing(evening)] == ["handover_crossed"]
    at = then + timedelta(minutes=2)
    (back,) = handovers.hand(
        evening, [new], giver, by=boss, meeting="here", where=factories.TOLLINGTON, now=at
    )
    overrides.mark_for(evening, known(new.id), "done", by=boss, now=at)
    overrides.mark_for(evening, known(back.id), "done", by=boss, now=at)
    assert (order.delivery, order.rider_id, order.delivered_at) == ("delivered", giver, at)
    assert books.balance(evening, f"rider:{giver}:tips", unit="GBP") == order.tip_minor
    assert checks.findings(evening) == []


def test_the_receivers_got_answers_whether_they_met(evening: Session, now: datetime, boss: int) -> None:
    """Two who stand side by side hand over at once: the GOT of the other ends the ringing; a slow DONE rings none."""
    job, then, _ = carrying(evening, now, "A-1")
    to = other(evening, then)
    (new,) = handovers.hand(evening, [job], to, by=boss, meeting="here", where=factories.TOLLINGTON, now=then)
    deliveries.done(evening, job.person_id, job.number, now=then + timedelta(seconds=20))
    deliveries.got(evening, to, new.number, now=then + timedelta(seconds=40))
    assert ringing(evening) == []
    later = then + timedelta(minutes=10)
    (third,) = handovers.hand(
        evening, [new], job.person_id, by=boss, meeting="there", where=factories.TOLLINGTON, now=later
    )
    deliveries.done(evening, to, new.number, now=later + timedelta(minutes=4))
    assert (third.state, ringing(evening)) == ("taken", [])


def test_a_done_of_food_never_marked_as_met_is_whole(evening: Session, now: datetime, boss: int) -> None:
    """The receiver forgets GOT: their DONE says that the two met as well."""
    job, then, (order,) = carrying(evening, now, "A-1")
    to = other(evening, then)
    handovers.hand(evening, [job], to, by=boss, meeting="here", where=factories.TOLLINGTON, now=then)
    deliveries.done(evening, to, None, now=then)
    assert (order.delivery, order.rider_id, job.state) == ("delivered", to, "finished")
    assert evening.exec(select(Stop).where(Stop.job_id == job.id, Stop.done_at == None)).all() == []  # noqa: E711


# Proof -----------------------------------------------------------------------------------------------------


def test_a_code_is_asked_for_and_only_the_right_one_counts(evening: Session, now: datetime) -> None:
    """Under `proof = "pin"` DONE waits for the customer's four digits; a reason without them asks a person to look."""
    rules(evening, now, proof="pin")
    job, then, (order,) = carrying(evening, now, "A-1")
    code = orders.contact(evening, known(order.id)).code
    assert len(code) == 4
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    with pytest.raises(ProofNeeded):
        deliveries.done(evening, job.person_id, None, now=then)
    with pytest.raises(ProofWrong):
        deliveries.done(evening, job.person_id, None, proof=Shown("pin", wrong), now=then)
    assert order.delivery == "carried"
    deliveries.done(evening, job.person_id, None, proof=Shown("pin", code), now=then)
    found = proofs.of(evening, known(order.id))
    assert found is not None
    assert found.kind == "pin"
    deliveries.undo(evening, job.person_id, now=then)
    assert proofs.of(evening, known(order.id)) is None
    deliveries.done(evening, job.person_id, None, proof=Shown("missing", "their phone is dead"), now=then)
    assert "no_proof" in [row.kind for row in attention.open_(evening)]


@pytest.mark.parametrize(
    ("rule", "shown"), [("name", Shown("name", "Maria")), ("photo", Shown("photo", "x.jpg"))]
)
def test_a_name_or_a_photo_as_the_members_chose(
    evening: Session, now: datetime, rule: str, shown: Shown
) -> None:
    """Each rule is met by its own kind of proof, and kept with the delivery."""
    rules(evening, now, proof=rule)
    job, then, (order,) = carrying(evening, now, "A-1")
    with pytest.raises(ProofNeeded):
        deliveries.done(evening, job.person_id, None, now=then)
    deliveries.done(evening, job.person_id, None, proof=shown, now=then)
    found = proofs.of(evening, known(order.id))
    assert found is not None
    assert shown.value in (found.name, found.photo)
    assert evening.get(Person, found.by_person_id) is not None
