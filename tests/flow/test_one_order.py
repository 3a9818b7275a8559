"""One order's way through every room, over HTTP and text messages."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from payments import books, checks
from tests.house import House


def test_an_order_rides_by_text_message(house: House) -> None:
    """Order by HTTP, offer by text, TAKE, GOT, DONE, and the entry is in the books in the same transaction."""
    luna = house.restaurant()
    sam = house.rider(1)
    assert "18:00" in house.text(sam, "on")[0]
    placed = house.order(luna, "A-1")
    assert placed["state"] == "waiting"
    link = house.until_text("+447700900500", "/t/")
    offer = house.until_text(sam, "TAKE")
    number = re.search(r"TAKE (\d+)", offer)
    assert number is not None
    assert "Pizza Luna" in offer
    taken = house.text(sam, f"take {number[1]}")[0]
    assert "A-1" in taken
    house.move(8)
    got = house.text(sam, "got")[0]
    assert "Flat 3" in got
    assert "A-1" in got
    seen = house.client.get(f"/v1/orders/{placed['id']}", headers=luna.headers).json()
    assert (seen["state"], seen["rider"]) == ("carried", "Sam")
    house.move(6)
    assert "A-1" in house.text(sam, f"DONE {number[1]}")[0]
    seen = house.client.get(f"/v1/orders/{placed['id']}", headers=luna.headers).json()
    assert (seen["state"], seen["payment"]) == ("delivered", "booked")
    with house.database.reading() as session:
        assert books.balance(session, f"restaurant:{luna.id}", unit="GBP") == 1700
        assert checks.findings(session) == []
    page = house.client.get(link[link.index("/t/") :].split()[0])
    assert page.status_code == 200
    assert "Sam" not in page.text
    off = house.text(sam, "OFF")[0]
    assert re.search(r"\d+:\d\d|\d+ ?h", off)


def test_time_is_let_pass_by_hand(house: House) -> None:
    """Whoever plays with the sandbox phones lets minutes pass; no other site's form may, and none outside a demo."""
    before = house.now
    page = house.client.get("/sandbox/phones")
    assert "/sandbox/clock/pass" in page.text
    answer = house.client.post("/sandbox/clock/pass", data={"minutes": "5"}, follow_redirects=False)
    assert answer.status_code == 303
    assert (house.now - before).total_seconds() == 300
    strange = {"origin": "https://elsewhere.example"}
    refused = house.client.post("/sandbox/clock/pass", data={"minutes": "5"}, headers=strange)
    assert refused.status_code == 403


def test_two_hands_on_the_clock(house: House) -> None:
    """The clock moved from two sides at once moves without a fault, and never backwards."""
    start = house.now

    def push(seconds: int) -> int:
        to = (start + timedelta(seconds=seconds)).isoformat()
        return house.client.post("/sandbox/clock", json={"to": to}).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(push, [30, 10, 60, 20, 50, 40, 60, 60]))
    assert statuses == [200] * 8
    assert house.now == start + timedelta(seconds=60)
