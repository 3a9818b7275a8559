"""A verb beside which everything must be known: a word that is not makes the whole text unclear."""

from dataclasses import dataclass, field, replace
from datetime import time

from riders_app.replies import tongues
from riders_app.replies.reading import Reading
from riders_app.replies.tokens import Token
from riders_app.replies.verbs import Verb
from riders_app.replies.words import (
    BESIDE,
    COURTESY,
    DICTATED,
    DROPS,
    EVERYTHING,
    LABELS,
    SPELLINGS,
    TIMED,
    UNITS,
)

_SEVERAL: frozenset[Verb] = frozenset({"TAKE", "PASS", "HERE", "GOT", "DONE"})
_NUMBERLESS: frozenset[Verb] = frozenset({"ON", "OFF", "UNDO", "PAY", "SHIFTS", "JOIN"})
_AT = frozenset({"AT", "A", "AS", "LAS", "VERS"})
_AND = frozenset({"AND", "JOB", "JOBS", "ALSO"})
_ASKS = frozenset({"CAN", "WILL", "AM", "HAVE"})
_MOST_BREAK_MIN = 120


@dataclass(slots=True)
class _Seen:
    """What was found so far. `jobs` are numbers with their drops; `letters` stood before any number."""

    jobs: dict[int, list[str]] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    everything: bool = False
    at: time | None = None
    at_said: bool = False  # the time stood behind "at", or with a colon: no job number is needed to know it
    ago_min: int | None = None
    pin: str = ""
    sure: bool = True


def strict(verb: Verb, at: int, tokens: list[Token]) -> Reading:
    """The reading of these tokens with their verb at `at` (-1: none stands there)."""
    seen = _Seen()
    for i, token in enumerate(tokens):
        if i == at or (SPELLINGS.get(token.text) == verb and token.text != "PAS"):
            continue
        if token.text == "ON" and i == at + 1 and verb in ("TAKE", "PASS", "STAY"):
            continue
        _see(verb, at, tokens, i, seen)
    word = tokens[at].text if at >= 0 else ""
    if word in tongues.NUMBERED and not seen.jobs:
        seen.sure = False
    if word in tongues.ALONE and any(t.text.isalpha() and t.text not in COURTESY | {word} for t in tokens):
        seen.sure = False
    return _reading(verb, tokens, seen)


def _see(verb: Verb, at: int, tokens: list[Token], i: int, seen: _Seen) -> None:
    token = tokens[i]
    if token.pin:
        seen.sure &= verb == "DONE" and not seen.pin
        seen.pin = token.pin
    elif token.ago_min is not None:
        seen.sure &= verb in TIMED and seen.ago_min is None
        seen.ago_min = token.ago_min
    elif token.at is not None or (token.text.isdigit() and len(token.text) > 2):
        _time(verb, tokens, i, seen)
    elif token.text.isdigit():
        _job(verb, tokens, i, seen)
    else:
        _word(verb, at, tokens, i, seen)


def _time(verb: Verb, tokens: list[Token], i: int, seen: _Seen) -> None:
    token = tokens[i]
    said = token.text == "CLOCK" or (i > 0 and tokens[i - 1].text in _AT)
    known = said or bool(seen.jobs) or token.text != "DOTTED"
    seen.sure &= verb in TIMED and token.at is not None and seen.at is None and known and not token.glued
    seen.at, seen.at_said = token.at, said


