"""A button of the rider's page, or of the desk's texts, tapped twice counts once."""

import re
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from dispatch.tables import Stop
from tests.dispatch.web_browser import Browser
from tests.house import House
from tests.riders_app.test_pages import offered, page_of, press


@pytest.fixture
def sam(house: House) -> Browser:
    """A rider who has a shift planned from now, at their page."""
    return page_of(house, house.rider(11))


def hidden(page: str, action: str) -> dict[str, str]:
    """The fields of the page's form that goes there."""
    found = re.search(rf'<form method="post" action="{action}".*?</form>', page, re.DOTALL)
    assert found, f"no form for {action}"
    return dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', found[0]))


def last_stop(house: House) -> datetime:
    """When the last stop is planned."""
    with house.reading() as session:
        stop: Stop = session.exec(select(Stop).order_by(col(Stop.seq).desc())).first()
        return stop.planned_at


def test_late_tapped_twice_adds_its_minutes_once(house: House, sam: Browser) -> None:
    """The form carries the plan it was made from; on a fresh page the same minutes are ten more."""
    offered(house, sam)
    press(sam, "/my/take")
    before, fields = last_stop(house), hidden(sam.get("/my"), "/my/late")
    for _ in range(3):
        sam.send("/my/late", **fields)
    assert last_stop(house) - before == timedelta(minutes=10)
    assert "I am late, 18:0" in sam.get("/my")  # and it says so, also without a script
    press(sam, "/my/late")
    assert last_stop(house) - before == timedelta(minutes=20)
    sam.send("/my/late", number=fields["number"], minutes="5")
    assert last_stop(house) - before == timedelta(minutes=25)


def test_a_text_of_the_desk_sent_twice_lands_once(house: House, sam: Browser) -> None:
    """The same words by the same form reach nobody twice; by a fresh page they may be sent again."""
    press(sam, "/my/on")
    desk = Browser.of(house, 1, "dispatcher")
    for to in ("on_shift", "1"):
        seen = hidden(desk.get("/desk/texts"), "/desk/texts")["newest"]
        sent = [desk.send("/desk/texts", to=to, body="Ice on Crouch Hill", newest=seen)["sent"] for _ in "ab"]
        assert sent == [1, 0]
        assert desk.send("/desk/texts", to=to, body="Mind how you go", newest=seen)["sent"] == 1
    house.move(0.1)
    landed = house.phone_log("+447700900011")
    assert landed.count("Desk: Ice on Crouch Hill") == 2
