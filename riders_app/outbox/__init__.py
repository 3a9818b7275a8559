"""Texts on their way out: events become rows, rows are sent once, and the carrier's news is kept.

`run_spread` and `run_send` are the jobs; `spread_due` and `next_due` say when they have something to do.
"""

from riders_app.outbox.forgetting import forget, forget_due
from riders_app.outbox.news import news
from riders_app.outbox.prices import prices_due, run_prices
from riders_app.outbox.sending import (
    Outcome,
    Sending,
    do,
    hold,
    next_due,
    run_send,
    settle,
    take,
)
from riders_app.outbox.spreading import run_spread, spread, spread_due
from riders_app.tables import answer

__all__ = [
    "Outcome",
    "Sending",
    "answer",
    "do",
    "forget",
    "forget_due",
    "hold",
    "news",
    "next_due",
    "prices_due",
    "run_prices",
    "run_send",
    "run_spread",
    "settle",
    "spread",
    "spread_due",
    "take",
]
