"""Stripe itself, through its own library: separate charges and transfers, one transfer_group an order.

https://docs.stripe.com/connect/separate-charges-and-transfers
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import stripe

from payments.errors import CallLater, CallRefused, NoAnswer, NotEnoughYet, NotFromStripe, RailsFault
from payments.rails import API_VERSION, Balance, Facts, Kind, Made, Seen, Told, Transaction, seeing
from payments.rails.seeing import KEY, SUBJECT

TIMEOUT_S = 20.0  # well within a call's lease (calls.LEASE), or it would be asked after while under way
TOLERANCE_S = 300
_SKEW = timedelta(minutes=5)
_NOT_ENOUGH = frozenset({"balance_insufficient", "insufficient_funds"})
_CHARGE = ["balance_transaction"]
_CHECKOUT = ["payment_intent.latest_charge.balance_transaction"]
_DISPUTE = ["charge"]
Answer = TypeVar("Answer")


class StripeGateway:
    """One account of Stripe's, asked in the one version of its API that this was written for."""

    def __init__(
        self, secret_key: str, webhook_secret: str, *, http_client: stripe.HTTPClient | None = None
    ) -> None:
        # Retries are ours: the library's own would hide how often something was sent.
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            max_network_retries=0,
            http_client=http_client or stripe.RequestsClient(timeout=TIMEOUT_S),
        )
        self._secret = webhook_secret

    def make(self, kind: Kind, facts: Facts, *, key: str) -> Made:
        """Do what is asked, under our key."""
        makers: dict[str, Callable[[Facts, Any], Made]] = {
            "account": self._account,
            "checkout": self._checkout,
            "manual": self._manual,
            "refund": self._refund,
            "transfer": self._transfer,
            "reversal": self._reversal,
            "payout": self._payout,
        }
        return _asked(lambda: makers[kind](facts, {"idempotency_key": key}), key)

    def find(self, kind: Kind, facts: Facts, *, key: str, since: datetime) -> Made | None:
        """What this key made: lists are complete at once, which Stripe's search is not."""
        return _asked(lambda: self._found(kind, facts, key, int((since - _SKEW).timestamp())), key)

    def fetch(self, kind: str, object_id: str) -> Seen | None:
        """The object an event is about, as it stands now."""
        return _asked(lambda: self._fetched(kind, object_id), object_id)

    def onboarding(self, account: str, *, back: str) -> str:
        """An address at which the payee tells Stripe what it asks."""

        def link() -> str:
            made = self._client.v1.account_links.create(
                {"account": account, "type": "account_onboarding", "refresh_url": back, "return_url": back}
            )
            return str(made.url)

        return _asked(link, account)

    def transactions(self, since: datetime) -> list[Transaction]:
        """Every balance transaction made since then, oldest first."""

        def listed() -> list[Transaction]:
            found = self._client.v1.balance_transactions.list(
                {"created": {"gte": int(since.timestamp())}, "limit": 100, "expand": ["data.source"]}
            )
            return [seeing.transaction(each.to_dict()) for each in found.auto_paging_iter()][::-1]

        return _asked(listed, "transactions")

    def balance(self, currency: str) -> Balance:
        """What is there, available and pending."""

        def looked() -> Balance:
            found = self._client.v1.balance.retrieve().to_dict()
            sums = {
                state: sum(
                    int(each["amount"]) for each in found[state] if each["currency"] == currency.lower()
                )
                for state in ("available", "pending")
            }
            return Balance(sums["available"], sums["pending"])

        return _asked(looked, "balance")

    def verify(self, payload: bytes, signature: str) -> Told:
        """An event as it was posted to us."""
        try:
            event = self._client.construct_event(payload, signature, self._secret, TOLERANCE_S).to_dict()
            return Told(
                event_id=str(event["id"]),
                kind=str(event["type"]),
                object_id=str(event["data"]["object"].get("id") or ""),
                live=bool(event.get("livemode")),
            )
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError):
            raise NotFromStripe from None  # the fault would carry the payload along

    # What is asked ---------------------------------------------------------------------------------------------

    def _account(self, facts: Facts, options: Any) -> Made:
        made = self._client.v1.accounts.create(
            {
                "country": str(facts["country"]),
                # The co-op pays Stripe's fees and bears what an account cannot pay back; Stripe asks for papers.
                "controller": {
                    "fees": {"payer": "application"},
                    "losses": {"payments": "application"},
                    "stripe_dashboard": {"type": "express"},
                    "requirement_collection": "stripe",
                },
                "capabilities": {"transfers": {"requested": True}},
                "metadata": {KEY: options["idempotency_key"], SUBJECT: str(facts["subject"])},
            },
            options,
        )
        return Made(made.id)

    def _checkout(self, facts: Facts, options: Any) -> Made:
        subject = str(facts["subject"])
        made = self._client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "client_reference_id": subject,
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": str(facts["currency"]).lower(),
                            "unit_amount": int(facts["amount_minor"]),
                            "product_data": {"name": str(facts["words"])},
                        },
                    }
                ],
                "payment_intent_data": {"transfer_group": subject, "metadata": {SUBJECT: subject}},
                "metadata": {KEY: options["idempotency_key"], SUBJECT: subject},
                "expires_at": int(facts["expires_s"]),
                "success_url": str(facts["back"]),
                "cancel_url": str(facts["back"]),
            },
            options,
        )
        return _page(made.to_dict())

    def _manual(self, _facts: Facts, options: Any) -> Made:
        self._client.v1.balance_settings.update(
            {"payments": {"payouts": {"schedule": {"interval": "manual"}}}}, options
        )
        return Made("manual")

    def _refund(self, facts: Facts, options: Any) -> Made:
        made = self._client.v1.refunds.create(
            {
                "charge": str(facts["charge"]),
                "amount": int(facts["amount_minor"]),
                "reason": "requested_by_customer",
                "metadata": {KEY: options["idempotency_key"]},
            },
            options,
        )
        return Made(made.id)

    def _transfer(self, facts: Facts, options: Any) -> Made:
        params: stripe.params.TransferCreateParams = {
            "amount": int(facts["amount_minor"]),
            "currency": str(facts["currency"]).lower(),
            "destination": str(facts["account"]),
            "transfer_group": str(facts["group"]),
            "metadata": {KEY: options["idempotency_key"]},
        }
        if facts.get("charge"):
            params["source_transaction"] = str(facts["charge"])
        return Made(self._client.v1.transfers.create(params, options).id)

    def _reversal(self, facts: Facts, options: Any) -> Made:
        made = self._client.v1.transfers.reversals.create(
            str(facts["transfer"]),
            {"amount": int(facts["amount_minor"]), "metadata": {KEY: options["idempotency_key"]}},
            options,
        )
        return Made(made.id)

    def _payout(self, facts: Facts, options: Any) -> Made:
        made = self._client.v1.payouts.create(
            {
                "amount": int(facts["amount_minor"]),
                "currency": str(facts["currency"]).lower(),
                "metadata": {KEY: options["idempotency_key"]},
            },
            options,
        )
        return Made(made.id)

    # What is asked after ---------------------------------------------------------------------------------------

    def _found(self, kind: Kind, facts: Facts, key: str, since_s: int) -> Made | None:
        client, created = self._client.v1, {"gte": since_s}
        listed: Iterable[Any]
        if kind == "manual":
            settings = client.balance_settings.retrieve().to_dict()
            schedule = settings.get("payments", {}).get("payouts", {}).get("schedule", {})
            return Made("manual") if schedule.get("interval") == "manual" else None
        if kind == "account":
            listed = client.accounts.list({"created": cast(Any, created), "limit": 100}).auto_paging_iter()
        elif kind == "checkout":
            listed = client.checkout.sessions.list(
                {"created": cast(Any, created), "limit": 100}
            ).auto_paging_iter()
        elif kind == "refund":
            listed = client.refunds.list({"charge": str(facts["charge"]), "limit": 100}).auto_paging_iter()
        elif kind == "transfer":
            listed = client.transfers.list(
                {"transfer_group": str(facts["group"]), "limit": 100}
            ).auto_paging_iter()
        elif kind == "reversal":
            listed = client.transfers.reversals.list(
                str(facts["transfer"]), {"limit": 100}
            ).auto_paging_iter()
        else:
            listed = client.payouts.list({"created": cast(Any, created), "limit": 100}).auto_paging_iter()
        for each in listed:
            body = each.to_dict()
            if (body.get("metadata") or {}).get(KEY) == key:
                return _page(body) if kind == "checkout" else Made(str(body["id"]))
        return None

    def _fetched(self, kind: str, object_id: str) -> Seen | None:
        family, client = kind.split("."), self._client.v1
        if family[0] == "account" and object_id.startswith("acct_"):
            return seeing.account(client.accounts.retrieve(object_id).to_dict())
        if family[:2] == ["checkout", "session"]:
            found = client.checkout.sessions.retrieve(object_id, {"expand": _CHECKOUT})
            return seeing.checkout(found.to_dict())
        if family[:2] == ["charge", "dispute"]:
            return seeing.dispute(client.disputes.retrieve(object_id, {"expand": _DISPUTE}).to_dict())
        if object_id.startswith(("re_", "pyr_")):
            return seeing.refund(client.refunds.retrieve(object_id).to_dict())
        if family[0] == "charge":
            return seeing.payment(client.charges.retrieve(object_id, {"expand": _CHARGE}).to_dict())
        if family[0] == "payout":
            return seeing.payout(client.payouts.retrieve(object_id).to_dict())
        return None


