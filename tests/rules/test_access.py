"""Every route says who may use it, and keeps everyone else out."""

import re
import typing
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from dispatch import people
from dispatch.facts import ROLES
from dispatch.tables import known
from dispatch.web import access
from tests import factories
from tests.house import House

ANYONE = ("anonymous", *ROLES)


def markers(dependant: Dependant) -> Iterator[access.Access]:
    """The access markers of a route, wherever they hang."""
    for inner in dependant.dependencies:
        if isinstance(inner.call, access.Access):
            yield inner.call
        yield from markers(inner)


def routes(app: FastAPI) -> list[RouteContext]:
    """Every route of ours."""
    return [c for c in iter_route_contexts(app.routes) if isinstance(c.original_route, APIRoute)]


def marker(route: RouteContext) -> access.Access:
    """The one marker of a route."""
    found = set(markers(route.dependant))
    assert len(found) == 1, f"{route.methods} {route.path} names {len(found)} kinds of access, not one"
    return found.pop()


@pytest.fixture
def demo(house: House) -> House:
    """A house with one person of each role."""
    with house.database.writing() as session:
        luna = factories.restaurant(session, house.now)
        for number, role in enumerate(ROLES):
            person = people.add(session, name=f"A {role}", phone=f"+447700900{800 + number}", now=house.now)
            people.grant(
                session,
                known(person.id),
                role,
                now=house.now,
                by=None,
                restaurant_id=luna.id if role == "restaurant" else None,
                vehicle="bike" if role == "rider" else None,
            )
            house.visits[role] = people.start_visit(session, known(person.id), now=house.now)
    return house


def test_every_route_names_its_access(house: House) -> None:
    """Each route has exactly one marker: a page added without one fails here."""
    listed = routes(house.app)
    assert len(listed) > 40
    for route in listed:
        assert marker(route).words


@pytest.mark.parametrize("role", ANYONE)
def test_every_route_against_every_role(demo: House, role: str) -> None:
    """Whoever lacks the role is sent to sign in or refused; whoever has it is not."""
    client = TestClient(demo.app, follow_redirects=False, base_url="http://127.0.0.1")
    token = demo.visits.get(role)
    if token:
        client.cookies.set(access.COOKIE, token)
    csrf = client.get("/me", headers={"accept": "application/json"}).json().get("csrf", "") if token else ""
    for route in routes(demo.app):
        asked = marker(route)
        if not isinstance(asked, access.Needs) or route.path.endswith("/events"):
            continue
        path = re.sub(r"{[^}]*}", "1", route.path)
        for method in sorted(route.methods or set()):
            data = {"csrf": csrf} if method == "POST" else None
            answer = client.request(method, path, data=data, headers={"accept": "application/json"})
            where = f"{role}: {method} {path} -> {answer.status_code}"
            if role == "anonymous":
                assert answer.status_code in (401, 403), where
            elif role in asked.roles:
                assert answer.status_code not in (401, 403), f"{where} {answer.text}"
            else:
                assert answer.status_code == 403, where
        if path == "/sign-out":
            with demo.database.writing() as session:  # signed out: sign in again
                who = people.by_phone(session, f"+447700900{800 + ROLES.index(role)}") if token else None
                if who is not None:
                    token = people.start_visit(session, known(who.id), now=demo.now)
                    client.cookies.set(access.COOKIE, token)
                    csrf = ""
        if token and not csrf:
            csrf = client.get("/me", headers={"accept": "application/json"}).json()["csrf"]


def test_a_key_opens_only_its_own_restaurant(house: House) -> None:
    """Restaurant A's key can neither see nor change B's order, and no key at all gets nowhere."""
    a, b = house.restaurant("Pizza Luna"), house.restaurant("Kiln")
    order = house.order(b, "B-1")
    for method, path, body in (
        ("GET", f"/v1/orders/{order['id']}", None),
        ("POST", f"/v1/orders/{order['id']}/cancel", {"reason": "mine now"}),
        ("POST", f"/v1/orders/{order['id']}/ready", None),
        ("POST", f"/v1/orders/{order['id']}/late", {"ready_at": "2026-11-20T19:00:00Z"}),
        ("POST", f"/v1/orders/{order['id']}/address", {"address": "9 Blackstock Road"}),
    ):
        assert house.client.request(method, path, json=body, headers=a.headers).status_code == 404
        assert house.client.request(method, path, json=body).status_code == 401
    assert house.client.get("/v1/orders", headers=a.headers).json()["orders"] == []
    assert len(house.client.get("/v1/orders", headers=b.headers).json()["orders"]) == 1


def calls(dependant: Dependant) -> Iterator[object]:
    """Every function a route depends on."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls(inner)


def test_who_writes_answers_for_itself(house: House) -> None:
    """A route that holds the writers' turn returns a finished answer: it must not need another thread to end."""
    writers = [r for r in routes(house.app) if access.writing in set(calls(r.dependant))]
    assert len(writers) > 20
    for route in writers:
        returned = typing.get_type_hints(route.endpoint).get("return")
        assert isinstance(returned, type), route.path
        assert issubclass(returned, Response), f"{route.path} returns {returned}"
