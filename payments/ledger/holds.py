"""Holds: money set aside for somebody, then given or let go, once.

The two phases are those of TigerBeetle's pending transfers (docs/coding/two-phase-transfers): a hold is posted,
whole or in part, voided, or runs out at an instant. Both phases are ordinary entries, so that what is held is on
an account of its own and on no other.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from payments.errors import BadAmount, BadEntry, HoldExpired, OverPosted
from payments.ledger.entries import Entry, Posting

HELD = "held"
_RESOLVED = ":resolved"

# A hold's destination and its last instant stand at the end of its reason: told to people, covered by the digest.
_TERMS = re.compile(r"(?s)(?P<why>.*\S) \[held for (?P<destination>\S+) until (?P<until>\S+)\]")


@dataclass(frozen=True, slots=True)
class Hold:
    """`amount` of `unit` set aside at `at` from `source` for `destination`, until `expires_at` at the latest.

    Instants are aware. BadEntry when it ends before it begins, or its key or accounts could not be told from
    those of a resolution or of another hold.
    """

    key: str
    source: str
    destination: str
    amount: int
    unit: str
    at: datetime
    expires_at: datetime
    why: str
    subject: str
    rulebook: str

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None or self.expires_at.utcoffset() is None:
            raise BadEntry(f"{self.key}: an instant needs its offset")
        if self.expires_at <= self.at:
            raise BadEntry(f"{self.key} would run out before it begins")
        if self.key.endswith(_RESOLVED):
            raise BadEntry(f"{self.key} is named like the end of a hold")
        if is_held(self.source) or is_held(self.destination):
            raise BadEntry(f"{self.key}: what is held already is not held again")
        if self.source == self.destination:
            raise BadEntry(f"{self.key}: nothing is held for the account it comes from")
        if not self.why.strip() or self.why != self.why.strip():
            raise BadEntry(f"{self.key}: a hold needs its why, without blanks around it")


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a hold ended, at an instant: what was `posted` to its destination, and what was `released`."""

    how: Literal["posted", "voided", "expired"]
    at: datetime
    posted: int
    released: int


def held(account: str) -> str:
    """Where what is held of an account stands meanwhile: `held:rider:7:wages`."""
    return f"{HELD}:{account}"


def is_held(account: str) -> bool:
    """Whether an account is one of those."""
    return account.startswith(f"{HELD}:")


def touches(entry: Entry) -> bool:
    """Whether an entry moves anything into or out of what is held."""
    return any(is_held(each.source) or is_held(each.destination) for each in entry.postings)


def resolved_key(key: str) -> str:
    """The one key the end of a hold can have, however it ends: a key is used once, so a hold ends once."""
    return f"{key}{_RESOLVED}"


def holds_key(key: str) -> str | None:
    """The key of the hold whose end has this key; None for a key that no end of a hold has."""
    return key.removesuffix(_RESOLVED) if key.endswith(_RESOLVED) else None


def opened(hold: Hold) -> Entry:
    """The entry that sets a hold's money aside."""
    until = hold.expires_at.astimezone(UTC).isoformat(timespec="microseconds")
    why = f"{hold.why} [held for {hold.destination} until {until}]"
    postings = (Posting(hold.source, held(hold.source), hold.amount),)
    return Entry(hold.key, hold.at, why, postings, hold.unit, hold.rulebook, hold.subject)


def read(entry: Entry) -> Hold:
    """The hold an entry opened; BadEntry when it opened none."""
    told = _TERMS.fullmatch(entry.why)
    if told is None or entry.reverses is not None or len(entry.postings) != 1:
        raise BadEntry(f"{entry.key} is no hold")
    (posting,) = entry.postings
    try:
        until = datetime.fromisoformat(told["until"])
        hold = Hold(
            key=entry.key,
            source=posting.source,
            destination=told["destination"],
            amount=posting.amount,
            unit=entry.unit,
            at=entry.at,
            expires_at=until,
            why=told["why"],
            subject=entry.subject,
            rulebook=entry.rulebook,
        )
        if opened(hold) == entry:
            Posting(hold.source, hold.destination, hold.amount)
            return hold
    except ValueError as bad:
        raise BadEntry(f"{entry.key} is no hold: {bad}") from None
    raise BadEntry(f"{entry.key} is no hold")


def posted(hold: Hold, amount: int, *, at: datetime, why: str) -> Entry:
    """The end that gives `amount` to the hold's destination and the rest back to its source.

    OverPosted for more than is held, BadAmount for nothing, HoldExpired from its last instant on.
    """
    if type(amount) is not int or amount <= 0:
        raise BadAmount(f"{hold.key}: {amount!r} is nothing to post")
    if amount > hold.amount:
        raise OverPosted(hold.key, amount, hold.amount)
    postings = [Posting(held(hold.source), hold.destination, amount)]
    if amount < hold.amount:
        postings.append(Posting(held(hold.source), hold.source, hold.amount - amount))
    return _end(hold, _in_time(hold, at), why, tuple(postings))


def voided(hold: Hold, *, at: datetime, why: str) -> Entry:
    """The end that gives everything back; HoldExpired from the hold's last instant on."""
    return _end(hold, _in_time(hold, at), why, _back(hold))


def expired(hold: Hold) -> Entry:
    """The end of a hold nobody ended: everything goes back, at its last instant, whenever that is noticed."""
    return _end(hold, hold.expires_at, "The hold ran out", _back(hold))


def resolution(hold: Hold, entry: Entry) -> Resolution:
    """What the end of a hold says of it; BadEntry when the entry does not end that hold as it may end."""
    first = entry.postings[0]
    try:
        if first.destination == hold.destination:
            ended = Resolution("posted", entry.at, first.amount, hold.amount - first.amount)
            mirror = posted(hold, first.amount, at=entry.at, why=entry.why)
        elif entry.at == hold.expires_at:
            ended, mirror = Resolution("expired", entry.at, 0, hold.amount), expired(hold)
        else:
            ended = Resolution("voided", entry.at, 0, hold.amount)
            mirror = voided(hold, at=entry.at, why=entry.why)
    except (HoldExpired, OverPosted) as wrong:
        raise BadEntry(str(wrong)) from None
    if mirror != entry:
        raise BadEntry(f"{entry.key} does not end {hold.key}")
    return ended


def _end(hold: Hold, at: datetime, why: str, postings: tuple[Posting, ...]) -> Entry:
    return Entry(resolved_key(hold.key), at, why, postings, hold.unit, hold.rulebook, hold.subject)


def _back(hold: Hold) -> tuple[Posting, ...]:
    return (Posting(held(hold.source), hold.source, hold.amount),)


def _in_time(hold: Hold, at: datetime) -> datetime:
    if at < hold.at:
        raise BadEntry(f"{hold.key} cannot end before it begins")
    if at >= hold.expires_at:
        raise HoldExpired(hold.key, hold.expires_at)
    return at
