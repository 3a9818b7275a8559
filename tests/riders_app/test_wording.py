"""Every text is one segment that says what it must, however long the names are."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch import errors
from dispatch.facts import DropFacts, JobFacts, Marked, PickupFacts, WhyFacts
from riders_app import wording
from riders_app.replies import OPT_IN, OPT_OUT, parse
from tests.riders_app.examples import AT, drop, job, pickup, shift

DATA = os.environ.get("PANNIER_TEST_DATA", "")
VECTORS = Path(DATA) / "sms_segment_vectors.json" if DATA else None
HOST = "https://pannier.wings-riders.coop.example"

# Letters of many scripts, symbols that count two, quotes, emoji: whatever a customer may write.
LETTERS = "abcdefghijKLMNOP 0123456789 ãçêłñøßžéÅ’“”–…€[]{}|~^ЖщяЩ Ωμέ ب 東 ラ 김 🚲👍🏽\n\t,.;:-'"
WRITTEN = st.text(alphabet=LETTERS, max_size=120)
REFERENCE = st.text(alphabet="ABCDEFabcdef0123456789-_/#", min_size=1, max_size=64)
PICKUPS = st.builds(
    PickupFacts,
    restaurant=WRITTEN,
    street=WRITTEN,
    ready_at=st.just(AT),
    references=st.lists(REFERENCE, min_size=1, max_size=4).map(tuple),
    done=st.booleans(),
)
DROPS = st.builds(
    DropFacts,
    letter=st.sampled_from("ABCDEFGH"),
    street=WRITTEN,
    flat=WRITTEN,
    note=WRITTEN,
    name=WRITTEN,
    phone=st.just(""),
    reference=REFERENCE,
    promise_at=st.just(AT),
    done=st.booleans(),
)
JOBS = st.builds(
    JobFacts,
    number=st.integers(1, 99),
    state=st.sampled_from(["offered", "taken"]),
    pickups=st.lists(PICKUPS, min_size=1, max_size=4).map(tuple),
    drops=st.lists(DROPS, min_size=1, max_size=8).map(tuple),
    distance_m=st.integers(0, 60_000),
    minutes=st.integers(1, 300),
    answer_by=st.sampled_from([None, AT]),
    orders_tonight=st.integers(0, 60),
    adds_minor=st.integers(0, 9_999),
    tips_minor=st.integers(0, 99_999),
    currency=st.sampled_from(["GBP", "EUR", "SEK"]),
)
MARKED = st.builds(
    Marked,
    verb=st.sampled_from(["took", "passed", "here", "got", "done", "undone", "late", "trouble"]),
    number=st.integers(1, 99),
    letters=st.lists(st.sampled_from("ABCDEFGH"), max_size=4, unique=True).map(tuple),
    references=st.lists(REFERENCE, max_size=4).map(tuple),
    at=st.just(AT),
    next=st.one_of(st.none(), JOBS),
    repeated=st.booleans(),
)
TURNS = st.sampled_from(["pickup", "drop"])


def one_segment(text: str) -> bool:
    """Whether a text is sent as one segment of GSM-7."""
    return bool(text) and wording.segments(text) == ("GSM-7", 1) and wording.septets(text) <= 160


@pytest.mark.skipif(VECTORS is None or not VECTORS.exists(), reason="PANNIER_TEST_DATA has no SMS vectors")
def test_segments_agree_with_an_outside_calculator() -> None:
    """Encodings and counts equal those of npm sms-segments-calculator 1.3.0."""
    assert VECTORS is not None
    for vector in json.loads(VECTORS.read_text(encoding="utf-8")):
        assert wording.segments(vector["text"]) == (vector["encoding"], vector["segments"]), vector["name"]


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("£" * 160, "GSM-7", 1),
        ("Ç" * 160, "GSM-7", 1),
        ("ç" * 71, "UCS-2", 2),
        ("`", "UCS-2", 1),
        ("a" * 152 + "я", "UCS-2", 3),
    ],
)
def test_published_facts_about_segments(text: str, encoding: str, count: int) -> None:
    """160 and 153 for GSM-7, 70 and 67 for UCS-2, two for the euro (Twilio's glossary, "What is GSM-7?")."""
    assert wording.segments(text) == (encoding, count)


@given(st.text(max_size=300))
def test_folding_always_ends_in_the_alphabet(text: str) -> None:
    """Whatever was written, its folded form is GSM-7 on one line, and folding again changes nothing."""
    folded = wording.fold(text)
    assert wording.segments(folded)[0] == "GSM-7"
    assert "\n" not in folded
    assert wording.fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("São João – “Café” №5", 'Sao Joao - "Café" No5'),
        ("Żółć, Łódź", "Zolc, Lodz"),
        ("Щорса 5", "Shchorsa 5"),
        ("Καλημέρα", "Kalimera"),
        ("ラーメン 김치", "ramen GimChi"),
        ("Don’t ring… 🔔", "Don't ring..."),
        ("Café N° 12, nº 3", "Café N 12, no 3"),
        ("★ Best ★ ✓ 🇬🇧 5 ㎏", "Best 5 kg"),
        ("fish & chips £5", "fish & chips £5"),
    ],
)
def test_folding_keeps_a_text_readable(text: str, folded: str) -> None:
    """Accents fall, quotes straighten, other alphabets are written by sound."""
    assert wording.fold(text) == folded
    assert not wording.loses(text)


