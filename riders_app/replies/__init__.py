"""What a rider's text means: a pure reading of it, that would rather ask back than guess.

A wrong TAKE, PASS, GOT or DONE costs a meal or somebody's pay; asking back costs one text. So these verbs
are read strictly (nothing may stand beside them that we do not know), while TROUBLE, LATE, WHY and CONTEST,
which only tell people things, take free words.

The carrier keeps STOP, STOPALL, UNSUBSCRIBE, CANCEL, END and QUIT (opt out) and START, YES and UNSTOP (opt
in) for itself (Twilio, support article 223134027), so none of them is ever a command here.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import time

from riders_app.replies.words import (
    BESIDE,
    CANNED,
    COMMANDS,
    COURTESY,
    DROPS,
    EVERYTHING,
    FREE,
    LABELS,
    MOST_MINUTES,
    NEGATIONS,
    NUMBER_WORDS,
    OPT_IN,
    OPT_OUT,
    REFUSALS,
    SPELLINGS,
    SPLIT_BY_A_NOUGHT,
    STRICT,
    UNITS,
    Verb,
)

__all__ = ["COMMANDS", "OPT_IN", "OPT_OUT", "SPELLINGS", "Reading", "Verb", "parse", "render"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. `clear` says it may be acted on; when it is not, the rest is only a guess.

    `at` is the true local time a rider gave, `ago_min` the same as minutes ago, `pin` a customer's code.
    `numbers` are job numbers (1-99), `letters` drops (A-H) in alphabetical order, `everything` is
    DONE ... ALL, `minutes` belongs to LATE, `words` to TROUBLE, CONTEST and HELP.
    """

    verb: Verb | None
    numbers: tuple[int, ...] = ()
    letters: tuple[str, ...] = ()
    everything: bool = False
    minutes: int | None = None
    words: str = ""
    clear: bool = True
    at: time | None = None
    ago_min: int | None = None
    pin: str = ""

    @property
    def number(self) -> int | None:
        """The job number, when exactly one was given."""
        return self.numbers[0] if len(self.numbers) == 1 else None


