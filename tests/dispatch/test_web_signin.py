"""Signing in: a link that works once, and answers that tell a stranger nothing."""

import pytest

from dispatch.web.signin import local
from tests import factories
from tests.dispatch.web_browser import JSON, Browser, link_on
from tests.house import House
from tests.marks import SQLITE_FIRST


def rider(house: House, number: int = 7) -> None:
    with house.database.writing() as session:
        factories.person(session, house.now, number, "rider")


def asked(house: House, phone: str = "07700 900007", **more: str) -> Browser:
    browser = Browser.new(house)
    answer = browser.form("/sign-in", phone=phone, **more)
    assert answer.status_code == 200, answer.text
    return browser


@SQLITE_FIRST
def test_a_texted_link_signs_in_and_sets_a_guarded_cookie(house: House) -> None:
    """Whoever presses the button behind the texted link is signed in, by a cookie scripts cannot read."""
    rider(house)
    browser = asked(house)
    answer = browser.form(link_on(house, 7))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("pannier="))
    for part in ("HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={14 * 24 * 3600}"):
        assert part in cookie
    assert "Secure" not in cookie  # this house is plain http on its own machine
    assert browser.json("/me")["roles"] == ["rider"]


@SQLITE_FIRST
def test_on_a_public_address_the_cookie_travels_only_encrypted(house: House) -> None:
    """Where the install is reached by https, the visit's cookie is never sent over plain http."""
    rider(house)
    house.program.settings = house.program.settings.model_copy(
        update={"public_url": "https://riders.example"}
    )
    browser = asked(house)
    answer = browser.form(link_on(house, 7))
    assert any(c.startswith("pannier=") and "; Secure" in c for c in answer.headers.get_list("set-cookie"))


@SQLITE_FIRST
def test_looking_at_a_link_spends_nothing_and_using_it_twice_fails(house: House) -> None:
    """Programs that preview links cannot use them up; people can, once."""
    rider(house)
    browser = asked(house)
    path = link_on(house, 7)
    for _ in range(3):
        assert browser.client.get(path).status_code == 200
        assert browser.client.head(path).status_code == 200
    assert browser.form(path).status_code == 303
    again = Browser.new(house)
    assert again.form(path).status_code == 410
    assert "used up or too old" in again.client.get(path).text


@SQLITE_FIRST
def test_a_link_is_too_old_after_a_quarter_of_an_hour(house: House) -> None:
    """A link found later on a lost phone opens nothing."""
    rider(house)
    browser = asked(house)
    path = link_on(house, 7)
    house.move(15)
    assert browser.form(path).status_code == 410
    assert browser.client.get("/me", follow_redirects=False).status_code == 303


@SQLITE_FIRST
def test_known_unknown_and_unreadable_numbers_get_the_same_answer(house: House) -> None:
    """Nobody can find out from this page who is with the co-op."""
    rider(house)
    answers = {
        asked(house, phone).form("/sign-in", phone=phone).text
        for phone in ("07700 900007", "07700 900999", "hello", "")
    }
    assert len(answers) == 1
    assert "If that number is ours, a link is on its way" in answers.pop()


@SQLITE_FIRST
def test_a_sixth_link_within_the_hour_is_refused(house: House) -> None:
    """A number can be asked for five times an hour, known, unknown or unreadable; each try counts."""
    rider(house)
    for phone in ("07700 900007", "07700 900999", "hello"):
        for _ in range(5):
            asked(house, phone)
        answer = Browser.new(house).form("/sign-in", phone=phone)
        assert (answer.status_code, "wait a little" in answer.text) == (429, True)
    house.move(61)
    asked(house, "07700 900007")


@SQLITE_FIRST
def test_one_address_cannot_go_through_all_numbers(house: House) -> None:
    """After twenty tries from one address within the hour the next is refused, whichever its number."""
    for number in range(20):
        asked(house, f"07700 900{number:03d}")
    assert Browser.new(house).form("/sign-in", phone="07700 900777").status_code == 429


