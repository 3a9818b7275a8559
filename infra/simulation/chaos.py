"""The same evening on a bad night: texts late, doubled, lost and garbled, riders who pass, fall silent and go home."""

import random
import re
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from infra.simulation.dispatcher import Dispatcher
from infra.simulation.errors import Refused
from infra.simulation.evening import BEGINS, LAST_CALL, Evening
from infra.simulation.habits import Human
from infra.simulation.handing import Handing
from infra.simulation.insistent import Insistent, Wobbly
from infra.simulation.parcels import Parcel, Point
from infra.simulation.riders import Rider
from riders_app.gateways.weather import Weather

LOOKS_EVERY_S = 90.0
DEALS_WITH_THE_REST = LAST_CALL - timedelta(minutes=25)
MOST_RINGS = 400
ALL_OUT = timedelta(minutes=20)  # after the first shift begins
HEARD_BY = timedelta(minutes=3)
LONGEST_SHIFT = timedelta(hours=5)
OVERDUE_ON = timedelta(
    minutes=8
)  # a rider who said ON so long ago and is not on has to be put on by the desk
_DELIVERED_AT = re.compile(r"still delivered at (\d\d):(\d\d)")


class BadNight(Evening):
    """An evening at a rate of chaos from 0 to 0.5; what chance decides hangs on the seed."""

    def __init__(self, *args: Any, rate: float, **more: Any) -> None:
        super().__init__(*args, **more)
        self.rate = rate
        self.seed: int = more["seed"]
        self.in_hands: set[str] = set()  # orders a person at the desk took care of, by reference
        self.rings = 0
        self.desk = Dispatcher(
            self.world,
            self.parcels,
            self.kitchens,
            self.riders,
            self.ids,
            seed=self.seed,
            in_hands=self.in_hands,
            said=self.happened.append,
        )
        self._seen: set[int] = set()
        self._all_seen_off = False  # the desk has looked once all were home: nobody is on shift any more

    def _a_rider(self, place: int, habits: Human, *, name: str, phone: str, where: Point) -> Rider:
        wobbly = Wobbly(
            habits.rng,
            habits.metres_per_s,
            habits.crow_m,
            offers=habits.offers,
            slips_at=habits.slips_at,
            rate=self.rate,
        )
        rider = Handing(self.world, self.parcels, wobbly, name=name, phone=phone, where=where)
        rider.on_lost = lambda lost: self.world.after(60, lambda: self._ring(lost))
        return rider

    def play(self) -> None:
        """Let the night happen; the desk watches, rings, and at its end deals with what is left."""
        self.desk.visit = self.dispatcher
        drawn = random.Random(self.seed + 1)  # noqa: S311 - an invented evening, not a secret
        self.server.weather(**Weather.chaos(self.rate, seed=self.seed).kept())
        part = 1 - self._shorter_by / LONGEST_SHIFT  # a shorter evening has all of it in less time
        for rider in self.riders:
            if drawn.random() < self.rate:  # not well: goes home in the middle of it
                at = BEGINS + ALL_OUT + timedelta(minutes=drawn.randint(10, 130)) * part
                self.world.at(at, rider.goes_off)
                self.happened.append(f"{rider.name} goes home at {at:%H:%M}")
            if drawn.random() < self.rate and isinstance(rider, Insistent):
                self.world.after(60 * drawn.randint(45, 150) * part, rider.wants_a_break)
            if drawn.random() < self.rate and isinstance(rider, Handing):
                self.world.at(
                    BEGINS + ALL_OUT + timedelta(minutes=drawn.randint(0, 150)) * part, rider.stops_texts
                )
        for _ in range(round(1 + 10 * self.rate)):
            at = BEGINS + ALL_OUT + timedelta(minutes=drawn.randint(0, 180)) * part
            self.world.at(at, self.desk.hands_on)
        self._somebody_moves(drawn)
        self.world.after(LOOKS_EVERY_S, self._watch)
        self.world.at(DEALS_WITH_THE_REST, self._deal_with_the_rest)
        try:
            super().play()
        finally:
            self.server.weather()

    def _left(self) -> str:
        """As on any evening, but what a person took in hand is no longer waited for."""
        if self.still_to_do:
            return f"{self.still_to_do} things were still to come"
        waiting = [p.reference for p in self.parcels if self._waits(p)]
        out = [
            rider.name for rider in self.riders if rider.off_at is None or not self._knows_it_is_over(rider)
        ]
        said = [f"not delivered: {', '.join(waiting)}"] if waiting else []
        said += [f"still out: {', '.join(out)}"] if out else []
        if not said and not self._all_seen_off:
            said = ["the desk has not seen yet that everybody is home"]
        return "; ".join(said)

    def _somebody_moves(self, drawn: random.Random) -> None:
        """One customer wants the food somewhere else, by when a rider may be on the way with it."""
        one, other = drawn.sample(self.plans, 2)
        at = one.parcel.truly_ready_at + timedelta(minutes=drawn.randint(-3, 6))
        self._later(at, partial(self._moves, one.parcel, other.parcel))

    def _moves(self, parcel: Parcel, to: Parcel) -> None:
        if not self._waits(parcel):
            return
        lat, lon = to.drop
        if self.desk.tries(
            f"/desk/orders/{parcel.id}/address", address=to.address, lat=f"{lat}", lon=f"{lon}"
        ):
            parcel.drop, parcel.address = to.drop, to.address
            self.happened.append(f"{parcel.reference} is to go to {to.address} instead")

    def _cancel(self, parcel: Parcel) -> None:
        """As on any evening; by now its rider may have it, and then it is brought."""
        with suppress(Refused):
            super()._cancel(parcel)

    def _runs_late(self, parcel: Parcel) -> None:
        """The same: what was collected meanwhile is no longer late."""
        with suppress(Refused):
            super()._runs_late(parcel)

    def _refund(self, parcel: Parcel, liable: str) -> None:
        """As on any evening, once the desk has heard that it was delivered."""
        try:
            super()._refund(parcel, liable)
        except Refused:
            if self.world.now < LAST_CALL - timedelta(minutes=10) and parcel.reference not in self.in_hands:
                self._later(self.world.now + timedelta(minutes=5), partial(self._refund, parcel, liable))

    def _knows_it_is_over(self, rider: Rider) -> bool:
        return not isinstance(rider, Insistent) or rider.told_it_is_over or rider.keeps_silent_at_the_end

    def _mend(self, rider: Rider, ends_at: datetime) -> None:
        """As on any evening; while the rider still has a job, the desk looks again in five minutes."""
        try:
            super()._mend(rider, ends_at)
        except Refused as fault:
            found = _DELIVERED_AT.search(str(fault))
            if found:  # by the desk's clock a little later than by the rider's: so is the end
                hour, minute = int(found[1]), int(found[2])
                ends_at = ends_at.replace(hour=hour, minute=minute) + timedelta(minutes=1)
            if self.world.now < LAST_CALL - timedelta(minutes=10):
                self._later(self.world.now + timedelta(minutes=5), partial(self._mend, rider, ends_at))
            return
        if isinstance(rider, Insistent):
            rider.told_it_is_over = True  # on the phone

    def _waits(self, parcel: Parcel) -> bool:
        return not parcel.cancelled and parcel.delivered_at is None and parcel.reference not in self.in_hands

    # The desk ----------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Look at what wants a person, and ring whoever it is about."""
        by_id = {self.ids[rider.name]: rider for rider in self.riders}
        seen = self.server.page(self.dispatcher, "/desk")
        self._compare(seen["on_shift"])
        for item in seen["attention"]:
            rider = by_id.get(item["person_id"])
            if item["id"] in self._seen or not isinstance(rider, Insistent):
                continue
            self._seen.add(item["id"])
            if item["kind"] == "failed_delivery":
                self.rings += 1
                self.world.after(60, partial(self.desk.decides, item["order"]))
            elif item["kind"] == "handover_crossed":
                self.rings += 1
                self.desk.crossed(item["order"])
                self.desk.tries(f"/desk/attention/{item['id']}/close", note="Asked the rider.")
            elif item["kind"] == "fail_undone":
                self.desk.is_carried_again(item["order"])
                self.desk.tries(f"/desk/attention/{item['id']}/close", note="Rang: they carry it again.")
            elif item["kind"] == "forgotten_off" and rider.off_at is not None:
                self._later(self.world.now + timedelta(seconds=45), partial(self._mend, rider, rider.off_at))
            elif self.rings < MOST_RINGS:
                self.world.after(45, partial(self._ring, rider, item["id"]))
        if not self.is_over():
            self.world.after(LOOKS_EVERY_S, self._watch)

    def _compare(self, on_shift: list[int]) -> None:
        """Whoever is out and not on shift is put on it; who is home and still on it is rung and says OFF again."""
        for rider in self.riders:
            if not isinstance(rider, Insistent) or rider.on_at is None:
                continue
            on = self.ids[rider.name] in on_shift
            home_for = self.world.now - (rider.off_at or self.world.now)
            if on and not rider.tasks and home_for >= HEARD_BY:
                rider.told_it_is_over = False
                rider.says("OFF")
            overdue = not rider.told_it_is_on and self.world.now - rider.on_at >= OVERDUE_ON
            if not on and overdue and not rider.told_it_is_over:
                self._put_on(rider)
        home = all(rider.off_at is not None for rider in self.riders)
        self._all_seen_off = home and not on_shift
        if self._all_seen_off and self.world.now >= max(plan.parcel.placed_at for plan in self.plans):
            self._settle_the_rest()

    def _put_on(self, rider: Insistent) -> None:
        """The desk has rung: their ON was never heard. They are on since then, and home since they say so."""
        self.rings += 1
        path, why = f"/desk/shifts/{self.shift_ids[rider.name]}", "ON was not heard, rang the rider"
        if rider.on_at is None or not self.desk.tries(
            f"{path}/start", at=rider.on_at.isoformat(), reason=why
        ):
            return
        rider.told_it_is_on = True
        self.happened.append(f"{rider.name}'s ON was not heard: the desk set it to {rider.on_at:%H:%M}")
        if rider.off_at is not None:
            self.desk.tries(f"{path}/end", at=rider.off_at.isoformat(), reason=why)

    def _ring(self, rider: Insistent, attention_id: int | None = None) -> None:
        """Ring a rider, read out what was last texted, and note that it was done."""
        self.rings += 1
        rider.is_rung(self.desk.texts_to(rider)[-1:])
        if attention_id is not None:
            self.desk.tries(f"/desk/attention/{attention_id}/close", note="Rang the rider.")

    def _deal_with_the_rest(self) -> None:
        """Close to the end, what no rider will bring any more is a dispatcher's to settle, by name and in writing."""
        for rider in self.riders:
            if not rider.tasks and rider.off_said_at is None and rider.off_at is None:
                rider.goes_off()
        self._settle_the_rest()
        if any(self._waits(parcel) for parcel in self.parcels) and self.world.now < LAST_CALL:
            self.world.after(300, self._deal_with_the_rest)

    def _settle_the_rest(self) -> None:
        for parcel in self.parcels:
            if not self._waits(parcel) or self._in_a_bag(parcel):
                continue
            if self.desk.tries(f"/desk/orders/{parcel.id}/cancel", reason="No rider could bring it tonight"):
                parcel.cancelled = True
            self.in_hands.add(parcel.reference)

    def _in_a_bag(self, parcel: Parcel) -> bool:
        """Whether some rider has it, or has still to come for it."""
        return any(
            parcel.reference in {name for _, name in task.collected}
            for rider in self.riders
            for task in rider.tasks
        )

    # Afterwards --------------------------------------------------------------------------------------------

    @property
    def doubled(self) -> int:
        """Orders that came to their door twice."""
        brought = [name for rider in self.riders for name in rider.brought]
        return len(brought) - len(set(brought))
