"""The desk's pages of the road, and the rider's, pressed as people press them."""

import re
from pathlib import Path

import pytest
from sqlmodel import select

from dispatch.tables import Attention, Incident, Job, Order, OrderContact, Person, Proof
from payments import books
from riders_app import photos
from tests import factories
from tests.dispatch.web_browser import JSON, Browser
from tests.house import House
from tests.marks import SQLITE_FIRST

pytestmark = SQLITE_FIRST

SAM, OLA = "+447700900011", "+447700900012"
JPEG = b"\xff\xd8\xff\xe0" + bytes(200)


@pytest.fixture
def desk(house: House) -> Browser:
    """Somebody on desk duty, and two riders on shift."""
    for number, name in ((11, "Sam Okoye"), (12, "Ola Berg")):
        house.rider(number, name)
    return Browser.of(house, 99, "dispatcher")


def carried(house: House) -> tuple[str, Job]:
    """One order in the bag of a rider; the other rider comes on shift after it is taken."""
    house.text(SAM, "ON")
    order = house.order(house.restaurant(), "A-1")
    house.until_text(SAM, "TAKE")
    house.text(SAM, "TAKE")
    house.text(SAM, "GOT")
    house.text(OLA, "ON")
    with house.reading() as session:
        return order["id"], session.exec(select(Job)).one()


def person(house: House, phone: str) -> int:
    """A person's number."""
    with house.reading() as session:
        return int(session.exec(select(Person.id).where(Person.phone == phone)).one())


def test_an_alarm_stands_loud_until_somebody_has_it(house: House, desk: Browser) -> None:
    """Trouble rings on the desk; one press names who has it, and the incident is owned, written up and closed."""
    house.text(SAM, "ON")
    house.text(SAM, "TROUBLE puncture")
    assert 'role="alert"' in desk.get("/desk")
    assert "I have it" in desk.get("/desk/alarms")
    with house.reading() as session:
        number = session.exec(select(Attention.id)).one()
    desk.send(f"/desk/alarms/{number}/acknowledge")
    assert "Person 99 has it" in desk.get("/desk")
    assert "Nothing rings" in desk.get("/desk/alarms")
    assert "puncture" in desk.get("/desk/incidents")
    desk.send("/desk/incidents/1/own")
    desk.send("/desk/incidents/1/note", words="Phoned, walks home")
    assert desk.refused("/desk/incidents/1/close", outcome=" ")[0] == 422
    desk.send("/desk/incidents/1/close", outcome="Tube lent")
    page = desk.get("/desk/incidents")
    assert "No incident is open" in page
    assert "Phoned, walks home" in page
    assert "phone the rider now" not in desk.get("/desk")


def test_the_desk_changes_an_address_and_sees_it_confirmed(house: House, desk: Browser) -> None:
    """Typed at the desk, texted to the rider, confirmed by one press on their page."""
    order, job = carried(house)
    there = factories.BLACKSTOCK
    desk.send(
        f"/desk/orders/{order}/address", address="9 Blackstock Road", flat="2", lat=there.lat, lon=there.lon
    )
    house.until_text(SAM, "NEW ADDRESS", minutes=1)
    assert "not confirmed yet" in desk.get(f"/desk/orders/{order}")
    sam = Browser.of(house, 13)
    sam.client.cookies.set("pannier", visit(house, SAM))
    assert "Something of this job is new" in sam.get("/my")
    sam.send("/my/acknowledge", number=job.number)
    assert "confirmed by the rider" in desk.get(f"/desk/orders/{order}")
    assert "Something of this job is new" not in sam.get("/my")
    assert desk.refused(f"/desk/orders/{order}/address", address="Paris", lat=48.8, lon=2.3)[0] == 422


def visit(house: House, phone: str) -> str:
    """A visit's secret for a person there is already."""
    from dispatch import people

    with house.database.writing() as session:
        return people.start_visit(session, person(house, phone), now=house.now)


def test_a_route_is_handed_over_on_one_page(house: House, desk: Browser) -> None:
    """Food on board asks where they meet; both riders are texted and the one who delivers is paid."""
    _, job = carried(house)
    sam, ola = person(house, SAM), person(house, OLA)
    page = desk.get(f"/desk/handover?person_id={sam}")
    assert "There is food on board" in page
    assert desk.refused("/desk/handover", person_id=sam, to=ola)[0] == 422
    at = factories.TOLLINGTON
    desk.send("/desk/handover", person_id=sam, to=ola, meeting="Tollington Arms", lat=at.lat, lon=at.lon)
    house.until_text(OLA, "Tollington Arms", minutes=1)
    assert any("hand over A-1" in body for body in house.phone_log(SAM))
    house.text(SAM, f"DONE {job.number}")
    house.text(OLA, "GOT")
    house.text(OLA, "DONE")
    with house.reading() as session:
        assert session.exec(select(Order.delivery)).one() == "delivered"
        assert books.balance(session, f"rider:{ola}:tips", unit="GBP") == 250