def test_letters_that_are_words_are_told_by_sound_and_with_a_link() -> None:
    """Chinese characters go by their sound, which not every reader of them knows: the text carries a link too."""
    assert wording.fold("東京") == "DongJing"
    for vowels_left_out in ("רחוב הרצל", "สมชาย", "नरेश"):
        assert wording.loses(vowels_left_out)
    assert wording.loses("東京")
    text = wording.stop(
        job(state="taken", pickups=(), drops=(drop(street="東京 14"),)), "drop", link=f"{HOST}/my"
    )
    assert f"{HOST}/my" in text
    assert one_segment(text)


@given(JOBS)
def test_an_offer_says_what_a_rider_needs_to_answer(offered: JobFacts) -> None:
    """An offer is one segment with number, distance, minutes and how to answer."""
    text = wording.offer(offered)
    assert one_segment(text)
    assert text.startswith(f"Job {offered.number}: ")
    assert text.endswith(f"TAKE {offered.number} or PASS {offered.number}")
    assert f"{offered.minutes}min" in text


def test_a_plain_offer_reads_like_this() -> None:
    """An offer of one order has restaurant and ready time, street, km, minutes, tips, count and until when."""
    assert wording.offer(job()) == (
        "Job 12: Zeytin 18:42 > Amwell St. 3.2km 24min, tips £1.50, your 4th tonight, by 18:42. TAKE 12 or PASS 12"
    )


def test_an_offer_of_a_batch_names_every_restaurant_and_drop() -> None:
    """Three long names still stand in the offer, shortened, with what the job adds to pay."""
    batch = replace(
        job(
            pickups=(pickup("The Exmouth Market Pizza Company"), pickup("Bun House of Clerkenwell")),
            drops=(drop(), drop("B", "101-103 Rosebery Avenue"), drop("C", "7 Great Percy Street")),
        ),
        adds_minor=350,
    )
    text = wording.offer(batch)
    assert one_segment(text)
    for part in ("The Exm", "Bun Hou", "A Amwell", "B Roseb", "C Great", "+£3.50"):
        assert part in text


@given(JOBS, TURNS)
def test_a_stop_never_drops_the_flat_or_the_number(taken: JobFacts, turn: wording.Turn) -> None:
    """A stop is one segment; a flat of up to 34 septets and a reference of up to 28 stand in it whole."""
    text = wording.stop(taken, turn)
    assert one_segment(text)
    assert str(taken.number) in text
    due = taken.next_drop
    if (taken.next_pickup is None or turn == "drop") and due is not None:
        flat, reference = wording.fold(due.flat), wording.fold(due.reference)
        assert re.search(rf"DONE {taken.number}[A-H]?$", text)
        if wording.septets(flat) <= 34 - len("Flat "):
            assert flat in text
        if wording.septets(reference) <= 28:
            assert f"Ref {reference}" in text
    elif taken.next_pickup is not None:
        assert f"GOT {taken.number} when you have it" in text


