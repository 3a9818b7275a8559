"""The treasurer's settlements and VAT, and a restaurant's own, as people use them."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from dispatch import changes, deliveries, orders, overrides, people, places, retention
from dispatch.tables import Order, Refund, Restaurant, known
from dispatch.web.money_sections import SECTIONS
from payments import books, payees, settlements
from tests import factories
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.payments.taxed import TAXED

pytestmark = SQLITE_FIRST

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
    for words in ("08-99-99", "01234567", "FPR-0001", "The co-op pays"):
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
    missing = treasurer.get("/desk/settlements/99999")
    assert (missing.status_code, "There is no settlement 99999." in missing.text) == (404, True)
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
        assert payees.of(session, "restaurant:1") is None


BILLING = {
    "legal_name": "Pizza Luna Ltd", "address": "12 Stroud Green Road", "vat_number": "",
    "account_name": "Pizza Luna Ltd", "sort_code": "08-99-99", "account_number": "01234567",
}  # fmt: skip


def issued(week: House, treasurer: TestClient) -> int:
    """The week's settlement, issued."""
    week.move((datetime(2026, 11, 23, 0, 1, tzinfo=UTC) - week.now).total_seconds() / 60)
    with week.reading() as session:
        (row,) = settlements.listed(session)
        number = row.row_id
    press(treasurer, f"/desk/settlements/{number}/issue")
    return number


def test_restaurants_are_paid_by_a_bank_file(week: House) -> None:
    """The file pays what is issued, to the penny, is the same when asked again, and has nothing once all is paid."""
    treasurer = week.signed_in(91, "treasurer")
    number = issued(week, treasurer)
    token = csrf(treasurer)

    def file() -> tuple[int, str]:
        answer = treasurer.post("/desk/settlements/bank-file", data={"csrf": token}, headers=JSON)
        return answer.status_code, answer.text

    assert "no bank account is written down" in treasurer.get("/desk/settlements").text
    status, told = file()
    assert (status, "no restaurant that waits has a bank account" in told) == (422, True)
    press(treasurer, "/desk/settlements/restaurants/1/billing", **BILLING)
    status, text = file()
    with week.reading() as session:
        owed = settlements.get(session, number).payout_minor
    assert status == 200
    assert text.splitlines()[1:] == [
        f"PIZZA LUNA LTD,08-99-99,01234567,{owed // 100}.{owed % 100:02d},FPR-0001"
    ]
    assert file() == (200, text)
    assert "in a bank file before" in treasurer.get("/desk/settlements").text
    press(treasurer, f"/desk/settlements/{number}/paid")
    status, told = file()
    assert (status, "no settlement waits" in told) == (422, True)
    assert (
        week.signed_in(96, "member")
        .post("/desk/settlements/bank-file", data={"csrf": token}, headers=JSON)
        .status_code
        == 403
    )


def test_the_bank_account_of_a_restaurant_that_left_is_blanked(week: House) -> None:
    """It stays while a settlement is still to be paid, goes 90 days after, and the name on invoices stays."""
    treasurer = week.signed_in(91, "treasurer")
    number = issued(week, treasurer)
    press(treasurer, "/desk/settlements/restaurants/1/billing", **BILLING)
    with week.database.writing() as session:
        places.end(session, 1, by=1, reason="Closed", now=week.now)
        at = week.now + timedelta(days=90)
        assert retention.blank_accounts(session, now=at) == 0
    press(treasurer, f"/desk/settlements/{number}/paid")
    press(treasurer, f"/desk/settlements/{number}/undone", reason="No such account")
    with week.database.writing() as session:  # come back: it is still to be paid
        assert retention.blank_accounts(session, now=at) == 0
    press(treasurer, f"/desk/settlements/{number}/again")
    press(treasurer, f"/desk/settlements/{number}/paid")
    with week.database.writing() as session:
        assert retention.blank_accounts(session, now=at - timedelta(seconds=61)) == 0
        draft = settlements.SettlementRow(
            restaurant_id=1, since=at, until=at + timedelta(days=7), drafted_at=at
        )
        session.add(draft)
        session.flush()
        assert retention.blank_accounts(session, now=at) == 0
        assert retention.next_due(session, now=at) != at
        session.delete(draft)
        session.flush()
        assert retention.blank_accounts(session, now=at) == 1
        assert retention.blank_accounts(session, now=at) == 0
        held = payees.row(session, "restaurant:1")
        assert held is not None
        assert (held.holder, held.sort_code, held.account_number) == ("", "", "")
        assert places.billing(session, 1).legal_name == "Pizza Luna Ltd"


def test_a_refused_payment_is_paid_to_the_account_put_right(week: House) -> None:
    """Refused, the account corrected: the page says who changed it and when before it is paid again, and by a file."""
    treasurer = week.signed_in(91, "treasurer")
    number = issued(week, treasurer)
    home = f"/desk/settlements/{number}"
    press(treasurer, "/desk/settlements/restaurants/1/billing", **BILLING)
    assert "was changed" not in treasurer.get(home).text
    token = csrf(treasurer)
    treasurer.post("/desk/settlements/bank-file", data={"csrf": token})
    answer = treasurer.post(f"{home}/undone", data={"csrf": token, "reason": " "}, headers=JSON)
    assert (answer.status_code, "what the bank said" in answer.text) == (422, True)
    press(treasurer, f"{home}/undone", reason="The name does not fit")
    page = treasurer.get(home).text
    assert "The payment was refused: The name does not fit" in page
    assert "account ending 4567" in page
    press(treasurer, "/desk/settlements/restaurants/1/billing", **{**BILLING, "account_number": "76543210"})
    warned = "Pizza Luna: the bank account was changed on 23 November, 00:01 by Person 91. It is an account ending 3210"
    for path in (home, "/desk/settlements/restaurants/1"):
        assert warned in treasurer.get(path).text, path
    press(treasurer, f"{home}/again")
    assert warned in treasurer.get("/desk/settlements").text
    text = treasurer.post("/desk/settlements/bank-file", data={"csrf": token}).text
    assert "PIZZA LUNA LTD,08-99-99,76543210," in text
    assert press(treasurer, "/desk/settlements/file-paid", settlement=str(number)) == {"ok": True, "paid": 1}
    page = treasurer.get(home).text
    assert page.count("reference FPR-0001: set aside") == 2
    assert "refused Mon 23 Nov" in page
    assert warned not in page
    refused = treasurer.post("/desk/settlements/file-paid", data={"csrf": token}, headers=JSON)
    assert (refused.status_code, "open the page again" in refused.text) == (422, True)


def test_a_draft_speaks_to_the_treasurer(week: House) -> None:
    """The desk reads what the co-op pays whom; the restaurant is spoken to on its own page only."""
    treasurer = week.signed_in(91, "treasurer")
    number = issued(week, treasurer)
    page = treasurer.get(f"/desk/settlements/{number}").text
    assert "The co-op pays" in page
    assert "We pay you" not in page
    assert "We pay you" in restaurant_browser(week).get(f"/restaurant/settlements/{number}").text


def test_each_money_page_has_the_bar_of_all(week: House) -> None:
    """From every page of the treasurer's bar, every other one is a press away."""
    treasurer = week.signed_in(91, "treasurer")
    for path, _ in SECTIONS:
        answer = treasurer.get(path)
        assert answer.status_code == 200, path
        bar = answer.text.partition('aria-label="Money"')[2].partition("</nav>")[0]
        assert all(f'href="{to}"' in bar for to, _ in SECTIONS), path
        assert bar.count('aria-current="page"') == 1, path
