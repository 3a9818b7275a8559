"""The treasurer writes down what was paid on for others, on a page of its own."""

import re

import pytest

from payments import books
from payments.ledger import Entry, Posting
from tests.dispatch.web_browser import Browser
from tests.house import House
from tests.marks import SQLITE_FIRST

pytestmark = SQLITE_FIRST
HERE = "/desk/money/owed"


@pytest.fixture
def treasurer(house: House) -> Browser:
    """A treasurer of a co-op that withheld 12.34 of tax and charged 5.00 of VAT."""
    house.restaurant()
    with house.database.writing() as session:
        version, now = books.in_force(session, at=house.now)[0], house.now
        for key, *moves in (
            ("pay:1", ("co-op:wages", "rider:3:wages", 5_000)),
            ("pay:2", ("rider:3:wages", "payroll:income-tax", 1_234)),
            ("vat:1", ("restaurant:1", "vat:output:service", 500)),
        ):
            postings = tuple(Posting(*move) for move in moves)
            books.post(session, Entry(key, now, "Before", postings, "GBP", version, "x"), now=now)
    return Browser.of(house, 9, "treasurer")


def form(browser: Browser) -> dict[str, object]:
    """The fields a fresh page brings along, with nothing written in them."""
    page = browser.get(HERE)
    named = re.findall(r'name="account" value="([^"]+)"', page)
    (number,) = re.findall(r'name="number" value="(\d+)"', page)
    (day,) = re.findall(r'name="paid_on"[^>]* value="([^"]+)"', page)
    return {"account": named, "amount": ["" for _ in named], "number": number, "paid_on": day}


def test_a_payment_is_written_down_as_the_statement_has_it(treasurer: Browser) -> None:
    """Each account by its name with what is owed; afterwards what is left, the payment, by whom, and its entry."""
    page = treasurer.get(HERE)
    assert "Income tax (PAYE)" in page
    assert "£12.34" in page
    assert "VAT owed" in page
    sent = form(treasurer) | {
        "amount": ["10", "5.00"],
        "reclaimed": "1.50",
        "employer": "2",
        "reference": "HMRC 1",
    }
    for _ in range(2):  # a double tap
        assert treasurer.form(HERE, **sent).headers["location"] == HERE
    page = treasurer.get(HERE)
    assert page.count("£15.50 on") == 1
    assert "£2.34" in page
    assert "VAT owed" not in page.partition("So far")[0]
    told = treasurer.json(HERE)
    assert (told["owed"], told["number"]) == ({"payroll:income-tax": 234}, 2)
    money = treasurer.get("/desk/money")
    assert "VAT reclaimed on what the co-op bought" in money
    assert "All that was given was received" in money
    (entry,) = set(re.findall(r'href="(/desk/money/entries/\d+)"', page))
    assert "Remittance 1: tax, contributions and VAT paid on" in treasurer.get(entry)


def test_what_cannot_be_paid_on_is_said_in_words(treasurer: Browser) -> None:
    """A page out of date, a sum that is none, more than is owed, a day that is none: nothing is written."""
    fresh = form(treasurer) | {"reference": "HMRC"}
    for change, status, words in (
        ({"amount": ["12.35", ""]}, 422, "Income tax (PAYE): £12.34 is owed, and £12.35"),
        ({"amount": ["much", ""]}, 422, "Income tax (PAYE): write an amount like 23.50."),
        ({"amount": ["1", ""], "paid_on": "yesterday"}, 422, "write a day like"),
        ({"amount": ["1", ""], "number": "7"}, 422, "look before you go on"),
        ({"account": ["payroll:income-tax"] * 2, "amount": ["1", "1"]}, 422, "each account once"),
        ({}, 422, "Say how much of what was paid on"),
    ):
        found = treasurer.refused(HERE, **(fresh | change))
        assert found[0] == status, change
        assert words in found[1], change
    assert treasurer.json(HERE)["number"] == 1


def test_a_payment_is_taken_back_with_its_reason(house: House, treasurer: Browser) -> None:
    """Both stand in the list; and it is the treasurer's alone."""
    treasurer.send(HERE, **(form(treasurer) | {"amount": ["12.34", "5"], "reference": "HMRC"}))
    assert "Nothing is owed for others." in treasurer.get(HERE)
    assert treasurer.refused(f"{HERE}/1/back")[0] == 422
    treasurer.send(f"{HERE}/1/back", reason="the wrong year's")
    page = treasurer.get(HERE)
    assert "1 taken back" in page
    assert "the wrong year's" in page.replace("&#39;", "'")
    assert f"{HERE}/1/back" not in page
    assert treasurer.json(HERE)["owed"] == {"payroll:income-tax": 1_234, "vat:output": 500}
    desk = Browser.of(house, 10, "dispatcher")
    assert desk.refused(HERE, reference="x")[0] == 403
    assert desk.client.get(HERE).status_code == 403