def test_a_handover_is_called_off_on_its_page(house: House, desk: Browser) -> None:
    """The page of who has the food says it is on its way; one press leaves it with them, and both are texted."""
    _, job = carried(house)
    sam, ola = person(house, SAM), person(house, OLA)
    at = factories.TOLLINGTON
    desk.send("/desk/handover", person_id=sam, to=ola, meeting="Tollington Arms", lat=at.lat, lon=at.lon)
    house.until_text(OLA, "Tollington Arms", minutes=1)
    page = desk.get(f"/desk/handover?person_id={sam}")
    assert "brings it as before" in page
    (off,) = re.findall(r"/desk/handover/(\d+)/off", page)
    desk.send(f"/desk/handover/{off}/off")
    assert desk.refused(f"/desk/handover/{off}/off")[0] == 409
    house.until_text(SAM, "Hanley", minutes=1)
    assert "nothing more to do" in house.phone_log(OLA)[-1]
    house.text(SAM, f"DONE {job.number}")
    with house.reading() as session:
        assert session.exec(select(Order.delivery)).one() == "delivered"
        assert books.balance(session, f"rider:{sam}:tips", unit="GBP") == 250


def test_a_rider_says_nobody_came_and_the_desk_decides(house: House, desk: Browser) -> None:
    """Could not deliver, with words, from the rider's page; decided on the order's page; told in one text."""
    order, job = carried(house)
    sam = Browser.of(house, 13)
    sam.client.cookies.set("pannier", visit(house, SAM))
    sam.send("/my/fail", number=job.number, letters="A", words="shut and dark")
    assert "shut and dark" in desk.get(f"/desk/orders/{order}")
    assert f"Could not deliver, job {job.number}" in sam.get("/my")  # and UNDO beside it
    assert desk.refused("/desk/incidents/1/close", outcome="x")[0] == 409
    desk.send(f"/desk/orders/{order}/failed", how="again", reason="She is back at seven")
    house.until_text(SAM, "try the door again", minutes=1)
    with house.reading() as session:
        assert session.exec(select(Incident)).one().decided == "again"


def test_a_photo_is_kept_shown_to_the_desk_and_forgotten(house: House, desk: Browser) -> None:
    """Under `proof = "photo"` a picture goes with DONE; anything else is refused; only the desk opens it."""
    with house.database.writing() as session:
        from tests.dispatch.evening_steps import rules

        rules(session, house.now, proof="photo")
    order, job = carried(house)
    sam = Browser.of(house, 13)
    sam.client.cookies.set("pannier", visit(house, SAM))
    assert 'type="file"' in sam.get("/my")
    fields = {"csrf": sam.token, "number": str(job.number), "letters": "A"}
    for wrong in (b"GIF89a", b"\xff\xd8\xff" + bytes(photos.LARGEST)):
        answer = sam.client.post(
            "/my/proved",
            data=fields,
            files={"photo": ("x.jpg", wrong)},
            headers={"accept": "application/json"},
        )
        assert answer.status_code == 422
    assert sam.refused("/my/proved", number=job.number, letters="A")[0] == 409
    answer = sam.client.post(
        "/my/proved", data=fields, files={"photo": ("x.jpg", JPEG)}, follow_redirects=False
    )
    assert answer.status_code == 303
    shown = desk.client.get(f"/desk/orders/{order}/photo")
    assert (shown.status_code, shown.content) == (200, JPEG)
    assert sam.client.get(f"/desk/orders/{order}/photo").status_code == 403
    with house.reading() as session:
        name = session.exec(select(Proof.photo)).one()
    folder = Path(house.program.settings.data) / "proofs"
    assert [p.name for p in folder.iterdir()] == [name]
    assert photos.sweep(house.program.settings.data, {name}, before=9e12) == 0
    assert photos.sweep(house.program.settings.data, set(), before=9e12) == 1
    assert desk.client.get(f"/desk/orders/{order}/photo").status_code == 404


def test_wrong_codes_count_the_same_by_page_and_by_text(house: House, desk: Browser) -> None:
    """With script, without it and by text, three wrong codes at a door in half an hour ask the desk to help."""
    with house.database.writing() as session:
        from tests.dispatch.evening_steps import rules

        rules(session, house.now, proof="pin")
    order, job = carried(house)
    with house.reading() as session:
        code = session.exec(select(OrderContact.code)).one()
    wrong = "0000" if code != "0000" else "1111"
    sam = Browser.of(house, 13)
    sam.client.cookies.set("pannier", visit(house, SAM))

    def asked() -> bool:
        return "wrong 3 times" in desk.get("/desk")

    pressed = {"number": job.number, "letters": "A", "code": wrong}
    assert sam.form("/my/proved", **pressed).status_code == 422
    for _ in range(3):  # one press of a phone with script, sent until it was answered
        told = sam.client.post("/my/proved", data={"csrf": sam.token, "key": "k-1", **pressed}, headers=JSON)
        assert told.status_code == 422
    assert not asked()
    house.text(SAM, f"DONE {job.number} PIN {wrong}")
    assert asked()
    assert sam.form("/my/proved", **{**pressed, "code": code}).status_code == 303
    with house.reading() as session:
        assert session.exec(select(Order.delivery).where(Order.public_id == order)).one() == "delivered"
