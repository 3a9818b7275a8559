"""Verbs that only tell people things, and so take free words: their number stands right beside them."""

from riders_app.replies.reading import Reading
from riders_app.replies.tokens import Token
from riders_app.replies.verbs import Verb
from riders_app.replies.words import (
    COURTESY,
    DROPS,
    HOURS,
    LABELS,
    MOST_MINUTES,
    NEGATIONS,
    NUMBER_WORDS,
    UNITS,
)

_BETWEEN = LABELS | {"WITH", "ON", "CON", "COM", "AVEC", "FOR", "LA", "EL", "O", "LE", "DE"}

_CLOCKS = frozenset({"CLOCK", "DOTTED", "NONE"})  # "late 12 until 19:40" is no number of minutes
_A = frozenset({"A", "AN", "UNE", "UMA", "UNA"})
_NO_MINUTES = frozenset(
    {"NOT", "ISNT", "WONT", "NAO", "PAS", "TOO", "TIL", "TILL", "UNTIL", "PAST", "QUARTER"}
)


def leads(tokens: list[Token], at: int) -> bool:
    """Whether nothing but courtesy stands before it."""
    return all(token.text in COURTESY for token in tokens[:at])


def numbers(tokens: list[Token]) -> tuple[int, ...]:
    """Every job number that may stand in these tokens."""
    return tuple(dict.fromkeys(token.number for token in tokens if token.number is not None))


def free(verb: Verb, at: int, tokens: list[Token], plain: str) -> Reading:
    """The reading of a text whose verb takes free words."""
    if any(token.text in NEGATIONS for token in tokens[:at]):
        return Reading(verb, clear=False)
    if verb == "LATE":
        return late(tokens)
    follows = at + 1
    while follows < len(tokens) and tokens[follows].text in _BETWEEN:
        follows += 1
    letters: tuple[str, ...] = ()
    number, end = _job_number(tokens, follows), follows
    if verb == "FAIL" and number is None:
        number, letters, end = _drop(tokens, follows)
    if number is not None:
        words = plain[tokens[end].end :]
    else:
        words = plain[tokens[at].end :]
        number = _job_number(tokens, at - 1) if at == 1 else None
        if number is None and verb != "CONTEST":
            others = numbers(tokens)
            number = others[0] if len(others) == 1 and verb == "WHY" else None
    if not leads(tokens, at) and number is None:
        words = plain
    said = "" if verb == "WHY" else words.strip(" \t\r\n.,:;-!")
    clear = verb != "FAIL" or leads(tokens, at) or (at == 1 and number is not None)
    clear = clear and not (
        verb == "FAIL" and tokens[at].text != "COULDNTDELIVER" and _is(tokens, at + 1, "TO")
    )
    return Reading(verb, () if number is None else (number,), letters, words=said, clear=clear)


def _job_number(tokens: list[Token], at: int) -> int | None:
    if not 0 <= at < len(tokens) or tokens[at].number is None:
        return None
    if at + 1 < len(tokens) and tokens[at + 1].glued:  # 12B, 12pm, 12th: not a job number alone
        return None
    return tokens[at].number


def _drop(tokens: list[Token], at: int) -> tuple[int | None, tuple[str, ...], int]:
    """`12B`: the job, its drops, and the last token of it."""
    if at + 1 >= len(tokens) or tokens[at].number is None:
        return None, (), at
    letters = tokens[at + 1].text
    if set(letters) <= DROPS and list(letters) == sorted(set(letters)):
        return tokens[at].number, tuple(letters), at + 1
    return None, (), at


def late(tokens: list[Token]) -> Reading:
    """LATE 12 10: the job, then the minutes. One number alone may be either: the inbox knows which."""
    if any(token.text in _NO_MINUTES for token in tokens) or any(token.text in _CLOCKS for token in tokens):
        return Reading("LATE", clear=False)
    plain: list[int] = []
    timed: list[int] = []
    for i, token in enumerate(tokens):
        unit = i + 1 < len(tokens) and tokens[i + 1].text in UNITS
        if token.text in HOURS and not (token.text == "H" and not token.glued):
            minutes, counted = _hours(tokens, i)
            if not minutes:
                return Reading("LATE", clear=False)
            plain = plain[: len(plain) - counted]
            timed.append(minutes)
        elif token.text.isdigit() and len(token.text) <= 3:
            (timed if unit else plain).append(int(token.text))
        elif NUMBER_WORDS.get(token.text, 0) and (unit or NUMBER_WORDS[token.text] >= 5):
            timed.append(NUMBER_WORDS[token.text])
    if len(timed) == 1 and len(plain) <= 1:
        minutes, jobs = timed[0], tuple(plain)
    elif not timed and len(plain) == 2:
        minutes, jobs = plain[1], (plain[0],)
    elif not timed and len(plain) <= 1:
        return Reading("LATE", tuple(plain), clear=all(1 <= n <= MOST_MINUTES for n in plain))
    else:
        return Reading("LATE", clear=False)
    sound = 1 <= minutes <= MOST_MINUTES and all(1 <= n <= 99 for n in jobs)
    return Reading("LATE", jobs, minutes=minutes, clear=sound)


def _hours(tokens: list[Token], at: int) -> tuple[int, int]:
    """Minutes of `1 hour`, `an hour`, `half an hour`, and how many numbers that took; 0 where it says neither."""
    before = tokens[at - 1].text if at else ""
    if before.isdigit():
        return int(before) * 60, 1
    if before in _A and _is(tokens, at - 2, "HALF"):
        return 30, 0
    if before in _A | {"ONE"}:
        return 60, 0
    return (30 if before in ("HALF", "DEMI", "MEIA", "MEDIA") else NUMBER_WORDS.get(before, 0) * 60), 0


def _is(tokens: list[Token], at: int, word: str) -> bool:
    return 0 <= at < len(tokens) and tokens[at].text == word
