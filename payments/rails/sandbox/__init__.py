"""The pretend Stripe of a demo: Stripe's own library asks it, its state is in the database, and it can misbehave.

Switches (`Sandbox.turn`), nought being off: `before:KIND` and `after:KIND` cut the line so many times before or
after a call (KIND: account, checkout, manual, refund, transfer, reversal, payout, any); `breaks:KIND` answers 500;
`refund_fails`; for events, `silent`, `delay_s`, `duplicate`, `reorder`.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from stripe import WebhookSignature

from payments.rails import Database
from payments.rails.client import StripeGateway
from payments.rails.sandbox.api import reversal
from payments.rails.sandbox.http import SandboxHTTP
from payments.rails.sandbox.people import CARDS, Card, bank, close_dispute, dashboard_refund, onboard, pay
from payments.rails.sandbox.state import World
from payments.rails.tables import SandboxEvent

__all__ = ["CARDS", "Card", "Sandbox"]

# They open nothing: the sandbox runs on this machine only.
KEY = "sk_test_sandbox"
SECRET = "whsec_sandbox"  # noqa: S105 - no secret


class Sandbox(StripeGateway):
    """Stripe's gateway with a pretend Stripe at the other end, and the people who use it."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        carrier: type[SandboxHTTP] = SandboxHTTP,
    ) -> None:
        super().__init__(KEY, SECRET, http_client=carrier(database, clock))
        self._database = database
        self._clock = clock

    def turn(self, name: str, value: int = 1) -> None:
        """Set a switch."""
        self._do(lambda world: world.turn(name, value))

    def page(self, session_id: str) -> dict[str, Any] | None:
        """What a customer sees of a checkout page."""
        with self._database.reading() as session:
            return World(session, self._clock()).get(session_id, "checkout.session")

    def pay(self, session_id: str, card: str) -> str | None:
        """A customer pays with one of the test cards; the words of a refusal, or None when it went through."""
        refused: str | None = self._do(lambda world: pay(world, session_id, CARDS[card]))
        return refused

    def onboard(self, account: str) -> None:
        """A payee tells Stripe all it asks."""
        self._do(lambda world: onboard(world, account))

    def refund_in_dashboard(self, charge: str, amount: int) -> None:
        """Somebody gives money back past us, in Stripe's own pages."""
        self._do(lambda world: dashboard_refund(world, charge, amount))

    def reverse_in_dashboard(self, transfer: str, amount: int) -> None:
        """Somebody takes a transfer, or a part of it, back past us, in Stripe's own pages."""
        self._do(lambda world: reversal(world, {"amount": amount}, (transfer,)))

    def close_dispute(self, dispute: str, *, won: bool) -> None:
        """The customer's bank decides."""
        self._do(lambda world: close_dispute(world, dispute, won=won))

    def bank(self, payout: str, *, arrives: bool = True) -> None:
        """Money reaches the co-op's bank, or is sent back by it."""
        self._do(lambda world: bank(world, payout, arrives=arrives))

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every object of a kind, newest first."""
        with self._database.reading() as session:
            return list(World(session, self._clock()).all(kind))

    def post_due(self, deliver: Callable[[bytes, str], object], now: datetime) -> bool:
        """Post the events that are due, signed as Stripe signs; one that is not taken is posted again later."""
        with self._database.reading() as session:
            due = session.exec(
                select(SandboxEvent)
                .where(col(SandboxEvent.sent_at).is_(None), SandboxEvent.due_at <= now)
                .order_by(col(SandboxEvent.due_at), col(SandboxEvent.id))
            ).all()
        for row in due:
            payload = self._payload(row)
            deliver(payload.encode(), WebhookSignature.generate_signature_header(payload, SECRET))
            with self._database.writing() as session:
                kept = session.get_one(SandboxEvent, row.id)
                kept.sent_at = now
                session.add(kept)
        return bool(due)

    def _payload(self, row: SandboxEvent) -> str:
        with self._database.reading() as session:
            found = World(session, self._clock()).get(row.object_id) or {"id": row.object_id}
        body = {
            "id": row.event_id,
            "object": "event",
            "type": row.kind,
            "livemode": False,
            "created": int(row.due_at.timestamp()),
            "data": {"object": found},
        }
        return json.dumps(body)

    def _do(self, act: Callable[[World], Any]) -> Any:
        with self._database.writing() as session:
            return act(World(session, self._clock()))
