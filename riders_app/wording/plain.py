"""How sums, distances, times and lists are written in a text."""

from collections.abc import Sequence

from riders_app.wording.voice import ENGLISH, Voice

_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def money(minor: int, currency: str) -> str:
    """Minor units as people write them: £3.50, £2."""
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 100)
    sum_ = f"{whole}.{rest:02d}" if rest else str(whole)
    return f"{sign}{_SIGNS[currency]}{sum_}" if currency in _SIGNS else f"{sign}{sum_} {currency}"


def distance(metres: int) -> str:
    """Kilometres to one decimal."""
    return f"{metres / 1000:.1f}km"


def hours(minutes: int) -> str:
    """4h 03m, or 25min."""
    return f"{minutes // 60}h {minutes % 60:02d}m" if minutes >= 60 else f"{minutes}min"


def joined(parts: Sequence[str], most: int, voice: Voice = ENGLISH) -> str:
    """A list with commas; past `most`, how many more."""
    if len(parts) > most:
        return f"{', '.join(parts[: most - 1])} " + voice.say("+{count} more", count=len(parts) - most + 1)
    return ", ".join(parts)


def orders(count: int, voice: Voice = ENGLISH) -> str:
    """One order, 2 orders."""
    return voice.many("{count} order", "{count} orders", count)


def ordinal(count: int, voice: Voice = ENGLISH) -> str:
    """4th; 4a in Portuguese and Spanish, 4e in French."""
    if voice.language == "fr":
        return "1re" if count == 1 else f"{count}e"
    if voice.language != "en":
        return f"{count}a"
    if count % 100 in (11, 12, 13):
        return f"{count}th"
    return f"{count}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th') }"
