"""Many at once: more writers than threads, and none of them waits for a thread that waits for them."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
import uvicorn

from tests.house import House


@pytest.fixture
def served(house: House) -> Iterator[str]:
    """The house behind a real socket."""
    server = uvicorn.Server(uvicorn.Config(house.app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def test_sixty_tills_at_once(house: House, served: str) -> None:
    """Sixty calls that write, at one moment, are all answered, and in seconds."""
    till = house.restaurant()
    placed = [house.order(till, f"A-{n}") for n in range(4)]
    client = httpx2.Client(
        base_url=served, headers=till.headers, timeout=50, limits=httpx2.Limits(max_connections=80)
    )

    def press(n: int) -> int:
        return client.post(f"/v1/orders/{placed[n % 4]['id']}/ready").status_code

    began = time.monotonic()
    with ThreadPoolExecutor(60) as pool:
        statuses = Counter(pool.map(press, range(60)))
    client.close()
    assert statuses == {200: 60}
    assert time.monotonic() - began < 25  # a writer that waits for a thread used to hold all up for a minute
