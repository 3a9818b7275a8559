"""Riders' and members' pages, and the desk's texts: a job by button, pay to the penny, nobody else's books."""

import re
from datetime import timedelta

import pytest

from dispatch import people
from dispatch.facts import LANGUAGES
from dispatch.tables import known
from payments import shares
from tests.dispatch.web_browser import JSON, Browser
from tests.house import House
from tests.marks import SQLITE_FIRST

pytestmark = SQLITE_FIRST


def page_of(house: House, phone: str) -> Browser:
    """The browser of the person with this phone."""
    with house.database.writing() as session:
        person = people.by_phone(session, phone)
        assert person is not None
        token = people.start_visit(session, known(person.id), now=house.now)
    browser = Browser.new(house)
    browser.client.cookies.set("pannier", token)
    return browser


def press(rider: Browser, action: str) -> None:
    """Press the button of the page whose form goes there, with all the fields it carries."""
    page = rider.get("/my")
    found = re.search(rf'<form method="post" action="{action}".*?</form>', page, re.DOTALL)
    assert found, f"no button for {action}"
    fields = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', found[0]))
    answer = rider.client.post(action, data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/my")


@pytest.fixture
def sam(house: House) -> Browser:
    """A rider who has a shift planned from now, at their page."""
    return page_of(house, house.rider(11))


def offered(house: House, sam: Browser) -> None:
    """Start the shift and wait until a job of one order is offered."""
    till = house.restaurant()
    press(sam, "/my/on")
    house.order(till, "A-1")
    for _ in range(40):
        house.move(0.5)
        if "for you?" in sam.get("/my"):
            return
    raise AssertionError("no job was offered")


def test_a_job_is_ridden_with_one_button_a_step(house: House, sam: Browser) -> None:
    """On, take, here, got, done, off: the page leads through them all, and shows the door only once taken."""
    assert "You are not on shift" in sam.get("/my")
    offered(house, sam)
    page = sam.get("/my")
    assert "5 Hanley Road" in page
    assert "buzzer 3" not in page
    assert "Ana" not in page
    press(sam, "/my/take")
    assert "Ask for <strong>A-1</strong>" in sam.get("/my")
    press(sam, "/my/here")
    house.move(9)
    press(sam, "/my/got")
    page = sam.get("/my")
    for told in (
        "Flat 3, 5 Hanley Road",
        "buzzer 3",
        "Ana",
        "tel:+447700900500",
        "openstreetmap.org/?mlat=51.56850",
    ):
        assert told in page
    house.move(6)
    press(sam, "/my/done")
    after = sam.get("/my")
    assert "Tips so far</dt><dd><strong>£2.50" in after
    for gone in ("Hanley", "Ana", "buzzer", "900500"):
        assert gone not in after
    press(sam, "/my/undo")
    assert "Flat 3, 5 Hanley Road" in sam.get("/my")
    press(sam, "/my/done")
    press(sam, "/my/off")
    assert "Last shift" in sam.get("/my")


def test_a_button_tapped_twice_counts_once(house: House, sam: Browser) -> None:
    """A second tap of got, done or undo changes nothing more."""
    offered(house, sam)
    press(sam, "/my/take")
    number = re.search(r'name="number" value="(\d+)"', sam.get("/my"))
    visit = re.search(r'name="visit" value="(\d+)"', sam.get("/my"))
    assert number
    assert visit
    for _ in range(2):
        sam.send("/my/got", number=number[1], visit=visit[1])
    first = sam.send("/my/done", number=number[1], letters="A")
    second = sam.send("/my/done", number=number[1], letters="A")
    assert (first["repeated"], second["repeated"]) == (False, True)
    mark = re.search(r'name="mark" value="(\d+)"', sam.get("/my"))
    assert mark
    for _ in range(2):
        sam.send("/my/undo", mark=mark[1])
    assert "Delivered A, A-1" in sam.get("/my")  # the delivery alone was undone, not the collecting too


def test_passing_is_one_press_and_no_job_is_said_in_a_sentence(house: House, sam: Browser) -> None:
    """A passed job leaves the page; a step with no job is refused in words."""
    offered(house, sam)
    press(sam, "/my/pass")
    assert "No job just now" in sam.get("/my")
    assert sam.refused("/my/got")[0] == 404
    assert sam.refused("/my/late", number="1")[1] == "Say how many minutes late, from 1 to 120."


def test_trouble_reaches_the_desk_with_one_press(house: House, sam: Browser) -> None:
    """The desk sees a rider's trouble at once, and a rider's lateness in minutes."""
    offered(house, sam)
    press(sam, "/my/take")
    press(sam, "/my/trouble")
    press(sam, "/my/late")
    desk = Browser.of(house, 1, "dispatcher").get("/desk")
    assert "phone the rider now" in desk
    assert "10 minutes late" in desk


def ridden(house: House, sam: Browser) -> None:
    """One order delivered, and the shift ended."""
    offered(house, sam)
    for action in ("/my/take", "/my/got", "/my/done", "/my/off"):
        press(sam, action)
        house.move(1)


def test_pay_names_each_shift_and_order_down_to_its_entries(house: House, sam: Browser) -> None:
    """Every line of the statement names what it is for and opens entries of the rider's own."""
    ridden(house, sam)
    told = sam.json("/my/pay")
    assert told["tips_minor"] == 250
    assert told["total_minor"] == sum(line["amount_minor"] for line in told["lines"])
    assert told["total_minor"] == told["wages_minor"] + told["holiday_minor"] + told["tips_minor"]
    assert told["minutes"] == sum(line["minutes"] or 0 for line in told["lines"])
    page = sam.get("/my/pay")
    assert "Order A-1, Pizza Luna" in page
    assert "Shift of Fri 20 Nov" in page
    for number in {i for line in told["lines"] for i in line["entry_ids"]}:
        assert f"/my/entries/{number}" in page
        assert "Your " in sam.get(f"/my/entries/{number}")
    assert sam.json("/my/pay?since=2026-11-09&until=2026-11-16")["lines"] == []
    since = house.now - timedelta(days=1)
    assert sam.json(f"/my/pay?since={since.isoformat()}")["tips_minor"] == 250
    assert sam.client.get("/my/pay?since=today", headers=JSON).status_code == 422


def test_a_rider_opens_their_own_entries_and_no_others(house: House, sam: Browser) -> None:
    """An entry that does not touch a person's accounts is not there for them."""
    ridden(house, sam)
    other = page_of(house, house.rider(12, "Inês Pereira"))
    numbers = {i for line in sam.json("/my/pay")["lines"] for i in line["entry_ids"]}
    assert numbers
    for number in [*numbers, 999]:
        assert other.client.get(f"/my/entries/{number}", headers=JSON).status_code == 404


def test_why_is_told_of_my_own_job_without_names(house: House, sam: Browser) -> None:
    """A rider reads why a job was theirs, beside nameless others; another rider's job is not theirs to read."""
    other = page_of(house, house.rider(12, "Inês Pereira"))
    house.text("+447700900012", "ON")
    till = house.restaurant()
    press(sam, "/my/on")
    house.order(till, "A-1")
    for _ in range(40):
        house.move(0.5)
        got = [b for b in (sam, other) if "for you?" in b.get("/my")]
        if got:
            break
    mine, not_mine = (sam, other) if got[0] is sam else (other, sam)
    page = mine.get("/my/why/1")
    assert "Why job 1 was yours" in page
    assert "Rider 1" in page
    assert "Pereira" not in page
    assert "Okoye" not in page
    assert mine.json("/my/why/1")["reference"] == "A-1"
    assert not_mine.client.get("/my/why/1", headers=JSON).status_code == 404


def test_a_job_given_by_hand_says_so(house: House, sam: Browser) -> None:
    """Where a person decided, no figures are made up."""
    till = house.restaurant()
    press(sam, "/my/on")
    made = house.order(till, "A-1", ready_at=(house.now + timedelta(hours=1)).isoformat())["id"]
    desk = Browser.of(house, 1, "dispatcher")
    job = desk.send(f"/desk/orders/{made}/assign", person_id=sam.json("/me")["person_id"])["job_id"]
    assert "given by the desk, by hand" in sam.get(f"/my/why/{job}")


def test_a_contest_opens_a_case_and_its_answer_comes_back(house: House, sam: Browser) -> None:
    """The rider says what was wrong, reads until when, and then the named answer."""
    offered(house, sam)
    assert sam.refused("/my/contest", words=" ") == (422, "Write down what was wrong.")
    sam.send("/my/contest", words="Why me <again>", job_id=1)
    assert "Why me &lt;again&gt;" in sam.get("/my/contest")
    assert "answers it by Fri 4 Dec" in sam.get("/my/contest")
    Browser.of(house, 1, "dispatcher").send(
        "/desk/contests/1/close", verdict="not_upheld", outcome="You were nearest"
    )
    assert "<strong>Person 1: The decision stands.</strong> You were nearest" in sam.get("/my/contest")


def test_a_member_sees_their_shares_and_the_books_in_sums(house: House, sam: Browser) -> None:
    """A resident who does not ride reads what they hold and the co-op's sums, and no rider's pay."""
    ridden(house, sam)
    member = Browser.of(house, 3, "member")
    me = member.json("/me")["person_id"]
    with house.database.writing() as session:
        shares.issue(session, me, count=25, par_minor=100, key="share:1", why="Joined", now=house.now)
    assert member.json("/my/shares")["count"] == 25
    assert "Joined" in member.get("/my/shares")
    line = member.json("/my/shares")["lines"][0]
    assert "Your shares" in member.get(f"/my/entries/{line['entry_id']}")
    assert "Okoye" not in member.get("/my/books")
    told = member.json("/my/books")
    assert told["owed"]["Members' shares"] == 2500
    assert told["owed"]["Owed to riders: tips"] == 250
    for path in ("/my", "/my/pay", "/my/why/1"):
        assert member.client.get(path, headers=JSON).status_code == 403


def test_a_point_told_is_kept_and_a_wrong_one_refused(house: House, sam: Browser) -> None:
    """A rider may say where they are; a place not on earth is refused."""
    press(sam, "/my/on")
    sam.send("/my/point", lat="51.56", lon="-0.10")
    assert sam.refused("/my/point", lat="151", lon="0")[0] == 422


def test_the_desk_texts_one_rider_or_all_and_reads_what_they_wrote(house: House, sam: Browser) -> None:
    """A note lands on the phones it is meant for, and a rider's own words stand on the desk's page."""
    press(sam, "/my/on")
    house.rider(12, "Inês Pereira")
    desk = Browser.of(house, 1, "dispatcher")
    inês = 2  # second to be taken in
    assert desk.refused("/desk/texts", to="on_shift", body=" ")[1] == "Text: write something to send."
    assert desk.refused("/desk/texts", to="everyone", body="hi")[1].startswith("To: choose a person")
    assert "leave out 46" in desk.refused("/desk/texts", to="on_shift", body="x" * 200)[1]
    assert desk.send("/desk/texts", to="on_shift", body="Ice on Crouch Hill")["sent"] == 1
    assert desk.send("/desk/texts", to=str(inês), body="Can you come early?")["sent"] == 1
    house.move(0.1)
    assert "Desk: Ice on Crouch Hill" in house.phone_log("+447700900011")
    assert "Desk: Can you come early?" in house.phone_log("+447700900012")
    house.text("+447700900011", "where is the <spare> lock?")
    page = desk.get("/desk/texts?person_id=1")
    assert "where is the &lt;spare&gt; lock?" in page
    assert "Ice on Crouch Hill" in page


def test_the_riders_page_is_small_and_has_nothing_inline(house: House, sam: Browser) -> None:
    """All a first load may fetch (page, looks, script, worker, manifest, icons) stays under 60 kB in each language."""
    offered(house, sam)
    press(sam, "/my/take")
    pages = []
    for language in LANGUAGES:
        sam.send("/me/language", language=language)
        pages.append(sam.get("/my"))
    page = max(pages, key=lambda each: len(each.encode()))
    assert not re.search(r"<script(?![^>]* src=)| style=|<style| on\w+=", page)
    linked = set(re.findall(r'(?:href|src)="((?:/static/|/my/shell/)[^"]+)"', page))
    manifest = sam.client.get("/my/shell/manifest.json").json()
    linked |= {icon["src"] for icon in manifest["icons"]} | {"/my/shell/worker.js"}
    sizes = {path: len(sam.client.get(path).content) for path in linked} | {"/my": len(page.encode())}
    assert len(sizes) >= 10
    assert sum(sizes.values()) < 60_000, sizes
    print(sum(sizes.values()), sizes)


def test_the_shell_is_named_by_its_content_and_holds_nobody(house: House, sam: Browser) -> None:
    """A file at its content's address is kept for ever; the worker is asked for anew and may act on /my alone."""
    page = sam.get("/my")
    named = re.findall(r'="(/my/shell/[^"]+\?v=[^"]+)"', page)
    assert named
    for path in named:
        answer = sam.client.get(path)
        assert "immutable" in answer.headers["cache-control"]
        assert sam.client.get(path.replace("v=", "v=0")).headers["cache-control"] == "no-cache"
    worker = house.client.get("/my/shell/worker.js")  # signed in or not, it is the same
    assert worker.headers["service-worker-allowed"] == "/my"
    assert worker.headers["cache-control"] == "no-cache"
    assert all(path.split("&")[0] in worker.text for path in named if "192" not in path)
    assert "Okoye" not in worker.text
    assert house.client.get("/my/shell/other.js").status_code == 404


def test_signing_out_takes_what_the_phone_keeps(sam: Browser) -> None:
    """The answer to signing out tells the browser to clear its stores."""
    token = sam.json("/me")["csrf"]
    answer = sam.client.post("/sign-out", data={"csrf": token}, follow_redirects=False)
    assert answer.headers["clear-site-data"] == '"storage"'


def test_a_rider_chooses_the_language_of_their_texts(house: House, sam: Browser) -> None:
    """The page offers every language; the one chosen is kept, its own card speaks it, and no other is taken."""
    page = sam.get("/my")
    for name in ("English", "Português", "Français", "Español"):
        assert name in page
    sam.send("/me/language", language="pt")
    page = sam.get("/my")
    assert '<option value="pt" selected>Português</option>' in page
    assert "As minhas mensagens vêm em" in page
    assert sam.refused("/me/language", language="xx")[0] == 422
    with house.database.reading() as session:
        person = people.by_phone(session, "+447700900011")
        assert person is not None
        assert person.language == "pt"
