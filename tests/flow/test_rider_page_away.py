"""The rider's page where the phone is out of reach, signed out, shared by two tabs or brought a new edition."""

import re
import time
from datetime import timedelta
from typing import Any

from playwright.sync_api import expect
from sqlmodel import col, select

from dispatch.tables import Attention, Mark, Order, Visit
from riders_app.tables import Tap
from tests.flow.phone import NEEDS_BROWSER, ONCE, SAM, offered, state
from tests.house import House, Till
from tests.marks import SQLITE_FIRST

pytestmark = NEEDS_BROWSER


@SQLITE_FIRST
def test_out_of_reach_nothing_is_lost_or_counted_twice(house: House, till: Till, phones: Any) -> None:
    """Got and Delivered pressed with no network wait, survive a reload, and count once at their true times."""
    (placed,) = offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    phone = phones()
    page = phone.kept()
    house.move(5)
    page.reload()
    pressed = house.now
    phone.context.set_offline(True)
    phone.press("^Got it$")
    expect(page.get_by_text("Flat 3, 5 Hanley Road")).to_be_visible()
    expect(page.locator("#queue li")).to_have_count(1)
    page.reload()  # the page the worker kept, with what waits put into it
    expect(page.get_by_text("No network").first).to_be_visible()
    phone.press("^Delivered A")
    expect(page.locator("#queue li")).to_have_count(2)
    expect(page.locator("#queue")).to_contain_text("waits for the network")
    assert state(house, till, placed) == "assigned"
    house.move(12)
    phone.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_hidden(timeout=15_000)
    expect(page.get_by_text("No job just now.")).to_be_visible()
    expect(page.get_by_text(f"Delivered, job 1, {pressed:%H:%M}.")).to_be_visible()  # not when it was sent
    with house.reading() as session:
        marks = session.exec(select(Mark).where(col(Mark.verb).in_(("got", "done"))).order_by(Mark.id)).all()
        order = session.exec(select(Order)).one()
        taps = session.exec(select(Tap)).all()
    assert [mark.verb for mark in marks] == ["got", "done"]
    assert len(taps) == 2
    for at in (marks[0].at, marks[1].at, order.carried_at, order.delivered_at):
        assert abs(at - pressed) < timedelta(seconds=30)
        assert house.now - at > timedelta(minutes=11)


@ONCE
def test_a_new_edition_brings_its_page(house: House, till: Till, phones: Any) -> None:
    """A worker that takes over from an older one keeps the page anew, for a rider who loses the network right after."""
    offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    phone = phones()
    page = phone.kept()
    page.reload()  # now it is the worker's
    page.evaluate(
        "(async () => { for (const name of await caches.keys()) if (name.includes('mine')) await caches.delete(name);"
        " await (await caches.open('pannier-mine-old')).put('/my', new Response('old'));"
        " await navigator.serviceWorker.register('/my/shell/worker.js?again', { scope: '/my' }); })()"
    )
    assert page.evaluate(
        "(async () => { for (let i = 0; i < 400; i += 1) {"
        " const names = (await caches.keys()).filter((name) => name.includes('mine'));"
        " if (names.length === 1 && names[0] !== 'pannier-mine-old'"
        " && await (await caches.open(names[0])).match('/my')) return true;"
        " await new Promise((yes) => setTimeout(yes, 50)); } return false; })()"
    )
    phone.context.set_offline(True)
    page.reload()
    expect(page.locator("button.big:visible")).to_have_text(re.compile("I am there"))


@SQLITE_FIRST
def test_two_tabs_and_a_spent_session_lose_nothing(house: House, till: Till, phones: Any) -> None:
    """Pressed in two tabs out of reach, and signed out meanwhile: both wait, and count in order, at their times."""
    offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    phone = phones()
    page = phone.kept()
    other = phone.context.new_page()
    other.goto(f"{phone.address}/my")
    pressed = house.now
    phone.context.set_offline(True)
    phone.press("^Got it$")
    expect(page.locator("#queue li")).to_have_count(1)
    other.reload()
    other.get_by_role("button", name=re.compile("^Delivered A")).first.click()
    expect(other.locator("#queue li")).to_have_count(2)
    with house.database.writing() as session:
        for visit in session.exec(select(Visit)).all():
            session.delete(visit)
    house.move(5)
    phone.context.set_offline(False)
    expect(page.get_by_text("Sign in again to send what waits here.")).to_be_visible(timeout=20_000)
    expect(page.locator("#queue li")).to_have_count(2)
    phone.sign_in()
    page.goto(f"{phone.address}/my")
    expect(page.get_by_text("No job just now.")).to_be_visible(timeout=20_000)
    with house.reading() as session:
        marks = session.exec(select(Mark).where(col(Mark.verb).in_(("got", "done"))).order_by(Mark.id)).all()
    assert [mark.verb for mark in marks] == ["got", "done"]
    assert all(abs(mark.at - pressed) < timedelta(seconds=30) for mark in marks)


