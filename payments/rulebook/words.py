"""The kinds of value a rulebook holds, each refusing in a treasurer's words."""

import json
import re
from datetime import date, datetime, time
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
VEHICLES = ("bike", "cargo")  # every kind a rider may come with


def refuse(words: str) -> PydanticCustomError:
    """The error a validator raises; its words are shown as they stand, after their place in the file."""
    return PydanticCustomError("rule", "{words}", {"words": words})


def written(value: object) -> str:
    """A value as its author would recognise it."""
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return json.dumps(value, default=str, ensure_ascii=False)


def whole(low: int, high: int | None, unit: str = "", note: str = "") -> BeforeValidator:
    """A whole number within bounds; `unit` is said when it is not one, `note` explains the upper bound."""
    of = f" of {unit}" if unit else ""
    bounds = f"{low} or more" if high is None else f"between {low} and {high}{note}"

    def check(value: object) -> int:
        if type(value) is not int:
            raise refuse(f"must be a whole number{of}, {bounds}; you wrote {written(value)}")
        if value < low or (high is not None and value > high):
            raise refuse(f"must be {bounds}; you wrote {value}")
        return value

    return BeforeValidator(check)


def _no_fortune() -> BeforeValidator:
    """A sum that a rule may well be about: beyond it somebody's finger stayed on a key, and sums would not be kept."""

    def check(value: object) -> object:
        if type(value) is int and value > _FORTUNE:
            raise refuse(f"must be {_FORTUNE} at most (a million pounds); you wrote {value}")
        return value

    return BeforeValidator(check)


def number(low: float, high: float) -> BeforeValidator:
    """A number, whole or not, within bounds."""

    def check(value: object) -> float:
        if type(value) not in (int, float) or not low <= float(str(value)) <= high:
            raise refuse(f"must be a number between {low:g} and {high:g}; you wrote {written(value)}")
        return float(str(value))

    return BeforeValidator(check)


def one_of(*options: str) -> BeforeValidator:
    """One of a few words."""
    choice = " or ".join(f'"{option}"' for option in options)

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in options:
            raise refuse(f"must be {choice}; you wrote {written(value)}")
        return value

    return BeforeValidator(check)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise refuse(f"must be some words in quotes; you wrote {written(value)}")
    return value.strip()


def _yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise refuse(f"must be true or false; you wrote {written(value)}")
    return value


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _not_a_day(value)
    except ValueError:
        return _not_a_day(value)


def _not_a_day(value: object) -> date:
    raise refuse(f"must be a day such as 2026-05-01; you wrote {written(value)}")


def _hour(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise refuse(f'must be an hour of the day such as "17:30"; you wrote {written(value)}')


_FORTUNE = 100_000_000
# ISO 4217: their smallest unit is not a hundredth, as every sum here is told and paid.
_NOT_IN_HUNDREDTHS = (
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "
    "BHD IQD JOD KWD LYD OMR TND CLF UYW MGA MRU"
)


def _currency(value: object) -> str:
    if value in _NOT_IN_HUNDREDTHS.split():
        raise refuse(f"must be a currency counted in hundredths, as pounds and euros are; {value} is not")
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{3}", value):
        raise refuse(f'must be three capital letters such as "GBP"; you wrote {written(value)}')
    return value


@lru_cache(maxsize=64)
def zone_info(name: str) -> ZoneInfo:
    """The timezone of that name."""
    return ZoneInfo(name)


def _timezone(value: object) -> str:
    try:
        zone_info(value if isinstance(value, str) else "")
    except (OSError, ValueError, LookupError):
        raise refuse(f'must be a timezone such as "Europe/London"; you wrote {written(value)}') from None
    return str(value)


def _point(value: object) -> tuple[float, float]:
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(type(each) in (int, float) for each in value)
    ):
        lat, lon = float(value[0]), float(value[1])
        if abs(lat) <= 90 and abs(lon) <= 180:
            return lat, lon
    raise refuse(
        f"must be [latitude, longitude] in degrees, such as [51.5643, -0.1063]; you wrote {written(value)}"
    )


def _polygon(value: object) -> Any:
    if not isinstance(value, list | tuple) or len(value) < 3:
        raise refuse(
            f"must be a list of at least three [latitude, longitude] points; you wrote {written(value)}"
        )
    return value


def _start(value: object) -> str | int:
    if isinstance(value, str) and value in WEEKDAYS:
        return value
    if type(value) is int and 1 <= value <= 28:
        return value
    raise refuse(
        f'must be a weekday such as "monday", or for a month its day, 1 to 28; you wrote {written(value)}'
    )


def _vat_number(value: object) -> str:
    plain = re.sub(r"[\s.-]", "", value).upper() if isinstance(value, str) else ""
    if not re.fullmatch(r"[A-Z]{2}[0-9A-Z]{5,13}", plain):
        raise refuse(
            f'must be a VAT number with its country, such as "GB123456789"; you wrote {written(value)}'
        )
    return plain


def texts() -> BeforeValidator:
    """A list of words, a line each."""

    def check(value: object) -> Any:
        if not isinstance(value, list | tuple):
            raise refuse(
                f'must be a list of lines, such as ["1 High Road", "London"]; you wrote {written(value)}'
            )
        return value

    return BeforeValidator(check)


Text = Annotated[str, BeforeValidator(_text)]
VatNumber = Annotated[str, BeforeValidator(_vat_number)]
YesNo = Annotated[bool, BeforeValidator(_yes_no)]
Day = Annotated[date, BeforeValidator(_day)]
Hour = Annotated[time, BeforeValidator(_hour)]
Currency = Annotated[str, BeforeValidator(_currency)]
Timezone = Annotated[str, BeforeValidator(_timezone)]
Point = Annotated[tuple[float, float], BeforeValidator(_point)]
Polygon = Annotated[tuple[Point, ...], BeforeValidator(_polygon)]
PeriodStart = Annotated[str | int, BeforeValidator(_start)]
BasisPoints = Annotated[int, whole(0, 10_000, "hundredths of a percent", " (100 %)")]
# The highest rate of VAT anywhere is 27 %; below one half, a price of a penny has a net part left.
VatRateBp = Annotated[int, whole(0, 5_000, "hundredths of a percent", " (50 %)")]
Pence = Annotated[int, _no_fortune(), whole(0, None, "pence (minor units)")]
HourlyRate = Annotated[int, _no_fortune(), whole(1, None, "pence (minor units) an hour")]
Seconds = Annotated[int, whole(0, 86_400, "seconds", " (a day)")]
Minutes = Annotated[int, whole(0, 1_440, "minutes", " (a day)")]
Days = Annotated[int, whole(1, 3_650, "days", " (ten years)")]
Weight = Annotated[float, number(0, 1_000_000)]
Basis = Annotated[Literal["hourly", "per_drop", "both"], one_of("hourly", "per_drop", "both")]
FAIR_BASES = ("orders", "pay", "distance", "effort", "waiting", "desirable")
FairnessBasis = Annotated[
    Literal["orders", "pay", "distance", "effort", "waiting", "desirable"], one_of(*FAIR_BASES)
]
FAIR_WINDOWS = ("shift", "pay_period", "month")
FairnessWindow = Annotated[Literal["shift", "pay_period", "month"], one_of(*FAIR_WINDOWS)]
