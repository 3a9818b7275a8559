"""Members' shares, at par."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from payments import books
from payments.errors import NoShares, SharesRefused
from payments.ledger import Entry, Line, Posting
from payments.rulebook import Shares


@dataclass(frozen=True, slots=True)
class Holding:
    """What a member holds: `count` shares, `amount_minor` minor units, and the lines that made it so."""

    count: int
    amount_minor: int
    lines: tuple[Line, ...]


def issue(
    session: Session, person_id: int, *, count: int, par_minor: int, key: str, why: str, now: datetime
) -> int:
    """Issue `count` shares paid for at par and return the entry's number; asked again, the same.

    NoShares when the rulebook has none; SharesRefused for another price than its par, for none at all, or
    beyond the most one member may hold; KeyReused when the key names other facts.
    """
    account = _account(person_id)
    earlier = books.entry_by_key(session, key)
    if earlier is not None:
        at, version, rulebook = earlier.entry.at, earlier.rulebook, books.rules(session, earlier.rulebook)
    else:
        at, (version, rulebook) = now, books.in_force(session, at=now)
    rules = rulebook.shares
    if rules is None:
        raise NoShares
    if par_minor != rules.par_minor:
        raise SharesRefused(f"a share costs {rules.par_minor}, not {par_minor}")
    if type(count) is not int or count <= 0:
        raise SharesRefused(f"{count!r} is not a number of shares")
    if earlier is None:
        _within(rules, books.balance(session, account), count)
    postings = (Posting("outside:capital", account, count * par_minor),)
    unit = rulebook.co_op.currency
    return books.post(session, Entry(key, at, why, postings, unit, version, f"person:{person_id}"), now=now)


def holding(session: Session, person_id: int) -> Holding:
    """What a member holds; each line's count is at the par of the rulebook it names."""
    lines = tuple(books.lines(session, _account(person_id)))
    count = 0
    for line in lines:
        rules = books.rules(session, line.rulebook).shares
        if rules is None:
            raise NoShares
        count += line.amount // rules.par_minor
    return Holding(count, sum(line.amount for line in lines), lines)


def _within(rules: Shares, held_minor: int, count: int) -> None:
    asked = held_minor + count * rules.par_minor
    if asked > rules.max_minor:
        raise SharesRefused(f"one member may hold {rules.max_minor}; this would make it {asked}")


def _account(person_id: int) -> str:
    return f"member:{person_id}:shares"
