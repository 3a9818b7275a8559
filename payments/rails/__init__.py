"""The rails money runs on: one gateway to Stripe, what is asked of it, and what it tells.

Only `rails.client` and `rails.sandbox` load Stripe's library, and only when a gateway is made.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from sqlmodel import Session

# Looked up in the library, and compared with it by a test: an upgrade that changes it is a decision.
API_VERSION = "2026-10-28.endive"
HOOK = "/hooks/stripe"

Kind = Literal["account", "checkout", "manual", "refund", "transfer", "reversal", "payout"]
Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a call: the vendor's id, an address to send somebody to (and until when it works)."""

    vendor_id: str
    url: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A balance transaction: `net_minor` is what moved on the balance, `fee_minor` what was kept of it."""

    id: str
    kind: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    source: str
    created_at: datetime
    available_at: datetime
    intent: str | None = None  # of a charge
    subject: str | None = None  # what we wrote on it when we made it
    transfer: str = ""  # of a transfer that was taken back, whole or in part


@dataclass(frozen=True, slots=True)
class Payment:
    """A charge as it stands, and whose it is (None: not made by us)."""

    charge: str
    intent: str | None
    subject: str | None
    amount_minor: int
    refunded_minor: int
    currency: str
    paid: bool
    transaction: Transaction | None


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as it stands; `key` is ours, None for one made elsewhere."""

    id: str
    charge: str
    amount_minor: int
    state: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Payout:
    """Money on its way from the balance to the co-op's bank."""

    id: str
    amount_minor: int
    state: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A customer's bank took a charge back; each of `transactions` moved money at once."""

    id: str
    charge: str
    subject: str | None
    amount_minor: int
    currency: str
    state: str
    reason: str
    evidence_due_at: datetime | None
    transactions: tuple[Transaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account: whether it may be sent money, and what Stripe still asks for."""

    id: str
    payee: str | None
    told: bool  # the payee has sent in what was asked
    transfers: bool
    payouts: bool
    asked_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page a customer pays on."""

    id: str
    state: str
    payment: Payment | None


Seen = Payment | Refund | Payout | Dispute | Account | Checkout


@dataclass(frozen=True, slots=True)
class Balance:
    """What Stripe holds for the co-op in one currency."""

    available_minor: int
    pending_minor: int


@dataclass(frozen=True, slots=True)
class Told:
    """A verified event: ids only, because the object is fetched anew when it is acted on."""

    event_id: str
    kind: str
    object_id: str
    live: bool


@dataclass(frozen=True, slots=True)
class News:
    """Something that somebody above may have to act on: `what` happened to which subject, in words.

    `what`: paid, unpaid, refund_failed, dispute, dispute_closed, call_done, call_failed, call_stuck, bank_failed.
    """

    what: str
    subject: str
    words: str = ""
    key: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


class Gateway(Protocol):
    """Everything that is asked of Stripe. Outside any transaction: each call may take seconds.

    All raise CallLater (nothing was done), NoAnswer (nobody knows) or CallRefused; `make` also NotEnoughYet.
    """

    def make(self, kind: Kind, facts: Facts, *, key: str) -> Made:
        """Do what is asked under our key; the same key again gets the first answer, for 24 hours."""
        ...

    def find(self, kind: Kind, facts: Facts, *, key: str, since: datetime) -> Made | None:
        """What this key made since then, looked for among what Stripe lists; None: it made nothing."""
        ...

    def fetch(self, kind: str, object_id: str) -> Seen | None:
        """The object an event of that kind is about, as it stands now; None for events of no interest."""
        ...

    def onboarding(self, account: str, *, back: str) -> str:
        """An address at which the payee tells Stripe what it asks; it works once, for some minutes."""
        ...

    def transactions(self, since: datetime) -> list[Transaction]:
        """Every balance transaction made since then, oldest first."""
        ...

    def balance(self, currency: str) -> Balance:
        """What is there, available and pending."""
        ...

    def verify(self, payload: bytes, signature: str) -> Told:
        """An event as it was posted to us; NotFromStripe when its signature or age is wrong."""
        ...


class Database(Protocol):
    """A database that opens transactions."""

    def reading(self) -> AbstractContextManager[Session]:
        """A transaction that only looks."""
        ...

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction that commits when its block ends well."""
        ...
