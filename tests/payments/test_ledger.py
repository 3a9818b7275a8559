"""Entries and postings, without a database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import ledger
from payments.errors import BadEntry, ReversalIsFinal
from payments.ledger import Entry, Posting

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ACCOUNTS = st.sampled_from(["a:1", "a:1:b", "b:2", "co-op:wages", "rider:7:tips"])
POSTINGS = st.builds(
    lambda ends, amount: Posting(ends[0], ends[1], amount),
    st.tuples(ACCOUNTS, ACCOUNTS).filter(lambda ends: ends[0] != ends[1]),
    st.integers(1, 10**12),
)
UNITS = st.sampled_from(["GBP", ledger.HOLIDAY, ledger.MINUTES])


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Any entry that can be written down."""
    postings = tuple(draw(st.lists(POSTINGS, min_size=1, max_size=6)))
    return Entry(draw(st.text("xyz:1", min_size=1)), AT, "why", postings, draw(UNITS), "1-abc", "order:1")


@given(st.lists(entries(), max_size=10))
def test_whatever_is_posted_sums_to_nought(many: list[Entry]) -> None:
    """Over all accounts each unit sums to nought: no money is made or lost."""
    held = ledger.balances(many)
    for unit in ("GBP", ledger.HOLIDAY, ledger.MINUTES):
        assert sum(amount for (_, its), amount in held.items() if its == unit) == 0


@given(entries())
def test_a_reversal_undoes(entry: Entry) -> None:
    """An entry and its reversal leave every account at nought, under the same rulebook and subject."""
    back = ledger.reversal(entry, key=f"{entry.key}:back", at=AT, why="a slip")
    assert set(ledger.balances([entry, back]).values()) == {0}
    assert (back.rulebook, back.subject, back.unit) == (entry.rulebook, entry.subject, entry.unit)
    with pytest.raises(ReversalIsFinal):
        ledger.reversal(back, key="again", at=AT, why="a slip")


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, "5", None])
def test_a_posting_moves_a_whole_amount(amount: int) -> None:
    """Nought, a negative, a float or a boolean is no amount to move."""
    with pytest.raises(BadEntry):
        Posting("a:1", "b:2", amount)


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("a:1", "a:1"),
        ("", "a:1"),
        ("a", "b:1"),
        ("A:1", "b:1"),
        ("a:1%", "b:1"),
        ("a::b", "b:1"),
        ("a:1\n", "b:1"),
    ],
)
def test_a_posting_goes_from_one_account_to_another(source: str, destination: str) -> None:
    """A posting to itself, or to something that names no account, is refused."""
    with pytest.raises(BadEntry):
        Posting(source, destination, 1)


def test_an_entry_says_everything() -> None:
    """An entry without a key, reason, rulebook, subject, offset, posting or known unit is refused."""
    postings = (Posting("a:1", "b:2", 1),)
    facts = {
        "key": "k", "at": AT, "why": "w", "postings": postings, "unit": "GBP", "rulebook": "1", "subject": "s:1"
    }  # fmt: skip
    Entry(**facts)  # type: ignore[arg-type]
    naive = AT.replace(tzinfo=None)
    faults = ({"key": " "}, {"why": ""}, {"rulebook": ""}, {"subject": ""}, {"at": naive}, {"postings": ()})
    for fault in (*faults, {"unit": "gbp"}, {"unit": "SHELLS"}):
        with pytest.raises(BadEntry):
            Entry(**{**facts, **fault})  # type: ignore[arg-type]


def test_the_digest_knows_every_fact_and_no_timezone() -> None:
    """The same instant told in another offset is the same body; any other difference is another one."""
    entry = Entry("k", AT, "w", (Posting("a:1", "b:2", 1),), "GBP", "1", "s:1")
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    assert ledger.digest(entry) == ledger.digest(Entry("k", elsewhere, *_rest(entry)))
    others = [
        Entry("l", AT, *_rest(entry)),
        Entry("k", AT + timedelta(microseconds=1), *_rest(entry)),
        Entry("k", AT, "v", *_rest(entry)[1:]),
        Entry("k", AT, "w", (Posting("a:1", "b:2", 2),), *_rest(entry)[2:]),
        Entry("k", AT, "w", (Posting("b:2", "a:1", 1),), *_rest(entry)[2:]),
        Entry("k", AT, *_rest(entry)[:2], "EUR", "1", "s:1"),
        Entry("k", AT, *_rest(entry)[:3], "2", "s:1"),
        Entry("k", AT, *_rest(entry)[:4], "s:2"),
        Entry("k", AT, *_rest(entry), reverses="j"),
    ]
    assert len({ledger.digest(each) for each in [entry, *others]}) == 10


def _rest(entry: Entry) -> tuple[str, tuple[Posting, ...], str, str, str]:
    return entry.why, entry.postings, entry.unit, entry.rulebook, entry.subject
