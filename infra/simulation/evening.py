"""A Friday evening in Finsbury Park, played over HTTP and sandbox phones."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from infra.simulation import town
from infra.simulation.client import Server, Visit
from infra.simulation.errors import SimulationFailed
from infra.simulation.habits import Human
from infra.simulation.parcels import Kitchen, Parcel, Parcels, Point
from infra.simulation.riders import Rider
from infra.simulation.town import Plan
from infra.simulation.world import World
from payments.rulebook import Rulebook

DAY = date(2026, 11, 20)  # a Friday, on which London keeps UTC
OPENS = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
BEGINS = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
LAST_CALL = datetime(2026, 11, 20, 23, 45, tzinfo=UTC)
WEEK = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)  # the pay period it lies in begins
PAYDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # the Monday after
ADMINISTRATOR = ("Noor Castellan", "+447700900050")
DISPATCHER = ("Ida Marsh", "+447700900051")
TREASURER = ("Tomas Quill", "+447700900052")
RESIDENT = ("Wilma Achterberg", "+447700900053")
AT_THE_PASS = ("Marco Tesoro", "+447700900060")
FORGETS_OFF = 3  # by place in town.RIDERS
PASSES, IS_SILENT, SLIPS = 4, 6, 0
LATE_BY = timedelta(minutes=12)
PAYS_AFTER = timedelta(seconds=45)  # a customer finds their card


@dataclass(frozen=True, slots=True)
class Script:
    """What goes otherwise than planned this evening, by reference of the order."""

    cancelled: tuple[str, ...]
    refunded: tuple[tuple[str, str], ...]  # and who is liable
    late: tuple[str, ...]


class Evening:
    """The evening: set up through the desk's forms, played, and looked at afterwards."""

    def __init__(
        self,
        server: Server,
        rulebook: Rulebook,
        *,
        seed: int,
        orders: int = 120,
        hours: float = 4.0,
        riders: int = len(town.RIDERS),
        each_step: Callable[[], None] | None = None,
    ) -> None:
        self.server = server
        self.world = World(server, each_step=each_step)
        self.parcels = Parcels()
        self.rng = random.Random(seed)  # noqa: S311 - an invented evening, not a secret
        self.kitchens = town.kitchens()
        self.plans = town.evening(self.rng, rulebook, self.kitchens, start=BEGINS, orders=orders, hours=hours)
        self.script = _script(self.rng, self.plans)
        self.riders: list[Rider] = []
        self.places = range(riders)  # of town.RIDERS, those who ride this evening
        self.ids: dict[str, int] = {}
        self.shift_ids: dict[str, int] = {}
        self.still_to_do = 0
        self.happened: list[str] = []
        self._shorter_by = timedelta(hours=4.0 - hours)  # a shorter evening has shorter shifts
        self.administrator: Visit
        self.dispatcher: Visit

    # Setting up --------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Restaurants, people and shifts, as the desk would type them."""
        self.administrator = self.world.sign_in(ADMINISTRATOR[1])
        for kitchen in self.kitchens:
            told = self._desk(
                "/desk/restaurants",
                name=kitchen.name,
                address=kitchen.address,
                lat=kitchen.where[0],
                lon=kitchen.where[1],
                opens="12:00",
                closes="23:00",
            )
            kitchen.id, kitchen.key = told["id"], told["key"]
        self._person(DISPATCHER, ["dispatcher", "member"])
        self._person(TREASURER, ["treasurer", "member"])
        self._person(RESIDENT, ["member"])
        self._person(AT_THE_PASS, ["restaurant"], restaurant_id=self._kitchen("Nonna Tesoro").id)
        for place in self.places:
            self._rider(place)
        self.dispatcher = self.world.sign_in(DISPATCHER[1])

    def _desk(self, path: str, **fields: Any) -> dict[str, Any]:
        return self.server.form(self.administrator, path, fields)

    def _kitchen(self, name: str) -> Kitchen:
        return next(kitchen for kitchen in self.kitchens if kitchen.name == name)

    def _person(self, who: tuple[str, str], roles: list[str], **more: Any) -> int:
        name, phone = who
        told = self._desk("/desk/people", name=name, phone=phone, roles=roles, **more)
        self.ids[name] = told["id"]
        return int(told["id"])

    def _rider(self, place: int) -> None:
        name, vehicle, metres_per_s, ends = town.RIDERS[place]
        phone, home = f"+4477009000{place + 1:02d}", town.HOMES[place % len(town.HOMES)]
        person_id = self._person(
            (name, phone), ["rider", "member"], vehicle=vehicle, home_lat=home[0], home_lon=home[1]
        )
        starts_at = BEGINS if place < 5 else BEGINS + timedelta(minutes=15)
        ends_at = datetime.fromisoformat(f"{DAY}T{ends}").replace(tzinfo=UTC) - self._shorter_by
        told = self._desk(
            "/desk/shifts",
            person_id=person_id,
            starts_at=f"{starts_at:%Y-%m-%dT%H:%M}",
            ends_at=f"{ends_at:%Y-%m-%dT%H:%M}",
        )
        self.shift_ids[name] = told["id"]
        surprises: dict[int, dict[int, str | None]] = {PASSES: {3: "PASS"}, IS_SILENT: {4: None}}
        habits = Human(
            random.Random(self.rng.random()),  # noqa: S311 - the same
            metres_per_s,
            town.crow_m,
            offers=surprises.get(place, {}),
            slips_at=4 if place == SLIPS else 0,
        )
        rider = self._a_rider(place, habits, name=name, phone=phone, where=home)
        rider.on_delivered, rider.on_surprise = self._delivered, self.happened.append
        self.riders.append(rider)
        self.world.at(starts_at + timedelta(seconds=self.rng.randint(-240, 120)), rider.comes_on)
        if place == FORGETS_OFF:
            rider.keeps_silent_at_the_end = True
            self._later(ends_at + timedelta(minutes=31), lambda: self._mend(rider, ends_at))
        else:
            self.world.at(ends_at + timedelta(seconds=self.rng.randint(-60, 200)), rider.goes_off)

    def _a_rider(self, place: int, habits: Human, *, name: str, phone: str, where: Point) -> Rider:
        return Rider(self.world, self.parcels, habits, name=name, phone=phone, where=where)

    # Playing -----------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Let the evening happen, until everyone is home."""
        for plan in self.plans:
            self._later(plan.parcel.placed_at, partial(self._place, plan))
        self.world.run(LAST_CALL, over=self.is_over)
        self.world.settle()
        if not self.is_over():
            raise SimulationFailed(f"At {LAST_CALL:%H:%M} the evening was not over: {self._left()}")

    def is_over(self) -> bool:
        """Whether everything that was to happen has, and every rider is home."""
        return not self._left()

    def member_ids(self) -> list[int]:
        """Everybody who is a member: riders, the desk, the treasurer and a resident."""
        outside = {AT_THE_PASS[0]}
        return [person_id for name, person_id in self.ids.items() if name not in outside]

    def _left(self) -> str:
        if self.still_to_do:
            return f"{self.still_to_do} things were still to come"
        waiting = [p.reference for p in self.parcels if not p.cancelled and p.delivered_at is None]
        out = [rider.name for rider in self.riders if rider.off_at is None]
        said = [f"not delivered: {', '.join(waiting)}"] if waiting else []
        return "; ".join(said + ([f"still out: {', '.join(out)}"] if out else []))

    def _later(self, at: datetime, act: Callable[[], None]) -> None:
        self.still_to_do += 1

        def happens() -> None:
            self.still_to_do -= 1
            act()

        self.world.at(at, happens)

    def _place(self, plan: Plan) -> None:
        parcel = plan.parcel
        if plan.by_desk:
            self._place_by_phone(parcel)
        else:
            told = self.server.api(
                parcel.kitchen.key,
                "POST",
                "/orders",
                order_body(parcel, exact=self.rng.random() < 0.85),
                idempotency_key=parcel.reference,
            )
            parcel.id, parcel.fee_minor = told["id"], told["fee_minor"]
        self.parcels.add(parcel)
        if parcel.online:
            self._later(self.world.now + PAYS_AFTER, partial(self._pay, parcel))
        if parcel.reference in self.script.cancelled:
            self._later(parcel.truly_ready_at - timedelta(seconds=60), lambda: self._cancel(parcel))
        elif parcel.reference in self.script.late:
            self._later(parcel.placed_at + timedelta(minutes=6), lambda: self._runs_late(parcel))
        elif plan.says_ready:
            self._later(parcel.truly_ready_at, lambda: self._ready(parcel))

    def _place_by_phone(self, parcel: Parcel) -> None:
        told = self.server.form(
            self.dispatcher,
            "/desk/orders",
            {
                "restaurant_id": parcel.kitchen.id,
                "external_id": parcel.reference,
                "address": parcel.address,
                "lat": parcel.drop[0],
                "lon": parcel.drop[1],
                "flat": parcel.flat,
                "note": parcel.note,
                "ready_at": parcel.ready_at.isoformat(),
                "items_note": parcel.items,
                "value": pounds(parcel.value_minor),
                "tip": pounds(parcel.tip_minor),
                "paid_by": parcel.paid_by,
                "card_reference": f"till-{parcel.reference}" if parcel.paid_by == "card" else None,
                "customer_name": parcel.customer,
                "customer_phone": parcel.phone,
                "size": parcel.size,
            },
        )
        parcel.id = told["id"]
        parcel.fee_minor = self.server.api(parcel.kitchen.key, "GET", f"/orders/{parcel.id}")["fee_minor"]
        self.happened.append(f"{parcel.reference} came by phone to the desk")

    def _pay(self, parcel: Parcel) -> None:
        """The customer pays on the page to which their order's own page leads."""
        bill = self.server.tracked(parcel.id)["bill"]
        if bill is not None and bill["state"] == "asked":  # the page is being made
            self._later(self.world.now + PAYS_AFTER, partial(self._pay, parcel))
        elif bill is not None and bill["state"] == "open":
            self.server.pay_online(bill["url"])
            self.happened.append(f"{parcel.reference} was paid online by its customer")

    def _cancel(self, parcel: Parcel) -> None:
        if self.script.cancelled.index(parcel.reference) % 2:
            self.server.form(
                self.dispatcher, f"/desk/orders/{parcel.id}/cancel", {"reason": "customer rang the desk"}
            )
        else:
            body = {"reason": "customer changed their mind"}
            self.server.api(parcel.kitchen.key, "POST", f"/orders/{parcel.id}/cancel", body)
        parcel.cancelled = True
        self.happened.append(f"{parcel.reference} was cancelled")

    def _runs_late(self, parcel: Parcel) -> None:
        parcel.truly_ready_at += LATE_BY
        body = {"ready_at": (parcel.ready_at + LATE_BY).isoformat()}
        self.server.api(parcel.kitchen.key, "POST", f"/orders/{parcel.id}/late", body)
        self.happened.append(f"{parcel.kitchen.name} said {parcel.reference} would be late")

    def _ready(self, parcel: Parcel) -> None:
        if parcel.delivered_at is None:
            self.server.api(parcel.kitchen.key, "POST", f"/orders/{parcel.id}/ready")

    def _delivered(self, parcel: Parcel) -> None:
        for reference, liable in self.script.refunded:
            if reference == parcel.reference:
                self._later(self.world.now + timedelta(minutes=12), partial(self._refund, parcel, liable))

    def _refund(self, parcel: Parcel, liable: str) -> None:
        reason = "a dish was missing" if liable == "restaurant" else "it came cold"
        self.server.form(
            self.dispatcher,
            f"/desk/orders/{parcel.id}/refund",
            {"amount": "5.00", "liable": liable, "reason": reason},
        )
        self.happened.append(f"{parcel.reference} was refunded in part, borne by the {liable}")

    def _mend(self, rider: Rider, ends_at: datetime) -> None:
        """The desk has phoned: the rider went home at the end of the shift and forgot to say so."""
        last = max((at for task in rider.past for at, _ in task.delivered), default=ends_at)
        home_at = max(ends_at, last + timedelta(minutes=1)).replace(second=0)
        self.server.form(
            self.dispatcher,
            f"/desk/shifts/{self.shift_ids[rider.name]}/end",
            {"at": home_at.isoformat(), "reason": "Forgot OFF, rang from home"},
        )
        rider.off_at = home_at
        self.happened.append(f"{rider.name}'s forgotten OFF was set to {home_at:%H:%M} by the desk")


