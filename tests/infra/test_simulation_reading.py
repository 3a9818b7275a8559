"""How simulated riders read their texts."""

from dataclasses import replace

import pytest

from dispatch.errors import NotOnShift, OfferGone
from dispatch.facts import Marked
from infra.simulation.reading import (
    Again,
    Asked,
    Collect,
    Confirm,
    Deliver,
    Ended,
    Finished,
    Gone,
    Link,
    Meet,
    Offer,
    read,
)
from infra.simulation.riders import conversation
from riders_app import wording
from riders_app.wording import road
from tests.riders_app import examples

TWO = (examples.drop("A", reference="K101"), examples.drop("B", reference="K102", note=""))


def test_an_offer_is_read_by_its_number() -> None:
    """Whatever an offer says of places and times, its number is what TAKE and PASS ask for."""
    assert read(wording.offer(examples.job(number=7))) == Offer(7)
    assert read("Undone: job 12 is an offer again. TAKE 12 or PASS 12") == Offer(12)


def test_a_pick_up_is_read_with_every_reference() -> None:
    """A rider sent to a restaurant knows which orders to collect there, also behind what was just marked."""
    call = examples.pickup(refs=("K101", "K102"))
    job = examples.job(number=31, state="taken", pickups=(call,), drops=TWO)
    assert read(wording.stop(job)) == Collect(31, ("K101", "K102"))
    told = Marked("took", 31, (), (), examples.AT, job)
    assert read(wording.marked(told)) == Collect(31, ("K101", "K102"))
    assert read(wording.changed(job)) == Collect(31, ("K101", "K102"))


def test_a_drop_is_read_with_its_letter_and_reference() -> None:
    """A rider sent to a door knows which drop it is; a job of one order has no letter."""
    several = examples.job(number=31, state="taken", drops=TWO)
    single = examples.job(number=4, state="taken", drops=TWO[:1])
    assert read(wording.stop(several, "drop")) == Deliver(31, "A", "K101")
    assert read(wording.stop(single, "drop")) == Deliver(4, "", "K101")
    told = Marked("got", 31, ("A", "B"), ("K101", "K102"), examples.AT, several)
    assert read(wording.marked(told, "drop")) == Deliver(31, "A", "K101")


def test_a_meeting_is_no_kitchen_and_no_door() -> None:
    """Whoever takes food over goes to the rider who has it; whoever hands it over goes there, and to no door."""
    met = replace(examples.pickup(refs=("K101",)), restaurant="meet Sam Okoye", street="Nonna Tesoro")
    taking = examples.job(number=31, state="taken", pickups=(met,), drops=TWO[:1])
    assert read(wording.stop(taking)) == Collect(31, ("K101",), meeting=True)
    there = replace(TWO[0], street="Nonna Tesoro", flat="", note="Hand the food over.", name="Ola Berg")
    giving = examples.job(number=4, state="taken", drops=(there,))
    assert read(wording.stop(giving, "drop")) == Deliver(4, "", "K101", meeting=True)


def test_what_becomes_of_food_nobody_took_is_read() -> None:
    """Back to the restaurant, or given up; and whether the job has more to do."""
    job = examples.job(number=31, state="taken", drops=TWO)
    assert read(road.decided("returned", "31A", "Luna", job)) == Ended(31, "A", returned=True, more=True)
    back = road.decided("returned", "4", "Luna", None, leaving=True)
    assert read(back) == Ended(4, "", returned=True, more=False, then_off=True)
    assert read(road.decided("abandoned", "4", "Luna", None)) == Ended(4, "", returned=False, more=False)


def test_what_must_be_confirmed_tried_again_or_decided_is_read() -> None:
    """A new address, a handed job, a door to try again, a late end, a reminder: each asks for its own answer."""
    job = examples.job(number=31, state="taken", drops=TWO)
    assert read(road.readdressed(job, TWO[0])) == Confirm(31)
    assert read(road.handed(job, "pickup", meeting=False)) == Confirm(31)
    assert read(road.decided("again", "31A", "Luna", job)) == Again(31, "A")
    late = replace(examples.job(number=7), ends_at=examples.AT, shift_ends_at=examples.AT)
    assert read(wording.offer(late)) == Offer(7, stay=True)
    assert read(road.reminder(examples.job(number=7))) == Offer(7)
    assert read(road.handed_on(None, 31, to="Ola Berg", meeting="")) == Gone(31)
    assert read(road.handed_on(job, 31, to="Ola Berg", meeting="the clock tower")) == Meet(31)
    told = Marked("acknowledged", 31, (), (), examples.AT, None)
    assert read(road.acknowledged(told, "drop")) == Finished(31)


@pytest.mark.parametrize(
    "body",
    [
        road.failed(Marked("failed", 31, ("A",), ("K101",), examples.AT, None)),
        wording.refused(NotOnShift("You are not on shift.")),
        wording.menu([], True),
        wording.shift_off(examples.shift()),
    ],
)
def test_what_only_tells_puzzles_nobody(body: str) -> None:
    """A text that tells something and asks for nothing is not answered, and not said again to."""
    assert read(body) is None
    assert conversation(body)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (wording.withdrawn(9), Gone(9)),
        (wording.expired(9), Gone(9)),
        (wording.refused(OfferGone(number=9, was="withdrawn"), "TAKE"), Gone(9)),
        ("Passed on job 9. It goes to someone else, and there is no mark against you.", Gone(9)),
        (wording.marked(Marked("done", 9, ("A",), ("K101",), examples.AT, None)), Finished(9)),
        (wording.shift_asked(examples.shift()), Asked()),
        (wording.sign_in("http://127.0.0.1:8000/sign-in/abc"), Link("http://127.0.0.1:8000/sign-in/abc")),
        (wording.shift_on(examples.shift()), None),
        (wording.desk_note("Mind the roadworks on Green Lanes"), None),
        (wording.menu([], True), None),
    ],
)
def test_other_texts_are_read_for_what_they_change(body: str, told: object) -> None:
    """A text that ends, asks or links is known as such, and one that asks for nothing is left alone."""
    assert read(body) == told
