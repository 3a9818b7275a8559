"""The treasurer's pages: from an account to its lines to their entries, the evening's figures, and the checks."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from infra import health, jobs, rounds
from infra.migrations import head
from payments import books
from payments.ledger import Entry, Posting
from tests.dispatch.web_browser import JSON, Browser
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.payments.lived import delivered

pytestmark = SQLITE_FIRST


@pytest.fixture
def lived(house: House) -> Browser:
    """A treasurer after an evening of two orders and a shift."""
    luna = house.restaurant()
    sam = house.rider(1)
    house.text(sam, "ON")
    delivered(house, luna, sam, "A-1")
    delivered(house, luna, sam, "A-2", "account")
    house.text(sam, "OFF")
    house.move(5)
    return Browser.of(house, 9, "treasurer")


def links(page: str, prefix: str) -> set[str]:
    return set(re.findall(rf'href="({prefix}[^"]*)"', page))


def refused(browser: Browser, path: str, status: int) -> str:
    answer = browser.client.get(path)
    assert answer.status_code == status
    text: str = answer.text
    return text


def test_every_penny_is_followed_to_its_entry(house: House, lived: Browser) -> None:
    """From the trial balance every account opens, and from each account every entry behind it, and back."""
    accounts = links(lived.get("/desk/money"), "/desk/money/accounts/")
    assert "/desk/money/accounts/rider:1:tips" in accounts
    entries: set[str] = set()
    for address in accounts:
        page = lived.get(address)
        entries |= links(page, "/desk/money/entries/")
        told = lived.json(address)
        assert sum(line["amount"] for line in told["lines"]) == told["balance"] == told["lines"][0]["balance"]
    with house.database.reading() as session:
        assert len(entries) == books.head(session)[0]
    for address in entries:
        page = lived.get(address)
        told = lived.json(address)
        assert told["hash"] in page
        assert told["rulebook"] in page
        assert {f"/desk/money/accounts/{each['source']}" for each in told["postings"]} <= links(page, "/desk")


def test_accounts_are_grouped_by_the_parts_of_their_names(lived: Browser) -> None:
    """All accounts gather by kind, a kind by whose, and sums agree with the trial balance; an unknown one is told."""
    groups = lived.json("/desk/money/accounts")["groups"]
    trial = lived.json("/desk/money")["accounts"]
    assert sum(amount for name, amount in groups.items() if name.endswith(" GBP")) == 0
    assert groups["rider GBP"] == sum(each for name, each in trial.items() if name.startswith("rider:"))
    assert "/desk/money/accounts/rider:1" in links(lived.get("/desk/money/accounts/rider"), "/desk")
    assert "/desk/money/accounts/rider:1:wages" in links(lived.get("/desk/money/accounts/rider:1"), "/desk")
    assert "no account called nobody" in refused(lived, "/desk/money/accounts/nobody", 404)
    assert "no entry 99999" in refused(lived, "/desk/money/entries/99999", 404)


def test_accounts_that_are_alike_are_one_line(house: House, lived: Browser) -> None:
    """Two riders' wages are a line of the trial balance, which opens them one by one, those at nought last."""
    kim = house.rider(2)
    house.text(kim, "ON")
    house.move(30)
    house.text(kim, "OFF")
    house.move(5)
    page = lived.get("/desk/money")
    assert "/desk/money/accounts/rider:*:wages" in links(page, "/desk/money/accounts/")
    assert "/desk/money/accounts/rider:1:wages" not in page
    assert "/desk/money/accounts/rider:1:tips" in page, "one alone stands for itself"
    held = lived.json("/desk/money/accounts/rider:*:wages")["accounts"]
    trial = lived.json("/desk/money")["accounts"]
    wages = {name: each for name, each in trial.items() if name.endswith(":wages") and name[:5] == "rider"}
    assert {each["account"]: each["balance"] for each in held} == wages
    mine = next(name for name in wages if name != "rider:1:wages")
    page = lived.get("/desk/money/accounts/rider:*:wages")
    assert "Riders: wages" in page
    assert f"/desk/money/accounts/{mine}?unit=GBP" in links(page, "/desk/money/accounts/")
    assert "nothing stands now" not in page
    with house.database.writing() as session:
        moved = Posting(mine, "outside:bank", wages[mine])
        version = books.versions(session)[0].version
        entry = Entry("by hand:2", house.now, "Paid by hand", (moved,), "GBP", version, "person:2")
        books.post(session, entry, now=house.now)
    page = lived.get("/desk/money/accounts/rider:*:wages")
    assert mine not in page
    assert "1 more, where nothing stands now" in page
    assert mine in lived.get("/desk/money/accounts/rider:*:wages?nought=1")
    assert "no accounts like rider:*:gold" in refused(lived, "/desk/money/accounts/rider:*:gold", 404)


