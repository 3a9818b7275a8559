"""A press of the rider's page: kept, counted once, at the time it was pressed, and forgotten on its day."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from dispatch import attention, deliveries, jobs, offers
from dispatch.errors import BadInput, NoSuchJob, WrongState
from dispatch.facts import Marked
from dispatch.tables import Job, Mark, Order, known
from riders_app import photos, taps
from riders_app.tables import Tap
from riders_app.taps import Outcome, Press
from tests import factories
from tests.dispatch.evening_steps import offered, rules
from tests.dispatch.web_browser import JSON, Browser
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.riders_app.test_pages import page_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def evening(session: Session, now: datetime) -> Session:
    """A co-op with its rulebook."""
    factories.adopt(session, now)
    return session


def riding(session: Session, now: datetime, *references: str) -> tuple[Job, datetime]:
    """One rider with a taken job of these orders, nothing of it fetched; when it was taken."""
    factories.rider(session, now)
    luna = factories.restaurant(session, now)
    for reference in references:
        factories.order(session, now, luna, reference, ready_min=0)
    job, then = offered(session, now)
    offers.take(session, job.person_id, job.number, now=then)
    return job, then


def press(session: Session, job: Job, verb: str, how: Press, *, now: datetime, letters: str = "") -> Outcome:
    """Press a step of a job's page, as its routes do."""

    def act(at: datetime | None) -> Marked:
        number = taps.meant(session, job.person_id, None, how)
        when = taps.since_taken(session, how, at)
        if verb == "done":
            return deliveries.done(session, job.person_id, number, letters=tuple(letters), at=when, now=now)
        step = deliveries.got if verb == "got" else deliveries.here
        return step(session, job.person_id, number, at=when, now=now)

    return taps.once(session, job.person_id, how, verb, act, now=now)


def all_of(session: Session, table: type[Any]) -> list[Any]:
    """Every row of a table, in the order they were written."""
    return list(session.exec(select(table).order_by(col(table.id))).all())


def test_a_press_is_believed_within_its_bounds_to_the_second(now: datetime) -> None:
    """Ahead by a minute at most and six hours old at most; what did not wait counts from now."""
    for at in (now + A_MINUTE, now, now - A_MINUTE):
        assert taps.believed(Press("k", at), now=now) is None
        assert taps.believed(Press("k", at, waited=True), now=now) == min(at, now)
    late = now - A_MINUTE - timedelta(seconds=1)  # it took that long, whatever the phone says of it
    for at in (late, now - taps.OLDEST):
        assert taps.believed(Press("k", at), now=now) == at
    for at in (now + A_MINUTE + timedelta(seconds=1), now - taps.OLDEST - timedelta(seconds=1)):
        with pytest.raises(BadInput):
            taps.believed(Press("k", at, waited=True), now=now)
    assert taps.believed(Press("k"), now=now) is None


@SQLITE_FIRST
def test_a_time_that_cannot_be_is_written_down_and_put_before_a_person(
    evening: Session, now: datetime
) -> None:
    """From the future, too old, or before the offer: nothing is marked, and the desk is asked to put it right."""
    job, then = riding(evening, now, "A-1")
    later = then + timedelta(minutes=20)
    for key, minutes in (("from the future", 5), ("too old", -400), ("before the offer", -30)):
        how = Press(key, later + timedelta(minutes=minutes), waited=True, job_id=known(job.id))
        outcome = press(evening, job, "got", how, now=later)
        assert isinstance(outcome.error, BadInput)
        assert outcome.desk
        row = all_of(evening, Tap)[-1]
        assert (row.key, row.error, row.job_id) == (key, outcome.error.message, None)
    assert not jobs.stops_of(evening, job)[0].done_at
    seen = [each for each in attention.open_(evening) if each.kind == "tap_refused"]
    assert [(row.person_id, row.job_id) for row in seen] == [(job.person_id, job.id)] * 3
    assert any(outcome.error.message in row.words for row in seen)


@SQLITE_FIRST
def test_a_press_sent_again_changes_nothing(evening: Session, now: datetime) -> None:
    """However often one key comes, also later and from a queue, there is one mark, at one time, and one row."""
    job, then = riding(evening, now, "A-1")
    how = Press("k", then + A_MINUTE, job_id=known(job.id))
    first = press(evening, job, "got", how, now=then + A_MINUTE)
    for minutes in (1, 3, 500):
        how = replace(how, waited=True)
        again = press(evening, job, "got", how, now=then + timedelta(minutes=minutes))
        assert (again.told, again.error, again.again) == (None, None, True)
    assert first.told is not None
    assert [(mark.verb, mark.at) for mark in all_of(evening, Mark)][1:] == [("got", then + A_MINUTE)]
    assert len(all_of(evening, Tap)) == 1


