"""The rider's page in a real browser: without script, with it, out of reach, installed, and for everybody's eyes."""

import io
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import col, select

from dispatch import people
from dispatch.tables import Attention, Mark, Order, OrderContact, Visit, known
from infra.app import MOST_BYTES
from payments.tables import EntryRow
from riders_app.tables import Tap
from tests.dispatch.evening_steps import rules
from tests.flow.conftest import CHROMIUM
from tests.house import House, Till
from tests.marks import SQLITE_FIRST

pytestmark = [pytest.mark.browser]
if CHROMIUM is None and not os.environ.get("CI"):
    pytestmark.append(pytest.mark.skip(reason="needs Chromium: apt-get install chromium"))

SAM = "+447700900001"
# How a page looks does not depend on the kind of database.
ONCE = pytest.mark.parametrize("made_url", ["sqlite"], indirect=True)


class Phone:
    """A rider's phone: a browser of its own, signed in."""

    def __init__(self, house: House, browser: Browser, address: str, **how: Any) -> None:
        self.house, self.address = house, address
        self.context: BrowserContext = browser.new_context(viewport={"width": 390, "height": 844}, **how)
        with house.database.writing() as session:
            person = people.by_phone(session, SAM)
            assert person is not None
            self.person_id = known(person.id)
        self.sign_in()
        self.page: Page = self.context.new_page()

    def sign_in(self) -> None:
        """Sign in, again where need be."""
        with self.house.database.writing() as session:
            visit = people.start_visit(session, self.person_id, now=self.house.now)
        self.context.add_cookies([{"name": "pannier", "value": visit, "url": self.address}])

    def open(self) -> Page:
        """Look at the page."""
        self.page.goto(f"{self.address}/my")
        return self.page

    def kept(self) -> Page:
        """Look at the page until its worker has kept it."""
        page = self.open()
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function(
            "caches.keys().then(async (names) => { for (const name of names) if (name.includes('mine')"
            " && await (await caches.open(name)).match('/my')) return true; return false; })"
        )
        return page

    def press(self, name: str) -> None:
        """Press what is seen under that name."""
        self.page.get_by_role("button", name=re.compile(name)).first.click()


@pytest.fixture
def till(house: House) -> Till:
    """A restaurant, and one rider on shift."""
    made = house.restaurant()
    house.rider(1)
    house.text(SAM, "ON")
    return made


@pytest.fixture
def phones(house: House, browser: Browser, served: str) -> Iterator[Any]:
    """Makes phones, and puts them away."""
    made: list[Phone] = []

    def one(**how: Any) -> Phone:
        made.append(Phone(house, browser, served, **how))
        return made[-1]

    yield one
    for phone in made:
        phone.context.close()


def offered(house: House, till: Till, *references: str, **more: Any) -> list[dict[str, Any]]:
    """These orders, and an offer of (some of) them on Sam's phone."""
    placed = [house.order(till, reference, **more) for reference in references]
    house.until_text(SAM, "TAKE")
    return placed


def state(house: House, till: Till, placed: dict[str, Any]) -> str:
    """How the restaurant sees its order."""
    found: str = house.client.get(f"/v1/orders/{placed['id']}", headers=till.headers).json()["state"]
    return found


@SQLITE_FIRST
@pytest.mark.parametrize("javascript", [False, True], ids=["without-javascript", "with-javascript"])
def test_a_whole_job_with_one_large_button_a_step(
    house: House, till: Till, phones: Any, javascript: bool
) -> None:
    """Take, there, got, delivered: each is the one large button on the page, and the next follows by itself."""
    (placed,) = offered(house, till, "A-1")
    phone = phones(java_script_enabled=javascript)
    page = phone.open()
    for name in ("Take job", "I am there", "Got it", "Delivered A"):
        large = page.locator("button.big:visible")
        expect(large).to_have_count(1)
        expect(large).to_have_text(re.compile(name))
        box = large.bounding_box()
        assert box is not None
        assert box["height"] >= 64
        house.move(3)
        large.click()
        if name != "Delivered A":
            expect(page.locator("button.big:visible")).not_to_have_text(re.compile(name))
    expect(page.get_by_text("No job just now.")).to_be_visible()
    assert state(house, till, placed) == "delivered"
    expect(page.get_by_text("£2.50").first).to_be_visible()
    phone.press("^Undo$")
    expect(page.locator("button.big:visible")).to_have_text(re.compile("Delivered A"))
    assert state(house, till, placed) == "carried"


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


@SQLITE_FIRST
def test_it_can_be_installed_and_its_first_load_is_small(house: House, till: Till, phones: Any) -> None:
    """The browser finds nothing against installing it, and all it fetched on the first load is under 60 kB."""
    offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    house.move(1)  # nothing is on its way any more that would move the page
    phone = phones()
    sizes: dict[str, int] = {}
    elsewhere: set[str] = set()

    def seen(answer: Any) -> None:
        where = urlsplit(answer.url)
        if f"{where.scheme}://{where.netloc}" != phone.address:
            elsewhere.add(answer.url)
        elif not where.path.endswith("/events"):
            head = sum(len(k) + len(v) + 4 for k, v in answer.headers.items())
            sizes[f"{answer.url} {len(sizes)}"] = len(answer.body()) + head

    phone.context.on("response", seen)
    page = phone.kept()
    session = phone.context.new_cdp_session(page)
    against = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [e["errorId"] for e in against] in ([], ["in-incognito"])  # as every window of these tests is
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/my/shell/manifest.json")
    scope = page.evaluate("navigator.serviceWorker.ready.then((found) => found.scope)")
    assert urlsplit(scope).path == "/my"
    assert elsewhere == set()
    assert sum(sizes.values()) < MOST_BYTES
    print(sum(sizes.values()), sizes)
    assert sum(sizes.values()) < 60_000, sizes


