"""The desk's forms: each does what it says, and says in one sentence what was wrong."""

import asyncio
from typing import Any

import pytest

from dispatch import attention
from dispatch.web.live import change, changes
from payments import books
from tests import factories
from tests.dispatch.web_browser import JSON, Browser
from tests.house import House, Till
from tests.marks import SQLITE_FIRST

GOOD = {
    "external_id": "A-1",
    "address": "5 Hanley Road",
    "flat": "Flat <3>",
    "ready_at": "18:30",
    "value": "23.50",
    "tip": "2",
    "customer_name": "Ana <b>",
    "customer_phone": "07700 900500",
}


@pytest.fixture
def desk(house: House) -> Browser:
    """A dispatcher at the desk."""
    return Browser.of(house, 1, "dispatcher")


def rider_on_shift(house: House, desk: Browser, number: int = 11, name: str = "Sam Okoye") -> int:
    where = {"home_lat": factories.TOLLINGTON.lat, "home_lon": factories.TOLLINGTON.lon}
    phone = f"07700 900{number:03d}"
    person: int = desk.send("/desk/people", name=name, phone=phone, roles=["rider"], **where)["id"]
    desk.send("/desk/shifts", person_id=person, starts_at="17:30", ends_at="22:00")
    house.text(f"+447700900{number:03d}", "ON")
    return person


def order(desk: Browser, till: Till, **more: Any) -> str:
    placed: str = desk.send("/desk/orders", restaurant_id=till.id, **(GOOD | more))["id"]
    return placed


def test_people_are_taken_in_changed_and_ended(house: House, desk: Browser) -> None:
    """A person comes with their roles, changes, and goes with a written reason."""
    made = desk.send(
        "/desk/people", name="Inês", phone="07700 900011", roles=["rider", "member"], vehicle="cargo"
    )
    path = f"/desk/people/{made['id']}"
    desk.send(f"{path}/change", name="Inês Pereira", language="pt")
    page = desk.get(path)
    assert "Inês Pereira" in page
    assert "+447700900011" in page
    assert "cargo" in page
    assert desk.refused(f"{path}/roles/withdraw", role="member")[0] == 422  # not without a reason
    desk.send(f"{path}/roles/withdraw", role="member", reason="Moved away")
    assert desk.refused(f"{path}/end", reason=" ") == (
        422,
        "Write down why: no access ends without a reason.",
    )
    desk.send(f"{path}/end", reason="Moved to Lisbon")
    assert "Inês" not in desk.get("/desk/people")
    assert "Inês" in desk.get("/desk/people?ended=1")


BAD_PEOPLE: list[tuple[dict[str, Any], int, str]] = [
    ({"name": "", "phone": "07700 900011"}, 422, "A person needs a name."),
    ({"name": "A", "phone": "123"}, 422, "That is not a mobile number we can text"),
    ({"name": "A", "roles": ["king"]}, 422, "There is no role 'king'"),
    ({"name": "A", "phone": "07700 900001"}, 409, "Another person already has this phone number."),
    ({"name": "A", "roles": ["rider"], "home_lat": "51.5"}, 422, "needs both its latitude and its longitude"),
    ({"name": "A", "roles": ["administrator"]}, 403, "Only an administrator gives or takes the role"),
]


def test_a_person_badly_written_is_refused_with_a_sentence(desk: Browser) -> None:
    """Each reason to refuse a person is said so that it can be mended."""
    for fields, status, sentence in BAD_PEOPLE:
        got, said = desk.refused("/desk/people", **fields)
        assert (got, sentence in said) == (status, True), said


def test_the_desk_cannot_climb_above_itself(house: House, desk: Browser) -> None:
    """A dispatcher cannot take over a treasurer by changing the number their sign-in link goes to."""
    with house.database.writing() as session:
        above = factories.person(session, house.now, 12, "treasurer", name="Grace").id
    mine = desk.json("/me")["person_id"]
    for path, fields in (
        (f"/desk/people/{above}/change", {"phone": "07700 900666"}),
        (f"/desk/people/{above}/end", {"reason": "x"}),
        (f"/desk/people/{above}/roles/withdraw", {"role": "treasurer"}),
        (f"/desk/people/{mine}/roles", {"role": "administrator"}),
    ):
        assert desk.refused(path, **fields)[0] == 403
    Browser.of(house, 2, "administrator").send(f"/desk/people/{above}/change", phone="07700 900666")


