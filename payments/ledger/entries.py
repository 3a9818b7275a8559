"""Entries and postings."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from payments.errors import BadEntry, ReversalIsFinal

HOLIDAY = "HOLIDAY"
MINUTES = "MINUTES"

_ACCOUNT = re.compile(r"[a-z][a-z0-9-]*(:[a-z0-9][a-z0-9-]*)+")
_UNIT = re.compile(r"[A-Z]{3}|HOLIDAY|MINUTES")


@dataclass(frozen=True, slots=True)
class Posting:
    """A positive amount moving from one account to another, in the unit of its entry.

    BadEntry when the amount is not a whole number above nought, an account is not named like
    `rider:7:wages`, or both accounts are the same.
    """

    source: str
    destination: str
    amount: int

    def __post_init__(self) -> None:
        if type(self.amount) is not int or self.amount <= 0:
            raise BadEntry(f"a posting moves a whole amount above nought, not {self.amount!r}")
        for account in (self.source, self.destination):
            if not _ACCOUNT.fullmatch(account):
                raise BadEntry(f"{account!r} does not name an account")
        if self.source == self.destination:
            raise BadEntry(f"nothing moves from {self.source} to itself")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, told in postings of one unit.

    `key` names it for ever; `at` (aware) is when it happened; `why` says what in a person's words; `unit` is
    a currency (minor units), HOLIDAY (ten-thousandths of a minute) or MINUTES (of work); `rulebook` is the
    version it was worked out by; `subject` is what it is about, like `order:17`; `reverses` is the key of the
    entry it undoes. BadEntry when any of these is missing or misshapen.
    """

    key: str
    at: datetime
    why: str
    postings: tuple[Posting, ...]
    unit: str
    rulebook: str
    subject: str
    reverses: str | None = None

    def __post_init__(self) -> None:
        for name in ("key", "why", "rulebook", "subject"):
            if not getattr(self, name).strip():
                raise BadEntry(f"an entry needs its {name}")
        if self.at.utcoffset() is None:
            raise BadEntry(f"{self.key}: an instant needs its offset")
        if not self.postings:
            raise BadEntry(f"{self.key}: an entry without postings says nothing")
        if not _UNIT.fullmatch(self.unit):
            raise BadEntry(f"{self.key}: {self.unit!r} is not a unit")


@dataclass(frozen=True, slots=True)
class Line:
    """What the posting at `position` of an entry did to one account: positive coming in, negative going out."""

    entry_id: int
    key: str
    at: datetime
    why: str
    subject: str
    amount: int
    account: str
    unit: str
    rulebook: str
    other: str
    reverses: str | None
    position: int = 0


def reversal(entry: Entry, *, key: str, at: datetime, why: str) -> Entry:
    """The entry that undoes `entry`: the same postings backwards, by the same rulebook, of the same subject.

    ReversalIsFinal when `entry` is itself a reversal.
    """
    if entry.reverses is not None:
        raise ReversalIsFinal(entry.key)
    back = tuple(Posting(each.destination, each.source, each.amount) for each in entry.postings)
    return Entry(key, at, why, back, entry.unit, entry.rulebook, entry.subject, reverses=entry.key)


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    """(account, unit) -> what came in less what went out, over all entries; nought in sum per unit."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings:
            sums[posting.source, entry.unit] -= posting.amount
            sums[posting.destination, entry.unit] += posting.amount
    return dict(sums)


def canonical(entry: Entry) -> bytes:
    """The entry as the one JSON text its digest is taken of: sorted keys, no blanks, instants in UTC."""
    body = {
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "key": entry.key,
        "postings": [[each.source, each.destination, each.amount] for each in entry.postings],
        "reverses": entry.reverses,
        "rulebook": entry.rulebook,
        "subject": entry.subject,
        "unit": entry.unit,
        "why": entry.why,
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def digest(entry: Entry) -> str:
    """SHA-256 (hex) of everything the entry says; not of when or where it was recorded."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def chain(previous: str, entry_id: int, body: str, recorded_at: datetime) -> str:
    """SHA-256 (hex) linking an entry's digest `body` to the hash of the entry before it."""
    instant = recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(f"{previous}\n{entry_id}\n{instant}\n{body}".encode()).hexdigest()
