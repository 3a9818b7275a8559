"""The language of a page, and how it writes sums and dates.

What the people of the desk and of restaurants work with is English; every other page speaks to whoever reads it: by
their own choice where they are signed in, by what their order or their link knows of them, else by their browser.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from fastapi import Request

from dispatch.facts import LANGUAGES, LOCALES
from dispatch.web import access

ENGLISH = "en"
PROGRAMS = ("/v1", "/hooks", "/sandbox")
"""Where programs and pretend phones are answered: in English."""
WORK = ("/desk", "/restaurant")
"""Where whoever works there reads English."""
STAFF = frozenset(("dispatcher", "administrator", "treasurer", "secretary", "restaurant"))
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
MOST = 20  # languages of a browser's list that are looked at


def of(request: Request) -> str:
    """The language this request is answered in."""
    chosen = getattr(request.state, "tongue", "")
    if chosen:
        return str(chosen)
    if request.url.path.startswith(PROGRAMS):
        return ENGLISH
    who = access.visitor(request)
    if request.url.path.startswith(WORK) and (who is None or who.roles & STAFF):
        return ENGLISH
    return who.language if who is not None and who.language in LANGUAGES else browser(request)


def browser(request: Request) -> str:
    """The first of our languages that the browser asks for; English where it asks for none."""
    return accepted(request.headers.get("accept-language", "")) or ENGLISH


def answer_in(request: Request, language: str) -> None:
    """Answer in this language, whoever looks; nothing for one we do not speak."""
    if language in LANGUAGES:
        request.state.tongue = language


def accepted(header: str) -> str:
    """The language of ours that an Accept-Language header (RFC 9110, 12.5.4) wants most, or nothing."""
    wanted = []
    for place, part in enumerate(header.split(",")[:MOST]):
        name, _, rest = part.partition(";")
        language = name.strip().lower().partition("-")[0]
        weight = _weight(rest)
        if language in LANGUAGES and weight > 0:
            wanted.append((-weight, place, language))
    return min(wanted)[2] if wanted else ""


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0


def tag(language: str) -> str:
    """The language as `lang` has it (BCP 47): en-GB, pt-PT, fr-FR, es-ES."""
    return LOCALES.get(language, LOCALES[ENGLISH]).replace("_", "-")


@lru_cache(maxsize=64)
def _foreign(currency: str, locale: str) -> str:
    return get_currency_symbol(currency, locale=locale)


def money(minor: int, currency: str = "GBP", language: str = ENGLISH) -> str:
    """Minor units as people write them, to the penny: -£12.05; -12,05 £ where that is how it is written."""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    whole, pence = divmod(abs(minor), 100)
    if language == ENGLISH:
        return f"{'-' if minor < 0 else ''}{symbol}{whole:,}.{pence:02d}"
    locale = LOCALES[language]
    written = format_currency(Decimal(minor) / 100, currency, locale=locale)
    return written.replace(_foreign(currency, locale), symbol.strip())


def decimal(value: float, places: int | None = None, language: str = ENGLISH) -> str:
    """A number with so many places, or as many as it has: 3.2; 3,2 where that is how it is written."""
    pattern = "0.####" if places is None else f"0.{'0' * places}"
    return format_decimal(value, pattern, locale=LOCALES[language])


def day(at: date | datetime | None, language: str = ENGLISH) -> str:
    """A local date with its day of the week: Fri 20 Nov; ven. 20 nov."""
    return _dated(at, "EEE d MMM", language) if at else ""


def whole_date(on: date | datetime | None, language: str = ENGLISH) -> str:
    """A local date with its year: 20 November 2026; 20 de noviembre de 2026."""
    return _dated(on, "long", language) if on else ""


def _dated(on: date | datetime, form: str, language: str) -> str:
    written = format_date(on, form, locale=LOCALES[language])
    if language == "fr" and on.day == 1:  # the first of a month is an ordinal in French; CLDR leaves it to us
        return re.sub(r"\b1\b", "1er", written, count=1)
    return written


def weekday(number: int, language: str = ENGLISH) -> str:
    """A day of the week, Monday being 0."""
    name = format_date(date(2024, 1, 1 + number), "EEEE", locale=LOCALES[language])
    return name[0].upper() + name[1:]
