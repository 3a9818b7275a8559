"""The ways a text leaves and enters: one interface, Twilio's carriers and the sandbox phones behind it."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from sqlmodel import Session

SMS_HOOK = "/hooks/twilio/sms"
STATUS_HOOK = "/hooks/twilio/status"


class Gateway(Protocol):
    """Sends texts, says what became of one, and knows its own signature."""

    def send(self, to: str, body: str, *, key: str, validity_s: int | None) -> str:
        """Send one text; the answer is the carrier's id for it.

        Raises OptedOut or Refused (it will never go), TryLater (it did not go) or Unanswered (nobody knows).
        """
        ...

    def find(self, to: str, body: str, since: datetime, *, but: Collection[str] = ()) -> str | None:
        """The id of a text with this body sent there since then, leaving out ids already accounted for.

        Asked after an unknown outcome, instead of sending twice. Raises TryLater or Unanswered.
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
