"""A form posted twice, as by a double tap, is carried out once."""

import re

import pytest

from tests.dispatch.test_web_desk import order, rider_on_shift
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
