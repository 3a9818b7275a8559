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
from payments.ledger.holds import HELD, Hold, Resolution, held, is_held, touches

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
    "held",
    "is_held",
    "reversal",
    "touches",
]
