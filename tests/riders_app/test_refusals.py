"""Why something did not work, as a rider reads it in their own language: in a text, on their page, and again."""

import html
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

import dispatch
from dispatch import errors, people, proofs
from dispatch.web import access
from riders_app import wording
from riders_app.wording.refusals import known_refusals
from tests.dispatch.web_browser import Browser
from tests.house import House
from tests.marks import SQLITE_FIRST
from tests.riders_app.conftest import RIDER, Evening
from tests.riders_app.test_pages import page_of

ROOT = Path(dispatch.__file__).parents[1]

# Where what a rider texts or presses is acted on: what is raised there may be read by them.
HEARD = (
    "dispatch/{answers,board,breaks,contests,deliveries,expenses,failures,incidents,jobs,proofs,resting,undoing}.py"
    " dispatch/decisions/*.py dispatch/rota/{asking,availability,leaving}.py"
    " riders_app/{photos,rota,taps}.py riders_app/web/{rider,road,my_shifts,member,earnings,own_money,payslips}.py"
    " dispatch/web/{access,signin,tracking,tip_pages,payslip_pages}.py"
)
# Said there too, but to somebody at the desk or to a program.
AT_THE_DESK = {
    "A break lasts between 5 minutes and 4 hours, and is not over yet.",
    "Only an approved claim can be taken back.",
    "There is no expense by that number.",
    "This claim is your own: somebody else must answer it.",
    "This claim is your own: somebody else must take it back.",
    "Write down why it is taken back: the rider reads it.",
    "Write down why not: the rider reads it.",
    "Decide: try again, take it back to the restaurant, or give it up.",
    "Food that could not be delivered is either returned or abandoned.",
    "Ninety-nine jobs are live: no number is free for another.",
    "Nobody answers their own case.",
    "Nobody has taken that shift: there is nothing to agree to.",
    "Nobody has taken that shift: there is nothing to decline.",
    "Only a rider can have a shift.",
    "Only food a rider is carrying can be decided about.",
    "Only food a rider is carrying can fail to be delivered.",
    "Say whether the rider was right: upheld, upheld in part, or not upheld.",
    "That break is not within this shift: write its day and time.",
    "That break is over.",
    "That case is answered already.",
    "That food is on its way to another rider: decide once they have met.",
    "There is no photo of that delivery, or it has been forgotten.",
    "There is no such case.",
    "This calendar's address is not in use: make a new one on your page.",
    "This shift already has a break then.",
    "This shift has no such break: look at its page again.",
    "Write down the outcome and its reason.",
    "Write down what happened.",
    "Write down why.",
    "Write down why: both riders read it.",
    "Write down why: the riders read it.",
}


def _raised(*files: Path) -> set[str]:
    """Every sentence that these files raise, and those an error has of its own."""
    ours = {name: kind for home in (errors, access) for name, kind in vars(home).items() if _is_ours(kind)}
    kinds = {"__init__": None} | dict.fromkeys(ours)
    found = {
        message
        for file in files
        for _, message, _, _ in extract_from_file("python", file, keywords=kinds)
        if isinstance(message, str)
    }
    docs = {kind.__doc__ or "" for kind in ours.values()}
    return found | {doc.strip().splitlines()[0] for doc in docs if doc.strip()}


def _is_ours(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, errors.DispatchError)


def _files(patterns: str) -> list[Path]:
    found = []
    for pattern in patterns.split():
        start, brace, rest = pattern.partition("{")
        names, _, end = rest.partition("}")
        for name in names.split(",") if brace else [""]:
            found += sorted(ROOT.glob(f"{start}{name}{end}"))
    return found


def test_every_refusal_a_rider_may_read_is_known_to_every_language() -> None:
    """What the known refusals say is what is raised, word for word; and what is raised to riders is among them."""
    known = set(known_refusals())
    everywhere = [*ROOT.glob("dispatch/*.py"), *ROOT.glob("dispatch/rota/*.py"), *_files(HEARD)]
    everywhere.append(ROOT / "dispatch/web/forms.py")
    assert known - _raised(*everywhere) - set(proofs.ASKS.values()) == set()
    raised = _raised(*_files(HEARD)) - _raised()
    assert raised - known - AT_THE_DESK == set()
    assert raised & AT_THE_DESK == AT_THE_DESK


@SQLITE_FIRST
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "You have no job 77. MENU shows what is live"),
        ("pt", "Não tem a entrega 77. MENU mostra o que há"),
    ],
)
def test_a_text_that_cannot_be_is_answered_in_its_riders_language(
    offered: tuple[Evening, int], language: str, said: str
) -> None:
    """A job they do not have, a drop that is none, food not fetched: each is said in their own words, facts and all."""
    evening, job_id = offered
    number = evening.job(job_id).number
    with evening.database.writing() as session:
        people.speak(session, evening.job(job_id).person_id, language)
    voice = wording.voice(language)
    assert evening.hears(RIDER, "got 77") == wording.fold(said)
    evening.hears(RIDER, f"take {number}")
    passed = evening.hears(RIDER, f"pass {number}")
    assert passed == voice.say(
        "You took job {number}. UNDO gives it back within 5 minutes; later, ask the desk.", number=number
    )
    failed = evening.hears(RIDER, f"fail {number} nobody there")
    assert failed == voice.say(
        "Only food you carry can fail at the door: GOT {number} comes first.", number=number
    )
    assert str(number) in passed
    assert (language == "en") == ("You took" in passed)


@SQLITE_FIRST
def test_a_press_that_cannot_be_is_answered_in_its_riders_language(house: House) -> None:
    """Page and program read the same words; sent twice, the second answer is the first; the desk reads English."""
    phone = house.rider(11)
    sam = page_of(house, phone)
    sam.send("/me/language", language="fr")
    said = "Vous n'avez pas de course 77."
    answer = sam.form("/my/got", number="77")
    assert answer.status_code == 404
    assert said in html.unescape(answer.text)
    assert "Il n'y a rien ici" in html.unescape(answer.text)
    for _ in range(2):
        fields = {"number": "77", "key": "a-press", "at": house.now.isoformat(), "waited": "true"}
        assert sam.refused("/my/got", **fields)[1] == said
    boss = Browser.of(house, 40, "administrator")
    assert "You have no job 77." in html.unescape(boss.get("/desk"))
