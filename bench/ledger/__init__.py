"""Entries posted per second, and what looking at the books costs, as the books grow from 10^4 to 10^6 entries."""

from bench.ledger.command import main

__all__ = ["main"]
