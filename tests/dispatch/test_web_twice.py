"""A form posted twice, as by a double tap, is carried out once."""

import re

import pytest

from dispatch import people
from dispatch.tables import known
from tests import factories
from tests.dispatch.test_web_desk import GOOD, order, rider_on_shift
from tests.dispatch.web_browser import Browser
from tests.house import House


@pytest.fixture
def desk(house: House) -> Browser:
    """A dispatcher at the desk."""
    return Browser.of(house, 1, "dispatcher")


def test_a_refund_form_pressed_twice_gives_money_back_once(house: House, desk: Browser) -> None:
    """The form carries which refund it is; another by a page that is out of date is refused in words."""
    till, sam = house.restaurant(), rider_on_shift(house, desk)
    path = f"/desk/orders/{order(desk, till)}"
    job = desk.send(f"{path}/assign", person_id=sam)["job_id"]
    desk.send(f"/desk/jobs/{job}/mark", verb="done")
    found = re.search(r'name="number" value="(\d+)"', desk.get(path))
    assert found
    wanted = {"amount": "5.00", "liable": "co-op", "reason": "cold", "number": found[1]}
    for _ in range(2):
        assert desk.form(f"{path}/refund", **wanted).headers["location"] == path
    page = desk.get(path)
    assert page.count("£5.00, borne by the co-op: cold") == 1
    assert 'name="number" value="2"' in page
    status, said = desk.refused(f"{path}/refund", **(wanted | {"amount": "6.00"}))
    assert (status, "look at the order before giving more" in said) == (409, True)


def reference_of(browser: Browser, path: str) -> str:
    """The reference a fresh form brings along."""
    found = re.search(r'name="external_id"[^>]*value="([^"]+)"', browser.get(path))
    assert found
    return found[1]


def at_the_pass(house: House, restaurant_id: int) -> Browser:
    """Somebody of a restaurant, at its tablet."""
    with house.database.writing() as session:
        cook = factories.person(session, house.now, 5, name="Rita")
        people.grant(
            session, known(cook.id), "restaurant", now=house.now, by=None, restaurant_id=restaurant_id
        )
        token = people.start_visit(session, known(cook.id), now=house.now)
    browser = Browser.new(house)
    browser.client.cookies.set("pannier", token)
    return browser


@pytest.mark.parametrize("where", ["/desk", "/restaurant"])
def test_a_new_order_pressed_twice_is_one_order(house: House, desk: Browser, where: str) -> None:
    """A fresh form has its own reference: posted again it shows the same order; other facts by it are refused."""
    till = house.restaurant()
    browser = desk if where == "/desk" else at_the_pass(house, till.id)
    reference = reference_of(browser, f"{where}/orders/new")
    assert reference != reference_of(browser, f"{where}/orders/new")
    typed = GOOD | {"restaurant_id": till.id, "external_id": reference}
    first, second = (browser.form(f"{where}/orders", **typed) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    made = browser.send(f"{where}/orders", **typed)["id"]
    page = desk.get("/desk")
    assert set(re.findall(r"/desk/orders/(ord_[\w-]+)", page)) == {made}
    status, said = browser.refused(f"{where}/orders", **(typed | {"value": "9.00"}))
    assert (status, "is already here" in said) == (409, True)


def test_collected_pressed_twice_by_the_desk_counts_once(house: House, desk: Browser) -> None:
    """The button carries which call it means: pressed again, it says so and marks nothing more."""
    till, sam = house.restaurant(), rider_on_shift(house, desk)
    made = order(desk, till)
    job = desk.send(f"/desk/orders/{made}/assign", person_id=sam)["job_id"]
    visit = re.search(r'name="visit" value="(\d+)"', desk.get(f"/desk/orders/{made}"))
    assert visit
    told = [desk.send(f"/desk/jobs/{job}/mark", verb="got", visit=visit[1], order=made) for _ in "ab"]
    assert [t["repeated"] for t in told] == [False, True]
    assert 'name="visit"' not in desk.get(f"/desk/orders/{made}")
