"""A rider's phone with a real browser."""

import os
import re
import shutil
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dispatch import people
from dispatch.tables import known
from tests.house import House, Till

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDS_BROWSER = [pytest.mark.browser]
if CHROMIUM is None and not os.environ.get("CI"):
    NEEDS_BROWSER.append(pytest.mark.skip(reason="needs Chromium: apt-get install chromium"))

expect.set_options(
    timeout=20_000
)  # a machine may be busy: what comes is waited for, and what is there is not

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


def offered(house: House, till: Till, *references: str, **more: Any) -> list[dict[str, Any]]:
    """These orders, and an offer of (some of) them on Sam's phone."""
    placed = [house.order(till, reference, **more) for reference in references]
    house.until_text(SAM, "TAKE")
    return placed


def state(house: House, till: Till, placed: dict[str, Any]) -> str:
    """How the restaurant sees its order."""
    found: str = house.client.get(f"/v1/orders/{placed['id']}", headers=till.headers).json()["state"]
    return found


def height(target: Locator) -> float:
    """How high something is that stays on the page, though a newer page may take its place this very moment."""
    for _ in range(20):
        box = target.bounding_box()
        if box is not None:
            return box["height"]
    raise AssertionError(f"{target} is not to be seen")
