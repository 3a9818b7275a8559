"""The language of a page: whom it answers to, and how it writes sums and dates."""

import html
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from dispatch import people
from dispatch.facts import LANGUAGES
from dispatch.tables import Person, known
from dispatch.web import tongues
from tests import factories
from tests.dispatch.web_browser import Browser, link_on
from tests.house import House
from tests.marks import SQLITE_FIRST


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", ""),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("de, fr-CH;q=0.7, en;q=0.3", "fr"),
        ("en;q=0.2, es;q=0.9", "es"),
        ("en, es", "en"),
        ("es;q=0, fr;q=0.1", "fr"),
        ("ES_es, FR", "fr"),
        ("de;q=1, *;q=0.5", ""),
        ("fr;q=much, ;;;,=", ""),
        ("zz," * 5000 + "fr", ""),
    ],
)
def test_the_browser_asks_for_what_it_reads_best(header: str, language: str) -> None:
    """The language of ours with the greatest weight, the first among equals; nothing for one nobody can read."""
    assert tongues.accepted(header) == language


@given(
    st.integers(-(10**14), 10**14),
    st.sampled_from(["GBP", "EUR", "USD", "SEK"]),
    st.sampled_from(list(LANGUAGES)),
)
def test_a_sum_is_right_to_the_penny_in_every_language(minor: int, currency: str, language: str) -> None:
    """Whatever stands around them, the digits of a sum are its minor units, and its sign is kept."""
    written = tongues.money(minor, currency, language)
    assert int("".join(each for each in written if each.isdigit())) == abs(minor)
    assert written.startswith("-") == (minor < 0)
    assert tongues.SYMBOLS.get(currency, currency) in written


def test_sums_and_dates_as_each_language_writes_them() -> None:
    """The sign, the comma, the day: as people read them there."""
    sums = {language: tongues.money(-123456, "GBP", language) for language in LANGUAGES}
    assert sums == {
        "en": "-£1,234.56",
        "pt": "-1\xa0234,56\xa0£",
        "fr": "-1\u202f234,56\xa0£",
        "es": "-1.234,56\xa0£",
    }
    on = date(2026, 11, 20)
    assert [tongues.day(on, each) for each in LANGUAGES] == [
        "Fri 20 Nov",
        "sexta 20 nov.",
        "ven. 20 nov.",
        "vie 20 nov",
    ]
    assert tongues.whole_date(on, "es") == "20 de noviembre de 2026"
    assert tongues.whole_date(date(2026, 5, 1), "fr") == "1er mai 2026"
    assert tongues.day(date(2026, 5, 1), "fr") == "ven. 1er mai"
    assert [tongues.decimal(3.25, 1, each) for each in ("en", "fr")] == ["3.2", "3,2"]
    assert [tongues.tag(each) for each in LANGUAGES] == ["en-GB", "pt-PT", "fr-FR", "es-ES"]


def page(browser: Browser, path: str, language: str = "", **more: Any) -> str:
    """A page as a browser that reads this language gets it."""
    answer = browser.client.get(path, headers={"accept-language": language} if language else {}, **more)
    return html.unescape(answer.text)


@SQLITE_FIRST
def test_who_is_not_signed_in_is_answered_in_their_browsers_language(house: House) -> None:
    """Signing in, a page that is not there and a spent link speak as the browser asks; the link's page as its text."""
    nobody = Browser.new(house)
    told = page(nobody, "/sign-in", "pt-PT,pt;q=0.9")
    assert '<html lang="pt-PT">' in told
    assert "O seu número de telemóvel" in told
    assert "Se connecter" in page(nobody, "/sign-in", "fr")
    assert '<html lang="en-GB">' in page(nobody, "/sign-in", "de")
    assert "Cette page n'existe pas." in page(nobody, "/nowhere", "fr")
    assert "Este enlace de acceso ya se ha usado" in page(nobody, "/sign-in/spent", "es")
    phone = house.rider(11)
    with house.database.writing() as session:
        person = session.exec(select(Person).where(Person.phone == phone)).one()
        people.speak(session, known(person.id), "fr")
    nobody.form("/sign-in", phone=phone)
    link = link_on(house, 11)
    assert "Encore un geste" in page(nobody, link, "es")
    nobody.form(link)
    assert "Ici, vous êtes : coursier." in page(nobody, "/me", "es")
    assert "Cette page est pour : administration, bureau." in page(nobody, "/desk", "es")


@SQLITE_FIRST
def test_whoever_is_signed_in_chooses_their_language(house: House) -> None:
    """A resident who is only a member does so on the page about themselves, and lands there; a word of no
    language is refused, and the form leads to no other site.
    """
    member = Browser.of(house, 41, "member")
    assert "My texts come in" in member.get("/me")
    member.send("/me/language", language="pt")
    assert "As minhas mensagens vêm em" in html.unescape(member.get("/me"))
    assert '<html lang="pt-PT">' in member.get("/my/shares")
    assert member.refused("/me/language", language="xx")[0] == 422
    answer = member.form("/me/language", language="es", next="//elsewhere.example")
    assert answer.headers["location"] == "/me"


@SQLITE_FIRST
def test_the_desk_and_restaurants_read_english(house: House) -> None:
    """Whoever works there reads its pages and refusals in English, whatever they and their browser speak."""
    boss = Browser.of(house, 40, "dispatcher")
    with house.database.writing() as session:
        person = people.by_phone(session, "+447700900040")
        assert person is not None
        people.speak(session, known(person.id), "fr")
    assert '<html lang="en-GB">' in page(boss, "/desk", "fr")
    assert "This page is for: administrator, treasurer." in page(boss, "/desk/pay", "fr")
    assert "Ici, vous êtes : bureau." in page(boss, "/me")
    answer = house.client.get("/v1/orders/none", headers={"accept-language": "fr"})
    assert "Bearer" in answer.json()["detail"]


@SQLITE_FIRST
def test_a_customer_reads_of_their_order_in_its_language(house: House) -> None:
    """By the order's language, else by the browser's, else by the co-op's; sums and words are of one language."""
    with house.database.writing() as session:
        shop = factories.restaurant(session, house.now)
        named = factories.order(session, house.now, shop, phone="+447700900500", language="fr").public_id
        other = factories.order(session, house.now, shop, "B-2", phone="+447700900501").public_id
    anyone = Browser.new(house)
    told = page(anyone, f"/t/{named}", "es")
    assert '<html lang="fr-FR">' in told
    assert "Votre repas est en préparation" in told
    assert "Votre commande chez" in told
    assert "Tu comida se está preparando" in page(anyone, f"/t/{other}", "es;q=0.5, de")
    assert "Your food is being made" in page(anyone, f"/t/{other}", "de")
    assert "Il n'y a pas de commande de ce numéro." in page(anyone, "/t/none", "fr")
    with house.database.writing() as session:
        rules = factories.RULEBOOK.replace('language = "en"', 'language = "pt"', 1)
        factories.adopt(session, house.now, rules)
    assert "A sua comida está a ser preparada" in page(anyone, f"/t/{other}", "de")
    assert (
        house.client.get(f"/t/{named}", headers={"accept": "application/json"}).json()["state"] == "waiting"
    )
