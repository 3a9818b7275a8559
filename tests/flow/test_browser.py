"""A real browser: a rider and a member sign in by the link texted to them, and see their own."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.flow.phone import NEEDS_BROWSER
from tests.house import House
from tests.marks import SQLITE_FIRST

# A page in a browser is slow: quick on SQLite, and in the deep suite on PostgreSQL too.
pytestmark = [*NEEDS_BROWSER, SQLITE_FIRST]


def page_of(browser: Browser, *, javascript: bool = True, phone: bool = True) -> Page:
    """A page as wide as a phone, or as a desk."""
    size = {"width": 390, "height": 844} if phone else {"width": 1366, "height": 900}
    context = browser.new_context(viewport=size, java_script_enabled=javascript)  # type: ignore[arg-type]
    return context.new_page()


def sign_in(page: Page, house: House, address: str, number: str) -> None:
    """Ask for a link, read it on the phone, open it, press the button."""
    page.goto(f"{address}/sign-in")
    page.get_by_role("textbox").first.fill(number)
    page.get_by_role("button").first.click()
    expect(page.get_by_text(re.compile("on its way", re.I))).to_be_visible()
    house.move(0.1)
    text = house.phone_log(number)[-1]
    link = re.search(r"/sign-in/\S+", text)
    assert link is not None, text
    page.goto(f"{address}{link[0]}")
    page.get_by_role("main").get_by_role("button").click()
    page.wait_for_url(re.compile(r"^(?!.*sign-in)"))


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without"])
def test_a_rider_does_a_job_on_the_page(
    house: House, browser: Browser, served: str, javascript: bool
) -> None:
    """A rider signs in, takes a job, collects and delivers it, each with one button, and sees the pay so far."""
    luna = house.restaurant()
    sam = house.rider(1)
    house.text(sam, "ON")
    placed = house.order(luna, "A-1")
    house.until_text(sam, "TAKE")
    page = page_of(browser, javascript=javascript)
    sign_in(page, house, served, sam)
    page.goto(f"{served}/my")
    expect(page.get_by_text("Pizza Luna").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^take job", re.I)).click()
    house.move(8)
    page.goto(f"{served}/my")
    page.get_by_role("button", name=re.compile("got", re.I)).click()
    expect(page.get_by_text("Flat 3").first).to_be_visible()
    house.move(6)
    page.goto(f"{served}/my")
    page.get_by_role("button", name=re.compile("^(done|delivered)", re.I)).first.click()
    expect(page.get_by_text("No job just now.")).to_be_visible()
    seen = house.client.get(f"/v1/orders/{placed['id']}", headers=luna.headers).json()
    assert seen["state"] == "delivered"
    page.goto(f"{served}/my/pay")
    expect(page.get_by_text("£2.50").first).to_be_visible()
    page.context.close()


def test_a_member_sees_their_shares(house: House, browser: Browser, served: str) -> None:
    """A member signs in and sees their shares, and is kept out of the desk."""
    house.signed_in(40, "member")
    page = page_of(browser)
    sign_in(page, house, served, "+447700900040")
    page.goto(f"{served}/my/shares")
    expect(page.get_by_role("heading", name=re.compile("shares", re.I)).first).to_be_visible()
    answer = page.goto(f"{served}/desk")
    assert answer is not None
    assert answer.status == 403
    page.context.close()


def test_the_desk_refreshes_itself(house: House, browser: Browser, served: str) -> None:
    """An order that comes in appears on an open desk without anybody touching it."""
    luna = house.restaurant()
    house.signed_in(50, "dispatcher")
    page = page_of(browser, phone=False)
    sign_in(page, house, served, "+447700900050")
    page.goto(f"{served}/desk")
    house.order(luna, "LIVE-1")
    expect(page.get_by_text("LIVE-1").first).to_be_visible(timeout=15_000)
    page.context.close()


def test_the_desk_is_not_left_behind(house: House, browser: Browser, served: str) -> None:
    """A desk whose server failed at its stream and page says so, and shows what came meanwhile once it is well."""
    luna = house.restaurant()
    house.signed_in(50, "dispatcher")
    page = page_of(browser, phone=False)
    sign_in(page, house, served, "+447700900050")
    page.route("**/desk/events", lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.goto(f"{served}/desk")
    page.route("**/desk", lambda route: route.fulfill(status=502, body="Bad gateway"))
    expect(page.get_by_text("Out of touch with the server")).to_be_visible(timeout=20_000)
    house.order(luna, "LIVE-1")
    page.unroute("**/desk/events")
    page.unroute("**/desk")
    expect(page.get_by_text("LIVE-1").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Out of touch with the server")).to_be_hidden()
    house.order(luna, "LIVE-2")
    expect(page.get_by_text("LIVE-2").first).to_be_visible(timeout=15_000)
    page.context.clear_cookies()
    page.route("**/desk/events", lambda route: route.fulfill(status=401))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    page.wait_for_url(re.compile("/sign-in"))
    page.context.close()
