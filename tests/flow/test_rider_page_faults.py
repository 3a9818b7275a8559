"""The rider's page where the server, the network, the phone or another tab fails it half-way."""

import asyncio
import re
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import select
from starlette.responses import PlainTextResponse

from dispatch import people
from dispatch.tables import Mark, Visit, known
from tests.dispatch.evening_steps import rules
from tests.flow.phone import NEEDS_BROWSER, ONCE, SAM, offered
from tests.house import House, Till

pytestmark = NEEDS_BROWSER

ONLINE = "dispatchEvent(new Event('online'))"  # what a browser says when it has a network again: the page tries at once


def taken(house: House, till: Till) -> None:
    """A job in Sam's hands."""
    offered(house, till, "A-1")
    house.text(SAM, "TAKE")


def said(house: House) -> list[str]:
    """What was counted of the job's steps."""
    with house.reading() as session:
        return [m.verb for m in session.exec(select(Mark).order_by(Mark.id)).all() if m.verb != "took"]  # type: ignore[arg-type]


def broken(page: Any, path: str, status: int) -> None:
    """From now on the server answers so there."""
    page.route(f"**{path}", lambda route: route.fulfill(status=status, body="Bad gateway"))


@ONCE
def test_a_stream_that_was_refused_is_asked_for_again(house: House, till: Till, phones: Any) -> None:
    """One bad answer to the stream, as while a server is restarted, does not leave a page that is never live again."""
    phone = phones(service_workers="block")
    page = phone.context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/events") else None)
    broken(page, "/my/events", 502)
    page.goto(f"{phone.address}/my")
    page.wait_for_timeout(500)
    page.unroute("**/my/events")
    with page.expect_request("**/my/events", timeout=20_000):
        pass
    assert len(asked) <= 3
    offered(house, till, "A-1")
    expect(page.get_by_role("heading", name=re.compile("for you"))).to_be_visible(timeout=10_000)


@ONCE
def test_a_page_the_server_failed_at_is_asked_for_again(house: House, till: Till, phones: Any) -> None:
    """A change that comes while the server fails is shown soon after it is well, not when the next one comes."""
    phone = phones(service_workers="block")
    page = phone.open()
    broken(page, "/my", 503)
    offered(house, till, "A-1")
    expect(page.get_by_text("No network").first).to_be_visible(timeout=15_000)
    page.unroute("**/my")
    expect(page.get_by_role("heading", name=re.compile("for you"))).to_be_visible(timeout=15_000)


@ONCE
def test_what_was_counted_is_not_asked_for_again(house: House, till: Till, phones: Any) -> None:
    """Counted, and the network gone before the page came: the next door stands there still, after a reload too."""
    taken(house, till)
    phone = phones()
    page = phone.kept()
    page.reload()
    phone.context.route("**/my", lambda route: route.abort())
    phone.press("^Got it$")
    expect(page.get_by_text("No network").first).to_be_visible()
    assert said(house) == ["got"]
    expect(page.get_by_role("button", name=re.compile("^Got it$"))).to_be_hidden()
    expect(page.get_by_role("heading", name="Flat 3, 5 Hanley Road")).to_be_visible()
    phone.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="Flat 3, 5 Hanley Road")).to_be_visible()
    phone.context.set_offline(False)
    phone.context.unroute("**/my")
    page.evaluate(ONLINE)
    expect(page.get_by_text("Collected for job 1")).to_be_visible()
    page.wait_for_function(
        "new Promise((yes) => { indexedDB.open('pannier').onsuccess = (o) => { const rows = o.target.result"
        ".transaction('presses').objectStore('presses').count(); rows.onsuccess = () => yes(rows.result === 0); }; })"
    )


@ONCE
def test_what_is_typed_stays_and_the_page_goes_on(house: House, till: Till, phones: Any) -> None:
    """Words being typed stay, with the cursor in them, when a press is counted; left standing, they hold nothing up."""
    taken(house, till)
    house.text(SAM, "GOT")
    phone = phones(service_workers="block")
    page = phone.open()
    held: list[Any] = []
    page.route("**/my/here", lambda route: held.append(route))
    with page.expect_request("**/my/here"):
        phone.press("^I am there$")
    page.get_by_text("Nobody takes it").click()
    words = page.get_by_label("What you tried")
    words.press_sequentially("Rang twice")
    words.press("ArrowLeft")
    assert len(held) == 1
    with page.expect_response("**/my"):
        held[0].continue_()
    expect(page.get_by_text("You are at a stop of job 1")).to_be_visible()
    expect(words).to_have_value("Rang twice")
    expect(words).to_be_focused()
    page.keyboard.type("x")
    expect(words).to_have_value("Rang twicxe")
    page.get_by_text("Nobody takes it").focus()
    house.text(SAM, "STATUS")
    expect(page.get_by_text("STATUS")).to_be_visible(timeout=10_000)
    expect(words).to_have_value("Rang twicxe")


