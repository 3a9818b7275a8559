"""What a dispatcher does in the midst of a bad night: hands work on, sees that riders meet, decides about doors."""

import random
import re
from collections.abc import Callable, Mapping
from functools import partial

from infra.simulation.client import Visit
from infra.simulation.errors import Refused
from infra.simulation.handing import Handing, Meeting
from infra.simulation.parcels import Kitchen, Parcel, Parcels
from infra.simulation.riders import Rider, Task
from infra.simulation.town import crow_m
from infra.simulation.world import World

MOST_STEPS = 8  # to put right on the pages what two riders made of a handover
HANDS_AGAIN_S = 240.0
MOST_TRIES = 3
OPENS_AFTER_ALL = 0.4  # of the doors the desk rings about: tried again
GOES_BACK = 0.7  # and of the others as much goes on to here: taken back; what is left is given up
ONE_JOB = 0.5  # of the times: the one job that is ridden, not the whole route
_ONLY = re.compile(r'<option value="(\d+)">Job (\d+) only')
_JOB = re.compile(r'<h2 id="job">Job \d+, for ([^<]+)</h2>')
_DELIVERED = re.compile(r'action="/desk/jobs/(\d+)/mark".*?</form>', re.S)


class Dispatcher:
    """The desk's hand on the road. `in_hands` and `said` are the night's own: whose orders, and what happened."""

    def __init__(
        self,
        world: World,
        parcels: Parcels,
        kitchens: list[Kitchen],
        riders: list[Rider],
        ids: Mapping[str, int],
        *,
        seed: int,
        in_hands: set[str],
        said: Callable[[str], None],
    ) -> None:
        self.world, self.server = world, world.server
        self.parcels, self.kitchens, self.riders, self.ids = parcels, kitchens, riders, ids
        self.rng = random.Random(seed + 2)  # noqa: S311 - an invented evening, not a secret
        self.in_hands, self.said = in_hands, said
        self.meetings: dict[str, Meeting] = {}
        self.visit: Visit

    # Handing on --------------------------------------------------------------------------------------------

    def hands_on(self, tries: int = 1) -> None:
        """Give one job of a rider, or all they have, to another who has less; tried again where nobody has any."""
        out = [each for each in self.riders if isinstance(each, Handing) and each.told_it_is_on]
        busy = [each for each in out if each.tasks and not self._meets(each)]
        free = [each for each in out if each.believes_on and not each.deaf and not self._meets(each)]
        givers = [each for each in busy if any(other is not each for other in free)]
        done = False
        if givers:
            giver = self.rng.choice(givers)
            others = [other for other in free if other is not giver]
            done = self._hands(giver, min(others, key=lambda other: (len(other.tasks), other.name)))
        if not done and tries < MOST_TRIES:
            self.world.after(HANDS_AGAIN_S, partial(self.hands_on, tries + 1))

    def _meets(self, rider: Handing) -> bool:
        return any(not m.met and rider in (m.giver, m.receiver) for m in self.meetings.values())

    def _hands(self, giver: Handing, receiver: Handing) -> bool:
        """All of it, or the one job the rider is about where the page lets one be chosen."""
        kitchen = min(self.kitchens, key=lambda each: (crow_m(each.where, giver.place), each.name))
        job_id = ""
        if self.rng.random() < ONE_JOB:
            page = self.server.sight(self.visit, f"/desk/handover?person_id={self.ids[giver.name]}")
            ids = {int(number): found for found, number in _ONLY.findall(page)}
            job_id = ids.get(giver.tasks[0].number, "")
        given = giver.tasks[:1] if job_id else giver.tasks
        fetched = frozenset(reference for task in given for _, reference in task.collected)
        bag = {reference for reference in fetched if not giver.has_brought(reference)}
        meeting = Meeting(giver, receiver, kitchen.where, kitchen.name, fetched)  # as far as the desk knows
        if not self._hand(giver, receiver, meeting, job_id):
            return False
        what = f"job {giver.tasks[0].number}" if job_id else "all they have"
        place = f", who meet at {kitchen.name}" if bag else ""
        self.said(f"{giver.name} is to give {what} to {receiver.name}{place}")
        for each in fetched:
            self.meetings[each] = meeting
        for rider in (giver, receiver):
            rider.meetings = self.meetings
            rider.on_nobody_came = self._nobody_came
        return True

    def _hand(self, giver: Rider, receiver: Rider, meeting: Meeting, job_id: str = "") -> bool:
        return self.tries(
            "/desk/handover",
            person_id=str(self.ids[giver.name]),
            to=str(self.ids[receiver.name]),
            job_id=job_id,
            meeting=meeting.name,
            lat=f"{meeting.where[0]}",
            lon=f"{meeting.where[1]}",
        )

    def _nobody_came(self, meeting: Meeting) -> None:
        """One of the two waits in vain and rings: the other is on the way, was never told, or was at the door."""
        brought = self._brought_by_giver(meeting)
        for parcel in brought:
            self._put_right(meeting, parcel)
        if meeting.met:
            return
        if len(brought) == len(meeting.references):
            meeting.met = True
            self.said(f"{meeting.giver.name} had brought {', '.join(sorted(meeting.references))} themselves")
            meeting.receiver.is_rung(self.texts_to(meeting.receiver)[-2:])  # who would wait there for ever
            return
        for rider in (meeting.giver, meeting.receiver):
            rider.is_rung([body for body in self.texts_to(rider) if meeting.name in body][-1:])

    def texts_to(self, rider: Rider) -> list[str]:
        """What was texted to a rider, as the desk's page shows it."""
        page = self.server.page(self.visit, "/desk/texts", {"person_id": str(self.ids[rider.name])})
        return [line["body"] for line in page["lines"] if not line["theirs"]]

    def crossed(self, order_id: str) -> None:
        """A DONE came just as its food was handed on: the giver is asked whether it is at its door."""
        parcel = next((each for each in self.parcels if each.id == order_id), None)
        meeting = self.meetings.get(parcel.reference) if parcel is not None else None
        if meeting is not None:
            for each in self._brought_by_giver(meeting):
                self._put_right(meeting, each)

    def _brought_by_giver(self, meeting: Meeting) -> list[Parcel]:
        own = [each for each in sorted(meeting.references) if meeting.giver.has_brought(each)]
        found = [self.parcels.find(reference) for reference in own]
        return [parcel for parcel in found if parcel is not None]

    def _put_right(self, meeting: Meeting, parcel: Parcel) -> None:
        """The giver has brought it: hand it back to them on the pages, and mark it as they say."""
        for _ in range(MOST_STEPS):
            page = self.server.sight(self.visit, f"/desk/orders/{parcel.id}")
            whose, press = _JOB.search(page), self._delivered(page, parcel)
            if whose is None or press is None:
                break
            job_id, letters = press
            if whose[1] == meeting.receiver.name:
                self._hand(meeting.receiver, meeting.giver, meeting, job_id)
            self.tries(f"/desk/jobs/{job_id}/mark", verb="done", letters=letters, order=parcel.id)
        shown = self.server.api(parcel.kitchen.key, "GET", f"/orders/{parcel.id}")
        if shown["rider"] == meeting.receiver.name.split()[0]:
            self._credit(meeting, parcel)

    def _credit(self, meeting: Meeting, parcel: Parcel) -> None:
        """The giver is home and cannot be handed it back: as the desk has it, the receiver brought it."""
        for task in (*meeting.giver.past, *meeting.giver.tasks):
            task.delivered = [each for each in task.delivered if each[1] != parcel.reference]
        at = parcel.delivered_at or self.world.now
        meeting.receiver.past.append(Task(0, at, at, delivered=[(at, parcel.reference)]))
        self.said(f"{parcel.reference} counts as {meeting.receiver.name}'s: {meeting.giver.name} is home")

    @staticmethod
    def _delivered(page: str, parcel: Parcel) -> tuple[str, str] | None:
        """The button that marks this order as delivered: its job and its letter."""
        for found in _DELIVERED.finditer(page):
            if re.search(rf"Delivered \w*: {re.escape(parcel.reference)}\b", found[0]):
                letters = re.search(r'name="letters" value="(\w*)"', found[0])
                return found[1], letters[1] if letters else ""
        return None

    # Doors -------------------------------------------------------------------------------------------------

    def decides(self, order_id: str) -> None:
        """Nobody opened: the desk rings, and the customer opens now, or the food goes back, or it is given up."""
        parcel = next((each for each in self.parcels if each.id == order_id), None)
        drawn = self.rng.random()
        how = "again" if drawn < OPENS_AFTER_ALL else "returned" if drawn < GOES_BACK else "abandoned"
        why = "Rang them: they open now" if how == "again" else "Rang them three times, no answer"
        if not self.tries(f"/desk/orders/{order_id}/failed", how=how, reason=why):
            return
        if parcel is not None and how != "again":
            parcel.ended = how
            self.in_hands.add(parcel.reference)
            self.said(f"{parcel.reference} was {how}")

    def is_carried_again(self, order_id: str) -> None:
        """Its rider has taken back that it failed: it is on its way once more."""
        parcel = next((each for each in self.parcels if each.id == order_id), None)
        if parcel is not None:
            parcel.ended = ""
            self.in_hands.discard(parcel.reference)
            self.said(f"{parcel.reference} is carried again")

    def tries(self, path: str, **fields: str) -> bool:
        """A form of the desk; refused, it was done by somebody or something else meanwhile."""
        try:
            self.server.form(self.visit, path, fields)
        except Refused:
            return False
        return True
