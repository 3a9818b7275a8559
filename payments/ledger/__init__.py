"""Entries, postings and holds: money that moves, and cannot be written down unbalanced."""

from payments.ledger.entries import (
    HOLIDAY,
    MINUTES,
    Entry,
    Line,
    Posting,
    balances,
    canonical,
    chain,
    digest,
    reversal,
)
from payments.ledger.holds import HELD, Hold, Resolution, is_held, touches

__all__ = [
    "HELD",
    "HOLIDAY",
    "MINUTES",
    "Entry",
    "Hold",
    "Line",
    "Posting",
    "Resolution",
    "balances",
    "canonical",
    "chain",
    "digest",
    "is_held",
    "reversal",
    "touches",
]
