"""A text as words, numbers and times: accents, emoji and the thumb's habits taken off, places in the text kept."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import time

from riders_app.replies.words import JOINS, NUMBER_WORDS, SPELLINGS, SPLIT_BY_A_NOUGHT, UNITS

_TOKEN = re.compile(
    r"(?<![0-9])(?P<clock>[0-9]{1,2}(?P<mark>[:.hH])[0-5][0-9])(?P<half> ?[ap]\.?m\b\.?)?(?![0-9]|[.:][0-9])"
    r"|(?P<hour>(?<![0-9])[0-9]{1,2}) ?(?P<noon>[ap]m)\b"
    r"|[0-9]+|[^\W\d_]+(?:'[^\W\d_]+)*|[£$€%?]",
    re.IGNORECASE,
)
_BEFORE_AGO = frozenset({"HA", "HACE"})
_AGO = frozenset({"AGO", "BACK", "EARLIER", "ATRAS"})
_PIN = frozenset({"PIN", "CODE", "CODIGO"})
_IS = frozenset({"IS", "WAS", "E", "ES", "EST"})


@dataclass(frozen=True, slots=True)
class Token:
    """One word (upper case, no accents), number or time."""

    text: str
    start: int
    end: int
    gap: str  # what stood between it and the one before
    accented: bool = False  # on its last letter
    at: time | None = None  # a time of day
    ago_min: int | None = None
    pin: str = ""

    @property
    def glued(self) -> bool:
        """Nothing stood between it and the one before; the first of a text is glued to nothing."""
        return self.gap == "" and self.start > 0

    @property
    def number(self) -> int | None:
        """The job number it may be."""
        if self.text.isdigit() and len(self.text) <= 2 and 1 <= int(self.text) <= 99:
            return int(self.text)
        return None


def plain(body: str) -> str:
    """Plain digits and apostrophes, no emoji; everything else stays where it was."""
    kept = []
    for raw in "".join(map(_typed, unicodedata.normalize("NFC", body.replace("´", "'")))):
        char = "'" if raw in "’‘`" else raw
        kind = unicodedata.category(char)
        if kind in ("Mn", "Me", "Cf"):
            continue
        kept.append(" " if kind in ("So", "Sk", "Cs", "Co", "Cc") else char)
    return "".join(kept).strip()


def _typed(char: str) -> str:
    """One character in plain type. A digit of any script is that digit; `½`, `²` and `①` are a word nobody knows."""
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    return "½" if kind == "No" else unicodedata.normalize("NFKC", char)


def bare(word: str) -> str:
    """A word in upper case without accents and apostrophes."""
    apart = unicodedata.normalize("NFD", word.upper().replace("'", ""))
    return "".join(char for char in apart if not unicodedata.combining(char))


def tokens(text: str) -> list[Token]:
    """The tokens of a text that is plain already."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        if match.group() == "?":
            continue
        gap = text[found[-1].end if found else 0 : match.start()]
        word = bare(match.group())
        last = match.group()[-1]
        token = Token(word, match.start(), match.end(), gap, bare(last) != last.upper())
        found.append(_timed(token, match))
    return _pins(_agos([_mended(token) for token in _joined(_counted(found))]))


def _timed(token: Token, match: re.Match[str]) -> Token:
    """With its time of day, where it is written as one. `12.13` may be two jobs: its text keeps the dot."""
    if match["hour"]:
        return replace(token, text="CLOCK", at=_clock(int(match["hour"]), 0, match["noon"]))
    if match["clock"]:
        hour, minute = (int(part) for part in re.split("[:.hH]", match["clock"]))
        at = _clock(hour, minute, match["half"] or "")
        dotted = match["mark"] == "." and not match["half"]
        return replace(token, text="DOTTED" if dotted and at else "CLOCK" if at else "NONE", at=at)
    if token.text.isdigit() and len(token.text) in (3, 4):
        at = _clock(int(token.text[:-2]), int(token.text[-2:]), "")
        return replace(token, at=at)
    return token


