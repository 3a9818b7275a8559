"""The pretend Stripe's methods: each with the library's own type of what may be asked, and what it does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stripe import params

from payments.rails.sandbox.state import Body, World

OPEN_FOR_S = 24 * 3600


class Answered(Exception):
    """Stripe answers with a fault: a status, and an error in its form."""

    def __init__(self, status: int, words: str, *, code: str | None = None, param: str | None = None) -> None:
        self.status = status
        self.error = {"type": "invalid_request_error", "message": words, "code": code, "param": param}
        super().__init__(words)


def not_enough(world: World, amount: int, currency: str) -> None:
    """Refuse what the available balance does not cover."""
    if world.sums(currency)[0] < amount:
        words = "You have insufficient available funds in your Stripe account."
        raise Answered(400, words, code="balance_insufficient", param="amount")


def there(world: World, name: str, kind: str) -> Body:
    """An object that must exist."""
    found = world.get(name, kind)
    if found is None:
        raise Answered(404, f"No such {kind}: '{name}'", code="resource_missing", param="id")
    return found


def _account(world: World, asked: Body, _path: tuple[str, ...]) -> Body:
    body = {
        "metadata": asked.get("metadata", {}),
        "details_submitted": False,
        "payouts_enabled": False,
        "charges_enabled": False,
        "capabilities": {"transfers": "inactive"},
        "requirements": {"currently_due": ["business_type", "external_account", "tos_acceptance.date"]},
        "country": asked.get("country", "GB"),
    }
    made = world.add("account", "acct", body)
    world.tell("account.updated", made["id"])
    return made


def _account_link(world: World, asked: Body, _path: tuple[str, ...]) -> Body:
    there(world, asked["account"], "account")
    ends = world.second + 300
    url = f"/sandbox/stripe/onboarding/{asked['account']}?back={asked.get('return_url', '/')}"
    return {"object": "account_link", "created": world.second, "expires_at": ends, "url": url}


def _checkout(world: World, asked: Body, _path: tuple[str, ...]) -> Body:
    items = asked.get("line_items") or []
    if asked.get("mode") != "payment" or not items or not asked.get("success_url"):
        raise Answered(400, "A payment needs its mode, line_items and success_url.", param="line_items")
    ends = asked.get("expires_at") or world.second + OPEN_FOR_S
    if not world.second + 30 * 60 - 60 <= ends <= world.second + OPEN_FOR_S + 60:
        raise Answered(400, "expires_at must be 30 minutes to 24 hours from now.", param="expires_at")
    prices = [each["price_data"] for each in items]
    total = sum(each["unit_amount"] * item["quantity"] for each, item in zip(prices, items, strict=True))
    if total < 30:
        raise Answered(400, "Amount must convert to at least 30 pence.", code="amount_too_small")
    made = world.add(
        "checkout.session",
        "cs_test",
        {
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": total,
            "currency": prices[0]["currency"],
            "metadata": asked.get("metadata", {}),
            "intent": asked.get("payment_intent_data", {}),
            "client_reference_id": asked.get("client_reference_id"),
            "words": prices[0]["product_data"]["name"],
            "payment_intent": None,
            "success_url": asked["success_url"],
            "expires_at": ends,
        },
    )
    return world.keep(made | {"url": f"/sandbox/stripe/pay/{made['id']}"})


def _refund(world: World, asked: Body, _path: tuple[str, ...]) -> Body:
    charge = there(world, asked.get("charge", ""), "charge")
    left = charge["amount"] - charge["amount_refunded"]
    amount = asked.get("amount", left)
    if charge.get("disputed"):
        raise Answered(400, "This charge has been charged back.", code="charge_disputed", param="charge")
    if amount <= 0 or amount > left:
        words = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise Answered(400, words, code="charge_already_refunded" if not left else None, param="amount")
    state = "failed" if world.use("refund_fails") else "succeeded"
    made = world.add(
        "refund",
        "re",
        {
            "charge": charge["id"],
            "payment_intent": charge["payment_intent"],
            "amount": amount,
            "currency": charge["currency"],
            "metadata": asked.get("metadata", {}),
            "reason": asked.get("reason"),
            "status": state,
        },
    )
    moved = world.moved("refund", -amount, made["id"], charge["currency"])
    if state == "failed":
        world.moved("refund_failure", amount, made["id"], charge["currency"])
        world.tell("refund.failed", made["id"])
    else:
        world.keep(charge | {"amount_refunded": charge["amount_refunded"] + amount})
        world.tell("charge.refunded", charge["id"])
        world.tell("refund.created", made["id"])
    return world.keep(made | {"balance_transaction": moved["id"]})


def _transfer(world: World, asked: Body, _path: tuple[str, ...]) -> Body:
    account = there(world, asked["destination"], "account")
    amount, currency, charge = asked.get("amount", 0), asked["currency"], asked.get("source_transaction")
    if amount <= 0:
        raise Answered(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if account["capabilities"]["transfers"] != "active":
        words = "Your destination account needs to have the transfers capability enabled."
        raise Answered(400, words, code="insufficient_capabilities_for_transfer", param="destination")
    at_once = True
    if charge:
        source = there(world, charge, "charge")
        drawn = sum(each["amount"] for each in world.all("transfer", source_transaction=charge))
        if drawn + amount > source["amount"]:
            words = "Transfers using this source transaction have reached its amount."
            raise Answered(400, words, code="transfer_source_balance_parameters_mismatch", param="amount")
        at_once = source["available_on"] <= world.second
    else:
        not_enough(world, amount, currency)
    made = world.add(
        "transfer",
        "tr",
        {
            "amount": amount,
            "amount_reversed": 0,
            "currency": currency,
            "destination": asked["destination"],
            "metadata": asked.get("metadata", {}),
            "source_transaction": charge,
            "transfer_group": asked.get("transfer_group"),
            "reversed": False,
        },
    )
    moved = world.moved("transfer", -amount, made["id"], currency, at_once=at_once)
    world.tell("transfer.created", made["id"])
    return world.keep(made | {"balance_transaction": moved["id"]})


def reversal(world: World, asked: Body, path: tuple[str, ...]) -> Body:
    transfer = there(world, path[0], "transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = asked.get("amount", left)
    if amount <= 0 or amount > left:
        raise Answered(
            400, f"Reversal amount ({amount}) is greater than unreversed amount ({left})", param="amount"
        )
    made = world.add(
        "transfer_reversal",
        "trr",
        {
            "amount": amount,
            "currency": transfer["currency"],
            "transfer": transfer["id"],
            "metadata": asked.get("metadata", {}),
        },
    )
    world.moved("transfer_refund", amount, made["id"], transfer["currency"])
    world.keep(transfer | {"amount_reversed": transfer["amount_reversed"] + amount})
    world.tell("transfer.reversed", transfer["id"])
    return made


def _payout(world: World, asked: Body, _path: tuple[str, ...]) -> Body:
    not_enough(world, asked["amount"], asked["currency"])
    made = world.add(
        "payout",
        "po",
        {
            "amount": asked["amount"],
            "currency": asked["currency"],
            "metadata": asked.get("metadata", {}),
            "status": "pending",
        },
    )
    moved = world.moved("payout", -asked["amount"], made["id"], asked["currency"])
    world.tell("payout.created", made["id"])
    return world.keep(made | {"balance_transaction": moved["id"]})


def _settings(world: World, asked: Body, _path: tuple[str, ...]) -> Body:
    kept = next(world.all("balance_settings"), None) or world.add("balance_settings", "bs", {})
    return world.keep(kept | asked)


def _settings_seen(world: World, _asked: Body, _path: tuple[str, ...]) -> Body:
    return next(world.all("balance_settings"), {"object": "balance_settings", "payments": {}})


def _balance(world: World, _asked: Body, _path: tuple[str, ...]) -> Body:
    currencies = sorted({each["currency"] for each in world.all("balance_transaction")} | {"gbp"})
    sums = {each: world.sums(each) for each in currencies}
    return {
        "object": "balance",
        "available": [{"amount": sums[each][0], "currency": each} for each in currencies],
        "pending": [{"amount": sums[each][1], "currency": each} for each in currencies],
    }


def _one(kind: str) -> "Does":
    def seen(world: World, asked: Body, path: tuple[str, ...]) -> Body:
        return expanded(world, there(world, path[0], kind), asked.get("expand") or [])

    return seen


def _many(kind: str, *filters: str, within: str | None = None) -> "Does":
    def listed(world: World, asked: Body, path: tuple[str, ...]) -> Body:
        wanted = {name: asked[name] for name in filters if name in asked}
        if within is not None:
            wanted[within] = path[0]
        return page(world, world.all(kind, **wanted), asked)

    return listed


def page(world: World, found: Iterator[Body], asked: Body) -> Body:
    """A page of a list: newest first, from a cursor on."""
    created = asked.get("created")
    since = created.get("gte", 0) if isinstance(created, dict) else 0
    rows = [each for each in found if each["created"] >= since]
    after = asked.get("starting_after")
    if after:
        rows = rows[[each["id"] for each in rows].index(after) + 1 :]
    most = asked.get("limit", 10)
    inner = [each.removeprefix("data.") for each in asked.get("expand") or []]
    data = [expanded(world, each, inner) for each in rows[:most]]
    return {"object": "list", "data": data, "has_more": len(rows) > most, "url": "/v1"}


def expanded(world: World, body: Body, paths: list[str]) -> Body:
    """An object with the objects it names put in their place."""
    made = dict(body)
    for path in paths:
        head, _, rest = path.partition(".")
        name = made.get(head)
        inner = name if isinstance(name, dict) else world.get(name) if isinstance(name, str) else None
        if inner is not None:
            made[head] = expanded(world, inner, [rest] if rest else [])
    return made


Does = Callable[[World, Body, tuple[str, ...]], Body]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the API: its path, the library's type of what may be asked, the service that asks it so."""

    verb: str
    path: str
    shape: Any
    does: Does
    service: str  # as the client spells it, for the test that compares the types
    named: str = ""  # what switches call it


