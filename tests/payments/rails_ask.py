"""Everything the gateway asks of Stripe, once: the facts of each kind, as rows have them."""

from datetime import timedelta
from typing import Any

from payments.rails import Kind
from payments.rails.sandbox import Sandbox
from tests.conftest import FRIDAY_SIX

BACK = "http://127.0.0.1/t/ord_1"


def checkout(amount: int = 2750, order: int = 12) -> dict[str, Any]:
    """A page for an order."""
    return {
        "payment": 1,
        "subject": f"order:{order}",
        "amount_minor": amount,
        "currency": "GBP",
        "words": "Food from Pizza Luna",
        "back": BACK,
        "expires_s": int((FRIDAY_SIX + timedelta(hours=23)).timestamp()),
    }


def everything(stripe: Sandbox) -> dict[Kind, dict[str, Any]]:
    """Ask for one of each, in an order that makes sense; what was asked."""
    asked: dict[Kind, dict[str, Any]] = {"checkout": checkout(), "manual": {}}
    asked["account"] = {"subject": "restaurant:3", "country": "GB"}
    page = stripe.make("checkout", asked["checkout"], key="k-checkout")
    account = stripe.make("account", asked["account"], key="k-account")
    stripe.make("manual", {}, key="k-manual")
    stripe.onboard(account.vendor_id)
    assert stripe.pay(page.vendor_id, "at-once") is None
    charge = stripe.all("charge")[0]["id"]
    asked["transfer"] = {
        "payout": 1,
        "account": account.vendor_id,
        "amount_minor": 1000,
        "currency": "GBP",
        "group": "order:12",
        "charge": charge,
    }
    transfer = stripe.make("transfer", asked["transfer"], key="k-transfer")
    asked["reversal"] = {"transfer": transfer.vendor_id, "amount_minor": 300, "payee": "restaurant:3"}
    stripe.make("reversal", asked["reversal"], key="k-reversal")
    asked["refund"] = {"charge": charge, "amount_minor": 300}
    stripe.make("refund", asked["refund"], key="k-refund")
    asked["payout"] = {"amount_minor": 500, "currency": "GBP"}
    stripe.make("payout", asked["payout"], key="k-payout")
    return asked