_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+(?:'[^\W\d_]+)*|[£$€%]")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int
    glued: bool  # nothing stood between it and the token before


def parse(body: str) -> Reading:
    """Read one text. Never raises; what it cannot read comes back with `clear` false and its best guess."""
    plain = _plain(body)
    tokens = _tokens(plain)
    if len(tokens) == 1:
        word = tokens[0].text
        if word in OPT_OUT:
            return Reading("OPT_OUT")
        if word in OPT_IN:
            return Reading("OPT_IN")
        if word in CANNED:
            return Reading("HELP")
    verbs = _verbs(tokens)
    if not verbs:
        return Reading(None, numbers=_numbers(tokens), clear=False)
    at, verb = verbs[0]
    if verb in FREE and _leads(tokens, at):
        return _free(verb, at, tokens, plain)
    if len({v for _, v in verbs}) > 1:
        return Reading(None, numbers=_numbers(tokens), clear=False)
    if verb == "CONTEST":  # only where it leads: "contest" in passing opens no case
        return Reading("CONTEST", numbers=_numbers(tokens), clear=False)
    if verb in FREE:
        return _free(verb, at, tokens, plain)
    reading = _strict(verb, at, tokens)
    if verb in STRICT and ("?" in plain or any(mark in body for mark in REFUSALS)):
        return _unsure(reading)
    return reading


def render(reading: Reading) -> str:
    """The plain spelling of a command: what we ask riders to text, and what parse() reads back."""
    words: list[str] = [reading.verb or ""]
    drops = "".join(reading.letters)
    if reading.numbers:
        words.append(" ".join(str(n) for n in reading.numbers) + drops)
    elif drops:
        words.append(" ".join(drops))
    if reading.everything:
        words.append("ALL")
    if reading.minutes is not None:
        words.append(str(reading.minutes) if reading.numbers else f"{reading.minutes} min")
    if reading.words:
        words.append(reading.words)
    return " ".join(words)


def _plain(body: str) -> str:
    """Plain digits and apostrophes, no emoji and no accents' marks; everything else stays where it was."""
    kept = []
    for raw in unicodedata.normalize("NFKC", body.replace("´", "'")):
        char = "'" if raw in "’‘`" else raw
        kind = unicodedata.category(char)
        if kind in ("Mn", "Me", "Cf"):
            continue
        kept.append(" " if kind in ("So", "Sk", "Cs", "Co", "Cc") else char)
    return "".join(kept).strip()


def _tokens(plain: str) -> list[_Token]:
    tokens: list[_Token] = []
    for found in _TOKEN.finditer(plain):
        glued = bool(tokens) and tokens[-1].end == found.start()
        tokens.append(_Token(found.group().upper().replace("'", ""), found.start(), found.end(), glued))
    return [_mended(token) for token in _joined(tokens)]


def _joined(tokens: list[_Token]) -> list[_Token]:
    """`picked up` and `0ff` are one word each."""
    out: list[_Token] = []
    for token in tokens:
        last = out[-1] if out else None
        pair = (last.text, token.text) if last else None
        if last and (pair == ("PICKED", "UP") or (token.glued and pair in SPLIT_BY_A_NOUGHT)):
            out[-1] = _Token((last.text + token.text).replace("0", "O"), last.start, token.end, last.glued)
        else:
            out.append(token)
    return out


def _mended(token: _Token) -> _Token:
    """`takeee` is `take`: a letter held down counts once."""
    if len(token.text) > 4 and token.text not in SPELLINGS:
        short = re.sub(r"(.)\1+$", r"\1", token.text)
        if short in SPELLINGS or short + short[-1] in SPELLINGS:
            text = short if short in SPELLINGS else short + short[-1]
            return _Token(text, token.start, token.end, token.glued)
    return token


def _verbs(tokens: list[_Token]) -> list[tuple[int, Verb]]:
    found: list[tuple[int, Verb]] = []
    for i, token in enumerate(tokens):
        verb = SPELLINGS.get(token.text)
        if verb is None:
            continue
        if token.glued and tokens[i - 1].text.isdigit() and len(token.text) < 3:
            continue
        if verb == "ON" and found and found[-1] in ((i - 1, "PASS"), (i - 1, "TAKE")):
            continue  # "pass on 12"
        if verb == "MENU" and token.text == "JOBS" and found:
            continue
        found.append((i, verb))
    return found


def _leads(tokens: list[_Token], at: int) -> bool:
    """Whether nothing but courtesy stands before it."""
    return all(token.text in COURTESY for token in tokens[:at])


def _numbers(tokens: list[_Token]) -> tuple[int, ...]:
    values = (int(t.text) for t in tokens if t.text.isdigit() and len(t.text) <= 3)
    return tuple(dict.fromkeys(v for v in values if 1 <= v <= 99))


def _unsure(reading: Reading) -> Reading:
    return Reading(reading.verb, reading.numbers, reading.letters, reading.everything, clear=False)


def _free(verb: Verb, at: int, tokens: list[_Token], plain: str) -> Reading:
    """A verb that takes free words: its number stands right beside it."""
    if at and tokens[at - 1].text in NEGATIONS:
        return Reading(verb, clear=False)
    if verb == "LATE":
        return _late(tokens)
    follows = at + 1
    while follows < len(tokens) and tokens[follows].text in LABELS:
        follows += 1
    number = _job_number(tokens, follows)
    drop = _drop_after(tokens, follows) if verb == "FAIL" else None
    if drop is not None:
        words = plain[tokens[follows + 1].end :].strip(" \t\r\n.,:;-!")
        return Reading(verb, (int(tokens[follows].text),), (drop,), words=words)
    if number is not None:
        words = plain[tokens[follows].end :]
    else:
        words = plain[tokens[at].end :]
        number = _job_number(tokens, at - 1) if at == 1 else None
        if number is None and verb != "CONTEST":
            others = _numbers(tokens)
            number = others[0] if len(others) == 1 and verb == "WHY" else None
    if not _leads(tokens, at) and number is None:
        words = plain
    said = "" if verb == "WHY" else words.strip(" \t\r\n.,:;-!")
    return Reading(verb, () if number is None else (number,), words=said)


def _job_number(tokens: list[_Token], at: int) -> int | None:
    if not 0 <= at < len(tokens) or not tokens[at].text.isdigit() or not 1 <= int(tokens[at].text) <= 99:
        return None
    if at + 1 < len(tokens) and tokens[at + 1].glued:  # 12B, 12pm, 12th: not a job number alone
        return None
    return int(tokens[at].text)


def _drop_after(tokens: list[_Token], at: int) -> str | None:
    """The drop written onto a job's number: `12B`."""
    if at + 1 >= len(tokens) or not tokens[at].text.isdigit() or not 1 <= int(tokens[at].text) <= 99:
        return None
    after = tokens[at + 1]
    return after.text if after.glued and after.text in DROPS else None


def _late(tokens: list[_Token]) -> Reading:
    """LATE 12 10: the job, then the minutes. One number alone may be either: the inbox knows which."""
    plain: list[int] = []
    timed: list[int] = []
    for i, token in enumerate(tokens):
        value = (
            int(token.text) if token.text.isdigit() and len(token.text) <= 3 else NUMBER_WORDS.get(token.text)
        )
        if value is None:
            continue
        unit = i + 1 < len(tokens) and tokens[i + 1].text in UNITS
        (timed if unit or not token.text.isdigit() else plain).append(value)
    if len(timed) == 1 and len(plain) <= 1:
        minutes, numbers = timed[0], tuple(plain)
    elif not timed and len(plain) == 2:
        minutes, numbers = plain[1], (plain[0],)
    elif not timed and len(plain) <= 1:
        return Reading("LATE", tuple(plain), clear=all(1 <= n <= MOST_MINUTES for n in plain))
    else:
        return Reading("LATE", clear=False)
    sound = 1 <= minutes <= MOST_MINUTES and all(1 <= n <= 99 for n in numbers)
    return Reading("LATE", numbers, minutes=minutes, clear=sound)


def _strict(verb: Verb, at: int, tokens: list[_Token]) -> Reading:
    """A verb beside which everything must be known."""
    numbers: list[int] = []
    letters: list[str] = []
    everything = False
    sure = True
    for i, token in enumerate(tokens):
        word = token.text
        if (
            i == at
            or SPELLINGS.get(word) == verb
            or (word == "ON" and i == at + 1 and verb in ("TAKE", "PASS"))
        ):
            continue
        if word.isdigit():
            number = int(word) if len(word) <= 3 else 0
            sure = sure and 1 <= number <= 99 and not _stuck_to_a_word(tokens, i)
            if 1 <= number <= 99:
                numbers.append(number)
        elif word in EVERYTHING and verb in ("DONE", "GOT"):
            everything = verb == "DONE"
        elif verb == "DONE" and _is_drops(tokens, i):
            letters += word
        elif (token.glued and word not in COURTESY) or not _harmless(verb, tokens, i):
            sure = False
    numbers = list(dict.fromkeys(numbers))
    if verb in ("ON", "OFF", "UNDO", "PAY"):
        sure = sure and not numbers
    sure = sure and len(numbers) <= 1 and not (everything and letters)
    sure = sure and not _means_the_evening(verb, tokens, numbers, letters)
    return Reading(verb, tuple(numbers), tuple(sorted(set(letters))), everything, clear=sure)


def _stuck_to_a_word(tokens: list[_Token], at: int) -> bool:
    """`TAKE I2` is not job 2: a number may be written onto its verb or label only."""
    before = tokens[at - 1] if at else None
    if before is None or not tokens[at].glued:
        return False
    return before.text not in LABELS and before.text not in SPELLINGS


def _is_drops(tokens: list[_Token], at: int) -> bool:
    """`B`, `BC` after a number or the verb; an `A` before a word is only English."""
    word = tokens[at].text
    if not set(word) <= DROPS or list(word) != sorted(set(word)):
        return False
    after = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if word == "A" and after and not after.isdigit() and after not in ("AND", *DROPS):
        return SPELLINGS.get(after) == "DONE"
    if len(word) == 1 or tokens[at].glued:
        return True
    return at > 0 and tokens[at - 1].text.isdigit()


def _harmless(verb: Verb, tokens: list[_Token], at: int) -> bool:
    word = tokens[at].text
    if word == "NO":  # "no 12" is a number's label, any other "no" is a no
        return at > 0 and at + 1 < len(tokens) and tokens[at + 1].text.isdigit()
    if word == "CAN":  # "I can take 12" is an answer, "can I take 12" a question
        return at + 1 < len(tokens) and tokens[at + 1].text not in ("I", "WE", "YOU")
    return word in COURTESY or word in BESIDE.get(verb, frozenset())


def _means_the_evening(verb: Verb, tokens: list[_Token], numbers: list[int], letters: list[str]) -> bool:
    """`all done` and `got it` without a job may mean the evening, or only "understood"."""
    if verb != "DONE" or numbers or letters:
        return False
    words = [t.text for t in tokens]
    return bool(EVERYTHING & set(words)) and words[0] in EVERYTHING