def test_a_plain_stop_reads_like_this() -> None:
    """The way to the restaurant, then the way to the door."""
    at_hand = job(state="taken")
    assert wording.stop(at_hand) == (
        "12: go to Zeytin, 4 Exmouth Market, ready 18:42, collect R-103. GOT 12 when you have it"
    )
    assert wording.stop(replace(at_hand, pickups=())) == (
        "12: Flat 3B, 14 Amwell St, London EC1R 1UQ, Maria Lopes. Ref R-103, by 19:05. Note: ring twice. DONE 12"
    )


def test_the_longest_plausible_address_keeps_what_finds_the_door() -> None:
    """With everything long, the note and the name give way before street, reference and flat."""
    long = drop(
        flat="Flat 27, Block C, 2nd floor",
        street="118-120 Saint Bartholomew-the-Great Passage, London EC1M 7AA",
        note="Please leave it with the concierge if nobody answers, the bell has been broken since May",
        name="Maximiliana Featherstonehaugh-Cholmondeley",
        reference="DELIVEROO-2026-11-20-000431",
    )
    text = wording.stop(job(state="taken", pickups=(), drops=(long, drop("B"))), "drop")
    assert one_segment(text)
    for part in (
        "12A: Flat 27, Block C, 2nd floor",
        "118-120 Saint Barthol",
        "DELIVEROO-2026-11-20-000431",
        "DONE 12A",
    ):
        assert part in text


@given(MARKED, TURNS)
def test_an_answer_names_what_was_marked(told: Marked, turn: wording.Turn) -> None:
    """The answer to a mark is one segment that names the job."""
    text = wording.marked(told, turn, ended=shift(ended=True), desk="+44 7700 900999", link=f"{HOST}/my")
    assert one_segment(text)
    assert str(told.number) in text or told.verb == "here"


def test_answers_carry_the_next_stop() -> None:
    """TAKE answers with the restaurant, GOT with the door, the last DONE says the job is finished."""
    at_hand = job(state="taken")
    took = Marked("took", 12, (), (), AT, at_hand)
    assert wording.marked(took).startswith("Job 12 is yours. 12: go to Zeytin")
    got = Marked("got", 12, ("A",), ("R-103",), AT, replace(at_hand, pickups=()))
    assert wording.marked(got).startswith("Got 12A R-103. 12: Flat 3B, 14 Amwell St")
    done = Marked("done", 12, ("A",), ("R-103",), AT, None)
    assert wording.marked(done) == "Done 12A R-103. Job 12 is finished, thank you."


def test_a_take_taken_back_asks_for_nothing_more() -> None:
    """UNDO of a TAKE says that the job goes to others; it names no word that would be refused."""
    text = wording.marked(Marked("undone", 1, (), (), AT, job(number=1, state="taken")))
    assert text == "Undone: job 1 is given back and goes to others. No mark against you."
    assert one_segment(wording.marked(Marked("undone", 99, (), (), AT, None)))


def test_a_job_with_nothing_left_is_finished_not_changed() -> None:
    """A job whose stops are all made, or gone, is told as finished in one sentence."""
    over = "Job 12 is finished: nothing more to do for it."
    made = job(state="finished", pickups=(), drops=(replace(drop(), done=True),))
    assert wording.changed(made) == over
    assert wording.changed(job(state="taken", pickups=(), drops=()), "drop") == over
    assert wording.changed(job(state="taken")).startswith("Job 12 has changed. 12: go to Zeytin")


