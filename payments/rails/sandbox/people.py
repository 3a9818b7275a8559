"""What people do at the pretend Stripe: customers pay and dispute, payees onboard, banks take money or send it back."""

from dataclasses import dataclass
from datetime import timedelta

from payments.rails.sandbox.api import Answered, there
from payments.rails.sandbox.state import World

FEE_BP, FEE_FIXED = 150, 20  # of a British card: 1.5 % and 20 p
DISPUTE_FEE = 2000
EVIDENCE = timedelta(days=9)


@dataclass(frozen=True, slots=True)
class Card:
    """A test card: what it is called, and what comes of paying with it."""

    words: str
    refused: str | None = None
    disputed: bool = False
    at_once: bool = False


# After Stripe's own test cards; named, because no card number is ever typed here.
CARDS = {
    "visa": Card("Test Visa ending 4242: pays"),
    "at-once": Card("Test Visa ending 0077: pays, available at once", at_once=True),
    "declined": Card("Test Visa ending 0002: declined", refused="Your card was declined."),
    "empty": Card("Test Visa ending 9995: not enough on it", refused="Your card has insufficient funds."),
    "disputed": Card("Test Visa ending 0259: pays, then its bank takes it back", disputed=True),
}


def pay(world: World, session_id: str, card: Card) -> str | None:
    """Pay a checkout page; the words of a refusal, or None."""
    page = there(world, session_id, "checkout.session")
    if page["status"] != "open" or page["expires_at"] <= world.second:
        return "This page can no longer be paid."
    if card.refused is not None:
        return card.refused
    amount, currency, intent = page["amount_total"], page["currency"], page["intent"]
    fee = (amount * FEE_BP + 5000) // 10000 + FEE_FIXED
    made = world.add("payment_intent", "pi", {"amount": amount, "status": "succeeded"} | intent)
    charge = world.add(
        "charge",
        "ch",
        {
            "amount": amount,
            "amount_refunded": 0,
            "currency": currency,
            "payment_intent": made["id"],
            "metadata": intent.get("metadata", {}),
            "transfer_group": intent.get("transfer_group"),
            "paid": True,
            "status": "succeeded",
            "disputed": False,
        },
    )
    moved = world.moved("charge", amount, charge["id"], currency, fee=fee, at_once=card.at_once)
    world.keep(charge | {"balance_transaction": moved["id"], "available_on": moved["available_on"]})
    world.keep(made | {"latest_charge": charge["id"]})
    world.keep(page | {"status": "complete", "payment_status": "paid", "payment_intent": made["id"]})
    world.tell("charge.succeeded", charge["id"])
    world.tell("checkout.session.completed", session_id)
    if card.disputed:
        dispute(world, charge["id"])
    return None


def dispute(world: World, charge_id: str) -> str:
    """The customer's bank takes a charge back: the money and a fee go at once."""
    charge = there(world, charge_id, "charge")
    left = charge["amount"] - charge["amount_refunded"]
    made = world.add(
        "dispute",
        "dp",
        {
            "charge": charge_id,
            "amount": left,
            "currency": charge["currency"],
            "status": "needs_response",
            "reason": "fraudulent",
            "evidence_details": {"due_by": int((world.now + EVIDENCE).timestamp())},
        },
    )
    moved = world.moved("adjustment", -left, made["id"], charge["currency"], fee=DISPUTE_FEE)
    world.keep(made | {"balance_transactions": [moved]})
    world.keep(charge | {"disputed": True})
    world.tell("charge.dispute.created", made["id"])
    world.tell("charge.dispute.funds_withdrawn", made["id"])
    return str(made["id"])


def close_dispute(world: World, dispute_id: str, *, won: bool) -> None:
    """The bank decides: won, and the money comes back; the fee does not."""
    found = there(world, dispute_id, "dispute")
    if found["status"] in ("won", "lost"):
        raise Answered(400, "This dispute is closed.")
    moved = list(found["balance_transactions"])
    if won:
        moved.append(world.moved("adjustment", found["amount"], dispute_id, found["currency"]))
        world.tell("charge.dispute.funds_reinstated", dispute_id)
    world.keep(found | {"status": "won" if won else "lost", "balance_transactions": moved})
    world.tell("charge.dispute.closed", dispute_id)


def onboard(world: World, account_id: str) -> None:
    """A payee tells all that is asked."""
    account = there(world, account_id, "account")
    done = {
        "details_submitted": True,
        "payouts_enabled": True,
        "charges_enabled": True,
        "capabilities": {"transfers": "active"},
        "requirements": {"currently_due": []},
    }
    world.keep(account | done)
    world.tell("account.updated", account_id)


def dashboard_refund(world: World, charge_id: str, amount: int) -> None:
    """A refund made in Stripe's own pages, with nothing of ours written on it."""
    charge = there(world, charge_id, "charge")
    body = {"charge": charge_id, "amount": amount, "currency": charge["currency"], "metadata": {}}
    made = world.add("refund", "re", body | {"status": "succeeded"})
    world.moved("refund", -amount, made["id"], charge["currency"])
    world.keep(charge | {"amount_refunded": charge["amount_refunded"] + amount})
    world.tell("charge.refunded", charge_id)
    world.tell("refund.created", made["id"])


def bank(world: World, payout_id: str, *, arrives: bool) -> None:
    """The co-op's bank takes a payout in, or sends it back."""
    payout = there(world, payout_id, "payout")
    if payout["status"] not in ("pending", "in_transit"):
        raise Answered(400, "This payout has ended.")
    world.keep(payout | {"status": "paid" if arrives else "failed"})
    if not arrives:
        world.moved("payout_failure", payout["amount"], payout_id, payout["currency"])
    world.tell("payout.paid" if arrives else "payout.failed", payout_id)
