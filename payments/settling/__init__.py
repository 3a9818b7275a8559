"""What named people do with settlements: issue, pay, pay again, mark received, close; the audit is asked first."""

from payments.settling import papers
from payments.settling.adjusting import adjust, adjustments
from payments.settling.banking import bank_file, file_paid, needing, waiting
from payments.settling.papers import Paper, csv_of, pdf_of
from payments.settling.steps import (
    Party,
    close,
    did_not_arrive,
    follow,
    issue,
    look,
    paid,
    pay_again,
    payout_of,
    payouts_of,
    received,
    supplier,
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
    "did_not_arrive",
    "file_paid",
    "follow",
    "issue",
    "look",
    "needing",
    "paid",
    "papers",
    "pay_again",
    "payout_of",
    "payouts_of",
    "pdf_of",
    "received",
    "supplier",
    "to_follow",
    "waiting",
]
