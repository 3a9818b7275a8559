"""Exact sums in minor units: shares, percentages, wages, holiday."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby

from payments.errors import BadAmount

FULL_BP = 10_000
HOLIDAY_UNITS_PER_MINUTE = 10_000


def split(total: int, weights: Sequence[tuple[str, int]], *, turn: int = 0) -> dict[str, int]:
    """Share `total` (minor units) by weight; the parts sum to it and each is within one unit of exact.

    Largest remainder (Hamilton): every part is rounded down, and the units left over go to the largest
    remainders. Equal remainders are served in the order of their ids, rotated by `turn`, so that over many
    splits the spare penny goes round. The order of `weights` changes nothing.

    Returns the part of each id, in id order. BadAmount on a negative total or weight, an id given twice,
    or weights that are all nought.
    """
    ids = [each for each, _ in weights]
    if type(total) is not int or total < 0:
        raise BadAmount(f"only a whole amount of 0 or more can be shared, not {total!r}")
    if len(set(ids)) != len(ids):
        raise BadAmount("an id is given twice")
    if any(type(weight) is not int or weight < 0 for _, weight in weights):
        raise BadAmount("a weight must be a whole number, 0 or more")
    whole = sum(weight for _, weight in weights)
    if whole == 0:
        raise BadAmount("nobody to share with: every weight is nought")
    parts = {each: total * weight // whole for each, weight in sorted(weights)}
    queue = sorted((-(total * weight % whole), each) for each, weight in weights)
    in_turn: list[str] = []
    for _, tied in groupby(queue, key=lambda pair: pair[0]):
        group = [each for _, each in tied]
        first = turn % len(group)
        in_turn += group[first:] + group[:first]
    for each in in_turn[: total - sum(parts.values())]:
        parts[each] += 1
    return parts


def percent_of(amount: int, basis_points: int) -> int:
    """`basis_points` hundredths of a percent of `amount` (minor units), half a unit rounded up.

    BadAmount when either is not a whole number of 0 or more.
    """
    _whole(amount)
    _whole(basis_points)
    return (amount * basis_points + FULL_BP // 2) // FULL_BP


def wage(minutes: int, rate_minor_per_hour: int) -> int:
    """Minor units for whole minutes at an hourly rate, rounded up: pay is never below the rate.

    BadAmount when either is not a whole number of 0 or more.
    """
    return wages([(minutes, rate_minor_per_hour)])


def wages(worked: Iterable[tuple[int, int]]) -> int:
    """Minor units for (whole minutes, hourly rate) pairs, rounded up once over their exact sum.

    BadAmount when any figure is not a whole number of 0 or more.
    """
    exact = 0
    for minutes, rate_minor_per_hour in worked:
        exact += _whole(minutes) * _whole(rate_minor_per_hour)
    return -(-exact // 60)


def holiday_units(minutes: int, holiday_bp: int) -> int:
    """Holiday accrued by whole minutes of work, exactly, in ten-thousandths of a minute.

    BadAmount when either is not a whole number of 0 or more.
    """
    return _whole(minutes) * _whole(holiday_bp) * HOLIDAY_UNITS_PER_MINUTE // FULL_BP


def holiday_minutes(units: int) -> Fraction:
    """Ten-thousandths of a minute as exact minutes."""
    return Fraction(units, HOLIDAY_UNITS_PER_MINUTE)


def holiday_hours(units: int) -> int:
    """Whole hours of leave for what accrued in one pay period: half an hour or more rounds up, less down.

    Source: gov.uk, holiday entitlement of irregular-hours workers, leave years from 2024-04-01.
    """
    exact = Fraction(_whole(units), HOLIDAY_UNITS_PER_MINUTE * 60)
    return int(exact + Fraction(1, 2))


def _whole(figure: int) -> int:
    if type(figure) is not int or figure < 0:
        raise BadAmount(f"a whole number of 0 or more is wanted here, not {figure!r}")
    return figure


def told(minor: int, currency: str) -> str:
    """An amount (minor units) as people write it: £14.80, EUR 3.00, -£2.50."""
    sign, symbol = "-" if minor < 0 else "", "£" if currency == "GBP" else f"{currency} "
    return f"{sign}{symbol}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"