@given(st.lists(JOBS, max_size=5), st.booleans(), st.text(alphabet=LETTERS, max_size=60))
def test_menus_and_unclear_answers_suggest_only_what_reads_back(
    live: list[JobFacts], on_shift: bool, said: str
) -> None:
    """Every command we suggest is read as that very command, and none is a word the carrier keeps."""
    works = wording.works_now(live, on_shift)
    for command in works:
        reading = parse(command)
        assert reading.clear
        assert reading.verb == command.split()[0]
        assert command.split()[0] not in OPT_OUT | OPT_IN
    assert one_segment(wording.menu(live, on_shift))
    assert one_segment(wording.unclear(parse(said), works))


def test_every_error_of_dispatch_has_an_answer() -> None:
    """Each error class of dispatch becomes one segment, and none shows a row's number to a rider."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DispatchError)
    ]
    assert len(kinds) > 15
    for kind in kinds:
        error: errors.DispatchError
        if issubclass(kind, errors.WhichJob):
            error = kind((12, 14))
        elif kind is errors.Paused:
            error = errors.Paused(AT, "snow")
        else:
            error = kind()
        assert one_segment(wording.refused(error, "DONE"))
    assert "12" in wording.refused(errors.WhichJob((12, 14)), "DONE")
    assert "DONE 14" in wording.refused(errors.WhichJob((12, 14)), "DONE")
    machine = errors.WrongState("job 5177 is offered: it cannot become finished", row=5177)
    assert "5177" not in wording.refused(machine)


@given(WRITTEN, WRITTEN)
def test_texts_about_people_are_one_segment(name: str, words: str) -> None:
    """Shift, pay, notes and links fit one segment for any name and any words, links whole."""
    link = f"{HOST}/t/3Kf9xQ2mT7bW"
    texts = [
        wording.shift_on(shift()),
        wording.shift_off(shift()),
        wording.shift_off(shift(ended=True)),
        wording.shift_asked(shift()),
        wording.people.food_back(),
        *(wording.shift_set(shift(), what, by=name, reason=words) for what in ("start", "end", "cancel")),
        wording.pay(shift(), f"{HOST}/my"),
        wording.no_pay(f"{HOST}/my"),
        wording.desk_note(words),
        wording.money.bank_changed(AT, "8901"),
        wording.money.restaurant_bank_changed(words, name, AT, "8901"),
        wording.money.restaurant_bank_changed(words, name, AT, None),
        wording.customers.customer_cancelled(name),
        wording.withdrawn(12),
        wording.expired(12),
        wording.help_("+44 7700 900999"),
        wording.broken("+44 7700 900999"),
        wording.which("DONE", range(1, 30)),
        wording.how_late(12),
        wording.one_at_a_time("TAKE", (12, 14)),
    ]
    assert all(one_segment(text) for text in texts), [t for t in texts if not one_segment(t)]
    for text in (wording.customers.customer_link(name, AT, link), wording.sign_in(f"{HOST}/in/{'x' * 32}")):
        assert one_segment(text)
        assert HOST in text


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_a_time_is_there_whole_or_not_at_all(length: int) -> None:
    """However long the rest is, no text tells half a time to be there by, half a link or half a count of riders."""
    told = drop(note="ring " + "x" * length, name="Maria da Conceicao Lopes", flat="Flat 3B, second stair")
    text = wording.stop(job(state="taken", pickups=(), drops=(told,)), "drop", before="Got 12A R-103. ")
    assert re.search(r", by 19:05\. ", text) or ", by" not in text
    facts = WhyFacts(
        number=12,
        reference="R" * length,
        chosen=(("wait", 12.2), ("travel", 1.3)),
        others=(("rider 1", (("wait", 12.7), ("travel", 1.3))),),
        decided_at=AT,
        rulebook="3-06ae9e7d9aaaa8c8",
        margin_min=0.5,
        because=(("wait", 0.5),),
        riders_out=2,
    )
    text = wording.why(facts, f"{HOST}/my/why/1")
    assert ".. " not in text
    assert text.endswith("/my/why/1")
