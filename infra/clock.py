"""The clock: the wall's, or the sandbox's, which moves only when told."""

from datetime import UTC, datetime
from typing import Protocol

from infra.database import Database
from infra.errors import ClockRunsBackwards
from infra.tables import SandboxInstant


class Clock(Protocol):
    """Something that knows the instant."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)


class SandboxClock:
    """A clock for simulated time: it stands still until moved, and its instant survives a restart.

    One process at a time moves it (a demo runs in one process), so the instant is kept at hand and the row
    is only read when the clock is opened.
    """

    def __init__(self, database: Database, at: datetime) -> None:
        self._database = database
        self._at = at

    @classmethod
    def open(cls, database: Database, *, start: datetime) -> "SandboxClock":
        """The clock where it last stood, or at `start` when it never ran."""
        with database.writing() as session:
            row = session.get(SandboxInstant, 1)
            if row is None:
                row = SandboxInstant(id=1, at=start)
                session.add(row)
            at = row.at
        return cls(database, at.astimezone(UTC))

    def now(self) -> datetime:
        """The instant it stands at, aware, in UTC."""
        return self._at

    def move(self, to: datetime) -> None:
        """Move forward to an instant, and remember it; ClockRunsBackwards if it has passed."""
        if to < self._at:
            raise ClockRunsBackwards
        with self._database.writing() as session:
            session.merge(SandboxInstant(id=1, at=to))
        self._at = to.astimezone(UTC)