def test_a_restaurants_key_is_shown_once_and_the_next_one_ends_it(house: House, desk: Browser) -> None:
    """The key works, is never shown again, and stops when another is made."""
    made = desk.send(
        "/desk/restaurants", name="Luna", address="12 Stroud Green Road", opens="17:00", closes="01:00"
    )
    path = f"/desk/restaurants/{made['id']}"
    page = desk.get(path)
    assert made["key"] not in page
    assert made["key"][:9] in page
    assert 'value="01:00"' in page
    fresh = desk.form(f"{path}/key").text
    assert "shown this once" in fresh
    for key, status in ((made["key"], 401), (desk.send(f"{path}/key")["key"], 200)):
        headers = {"authorization": f"Bearer {key}"}
        assert house.client.get("/v1/orders", headers=headers).status_code == status


def test_a_restaurants_hours_are_set_day_by_day(house: House, desk: Browser) -> None:
    """A day left empty is closed; an order for then is refused by name and hour."""
    till = house.restaurant()
    desk.send(f"/desk/restaurants/{till.id}/hours", opens_4="12:00", closes_4="18:15")
    status, said = desk.refused("/desk/orders", restaurant_id=till.id, **GOOD)
    assert (status, "Pizza Luna is closed at Friday 18:30" in said) == (422, True)
    desk.send(f"/desk/restaurants/{till.id}/hours", opens="12:00", closes="23:00", days=["4"])
    order(desk, till)
    assert desk.refused(f"/desk/restaurants/{till.id}/hours", opens_0="noon", closes_0="18:00")[0] == 422


def test_a_restaurant_outside_the_zones_is_refused(desk: Browser) -> None:
    """Where the co-op does not ride it takes no restaurant in."""
    status, said = desk.refused(
        "/desk/restaurants", name="Far", lat="51.40", lon="-0.30", opens="17:00", closes="22:00"
    )
    assert (status, "outside the co-op's zones" in said) == (422, True)


def test_shifts_are_planned_mended_and_cancelled(house: House, desk: Browser) -> None:
    """A named person plans, sets times with a reason, and takes off the rota; the rider is told of set times."""
    where = {"home_lat": factories.TOLLINGTON.lat, "home_lon": factories.TOLLINGTON.lon}
    sam = desk.send("/desk/people", name="Sam", phone="07700 900011", roles=["rider"], **where)["id"]
    shift = desk.send(
        "/desk/shifts", person_id=sam, starts_at="2026-11-20T17:30", ends_at="2026-11-20T22:00"
    )["id"]
    assert desk.refused(f"/desk/shifts/{shift}/start", at="17:40")[1].startswith("Write down why")
    assert desk.refused(f"/desk/shifts/{shift}/start", at="soon", reason="x")[1].startswith(
        "Started at: write a time"
    )
    desk.send(f"/desk/shifts/{shift}/start", at="17:40", reason="Forgot to text")
    desk.send(f"/desk/shifts/{shift}/end", at="17:55", reason="Flat tyre")
    assert "Flat tyre" in desk.get("/desk/shifts")
    later = desk.send(
        "/desk/shifts", person_id=sam, starts_at="2026-11-21T17:00", ends_at="2026-11-21T22:00"
    )["id"]
    desk.send(f"/desk/shifts/{later}/cancel", reason="Closed that day")
    assert desk.refused("/desk/shifts", person_id=sam, starts_at="19:00", ends_at="19:05")[0] == 422
    house.move(1)
    assert any("17:55" in body for body in house.phone_log("+447700900011"))


def test_a_forgotten_shift_is_mended_while_another_runs(house: House, desk: Browser) -> None:
    """Yesterday's forgotten shift gets its start and its end and is paid; one still to come cannot start twice."""
    sam = rider_on_shift(house, desk)
    past = desk.send("/desk/shifts", person_id=sam, starts_at="2026-11-19T17:00", ends_at="2026-11-19T21:00")[
        "id"
    ]
    desk.send(f"/desk/shifts/{past}/start", at="2026-11-19T17:00", reason="Forgot to text ON")
    desk.send(f"/desk/shifts/{past}/end", at="2026-11-19T21:00", reason="Forgot to text OFF")
    with house.database.reading() as session:
        assert books.balance(session, f"rider:{sam}:wages", unit="GBP") == 4 * 1480
    coming = desk.send(
        "/desk/shifts", person_id=sam, starts_at="2026-11-21T17:00", ends_at="2026-11-21T21:00"
    )["id"]
    status, said = desk.refused(f"/desk/shifts/{coming}/start", at="17:30", reason="x")
    assert (status, "on another shift now" in said) == (409, True)


