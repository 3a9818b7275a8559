"""A real browser for whoever needs one, and the house behind a real socket."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from tests.flow.phone import CHROMIUM, SAM, Phone
from tests.house import House, Till

QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture
def served(house: House) -> Iterator[str]:
    """The house behind a real socket; the answer is its address."""
    config = uvicorn.Config(house.app, host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


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
