"""Every page of a rider's and of a customer's, read in each language: no word of English is left on it."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from sqlmodel import select

from dispatch import orders, people
from dispatch.facts import LANGUAGES
from dispatch.tables import Job
from payments import books, shares
from tests.dispatch import online
from tests.dispatch.web_browser import Browser
from tests.flow import test_payday as payday
from tests.house import House
from tests.marks import SQLITE_FIRST

# A lived fortnight for one database is enough to read; `make deep` reads it on PostgreSQL too.
pytestmark = SQLITE_FIRST

READ = {"alt", "aria-label", "placeholder", "title", "data-label"}
# What is the same in every language: names, what people wrote, the law's own terms, and words two languages share.
DATA = re.compile(
    r"Zoë( Łukasz)?|Person \d+|Pizza Luna|.*(Inner tube|Too dear|By mistake|Paid up on joining|Dues).*"
    r"|A-\d.*|Wings.*|Finsbury.*|English|Português|Français|Español|Pannier|PDF|Stripe|SMS|[a-z-]+:[\w:.-]+|[0-9a-f]{64}"
    r"|.*(km|min|h)|PAY .*|5 Hanley Road|Flat 3.*|buzzer 3|Ana|Founding meeting|Pannier, [\d:]+|“?You nearer”?|.*£"
)
SHARED = {
    "pt": {"Total", "Principal"},
    "fr": {
        "Messages",
        "Restaurants",
        "Incidents",
        "Pause",
        "Minutes",
        "minutes",
        "Date",
        "pence",
        "Net (net)",
        "Net",
    },
    "es": set[str](),
}


class _Reader(HTMLParser):
    """What is read and heard of a page: its texts and labels, each once."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style") or ("class", "talk") in attrs  # texts, as they were sent
        self.texts |= {value.strip() for name, value in attrs if name in READ and value}

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style") or (tag == "ul" and self.silent > 0)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.add(" ".join(data.split()))


def texts(page: str) -> set[str]:
    """The texts of a page that have letters, without what is the same in every language."""
    reader = _Reader()
    reader.feed(page)
    return {each for each in reader.texts if re.search(r"[^\W\d_]{2}", each) and not DATA.fullmatch(each)}


@dataclass
class Life:
    """A rider who has had everything their pages may tell of, and their browser."""

    house: House
    browser: Browser
    person_id: int
    pages: list[str] = field(default_factory=list)

    def speaks(self, language: str) -> None:
        """They choose a language."""
        with self.house.database.writing() as session:
            people.speak(session, self.person_id, language)


@pytest.fixture
def life(house: House) -> Life:
    """An evening, expenses answered each way, shares, leave and illness, a pay run paid, and another evening begun."""
    client, me = payday.ridden(house)
    rider = Browser(client)
    treasurer = house.signed_in(payday.TREASURER, "treasurer")
    boss = Browser(treasurer)
    for what in ("Inner tube", "Champagne", "Lamp", "Map"):
        rider.send("/my/expenses", spent_on="2026-11-19", what=f"Inner tube, {what}", amount="7.50")
    boss.send("/desk/money/expenses/1/approve")
    boss.send("/desk/money/expenses/2/refuse", answer="Too dear")
    boss.send("/desk/money/expenses/3/approve")
    boss.send("/desk/money/expenses/3/back", reason="By mistake")
    with house.database.writing() as session:
        shares.issue(
            session, me, count=5, par_minor=100, key="share:1", why="Paid up on joining", now=house.now
        )
    payday.to_monday(house)
    payday.enters_account(house, client)
    home, gross = payday.deducted(treasurer, me)
    payday.paid(treasurer, home, me, gross + 250 + 750 - 175)
    rider.send("/my/contest", words="You nearer")
    rider.send("/my/shifts/availability", weekday="4", since="18:00", until="22:00", can="not")
    return Life(house, rider, me, _pages(house, me, home))


def _pages(house: House, me: int, home: str) -> list[str]:
    with house.reading() as session:
        job = session.exec(select(Job.id)).one()
        entries = [
            each.id
            for each in books.booked(session)
            if any(
                f":{me}:" in name or name.endswith(f":{me}") for part in each.postings for name in part[:2]
            )
        ]
    time = "since=2026-11-16&until=2026-11-30"
    return [
        "/my",
        "/my/shifts",
        f"/my/pay?{time}",
        "/my/payslips",
        home.replace("/desk/pay", "/my/payslips"),
        "/my/bank",
        f"/my/tips?{time}",
        "/my/tips",
        "/my/tips/policy",
        "/my/expenses",
        "/my/shares",
        "/my/books",
        "/my/contest",
        f"/my/why/{job}",
        "/me",
        *(f"/my/entries/{each}" for each in entries),
        # And what cannot be had.
        "/my/entries/999999",
        "/my/payslips/999999",
        "/my/pay?since=2026-11-20&until=2026-11-19",
        "/my/pay?since=yesterday",
        "/my/why/999999",
        "/desk",
        "/nowhere",
    ]


