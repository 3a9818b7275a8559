"""Riders who hand food to each other, whose customers turn up after all, and who stop our texts by mistake."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from infra.simulation.insistent import Insistent
from infra.simulation.parcels import Parcel, Point
from infra.simulation.reading import Collect, Confirm, Deliver, Ended, Finished, Meet, read
from infra.simulation.riders import CONFIRMS_S, Task

WAITS_AT_MEETING_S = 600.0
CONFIRMS_LATE_S = 300.0
COMES_AFTER_ALL = 1 / 3  # of the customers who did not open
THINKS_BETTER_OF_STOP_S = 540.0


@dataclass(slots=True, eq=False)
class Meeting:
    """Where two riders meet for food that changes hands, and who is there."""

    giver: "Handing"
    receiver: "Handing"
    where: Point
    name: str
    references: frozenset[str]
    met: bool = False
    there: dict[str, tuple[int, Task]] = field(default_factory=dict)  # by name: at which turn, with which job


class Handing(Insistent):
    """An insistent rider among others: what is handed on is met for, or brought by who never read of it."""

    meetings: dict[str, Meeting]  # of the whole night, by an order's reference
    on_nobody_came: Callable[[Meeting], None]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.meetings = {}
        self.on_nobody_came = lambda meeting: None
        self.deaf = False  # said STOP: no text of ours arrives

    # Opting out --------------------------------------------------------------------------------------------

    def stops_texts(self) -> None:
        """STOP, meant for the shift or a job; some minutes later it is noticed how quiet the phone has become."""
        if not self.believes_on or not self.told_it_is_on or self.deaf:
            return
        self.deaf = True
        self.on_surprise(f"{self.name} texted STOP")
        self.world.server.text(self.phone, "STOP")
        self.world.after(30, lambda: self.says("MENU"))  # and no answer can come
        self.world.after(THINKS_BETTER_OF_STOP_S, self._starts_texts)

    def _starts_texts(self) -> None:
        if self.deaf:
            self.deaf = False
            self.world.server.text(self.phone, "START")
            self.world.after(15, lambda: self.says("MENU"))

    def is_rung(self, thread: list[str]) -> None:
        """The desk says what brings texts back, first of all."""
        self._starts_texts()
        super().is_rung(thread)

    # Reading -----------------------------------------------------------------------------------------------

    def reads(self, body: str) -> None:
        """Read a text; whatever concerns another rider or a decision of the desk's is dealt with here."""
        told = read(body)
        if isinstance(told, Meet):
            self.heard += 1
            self._is_to_meet(told.number)
        elif isinstance(told, Ended):
            self.heard += 1
            self._need_not_bring(told)
        elif isinstance(told, Confirm):
            self.heard += 1
            self._confirms(told.number)
        else:
            if isinstance(told, Deliver) and body.startswith("Undone"):
                self.unopened.pop((told.number, told.letter), None)  # an older text of it means nothing now
            super().reads(body)
            if "could not be delivered" in body and "Known already" not in body:
                self._may_come_after_all()

    def _confirms(self, number: int) -> None:
        """At once, late, or never until rung."""
        drawn, rate = self.habits.rng.random(), self.habits.rate
        if drawn >= rate / 2:
            self.world.after(
                CONFIRMS_LATE_S if drawn < rate else CONFIRMS_S, lambda: self.says(f"ACK {number}")
            )

    # Meetings ----------------------------------------------------------------------------------------------

    def _is_to_meet(self, number: int) -> None:
        """Go to the meeting next; one who stands at the door by now brings it all the same."""
        task = self._task(number)
        meeting = self._meeting_of([reference for _, reference in task.collected]) if task else None
        if task is None or meeting is None or meeting.giver is not self or meeting.met:
            return
        if isinstance(task.next, Deliver) and self.habits.rng.random() < self.habits.rate:
            self.on_surprise(f"{self.name} brings job {number} though it was handed on")
            return
        reference = min(meeting.references)
        self.tasks.remove(task)
        self.tasks.insert(0, task)
        task.next = Deliver(number, "", reference, meeting=True)
        self._halt()
        self._go()

    def _meeting_of(self, references: list[str]) -> Meeting | None:
        return next((self.meetings[each] for each in references if each in self.meetings), None)

    def _where(self, stop: Collect | Deliver, parcel: Parcel) -> tuple[Point, str]:
        meeting = self.meetings.get(parcel.reference)
        if stop.meeting and meeting is not None:
            return meeting.where, meeting.name
        return super()._where(stop, parcel)

    def _collects(self, turn: int, task: Task, stop: Collect) -> None:
        if stop.meeting:
            self._is_there(turn, task, stop, self._meeting_of(list(stop.references)))
        else:
            super()._collects(turn, task, stop)

    def _delivers(self, turn: int, task: Task, stop: Deliver, parcel: Any) -> None:
        if stop.meeting:
            self._is_there(turn, task, stop, self._meeting_of([stop.reference]))
        elif turn == self._turn and self._has_not(parcel):
            self._made(task)
            self.on_nobody_came(self.meetings[parcel.reference])  # the bag does not hold it: the desk is rung
        else:
            super()._delivers(turn, task, stop, parcel)

    def _has_not(self, parcel: Parcel) -> bool:
        """Whether this was to be taken over from a rider who had brought it by then."""
        meeting = self.meetings.get(parcel.reference)
        return (
            meeting is not None and meeting.receiver is self and meeting.giver.has_brought(parcel.reference)
        )

    def has_brought(self, reference: str) -> bool:
        """Whether this rider was at that order's door with it, and has not taken that back."""
        return any(
            reference in {name for _, name in task.delivered} - task.taken_back
            for task in (*self.past, *self.tasks)
        )

    def _is_there(self, turn: int, task: Task, stop: Collect | Deliver, meeting: Meeting | None) -> None:
        if turn != self._turn:
            return
        if meeting is None or meeting.met:  # over for these two, and the desk has not heard it
            self._made(task)
            if meeting is not None and isinstance(stop, Collect):
                self.on_nobody_came(meeting)
            done = f"DONE {task.number}{stop.letter}" if isinstance(stop, Deliver) else f"GOT {task.number}"
            self.says(done)
            return
        meeting.there[self.name] = (turn, task)
        for who in (meeting.giver, meeting.receiver):
            here = meeting.there.get(who.name)
            if here is None or here[0] != who._turn:
                self.world.after(WAITS_AT_MEETING_S, lambda: self._nobody_came(turn, meeting))
                return
        meeting.met = True
        meeting.giver.hands_over(meeting)
        meeting.receiver.takes_over(meeting)

    def hands_over(self, meeting: Meeting) -> None:
        """The food is given to the other rider, and so it is said."""
        task = meeting.there[self.name][1]
        self._made(task)
        given = {each for each in meeting.references if not self.has_brought(each)}
        task.collected = [each for each in task.collected if each[1] not in given]
        for each in (*self.past, *self.tasks):  # what was said and taken back at its door is over with it
            each.delivered = [made for made in each.delivered if made[1] not in given]
            each.taken_back -= given
        self.says(f"DONE {task.number} ALL")

    def takes_over(self, meeting: Meeting) -> None:
        """The food is in this rider's bag now."""
        task = meeting.there[self.name][1]
        self._made(task)
        given = [each for each in sorted(meeting.references) if not meeting.giver.has_brought(each)]
        task.collected += [(self.world.now, each) for each in given]
        self.says(f"GOT {task.number}")

    def _nobody_came(self, turn: int, meeting: Meeting) -> None:
        if turn == self._turn and not meeting.met:
            self.on_nobody_came(meeting)
            self.world.after(WAITS_AT_MEETING_S, lambda: self._nobody_came(turn, meeting))

    def asks_what_is_next(self, number: int) -> None:
        """MENU, of one job."""
        self.asked_what_is_next = True
        self.says(f"MENU {number}")

    # Doors -------------------------------------------------------------------------------------------------

    def _need_not_bring(self, told: Ended) -> None:
        """The desk has decided: back to the restaurant with it, or nowhere."""
        task = self._task(told.number)
        stop = self.unopened.pop((told.number, told.letter), None)
        if task is None or stop is None:
            return
        parcel = self.parcels.find(stop.reference)
        current = self.tasks[0] is task and task.next in (None, stop)
        if told.returned and parcel is not None and current:
            seconds, _ = self.habits.ride(self.place, parcel.kitchen.where)
            self.place, self.place_label = parcel.kitchen.where, parcel.kitchen.label
            self.free_at = self.world.now + timedelta(seconds=seconds)
        if not told.more:
            self._over(Finished(told.number))
            if told.then_off and not self.tasks:
                self.off_at = None
                self.world.at(self.free_at, self._is_back)
        elif task.next in (None, stop):
            if current:
                self._halt()
            task.next = None
            self.asks_what_is_next(told.number)

    def _is_back(self) -> None:
        """The food is at its restaurant again, and with that the shift is over."""
        if not self.tasks and self.off_at is None:
            self.off_at = self.world.now
            self.says("OFF")

    def _may_come_after_all(self) -> None:
        """Some customers come running when their rider has told that nobody opens."""
        found = next(iter(self.unopened.items()), None)
        if found is None or self.habits.rng.random() >= COMES_AFTER_ALL:
            return
        self.world.after(self.habits.rng.randint(20, 150), lambda: self._came_after_all(*found))

    def _came_after_all(self, name: tuple[int, str], stop: Deliver) -> None:
        task, parcel = self._task(name[0]), self.parcels.find(stop.reference)
        if task is None or parcel is None or self.unopened.get(name) is not stop or parcel.delivered_at:
            return
        if task.next not in (None, stop) or self.tasks[0] is not task:
            return  # on the way to another door by now
        self.on_surprise(f"{self.name} said UNDO: the customer of {stop.reference} came after all")
        self.says("UNDO")
