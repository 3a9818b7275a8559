"""A rider whose phone cannot be relied on: says it again, asks what is next, notices what was misread."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from infra.simulation.habits import Human
from infra.simulation.reading import Collect, Deliver, Gone, Offer, Told, read
from infra.simulation.riders import Rider, Task

PATIENCE_S = 75.0
WATCH_S = 120.0
MOST_TRIES = 5
_STILL = re.compile(r"Text (?:GOT|DONE) (\d{1,2})")
_MARKED = re.compile(r"(Got|Done) (\d{1,2})([A-Z]*)\b")


@dataclass(slots=True)
class Wobbly(Human):
    """A person on a bad evening: at `rate` does not hear an offer or passes on one, less often says DONE too soon
    or finds a door that nobody opens.
    """

    rate: float = 0.0
    planned: Mapping[int, str | None] = field(default_factory=dict)

    def answer(self, number: int) -> tuple[str | None, float]:
        """TAKE, mostly."""
        word, seconds = Human.answer(self, number)
        if word != "TAKE":
            return word, seconds
        drawn = self.rng.random()
        if drawn < self.rate:
            return None, seconds
        return ("PASS" if drawn < 2 * self.rate else "TAKE"), seconds

    def slips(self) -> bool:
        """Too soon, now and then."""
        return Human.slips(self) or self.rng.random() < self.rate / 2

    def nobody_opens(self) -> bool:
        """Whether this door stays shut, the first time."""
        return self.rng.random() < self.rate / 3


class Insistent(Rider):
    """Repeats what is not answered, five times; then, and whenever nothing else helps, the desk hears of it."""

    on_lost: Callable[["Insistent"], None]
    habits: Wobbly

    def __init__(self, *args: Any, **more: Any) -> None:
        self.heard = 0
        self.last_said = self.meant = ""
        self.not_understood = 0
        self.asked_what_is_next = False
        self.stuck_since: datetime | None = None
        self.told_it_is_over = False
        self.told_it_is_on = False
        super().__init__(*args, **more)
        self.on_lost = lambda rider: None
        self.world.after(WATCH_S, self._watches)

    def says(self, body: str, tries: int = 0) -> None:
        """Send a text, and send it again while nothing at all comes back."""
        super().says(body)
        self.last_said = body
        heard = self.heard
        self.world.after(PATIENCE_S + 3 * tries, lambda: self._insists(body, tries, heard))

    def _insists(self, body: str, tries: int, heard: int) -> None:
        if self.heard > heard or body != self.last_said:
            return
        if tries + 1 >= MOST_TRIES:
            self.on_lost(self)
        elif body == "UNDO":  # heard twice, it would undo what was right
            self.asked_what_is_next = True
            self.says("MENU")
        else:
            self.says(body, tries + 1)

    def _watches(self) -> None:
        """Now and then a look at what is in hand: a job one knows nothing more of is asked about."""
        if self.off_at is not None and not self.tasks:
            # Nobody likes to find out on payday that OFF was never heard.
            self._looks_back()
            if not self.told_it_is_over and not self.keeps_silent_at_the_end:
                self.says("OFF")
                self.world.after(WATCH_S, self._watches)
            return
        if self.believes_on and not self.told_it_is_on:
            self.says("ON")
            self.world.after(WATCH_S, self._watches)
            return
        self._looks_back()
        waiting = next((task for task in self.tasks if task.next is None), None)
        now = self.world.now
        self.stuck_since = (self.stuck_since or now) if waiting is not None else None
        if (
            waiting is not None
            and self.stuck_since is not None
            and now - self.stuck_since >= timedelta(minutes=3)
        ):
            self.asked_what_is_next = True
            self.says(f"MENU {waiting.number}")
        self.world.after(WATCH_S, self._watches)

    def reads(self, body: str) -> None:
        """Read a text; one that says something else was marked than was meant is put right at once."""
        self.heard += 1
        if "Shift ended" in body or (self.off_at is not None and "not on shift" in body):
            self.told_it_is_over = True
        elif self.believes_on:
            self.told_it_is_on = "not on shift" not in body and (
                self.told_it_is_on or body.startswith("On shift") or isinstance(read(body), Offer | Collect)
            )
        if self._misread(body):
            meant = self.last_said
            self.says("UNDO")
            self.world.after(20, lambda: self.says(meant))
            return
        told = read(body)
        if isinstance(told, Gone):
            for task in self.past:
                if task.number == told.number:
                    task.taken_back.clear()  # what was said first stands
        if self._known_already(told) or self._finds_a_job(body):
            return
        before = len(self.puzzled)
        super().reads(body)
        self.asked_what_is_next = False
        if len(self.puzzled) > before and self.last_said not in ("", "MENU") and not body.startswith("Desk:"):
            meant = self.last_said
            self.world.after(20, lambda: self._once_more(meant))

    def _looks_back(self) -> None:
        """A DONE taken back, and nothing heard of it: is there something left to do for it?"""
        task = next((task for task in self.past if task.taken_back), None)
        if task is not None:
            self.says(f"MENU {task.number}")

    def _finds_a_job(self, body: str) -> bool:
        """Whether a text speaks of work where there should be none; then it is asked what work."""
        if self.tasks:
            return False
        if body.startswith("OFF noted"):
            self.world.after(20, lambda: self.says("MENU"))
            return True
        found = _STILL.search(body) if self.last_said == "MENU" and read(body) is None else None
        if found is None:
            return False
        self.says(f"MENU {found[1]}")
        return True

    def _sent(self, told: Collect | Deliver) -> None:
        """A stop; one that comes after going home is ridden first, and the shift ends with it."""
        super()._sent(told)
        if self.tasks and not self.told_it_is_over:
            self.off_at = None

    @property
    def believes_on(self) -> bool:
        """Whether they have said ON, and not OFF since."""
        return self.on_at is not None and self.off_said_at is None

    def wants_a_break(self) -> None:
        """Legs say no; with food on board it is brought first, and then one has got over it."""
        if self.believes_on and self.told_it_is_on:
            self.says("BREAK")

    def _once_more(self, meant: str) -> None:
        if self.last_said != meant:
            return
        self.not_understood = self.not_understood + 1 if meant == self.meant else 1
        self.meant = meant
        if self.not_understood < MOST_TRIES:
            self.says(meant)
        else:  # saying it again helps nobody
            self.not_understood = 0
            self.on_lost(self)

    def _misread(self, body: str) -> bool:
        """Whether what was marked is another drop or job than was said."""
        found = _MARKED.match(body)
        said = re.fullmatch(r"(GOT|DONE) (\d{1,2})([A-Z]*)", self.last_said)
        if found is None or said is None or "already" in body[:40] or found[1].upper() != said[1]:
            return False
        other_job = found[2] != said[2]
        other_drop = bool(said[3]) and bool(found[3]) and said[3] not in found[3]
        return (other_job or other_drop) and int(found[2]) in {task.number for task in self.tasks}

    def _known_already(self, told: Told | None) -> bool:
        """Whether a stop is one already made: the same text again, or an old one that took its time.

        Where it is the answer to the question what is next, the desk has not heard that it was made: it is said again.
        """
        task = self._task(told.number) if isinstance(told, Collect | Deliver) else None
        if task is None:
            return False
        if isinstance(told, Collect):
            made = {reference for _, reference in task.collected}
            done, again = set(told.references) <= made, f"GOT {told.number}"
        elif isinstance(told, Deliver):
            made = {reference for _, reference in task.delivered} - task.taken_back
            done, again = told.reference in made, f"DONE {told.number}{told.letter}"
        else:
            return False
        if done and self.asked_what_is_next:
            self.asked_what_is_next = False
            self.says(again)
        return done

    def is_rung(self, thread: list[str]) -> None:
        """The desk rings, reads out its last texts, and asks for a sign of life."""
        for body in thread:
            self.reads(body)
        if self.off_said_at is None:
            self.says("MENU")

    def _delivers(self, turn: int, task: Task, stop: Deliver, parcel: Any) -> None:
        if turn == self._turn:
            name = (task.number, stop.letter)
            if name not in self.unopened and not parcel.delivered_at and self.habits.nobody_opens():
                self.unopened[name] = stop
                self._made(task)  # what comes next, the desk says or MENU
                self.on_surprise(f"{self.name} found a door that nobody opened: {parcel.reference}")
                self.says(f"FAIL {task.number}{stop.letter} nobody opens")
                return
            task.taken_back.discard(parcel.reference)
        super()._delivers(turn, task, stop, parcel)
