"""What named people do with settlements: issue, pay, mark received, close; the audit is asked before each."""

from payments.settling import papers
from payments.settling.adjusting import adjust, adjustments
from payments.settling.banking import bank_file, waiting
from payments.settling.papers import Paper, csv_of, pdf_of
from payments.settling.steps import (
    Party,
    close,
    follow,
    issue,
    paid,
    pay_again,
    payout_of,
    received,
    to_follow,
)

__all__ = [
    "Paper",
    "Party",
    "adjust",
    "adjustments",
    "bank_file",
    "close",
    "csv_of",
    "follow",
    "issue",
    "paid",
    "papers",
    "pay_again",
    "payout_of",
    "pdf_of",
    "received",
    "to_follow",
    "waiting",
]