def _page(body: Mapping[str, Any]) -> Made:
    ends = body.get("expires_at")
    return Made(str(body["id"]), body.get("url"), datetime.fromtimestamp(int(ends), UTC) if ends else None)


def _asked(ask: Callable[[], Answer], key: str) -> Answer:
    try:
        return ask()
    except stripe.StripeError as fault:
        meaning = _meaning(fault, key)
    raise meaning  # out here: the library's fault would bring the whole answer along into a log


def _meaning(fault: stripe.StripeError, key: str) -> RailsFault:
    """What a fault means for what was asked: never done, perhaps done, or never to be done."""
    words = f"Stripe {fault.http_status or '-'}, {(fault.code or type(fault).__name__).replace('_', ' ')}"
    if fault.code in _NOT_ENOUGH:
        return NotEnoughYet("Stripe does not hold enough available money yet")
    if isinstance(fault, stripe.APIConnectionError):
        return NoAnswer(words)
    if isinstance(fault, stripe.IdempotencyError):
        # Another process is at it with this very key, or the key was used for something else.
        return (
            CallLater(words) if fault.http_status == 409 else CallRefused(f"{words}: {key} was used before")
        )
    if isinstance(fault, (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError)):
        return CallLater(words)
    status = fault.http_status or 0
    if status == 409:
        return CallLater(words)
    return CallRefused(words) if 400 <= status < 500 else NoAnswer(words)
