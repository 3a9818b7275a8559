"""The alphabet of texts: what fits one segment, and how to make it fit.

GSM 03.38 (3GPP TS 23.038) tables; counts agree with Twilio's segment rules: 160 septets alone, 153 when
joined, UCS-2 70 and 67, and an escape pair or a surrogate pair never split between two segments.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from payments.letters import by_sound

ONE_SEGMENT = 160
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")

# Marks that read better so than as the table of sounds has them, and those of ASCII that are not in the alphabet.
_MARKS = {"`": "'", "«": '"', "»": '"', "•": "-", "·": ".", "°": "", "₤": "£"}

LOST = "?"
_SOUNDED = (
    "LATIN", "GREEK", "CYRILLIC", "ARABIC", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH", "HALFWIDTH", "MODIFIER",
    "MASCULINE", "FEMININE", "MICRO",
)  # fmt: skip


def fold(text: str) -> str:
    """The text in the GSM-7 alphabet, on one line: accents dropped where need be, other letters by sound.

    A letter that has no way into the alphabet becomes one `?` (a run of them also only one).
    """
    return re.sub(r"\?{2,}", LOST, re.sub(r" {2,}", " ", letters(text))).strip()


def letters(text: str) -> str:
    """Every letter in the GSM-7 alphabet and any space a blank, but none taken away."""
    out = []
    for char in unicodedata.normalize("NFC", text):
        if char in "\n\r\t\f" or unicodedata.category(char) in ("Zs", "Zl", "Zp"):
            out.append(" ")
        elif char in _BASIC or char in _EXTENDED:
            out.append(char)
        else:
            out.append(_folded(char))
    return "".join(out)


def loses(text: str) -> bool:
    """Whether folding this text loses what a reader needs, so that it needs a link to what was written.

    That is a letter with no way into the alphabet, or of a script whose sounds do not tell it: one that writes words
    (東京), or leaves its vowels to the reader.
    """
    return fold(text).count(LOST) > text.count(LOST) or not all(map(_told_by_sound, text))


def _told_by_sound(char: str) -> bool:
    return unicodedata.category(char)[0] != "L" or unicodedata.name(char, "").startswith(_SOUNDED)


def _folded(char: str) -> str:
    if char in _MARKS:
        return _MARKS[char]
    sound = by_sound(char)
    return LOST if sound is None else "".join(_MARKS.get(each, each) for each in sound)


def septets(text: str) -> int:
    """How many septets a text in the GSM-7 alphabet takes."""
    return sum(2 if char in _EXTENDED else 1 for char in text)


def segments(text: str) -> tuple[str, int]:
    """The encoding a text needs ("GSM-7" or "UCS-2") and how many segments it is sent as."""
    if all(char in _BASIC or char in _EXTENDED for char in text):
        return "GSM-7", _packed([2 if char in _EXTENDED else 1 for char in text], ONE_SEGMENT, 153)
    return "UCS-2", _packed([2 if ord(char) > 0xFFFF else 1 for char in text], 70, 67)


def _packed(units: Sequence[int], alone: int, joined: int) -> int:
    if sum(units) <= alone:
        return 1
    count, room = 1, joined
    for unit in units:
        if unit > room:
            count, room = count + 1, joined
        room -= unit
    return count


def cut(text: str, most: int) -> str:
    """The text in at most so many septets; a dot in the last place says that something is missing."""
    if septets(text) <= most:
        return text
    kept, room = [], most - 1
    for char in text:
        room -= 2 if char in _EXTENDED else 1
        if room < 0:
            break
        kept.append(char)
    short = "".join(kept).rstrip(" ,.;:-")
    return f"{short}." if short else ""


WHOLE = -1


def fit(
    say: Callable[[Mapping[str, str]], str], fields: Mapping[str, str], cuts: Sequence[tuple[str, int]]
) -> str:
    """One segment saying these fields (GSM-7 already), cut in the order of `cuts` (field, least septets).

    Each field is cut only as far as the text needs; a least of 0 may leave it out. WHOLE is there in full or not at
    all: half a time or half a link would mislead.
    """
    held = dict(fields)
    text = say(held)
    for name, least in cuts:
        over = septets(text) - ONE_SEGMENT
        if over <= 0:
            return text
        most = max(least, septets(held[name]) - over)
        held[name] = cut(held[name], most) if least != WHOLE and (most >= 4 or least) else ""
        text = say(held)
    return cut(text, ONE_SEGMENT)


def roomiest(*texts: str) -> str:
    """The first of these that is one segment, whole; the last one cut where none is."""
    return next((text for text in texts if septets(text) <= ONE_SEGMENT), cut(texts[-1], ONE_SEGMENT))
