"""The restaurants' API: each way to ask wrongly has its own clear answer, and nothing is kept of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from dispatch.tables import Order, OrderContact
from tests import factories
from tests.house import House, Till, each, order_body


@pytest.fixture
def till(house: House) -> Till:
    """A restaurant's till."""
    return house.restaurant()


def refused(house: House, till: Till, status: int, slug: str, **change: Any) -> str:
    """Post a changed order that must be refused; the sentence it was refused with."""
    answer = house.client.post("/v1/orders", json=order_body(house.now, "A-1") | change, headers=till.headers)
    told = answer.json()
    assert (answer.status_code, told["type"]) == (status, f"/problems/{slug}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    with house.database.reading() as session:
        assert list(each(session, Order)) == []
    sentence: str = told["detail"]
    return sentence


def test_each_refusal_says_what_to_do(house: House, till: Till) -> None:
    """Out of zone, unknown street, closed, bad time, bad phone, no money: each has its own sentence."""
    far = {"point": {"lat": 51.50, "lon": -0.12}, "address": "Big Ben"}
    assert "zones are Finsbury Park" in refused(house, till, 422, "out-of-zone", dropoff=far)
    assert "point" in refused(house, till, 422, "address-not-found", dropoff={"address": "1 Nowhere Row"})
    past = (house.now - timedelta(hours=1)).isoformat()
    assert "in the past" in refused(house, till, 422, "impossible-time", ready_at=past)
    far_off = (house.now + timedelta(days=3)).isoformat()
    assert "nearer its time" in refused(house, till, 422, "impossible-time", ready_at=far_off)
    night = (house.now + timedelta(hours=8)).isoformat()
    assert "hours" in refused(house, till, 422, "closed", ready_at=night)
    bad = {"name": "Ana", "phone": "020 7946 0000"}
    assert "07700 900123" in refused(house, till, 422, "bad-phone", customer=bad)
    assert "value_minor" in refused(house, till, 422, "invalid", value_minor=12.5)
    assert "tip_minor" in refused(house, till, 422, "invalid", tip_minor=-1)
    assert "card_reference" in refused(house, till, 422, "bad-input", paid_by="account")
    assert "ready_at" in refused(house, till, 422, "invalid", ready_at="2026-11-20T18:40:00")
    assert "surprise" in refused(house, till, 422, "invalid", surprise=1)


def test_what_is_no_json_is_told_where_it_stops(house: House, till: Till) -> None:
    """A body cut short is refused in words about the body, not about a field called by a number."""
    headers = till.headers | {"content-type": "application/json"}
    answer = house.client.post("/v1/orders", content='{"value_minor": ', headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body"
    assert "no JSON from character" in answer.json()["detail"]


def test_the_same_request_twice(house: House, till: Till) -> None:
    """Same key and body get the same answer and one order; another body under the key is refused."""
    headers = till.headers | {"idempotency-key": "till-1-0001"}
    body = order_body(house.now, "A-1")
    first = house.client.post("/v1/orders", json=body, headers=headers)
    again = house.client.post("/v1/orders", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = house.client.post("/v1/orders", json=body | {"value_minor": 1}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/key-reused")
    twin = house.client.post("/v1/orders", json=body, headers=till.headers)
    assert (twin.status_code, twin.json()["type"]) == (409, "/problems/external-id-taken")
    assert first.json()["id"] in twin.json()["detail"]
    with house.database.reading() as session:
        assert len(list(each(session, Order))) == 1


def test_a_quote_is_what_the_order_then_costs(house: House, till: Till) -> None:
    """Quote and order agree on fee, zone, distance and promise; a quote keeps nothing."""
    body = order_body(house.now, "A-1")
    asked = {"dropoff": body["dropoff"], "ready_at": body["ready_at"]}
    quoted = house.client.post("/v1/quotes", json=asked, headers=till.headers).json()
    placed = house.order(till, "A-1")
    for field in ("fee_minor", "zone", "distance_m", "promise_at"):
        assert quoted[field] == placed[field]


def test_an_address_alone_is_found_and_called_approximate(house: House, till: Till) -> None:
    """A street of the list is found without a point, abbreviations and all, and marked approximate."""
    placed = house.order(till, "A-1", dropoff={"address": "14b tollington pk, N4"})
    assert placed["approximate"] is True
    assert 0 < placed["distance_m"] < 2000


def test_pages_of_orders(house: House, till: Till) -> None:
    """The list runs newest first, page by page, without gaps or repeats."""
    for n in range(5):
        house.order(till, f"A-{n}")
    seen: list[str] = []
    cursor = None
    while True:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        page = house.client.get(f"/v1/orders{query}", headers=till.headers).json()
        seen += [o["external_id"] for o in page["orders"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["A-4", "A-3", "A-2", "A-1", "A-0"]


def test_another_address(house: House, till: Till) -> None:
    """It goes elsewhere within the zones, fee and promise as they were; too far or too late it does not."""
    placed = house.order(till, "A-1")
    path = f"/v1/orders/{placed['id']}/address"
    there = {"lat": factories.BLACKSTOCK.lat, "lon": factories.BLACKSTOCK.lon}
    for _ in range(2):
        told = house.client.post(
            path, json={"address": "9 Blackstock Road", "point": there}, headers=till.headers
        )
        assert told.status_code == 200
    moved = told.json()
    assert moved["distance_m"] != placed["distance_m"]
    same = ("id", "state", "fee_minor", "promise_at")
    assert [moved[name] for name in same] == [placed[name] for name in same]
    with house.reading() as session:
        who = session.exec(select(OrderContact)).one()
        assert (who.address, who.flat, who.note) == ("9 Blackstock Road", "", "")
    far = house.client.post(path, json={"point": {"lat": 48.8, "lon": 2.3}}, headers=till.headers)
    assert (far.status_code, far.json()["type"]) == (422, "/problems/out-of-zone")
    assert house.client.post(path, json={"flat": "2"}, headers=till.headers).status_code == 422
    house.client.post(f"/v1/orders/{placed['id']}/cancel", json={"reason": "rang"}, headers=till.headers)
    late = house.client.post(path, json={"point": there}, headers=till.headers)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/wrong-state")


def test_late_ready_and_cancel(house: House, till: Till) -> None:
    """A late kitchen moves the promise, ready ends the wait, cancel is once and for all."""
    placed = house.order(till, "A-1")
    path = f"/v1/orders/{placed['id']}"
    later = (house.now + timedelta(minutes=30)).isoformat()
    moved = house.client.post(f"{path}/late", json={"ready_at": later}, headers=till.headers).json()
    assert moved["promise_at"] > placed["promise_at"]
    ready = house.client.post(f"{path}/ready", headers=till.headers).json()
    assert (ready["kitchen"], ready["ready_at"][:16]) == ("ready", house.now.isoformat()[:16])
    for _ in range(2):
        gone = house.client.post(f"{path}/cancel", json={"reason": "rang"}, headers=till.headers)
        assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")
    too_late = house.client.post(f"{path}/ready", headers=till.headers)
    assert (too_late.status_code, too_late.json()["type"]) == (409, "/problems/wrong-state")


def test_a_large_body_is_refused(house: House, till: Till) -> None:
    """More than anyone needs to send is refused before it is read."""
    answer = house.client.post("/v1/orders", content=b"x" * 300_000, headers=till.headers)
    assert answer.status_code == 413


def test_no_order_while_the_desk_has_stopped_them(house: House, till: Till) -> None:
    """The desk's switch refuses new orders with its reason and its end, and lets them in again."""
    desk = house.signed_in(90, "dispatcher")
    csrf = desk.get("/me", headers={"accept": "application/json"}).json()["csrf"]
    form = {"csrf": csrf, "minutes": "30", "reason": "snow on the hill"}
    assert desk.post("/desk/pause", data=form, headers={"accept": "application/json"}).status_code == 200
    assert "snow on the hill" in refused(house, till, 503, "paused")
    desk.post("/desk/resume", data={"csrf": csrf}, headers={"accept": "application/json"})
    assert house.order(till, "A-1")["state"] == "waiting"
