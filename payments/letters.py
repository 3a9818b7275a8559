"""Words as paper, phones and spreadsheets take them: other letters by their sound, and no formulas."""

import re
import unicodedata

from anyascii import anyascii

_MARKS = {"\u20ac": "EUR ", "\u2028": " ", "\u2029": " "}
# A long vowel that names are told apart by, where the table writes consonants alone.
_ALEF = {"\u0627": "a", "\u0623": "a", "\u0622": "a", "\u0625": "i"}
_EMOJI = re.compile(r":[^:]+:")


def by_sound(char: str) -> str | None:
    """A letter, digit or mark of any script in ASCII, letters as they sound; None for one that has no way there.

    The sounds are anyascii's, letter by letter. What only joins, lengthens or adorns, a picture too, is "".
    """
    sound = _ALEF.get(char) or anyascii(char)
    if _EMOJI.fullmatch(sound):
        return ""
    kind = unicodedata.category(char)
    if kind == "Cc":
        return ""
    silent = kind in ("Lm", "Mn", "Me", "Mc", "Cf", "So", "Sk")
    return sound if sound or silent else None


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
