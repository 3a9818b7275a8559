"""The restaurant's page and the customer's: each sees their own order and nobody else's affairs."""

from datetime import timedelta

import pytest

from dispatch import people
from tests import factories
from tests.dispatch.test_web_desk import GOOD, order, rider_on_shift
from tests.dispatch.web_browser import JSON, Browser
from tests.house import House, Till
from tests.marks import SQLITE_FIRST


@pytest.fixture
def desk(house: House) -> Browser:
    """A dispatcher at the desk."""
    return Browser.of(house, 1, "dispatcher")


def pass_of(house: House, desk: Browser, till: Till, number: int) -> Browser:
    """Somebody signed in who speaks for this restaurant alone."""
    browser = Browser.of(house, number)
    person = browser_id(house, number)
    desk.send(f"/desk/people/{person}/roles", role="restaurant", restaurant_id=till.id)
    return browser


def browser_id(house: House, number: int) -> int:
    with house.reading() as session:
        person = people.by_phone(session, f"+447700900{number:03d}")
        assert person is not None
        assert person.id is not None
        return person.id


def test_a_restaurant_orders_and_says_ready_late_and_cancelled(house: House, desk: Browser) -> None:
    """What the tablet by the pass can do, it does to its own orders."""
    till = house.restaurant()
    luna = pass_of(house, desk, till, 31)
    one = luna.send("/restaurant/orders", **GOOD)["id"]
    page = luna.get("/restaurant")
    assert "A-1" in page
    assert "Ana &lt;b&gt;" in page
    luna.send(f"/restaurant/orders/{one}/late", minutes=10)
    assert "18:40" in luna.get("/restaurant")
    assert luna.refused(f"/restaurant/orders/{one}/late", minutes=999)[1].startswith(
        "Minutes: say how much later"
    )
    luna.send(f"/restaurant/orders/{one}/ready")
    assert "Ready" in luna.get("/restaurant")
    assert luna.refused(f"/restaurant/orders/{one}/cancel") == (422, "Say why the order is cancelled.")
    assert (
        luna.form(f"/restaurant/orders/{one}/cancel", reason="Oven broke").headers["location"]
        == "/restaurant"
    )
    again = luna.form("/restaurant/orders", **(GOOD | {"value": "x"}))
    assert (again.status_code, "Value: write an amount like 23.50." in again.text) == (422, True)


@SQLITE_FIRST
def test_a_restaurant_sends_food_elsewhere(house: House, desk: Browser) -> None:
    """Before pick-up and after, from the page as at the desk: within the zones, its rider told and to confirm."""
    till = house.restaurant()
    rider = house.rider(11)
    luna = pass_of(house, desk, till, 31)
    house.text(rider, "ON")
    one = luna.send("/restaurant/orders", **GOOD)["id"]
    there = {"lat": factories.BLACKSTOCK.lat, "lon": factories.BLACKSTOCK.lon}
    luna.send(f"/restaurant/orders/{one}/address", address="9 Blackstock Road", flat="2", **there)
    assert "Now: 2, 9 Blackstock Road" in luna.get("/restaurant")
    house.until_text(rider, "TAKE")
    assert "Blackstock" in house.text(rider, "TAKE")[-1] + house.text(rider, "GOT")[-1]
    back = {"lat": factories.HANLEY.lat, "lon": factories.HANLEY.lon}
    for _ in range(2):  # pressed twice, told once
        luna.send(f"/restaurant/orders/{one}/address", address="5 Hanley Road", **back)
    house.until_text(rider, "NEW ADDRESS", "5 Hanley Road", minutes=1)
    house.move(1)
    assert sum("NEW ADDRESS" in body for body in house.phone_log(rider)) == 1
    assert "not confirmed yet" in desk.get(f"/desk/orders/{one}")
    assert house.text(rider, "ACK")[-1].startswith("Thank you.")
    assert luna.refused(f"/restaurant/orders/{one}/address", address=" ") == (422, "New address: write it.")
    assert luna.refused(f"/restaurant/orders/{one}/address", address="Paris", lat=48.8, lon=2.3)[0] == 422
    house.text(rider, "DONE")
    assert luna.refused(f"/restaurant/orders/{one}/address", address="5 Hanley Road", **there) == (
        409,
        "This order is delivered: its address can no longer be changed.",
    )