def _script(rng: random.Random, plans: list[Plan]) -> Script:
    """Four cancelled, two refunded (by card and on account), one kitchen late, each another order."""
    middle = [plan.parcel for plan in plans[len(plans) // 10 :] if not plan.by_desk]
    chosen = rng.sample(middle, min(len(middle), 4 + 1))
    rest = [parcel for parcel in middle if parcel not in chosen]
    # One order of each way of paying where the evening has both, neither of them among the first.
    by_card = sorted(rest, key=lambda parcel: parcel.paid_by == "account")
    refunded = ((by_card[len(by_card) // 4].reference, "restaurant"), (by_card[-1].reference, "co-op"))
    return Script(
        cancelled=tuple(parcel.reference for parcel in chosen[:4]),
        refunded=refunded,
        late=tuple(parcel.reference for parcel in chosen[4:]),
    )


def order_body(parcel: Parcel, *, exact: bool = True) -> dict[str, Any]:
    """An order as a restaurant's till sends it; not `exact`, the address alone."""
    drop: dict[str, Any] = {"address": parcel.address, "flat": parcel.flat, "note": parcel.note}
    if exact:
        drop["point"] = {"lat": parcel.drop[0], "lon": parcel.drop[1]}
    body: dict[str, Any] = {
        "external_id": parcel.reference,
        "dropoff": drop,
        "ready_at": parcel.ready_at.isoformat(),
        "value_minor": parcel.value_minor,
        "tip_minor": parcel.tip_minor,
        "paid_by": parcel.paid_by,
        "items_note": parcel.items,
        "size": parcel.size,
    }
    if parcel.paid_by == "card" and not parcel.online:
        body["card_reference"] = f"card-{parcel.reference}"
    if parcel.customer or parcel.phone:
        body["customer"] = {"name": parcel.customer, "phone": parcel.phone}
    return body


def pounds(minor: int) -> str:
    """An amount as it is typed into a form."""
    return f"{minor // 100}.{minor % 100:02d}"