def _clock(hour: int, minute: int, half: str) -> time | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if "P" in half.upper() else 0)
    return time(hour, minute) if hour <= 23 and minute <= 59 else None


def _counted(found: list[Token]) -> list[Token]:
    """`twenty one` is 21, `eighteen` 18; small numbers stay words, for `got two` is not job 2."""
    out: list[Token] = []
    for token in found:
        value = NUMBER_WORDS.get(token.text, 0)
        last = out[-1] if out else None
        if value > 10:
            out.append(replace(token, text=str(value)))
        elif last and 0 < value < 10 and NUMBER_WORDS.get(_decade(last.text), 0):
            out[-1] = replace(last, text=str(int(last.text) + value), end=token.end)
        else:
            out.append(token)
    return out


def _decade(text: str) -> str:
    """The word for twenty, thirty ... that was written as this number, or nothing."""
    return _TENS.get(text, "")


_TENS = {str(value): word for word, value in NUMBER_WORDS.items() if value >= 20 and value % 10 == 0}


def _joined(found: list[Token]) -> list[Token]:
    """`picked up`, `could not deliver` and `0ff` are one word each; `picked 5 up` is `picked up 5`."""
    out: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        for words, one in JOINS:
            run = found[at : at + len(words)]
            if tuple(t.text for t in run) == words:
                out.append(replace(token, text=one, end=run[-1].end))
                at += len(words)
                break
        else:
            last = out[-1] if out else None
            if last and token.glued and (last.text, token.text) in SPLIT_BY_A_NOUGHT:
                out[-1] = replace(last, text=(last.text + token.text).replace("0", "O"), end=token.end)
            elif token.text == "UP" and len(out) > 1 and out[-2].text == "PICKED" and out[-1].number:
                out[-2] = replace(out[-2], text="PICKEDUP")
            else:
                out.append(token)
            at += 1
    return out


def _mended(token: Token) -> Token:
    """`takeee` is `take`: a letter held down counts once."""
    if len(token.text) > 4 and token.text not in SPELLINGS:
        short = re.sub(r"(.)\1+$", r"\1", token.text)
        for text in (short, short + short[-1]):
            if text in SPELLINGS:
                return replace(token, text=text)
    return token


def _agos(found: list[Token]) -> list[Token]:
    """`10 min ago`, `il y a 10 min`, `hace 10 minutos`, `há 10 min` are one token each."""
    out: list[Token] = []
    at = 0
    while at < len(found):
        text = [t.text for t in found[at : at + 3]]
        value = _minutes(text[0])
        if value and text[1:2] and text[1] in UNITS and text[2:] and text[2] in _AGO:
            out.append(_ago(found[at], found[at + 2], value))
            at += 3
        elif text[0] in _BEFORE_AGO and len(text) == 3 and _minutes(text[1]) and text[2] in UNITS:
            out.append(_ago(found[at], found[at + 2], _minutes(text[1])))
            at += 3
        else:
            out.append(found[at])
            at += 1
    return out


def _minutes(text: str) -> int:
    if text.isdigit() and len(text) <= 3:
        return int(text)
    return NUMBER_WORDS.get(text, 0)


def _ago(first: Token, last: Token, value: int) -> Token:
    return replace(first, text="AGO", end=last.end, ago_min=value)


def _pins(found: list[Token]) -> list[Token]:
    """`PIN 4821`, `the pin is 4821`: one token, so that it is never a time or a job."""
    out: list[Token] = []
    for token in found:
        last = out[-1] if out else None
        if last and last.text == "PIN" and not last.pin and token.text in _IS:
            continue
        if (
            last
            and last.text == "PIN"
            and not last.pin
            and token.text.isdigit()
            and 4 <= len(token.text) <= 6
        ):
            out[-1] = replace(last, end=token.end, pin=token.text)
        else:
            out.append(replace(token, text="PIN") if token.text in _PIN else token)
    return out
