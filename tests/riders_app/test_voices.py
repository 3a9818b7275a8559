"""Every text in every language: nothing missing, nothing that breaks, one segment each."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from dispatch import errors
from dispatch.facts import JobFacts, Marked, WaitHint, WhyFacts
from dispatch.web.forms import OrderForm
from payments.rulebook.sections import CoOp
from riders_app import wording
from riders_app.replies import OPT_IN, OPT_OUT, Reading, parse
from riders_app.wording.refusals import known_refusals
from riders_app.wording.voice import CATALOGUES
from tests.riders_app.examples import AT, drop, job, pickup, shift

HOME = Path(wording.__file__).parents[1]
OTHERS = [language for language in wording.LANGUAGES if language != "en"]
LINK = "https://pannier.wings-riders.coop.example"
DESK = "+44 7700 900999"


def _extracted() -> set[str | tuple[str, ...]]:
    """Every message of the code, of riders' pages, and of those they share with others."""
    code = ("**.py", "python")
    words = {"say": None, "show": None, "many": (1, 2)}
    ours = [code, ("web/templates/**.html", "jinja2.ext:babel_extract")]
    theirs = [code, ("web/templates/*.html", "jinja2.ext:babel_extract")]
    return {
        found[2]
        for home, how in ((HOME, ours), (HOME.parent / "dispatch", theirs))
        for found in extract_from_dir(home, how, keywords=words)
    }


