"""The program: settings, database, clock and gateways, put together once and handed to whoever runs."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.clock import Clock, SandboxClock, WallClock
from infra.compiled import Compiled
from infra.database import Database
from infra.install import Kind, kind_of, sandboxed
from infra.settings import Settings


@dataclass(slots=True)
class Program:
    """One running install.

    `gateway` sends texts, `geocoder` finds addresses and `stripe` is asked about cards; whoever composes
    the program sets them.
    """

    settings: Settings
    database: Database
    clock: Clock
    kind: Kind
    gateway: Any = None
    geocoder: Any = None
    stripe: Any = None
    # Set by the worker of this process, or by one that only tells another process's worker.
    on_nudge: Callable[[], None] = field(default=lambda: None, repr=False)
    swept_at: datetime | None = None
    # Set by a process that plans; None in one that leaves it to others.
    compiled: Compiled | None = None
    _secret: bytes | None = field(default=None, repr=False)
    _turns: defaultdict[str, threading.RLock] = field(
        default_factory=lambda: defaultdict(threading.RLock), repr=False
    )

    @classmethod
    def open(cls, settings: Settings) -> "Program":
        """Open the database the settings name, with its kind of clock; NotInstalled if it has no kind yet."""
        database = Database.open(settings.database)
        with database.reading() as session:
            kind = kind_of(session)
        wall = WallClock()
        clock: Clock = wall
        if kind == "demo" and settings.clock == "sandbox":
            clock = SandboxClock.open(database, start=wall.now())
        return cls(settings=settings, database=database, clock=clock, kind=kind)

    @property
    def secret(self) -> bytes:
        """What signs links, cookies and forms; read once."""
        if self._secret is None:
            self._secret = self.settings.secret().encode()
        return self._secret

    @property
    def sandbox(self) -> bool:
        """Whether sandbox phones stand in for real ones, and drama numbers count."""
        return sandboxed(self.settings, self.kind)

    def nudge(self) -> None:
        """Say that rows may have come due; to be called after a commit, safe at any time."""
        self.on_nudge()

    def turn(self, job: str) -> threading.RLock:
        """The lock under which this process runs a job: simulated time and the worker take turns."""
        return self._turns[job]

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()
