"""Riders' texts are read as they were meant, or asked back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riders_app.replies import COMMANDS, OPT_IN, OPT_OUT, SPELLINGS, Reading, parse, render

CORPUS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "corpus.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("# ")
]
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
COMMAND = st.one_of(PLAIN, NUMBERED, DELIVERED, EVERYTHING, LATE, SAID)


def test_the_corpus_is_big_enough_to_mean_something() -> None:
    """The corpus holds at least 120 different texts."""
    assert len({text for text, _ in CORPUS}) >= 120


@pytest.mark.parametrize(("text", "meant"), CORPUS)
def test_a_text_is_read_as_meant(text: str, meant: str) -> None:
    """Each text of the corpus is read exactly as written beside it, or asked back."""
    reading = parse(text)
    assert (render(reading) if reading.clear else "?") == meant


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


@given(st.text(max_size=200))
def test_any_text_at_all_can_be_read(text: str) -> None:
    """No text makes the reader fail, and a job number it gives is one a job may have."""
    reading = parse(text)
    if reading.verb not in ("LATE",):
        assert all(1 <= number <= 99 for number in reading.numbers)


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


@pytest.mark.parametrize("word", sorted(OPT_OUT | {"NO", "OK", "Y", "N"}))
def test_carriers_words_with_a_number_are_never_commands(word: str) -> None:
    """STOP 12, CANCEL 12, OK 12, NO 12 are asked back."""
    assert not parse(f"{word} 12").clear
