"""Riders' texts are read as they were meant, or asked back."""

import re
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riders_app.replies import COMMANDS, OPT_IN, OPT_OUT, SPELLINGS, Reading, parse, render
from riders_app.replies.tokens import plain, tokens

HERE = Path(__file__).parent
STRICT = ("TAKE", "PASS", "GOT", "DONE")


def _texts(name: str) -> list[tuple[str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [(text, meant) for text, _, meant in (s.partition("\t") for s in lines) if meant]


CORPUS = _texts("corpus.txt")
HELD_OUT = _texts("heldout.txt")


def _read(text: str) -> str:
    reading = parse(text)
    return render(reading) if reading.clear else "?"


def _tally(texts: list[tuple[str, str]]) -> tuple[int, list[str], list[str]]:
    """How many were read as meant; which were read as something else; which were asked back without need."""
    wrong = [
        f"{text!r}: {_read(text)}, not {meant}" for text, meant in texts if _read(text) not in (meant, "?")
    ]
    asked = [f"{text!r}: {meant}" for text, meant in texts if _read(text) == "?" != meant]
    return len(texts) - len(wrong) - len(asked), wrong, asked


NUMBERS = st.integers(1, 99)
MAYBE = st.one_of(st.just(()), NUMBERS.map(lambda n: (n,)))
DROPS = st.lists(st.sampled_from("ABCDEFGH"), unique=True, max_size=4).map(lambda found: tuple(sorted(found)))
WORDS = st.lists(
    st.sampled_from(["flat", "tyre", "nobody", "in", "I", "was", "nearer", "wasn't"]), max_size=6
)
PLAIN = st.builds(Reading, st.sampled_from(["ON", "OFF", "UNDO", "PAY"]))
NUMBERED = st.builds(Reading, st.sampled_from(["TAKE", "PASS", "HERE", "GOT", "DONE", "WHY", "MENU"]), MAYBE)
DELIVERED = st.builds(lambda n, drops: Reading("DONE", n, drops), MAYBE, DROPS)
EVERYTHING = st.builds(lambda n: Reading("DONE", n, everything=True), MAYBE)
LATE = st.builds(lambda n, minutes: Reading("LATE", n, minutes=minutes), MAYBE, st.integers(1, 180))
SAID = st.builds(
    lambda verb, n, words: Reading(verb, n, words=" ".join(words)),
    st.sampled_from(["TROUBLE", "CONTEST"]),
    MAYBE,
    WORDS,
)
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
TIMED = st.builds(
    lambda verb, n, at: Reading(verb, n, at=at), st.sampled_from(["HERE", "GOT", "DONE"]), MAYBE, TIMES
)
AGO = st.builds(
    lambda verb, n, ago: Reading(verb, n, ago_min=ago),
    st.sampled_from(["HERE", "GOT", "DONE"]),
    MAYBE,
    st.integers(1, 180),
)
PROVED = st.builds(
    lambda n, drops, pin: Reading("DONE", n, drops if n else (), pin=pin),
    MAYBE,
    DROPS,
    st.from_regex(r"[0-9]{4,6}", fullmatch=True),
)
FAILED = st.builds(
    lambda n, drops, words: Reading("FAIL", (n,), drops, words=" ".join(words)), NUMBERS, DROPS, WORDS
)
LATER = st.one_of(
    st.builds(Reading, st.sampled_from(["ACK", "STAY"]), MAYBE),
    st.builds(Reading, st.sampled_from(["SHIFTS", "REST"])),
    st.builds(lambda minutes: Reading("REST", minutes=minutes), st.integers(1, 60)),
)
ONE = st.builds(
    lambda verb, n, drops: Reading(verb, (n,), drops if verb == "DONE" else ()),
    st.sampled_from(["TAKE", "GOT", "DONE", "HERE"]),
    NUMBERS,
    DROPS,
)
SEVERAL = st.lists(ONE, min_size=2, max_size=5, unique_by=lambda part: part.numbers).map(
    lambda parts: replace(parts[0], also=tuple(parts[1:]))
)
COMMAND = st.one_of(
    PLAIN, NUMBERED, DELIVERED, EVERYTHING, LATE, SAID, TIMED, AGO, PROVED, FAILED, LATER, SEVERAL
)


def test_the_corpus_is_big_enough_to_mean_something() -> None:
    """The corpus holds at least 400 different texts, the held-out one at least 100, and none of them twice."""
    assert len({text for text, _ in CORPUS}) == len(CORPUS) >= 400
    assert len({text for text, _ in HELD_OUT}) >= 100


@pytest.mark.parametrize("name", ["corpus.txt", "heldout.txt"])
def test_no_text_is_read_as_what_it_does_not_mean(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No text of either corpus is read wrong, least of all as TAKE, PASS, GOT or DONE; few are asked back."""
    texts = _texts(name)
    right, wrong, asked = _tally(texts)
    with capsys.disabled():
        print(f"\n{name}: {len(texts)} texts, {right} right, {len(wrong)} wrong, {len(asked)} asked back")
    assert not wrong
    assert len(asked) <= len(texts) // 50, asked


@given(COMMAND)
def test_what_we_ask_for_reads_back_as_itself(command: Reading) -> None:
    """Whatever command is rendered, parsing it gives the same command."""
    assert parse(render(command)) == command


@given(COMMAND, st.sampled_from(["lower", "title", "spaced", "dotted", "emoji"]))
def test_case_spacing_and_emoji_change_nothing(command: Reading, how: str) -> None:
    """A command in another case, with more spaces, a full stop or an emoji is the same command."""
    text = render(command)
    text = {
        "lower": text.lower(),
        "title": text.title() if not command.words else text,
        "spaced": "  " + text.replace(" ", "   ") + " ",
        "dotted": text + ".",
        "emoji": text + " 🚲",
    }[how]
    reading = parse(text)
    assert reading.clear
    assert (reading.verb, reading.numbers, reading.letters) == (
        command.verb,
        command.numbers,
        command.letters,
    )
    assert (reading.everything, reading.minutes) == (command.everything, command.minutes)
    assert [part.numbers for part in reading.each] == [part.numbers for part in command.each]
    assert (reading.at, reading.ago_min, reading.pin) == (command.at, command.ago_min, command.pin)


@given(st.text(max_size=200))
def test_any_text_at_all_can_be_read(text: str) -> None:
    """No text makes the reader fail, and a job number it gives is one a job may have."""
    for reading in parse(text).each:
        if reading.verb != "LATE":
            assert all(1 <= number <= 99 for number in reading.numbers)
        if reading.clear:
            assert reading.verb is not None


@given(st.lists(st.text("bcfijklmnoquvwxyz0123456789 .,:'?🚲", max_size=8), max_size=12))
def test_noise_without_their_letters_is_no_mark(pieces: list[str]) -> None:
    """Words with none of the letters a, d, e, g, h, p, r, s and t never mark anything."""
    said = parse(" ".join(pieces))
    assert not said.clear or not {part.verb for part in said.each} & set(STRICT)


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["take", "12", "not", "done", "got", "13", "pass", "b", "to", "1840", "and", "no", "my"]
            ),
            st.text(max_size=5),
        ),
        max_size=9,
    )
)
def test_what_is_marked_was_written(pieces: list[str]) -> None:
    """A clear TAKE, PASS, GOT or DONE names only numbers of the text, and stands beside a spelling of itself."""
    said = parse(" ".join(pieces))
    if not said.clear:
        return
    written = plain(" ".join(pieces))
    digits = {int(n) for n in re.findall("[0-9]+", written)}
    spelled = {SPELLINGS[t.text] for t in tokens(written) if t.text in SPELLINGS}
    for part in said.each:
        if part.verb in STRICT and not part.pin:
            assert part.verb in spelled
            assert set(part.numbers) <= digits


@pytest.mark.parametrize(
    "text", ["done " * 400, "12 " * 600, "a" * 5000, "done 12" * 300, "12:" * 999, "'" * 3000]
)
def test_reading_is_fast(text: str) -> None:
    """A text of any length is read within a tenth of a second."""
    since = perf_counter()
    parse(text)
    assert perf_counter() - since < 0.1


def test_a_verb_is_never_a_slip_of_another() -> None:
    """No spelling of TAKE, PASS, GOT or DONE is a plain word that means something else."""
    others = [
        "GONE",
        "DOME",
        "BONE",
        "MAKE",
        "LAKE",
        "TOOK",
        "PAST",
        "HOT",
        "NOT",
        "LOT",
        "ONE",
        "DONT",
        "DONDE",
    ]
    others += ["LIVRO", "DONC", "PASA", "INDO", "TENGO", "PRONTO", "LISTO"]
    assert not [word for word in others if SPELLINGS.get(word)]


def test_what_may_be_kept_has_no_words_and_no_pin() -> None:
    """The reading kept beside a text names neither what was said freely nor a customer's PIN."""
    assert render(parse("done 12 pin 4821").silent) == "DONE 12"
    assert render(parse("fail 12 gate shut").silent) == "FAIL 12"


@given(
    st.sampled_from(["TAKE", "PASS", "GOT", "DONE"]),
    NUMBERS,
    st.sampled_from(["not", "don't", "but", "except", "later"]),
)
def test_a_doubt_beside_a_verb_is_asked_back(verb: str, number: int, doubt: str) -> None:
    """A word of doubt beside TAKE, PASS, GOT or DONE is never acted on."""
    assert not parse(f"{doubt} {verb} {number}").clear
    assert not parse(f"{verb} {number} {doubt}").clear


def test_no_command_is_a_word_the_carrier_keeps() -> None:
    """No spelling of a command is an opt-out or opt-in word."""
    assert not set(SPELLINGS) & (OPT_OUT | OPT_IN)
    assert not set(COMMANDS) & (OPT_OUT | OPT_IN)


@pytest.mark.parametrize("word", sorted(OPT_OUT | {"NO", "YES", "Y", "N"}))
def test_carriers_words_with_a_number_are_never_commands(word: str) -> None:
    """STOP 12, CANCEL 12, YES 12, NO 12 are asked back."""
    assert not parse(f"{word} 12").clear
