"""The rider's page in a real browser: without script, with it, out of reach, installed, and for everybody's eyes."""

import io
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect
from sqlmodel import select

from dispatch.tables import Mark, OrderContact
from infra.app import MOST_BYTES
from payments.tables import EntryRow
from tests.dispatch.evening_steps import rules
from tests.flow.phone import NEEDS_BROWSER, ONCE, SAM, height, offered, state
from tests.house import House, Till
from tests.marks import SQLITE_FIRST

pytestmark = NEEDS_BROWSER


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
        assert height(large) >= 64
        house.move(2)  # less than an offer lasts: the page would take it away by itself
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
    assert height(field) >= 64
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
            high = height(target)
            assert high >= least, f"{where}: {target.inner_text()} is {high} high"
