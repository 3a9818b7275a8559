"""The pretend Stripe, asked by Stripe's own library: idempotency, balances, refusals, cut lines, signatures."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import stripe
from stripe import WebhookSignature

from infra.database import Database
from payments.errors import CallRefused, NoAnswer, NotEnoughYet, NotFromStripe
from payments.rails import API_VERSION, Kind, Payment
from payments.rails.client import StripeGateway
from payments.rails.sandbox import SECRET, Sandbox, shapes
from payments.rails.sandbox.api import METHODS
from payments.rails.sandbox.http import SandboxHTTP, _method
from tests.conftest import FRIDAY_SIX
from tests.payments.rails_ask import checkout, everything


class Recorder(SandboxHTTP):
    """Captures what the library would have put on the wire, and has the pretend Stripe answer it."""

    seen: list[tuple[str, str, str, Mapping[str, str]]]

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **more: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        if not hasattr(self, "seen"):
            self.seen = []
        self.seen.append((method, url, str(post_data or ""), headers or {}))
        return super().request(method, url, headers, post_data, **more)


@pytest.fixture
def clock() -> list[Any]:
    """An instant that a test can move."""
    return [FRIDAY_SIX]


@pytest.fixture
def pretend(database: Database, clock: list[Any]) -> Sandbox:
    """A pretend Stripe on each kind of database."""
    return Sandbox(database, lambda: clock[0])


@pytest.mark.parametrize("made_url", ["sqlite"], indirect=True)
def test_every_request_of_the_real_client_has_a_shape_of_the_library(database: Database) -> None:
    """All that is made, found, fetched and listed goes out under the pinned version, in known parameters, keyed."""
    recorder = Recorder(database, lambda: FRIDAY_SIX)
    gateway = StripeGateway("sk_test_x", SECRET, http_client=recorder)
    sandbox = Sandbox(database, lambda: FRIDAY_SIX)
    sandbox._client = gateway._client  # the same people, asked through the client that is recorded
    asked = everything(sandbox)
    for kind, facts in asked.items():
        found = sandbox.find(kind, facts, key=f"k-{kind}", since=FRIDAY_SIX)
        assert found is not None, kind
        assert sandbox.find(kind, facts, key="k-none", since=FRIDAY_SIX) is None or kind == "manual"
    for kind, name in (
        ("charge.succeeded", sandbox.all("charge")[0]["id"]),
        ("checkout.session.completed", sandbox.all("checkout.session")[0]["id"]),
        ("refund.created", sandbox.all("refund")[0]["id"]),
        ("payout.created", sandbox.all("payout")[0]["id"]),
        ("account.updated", sandbox.all("account")[0]["id"]),
    ):
        assert sandbox.fetch(kind, name) is not None, kind
    sandbox.onboarding(sandbox.all("account")[0]["id"], back="http://127.0.0.1/desk/cards")
    sandbox.transactions(FRIDAY_SIX - timedelta(days=1))
    sandbox.balance("GBP")
    used = set()
    for method, url, body, headers in recorder.seen:
        path, _, query = url.removeprefix("https://api.stripe.com/v1/").partition("?")
        known, _ = _method(method, path)
        assert known is not None, url
        shapes.read(known.shape, shapes.tree(body if method == "post" else query))
        assert headers["Stripe-Version"] == API_VERSION
        assert method == "get" or headers.get("Idempotency-Key")
        used.add((known.verb, known.path))
    assert used | {("get", "disputes/*")} == {(each.verb, each.path) for each in METHODS}


def test_the_same_key_is_the_same_answer_and_another_body_is_refused(pretend: Sandbox) -> None:
    """A key gives its first answer again, even a fault's; with other parameters it is an error."""
    first = pretend.make("checkout", checkout(), key="k")
    assert pretend.make("checkout", checkout(), key="k") == first
    with pytest.raises(CallRefused, match="was used before"):
        pretend.make("checkout", checkout(amount=100), key="k")
    assert len(pretend.all("checkout.session")) == 1
    pretend.turn("breaks:checkout")
    for _ in range(2):
        with pytest.raises(NoAnswer):
            pretend.make("checkout", checkout(order=13), key="broken")
    assert pretend.find("checkout", checkout(order=13), key="broken", since=FRIDAY_SIX) is None


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_cut_line_is_no_answer_and_a_replay_does_it_once(pretend: Sandbox, when: str, made: int) -> None:
    """Cut before, nothing was done; cut after, it was; sent again under its key, it is done once."""
    pretend.turn(f"{when}:checkout")
    with pytest.raises(NoAnswer):
        pretend.make("checkout", checkout(), key="k")
    assert len(pretend.all("checkout.session")) == made
    found = pretend.find("checkout", checkout(), key="k", since=FRIDAY_SIX)
    assert (found is not None) == bool(made)
    again = pretend.make("checkout", checkout(), key="k")
    assert found in (None, again)
    assert len(pretend.all("checkout.session")) == 1


