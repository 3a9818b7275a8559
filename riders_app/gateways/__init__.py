"""The ways a text leaves and enters: one interface, Twilio's carriers and the sandbox phones behind it."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlmodel import Session

SMS_HOOK = "/hooks/twilio/sms"
STATUS_HOOK = "/hooks/twilio/status"


@dataclass(frozen=True, slots=True)
class Pool:
    """The numbers texts leave from, and how many segments a second each may send (None: as many as there are).

    No numbers: the carrier chooses among so many `places` of its own (a messaging service).
    """

    senders: tuple[str, ...] = ()
    segments_per_s: float | None = None
    places: int = 1

    def of(self, to: str, heard_at: str | None = None) -> str:
        """The number, or the carrier's place, from which a phone gets its texts: always the same one.

        It is the one that was texted last where that is ours: an answer comes from where the question went, and
        an opt-out counts for one number only.
        """
        if heard_at is not None and heard_at in self.senders:
            return heard_at
        digits = int("".join(c for c in to if c.isdigit()) or 0)
        if self.senders:
            return self.senders[digits % len(self.senders)]
        return f"place-{digits % self.places}"


@dataclass(frozen=True, slots=True)
class Price:
    """What one text cost: millionths of the unit of a currency, and its segments as the carrier counted them."""

    micro: int
    currency: str
    segments: int


class Gateway(Protocol):
    """Sends texts, says what became of one, and knows its own signature."""

    @property
    def pool(self) -> Pool:
        """The numbers texts leave from."""
        ...

    def send(self, to: str, body: str, *, key: str, validity_s: int | None, sender: str | None = None) -> str:
        """Send one text, from `sender` where it is one of ours; the answer is the carrier's id for it.

        Raises OptedOut or Refused (it will never go), TryLater (it did not go) or Unanswered (nobody knows).
        """
        ...

    def find(self, to: str, body: str, since: datetime, *, but: Collection[str] = ()) -> str | None:
        """The id of a text with this body sent there since then, leaving out ids already accounted for.

        Asked after an unknown outcome, instead of sending twice. Raises TryLater or Unanswered.
        """
        ...

    def prices(self, since: datetime, until: datetime) -> Mapping[str, Price]:
        """What texts sent in `since` <= at < `until` cost, by their ids, as far as the carrier has reckoned it.

        Raises TryLater or Unanswered.
        """
        ...

    def verify(self, url: str, params: Mapping[str, str], signature: str) -> bool:
        """Whether a call to this public URL with these form fields (untrimmed) is from the carrier."""
        ...


class Database(Protocol):
    """A database that opens transactions."""

    def reading(self) -> AbstractContextManager[Session]:
        """A transaction that only looks."""
        ...

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction that commits when its block ends well."""
        ...


class _Settings(Protocol):
    @property
    def url(self) -> str: ...

    @property
    def on_duty_phone(self) -> str | None: ...

    @property
    def sms_segment_price(self) -> Decimal | None: ...


class _Clock(Protocol):
    def now(self) -> datetime: ...


class Program(Protocol):
    """What jobs and hooks of this package need of the program they run in."""

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> _Clock: ...

    @property
    def settings(self) -> _Settings: ...

    @property
    def gateway(self) -> Gateway | None: ...

    @property
    def secret(self) -> bytes: ...

    @property
    def sandbox(self) -> bool: ...

    def nudge(self) -> None: ...