def _read(life: Life, language: str) -> dict[str, str]:
    life.speaks(language)
    return {path: life.browser.client.get(path).text for path in life.pages}


def test_no_page_of_a_riders_has_english_left(life: Life) -> None:
    """Each page differs from the English one in every text but names, figures and what people wrote."""
    english = {path: texts(page) for path, page in _read(life, "en").items()}
    left: dict[tuple[str, str], set[str]] = {}
    for language in (each for each in LANGUAGES if each != "en"):
        for path, page in _read(life, language).items():
            assert f'<html lang="{language}' in page, path
            left[language, path] = (texts(page) & english[path]) - SHARED[language]
    assert {where: found for where, found in left.items() if found} == {}


def test_what_a_rider_is_refused_is_said_in_their_language(life: Life) -> None:
    """Forms sent badly are answered in the rider's own language, each fault of them."""
    bad: list[tuple[str, dict[str, str]]] = [
        ("/my/bank", {"holder": "", "sort_code": "1", "number": "2"}),
        ("/my/expenses", {"spent_on": "2026-11-19", "what": "", "amount": "5"}),
        ("/my/expenses", {"spent_on": "2026-11-19", "what": "Inner tube", "amount": "much"}),
        ("/my/expenses", {"spent_on": "2026-11-19", "what": "Inner tube", "amount": "5000"}),
        ("/my/expenses", {"spent_on": "1999-11-19", "what": "Inner tube", "amount": "5"}),
        ("/my/expenses", {"spent_on": "never", "what": "Inner tube", "amount": "5"}),
        ("/my/shifts/availability", {"weekday": "4", "since": "dawn", "until": ""}),
        ("/my/late", {"minutes": "soon"}),
        ("/me/language", {"language": "xx"}),
        ("/my/got", {"csrf": "old"}),
        ("/my/tips", {}),
    ]
    english: list[set[str]] = []
    for language in LANGUAGES:
        life.speaks(language)
        for place, (path, fields) in enumerate(bad):
            answer = life.browser.form(path, **fields)
            assert answer.status_code >= 400, path
            if language == "en":
                english.append(texts(answer.text))
            else:
                assert texts(answer.text) & english[place] - SHARED[language] == set(), (
                    language,
                    path,
                    fields,
                )


def test_no_page_of_a_customers_has_english_left(house: House) -> None:
    """As it is made, called for, on its way, late, delivered and called off, its page is of one language."""
    seen: dict[str, list[set[str]]] = {language: [] for language in LANGUAGES}
    anyone = Browser.new(house)

    def look(public_id: str) -> None:
        for language, found in seen.items():
            answer = anyone.client.get(f"/t/{public_id}", headers={"accept-language": language})
            assert f'<html lang="{language}' in answer.text
            found.append(texts(html.unescape(answer.text)))

    for public_id in _carried(house):
        look(public_id)
    for language in (each for each in LANGUAGES if each != "en"):
        for theirs, english in zip(seen[language], seen["en"], strict=True):
            assert theirs & english - SHARED[language] == set(), language


def _carried(house: House) -> Iterator[str]:
    """An order's public id, each time it has come further; one called off; one to pay online, and paid."""
    till, phone = house.restaurant(), house.rider(11)
    house.text(phone, "ON")
    placed = house.order(till, "A-1")["id"]
    yield placed
    house.until_text(phone, "TAKE")
    house.text(phone, "TAKE")
    yield placed
    house.move(60)
    yield placed
    house.text(phone, "GOT")
    yield placed
    house.text(phone, "DONE")
    yield placed
    other = house.order(till, "A-2")["id"]
    answer = house.client.post(f"/v1/orders/{other}/cancel", json={"reason": "Closed"}, headers=till.headers)
    assert answer.status_code < 300, answer.text
    yield other
    number = online.placed(house, till, "A-3")
    with house.reading() as session:
        theirs = orders.by_id(session, number).public_id
    yield theirs
    online.pay(house, number)
    yield theirs
