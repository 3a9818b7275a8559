"""Pay runs: a pay period's lines gathered, approved by a named person, paid, and closed."""

from payments.runs.deductions import KINDS, read, row, set_for, take_in
from payments.runs.drawing import Waiting, draft, gathered, get, listed, stale
from payments.runs.paper_slip import pdf
from payments.runs.papers import answer, bank_file, bureau, waiting, whole, without_account
from payments.runs.periods import period
from payments.runs.slips import needing, payee, payouts_of, people, runs_of, slip, slips
from payments.runs.steps import (
    Caution,
    acknowledge,
    again,
    approve,
    close,
    did_not_arrive,
    look,
    mark_paid,
    sound,
    undeducted,
    unpaid,
    unread,
)
from payments.runs.tables import PayRun, PayRunPerson

__all__ = [
    "KINDS",
    "Caution",
    "PayRun",
    "PayRunPerson",
    "Waiting",
    "acknowledge",
    "again",
    "answer",
    "approve",
    "bank_file",
    "bureau",
    "close",
    "did_not_arrive",
    "draft",
    "gathered",
    "get",
    "listed",
    "look",
    "mark_paid",
    "needing",
    "payee",
    "payouts_of",
    "pdf",
    "people",
    "period",
    "read",
    "row",
    "runs_of",
    "set_for",
    "slip",
    "slips",
    "sound",
    "stale",
    "take_in",
    "undeducted",
    "unpaid",
    "unread",
    "waiting",
    "whole",
    "without_account",
]
