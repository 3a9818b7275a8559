"""A benchmark day played over HTTP and sandbox phones, by riders who keep to its rules to the minute."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from infra.simulation.aftermath import Shown, patient_sign_in
from infra.simulation.client import Server, Visit
from infra.simulation.errors import SimulationFailed
from infra.simulation.evening import order_body
from infra.simulation.habits import Official
from infra.simulation.mdrp import Day, DayCourier, DayOrder, shift_hours
from infra.simulation.metrics import Work
from infra.simulation.official import Brought, Bundle, Move, Solution
from infra.simulation.parcels import Kitchen, Parcel, Parcels, Point
from infra.simulation.riders import Rider, Task
from infra.simulation.world import World
from routing.travel import from_plane, to_plane

ON = date(2026, 11, 20)  # London keeps UTC, so that minutes of the day are minutes of the clock
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
SET_UP_AT = MIDNIGHT - timedelta(hours=1)
ORIGIN: Point = (51.5, -0.1)
ADMINISTRATOR = ("Clerk of the course", "+447700900999")
FIRST_PHONE = 447700900000
MOST_COURIERS = 999
TIPS = (0, 100, 200)
VALUE_MINOR = 2000
PATIENCE = timedelta(hours=6)  # after the last shift, for what is still on the road


class Replay:
    """The day: set up through the desk's forms, played, and read back as an official solution."""

    def __init__(self, server: Server, day: Day, *, each_step: Callable[[], None] | None = None) -> None:
        if len(day.couriers) > MOST_COURIERS:
            raise SimulationFailed(f"{day.name} has more couriers than there are drama numbers.")
        self.server = server
        self.day = day
        self.world = World(server, each_step=each_step)
        self.parcels = Parcels()
        self.kitchens = {
            name: Kitchen(name, name, f"{name} on the plane", from_plane(*xy, ORIGIN))
            for name, xy in day.restaurants.items()
        }
        self.riders: list[Rider] = []
        self.administrator: Visit
        self._places = {from_plane(*xy, ORIGIN): xy for xy in day.places().values()}

    def set_up(self) -> None:
        """Restaurants, couriers and shifts, as the desk would type them."""
        self.administrator = patient_sign_in(self.world, ADMINISTRATOR[1])
        for kitchen in self.kitchens.values():
            lat, lon = kitchen.where
            told = self._desk(
                "/desk/restaurants",
                name=kitchen.name,
                address=kitchen.address,
                lat=lat,
                lon=lon,
                opens="00:00",
                closes="24:00",
            )
            kitchen.id, kitchen.key = told["id"], told["key"]
        for number, courier in enumerate(self.day.couriers):
            self._rider(courier, f"+{FIRST_PHONE + number}")
        for index, order in enumerate(self.day.orders):
            self.world.at(at_minute(order.placed), partial(self._place, index, order))

    def _desk(self, path: str, **fields: Any) -> dict[str, Any]:
        return self.server.form(self.administrator, path, fields)

    def _rider(self, courier: DayCourier, phone: str) -> None:
        home = from_plane(*courier.where, ORIGIN)
        told = self._desk(
            "/desk/people",
            name=courier.name,
            phone=phone,
            roles=["rider"],
            vehicle="bike",
            home_lat=home[0],
            home_lon=home[1],
        )
        self._desk(
            "/desk/shifts",
            person_id=told["id"],
            starts_at=f"{at_minute(courier.on):%Y-%m-%dT%H:%M}",
            ends_at=f"{at_minute(courier.off):%Y-%m-%dT%H:%M}",
        )
        rider = Rider(
            self.world,
            self.parcels,
            Official(self._minutes, self._metres),
            name=courier.name,
            phone=phone,
            where=home,
        )
        self.riders.append(rider)
        self.world.at(at_minute(courier.on), rider.comes_on)
        self.world.at(at_minute(courier.off), rider.goes_off)

    def _minutes(self, a: Point, b: Point) -> int:
        return self.day.minutes(self._places[a], self._places[b])

    def _metres(self, a: Point, b: Point) -> float:
        (ax, ay), (bx, by) = to_plane(a, ORIGIN), to_plane(b, ORIGIN)
        return float(((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5)

    def _place(self, index: int, order: DayOrder) -> None:
        kitchen = self.kitchens[order.restaurant]
        parcel = Parcel(
            reference=order.name,
            kitchen=kitchen,
            drop=from_plane(*order.where, ORIGIN),
            address=f"Door of {order.name}",
            placed_at=at_minute(order.placed),
            ready_at=at_minute(order.ready),
            truly_ready_at=at_minute(order.ready),
            value_minor=VALUE_MINOR,
            tip_minor=TIPS[index % len(TIPS)],
            paid_by=("card", "account")[index % 2],
        )
        told = self.server.api(kitchen.key, "POST", "/orders", order_body(parcel))
        parcel.id, parcel.fee_minor = told["id"], told["fee_minor"]
        self.parcels.add(parcel)

    # Playing -----------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Let the day happen, until everyone is home."""
        until = at_minute(max(courier.off for courier in self.day.couriers)) + PATIENCE
        self.world.run(until, over=self.is_over)
        self.world.settle()

    def is_over(self) -> bool:
        """Whether every order was placed and every rider is home (an order may be left)."""
        home = all(rider.off_at is not None for rider in self.riders)
        return home and len(self.parcels) == len(self.day.orders)

    @property
    def delivered(self) -> int:
        """Orders delivered so far."""
        return sum(parcel.delivered_at is not None for parcel in self.parcels)

    # Afterwards --------------------------------------------------------------------------------------------

    def solution(self) -> Solution:
        """What the riders did, in the benchmark's minutes and names."""
        bundles = sorted(
            (self._bundle(rider, task) for rider in self.riders for task in rider.past if task.delivered),
            key=lambda bundle: (bundle.given, bundle.picked, bundle.courier),
        )
        given = {order.name: order for order in self.day.orders}
        dropped = {
            reference: (rider.name, minute(at), _picked(task))
            for rider in self.riders
            for task in rider.past
            for at, reference in task.delivered
        }
        brought = tuple(
            Brought(name, given[name].placed, given[name].ready, picked, at, courier)
            for name, (courier, at, picked) in dropped.items()
        )
        moves = tuple(
            Move(rider.name, minute(leg.leaves_at), leg.start_label, leg.end_label)
            for rider in self.riders
            for leg in rider.legs
        )
        return Solution(tuple(bundles), brought, moves)

    def _bundle(self, rider: Rider, task: Task) -> Bundle:
        return Bundle(
            minute(task.offered_at), _picked(task), rider.name, tuple(name for _, name in task.delivered)
        )

    def work(self, shown: Shown) -> list[Work]:
        """Each courier by the benchmark's yardstick: so much an order, over the hours of the shift."""
        couriers = {courier.name: courier for courier in self.day.couriers}
        brought: dict[str, int] = {}
        for ride in shown.rides.values():
            if ride.state == "delivered" and ride.rider is not None:
                brought[ride.rider] = brought.get(ride.rider, 0) + 1
        return [
            Work(
                name=rider.name,
                hours=shift_hours(couriers[rider.name]),
                riding_min=rider.riding_min,
                orders=brought.get(rider.name, 0),
                pay=self.day.pay_per_order * brought.get(rider.name, 0),
            )
            for rider in self.riders
        ]


def at_minute(minutes: int) -> datetime:
    """A minute of the benchmark's day as an instant."""
    return MIDNIGHT + timedelta(minutes=minutes)


def minute(instant: datetime) -> int:
    """An instant as a whole minute of the benchmark's day."""
    return int((instant - MIDNIGHT) // timedelta(minutes=1))


def _picked(task: Task) -> int:
    return minute(max(at for at, _ in task.collected))