@SQLITE_FIRST
def test_the_link_names_our_own_host_whatever_the_caller_calls_us(house: House) -> None:
    """A forged Host header cannot make our text lead elsewhere."""
    rider(house)
    browser = Browser.new(house, "http://evil.example")
    browser.form("/sign-in", phone="07700 900007")
    link_on(house, 7)
    said = house.phone_log("+447700900007")[-1]
    assert f"{house.program.settings.url}/sign-in/" in said
    assert "evil" not in said


@SQLITE_FIRST
def test_a_person_goes_on_to_the_page_they_wanted(house: House) -> None:
    """Asked to sign in on the way to a page, a person lands on it in the end."""
    rider(house)
    browser = Browser.new(house)
    assert 'name="next" value="/my/pay"' in browser.get("/my/pay")
    browser.form("/sign-in", phone="07700 900007", next="/my/pay")
    assert browser.form(link_on(house, 7)).headers["location"] == "/my/pay"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\/evil",
        "my",
        "",
        "/a\nb",
    ],
)
def test_only_a_path_of_our_own_is_followed(path: str) -> None:
    """No next= leads to another site."""
    assert local(path) is None


@SQLITE_FIRST
def test_a_next_that_leads_away_is_forgotten(house: House) -> None:
    """The same, through the form."""
    rider(house)
    browser = asked(house, next="//evil.example")
    assert browser.form(link_on(house, 7), next="/\\evil.example").headers["location"] == "/"


@SQLITE_FIRST
def test_forms_without_their_token_are_refused(house: House) -> None:
    """A form that another site sends with our cookie does nothing, before signing in and after."""
    rider(house)
    stranger = Browser.new(house)
    assert stranger.client.post("/sign-in", data={"phone": "07700 900007"}).status_code == 403
    desk = Browser.of(house, 1, "dispatcher")
    for data in ({}, {"csrf": "wrong"}, {"csrf": stranger.token}):
        answer = desk.client.post("/desk/people", data=data | {"name": "Mallory"}, headers=JSON)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/form-too-old")
    assert "Mallory" not in desk.get("/desk/people")


@SQLITE_FIRST
def test_signing_out_ends_the_visit_itself(house: House) -> None:
    """A copied cookie is worth nothing once its person has signed out."""
    browser = Browser.of(house, 1, "rider")
    copied = browser.client.cookies["pannier"]
    assert browser.form("/sign-out").headers["location"] == "/sign-in"
    thief = Browser.new(house)
    thief.client.cookies.set("pannier", copied)
    assert thief.client.get("/me", headers=JSON).status_code == 401


HOMES = (
    (("dispatcher", "rider"), "/desk"),
    (("administrator",), "/desk"),
    (("rider",), "/my"),
    (("treasurer",), "/desk/money"),
    (("member",), "/my/shares"),
    (("secretary",), "/me"),
)


@SQLITE_FIRST
def test_each_comes_home_to_their_own_page(house: House) -> None:
    """The front door leads each to the page they came for, and that page opens."""
    for number, (roles, home) in enumerate(HOMES):
        browser = Browser.of(house, number, *roles)
        assert browser.client.get("/", follow_redirects=False).headers["location"] == home
        browser.get(home)


@SQLITE_FIRST
def test_a_rider_signs_out_where_what_waits_is_told(house: House) -> None:
    """From their own name's page a rider is led to sign out where presses that wait are seen; others sign out there."""
    assert 'href="/my#leave"' in Browser.of(house, 1, "rider", "dispatcher").get("/me")
    member = Browser.of(house, 2, "member").get("/me")
    assert "/my#leave" not in member
    assert 'action="/sign-out"' in member


@SQLITE_FIRST
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 200),
        ({"origin": "http://127.0.0.1"}, 200),
        ({}, 200),
    ],
)
def test_no_other_site_signs_anybody_in(house: House, headers: dict[str, str], status: int) -> None:
    """A form of another site is refused though it carries the token of a stranger's own visit to our page."""
    csrf = house.client.get("/sign-in", headers={"accept": "application/json"}).json()["csrf"]
    form = {"phone": "07700 900001", "csrf": csrf}
    assert house.client.post("/sign-in", data=form, headers=headers).status_code == status