def _job(verb: Verb, tokens: list[Token], i: int, seen: _Seen) -> None:
    """A number of one or two digits: a job, unless something says that it may not be one."""
    token, number = tokens[i], tokens[i].number
    before = tokens[i - 1] if i else None
    after = tokens[i + 1].text if i + 1 < len(tokens) else ""
    seen.sure &= number is not None and not _stuck_to_a_word(tokens, i)
    if after in UNITS and verb != "REST":
        seen.sure = False
    if before and before.text in _AT - {"A"} and verb in TIMED and (verb != "HERE" or seen.jobs):
        seen.sure = False  # "at 7" may be a time
    said = next((t for t in reversed(tokens[:i]) if t.text not in LABELS), None)  # "at number 14" is a door
    if before and not _leads_to_a_job(verb, before, first=not seen.jobs):
        seen.sure = False
    if said and said.text in ("AT", "TO", "WITH", "DOOR") and verb in ("GOT", "DONE"):
        seen.sure = False
    if before and before.text in EVERYTHING | tongues.ALL and number is not None and number <= len(DROPS):
        seen.sure = False  # "all 3 done" may be three drops
    if before and before.number is not None:
        apart = token.gap.replace("#", "").strip()
        slashed = apart == "/" and verb not in ("TAKE", "PASS") and len(before.text) == len(token.text) == 2
        if apart not in ("", ",", ";", "&", "+") and not slashed:
            seen.sure = False  # a range, a fraction (1/2), a choice, a slip on the exclamation mark
        if not apart and verb in ("TAKE", "PASS") and len(before.text) == len(token.text) == 1:
            seen.sure = False  # "take 1 2" may be 12
    if number is not None:
        seen.jobs.setdefault(number, [])


def _leads_to_a_job(verb: Verb, before: Token, *, first: bool) -> bool:
    """Whether a number behind this word is a job: `done 12 door 4`, `2 of 3`, `left with 14` are none."""
    word = before.text
    if word in ("NO", "TO", "WITH", "ABOUT"):
        return word == "NO" and first
    if (
        SPELLINGS.get(word) == verb
        or word in _AND | tongues.AND | tongues.ARTICLES | LABELS
        or word.isdigit()
    ):
        return True
    if first:
        return verb != "DONE" or word not in BESIDE["DONE"] - {"JUST", "IVE", "HAVE", "THE", "OF", "DROPOFF"}
    return set(word) <= DROPS


def _word(verb: Verb, at: int, tokens: list[Token], i: int, seen: _Seen) -> None:
    token = tokens[i]
    word = token.text
    foreign = at >= 0 and tokens[at].text in tongues.FOREIGN
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    numbered = after is not None and after.number is not None
    if word in EVERYTHING or (foreign and word in tongues.ALL and verb in ("GOT", "DONE")):
        seen.everything |= verb == "DONE"
        seen.sure &= not (verb == "DONE" and after is not None and after.text in ("OK", "OKAY"))
        seen.sure &= verb in ("GOT", "DONE") or word in _beside(verb, at, tokens)
    elif _leads_to_a_time(word, after, foreign=foreign):
        seen.sure &= verb in TIMED
    elif foreign and word in tongues.AND and i and tokens[i - 1].number and (numbered or _is_article(after)):
        pass
    elif numbered and ((foreign and word == "A") or (word == "E" and seen.jobs and not token.glued)):
        seen.sure = False  # a drop to some, an article or an "and" to others
    elif verb == "DONE" and not (foreign and word == "A" and not seen.jobs) and _is_drops(tokens, i):
        place = list(seen.jobs.values())[-1] if seen.jobs else seen.letters
        place += word
    elif (token.glued and word not in COURTESY) or not _harmless(verb, at, tokens, i):
        seen.sure = False


def _reading(verb: Verb, tokens: list[Token], seen: _Seen) -> Reading:
    numbers = tuple(seen.jobs)
    if seen.letters and len(numbers) == 1:
        seen.jobs[numbers[0]] += seen.letters
        seen.letters = []
    if verb == "REST":
        return _rest(numbers, sure=seen.sure)
    letters = tuple(sorted(set(seen.jobs[numbers[0]] if numbers else seen.letters)))
    sure = seen.sure and not (numbers and seen.letters)
    sure = sure and not (seen.at is not None and seen.ago_min is not None)
    sure = sure and (seen.at is None or bool(numbers) or seen.at_said)
    sure = sure and not (verb in _NUMBERLESS and numbers) and not (seen.everything and letters)
    if len(numbers) > 1:
        sure = sure and verb in _SEVERAL and not seen.everything and not seen.pin
    if not numbers and not letters:
        words = [t.text for t in tokens]
        sure = sure and not (verb == "DONE" and bool(EVERYTHING & set(words)) and words[0] in EVERYTHING)
    if not sure:
        return Reading(verb, numbers, letters, seen.everything, clear=False)
    first = Reading(
        verb, numbers[:1], letters, seen.everything, at=seen.at, ago_min=seen.ago_min, pin=seen.pin
    )
    also = tuple(replace(first, numbers=(n,), letters=tuple(sorted(set(seen.jobs[n])))) for n in numbers[1:])
    return replace(first, also=also)


