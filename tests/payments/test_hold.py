"""A hold by itself, pure: what it becomes, and what it never can."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import ledger
from payments.errors import (
    BadAmount,
    BadEntry,
    HoldExpired,
    OverPosted,
)
from payments.ledger import Entry, Hold, Posting
from payments.ledger import holds as core
from tests.payments.test_holds import AT, BANK, HOUR, WAGES

AMOUNTS = st.integers(1, 10**9)

WORDS = st.text(min_size=1).map(str.strip).filter(bool)


@st.composite
def any_hold(draw: st.DrawFn) -> Hold:
    """Any hold that can be made."""
    at = AT + timedelta(microseconds=draw(st.integers(0, 10**12)))
    length = timedelta(microseconds=draw(st.integers(1, 10**13)))
    source, destination = draw(st.permutations([WAGES, BANK, "restaurant:7", "co-op:fund"]))[:2]
    unit = draw(st.sampled_from(["GBP", ledger.HOLIDAY]))
    facts = (source, destination, draw(AMOUNTS), unit, at, at + length, draw(WORDS), "rider:3", "1-a")
    return Hold(f"payout:{draw(st.integers(0, 99))}", *facts)


@given(any_hold())
def test_a_hold_reads_back_from_its_entry(hold: Hold) -> None:
    """Every term of a hold, whatever its reason says, is read back from the entry that opened it."""
    assert core.read(core.opened(hold)) == hold


@given(any_hold(), st.data())
def test_however_a_hold_ends_nothing_is_made_or_lost(hold: Hold, data: st.DataObject) -> None:
    """Posted and released are what was held, nothing stays aside, and the end says how it came about."""
    how = data.draw(st.sampled_from(["posted", "voided", "expired"]))
    microseconds = (hold.expires_at - hold.at) // timedelta(microseconds=1)
    at = hold.at + timedelta(microseconds=data.draw(st.integers(0, microseconds - 1)))
    part = data.draw(st.integers(1, hold.amount)) if how == "posted" else 0
    end = {
        "posted": lambda: core.posted(hold, part, at=at, why="paid"),
        "voided": lambda: core.voided(hold, at=at, why="not paid"),
        "expired": lambda: core.expired(hold),
    }[how]()
    ended = core.resolution(hold, end)
    assert (ended.how, ended.posted, ended.released) == (how, part, hold.amount - part)
    assert end.key == core.resolved_key(hold.key)
    held = {
        account: amount
        for (account, _), amount in ledger.balances([core.opened(hold), end]).items()
        if amount
    }
    assert held == ({hold.source: -part, hold.destination: part} if part else {})


@given(any_hold(), st.integers(1, 10**9))
def test_no_more_is_posted_than_is_held_and_nothing_too_late(hold: Hold, more: int) -> None:
    """A penny too much, nothing at all, from the last instant on, or before the first: refused."""
    with pytest.raises(OverPosted):
        core.posted(hold, hold.amount + more, at=hold.at, why="paid")
    for nothing in (0, -more, True, 1.0):
        with pytest.raises(BadAmount):
            core.posted(hold, nothing, at=hold.at, why="paid")  # type: ignore[arg-type]
    for late in (hold.expires_at, hold.expires_at + HOUR):
        with pytest.raises(HoldExpired):
            core.posted(hold, 1, at=late, why="paid")
        with pytest.raises(HoldExpired):
            core.voided(hold, at=late, why="not paid")
    with pytest.raises(BadEntry):
        core.voided(hold, at=hold.at - HOUR, why="not paid")


@given(any_hold(), any_hold())
def test_the_end_of_one_hold_ends_no_other(hold: Hold, other: Hold) -> None:
    """An end with anything changed, or of another hold, is not taken for the end of this one."""
    end = core.posted(hold, hold.amount, at=hold.at, why="paid")
    first = end.postings[0]
    slips = [
        replace(end, key=f"{end.key}:2"),
        replace(end, subject="rider:4"),
        replace(end, unit="EUR"),
        replace(end, rulebook="2-b"),
        replace(end, postings=(replace(first, amount=first.amount + 1),)),
        replace(end, postings=(*end.postings, Posting("co-op:wages", WAGES, 1))),
        replace(end, postings=(replace(first, destination="rider:9:wages"),)),
        replace(end, postings=(replace(first, source="held:rider:9:wages"),)),
    ]
    if other.key != hold.key:
        slips.append(core.voided(other, at=other.at, why="not paid"))
    for slip in slips:
        with pytest.raises(BadEntry):
            core.resolution(hold, slip)


def test_a_hold_that_makes_no_sense_is_refused() -> None:
    """No time, no offset, no reason, its own source, what is held already, or a key like an end's: refused."""
    good: dict[str, Any] = {
        "key": "p:1", "source": WAGES, "destination": BANK, "amount": 5, "unit": "GBP", "at": AT,
        "expires_at": AT + HOUR, "why": "Payday", "subject": "rider:3", "rulebook": "1-a",
    }  # fmt: skip
    Hold(**good)
    for slip in (
        {"expires_at": AT}, {"expires_at": AT.replace(tzinfo=None)}, {"at": AT.replace(tzinfo=None)}, {"why": " "},
        {"why": "x "}, {"destination": WAGES}, {"source": "held:a:b"}, {"destination": "held:a:b"},
        {"key": "p:resolved"},
    ):  # fmt: skip
        with pytest.raises(BadEntry):
            Hold(**{**good, **slip})
    for entry in (
        Entry("k", AT, "w", (Posting(WAGES, "held:rider:3:wages", 5),), "GBP", "1", "s:1"),
        replace(core.opened(Hold(**good)), why="Payday [held for outside:bank until tomorrow]"),
        replace(
            core.opened(Hold(**good)), why="Payday [held for nobody until 2026-11-20T20:00:00.000000+00:00]"
        ),
    ):
        with pytest.raises(BadEntry):
            core.read(entry)
