"""Payday from the shift's end to the payslip, through the pages."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dispatch import people
from dispatch.tables import known
from tests.house import House
from tests.marks import SQLITE_FIRST

pytestmark = SQLITE_FIRST

TREASURER, SECOND = 801, 802


def ridden(house: House) -> tuple[TestClient, int]:
    """An evening of one rider and one order; the rider's browser and number."""
    luna, sam = house.restaurant(), house.rider(1, "Zoë Łukasz")
    house.text(sam, "ON")
    house.order(luna, "A-1")
    number = re.search(r"TAKE (\d+)", house.until_text(sam, "TAKE"))
    assert number is not None
    house.text(sam, f"TAKE {number[1]}")
    house.text(sam, f"GOT {number[1]}")
    house.text(sam, f"DONE {number[1]}")
    house.move(60)
    house.text(sam, "OFF")
    with house.database.writing() as session:
        found = people.by_phone(session, sam)
        assert found is not None
        token = people.start_visit(session, known(found.id), now=house.now)
    browser = TestClient(house.app, base_url="http://127.0.0.1")
    browser.cookies.set("pannier", token)
    return browser, known(found.id)


def to_monday(house: House) -> None:
    """Until the pay period is over."""
    house.move(3 * 24 * 60)


def send(browser: TestClient, path: str, *, files: Any = None, **data: Any) -> Any:
    """Post a form as its page would, and what the page after it is."""
    csrf = browser.get("/me", headers={"accept": "application/json"}).json()["csrf"]
    return browser.post(path, data={"csrf": csrf, **data}, files=files)


