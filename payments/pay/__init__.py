"""Who is paid what: orders as they are delivered, shifts as they end."""

from payments.pay.orders import (
    cancel_gives_back,
    cancelled,
    delivered,
    refundable,
    refunded,
    undelivered,
)
from payments.pay.shifts import rider_statement, shift_corrected, shift_ended
from payments.statements import Statement, StatementLine
from payments.terms import Earned, OrderMoney, ShiftMoney, card_cost, earned, fee, shift_pay

__all__ = [
    "Earned",
    "OrderMoney",
    "ShiftMoney",
    "Statement",
    "StatementLine",
    "cancel_gives_back",
    "cancelled",
    "card_cost",
    "delivered",
    "earned",
    "fee",
    "refundable",
    "refunded",
    "rider_statement",
    "shift_corrected",
    "shift_ended",
    "shift_pay",
    "undelivered",
]
