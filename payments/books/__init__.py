"""The books: which rules hold, what was posted, what stands on the accounts."""

from payments.books import holds, sums
from payments.books.accounts import (
    Page,
    TrialLine,
    balance,
    balances,
    below,
    lines,
    moved,
    page,
    trial_balance,
)
from payments.books.journal import (
    GENESIS,
    Booked,
    about,
    booked,
    entry_by_id,
    entry_by_key,
    happened,
    head,
    post,
    reverse,
    standing,
)
from payments.books.versions import adopt, in_force, named, rules, versions
from payments.ledger import Line
from payments.tables import RulebookVersion, append_only_ddl

__all__ = [
    "GENESIS",
    "Booked",
    "Line",
    "Page",
    "RulebookVersion",
    "TrialLine",
    "about",
    "adopt",
    "append_only_ddl",
    "balance",
    "balances",
    "below",
    "booked",
    "entry_by_id",
    "entry_by_key",
    "happened",
    "head",
    "holds",
    "in_force",
    "lines",
    "moved",
    "named",
    "page",
    "post",
    "reverse",
    "rules",
    "standing",
    "sums",
    "trial_balance",
    "versions",
]
