"""The treasurer's settlements and VAT, and a restaurant's own, as people use them."""

import re
from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from dispatch import changes, deliveries, orders, overrides, people, places
from dispatch.tables import Order, Refund, Restaurant, known
from payments import books, settlements
from tests import factories
from tests.house import House
from tests.payments.taxed import TAXED

JSON = {"accept": "application/json"}


@pytest.fixture
def week(house: House) -> House:
    """A registered co-op's week with one restaurant: an order by card with a refund, one on account, one cancelled."""
    with house.database.writing() as session:
        books.adopt(session, TAXED, effective_on=date(2026, 5, 1), resolution="Registered", now=house.now)
        luna = factories.restaurant(session, house.now)
        rider = factories.rider(session, house.now)
        desk = known(factories.person(session, house.now, 90, "dispatcher", name="Desk Person").id)
        for reference, by in (("A-1", "card"), ("A-2", "account")):
            made = factories.order(session, house.now, luna, reference, paid_by=by)
            job = overrides.assign(session, made, rider.person_id, by=desk, now=house.now)
            deliveries.got(session, rider.person_id, job.number, now=house.now)
            deliveries.done(session, rider.person_id, job.number, now=house.now)
            session.flush()
        first = session.exec(select(Order).where(Order.external_id == "A-1")).one()
        orders.refund(
            session, first, amount_minor=500, liable="restaurant", reason="Cold", by=desk, now=house.now
        )
        made = factories.order(session, house.now, luna, "A-3", ready_min=10)
        changes.cancel(session, made, reason="Ill", by=desk, now=house.now)
    return house


def csrf(browser: TestClient) -> str:
    token: str = browser.get("/me", headers=JSON).json()["csrf"]
    return token


def press(browser: TestClient, path: str, **fields: str) -> object:
    answer = browser.post(path, data={"csrf": csrf(browser), **fields}, headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json()


def restaurant_browser(house: House) -> TestClient:
    """Somebody who speaks for the restaurant."""
    with house.database.writing() as session:
        who = factories.person(session, house.now, 95, name="Luna Bianchi")
        luna = session.exec(select(Restaurant)).first()
        assert luna is not None
        people.grant(session, known(who.id), "restaurant", now=house.now, by=None, restaurant_id=luna.id)
        token = people.start_visit(session, known(who.id), now=house.now)
    browser = TestClient(house.app, base_url="http://127.0.0.1")
    browser.cookies.set("pannier", token)
    return browser


def test_a_week_from_draft_to_paid(week: House) -> None:
    """The job drafts it on Monday, the treasurer issues it and says it is paid, the restaurant reads its invoice."""
    week.move((datetime(2026, 11, 23, 0, 1, tzinfo=UTC) - week.now).total_seconds() / 60)
    treasurer, luna = week.signed_in(91, "treasurer"), restaurant_browser(week)
    with week.reading() as session:
        (row,) = settlements.listed(session)
        number = row.row_id
    page = treasurer.get("/desk/settlements").text
    assert "Pizza Luna" in page
    assert "Draft" in page
    assert luna.get(f"/restaurant/settlements/{number}").status_code == 404
    treasurer.post(
        "/desk/settlements/restaurants/1/billing",
        data={
            "csrf": csrf(treasurer), "legal_name": "Pizza Luna Ltd", "address": "12 Stroud Green Road\nLondon N4 2DF",
            "vat_number": "", "account_name": "Pizza Luna Ltd", "sort_code": "08-99-99", "account_number": "01234567",
        },
    )  # fmt: skip
    assert press(treasurer, f"/desk/settlements/{number}/issue") == {
        "ok": True,
        "number": "FPR-0001",
        "state": "issued",
    }
    page = treasurer.get(f"/desk/settlements/{number}").text
    for words in ("08-99-99", "01234567", "FPR-0001", "We pay you"):
        assert words in page
    invoice = luna.get(f"/restaurant/settlements/{number}/invoice.pdf")
    assert (invoice.status_code, invoice.content[:5]) == (200, b"%PDF-")
    lines = luna.get(f"/restaurant/settlements/{number}/lines.csv").text
    assert "A-1" in lines
    assert "A-2" in lines
    assert press(treasurer, f"/desk/settlements/{number}/paid") == {"ok": True, "state": "paid"}
    assert press(treasurer, f"/desk/settlements/{number}/close") == {"ok": True, "state": "closed"}
    assert "FPR-0001" in luna.get("/restaurant/settlements").text
    stranger = week.signed_in(96, "member")
    assert stranger.get(f"/restaurant/settlements/{number}", headers=JSON).status_code == 403


def test_charges_and_bank_accounts_are_checked(week: House) -> None:
    """A sort code of five digits, a service without a reason, a quarter that is none: each is told in a sentence."""
    treasurer = week.signed_in(91, "treasurer")
    token = csrf(treasurer)
    for path, fields, words in (
        ("billing", {"sort_code": "12345"}, "six digits"),
        ("billing", {"sort_code": "089999", "account_number": "1234567"}, "eight digits"),
        ("billing", {"sort_code": "089999", "account_number": "12345678"}, "all three"),
        ("adjust", {"kind": "service", "amount": "15"}, "what it is for"),
        ("adjust", {"kind": "service", "amount": "", "reason": "Bags"}, "no amount"),
    ):
        answer = treasurer.post(
            f"/desk/settlements/restaurants/1/{path}", data={"csrf": token, **fields}, headers=JSON
        )
        assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert treasurer.get("/desk/vat?quarter=autumn", headers=JSON).status_code == 422
    press(
        treasurer,
        "/desk/settlements/restaurants/1/adjust",
        kind="debit",
        amount="2.00",
        reason="Twice",
        number="1",
    )
    with week.reading() as session:
        assert "restaurant:1:corrected:1" in [each.key for each in books.about(session, "restaurant:1")]


def test_the_vat_page_adds_up(week: House) -> None:
    """The quarter's boxes are the books' VAT, and each figure opens its entries; the CSV has the same."""
    treasurer = week.signed_in(91, "treasurer")
    page = treasurer.get("/desk/vat?quarter=2026-11").text
    with week.reading() as session:
        owed = sum(books.balances(session, "vat:output").values())
    assert f"£{owed // 100}.{owed % 100:02d}" in page
    assert 'id="commission-2000"' in page
    rows = [
        row.split(",") for row in treasurer.get("/desk/vat/return.csv?quarter=2026-11").text.splitlines()[1:]
    ]
    assert sum(round(float(row[6]) * 100) for row in rows) == owed
    assert re.search(r"1 October to 31 December 2026", page)


def test_what_goes_back_by_card_is_a_row(week: House) -> None:
    """A cancelled order paid by card has one refund row of what goes back, and the books what its stage costs."""
    with week.reading() as session:
        order = session.exec(select(Order).where(Order.external_id == "A-3")).one()
        (row,) = session.exec(select(Refund).where(Refund.order_id == known(order.id))).all()
        assert (row.kind, row.amount_minor, row.liable) == (
            "cancelled",
            order.value_minor + order.fee_minor + 250,
            "co-op",
        )
        assert row.entry_id is not None  # it was cooking: half the food is paid
        assert books.about(session, f"order:{order.id}")[0].postings == (
            ("co-op:refunds", "restaurant:1", 1000),
        )
        assert places.billing(session, 1).account_number == ""