METHODS = (
    Method("post", "accounts", params.AccountCreateParams, _account, "accounts.create", "account"),
    Method("get", "accounts", params.AccountListParams, _many("account"), "accounts.list"),
    Method("get", "accounts/*", params.AccountRetrieveParams, _one("account"), "accounts.retrieve"),
    Method("post", "account_links", params.AccountLinkCreateParams, _account_link, "account_links.create"),
    Method(
        "post",
        "checkout/sessions",
        params.checkout.SessionCreateParams,
        _checkout,
        "checkout.sessions.create",
        "checkout",
    ),
    Method(
        "get",
        "checkout/sessions",
        params.checkout.SessionListParams,
        _many("checkout.session"),
        "checkout.sessions.list",
    ),
    Method(
        "get",
        "checkout/sessions/*",
        params.checkout.SessionRetrieveParams,
        _one("checkout.session"),
        "checkout.sessions.retrieve",
    ),
    Method("get", "charges/*", params.ChargeRetrieveParams, _one("charge"), "charges.retrieve"),
    Method("post", "refunds", params.RefundCreateParams, _refund, "refunds.create", "refund"),
    Method("get", "refunds", params.RefundListParams, _many("refund", "charge"), "refunds.list"),
    Method("get", "refunds/*", params.RefundRetrieveParams, _one("refund"), "refunds.retrieve"),
    Method("post", "transfers", params.TransferCreateParams, _transfer, "transfers.create", "transfer"),
    Method(
        "get",
        "transfers",
        params.TransferListParams,
        _many("transfer", "transfer_group", "destination"),
        "transfers.list",
    ),
    Method(
        "post",
        "transfers/*/reversals",
        params.TransferReversalCreateParams,
        reversal,
        "transfers.reversals.create",
        "reversal",
    ),
    Method(
        "get",
        "transfers/*/reversals",
        params.TransferReversalListParams,
        _many("transfer_reversal", within="transfer"),
        "transfers.reversals.list",
    ),
    Method("post", "payouts", params.PayoutCreateParams, _payout, "payouts.create", "payout"),
    Method("get", "payouts", params.PayoutListParams, _many("payout"), "payouts.list"),
    Method("get", "payouts/*", params.PayoutRetrieveParams, _one("payout"), "payouts.retrieve"),
    Method("get", "disputes/*", params.DisputeRetrieveParams, _one("dispute"), "disputes.retrieve"),
    Method("get", "balance", params.BalanceRetrieveParams, _balance, "balance.retrieve"),
    Method(
        "post",
        "balance_settings",
        params.BalanceSettingsUpdateParams,
        _settings,
        "balance_settings.update",
        "manual",
    ),
    Method(
        "get",
        "balance_settings",
        params.BalanceSettingsRetrieveParams,
        _settings_seen,
        "balance_settings.retrieve",
    ),
    Method(
        "get",
        "balance_transactions",
        params.BalanceTransactionListParams,
        _many("balance_transaction", "source", "type"),
        "balance_transactions.list",
    ),
)