@SQLITE_FIRST
def test_a_refused_press_sent_again_is_refused_in_the_same_words(evening: Session, now: datetime) -> None:
    """What it was told is kept: a second time it is not tried anew, though it might count by then."""
    job, then = riding(evening, now, "A-1")

    def no(_at: datetime | None) -> Marked | None:
        raise WrongState("Not now.")

    def yes(_at: datetime | None) -> Marked | None:
        raise AssertionError("it was tried again")

    how = Press("k", then, job_id=known(job.id))
    for act, again in ((no, False), (yes, True)):
        outcome = taps.once(evening, job.person_id, how, "Take", act, now=then)
        assert (str(outcome.error), outcome.again, outcome.desk) == ("Not now.", again, False)
    assert not [each for each in attention.open_(evening) if each.kind == "tap_refused"]  # they stood there


@SQLITE_FIRST
def test_two_riders_may_make_the_same_key(evening: Session, now: datetime) -> None:
    """A key is its rider's: nobody's press is taken for another's."""
    ids = [known(factories.person(evening, now, number, "rider").id) for number in (1, 2)]
    done: list[int] = []
    for person_id in ids:
        taps.once(evening, person_id, Press("k", now), "On", lambda _at, i=person_id: done.append(i), now=now)
    assert done == ids


@SQLITE_FIRST
@pytest.mark.parametrize("order", [("got", "done"), ("done", "got")], ids=["in-order", "out-of-order"])
def test_a_queue_replayed_in_any_order_tells_the_same(
    evening: Session, now: datetime, order: tuple[str, str]
) -> None:
    """Got and Delivered pressed out of reach leave the same true times, whichever comes in first."""
    job, then = riding(evening, now, "A-1")
    back = then + timedelta(minutes=30)
    at = {"got": then + timedelta(minutes=6), "done": then + timedelta(minutes=14)}
    # A press names its job by its row: the number may be another job's once this one is over.
    for verb in order:
        outcome = press(evening, job, verb, Press(verb, at[verb], True, known(job.id)), now=back)
        assert outcome.error is None or isinstance(outcome.error, NoSuchJob), outcome.error
    (placed,) = all_of(evening, Order)
    assert placed.delivery == "delivered"
    assert placed.delivered_at == at["done"]
    assert job.state == "finished"
    if order[0] == "got":
        assert placed.carried_at == at["got"]
    else:  # all it can tell: not after it was delivered
        assert placed.carried_at is not None
        assert placed.carried_at <= at["done"]


@SQLITE_FIRST
def test_a_press_waits_for_its_own_job_not_for_its_number(evening: Session, now: datetime) -> None:
    """A press of a job that is over does not mark another that has its number since."""
    job, then = riding(evening, now, "A-1")
    press(evening, job, "done", Press("a", then, job_id=known(job.id)), now=then + A_MINUTE)
    luna = factories.restaurant(evening, then, "Taco Sol")
    factories.order(evening, then, luna, "B-1", ready_min=0)
    other, later = offered(evening, then + timedelta(minutes=5))
    other.number = job.number
    offers.take(evening, other.person_id, other.number, now=later)
    outcome = press(evening, job, "got", Press("b", then, True, known(job.id)), now=later + A_MINUTE)
    assert isinstance(outcome.error, NoSuchJob)
    assert not any(stop.done_at for stop in jobs.stops_of(evening, other))
    stranger = known(factories.person(evening, now, 9, "rider").id)
    with pytest.raises(NoSuchJob):
        taps.meant(evening, stranger, None, Press("c", then, True, known(job.id)))


