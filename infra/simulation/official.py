"""The benchmark's solution files, written and read back, and a check of them by its rules alone. Pure but for files.

Nothing of how the day was ridden is known here: only the instance and the three files, as any checker sees them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.simulation.mdrp import SERVICE_MIN, Day, DayCourier, DayOrder

ASSIGNMENTS, ORDERS, COURIERS = (
    f"solution_info_{name}.txt" for name in ("assignments", "orders", "couriers")
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Orders given to a courier together: minute given, minute picked up, orders in drop-off sequence."""

    given: int
    picked: int
    courier: str
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """One order as it was brought, in minutes."""

    order: str
    placed: int
    ready: int
    picked: int
    dropped: int
    courier: str


@dataclass(frozen=True, slots=True)
class Move:
    """One ride of a courier from a place to a place."""

    courier: str
    departs: int
    origin: str
    destination: str


@dataclass(frozen=True, slots=True)
class Solution:
    """A ridden day."""

    bundles: tuple[Bundle, ...]
    orders: tuple[Brought, ...]
    moves: tuple[Move, ...]


def write(solution: Solution, folder: Path) -> None:
    """The three files the official checker reads."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(
        folder / ASSIGNMENTS,
        "assignment_time pickup_time courier_id order_list",
        (f"{b.given} {b.picked} {b.courier} {' '.join(b.orders)}" for b in solution.bundles),
    )
    _write(
        folder / ORDERS,
        "order placement_time ready_time pickup_time dropoff_time courier",
        (f"{o.order} {o.placed} {o.ready} {o.picked} {o.dropped} {o.courier}" for o in solution.orders),
    )
    _write(
        folder / COURIERS,
        "courier_id departure_time origin destination",
        (f"{m.courier} {m.departs} {m.origin} {m.destination}" for m in solution.moves),
    )


def read(folder: Path) -> Solution:
    """The three files back."""
    return Solution(
        bundles=tuple(
            Bundle(int(row[0]), int(row[1]), row[2], tuple(row[3:])) for row in _rows(folder / ASSIGNMENTS)
        ),
        orders=tuple(
            Brought(row[0], int(row[1]), int(row[2]), int(row[3]), int(row[4]), row[5])
            for row in _rows(folder / ORDERS)
        ),
        moves=tuple(Move(row[0], int(row[1]), row[2], row[3]) for row in _rows(folder / COURIERS)),
    )


def check(day: Day, solution: Solution) -> list[str]:
    """Every breach of the official rules; none for a sound solution (undelivered orders are no breach)."""
    return [
        *_each_order_once(day, solution),
        *_orders_as_given(day, solution),
        *(finding for courier in day.couriers for finding in _ridden(day, courier, solution)),
    ]


def _each_order_once(day: Day, solution: Solution) -> Iterator[str]:
    known = {order.name for order in day.orders}
    given = [name for bundle in solution.bundles for name in bundle.orders]
    brought = [row.order for row in solution.orders]
    for what, found in (("assigned", given), ("delivered", brought)):
        yield from (f"{name} is {what} twice" for name in sorted({n for n in found if found.count(n) > 1}))
        yield from (f"{name} is {what}, and is no order of this day" for name in found if name not in known)
    yield from (f"{name} is assigned or delivered, not both" for name in sorted(set(given) ^ set(brought)))
    couriers = {courier.name for courier in day.couriers}
    named = {b.courier for b in solution.bundles} | {m.courier for m in solution.moves}
    yield from (f"{name} is no courier of this day" for name in sorted(named - couriers))


def _orders_as_given(day: Day, solution: Solution) -> Iterator[str]:
    """Orders carry the instance's times and their bundle's; bundles are of one restaurant and known orders."""
    given = {order.name: order for order in day.orders}
    rows = {row.order: row for row in solution.orders}
    for row in solution.orders:
        order = given.get(row.order)
        if order is not None and (row.placed, row.ready) != (order.placed, order.ready):
            yield f"{row.order} has other times than the instance gives it"
    for bundle in solution.bundles:
        orders = [given[name] for name in bundle.orders if name in given]
        if len({order.restaurant for order in orders}) > 1:
            yield f"{' '.join(bundle.orders)} are bundled from several restaurants"
        yield from (
            f"{order.name} is assigned at {bundle.given}, before it was placed at {order.placed}"
            for order in orders
            if bundle.given < order.placed
        )
        for name in bundle.orders:
            if name in rows and (rows[name].picked, rows[name].courier) != (bundle.picked, bundle.courier):
                yield f"{name} is not picked up as its bundle is"


def _ridden(day: Day, courier: DayCourier, solution: Solution) -> Iterator[str]:
    """One courier's bundles in turn, each leg's minutes, each service, empty rides between, and the shift's end."""
    places = day.places()
    orders = {order.name: order for order in day.orders}
    rows = {row.order: row for row in solution.orders}
    moves = sorted((m for m in solution.moves if m.courier == courier.name), key=lambda m: m.departs)
    at, free = courier.name, courier.on
    for bundle in sorted((b for b in solution.bundles if b.courier == courier.name), key=lambda b: b.picked):
        mine = [orders[name] for name in bundle.orders if name in orders and name in rows]
        if len(mine) != len(bundle.orders):
            return  # told already
        empty = _before(moves, bundle.orders[0])
        yield from _waits(day, courier, moves[:empty], at, free)
        at, free = _where(day, moves[:empty], at, free)
        del moves[:empty]
        stops = [mine[0].restaurant, *bundle.orders]
        free = max(free, bundle.given)
        for stop in stops:
            move = moves.pop(0) if moves else None
            if move is None or (move.origin, move.destination) != (at, stop):
                yield f"{courier.name} never rides from {at} to {stop}"
                return
            if move.departs < free:
                yield f"{courier.name} leaves {at} at {move.departs}, before {free}"
            arrives = move.departs + day.minutes(places[at], places[stop])
            if stop == stops[0]:
                done, said = _picked(mine, arrives), bundle.picked
            else:
                done, said = arrives + SERVICE_MIN, rows[stop].dropped
            if said != done:
                yield f"{courier.name} is at {stop} at {said}, where the rules make it {done}"
            at, free = stop, said + SERVICE_MIN
        if bundle.picked > courier.off:
            yield f"{courier.name} picks up at {bundle.picked}, after the shift's end at {courier.off}"
    yield from _waits(day, courier, moves, at, free)


