"""Words as paper, phones and spreadsheets take them: other letters by their sound, and no formulas."""

import re
import unicodedata

_MARKS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u02b9", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    "\u2026": "...",
    "\u20ac": "EUR ",
    "\u2116": "No",
}


def _pairs(written: str) -> dict[str, str]:
    """Each word is a letter followed by how it is written in our alphabet."""
    return {word[0]: word[1:] for word in written.split(" ")}


_LATIN = _pairs("łl đd ðd þth ħh ıi ŋng œoe ŧt əe")
_CYRILLIC = _pairs(
    "аa бb вv гg дd еe ёe жzh зz иi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ ыy ь "
    "эe юyu яya іi їi єie ґg ўu ђdj јj љlj њnj ћc џdz"
)
_GREEK = _pairs("αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo")
_ARABIC = _pairs(
    "اa بb تt ثth جj حh خkh دd ذdh رr زz سs شsh صs ضd طt ظz ع' غgh فf قq كk لl مm نn هh وw يy ةa ىa "
    "ء' أa إi آa ؤ' ئ'"
)
_LETTERS = _LATIN | _CYRILLIC | _GREEK | _ARABIC
# Scripts whose letters Unicode itself names by their sound.
_SOUNDED = re.compile(r"(?:HIRAGANA|KATAKANA) LETTER (?:SMALL )?([A-Z]+)$|HANGUL SYLLABLE ([A-Z]+)$")


def by_sound(char: str) -> str | None:
    """A letter as it sounds, in plain letters, capital where it is; None for one whose sound is not known here."""
    low = char.lower()
    if low in _LETTERS:
        plain = _LETTERS[low]
        return plain if char == low else plain.capitalize()
    sounded = _SOUNDED.match(unicodedata.name(char, ""))
    return (sounded.group(1) or sounded.group(2)).lower() if sounded else None


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
    if char in _MARKS:
        return _MARKS[char]
    sound = by_sound(char)
    if sound is not None:
        return sound
    parts = [part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)]
    if parts and parts != [char]:
        return "".join(_latin(part) for part in parts)
    return "" if unicodedata.category(char) in ("Mn", "Me", "Mc", "Cf") else "?"
