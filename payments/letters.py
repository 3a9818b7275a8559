"""Words as paper, phones and spreadsheets take them: other letters by their sound, and no formulas."""

import re
import unicodedata

from anyascii import anyascii

_MARKS = {"\u20ac": "EUR ", "\u2028": " ", "\u2029": " "}
# Where the table keeps to consonants, or writes a mark for what is hardly heard, names are known by another letter.
_OTHERWISE = {
    **dict.fromkeys("\u0627\u0623\u0622\u0629", "a"),
    "\u0625": "i",
    **dict.fromkeys("\u044a\u044c\u042a\u042c", ""),
}
_EMOJI = re.compile(r":[^:]+:")
_ADORNING = ("Mn", "Me", "Mc", "Cf", "Cc", "Sk")


def by_sound(char: str) -> str | None:
    """A letter, digit or mark of any script in ASCII, letters as they sound; None for one that has no way there.

    The sounds are anyascii's, letter by letter. What only joins, lengthens or adorns, a picture too, is "".
    """
    kind = unicodedata.category(char)
    if kind in _ADORNING:
        return ""
    if kind == "So":  # a picture, but for those that are letters in a frame
        parts = unicodedata.normalize("NFKD", char)
        return "" if parts == char else "".join(by_sound(part) or "" for part in parts)
    if char in _OTHERWISE:
        return _OTHERWISE[char]
    sound = anyascii(char).replace("`", "'")
    if _EMOJI.fullmatch(sound):
        return ""
    return sound if sound or kind == "Lm" else None


def cell(words: str) -> str:
    """Words that no spreadsheet takes for a formula, blanks before one or not."""
    risky = words[:1] in ("\t", "\r", "\n") or words.lstrip()[:1] in ("=", "+", "-", "@")
    return f"'{words}" if risky else words


def latin(words: str) -> str:
    """Words in Latin-1, the letters every PDF has: an accent it lacks is left off, other letters go by their sound.

    One that has no way there is a question mark.
    """
    return "".join(_latin(char) for char in unicodedata.normalize("NFC", words))


def _latin(char: str) -> str:
    if ord(char) < 256:
        return char
    sound = _MARKS.get(char) or by_sound(char)
    return "?" if sound is None else sound