def test_restaurant_a_cannot_see_or_touch_bs_orders(house: House, desk: Browser) -> None:
    """To another restaurant an order is not there at all."""
    a, b = house.restaurant("A's"), house.restaurant("B's")
    pass_a = pass_of(house, desk, a, 31)
    theirs = order(desk, b, external_id="SECRET-9")
    assert "SECRET-9" not in pass_a.get("/restaurant")
    for verb, fields in (("ready", {}), ("late", {"minutes": 5}), ("cancel", {"reason": "x"})):
        assert pass_a.refused(f"/restaurant/orders/{theirs}/{verb}", **fields)[0] == 404
    for path in ("/restaurant", "/restaurant/settlement"):
        assert pass_a.client.get(f"{path}?restaurant_id={b.id}", headers=JSON).status_code == 404
    assert pass_a.refused("/restaurant/orders", **(GOOD | {"restaurant_id": b.id}))[0] == 422
    assert "cooking" in desk.get(f"/desk/orders/{theirs}") or "ready at" in desk.get(f"/desk/orders/{theirs}")


def test_a_restaurant_sees_a_riders_first_name_once_they_took_it(house: House, desk: Browser) -> None:
    """Before a rider takes it nobody is named; after, by first name alone and without a number."""
    till = house.restaurant()
    luna = pass_of(house, desk, till, 31)
    sam = rider_on_shift(house, desk, name="Sam Okoye")
    made = order(desk, till)
    job = desk.send(f"/desk/orders/{made}/assign", person_id=sam)["job_id"]
    assert "No rider yet" in luna.get("/restaurant")
    desk.send(f"/desk/jobs/{job}/mark", verb="take")
    page = luna.get("/restaurant")
    assert "Sam is coming" in page
    assert "Okoye" not in page
    assert "+4477009" not in page


def test_a_settlement_names_each_order_and_adds_up(house: House, desk: Browser) -> None:
    """The current pay period's lines sum to what is due, on the page and for a program."""
    till = house.restaurant()
    luna = pass_of(house, desk, till, 31)
    sam = rider_on_shift(house, desk)
    made = order(desk, till)
    job = desk.send(f"/desk/orders/{made}/assign", person_id=sam)["job_id"]
    desk.send(f"/desk/jobs/{job}/mark", verb="done")
    told = luna.json("/restaurant/settlement")
    assert told["commission_minor"] == 353  # 15 % of 23.50
    assert sum(line["amount_minor"] for line in told["lines"]) == told["due_minor"] < 0
    page = luna.get("/restaurant/settlement")
    assert "You owe the co-op" in page
    assert "A-1" in page
    assert luna.client.get("/restaurant/settlement?since=soon").status_code == 422
    assert "Nothing in this time" in luna.get("/restaurant/settlement?since=2026-11-01&until=2026-11-08")


def test_the_customers_page_tells_the_time_and_nothing_of_the_rider(house: House, desk: Browser) -> None:
    """With the link alone a customer follows their food; the page asks again by itself only while it is open."""
    till = house.restaurant()
    sam = rider_on_shift(house, desk, name="Sam Okoye")
    made = order(desk, till)
    customer = Browser.new(house)
    assert "Your food is being made" in customer.get(f"/t/{made}")
    job = desk.send(f"/desk/orders/{made}/assign", person_id=sam)["job_id"]
    desk.send(f"/desk/jobs/{job}/mark", verb="got")
    page = customer.get(f"/t/{made}")
    assert "Your food is on its way" in page
    assert 'http-equiv="refresh" content="30"' in page
    desk.send(f"/desk/jobs/{job}/mark", verb="done")
    after = customer.get(f"/t/{made}")
    assert "Your food has arrived" in after
    assert "http-equiv" not in after
    for secret in ("Sam", "Okoye", "900011", "Hanley", "Ana"):
        assert secret not in page + after
    answer = customer.client.get(f"/t/{made}")
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")
    assert customer.client.get("/t/ord_none").status_code == 404


def test_a_customer_is_told_when_it_is_later_than_promised_or_never(house: House, desk: Browser) -> None:
    """A late order says so plainly; a cancelled one says that nothing comes."""
    till = house.restaurant()
    sam = rider_on_shift(house, desk)
    made = order(desk, till)
    desk.send(f"/desk/orders/{made}/assign", person_id=sam)
    desk.send("/desk/jobs/1/mark", verb="got")
    house.move(timedelta(hours=1.5).total_seconds() / 60)
    assert "We are sorry" in Browser.new(house).get(f"/t/{made}")
    other = order(desk, till, external_id="A-2", ready_at="20:00")
    desk.send(f"/desk/orders/{other}/cancel", reason="Oven broke")
    assert "This order was cancelled" in Browser.new(house).get(f"/t/{other}")