BAD_ORDERS = [
    ({"value": "lots"}, "Value: write an amount like 23.50."),
    ({"value": ""}, "Value: write what the food costs"),
    ({"ready_at": "later"}, "Ready at: write a time like 18:40"),
    ({"address": ""}, "Address: write where the food goes."),
    ({"address": "1 Nowhere Mews"}, "is not in this co-op's list"),
    ({"customer_phone": "12"}, "That is not a mobile number"),
    ({"size": "99"}, "size: Input should be less than or equal to 20"),
    ({"restaurant_id": ""}, "Restaurant: choose the one the food comes from."),
]


def test_an_order_refused_comes_back_as_it_was_typed(house: House, desk: Browser) -> None:
    """Nothing typed is lost, and the page says what to mend."""
    till, _other = house.restaurant(), house.restaurant("Xi'an Biang")
    for wrong, sentence in BAD_ORDERS:
        answer = desk.form("/desk/orders", **(GOOD | {"restaurant_id": till.id} | wrong))
        page = answer.text.replace("&#39;", "'")
        assert (answer.status_code, sentence in page) == (422, True), sentence
        assert 'value="A-1"' in page
        assert "Ana &lt;b&gt;" in page


def test_an_order_goes_from_the_phone_to_the_door_by_the_desks_hand(house: House, desk: Browser) -> None:
    """Typed, given by hand, marked for its rider and paid back in part: each step stands on its page."""
    till = house.restaurant()
    sam = rider_on_shift(house, desk)
    desk.send("/desk/pause", minutes=30, reason="hail")
    assert "hail" in desk.get("/desk")
    assert desk.refused("/desk/orders", restaurant_id=till.id, **GOOD)[0] == 503
    desk.send("/desk/resume")
    made = order(desk, till)
    path = f"/desk/orders/{made}"
    page = desk.get(path)
    assert "Flat &lt;3&gt;, 5 Hanley Road" in page
    assert "<b>" not in page
    desk.send(f"{path}/late", minutes=10)
    desk.send(f"{path}/ready")
    job = desk.send(f"{path}/assign", person_id=sam)["job_id"]
    assert desk.refused(f"/desk/jobs/{job}/mark", verb="eat")[1] == "A job can be marked take, got or done."
    desk.send(f"/desk/jobs/{job}/mark", verb="take")
    desk.send(f"/desk/jobs/{job}/mark", verb="got", order=made)
    assert (
        desk.form(f"/desk/jobs/{job}/mark", verb="done", letters="A", order=made).headers["location"] == path
    )
    assert "Delivered" in desk.get(path)
    assert desk.refused(f"{path}/refund", amount="500", liable="co-op", reason="cold")[0] == 422
    assert desk.refused(f"{path}/refund", amount="5", liable="rider", reason="cold")[0] == 422
    desk.send(f"{path}/refund", amount="5.00", liable="co-op", reason="cold")
    assert "£5.00, borne by the co-op: cold" in desk.get(path)


@SQLITE_FIRST
def test_an_order_phoned_in_says_its_customers_language(house: House, desk: Browser) -> None:
    """Chosen at the desk, the customer's texts are in it; unless chosen, in the co-op's own."""
    till = house.restaurant()
    assert "Language of their texts" in desk.get("/desk/orders/new")
    for n, language in enumerate(("fr", "")):
        phone = f"07700 90060{n}"
        order(desk, till, external_id=f"L-{n}", customer_phone=phone, customer_language=language)
    house.move(0.1)
    assert "votre commande" in house.phone_log("+447700900600")[-1]
    assert "your order" in house.phone_log("+447700900601")[-1]
    wrong = desk.form("/desk/orders", **(GOOD | {"restaurant_id": till.id, "customer_language": "tlh"}))
    assert wrong.status_code == 422


