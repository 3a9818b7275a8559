"""Stripe's objects as we see them: read from plain dictionaries, keeping nothing of cards or people."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from payments.rails import Account, Checkout, Dispute, Payment, Payout, Refund, Transaction

# What we write on whatever we make: our key, and whose it is.
KEY = "pannier_key"
SUBJECT = "pannier_subject"
Body = Mapping[str, Any]


def _at(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _id(value: Any) -> str:
    return str(value["id"]) if isinstance(value, Mapping) else str(value or "")


def _written(body: Body, name: str) -> str | None:
    found = (body.get("metadata") or {}).get(name)
    return str(found) if found else None


def transaction(body: Body) -> Transaction:
    """A balance transaction, its source expanded or not."""
    source = body.get("source")
    whole: Body = source if isinstance(source, Mapping) else {}
    return Transaction(
        id=str(body["id"]),
        kind=str(body["type"]),
        amount_minor=int(body["amount"]),
        fee_minor=int(body["fee"]),
        net_minor=int(body["net"]),
        currency=str(body["currency"]).upper(),
        source=_id(source),
        created_at=_at(body["created"]),
        available_at=_at(body["available_on"]),
        intent=_id(whole.get("payment_intent")) or None,
        subject=_written(whole, SUBJECT),
        transfer=_id(whole.get("transfer")) if whole.get("object") == "transfer_reversal" else "",
    )


def payment(body: Body) -> Payment:
    """A charge with its balance transaction expanded, or without one yet."""
    moved = body.get("balance_transaction")
    return Payment(
        charge=str(body["id"]),
        intent=_id(body.get("payment_intent")) or None,
        subject=_written(body, SUBJECT),
        amount_minor=int(body["amount"]),
        refunded_minor=int(body.get("amount_refunded") or 0),
        currency=str(body["currency"]).upper(),
        paid=body.get("status") == "succeeded" and bool(body.get("paid")),
        transaction=transaction(moved) if isinstance(moved, Mapping) else None,
    )


def checkout(body: Body) -> Checkout:
    """A page customers pay on, with the charge that came of it where there is one."""
    intent = body.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, Mapping) else None
    return Checkout(
        id=str(body["id"]),
        state=str(body["status"]),
        payment=payment(charge) if isinstance(charge, Mapping) else None,
    )


def refund(body: Body) -> Refund:
    """A refund."""
    return Refund(
        id=str(body["id"]),
        charge=_id(body.get("charge")),
        amount_minor=int(body["amount"]),
        state=str(body["status"]),
        key=_written(body, KEY),
    )


def payout(body: Body) -> Payout:
    """Money on its way to the bank."""
    return Payout(str(body["id"]), int(body["amount"]), str(body["status"]), _written(body, KEY))


def dispute(body: Body) -> Dispute:
    """A dispute, its charge expanded, with what it moved so far."""
    charge = body.get("charge")
    due = (body.get("evidence_details") or {}).get("due_by")
    return Dispute(
        id=str(body["id"]),
        charge=_id(charge),
        subject=_written(charge, SUBJECT) if isinstance(charge, Mapping) else None,
        amount_minor=int(body["amount"]),
        currency=str(body["currency"]).upper(),
        state=str(body["status"]),
        reason=str(body["reason"]),
        evidence_due_at=_at(due) if due else None,
        transactions=tuple(transaction(each) for each in body.get("balance_transactions") or ()),
    )


def account(body: Body) -> Account:
    """A connected account: ids and yes or no, nothing of what was told to Stripe."""
    asked = (body.get("requirements") or {}).get("currently_due") or ()
    return Account(
        id=str(body["id"]),
        payee=_written(body, SUBJECT),
        told=bool(body.get("details_submitted")),
        transfers=(body.get("capabilities") or {}).get("transfers") == "active",
        payouts=bool(body.get("payouts_enabled")),
        asked_for=tuple(str(each) for each in asked),
    )
