"""How the books' accounts and units are called in plain-text accounting, and which way round they stand there."""

import re
from itertools import accumulate

from payments.ledger import HOLIDAY, MINUTES

# The first that fits an account says which of the five kinds it is. What no money of the co-op's stands behind - a
# restaurant's own till, minutes of work - is kept in Equity, where it sums to nought and swells no balance sheet.
_KINDS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r".*:minutes", "Equity"),
        (r"outside:customers|outside:vat-reclaimed|restaurant:[^:]+:till", "Equity"),
        (r"outside:.*", "Assets"),
        (r"(held|rider|restaurant|customer|payroll|pool|vat):.*", "Liabilities"),
        (r"co-op:(commission|delivery|services)", "Income"),
        (r"co-op:.*", "Expenses"),
        (r".*", "Equity"),
    )
)
# ISO 4217 currencies that have not two decimals.
_PLACES = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    HOLIDAY: 4,
    MINUTES: 0,
}


def kind(account: str) -> str:
    """Assets, Liabilities, Equity, Income or Expenses."""
    return next(kind for pattern, kind in _KINDS if pattern.fullmatch(account))


def name(account: str) -> str:
    """`rider:7:holiday-pay` is Liabilities:Rider:7:Holiday-pay; no two accounts have one name."""
    return ":".join([kind(account), *(part[0].upper() + part[1:] for part in account.split(":"))])


def places(unit: str) -> int:
    """Decimals of a unit: pence are hundredths of a pound, HOLIDAY is told in minutes."""
    return _PLACES.get(unit, 2)


def amount(count: int, unit: str) -> str:
    """So many of the books' smallest units, exactly: -26.90 GBP."""
    whole, rest = divmod(abs(count), 10 ** places(unit))
    decimals = f".{rest:0{places(unit)}d}" if places(unit) else ""
    return f"{'-' if count < 0 else ''}{whole}{decimals} {unit}"


def above(account: str) -> list[str]:
    """An account's name and those of the accounts it is part of."""
    return list(accumulate(account.split(":"), lambda so_far, part: f"{so_far}:{part}"))


def plain(words: str) -> str:
    """Words on one line, without what is not printed."""
    return " ".join("".join(each if each.isprintable() else " " for each in words).split())