@ONCE
def test_nobody_is_kept_out(house: House, till: Till, phones: Any) -> None:
    """In every state axe finds nothing by light or in the dark; nothing overflows at 320 px; each target is large
    enough for a glove; focus is seen."""
    phone = phones(reduced_motion="reduce")
    page = phone.open()
    looked(page, "idle")
    phone.press("^Trouble")
    expect(page.get_by_text("The desk has been told.")).to_be_visible()
    looked(page, "trouble")
    offered(house, till, "A-1", "A-2")
    page.reload()
    looked(page, "offer")
    house.text(SAM, "TAKE")
    page.reload()
    looked(page, "to collect")
    house.text(SAM, "GOT")
    page.reload()
    for box in page.locator("summary:visible").all():
        box.click()
    looked(page, "to deliver")
    phone.context.set_offline(True)
    phone.press("^Delivered")
    expect(page.locator("#queue li")).to_have_count(1)
    looked(page, "out of reach")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    phone.context.set_offline(False)
    expect(page.get_by_text("No job just now.")).to_be_visible(timeout=15_000)
    phone.press("^End my shift")
    expect(page.get_by_text("You are not on shift.")).to_be_visible()
    looked(page, "off")
    with house.reading() as session:
        job = session.exec(select(Mark)).all()[-1].job_id
        entry = session.exec(select(EntryRow)).all()[-1].id
    theirs = ("shifts", "pay", "tips", "payslips", "bank", "expenses", "contest", "shares", "books")
    for path in (*theirs, f"why/{job}", f"entries/{entry}"):
        answer = page.goto(f"{phone.address}/my/{path}")
        assert answer is not None
        assert answer.status == 200, path
        looked(page, path, (320,))


@ONCE
@pytest.mark.parametrize("proof", ["pin", pytest.param("photo", marks=pytest.mark.deep)])
def test_a_proof_is_given_and_a_door_fails_for_everybody(
    house: House, till: Till, phones: Any, proof: str
) -> None:
    """A code or a photo is asked for in a field a glove can hit; a photo waits for the network, small; a failed door
    says so."""
    with house.database.writing() as session:
        rules(session, house.now, proof=proof)
    (placed,) = offered(house, till, "A-1")
    house.text(SAM, "TAKE")
    house.text(SAM, "GOT")
    phone = phones()
    page = phone.open()
    field = page.locator('input[name="code"]:visible, input[name="photo"]:visible')
    box = field.bounding_box()
    assert box is not None
    assert box["height"] >= 64
    page.get_by_text("Nobody takes it").click()
    page.get_by_label("What you tried").fill("Rang twice")
    phone.press("^Could not deliver")
    expect(page.get_by_text(re.compile("Could not deliver A, .*The desk has been told"))).to_be_visible()
    looked(page, f"failed, {proof}")
    if proof == "pin":
        with house.reading() as session:
            field.fill(session.exec(select(OrderContact)).one().code)
    else:
        large = io.BytesIO()
        Image.effect_noise((3000, 2000), 60).save(large, "PNG")
        field.set_input_files([{"name": "p.png", "mimeType": "image/png", "buffer": large.getvalue()}])
        phone.context.set_offline(True)
    phone.press("^Delivered")
    if proof == "photo":
        expect(page.locator("#queue li")).to_have_count(1)
        assert state(house, till, placed) == "carried"
        phone.context.set_offline(False)
    expect(page.get_by_text("No job just now.")).to_be_visible(timeout=15_000)
    assert state(house, till, placed) == "delivered"
    if proof == "photo":
        (sent,) = (house.program.settings.data / "proofs").iterdir()
        assert sent.suffix == ".jpg"
        assert sent.stat().st_size < len(large.getvalue()) / 4


def looked(page: Page, where: str, widths: tuple[int, ...] = (320, 195)) -> None:
    """What a machine can say of a page for everybody, by light and in the dark."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page)
        assert found.violations_count == 0, f"{where}, {scheme}: {found.generate_report()}"
    for width in widths:  # a small phone; a common one at 200 %
        page.set_viewport_size({"width": width, "height": 600})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{where}: wider than {width}"
    page.set_viewport_size({"width": 390, "height": 844})
    targets = "main button:visible, main summary:visible, #queue button:visible, main .links a:visible"
    for kind, least in ((targets, 44), ("button.wide:visible", 56), ("button.big:visible", 64)):
        for target in page.locator(kind).all():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= least, f"{where}: {target.inner_text()} is {box['height']} high"
