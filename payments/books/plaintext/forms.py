"""The two forms of plain-text accounting: what Beancount 3 and hledger read."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Protocol

from payments.books.plaintext.names import above, amount, kind, name, places, plain
from payments.ledger import Entry

Sums = Mapping[tuple[str, str], int]


class Form(Protocol):
    """How the books are written down, line by line; amounts are the books' own, inflow positive.

    In accounting what comes in stands on the left and what is owed is negative, so every sign is turned.
    """

    comment: str

    def heading(self, title: str, currency: str) -> Iterator[str]:
        """What stands first."""

    def accounts(self, units: Mapping[str, set[str]], opened: date) -> Iterator[str]:
        """Every account and unit there is: a name misspelt is then refused."""

    def entry(self, number: int, on: date, entry: Entry, seal: str) -> Iterator[str]:
        """One entry with all it says; `seal` is its hash in the chain."""

    def balances(self, last: date, sums: Sums) -> Iterator[str]:
        """What stands on every account once all up to the day `last` has happened."""


class Beancount:
    """Beancount 3: an assertion holds at the beginning of its day, for an account and those below it."""

    comment = ";"

    def heading(self, title: str, currency: str) -> Iterator[str]:
        """Title and currency."""
        yield f'option "title" {_quoted(title)}'
        yield f'option "operating_currency" "{currency}"'
        yield ""

    def accounts(self, units: Mapping[str, set[str]], opened: date) -> Iterator[str]:
        """Units, then accounts with the units they hold."""
        for unit in sorted(set().union(*units.values())):
            yield f"{opened} commodity {unit}"
        for account in sorted(units, key=name):
            yield f"{opened} open {name(account)} {','.join(sorted(units[account]))}"

    def entry(self, number: int, on: date, entry: Entry, seal: str) -> Iterator[str]:
        """A transaction, each posting as a pair of legs."""
        yield ""
        yield f"{on} * {_quoted(entry.why)}"
        yield f"  entry: {number}"
        for fact, told in _facts(entry, seal):
            yield f"  {fact}: {_quoted(told)}"
        for posting in entry.postings:
            yield f"  {name(posting.source)}  {amount(posting.amount, entry.unit)}"
            yield f"  {name(posting.destination)}  {amount(-posting.amount, entry.unit)}"

    def balances(self, last: date, sums: Sums) -> Iterator[str]:
        """Assertions without tolerance: by itself Beancount would let a penny pass."""
        whole: dict[tuple[str, str], int] = {}
        for (account, unit), count in sums.items():
            for each in above(name(account)):
                whole[each, unit] = whole.get((each, unit), 0) + count
        yield ""
        for account, unit in _by_name(sums):
            number, _, _ = amount(-whole[account, unit], unit).partition(" ")
            zero, _, _ = amount(0, unit).partition(" ")
            yield f"{last + timedelta(days=1)} balance {account}  {number} ~ {zero} {unit}"


class Hledger:
    """hledger: an assertion stands at a posting of nothing, for one account alone, and is exact."""

    comment = ";"

    def heading(self, title: str, currency: str) -> Iterator[str]:
        """The title, as a remark; amounts are written with a point."""
        yield f"; {plain(title)}, in {currency}"
        yield "decimal-mark ."
        yield ""

    def accounts(self, units: Mapping[str, set[str]], opened: date) -> Iterator[str]:
        """Units with their decimals, then accounts with their kind."""
        for unit in sorted(set().union(*units.values())):
            yield f"commodity 1000.{'0' * places(unit)} {unit}"
        letter = {"Assets": "A", "Liabilities": "L", "Equity": "E", "Income": "R", "Expenses": "X"}
        for account in sorted(units, key=name):
            yield f"account {name(account)}  ; type: {letter[kind(account)]}"

    def entry(self, number: int, on: date, entry: Entry, seal: str) -> Iterator[str]:
        """A transaction, its number as the code; a semicolon would end its description."""
        yield ""
        yield f"{on} ({number}) {plain(entry.why).replace(';', ',')}"
        for fact, told in (*_facts(entry, seal), ("why", entry.why)):
            yield f"    ; {fact}: {plain(told)}"
        for posting in entry.postings:
            yield f"    {name(posting.source)}  {amount(posting.amount, entry.unit)}"
            yield f"    {name(posting.destination)}  {amount(-posting.amount, entry.unit)}"

    def balances(self, last: date, sums: Sums) -> Iterator[str]:
        """One transaction that moves nothing and asserts everything."""
        told = {(name(account), unit): count for (account, unit), count in sums.items()}
        yield ""
        yield f"{last} What stands on the accounts"
        for account, unit in _by_name(sums):
            yield f"    {account}  {amount(0, unit)} = {amount(-told[account, unit], unit)}"


def _by_name(sums: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted((name(account), unit) for account, unit in sums)


def _facts(entry: Entry, seal: str) -> list[tuple[str, str]]:
    facts = [
        ("key", entry.key),
        ("subject", entry.subject),
        ("rulebook", entry.rulebook),
        ("at", entry.at.isoformat()),
        ("seal", seal),
    ]
    return facts if entry.reverses is None else [*facts, ("reverses", entry.reverses)]


def _quoted(words: str) -> str:
    return '"' + plain(words).replace("\\", "\\\\").replace('"', '\\"') + '"'