def _before(moves: Sequence[Move], door: str) -> int:
    """How many of these rides come before the one to the restaurant whose food goes to this door first."""
    for i, move in enumerate(moves):
        if move.destination == door:
            return max(0, i - 1)
    return 0


def _waits(day: Day, courier: DayCourier, moves: Sequence[Move], at: str, free: int) -> Iterator[str]:
    """Rides to a restaurant to wait there: from where he is, once he has arrived, while he is on shift."""
    for move in moves:
        if move.destination not in day.restaurants:
            yield f"{move.courier} rides from {move.origin} to {move.destination} for nothing known"
        elif move.origin != at:
            yield f"{courier.name} never rides from {at} to {move.origin}"
        elif move.departs < free:
            yield f"{courier.name} leaves {at} at {move.departs}, before {free}"
        elif move.departs > courier.off:
            yield f"{courier.name} rides on at {move.departs}, after the shift's end at {courier.off}"
        at, free = _where(day, (move,), at, free)


def _where(day: Day, moves: Sequence[Move], at: str, free: int) -> tuple[str, int]:
    """Where and when these rides end."""
    places = day.places()
    for move in moves:
        if move.origin in places and move.destination in places:
            free = move.departs + day.minutes(places[move.origin], places[move.destination])
        at = move.destination
    return at, free


def _picked(orders: Sequence[DayOrder], arrives: int) -> int:
    return max(arrives + SERVICE_MIN, *(order.ready for order in orders))


def brought_by(solution: Solution) -> Mapping[str, int]:
    """How many orders each courier brought."""
    found: dict[str, int] = {}
    for row in solution.orders:
        found[row.courier] = found.get(row.courier, 0) + 1
    return found


def _write(path: Path, header: str, rows: Iterator[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def _rows(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