def test_balances_are_pending_then_available(pretend: Sandbox, clock: list[Any]) -> None:
    """A charge is there at once and available days later; what is not available cannot be transferred or paid out."""
    page = pretend.make("checkout", checkout(), key="k")
    account = pretend.make("account", {"subject": "restaurant:3", "country": "GB"}, key="a")
    facts = {
        "payout": 1,
        "account": account.vendor_id,
        "amount_minor": 900,
        "currency": "GBP",
        "group": "order:12",
    }
    assert pretend.pay(page.vendor_id, "visa") is None
    assert pretend.pay(page.vendor_id, "visa") is not None
    with pytest.raises(CallRefused, match="insufficient capabilities"):
        pretend.make("transfer", facts, key="t-0")
    pretend.onboard(account.vendor_id)
    with pytest.raises(NotEnoughYet):
        pretend.make("transfer", facts, key="t-1")
    assert pretend.balance("GBP").available_minor == 0
    pending = pretend.balance("GBP").pending_minor
    assert pending == 2750 - 41 - 20
    charge = pretend.all("charge")[0]["id"]
    pretend.make("transfer", facts | {"charge": charge}, key="t-2")
    with pytest.raises(CallRefused):
        pretend.make("transfer", facts | {"charge": charge, "amount_minor": 1851}, key="t-3")
    clock[0] += timedelta(days=4)
    assert pretend.balance("GBP").available_minor == pending - 900
    pretend.make("transfer", facts, key="t-4")
    with pytest.raises(NotEnoughYet):
        pretend.make("payout", {"amount_minor": pending, "currency": "GBP"}, key="p-1")


def test_refunds_never_pass_what_was_paid(pretend: Sandbox) -> None:
    """The last penny can be given back, and not one more."""
    page = pretend.make("checkout", checkout(), key="k")
    pretend.pay(page.vendor_id, "visa")
    charge = pretend.all("charge")[0]["id"]
    pretend.make("refund", {"charge": charge, "amount_minor": 2749}, key="r-1")
    with pytest.raises(CallRefused):
        pretend.make("refund", {"charge": charge, "amount_minor": 2}, key="r-2")
    pretend.make("refund", {"charge": charge, "amount_minor": 1}, key="r-3")
    seen = pretend.fetch("charge.refunded", charge)
    assert isinstance(seen, Payment)
    assert seen.refunded_minor == seen.amount_minor


@pytest.mark.parametrize("made_url", ["sqlite"], indirect=True)
def test_an_unknown_parameter_of_ours_would_be_refused_at_run_time(
    pretend: Sandbox, database: Database
) -> None:
    """The pretend Stripe refuses as Stripe does: a demo of code with a misspelt parameter does not work."""
    client = stripe.StripeClient("sk_test_x", http_client=SandboxHTTP(database, lambda: FRIDAY_SIX))
    bad: Any = {"currency": "gbp", "destination": "acct_1", "transfergroup": "x"}
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: transfergroup"):
        client.v1.transfers.create(bad)


def signed(payload: str, *, secret: str = SECRET, at: int | None = None) -> str:
    """Stripe's signature of a payload."""
    return WebhookSignature.generate_signature_header(payload, secret, at)


@pytest.mark.parametrize("made_url", ["sqlite"], indirect=True)
def test_signatures(pretend: Sandbox) -> None:
    """Stripe's own signature is taken; another secret, another body, an old one, a bare one or nonsense is not."""
    event = {"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {"object": {"id": "ch_1"}}}
    payload = json.dumps(event)
    told = pretend.verify(payload.encode(), signed(payload))
    assert (told.event_id, told.kind, told.object_id, told.live) == (
        "evt_1",
        "charge.succeeded",
        "ch_1",
        False,
    )
    # A published form of the scheme: v1 is HMAC-SHA256 of "{t}.{payload}"; other schemes beside it are let be.
    pretend.verify(payload.encode(), f"{signed(payload)},v0=00ff")
    old = signed(payload, at=1_492_774_577)
    for body, signature in (
        (payload, ""),
        (payload, "t=,v1="),
        (payload, signed(payload, secret="whsec_other")),
        (payload.replace("ch_1", "ch_2"), signed(payload)),
        (payload, old),
        (payload, signed(payload).replace("v1=", "v0=")),
        ("no json", signed("no json")),
        ("[]", signed("[]")),
        ('{"id": "evt_2"}', signed('{"id": "evt_2"}')),
    ):
        with pytest.raises(NotFromStripe) as refused:
            pretend.verify(body.encode(), signature)
        assert "ch_" not in str(refused.value)


KINDS: tuple[Kind, ...] = ("account", "checkout", "manual", "refund", "transfer", "reversal", "payout")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("made_url", ["sqlite"], indirect=True)
def test_what_is_made_is_found_by_its_key(pretend: Sandbox, kind: Kind) -> None:
    """Of every kind: asking finds the very object the key made."""
    facts = everything(pretend)[kind]
    made = pretend.make(kind, facts, key=f"k-{kind}")
    found = pretend.find(kind, facts, key=f"k-{kind}", since=FRIDAY_SIX)
    assert found is not None
    assert found.vendor_id == made.vendor_id
