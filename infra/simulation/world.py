"""Simulated time: what happens when, over the program's own clock; texts go to whoever holds the phone."""

import heapq
import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from infra.simulation.client import Server, Visit
from infra.simulation.errors import Refused, SimulationFailed
from infra.simulation.reading import Link, read

# One instant may bring a cascade of texts, but not this many without the clock moving on.
MOST_HALTS = 10_000


class World:
    """Everything that is going to happen, in order, and the clock it happens by."""

    def __init__(self, server: Server, *, each_step: Callable[[], None] | None = None) -> None:
        self.server = server
        self.now = server.now()
        self.texts_landed = 0
        self._last_text = 0
        self._order = itertools.count()
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._phones: dict[str, Callable[[str], None]] = {}
        self._links: dict[str, str] = {}
        self._each_step = each_step or (lambda: None)

    def at(self, instant: datetime, act: Callable[[], None]) -> None:
        """Have something happen at an instant, at once if it has passed."""
        heapq.heappush(self._coming, (max(instant, self.now), next(self._order), act))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Have something happen so many seconds from now."""
        self.at(self.now + timedelta(seconds=seconds), act)

    def hold(self, phone: str, reader: Callable[[str], None]) -> None:
        """Whoever holds this phone reads what lands on it."""
        self._phones[phone] = reader

    def hang_up(self) -> None:
        """From now on nobody simulated reads or does anything."""
        self._phones.clear()
        self._coming.clear()

    def tick(self, seconds: float) -> None:
        """Let a little time pass from wherever the clock stands; others may move it too."""
        with suppress(Refused):
            self.now = max(self.now, self.server.now())
            self._move(self.now + timedelta(seconds=seconds))

    def run(self, until: datetime, *, over: Callable[[], bool] | None = None) -> None:
        """Let time pass until an instant, or until `over` says so at the end of a step."""
        halts = 0
        while not (over is not None and over()):
            to = min(self._coming[0][0], until) if self._coming else until
            before = self.now
            landed = self._move(max(to, self.now))
            while self._coming and self._coming[0][0] <= self.now and not landed:
                self._happen()
            halts = 0 if self.now > before else halts + 1
            if halts > MOST_HALTS:
                raise SimulationFailed(
                    f"Time stands still at {self.now:%H:%M:%S}: texts answer texts for ever."
                )
            self._each_step()
            if self.now >= until and not landed and not (self._coming and self._coming[0][0] <= until):
                return

    def settle(self) -> None:
        """Let what was said last be answered, with the clock where it is."""
        for _ in range(MOST_HALTS):
            if not self._move(self.now):
                return

    def sign_in(self, phone: str) -> Visit:
        """Ask for a link, read it off the sandbox phone, and use it."""
        return self.server.enter(self.link_for(phone))

    def link_for(self, phone: str) -> str:
        """Ask for a sign-in link and read it off the sandbox phone, without using it."""
        self._links.pop(phone, None)
        self.server.ask_link(phone)
        for _ in range(100):
            self._move(self.now)
            if phone in self._links:
                return self._links.pop(phone)
        raise SimulationFailed(f"No sign-in link came to {phone}.")

    def _happen(self) -> None:
        """Everything of the earliest instant, before the clock is touched again."""
        first = self._coming[0][0]
        while self._coming and self._coming[0][0] <= first:
            heapq.heappop(self._coming)[2]()

    def _move(self, to: datetime) -> bool:
        """Move the clock; whether texts landed."""
        moved = self.server.move_clock(to, after=self._last_text)
        self.now = moved.now
        for text in moved.texts:
            self._last_text = max(self._last_text, text.id)
            self.texts_landed += 1
            told = read(text.body)
            if isinstance(told, Link):
                self._links[text.phone] = told.url
            elif text.phone in self._phones:
                self._phones[text.phone](text.body)
        return bool(moved.texts)
