"""The pages a rider is sent to read in their own language, and no page of the desk does."""

import html

from sqlmodel import select

from dispatch import people
from dispatch.tables import Job, known
from tests.dispatch.web_browser import Browser
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.riders_app.test_pages import page_of

# Quick tests run on SQLite, and `make deep` on PostgreSQL too.
pytestmark = SQLITE_FIRST


def test_why_pay_shifts_and_cases_are_read_in_french(house: House) -> None:
    """Figures and names as they are, every word around them in French; a dispatcher who is French reads English."""
    till, phone = house.restaurant(), house.rider(11)
    house.text(phone, "ON")
    house.ridden(till, phone, "A-1")
    sam = page_of(house, phone)
    sam.send("/me/language", language="fr")
    sam.send("/my/contest", words="J'étais plus près")
    sam.send("/my/shifts/availability", weekday="4", since="18:00", until="22:00", can="not")
    with house.reading() as session:
        job = session.exec(select(Job.id)).one()
    read = {
        f"/my/why/{job}": ("Pourquoi la course 1 était à vous", "pour A-1", "Pas juste ?", "Fiches de paie"),
        "/my/pay": ("Ma paie", "Commande A-1, Pizza Luna", "pourboire", "ven. 20 nov.", "2,50\xa0£"),
        "/my/shifts": ("Mes services", "Je ne peux pas : chaque semaine : Vendredi, 18:00 à 22:00"),
        "/my/contest": ("Ce que je conteste", "répond au plus tard le", "J'étais plus près"),
    }
    for path, words in read.items():
        page = html.unescape(sam.get(path))
        assert '<html lang="fr-FR">' in page, path
        for said in words:
            assert said in page, (path, said)
        for english in ("My pay", "My job", "named person", " to ", "Nothing"):
            assert english not in page.partition("<main")[2], (path, english)
    boss = Browser.of(house, 40, "dispatcher")
    with house.database.writing() as session:
        person = people.by_phone(session, "+447700900040")
        assert person is not None
        people.speak(session, known(person.id), "fr")
    page = boss.get("/desk")
    assert "Skip to the content" in page
    assert "This is not open to you" in boss.client.get("/desk/pay").text
