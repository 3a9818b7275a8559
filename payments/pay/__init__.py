"""Who is paid what: orders as they are delivered, shifts as they end."""

from payments.pay.absences import absence_taken_back, leave, leave_left, leave_owed, sick
from payments.pay.expenses import expense_approved, expense_taken_back
from payments.pay.orders import (
    cancel_gives_back,
    cancelled,
    delivered,
    refundable,
    refunded,
    uncancelled,
    undelivered,
)
from payments.pay.register import KEPT as TIPS_KEPT
from payments.pay.register import Tip, TipPart, tips_given
from payments.pay.shifts import pays_otherwise, rider_statement, shift_corrected, shift_ended
from payments.pay.tips import pooled_on, pot, shared_out
from payments.statements import Statement, StatementLine
from payments.terms import Earned, OrderMoney, ShiftMoney, card_cost, earned, fee, shift_pay
from payments.work import AbsenceMoney, Drop, Spell

__all__ = [
    "TIPS_KEPT",
    "AbsenceMoney",
    "Drop",
    "Earned",
    "OrderMoney",
    "ShiftMoney",
    "Spell",
    "Statement",
    "StatementLine",
    "Tip",
    "TipPart",
    "absence_taken_back",
    "cancel_gives_back",
    "cancelled",
    "card_cost",
    "delivered",
    "earned",
    "expense_approved",
    "expense_taken_back",
    "fee",
    "leave",
    "leave_left",
    "leave_owed",
    "pays_otherwise",
    "pooled_on",
    "pot",
    "refundable",
    "refunded",
    "rider_statement",
    "shared_out",
    "shift_corrected",
    "shift_ended",
    "shift_pay",
    "sick",
    "tips_given",
    "uncancelled",
    "undelivered",
]