def facts(browser: TestClient, path: str) -> Any:
    answer = browser.get(path, headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_payday(house: House) -> None:
    """A rider's evening is drawn up, deducted, approved, paid through the bank, closed, and read by the rider."""
    rider, number = ridden(house)
    treasurer = house.signed_in(TREASURER, "treasurer")
    to_monday(house)
    enters_account(house, rider)
    home, gross = deducted(treasurer, number)
    assert facts(rider, "/my/payslips") == {"payslips": []}
    assert rider.get(f"/my/payslips/{home.rsplit('/', 1)[-1]}").status_code == 404
    net = gross + 250 - 175
    paid(treasurer, home, number, net)
    _read(rider, treasurer, home, number, net)


def enters_account(house: House, rider: Any) -> None:
    """Where the pay goes, badly written first; whoever did not do that hears of it."""
    answer = send(rider, "/my/bank", holder="Zoë Łukasz", sort_code="123", number="12345678")
    assert (answer.status_code, "six digits" in answer.text) == (422, True)
    answer = send(rider, "/my/bank", holder="Zoë Łukasz", sort_code="12-34-56", number="12345678")
    assert "account ending 5678" in answer.text
    told = [each["body"] for each in house.move(1)]
    assert len(told) == 1
    assert "account ending 5678: entered by you" in told[0]
    assert "12345678" not in told[0]
    assert "123456" not in told[0].replace("-", "")


def deducted(treasurer: Any, number: int) -> tuple[str, int]:
    """The run drawn up and the bureau's answer taken in, wrong first: its page, and the gross pay."""
    page = treasurer.get("/desk/pay").text
    since = re.findall(r'<option value="([^"]+)"', page)[1]
    run = send(treasurer, "/desk/pay", on=since)
    home = str(run.url.path)
    assert "The deductions of 1 of 1 are not in" in run.text
    assert "12345678" not in run.text
    assert "take in the payroll bureau" in send(treasurer, f"{home}/approve").text
    gross = facts(treasurer, home)["gross_minor"]
    wrong = f"person,kind,amount\n{number},income-tax,9999.00\n77,pension,1\n"
    refused = send(treasurer, f"{home}/deductions", files={"file": ("answer.csv", wrong)})
    assert refused.status_code == 422
    assert all(f"line {place}:" in refused.text for place in (2, 3))
    empty = treasurer.get(f"{home}/files/deductions.csv")
    taken = send(treasurer, f"{home}/deductions", files={"file": ("answer.csv", empty.content)})
    assert "deductions of everybody are in" in taken.text
    send(
        treasurer,
        f"{home}/people/{number}/deductions",
        amount=["1.00", "", "0.50", ""],
        other="0.25",
        purpose="Dues",
    )
    return home, gross


def paid(treasurer: Any, home: str, number: int, net: int) -> None:
    """Approved, put in the bank's file, refused by the bank, paid again, closed."""
    assert send(treasurer, f"{home}/approve").status_code == 200
    again = send(treasurer, f"{home}/approve")
    assert "still to be paid" in again.text
    assert facts(treasurer, home)["net_minor"] == net
    file = send(treasurer, f"{home}/bank-file").text
    assert file.splitlines()[1] == f"ZOE LUKASZ,12-34-56,12345678,{net // 100}.{net % 100:02d},PAY 23NOV26 1"
    send(treasurer, f"{home}/people/{number}/undone", reason="The bank knows no such account")
    assert "refused" in treasurer.get(home).text
    send(treasurer, f"{home}/people/{number}/again")
    send(treasurer, f"{home}/paid")
    send(treasurer, f"{home}/close")
    assert facts(treasurer, home)["state"] == "closed"


def _read(rider: Any, treasurer: Any, home: str, number: int, net: int) -> None:
    """The payslip as its rider and the treasurer read it, with the entries behind each line, and on paper."""
    (slip,) = facts(rider, "/my/payslips")["payslips"]
    assert (slip["net_minor"], slip["deducted_minor"]) == (net, 175)
    page = rider.get(home.replace("/desk/pay", "/my/payslips")).text
    for link in set(re.findall(r'href="(/my/entries/\d+)"', page)):
        assert rider.get(link).status_code == 200
    for link in set(
        re.findall(r'href="(/desk/money/entries/\d+)"', treasurer.get(f"{home}/people/{number}").text)
    ):
        assert treasurer.get(link).status_code == 200
    paper = rider.get(home.replace("/desk/pay", "/my/payslips") + "/pdf")
    assert paper.content.startswith(b"%PDF")
    assert paper.content == treasurer.get(f"{home}/people/{number}/pdf").content
    assert "run.csv" in treasurer.get(f"{home}/files/run.csv").headers["content-disposition"]


def test_what_must_be_read_first(house: House) -> None:
    """A shift that still runs and a rider without an account are told, and read by a named person before approval."""
    house.text(house.rider(1), "ON")
    ridden_too = house.rider(2, "Ana")
    house.text(ridden_too, "ON")
    house.move(30)
    house.text(ridden_too, "OFF")
    treasurer = house.signed_in(TREASURER, "treasurer")
    to_monday(house)
    since = re.findall(r'<option value="([^"]+)"', treasurer.get("/desk/pay").text)[1]
    home = str(send(treasurer, "/desk/pay", on=since).url.path)
    page = treasurer.get(home).text
    for words in ("shift of Fri 20 Nov, 18:00 still runs", "Ana has given no bank account"):
        assert words in page.replace("&#39;", "'")
    empty = treasurer.get(f"{home}/files/deductions.csv")
    send(treasurer, f"{home}/deductions", files={"file": ("answer.csv", empty.content)})
    refused = send(treasurer, f"{home}/approve")
    assert (refused.status_code, "Read the warnings" in refused.text) == (409, True)
    assert f"Read by Person {TREASURER}" in send(treasurer, f"{home}/acknowledge").text
    assert send(treasurer, f"{home}/approve").status_code == 200


@pytest.mark.parametrize(
    "path", ["/desk/pay/9", "/desk/pay/9/people/1", "/desk/pay/9/people/1/pdf", "/desk/pay/9/files/run.csv"]
)
def test_no_such_run(house: House, path: str) -> None:
    """A run that is not there is not found."""
    assert house.signed_in(TREASURER, "treasurer").get(path).status_code == 404
