"""A simulated rider, who knows nothing but the texts that landed, where they stand, and what food truly takes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from infra.simulation.parcels import Parcel, Parcels, Point
from infra.simulation.reading import Again, Asked, Collect, Confirm, Deliver, Finished, Gone, Offer, read
from infra.simulation.world import World


class Habits(Protocol):
    """How one rider goes about things."""

    def answer(self, number: int) -> tuple[str | None, float]:
        """What to say to an offer (TAKE, PASS, or nothing at all), and after how many seconds."""
        ...

    def sets_off(self, now: datetime) -> datetime:
        """When a rider who has nothing else to do sets off, told to at `now`."""
        ...

    def ride(self, a: Point, b: Point) -> tuple[float, float]:
        """Seconds and metres from one place to another."""
        ...

    def collected_at(self, arrived_at: datetime, ready_at: datetime) -> datetime:
        """When the food is in the bag."""
        ...

    def delivered_at(self, arrived_at: datetime) -> datetime:
        """When the food is handed over."""
        ...

    def leaves_after_s(self) -> float:
        """How long a rider stays at a stop after that."""
        ...

    def slips(self) -> bool:
        """Whether a DONE just said is taken back, and said again."""
        ...


@dataclass(slots=True)
class Leg:
    """One ride from a place to a place."""

    leaves_at: datetime
    arrives_at: datetime
    start: Point
    end: Point
    start_label: str
    end_label: str
    metres: float


@dataclass(slots=True)
class Task:
    """A job as its rider sees it: what to do next, and what was done."""

    number: int
    offered_at: datetime
    taken_at: datetime
    next: Collect | Deliver | None = None
    collected: list[tuple[datetime, str]] = field(default_factory=list)
    delivered: list[tuple[datetime, str]] = field(default_factory=list)
    taken_back: set[str] = field(default_factory=set)  # delivered, and then said not to be


SLIP_S = 15.0
CONFIRMS_S = 15.0
# Texts that tell something and ask for nothing.
CONVERSATION = (
    "On shift",
    "Shift ended",
    "OFF noted",
    "Desk:",
    "Still there?",
    "Your break",
    "You had your break",
    "You have food of job",
    "You are not on shift",
    "Is the food back",
    "No job just now",
    "Thank you",
    "Known already",
    "Undone",
    "Noted:",
    "Your pay goes to",
    "Rota for",
    "New on your rota",
    "There is nothing to undo",
    "Your shift has ended since",
    "Another rider has that food since",
    "The customer's money is on its way back",
    "That job is closed",
)
# The same behind the number of a drop.
_NOT_DELIVERED = re.compile(r"(?:Known already: )?\d{1,2}[A-Z]* could not be delivered")


def conversation(body: str) -> bool:
    """Whether a text only tells something."""
    told = body.startswith(CONVERSATION) or _NOT_DELIVERED.match(body) is not None
    return told or " says your shift " in body


class Rider:
    """One rider with a phone."""

    def __init__(
        self, world: World, parcels: Parcels, habits: Habits, *, name: str, phone: str, where: Point
    ) -> None:
        self.world, self.parcels, self.habits = world, parcels, habits
        self.name, self.phone = name, phone
        self.place, self.place_label = where, name
        self.free_at = world.now
        self.offers: dict[int, datetime] = {}
        self.tasks: list[Task] = []
        self.past: list[Task] = []
        self.legs: list[Leg] = []
        self.puzzled: list[str] = []
        self.unopened: dict[tuple[int, str], Deliver] = {}  # doors nobody opened, by job and letter
        self.on_at: datetime | None = None
        self.off_said_at: datetime | None = None
        self.off_at: datetime | None = None
        self.keeps_silent_at_the_end = False
        self.on_delivered: Callable[[Parcel], None] = lambda parcel: None
        self.on_surprise: Callable[[str], None] = lambda what: None
        self._leg: Leg | None = None
        self._turn = 0  # what was planned under an earlier turn no longer happens
        self._hold_until = world.now
        world.hold(phone, self.reads)

    # Saying ------------------------------------------------------------------------------------------------

    def says(self, body: str) -> None:
        """Send a text."""
        self.world.server.text(self.phone, body)

    def comes_on(self) -> None:
        """Start the shift."""
        self.on_at = self.free_at = self.world.now
        self.says("ON")

    def goes_off(self) -> None:
        """End the shift, now or with the last job in hand."""
        if self.off_said_at is not None:
            return
        self.off_said_at = self.world.now
        self.offers.clear()
        self.says("OFF")
        if not self.tasks:
            self.off_at = self.world.now

    # Reading -----------------------------------------------------------------------------------------------

    def reads(self, body: str) -> None:
        """Read a text and act on it."""
        told = read(body)
        if isinstance(told, Offer):
            self._offered(told)
        elif isinstance(told, Collect | Deliver):
            self._sent(told)
        elif isinstance(told, Finished | Gone):
            self._over(told)
        elif isinstance(told, Confirm):
            self.world.after(CONFIRMS_S, lambda: self.says(f"ACK {told.number}"))
        elif isinstance(told, Again):
            self._tries_again(told)
        elif isinstance(told, Asked):
            if not self.keeps_silent_at_the_end and not self.tasks:
                self.world.after(20, self.goes_off)
        elif not conversation(body):
            self.puzzled.append(body)

    def _offered(self, told: Offer) -> None:
        if told.number in self.offers:  # the same one told again: it is being thought about
            return
        self.offers[told.number] = self.world.now
        word, seconds = self.habits.answer(told.number)
        if word is None:
            self.on_surprise(f"{self.name} did not hear the offer of job {told.number}")
        else:
            # Asked whether they would come home late, they say yes to that and not to the job alone.
            said = "STAY" if told.stay and word == "TAKE" else word
            at = max(self.world.now + timedelta(seconds=seconds), self._hold_until)
            self.world.at(at, lambda: self._answers(said, told.number))

    def _answers(self, word: str, number: int) -> None:
        if number not in self.offers or self.off_said_at is not None:
            return
        self.says(f"{word} {number}")
        if word == "PASS":
            self.offers.pop(number)
            self.on_surprise(f"{self.name} passed on job {number}")

    def _sent(self, told: Collect | Deliver) -> None:
        """A stop: of a job just taken, or the next of one in hand."""
        task = self._task(told.number)
        if task is None:
            offered_at = self.offers.pop(told.number, self.world.now)
            task = Task(told.number, offered_at, self.world.now)
            # A job taken back to life by UNDO comes before any other: its drop is where the rider stands.
            again = next((past for past in reversed(self.past) if past.number == told.number), None)
            if isinstance(told, Deliver) and again is not None:
                self.past.remove(again)
                self.tasks.insert(0, again)
                task = again
            else:
                self.tasks.append(task)
        task.next = told
        if self.tasks[0] is task:
            self._halt()
            self._go()

    def _tries_again(self, told: Again) -> None:
        """Back to a door nobody opened, if it is still to be done."""
        task = self._task(told.number)
        stop = self.unopened.get((told.number, told.letter))
        if task is not None and stop is not None:
            self._sent(stop)

    def _over(self, told: Finished | Gone) -> None:
        self.offers.pop(told.number, None)
        task = self._task(told.number)
        if task is None:
            return
        current = self.tasks[0] is task
        self.tasks.remove(task)
        if isinstance(told, Finished) or task.delivered:
            self.past.append(task)
        if current:
            self._halt()
            self._go()
        if not self.tasks and self.off_said_at is not None and self.off_at is None:
            self.off_at = self.world.now

    def _task(self, number: int) -> Task | None:
        return next((task for task in self.tasks if task.number == number), None)

    # Riding ------------------------------------------------------------------------------------------------

    def _halt(self) -> None:
        """Leave off what one was doing, wherever one is by now."""
        self._turn += 1
        leg, self._leg = self._leg, None
        if leg is None:
            return
        now = self.world.now
        if now >= leg.arrives_at:
            self.place, self.place_label = leg.end, leg.end_label
        elif now > leg.leaves_at:
            part = (now - leg.leaves_at) / (leg.arrives_at - leg.leaves_at)
            leg.metres *= part
            self.place = (
                leg.start[0] + part * (leg.end[0] - leg.start[0]),
                leg.start[1] + part * (leg.end[1] - leg.start[1]),
            )
            leg.end, leg.end_label, leg.arrives_at = self.place, "road", now
            self.place_label = "road"
        else:
            self.legs.remove(leg)

    def _go(self) -> None:
        """Set off for the next stop of the oldest job."""
        if not self.tasks or self.tasks[0].next is None:
            return
        task, stop = self.tasks[0], self.tasks[0].next
        found = self._known(stop)
        if not found:
            self.puzzled.append(f"no such order: {stop}")
            return
        end, label = self._where(stop, found[0])
        leaves_at = max(self.habits.sets_off(self.world.now), self.free_at)
        seconds, metres = self.habits.ride(self.place, end)
        leg = Leg(
            leaves_at,
            leaves_at + timedelta(seconds=seconds),
            self.place,
            end,
            self.place_label,
            label,
            metres,
        )
        self._leg = leg
        self.legs.append(leg)
        turn = self._turn
        if isinstance(stop, Collect):
            at = self.habits.collected_at(leg.arrives_at, max(p.truly_ready_at for p in found))
            self.world.at(at, lambda: self._collects(turn, task, stop))
        else:
            at = self.habits.delivered_at(leg.arrives_at)
            self.world.at(at, lambda: self._delivers(turn, task, stop, found[0]))

    def _where(self, stop: Collect | Deliver, parcel: Parcel) -> tuple[Point, str]:
        """Where a stop is, and what it is called."""
        if isinstance(stop, Collect):
            return parcel.kitchen.where, parcel.kitchen.label
        return parcel.drop, parcel.reference

    def _known(self, stop: Collect | Deliver) -> list[Parcel]:
        names = stop.references if isinstance(stop, Collect) else (stop.reference,)
        return [parcel for name in names if (parcel := self.parcels.find(name)) is not None]

    def _collects(self, turn: int, task: Task, stop: Collect) -> None:
        if turn != self._turn:
            return
        found = self._known(stop)
        ready_at = max(parcel.truly_ready_at for parcel in found)
        if ready_at > self.world.now:  # the kitchen has become later since
            self.world.at(ready_at, lambda: self._collects(turn, task, stop))
            return
        self._made(task)
        task.collected += [(self.world.now, parcel.reference) for parcel in found]
        self.says(f"GOT {task.number}")

    def _delivers(self, turn: int, task: Task, stop: Deliver, parcel: Parcel) -> None:
        if turn != self._turn:
            return
        self._made(task)
        task.delivered = [each for each in task.delivered if each[1] != parcel.reference]
        task.delivered.append((self.world.now, parcel.reference))
        parcel.delivered_at = self.world.now
        self.says(f"DONE {task.number}{stop.letter}")
        if self.habits.slips():
            self._hold_until = self.world.now + timedelta(seconds=2 * SLIP_S)
            task.taken_back.add(parcel.reference)
            self.world.after(SLIP_S, self._takes_back)
        self.on_delivered(parcel)

    def _takes_back(self) -> None:
        self.says("UNDO")
        self.on_surprise(f"{self.name} took a DONE back with UNDO")

    def _made(self, task: Task) -> None:
        if self._leg is not None:
            self.place, self.place_label = self._leg.end, self._leg.end_label
        self._leg = None
        task.next = None  # the answer to what is said now tells what is next
        self.free_at = self.world.now + timedelta(seconds=self.habits.leaves_after_s())

    # Afterwards --------------------------------------------------------------------------------------------

    @property
    def brought(self) -> list[str]:
        """The references of every order delivered, in order."""
        return [reference for task in self.past for _, reference in task.delivered]

    @property
    def riding_min(self) -> float:
        """Minutes spent riding."""
        return sum((leg.arrives_at - leg.leaves_at).total_seconds() for leg in self.legs) / 60

    @property
    def metres(self) -> float:
        """Metres ridden."""
        return sum(leg.metres for leg in self.legs)

    @property
    def minutes_on(self) -> int:
        """Whole minutes on shift, one begun counting, by the rider's own watch."""
        if self.on_at is None or self.off_at is None:
            return 0
        return -int((self.on_at - self.off_at) // timedelta(minutes=1))