def test_an_order_can_be_cancelled_and_carried_food_can_fail(house: House, desk: Browser) -> None:
    """Before pick-up an order is cancelled with a reason; after it, what became of the food is recorded."""
    till = house.restaurant()
    sam = rider_on_shift(house, desk)
    one, two = order(desk, till), order(desk, till, external_id="A-2")
    assert desk.refused(f"/desk/orders/{one}/cancel") == (422, "Say why the order is cancelled.")
    desk.send(f"/desk/orders/{one}/cancel", reason="Customer rang")
    job = desk.send(f"/desk/orders/{two}/assign", person_id=sam)["job_id"]
    desk.send(f"/desk/jobs/{job}/mark", verb="got")
    assert desk.refused(f"/desk/orders/{two}/cancel", reason="x")[0] == 409
    assert desk.refused(f"/desk/orders/{two}/failed", how="eaten", reason="x")[0] == 422
    desk.send(f"/desk/orders/{two}/failed", how="returned", reason="Nobody home")
    assert "Nobody home" in desk.get(f"/desk/orders/{two}")


def test_attention_comes_first_and_closes_with_one_press(house: House, desk: Browser) -> None:
    """Trouble stands on top until a named person closes it."""
    rider_on_shift(house, desk)
    house.text("+447700900011", "TROUBLE")
    assert "phone the rider now" in desk.get("/desk")
    with house.reading() as session:
        number = attention.open_(session)[-1].id
    desk.send(f"/desk/attention/{number}/close", note="Phoned: a puncture, mended")
    assert "phone the rider now" not in desk.get("/desk")
    assert desk.refused("/desk/attention/999/close")[0] == 404


def test_a_contest_is_answered_in_writing(house: House, desk: Browser) -> None:
    """An open case stands with its clock until a named person writes the outcome."""
    rider_on_shift(house, desk)
    house.text("+447700900011", "CONTEST I was sent up the hill twice")
    assert "sent up the hill twice" in desk.get("/desk/contests")
    assert "13 days left" in desk.get("/desk/contests") or "14 days left" in desk.get("/desk/contests")
    refused = desk.refused("/desk/contests/1/close", verdict="upheld")
    assert refused[1] == "Write down the outcome and its reason."
    assert desk.refused("/desk/contests/1/close", outcome="Right")[0] == 422  # and who was right
    desk.send("/desk/contests/1/close", verdict="upheld", outcome="Right: we have raised the weight of hills")
    assert "No case is open" in desk.get("/desk/contests")
    told = house.until_text("+447700900011", "has answered your case", minutes=1)
    assert "you were right" in told


def test_the_change_number_moves_when_the_evening_does(house: House, desk: Browser) -> None:
    """The stream's number stays while nothing happens, and moves with an order, its readiness and its end."""
    till, seen = house.restaurant(), []

    def look() -> None:
        with house.reading() as session:
            seen.append(change(session))

    look()
    look()
    assert seen[0] == seen[1]
    made = order(desk, till)
    look()
    desk.send(f"/desk/orders/{made}/ready")
    look()
    desk.send(f"/desk/orders/{made}/cancel", reason="x")
    look()
    desk.send("/desk/pause", minutes=5)
    look()
    desk.send("/desk/resume")
    look()
    assert len(set(seen)) == len(seen) - 1


async def _first(stream: Any) -> list[bytes]:
    return [part async for part in stream]


def test_the_stream_sends_the_number_once_while_nothing_moves(house: House) -> None:
    """A quiet evening costs one look a second and no events."""
    parts = asyncio.run(_first(changes(house.program, each_s=0.01, life_s=0.05)))
    assert sum(part.startswith(b"id: ") for part in parts) == 1


def test_the_desk_is_the_desks_alone(house: House) -> None:
    """Nobody else reads the desk's pages, its stream or the money."""
    for number, role in enumerate(("rider", "member", "secretary"), 2):
        other = Browser.of(house, number, role)
        for path in ("", "/people", "/shifts", "/restaurants", "/texts", "/contests", "/money", "/events"):
            assert other.client.get(f"/desk{path}", headers=JSON).status_code == 403


def test_the_treasurer_sees_books_that_balance(house: House, desk: Browser) -> None:
    """The trial balance of a delivered order sums to nought, on the page and for a program."""
    till = house.restaurant()
    sam = rider_on_shift(house, desk)
    made = order(desk, till)
    job = desk.send(f"/desk/orders/{made}/assign", person_id=sam)["job_id"]
    desk.send(f"/desk/jobs/{job}/mark", verb="done")
    books = Browser.of(house, 3, "treasurer")
    told = books.json("/desk/money")
    assert told["unit"] == "GBP"
    assert told["accounts"][f"rider:{sam}:tips"] == 200
    assert sum(told["accounts"].values()) == 0
    assert "the books balance" in books.get("/desk/money")
    assert desk.client.get("/desk/money", headers=JSON).status_code == 403
