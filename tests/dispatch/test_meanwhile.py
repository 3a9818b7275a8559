"""What changes while an address is being looked up, with no transaction open, still counts when it is found."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from dispatch import places
from dispatch.facts import Point
from dispatch.places.geocoding import Found
from dispatch.tables import Order, Restaurant
from infra.database import Database
from infra.presence import tell_workers
from tests import factories
from tests.dispatch.web_browser import Browser
from tests.house import House, each, order_body


@dataclass
class Meanwhile:
    """An address service that takes its time: something happens before it answers, the first time it is asked."""

    point: Point
    happens: Callable[[], object]

    def find(self, address: str) -> Found:
        """Always that point."""
        happens, self.happens = self.happens, lambda: None
        happens()
        return Found(self.point, address, False)


@pytest.fixture
def desk(house: House) -> Browser:
    """A dispatcher at the desk."""
    return Browser.of(house, 1, "dispatcher")


def stands(house: House, restaurant_id: int) -> Restaurant:
    """A restaurant as its row is."""
    with house.reading() as session:
        return places.get(session, restaurant_id)


def test_two_dispatchers_change_a_restaurant_at_once(house: House, desk: Browser) -> None:
    """What one did not send stays as the other has written it meanwhile, and an address keeps its own place."""
    till, other = house.restaurant(), Browser.of(house, 2, "dispatcher")
    path = f"/desk/restaurants/{till.id}/change"
    was = stands(house, till.id)
    house.program.geocoder = Meanwhile(
        factories.BLACKSTOCK, lambda: other.send(path, phone="020 7946 0999", name="Luna")
    )
    desk.send(path, address="10 Blackstock Road")
    now = stands(house, till.id)
    assert (now.name, now.phone, now.address) == ("Luna", "020 7946 0999", "10 Blackstock Road")
    assert Point(now.lat, now.lon) == factories.BLACKSTOCK
    house.program.geocoder = Meanwhile(Point(was.lat, was.lon), lambda: other.send(path, name="Luna Rossa"))
    desk.send(path, address=was.address)
    assert stands(house, till.id).name == "Luna Rossa"


def test_a_restaurant_that_leaves_meanwhile_orders_nothing(house: House, desk: Browser) -> None:
    """An order whose address was still looked up when its restaurant left is refused, as the next one would be."""
    till = house.restaurant()
    house.program.geocoder = Meanwhile(
        factories.HANLEY, lambda: desk.send(f"/desk/restaurants/{till.id}/end", reason="Sold")
    )
    body = order_body(house.now, "A-1") | {"dropoff": {"address": "5 Hanley Road"}}
    assert house.client.post("/v1/orders", json=body, headers=till.headers).status_code == 401
    with house.reading() as session:
        assert list(each(session, Order)) == []


def test_a_restaurant_that_moves_meanwhile_is_collected_from_where_it_is(house: House, desk: Browser) -> None:
    """Food is collected from where its restaurant is when the order is taken in, not when it was asked for."""
    till = house.restaurant()
    there = {"lat": str(factories.BLACKSTOCK.lat), "lon": str(factories.BLACKSTOCK.lon)}
    house.program.geocoder = Meanwhile(
        factories.HANLEY, lambda: desk.send(f"/desk/restaurants/{till.id}/change", **there)
    )
    house.order(till, "A-1", dropoff={"address": "5 Hanley Road"})
    with house.reading() as session:
        (order,) = each(session, Order)
    assert Point(order.pickup_lat, order.pickup_lon) == factories.BLACKSTOCK


def test_what_is_committed_is_answered_as_such(house: House) -> None:
    """An order is taken in, and its till told so, though the other processes' workers cannot be nudged just then."""
    nowhere = Database.open("postgresql://127.0.0.1:1/nowhere")
    house.program.on_nudge = lambda: tell_workers(nowhere)
    house.order(house.restaurant(), "A-1")
    nowhere.close()