def test_the_evening_is_what_the_books_say(house: House, lived: Browser) -> None:
    """Orders, hours, income and cost of the evening are those on the accounts, and the trend has the same evening."""
    told = lived.json("/desk/money/evening/2026-11-20")
    trial = lived.json("/desk/money")["accounts"]
    assert told["orders"] == 2
    assert told["commission_minor"] == trial["co-op:commission"]
    assert told["wages_minor"] == -trial["co-op:wages"]
    assert told["holiday_minor"] == -trial["co-op:holiday"]
    assert told["orders_per_hour"] == pytest.approx(120 / told["minutes"], abs=1e-4)
    cost = 60 * (told["wages_minor"] + told["holiday_minor"]) / told["minutes"]
    assert told["break_even"] == pytest.approx(cost / told["income_per_order"], abs=1e-3)
    assert lived.json("/desk/money/evenings")["evenings"] == [told]
    page = lived.get("/desk/money/evenings")
    assert "/desk/money/evening/2026-11-20" in links(page, "/desk")
    assert "<svg" in page
    assert "break-even" in lived.get("/desk/money/evening/2026-11-20")
    assert "Nothing was delivered" in lived.get("/desk/money/evening/2026-11-10")
    assert "write it like 2026-11-20" in refused(lived, "/desk/money/evening/friday", 422)


def test_the_night_reads_the_books_and_says_what_it_found(house: House, lived: Browser) -> None:
    """At four the books are read; what is wrong stands on the page, on tonight's page and on the health page."""
    with house.database.writing() as session:  # a house of tests is made from the models, not migrated
        session.connection().execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        session.connection().execute(text(f"INSERT INTO alembic_version VALUES ('{head()}')"))
    assert "not read by night yet" in lived.get("/desk/money/checks")
    house.move(14 * 60)
    assert "in order when they were read last" in lived.get("/desk/money/checks")
    assert not any("The books" in each for each in health.examine(house.program).findings)
    with house.database.writing() as session:
        session.connection().execute(
            text("UPDATE account_balance SET received = received + 1 WHERE account = 'co-op:commission'")
        )
    house.move(24 * 60)
    told = lived.json("/desk/money/checks")
    assert [(each["rule"], each["entry"]) for each in told["findings"]] == [("sum", None)]
    page = lived.get("/desk/money/checks")
    assert "co-op:commission is kept as" in page
    assert any("The books were read" in each for each in health.examine(house.program).findings)
    desk = Browser.of(house, 8, "administrator")
    assert "The books were read by night" in desk.get("/desk")
    assert desk.client.get("/healthz").status_code != 200
    with house.database.writing() as session:
        books.sums.rebuild(session)
    house.move(24 * 60)
    assert lived.json("/desk/money/checks")["findings"] == []
    assert "The books were read by night" not in desk.get("/desk")


def test_a_night_missed_is_made_up_once(house: House, lived: Browser) -> None:
    """After days without a worker the books are read once, and then the next night again."""
    job = next(each for each in jobs.JOBS if each.name == "check")
    later = house.now + timedelta(days=3)
    assert jobs.is_due(house.program, job, later)
    assert rounds.check(house.program, later)
    assert not jobs.is_due(house.program, job, later)
    assert jobs.is_due(house.program, job, later + timedelta(days=1))


def test_only_the_treasurer_looks(house: House) -> None:
    """A dispatcher, a rider and a member are refused every one of these pages."""
    for number, role in ((2, "dispatcher"), (3, "rider"), (5, "member")):
        browser = house.signed_in(number, role)
        for path in ("accounts", "accounts/rider", "entries/1", "evenings", "evening/2026-11-20", "checks"):
            assert browser.get(f"/desk/money/{path}", headers=JSON).status_code == 403