def _rest(numbers: tuple[int, ...], *, sure: bool) -> Reading:
    """A break may say how many minutes, never which job."""
    sound = sure and len(numbers) <= 1 and all(n <= _MOST_BREAK_MIN for n in numbers)
    return Reading("REST", minutes=numbers[0] if numbers and sound else None, clear=sound)


def _stuck_to_a_word(tokens: list[Token], at: int) -> bool:
    """`TAKE I2` is not job 2: a number may be written onto its verb or label only."""
    before = tokens[at - 1] if at else None
    if before is None or not tokens[at].glued:
        return False
    return before.text not in LABELS and before.text not in SPELLINGS


def _is_drops(tokens: list[Token], at: int) -> bool:
    """`B`, `BC` after a number or the verb; an `A` before a word is only English."""
    word = tokens[at].text
    if not set(word) <= DROPS or list(word) != sorted(set(word)):
        return False
    after = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if (
        word == "A"
        and not tokens[at].glued
        and after
        and not after.isdigit()
        and after not in ("AND", *DROPS)
    ):
        return SPELLINGS.get(after) == "DONE"
    if len(word) == 1 or tokens[at].glued:
        return True
    return at > 0 and tokens[at - 1].text.isdigit()


def _leads_to_a_time(word: str, after: Token | None, *, foreign: bool) -> bool:
    """`at 18:40`, `às 18h40`, `a las 18:40`."""
    if after is None or not (foreign or word == "AT"):
        return False
    return (word in _AT and after.at is not None) or (word == "A" and after.text == "LAS")


def _is_article(token: Token | None) -> bool:
    return token is not None and token.text in tongues.ARTICLES


def _beside(verb: Verb, at: int, tokens: list[Token]) -> frozenset[str]:
    word = tokens[at].text if at >= 0 else ""
    if word in tongues.FOREIGN:
        return tongues.beside(word)
    return BESIDE.get(verb, frozenset())


def _harmless(verb: Verb, at: int, tokens: list[Token], i: int) -> bool:
    word = tokens[i].text
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    foreign = at >= 0 and tokens[at].text in tongues.FOREIGN
    if word == "NO":  # "no 12" is a number's label, "no restaurante" is "at the", any other "no" is a no
        if foreign:
            return verb == "HERE" and after is not None
        numbered = after is not None and after.text.isdigit()
        return numbered and (verb not in ("GOT", "DONE") or (after is not None and "." in after.gap))
    asks = after is None or after.text in ("I", "WE", "YOU")
    if word in _ASKS and asks and verb not in ("REST", "PAY"):
        return False  # "I can take 12" is an answer, "can I take 12" a question
    if after is None and word in ("TO", "WITH", "OF", "AT"):
        return False  # cut short
    if word == "LEFT":  # "left with", not "13 left"
        return after is not None and after.text in ("WITH", "AT", "OUTSIDE", "THE")
    if word == "TO" and verb == "PASS":  # "have to pass 12", not "pass it to 12"
        return i > 0 and tokens[i - 1].text == "HAVE"
    if word == "ABOUT":  # "about 10 min ago", not "just about done"
        return after is not None and (after.ago_min is not None or after.at is not None)
    if verb in ("TAKE", "PASS") and not _said_by_the_rider(at, tokens, i):
        return False
    if (
        word in LABELS
        and verb == "GOT"
        and not (after and after.text.isdigit() and tokens[i - 1].text != "THE")
    ):
        return False  # "got the job", "got the number": the text was read, no food is in hand
    if word in LABELS and after is not None and after.text.isdigit() and len(word) > 1:
        return True
    return word in COURTESY | DICTATED or word in _beside(verb, at, tokens)


def _said_by_the_rider(at: int, tokens: list[Token], i: int) -> bool:
    """`I will take 12`, not `it will take 12` or `12 can take it`."""
    word, before = tokens[i].text, tokens[i - 1].text if i else ""
    if word in ("IT", "THIS", "THAT"):
        return i > at
    return word not in ("WILL", "CAN", "GONNA") or not before or before in COURTESY | {"I", "IM", "AND"}