@SQLITE_FIRST
def test_several_drops_in_one_tap_are_one_press_one_word_and_one_undo(
    evening: Session, now: datetime
) -> None:
    """One press, sent twice, delivers every drop it names at the time of the press, and one UNDO takes all back."""
    job, then = riding(evening, now, "A-1", "A-2", "A-3")
    press(evening, job, "got", Press("g", then, job_id=known(job.id)), now=then + A_MINUTE)
    letters = "".join(sorted({s.letter for s in jobs.stops_of(evening, job) if s.kind == "drop"}))
    assert len(letters) == 3
    at, back = then + timedelta(minutes=10), then + timedelta(minutes=25)
    how = Press("d", at, True, known(job.id))
    first = press(evening, job, "done", how, now=back, letters=letters[:2])
    again = press(evening, job, "done", how, now=back, letters=letters[:2])
    assert first.told is not None
    assert (first.told.letters, again.again) == (tuple(letters[:2]), True)
    by_state = sorted(order.delivery for order in all_of(evening, Order))
    assert by_state == ["carried", "delivered", "delivered"]
    assert {order.delivered_at for order in all_of(evening, Order)} == {None, at}
    said = [mark for mark in all_of(evening, Mark) if mark.verb == "done"]
    assert [len(mark.stops) for mark in said] == [2]
    assert [(tap.verb, tap.at, tap.told_at) for tap in all_of(evening, Tap)][1:] == [("done", at, back)]
    deliveries.undo(evening, job.person_id, now=back)
    assert {order.delivery for order in all_of(evening, Order)} == {"carried"}


@SQLITE_FIRST
def test_a_press_sent_again_after_it_was_forgotten_counts_no_more(evening: Session, now: datetime) -> None:
    """Its key goes with the words of texts (`tests/infra/test_forgetting.py`); by then it is too old to count."""
    job, then = riding(evening, now, "A-1")
    how = Press("k", then, waited=True, job_id=known(job.id))
    assert press(evening, job, "here", how, now=then).error is None
    over = then + timedelta(days=90)
    assert taps.forget(evening, before=then - timedelta(seconds=1)) == 0
    assert taps.forget(evening, before=then) == 1
    outcome = press(evening, job, "here", how, now=over)
    assert isinstance(outcome.error, BadInput)
    assert not outcome.again


# Over the page -----------------------------------------------------------------------------------------------


@pytest.fixture
def sam(house: House) -> Browser:
    """A rider with food on board, where the members want a photo of each delivery."""
    with house.database.writing() as session:
        rules(session, house.now, proof="photo")
    till = house.restaurant()
    phone = house.rider(1)
    house.text(phone, "ON")
    house.order(till, "A-1")
    house.until_text(phone, "TAKE")
    for word in ("TAKE", "GOT"):
        house.text(phone, word)
        house.move(3)
    return page_of(house, phone)


def proved(rider: Browser, house: House, picture: bytes, key: str, **more: str) -> Any:
    """Send a queued photo, pressed two minutes ago."""
    at = (house.now - timedelta(minutes=2)).isoformat()
    fields = {"csrf": rider.token, "letters": "A", "key": key, "at": at, "waited": "true"} | more
    files = {"photo": ("photo.png", picture, "image/png")}
    return rider.client.post("/my/proved", data=fields, files=files, headers=JSON)


def kept(house: House) -> list[Path]:
    """The pictures in the data folder."""
    folder = house.program.settings.data / photos.FOLDER
    return sorted(folder.iterdir()) if folder.is_dir() else []


@SQLITE_FIRST
def test_a_queued_photo_counts_once_and_one_that_cannot_is_not_kept(house: House, sam: Browser) -> None:
    """Sent twice, a photo is one delivery, when it was taken, and one file; of what cannot count a person hears."""
    pressed_at = house.now - timedelta(minutes=2)
    for key, picture, more in (("p1", b"GIF89a", {}), ("p2", PNG, {"letters": "Z"})):
        answer = proved(sam, house, picture, key, **more)
        assert (answer.status_code, answer.headers["x-desk"]) == (422, "told")
    plain = {"csrf": sam.token, "letters": "Z"}  # and without a script
    assert sam.client.post(
        "/my/proved", data=plain, files={"photo": ("p.png", PNG)}, headers=JSON
    ).is_client_error
    assert kept(house) == []  # nothing of the customer's door stays
    for _ in range(2):
        assert proved(sam, house, PNG, "p3").status_code == 200
    assert len(kept(house)) == 1
    # Who stands at the screen reads the reason, and is not told that the desk knows: it does not.
    fields = {"csrf": sam.token, "minutes": "", "key": "k", "at": house.now.isoformat()}
    answer = sam.client.post("/my/late", data=fields, headers=JSON)
    assert answer.status_code == 422
    assert "x-desk" not in answer.headers
    with house.reading() as session:
        (order,) = all_of(session, Order)
        assert (order.delivery, order.delivered_at) == ("delivered", pressed_at)
        assert len([row for row in attention.open_(session) if row.kind == "tap_refused"]) == 2