def _catalogue(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as written:
        return read_po(written, locale=language)


def _fields(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def test_every_language_a_person_may_have_is_spoken() -> None:
    """Each language but English has its catalogue, and rules and orders may be in any of them."""
    assert set(get_args(OrderForm.model_fields["customer_language"].annotation)) == {"", *wording.LANGUAGES}
    assert set(get_args(CoOp.model_fields["language"].annotation)) == set(wording.LANGUAGES)
    assert sorted(path.stem for path in CATALOGUES.glob("*.po")) == sorted(OTHERS)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_message_and_no_other(language: str) -> None:
    """What is said in the code and what a catalogue has are the same; nothing is fuzzy, empty or of other fields."""
    held = {message.id: message for message in _catalogue(language) if message.id}
    assert set(held) == _extracted()
    for message in held.values():
        assert not message.fuzzy, message.id
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(said), message.id
        assert {frozenset(_fields(one)) for one in said} == {frozenset(_fields(one)) for one in ids}, (
            message.id
        )
        for one, written in zip(said, ids, strict=False):
            assert (one[0] == " ", one[-1] == " ") == (written[0] == " ", written[-1] == " "), message.id


LONG_PLACE = "The Exmouth Market Pizza & Pasta Company of Clerkenwell"
LONG_ROAD = "118-120 Saint Bartholomew-the-Great Passage, London EC1M 7AA"
LONG_REASON = "You stayed on for the last delivery and the rota had said an earlier end than we agreed"
LONG_NAME = "Maximiliana Featherstonehaugh-Cholmondeley"

FACTS = {
    **dict.fromkeys(("number", "hours", "count", "size"), 88),
    **dict.fromkeys(("starts", "opens", "since", "until"), "18:40"),
    **{"what": "Account", "roles": "administrator, treasurer", "languages": "en, pt, fr, es"},
    **{"letter": "H", "unknown": "X, Y", "drops": "A, B, C, D, E, F, G, H", "words": LONG_REASON},
}


def _long_job(state: str, several: int = 4) -> JobFacts:
    drops = tuple(
        drop(
            letter,
            street=LONG_ROAD,
            flat="Flat 27, Block C, 2nd floor",
            name=LONG_NAME,
            reference="DELIVEROO-2026-11-20-000431",
            note="Please leave it with the concierge if nobody answers, the bell is broken",
        )
        for letter in "ABCDEFGH"[:several]
    )
    call = replace(pickup(LONG_PLACE, refs=("DELIVEROO-2026-11-20-000431", "R-1000")), street=LONG_ROAD)
    made = job(number=88, state=state, pickups=(call,) * several, drops=drops)
    return replace(
        made,
        distance_m=12_345,
        minutes=118,
        adds_minor=1234,
        tips_minor=1850,
        orders_tonight=28,
        currency="GBP",
    )


def longest(voice: wording.Voice) -> Iterator[tuple[str, str]]:
    """Each kind of text with the longest plausible names in it."""
    offered, taken = _long_job("offered"), _long_job("taken")
    to_door = replace(taken, pickups=())
    done = replace(to_door, drops=())
    yield "offer", wording.offer(offered, voice)
    yield "offer of eight", wording.offer(_long_job("offered", 8), voice)
    yield "stop: pick-up", wording.stop(taken, voice=voice)
    yield "stop: drop", wording.stop(to_door, "drop", link=f"{LINK}/my", voice=voice)
    yield (
        "stop: flat by number",
        wording.stop(replace(to_door, drops=(replace(to_door.drops[0], flat="27"),)), "drop", voice=voice),
    )
    yield "stop: none", wording.stop(done, voice=voice)
    for facts in (offered, taken, to_door, done):
        yield "changed", wording.changed(facts, "drop", voice)
    yield "withdrawn", wording.withdrawn(88, voice)
    yield "expired", wording.expired(88, voice)
    refs = ("DELIVEROO-2026-11-20-000431", "R-1000")
    for verb in ("took", "passed", "here", "got", "done", "undone", "late", "trouble"):
        for following in (None, taken, to_door):
            for repeated in (False, True):
                told = Marked(verb, 88, ("A", "B"), refs, AT, following, repeated)  # type: ignore[arg-type]
                yield (
                    f"marked: {verb}",
                    wording.marked(told, "drop", ended=shift(ended=True), desk=DESK, truly=AT, voice=voice),
                )
                for part in wording.several([wording.short(told, truly=AT, voice=voice)] * 5):
                    yield "several", part
    yield "undone take", wording.marked(Marked("undone", 88, (), (), AT, None), voice=voice)
    refusal = wording.refused(errors.OfferGone(number=88, was="expired"), "TAKE", voice)
    yield "not marked", wording.not_marked("DONE 88ABC", refusal, voice)
    yield from _about_people(voice)
    yield from _answers(voice, offered, taken, to_door)
    yield from _on_the_road(voice, offered, taken, to_door)
    yield from _of_cases(voice)
    yield from _of_proof(voice)


def _about_people(voice: wording.Voice) -> Iterator[tuple[str, str]]:
    late = replace(shift(ended=True), orders=28, earned_minor=123_456, minutes=759)
    yield "shift on", wording.shift_on(shift(), voice)
    yield "shift off", wording.shift_off(late, voice)
    yield "shift off later", wording.shift_off(shift(), voice)
    yield "shift asked", wording.shift_asked(shift(), voice)
    yield "food back", wording.people.food_back(voice)
    for what in ("start", "end", "cancel"):
        yield (
            f"shift set: {what}",
            wording.shift_set(late, what, by=LONG_NAME, reason=LONG_REASON, voice=voice),
        )
    yield "pay", wording.pay(late, f"{LINK}/my/pay", voice)
    yield "pay so far", wording.pay(replace(shift(), orders=1), f"{LINK}/my/pay", voice)
    yield "no pay", wording.no_pay(f"{LINK}/my/pay", voice)
    causes = (("wait", 13.5), ("travel", 2.25))
    told = WhyFacts(
        88, "DELIVEROO-2026-11-20-000431", causes, (), AT, "12-abc", (), 12.5, causes, riders_out=14
    )
    for margin, out in ((12.5, 14), (-12.5, 14), (0.0, 14), (None, 1), (None, 14)):
        yield (
            "why",
            wording.why(replace(told, margin_min=margin, riders_out=out), f"{LINK}/my/why/123456", voice),
        )
    for cause in ("late", "freshness", "fairness", "churn"):
        yield "why", wording.why(replace(told, because=((cause, 3.0),)), f"{LINK}/my/why/123456", voice)
    for pay in (False, True):
        told = wording.customers.customer_code(LONG_PLACE, AT, "0042", LINK, pay=pay, voice=voice)
        yield f"customer: code{' and pay' if pay else ''}", told
    yield "bank changed", wording.money.bank_changed(AT, "8901", voice)
    for digits in ("8901", None):
        told = wording.money.restaurant_bank_changed(LONG_PLACE, LONG_NAME, AT, digits, voice)
        yield "restaurant's bank changed", told
    first, day = AT.date() + timedelta(days=12), AT.date()
    yield "expense", wording.money.expense_approved(99999, "GBP", LONG_REASON, voice)
    for back in (False, True):
        told = {"by": LONG_PLACE, "reason": LONG_REASON, "back": back, "voice": voice}
        yield "expense no", wording.money.expense_turned_down(99999, "GBP", LONG_REASON, **told)
        for kind in ("sick", "leave"):
            yield "absence", wording.money.absence(kind, first, 958, **told)
    yield "pay sent", wording.money.pay_sent(day, first, 123456, "GBP", f"{LINK}/my/payslips/12345", voice)
    yield "wait here", wording.wait_here(WaitHint(LONG_PLACE, LONG_ROAD, 51.5, -0.1, 12, 90), voice)
    for month in range(12):
        yield "contested", wording.cases.contested(LONG_NAME, AT + timedelta(days=30 * month), voice)
    yield "desk note", wording.desk_note(LONG_REASON * 3, voice)
    yield "sign-in", wording.sign_in(f"{LINK}/sign-in/{'x' * 43}", voice)
    yield "customer: link", wording.customers.customer_link(LONG_PLACE, AT, f"{LINK}/t/3Kf9xQ2mT7bW", voice)
    yield "customer: cancelled", wording.customers.customer_cancelled(LONG_PLACE, voice)


def _on_the_road(
    voice: wording.Voice, offered: JobFacts, taken: JobFacts, to_door: JobFacts
) -> Iterator[tuple[str, str]]:
    say = wording.road
    yield "reminder", say.reminder(offered, voice)
    for number in ("Flat 27, Block C, 2nd floor", "27"):
        yield "readdressed", say.readdressed(taken, replace(taken.drops[0], flat=number), voice)
    for repeated in (False, True):
        for following in (None, taken, to_door):
            told = Marked("acknowledged", 88, (), (), AT, following, repeated)
            yield "acknowledged", say.acknowledged(told, "drop", link=f"{LINK}/my", voice=voice)
        for desk in ("", DESK):
            told = Marked("failed", 88, ("B",), ("R-1000",), AT, taken, repeated)
            yield "failed", say.failed(told, desk=desk, voice=voice)
    for meeting in (False, True):
        yield "handed", say.handed(taken, "pickup", meeting=meeting, voice=voice)
        yield "handed", say.handed(to_door, "drop", meeting=meeting, voice=voice)
    yield "handed on", say.handed_on(None, 88, to=LONG_NAME, meeting="", voice=voice)
    yield "handed on", say.handed_on(taken, 88, to=LONG_NAME, meeting=LONG_PLACE, voice=voice)
    for how in ("again", "returned", "abandoned"):
        yield f"decided: {how}", say.decided(how, "88B", LONG_PLACE, taken, voice=voice)
        yield f"decided: {how}, leaving", say.decided(how, "88", LONG_PLACE, None, leaving=True, voice=voice)
    for desk in ("", DESK):
        yield "door", say.door("88B", 120, desk, voice)
    yield "rider late", say.rider_late("DELIVEROO-2026-11-20-000431", AT, voice)


def _of_cases(voice: wording.Voice) -> Iterator[tuple[str, str]]:
    for reply in (True, False):
        body = wording.cases.rung(LONG_REASON * 2, 1_234_567, 12, reply=reply, link=LINK, voice=voice)
        yield "desk alarm", body
    for already in ("", LONG_NAME):
        yield "alarm taken", wording.cases.answered_alarm(1_234_567, already=already, voice=voice)
    for verdict in ("upheld", "in_part", "not_upheld"):
        body = wording.cases.contest_answered(LONG_NAME, verdict, f"{LINK}/my/contest", voice)
        yield f"contest answered: {verdict}", body
    yield "customer: late", wording.customers.customer_late(LONG_PLACE, AT, f"{LINK}/t/3Kf9xQ2mT7bW", voice)


def _of_proof(voice: wording.Voice) -> Iterator[tuple[str, str]]:
    for was in ("passed", "expired", "withdrawn"):
        for is_now in ("another", "cancelled", "waiting", "over"):
            error = errors.OfferGone(number=88, was=was, is_now=is_now)
            yield f"gone: {was}", wording.refused(error, "TAKE", voice)
    for kind in ("pin", "name", "photo"):
        error = errors.ProofNeeded(number=88, letter="H", kind=kind)
        yield f"proof: {kind}", wording.refused(error, "DONE", voice)
    yield "proof: wrong", wording.refused(errors.ProofWrong(number=88, letter="H"), "DONE", voice)


def _answers(voice: wording.Voice, *jobs: JobFacts) -> Iterator[tuple[str, str]]:
    works = wording.works_now(jobs, True, ("drop",) * 3)
    for live, on in ((jobs, True), (jobs[:1], True), ((), True), ((), False)):
        yield "menu", wording.menu(live, on, ("pickup", "pickup", "drop"), voice)
    yield "unclear", wording.unclear(Reading("DONE", (88,), ("A", "B"), clear=False), works, voice)
    yield "which", wording.which("TAKE", range(80, 99), voice)
    yield "offered only", wording.which("DONE", (88,), voice)
    yield "no undo of a shift", wording.answers.no_undo("OFF", voice)
    yield "with the desk", wording.answers.with_the_desk("07700 900999", voice)
    yield "no undo", wording.answers.no_undo("LATE 88 120", voice)
    yield "how late", wording.how_late(88, voice)
    yield "one at a time", wording.one_at_a_time("TAKE", (1, 2), voice)
    yield "help", wording.help_(DESK, voice)
    yield "say why", wording.say_why("CONTEST 88", voice)
    yield "broken", wording.broken(DESK, voice)
    yield "broken", wording.broken(voice=voice)
    for was in ("passed", "expired", "withdrawn"):
        yield "refused", wording.refused(errors.OfferGone(number=88, was=was), "TAKE", voice)
    for error in (
        errors.OfferGone(),
        errors.WhichJob((88, 89, 90)),
        errors.NoSuchJob("You have no job 88.", number=88),
        errors.NoSuchJob("You have no live job."),
        errors.WrongState("it cannot become finished", row=5177),
        errors.WrongState("Something nobody has words for."),
        errors.NothingToUndo(),
        errors.NotOnShift(),
        errors.NotAllowed(),
        *(errors.BadInput(words, **FACTS) for words in known_refusals()),
    ):
        yield "refused", wording.refused(error, "DONE", voice)


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_text_is_one_segment_in_every_language(
    language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the longest plausible names, each text is one segment of GSM-7, whole, with no field left open."""
    most: dict[str, int] = {}
    for kind, text in longest(wording.voice(language)):
        assert wording.segments(text) == ("GSM-7", 1), (kind, text)
        assert "{" not in text, (kind, text)
        most[kind] = max(most.get(kind, 0), wording.septets(text))
    with capsys.disabled():
        print(f"\n{language}: " + ", ".join(f"{kind} {septets}" for kind, septets in most.items()))


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_what_never_gives_way_stands_in_every_language(language: str) -> None:
    """Whatever gives way, the number, the flat, the reference, the reply to send and a link are whole."""
    voice = wording.voice(language)
    offer = wording.offer(_long_job("offered"), voice)
    assert offer.endswith("PASS 88")
    assert "TAKE 88" in offer
    assert "12.3km 118min" in offer
    door = wording.stop(replace(_long_job("taken"), pickups=()), "drop", voice=voice)
    for part in ("88A: Flat 27, Block C, 2nd floor", "Ref DELIVEROO-2026-11-20-000431", "DONE 88A"):
        assert part in door
    assert "GOT 88" in wording.stop(_long_job("taken"), voice=voice)
    assert f"{LINK}/t/3Kf9" in wording.customers.customer_link(LONG_PLACE, AT, f"{LINK}/t/3Kf9", voice)
    assert f"{LINK}/my/pay" in wording.pay(shift(), f"{LINK}/my/pay", voice)


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_no_language_invites_a_word_the_carrier_keeps(language: str) -> None:
    """No text, however it is put, has an opt-out or opt-in word in capitals, and each command in it reads back."""
    for kind, text in longest(wording.voice(language)):
        capitals = {word for word in text.replace(",", " ").split() if word.isupper()}
        assert not capitals & (OPT_OUT | OPT_IN), (kind, text)
    for command in ("TAKE 88", "PASS 88", "GOT 88", "DONE 88A", "OFF", "ON", "MENU", "LATE 88 10"):
        assert parse(command).clear


def test_the_same_text_in_four_languages() -> None:
    """An offer and the way to a door read like this in each."""
    offers = {language: wording.offer(job(), wording.voice(language)) for language in wording.LANGUAGES}
    assert offers == {
        "en": "Job 12: Zeytin 18:42 > Amwell St. 3.2km 24min, tips £1.50, your 4th tonight, by 18:42. "
        "TAKE 12 or PASS 12",
        "pt": "Entrega 12: Zeytin 18:42 > Amwell St. 3.2km 24min, gorjeta £1.50, a sua 4a hoje, até 18:42. "
        "TAKE 12 ou PASS 12",
        "fr": "Course 12 : Zeytin 18:42 > Amwell St. 3.2km 24min, pourboire £1.50, votre 4e ce soir, avant 18:42. "
        "TAKE 12 ou PASS 12",
        "es": "Reparto 12: Zeytin 18:42 > Amwell St. 3.2km 24min, propina £1.50, tu 4a de hoy, antes 18:42. "
        "TAKE 12 o PASS 12",
    }
    assert wording.voice("xx") == wording.voice(None) == wording.ENGLISH


def test_several_answers_are_packed() -> None:
    """Answers to several commands share a segment as long as they fit, and none is cut in two."""
    told = [wording.short(Marked("done", n, ("A",), (f"R-{n}",), AT, None)) for n in (12, 13)]
    assert wording.several(told) == ("Done 12A R-12, job 12 finished. Done 13A R-13, job 13 finished.",)
    many = wording.several([f"Done {n}A DELIVEROO-2026-11-20-0004{n}" for n in range(10, 20)])
    assert len(many) == 3
    assert "".join(many).count("Done") == 10