@SQLITE_FIRST
def test_what_cannot_count_is_said_and_put_before_a_person(house: House, till: Till, phones: Any) -> None:
    """A press whose job was taken away meanwhile stays on the page as not counted, and the desk sees it."""
    offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    phone = phones()
    page = phone.kept()
    phone.context.set_offline(True)
    phone.press("^Got it$")
    expect(page.locator("#queue li")).to_have_count(1)
    desk = house.signed_in(50, "dispatcher")
    token = desk.get("/me", headers={"accept": "application/json"}).json()["csrf"]
    with house.reading() as session:
        public_id = session.exec(select(Order)).one().public_id
    desk.post(
        f"/desk/orders/{public_id}/cancel",
        data={"csrf": token, "reason": "closed", "liable": "co-op"},
    )
    phone.context.set_offline(False)
    expect(page.locator("#queue li.bad")).to_contain_text("Not counted", timeout=15_000)
    with house.reading() as session:
        found = [row.words for row in session.exec(select(Attention)) if row.kind == "tap_refused"]
    assert len(found) == 1
    phone.press("^I have read it$")
    expect(page.locator("#waiting")).to_be_hidden()


@ONCE
def test_a_press_that_always_fails_holds_nothing_up(house: House, till: Till, phones: Any) -> None:
    """A press the server fails at again and again is said not to count, and those behind it are sent."""
    offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    phone = phones()
    page = phone.kept()
    page.route(
        "**/my/here", lambda route: route.fulfill(status=500, json={"detail": "Something went wrong."})
    )
    phone.press("^I am there$")
    phone.press("^Got it$")
    bad = page.locator("#queue li.bad")
    for _ in range(600):  # twenty tries, however slow each is
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_timeout(100)
        if bad.count():
            break
    expect(bad).to_contain_text("Something went wrong.")
    expect(page.locator("#queue li")).to_have_count(1)
    expect(page.get_by_text("Collected for job 1")).to_be_visible()  # the server's own word for it
    with house.reading() as session:
        assert [mark.verb for mark in session.exec(select(Mark)).all() if mark.verb in ("here", "got")] == [
            "got"
        ]


@SQLITE_FIRST
def test_the_page_is_live_and_leaves_nothing_behind(house: House, till: Till, phones: Any) -> None:
    """An offer appears on an open page by itself; signing out empties the phone of pages and presses."""
    phone = phones()
    page = phone.kept()
    expect(page.get_by_text("No job just now.")).to_be_visible()
    offered(house, till, "A-1")
    expect(page.get_by_role("heading", name=re.compile("for you"))).to_be_visible(timeout=10_000)
    phone.press("^Sign out")
    page.wait_for_url("**/sign-in*")
    left = page.evaluate(
        "(async () => [await caches.keys(), await indexedDB.databases(),"
        " (await navigator.serviceWorker.getRegistrations()).length, Object.keys(localStorage)])()"
    )
    assert left == [[], [], 0, []]


@ONCE
def test_signed_out_in_reach_a_press_waits_in_peace(house: House, till: Till, phones: Any) -> None:
    """A press after the session ended says to sign in and waits: nobody is asked for it again and again."""
    offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    phone = phones()
    page = phone.kept()
    asked: list[str] = []
    phone.context.on("request", lambda request: asked.append(request.url))
    with house.database.writing() as session:
        for visit in session.exec(select(Visit)).all():
            session.delete(visit)
    phone.press("^Got it$")
    expect(page.get_by_text("Sign in again to send what waits here.")).to_be_visible()
    page.wait_for_timeout(2000)
    assert len([url for url in asked if url.endswith("/my/got")]) == 1
    phone.sign_in()
    page.goto(f"{phone.address}/my")
    expect(page.get_by_role("button", name=re.compile("^Delivered A")).first).to_be_visible()


@ONCE
def test_what_moves_while_the_page_is_fetched_is_shown(house: House, till: Till, phones: Any) -> None:
    """A page that left the server before a change, and came after word of it, is fetched once more."""
    offered(house, till, "A-1")
    phone = phones(service_workers="block")
    page = phone.open()
    held: list[Any] = []

    def hold(route: Any) -> None:
        answer = route.fetch()
        if not held:
            held.append(answer)
            house.text(SAM, "TAKE")
            time.sleep(3)  # the stream looks every two seconds: word of the change is on the page by then
        route.fulfill(response=answer)

    page.route("**/my", hold)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("button", name=re.compile("^Got it$"))).to_be_visible(timeout=15_000)
    assert "for you?" in held[0].text()


@ONCE
def test_a_newer_page_leaves_the_keyboard_where_it_was(house: House, till: Till, phones: Any) -> None:
    """Focus goes to the next door after a press, and stays there, or on a button, as the page changes by itself."""
    offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    phone = phones()
    page = phone.kept()
    page.get_by_role("button", name=re.compile("^Got it$")).press("Enter")
    expect(page.get_by_role("heading", name="Flat 3, 5 Hanley Road")).to_be_focused()
    house.text(SAM, "LATE 12")
    expect(page.get_by_text("The desk has been told.").first).to_be_visible(timeout=10_000)
    expect(page.get_by_role("heading", name="Flat 3, 5 Hanley Road")).to_be_focused()
    there = page.get_by_role("button", name=re.compile("^I am there$")).first
    there.focus()
    house.text(SAM, "STATUS")
    expect(page.get_by_text("STATUS")).to_be_visible(timeout=10_000)
    expect(there).to_be_focused()
