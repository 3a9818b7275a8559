"""In which language something is said: English as written in the code, the others by catalogue.

A catalogue is a `.po` file in `catalogues/`, read by Babel when its language is first spoken. A sentence that a
catalogue does not have is said in English; a test sees to it that none is missing.
"""

import gettext
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from dispatch.facts import LANGUAGES
from riders_app.wording.gsm import letters

CATALOGUES = Path(__file__).parent / "catalogues"


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody's language. `say` is for texts (in the GSM-7 alphabet), `show` for pages (as written)."""

    language: str = "en"

    def say(self, message: str, **facts: object) -> str:
        """The message in this language and in the alphabet of texts, its facts put in."""
        return _folded(self.language, message).format(**facts)

    def many(self, one: str, other: str, count: int, **facts: object) -> str:
        """The message for so many, with `count` among its facts."""
        said = letters(_catalogue(self.language).ngettext(one, other, count))
        return said.format(count=count, **facts)

    def show(self, message: str, **facts: object) -> str:
        """The message in this language, its facts put in."""
        said = _catalogue(self.language).gettext(message)
        return said.format(**facts) if facts else said

    def knows(self, message: str) -> bool:
        """Whether this language can say the message: English can say any."""
        return self.language == "en" or _catalogue(self.language).gettext(message) != message

    def date(self, on: date, pattern: str) -> str:
        """A local date by a CLDR pattern, in the alphabet of texts."""
        return letters(format_date(on, pattern, locale=self.language))


@lru_cache(maxsize=8)
def _catalogue(language: str) -> gettext.NullTranslations:
    path = CATALOGUES / f"{language}.po"
    if language not in LANGUAGES or not path.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@lru_cache(maxsize=1024)
def _folded(language: str, message: str) -> str:
    return letters(_catalogue(language).gettext(message))


ENGLISH = Voice("en")


def voice(language: str | None) -> Voice:
    """The voice of a language; English for one we do not speak."""
    return Voice(language) if language in LANGUAGES else ENGLISH
