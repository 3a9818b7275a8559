"""A rider's own money beside wages: tips one by one, expenses claimed, and the policy every member may read."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from dispatch import tipbook
from dispatch.tables import Attention, Expense, known
from payments import books, checks
from tests import factories
from tests.dispatch.web_browser import Browser
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.riders_app.test_pages import page_of

pytestmark = SQLITE_FIRST


@pytest.fixture
def sam(house: House) -> Browser:
    """A rider at their page, who has delivered one order with a tip of 2.50."""
    till, phone = house.restaurant(), house.rider(11)
    house.text(phone, "ON")
    house.ridden(till, phone, "A-1")
    return page_of(house, phone)


def test_a_rider_reads_their_own_tips_and_nobody_elses(house: House, sam: Browser) -> None:
    """The register shows my tips, not yet paid, as a page and as a file; another rider sees none of them."""
    page = sam.get("/my/tips")
    assert "A-1, Pizza Luna" in page
    assert "not yet" in page
    lines = sam.client.get("/my/tips.csv").content.decode("utf-8-sig").splitlines()
    assert ",A-1,Pizza Luna,2.50,Sam Okoye,2.50,own,,GBP," in lines[1]
    other = page_of(house, house.rider(12, "Ida"))
    assert "No tips in this time." in other.get("/my/tips")
    assert len(other.client.get("/my/tips.csv").content.splitlines()) == 1
    assert other.client.get("/my/tips?since=2026-11-20&until=2026-11-19").status_code == 422


def test_the_policy_is_written_from_the_rules(house: House) -> None:
    """A member reads whose tips are by the rules in force, and by the new ones once they hold."""
    member = Browser.of(house, 1, "member")
    page = member.get("/my/tips/policy")
    assert "A tip belongs to the rider who delivered the order" in page
    assert "Founding meeting" in page
    with house.database.writing() as session:
        text = factories.RULEBOOK.replace('tips = "own"', 'tips = "pooled"')
        factories.adopt(session, house.now, text)
    assert "shared among everyone who was on shift that day" in member.get("/my/tips/policy")
    assert "paid with the wages of the pay period" in member.json("/my/tips/policy")["policy"][2]


def test_an_expense_goes_from_claim_to_pay(house: House, sam: Browser) -> None:
    """Claimed on the page, approved by a treasurer, it is a line of the rider's pay; pressed twice it is one claim."""
    for _ in range(2):
        sam.send("/my/expenses", spent_on="2026-11-19", what="Inner tube", amount="7.50")
    sam.send("/my/expenses", spent_on="2026-11-19", what="Champagne", amount="80")
    money = Browser.of(house, 1, "treasurer")
    page = money.get("/desk/money/expenses")
    assert page.count("Inner tube</p>") == 1
    money.send("/desk/money/expenses/1/approve")
    money.send("/desk/money/expenses/1/approve")
    assert money.refused("/desk/money/expenses/1/refuse", answer="no")[0] == 409
    assert money.refused("/desk/money/expenses/2/refuse", answer=" ")[0] == 422
    money.send("/desk/money/expenses/2/refuse", answer="Not for the co-op")
    page = sam.get("/my/expenses")
    assert "approved" in page
    assert "Person 1: Not for the co-op" in page
    told = sam.json("/my/pay")
    assert [(line["what"], line["amount_minor"]) for line in told["lines"] if line["what"] == "expenses"] == [
        ("expenses", 750)
    ]
    assert "Your expense 1" in sam.get("/my/pay")


def test_an_approved_expense_is_taken_back_with_a_reason(house: House, sam: Browser) -> None:
    """A named person undoes it once, the rider reads why, the books hold; a claim not approved cannot be taken back."""
    sam.send("/my/expenses", spent_on="2026-11-19", what="Inner tube", amount="7.50")
    money = Browser.of(house, 1, "treasurer")
    back = "/desk/money/expenses/1/back"
    assert money.refused(back, reason="Twice")[0] == 409
    money.send("/desk/money/expenses/1/approve")
    assert "Take it back" in money.get("/desk/money/expenses")
    assert money.refused(back, reason=" ")[0] == 422
    assert money.refused("/desk/money/expenses/99/back", reason="Twice")[0] == 404
    for _ in range(2):
        money.send(back, reason="Claimed twice")
    assert "Taken back by Person 1: Claimed twice" in money.get("/desk/money/expenses")
    assert "Taken back: Claimed twice" in sam.get("/my/expenses")
    with house.reading() as session:
        row = session.get(Expense, 1)
        assert row is not None
        assert books.balance(session, f"rider:{row.person_id}:expenses", unit="GBP") == 0
        assert checks.findings(session, now=house.now) == []


def test_tips_not_paid_in_time_are_told_to_the_treasurer(house: House, sam: Browser) -> None:
    """A tip of November is in time until December has ended; from January on the register says what is late."""
    money = Browser.of(house, 1, "treasurer")
    with house.reading() as session:
        rules = books.in_force(session, at=house.now)[1]
        last = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
        assert tipbook.overdue(session, rules, now=last) == 0
        assert tipbook.overdue(session, rules, now=last + timedelta(minutes=1)) == 250
    assert "should have been paid by now" not in money.get("/desk/money/tips")
    with house.database.writing() as session:
        for _ in range(2):
            tipbook.tell_overdue(session, now=last + timedelta(hours=5))
        (told,) = session.exec(select(Attention).where(Attention.kind == "tips_late"))
        assert "£2.50 of tips" in told.words


def test_nobody_answers_their_own_claim(house: House) -> None:
    """A treasurer who rides cannot approve what they claimed themselves, and the page says who can."""
    both = Browser.of(house, 1, "rider", "treasurer")
    both.send("/my/expenses", what="Lock", amount="20")
    assert "somebody else must answer it" in both.get("/desk/money/expenses")
    assert both.refused("/desk/money/expenses/1/approve")[0] == 403


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"what": " "}, "Write down what it was for."),
        ({"amount": ""}, "Amount: write what you paid"),
        ({"amount": "much"}, "Amount: write an amount like 23.50."),
        ({"spent_on": "2026-11-21"}, "Day: write when you paid it"),
        ({"spent_on": "yesterday"}, "Day: write a day like"),
    ],
)
def test_a_claim_badly_written_is_refused_with_a_sentence(
    house: House, fields: dict[str, str], words: str
) -> None:
    """Each reason to refuse a claim is said so that it can be mended."""
    rider = Browser.of(house, 1, "rider")
    good = {"spent_on": "2026-11-20", "what": "Lock", "amount": "20"}
    status, said = rider.refused("/my/expenses", **(good | fields))
    assert (status, words in said) == (422, True), said


def test_the_person_is_known(house: House) -> None:
    """A claim is by whoever is signed in, never by a number in the form."""
    with house.database.writing() as session:
        other = known(factories.person(session, house.now, 2, "rider").id)
    rider = Browser.of(house, 1, "rider")
    rider.send("/my/expenses", what="Lock", amount="20", person_id=other)
    assert "Lock" in rider.get("/my/expenses")