@ONCE
def test_what_waits_keeps_the_keyboard(house: House, till: Till, phones: Any) -> None:
    """The button of a press that waits stays under the keyboard while the page tries again and again."""
    taken(house, till)
    phone = phones()
    page = phone.kept()
    phone.context.set_offline(True)
    phone.press("^Got it$")
    back = page.get_by_role("button", name="Take back")
    back.focus()
    page.evaluate("document.querySelector('#queue button').mine = true")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/my/got"), timeout=20_000):
        page.evaluate(ONLINE)
    page.evaluate(ONLINE)
    page.wait_for_timeout(500)
    expect(back).to_be_focused()
    assert page.evaluate("document.activeElement.mine")


@ONCE
def test_taken_back_on_its_way_it_does_not_come_again(house: House, till: Till, phones: Any) -> None:
    """A press taken back while it is being sent, and lost on the way, is gone: it is not sent later."""
    taken(house, till)
    phone = phones(service_workers="block")
    page = phone.open()
    held: list[Any] = []
    page.route("**/my/got", lambda route: held.append(route))
    phone.context.set_offline(True)
    with page.expect_request("**/my/got"):
        phone.press("^Got it$")
    phone.press("^Take back$")
    expect(page.get_by_role("button", name=re.compile("^Got it$"))).to_be_visible()
    (sent,) = held
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/my/got")):
        sent.abort()
    page.unroute("**/my/got")
    phone.context.set_offline(False)
    expect(page.locator("#net")).to_be_empty(timeout=15_000)
    with page.expect_response("**/my"):
        page.evaluate(ONLINE)
    expect(page.locator("#waiting")).to_be_hidden()
    assert said(house) == []


@ONCE
@pytest.mark.deep
def test_back_in_reach_and_signed_out_nothing_is_sent_over_and_over(
    house: House, till: Till, phones: Any
) -> None:
    """Pressed out of reach and signed out meanwhile: back in reach it is tried once, and then waits for signing in."""
    taken(house, till)
    phone = phones()
    page = phone.kept()
    phone.context.set_offline(True)
    phone.press("^Got it$")
    expect(page.locator("#queue li")).to_have_count(1)
    with house.database.writing() as session:
        for visit in session.exec(select(Visit)).all():
            session.delete(visit)
    phone.context.set_offline(False)
    expect(page.get_by_text("Sign in again to send what waits here.")).to_be_visible(timeout=20_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(12_000)  # the page tries every ten seconds where it is out of reach
    assert [url for url in asked if url.endswith("/my/got")] == []
    phone.sign_in()  # in another tab
    page.evaluate(ONLINE)
    expect(page.get_by_text("Collected for job 1")).to_be_visible()
    assert said(house) == ["got"]


@ONCE
def test_a_photo_is_kept_the_moment_it_is_pressed(house: House, till: Till, phones: Any) -> None:
    """A phone that is slow at making a photo small has kept the press before, and counts it once after a reload."""
    with house.database.writing() as session:
        rules(session, house.now, proof="photo")
    taken(house, till)
    house.text(SAM, "GOT")
    phone = phones(service_workers="block")
    phone.context.add_init_script(
        "if (!sessionStorage.slow) { sessionStorage.slow = 1; window.createImageBitmap = () => new Promise(() => {}); }"
    )
    page = phone.open()
    page.locator('input[name="photo"]').set_input_files("riders_app/web/static/icon-512.png")
    phone.press("^Delivered")
    expect(page.get_by_text("No job just now.").or_(page.locator("button.big:visible"))).to_have_count(0)
    page.reload()
    expect(page.get_by_text("No job just now.")).to_be_visible(timeout=15_000)
    assert said(house) == ["got", "done"]


@ONCE
def test_an_older_browser_sends_too(house: House, till: Till, phones: Any) -> None:
    """A phone whose browser lacks the newest ways to end a wait sends and freshens as any other."""
    taken(house, till)
    phone = phones(service_workers="block")
    phone.context.add_init_script("delete AbortSignal.timeout; delete AbortSignal.any;")
    page = phone.open()
    phone.press("^Got it$")
    expect(page.get_by_text("Collected for job 1")).to_be_visible()
    expect(page.locator("#net")).to_be_empty()


@ONCE
def test_signing_out_tells_of_another_riders_presses(house: House, till: Till, phones: Any) -> None:
    """Who signs out where somebody else's presses wait is told first, and out of reach nobody is signed out by half."""
    taken(house, till)
    house.rider(2, name="Ines Prado")
    phone = phones(service_workers="block")
    page = phone.open()
    phone.context.set_offline(True)
    phone.press("^Got it$")
    expect(page.locator("#queue li")).to_have_count(1)
    phone.press("^Sign out")
    expect(
        page.get_by_text("This needs the network.")
    ).to_be_in_viewport()  # the button is at the foot of the page
    expect(page.locator("#queue li")).to_have_count(1)
    with house.database.writing() as session:
        person = people.by_phone(session, "+447700900002")
        assert person is not None
        visit = people.start_visit(session, known(person.id), now=house.now)
    phone.context.add_cookies([{"name": "pannier", "value": visit, "url": phone.address}])
    phone.context.set_offline(False)
    expect(page.locator("footer")).to_have_text("Ines Prado", timeout=20_000)
    expect(page.get_by_text("Somebody else's presses wait on this phone")).to_be_visible()
    assert said(house) == []
    phone.press("^Sign out")
    expect(page.get_by_text("What waits here would be lost.")).to_be_visible()
    phone.sign_in()
    page.reload()
    expect(page.get_by_text("Collected for job 1")).to_be_visible(timeout=15_000)
    assert said(house) == ["got"]


@ONCE
def test_signing_out_in_one_tab_leaves_no_page_in_another(house: House, till: Till, phones: Any) -> None:
    """No tab goes on showing a customer's door once its rider has signed out in another."""
    taken(house, till)
    house.text(SAM, "GOT")
    phone = phones()
    page = phone.open()
    other = phone.context.new_page()
    other.goto(f"{phone.address}/my")
    expect(other.get_by_text("Flat 3, 5 Hanley Road").first).to_be_visible()
    phone.press("^Sign out")
    page.wait_for_url("**/sign-in*")
    other.wait_for_url("**/sign-in*")


@ONCE
def test_a_page_open_through_a_new_edition_takes_it(house: House, till: Till, phones: Any) -> None:
    """A page left open fetches the new script with the first newer page of its edition, once."""
    taken(house, till)
    phone = phones(service_workers="block")
    page = phone.open()
    page.evaluate("window.old = true")
    seen: list[str] = []

    def newer(route: Any) -> None:
        answer = route.fetch()
        seen.append(route.request.resource_type)
        route.fulfill(
            response=answer, body=re.sub('data-edition="[^"]*"', 'data-edition="another"', answer.text())
        )

    page.route("**/my", newer)
    with page.expect_navigation():
        page.evaluate(ONLINE)
    assert page.evaluate("window.old") is None
    page.unroute("**/my")  # as a server that is still of the old one: no page goes to and fro
    page.evaluate("window.old = true")
    page.evaluate(ONLINE)
    house.text(SAM, "GOT")
    expect(page.get_by_text("Collected for job 1")).to_be_visible(timeout=10_000)
    page.route("**/my", newer)
    house.text(SAM, "STATUS")
    expect(page.get_by_text("STATUS")).to_be_visible(timeout=10_000)
    assert seen.count("document") == 1


@ONCE
@pytest.mark.deep
def test_a_slow_network_still_brings_the_newer_page(house: House, till: Till, phones: Any) -> None:
    """Where each page takes six seconds an open one shows what is new; where the server fails the kept one opens."""
    phone = phones()
    page = phone.kept()
    page.reload()
    slow = [True]
    inner = house.app.middleware_stack or house.app.build_middleware_stack()

    async def held(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/my" and slow[0]:
            await asyncio.sleep(6)
        if scope.get("path") == "/my" and not slow[0]:
            await PlainTextResponse("Bad gateway", 502)(scope, receive, send)
            return
        await inner(scope, receive, send)

    house.app.middleware_stack = held
    offered(house, till, "A-1")
    expect(page.get_by_role("heading", name=re.compile("for you"))).to_be_visible(timeout=30_000)
    slow[0] = False
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("for you"))).to_be_visible()
    expect(page.get_by_text("This is the page as it was at").first).to_be_visible()
