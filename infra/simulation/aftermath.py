"""After the evening: what the program shows of every order, settlement, payslip and account, and whether it adds up.

Two sums are made apart. Money in: what the simulation knows it sent, less what it saw given back. Money out:
what settlements, riders' pay pages, the card's cost and the co-op's own accounts show. They must be equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.simulation.client import Server, Visit
from infra.simulation.errors import Refused
from infra.simulation.metrics import Ride
from infra.simulation.parcels import Kitchen, Parcel, Parcels
from infra.simulation.riders import Rider
from infra.simulation.world import World
from payments.money import percent_of

TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Payslip:
    """What one rider's pay page shows, in minor units."""

    wages_minor: int  # for the work itself, a top-up to the floor included
    holiday_minor: int
    tips_minor: int
    total_minor: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What one restaurant's settlement shows, in minor units."""

    food_minor: int
    commission_minor: int
    charged_minor: int
    refunds_minor: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the program shows at the end."""

    rides: dict[str, Ride]
    settled: dict[str, Settled]
    payslips: dict[str, Payslip]
    accounts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Sums:
    """Both sums in minor units, and everything that does not agree."""

    in_minor: int
    out_minor: int
    wages_minor: int
    holiday_minor: int
    tips_minor: int
    findings: tuple[str, ...]


def look(
    world: World,
    kitchens: Sequence[Kitchen],
    riders: Sequence[Rider],
    treasurer: Visit,
    *,
    since: datetime,
    until: datetime,
) -> Shown:
    """Read everything over HTTP: with the restaurants' keys, and as each rider and the treasurer."""
    server = world.server
    span = {"since": since.isoformat(), "until": until.isoformat()}
    rides: dict[str, Ride] = {}
    settled: dict[str, Settled] = {}
    for kitchen in kitchens:
        rides |= {ride.reference: ride for ride in _orders(server, kitchen)}
        told = server.api(kitchen.key, "GET", "/settlement", params=span)
        settled[kitchen.label] = Settled(
            told["food_minor"], told["commission_minor"], told["charged_minor"], told["refunds_minor"]
        )
    payslips = {
        rider.name: _payslip(server.page(patient_sign_in(world, rider.phone), "/my/pay", span))
        for rider in riders
    }
    accounts = server.page(treasurer, "/desk/money")["accounts"]
    return Shown(rides, settled, payslips, accounts)


def patient_sign_in(world: World, phone: str) -> Visit:
    """Sign in; told that too many asked from here, wait the hour out first."""
    try:
        return world.sign_in(phone)
    except Refused as fault:
        if fault.status != TOO_MANY:
            raise
        world.run(world.now + timedelta(minutes=61))
        return world.sign_in(phone)


def _orders(server: Server, kitchen: Kitchen) -> list[Ride]:
    found: list[Ride] = []
    cursor: str | None = None
    while True:
        params = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = server.api(kitchen.key, "GET", "/orders", params=params)
        found += [_ride(order) for order in page["orders"]]
        cursor = page["next"]
        if cursor is None:
            return found


def _ride(order: dict[str, Any]) -> Ride:
    def instant(name: str) -> datetime | None:
        return datetime.fromisoformat(order[name]) if order[name] else None

    return Ride(
        reference=order["external_id"],
        placed_at=datetime.fromisoformat(order["placed_at"]),
        ready_at=datetime.fromisoformat(order["ready_at"]),
        promise_at=datetime.fromisoformat(order["promise_at"]),
        picked_up_at=instant("picked_up_at"),
        delivered_at=instant("delivered_at"),
        state=order["state"],
        refunded_minor=order["refunded_minor"],
        rider=order["rider"],
    )


def _payslip(told: dict[str, Any]) -> Payslip:
    return Payslip(
        wages_minor=told["wages_minor"] + told.get("top_up_minor", 0),
        holiday_minor=told["holiday_minor"],
        tips_minor=told["tips_minor"],
        total_minor=told["total_minor"],
        minutes=told["minutes"],
    )


def add_up(
    shown: Shown,
    parcels: Parcels,
    riders: Sequence[Rider],
    *,
    per_hour_minor: int,
    all_delivered: bool = True,
    watch_off_min: int = 0,
    food_bp: int = 0,
) -> Sums:
    """Both sums, and whether every order, wage, tip and settlement is what the simulation makes it. Pure.

    Without `all_delivered` an order may still wait at the end. Where texts take their time a shift may begin and end
    `watch_off_min` minutes off the rider's own watch; its wages are then those of the minutes shown. Of food that
    went back or was given up, `food_bp` hundredths of a percent are its restaurant's, and its customer has all back.
    """
    findings = [
        *_orders_left(shown, parcels, all_delivered),
        *_riders_off(shown, parcels, riders, per_hour_minor, watch_off_min),
    ]
    done = [parcel for parcel in parcels if _is_delivered(shown, parcel)]
    ended = [p for p in parcels if p.ended and p.delivered_at is None and not p.cancelled]
    findings += _not_given_back(shown, ended)
    findings += _settlements_off(shown, done, ended, food_bp)
    refunded = sum(
        shown.rides[parcel.reference].refunded_minor for parcel in done if parcel.paid_by == "card"
    )
    by_card = sum(_paid(parcel) for parcel in done if parcel.paid_by == "card") - refunded
    # A refund on an account order goes from the restaurant's till to its customer: it never reaches the co-op.
    on_account = sum(parcel.fee_minor + parcel.tip_minor for parcel in done if parcel.paid_by == "account")
    cards = -shown.accounts.get("outside:card", 0)
    card_cost = -shown.accounts.get("co-op:card-cost", 0)
    if by_card != cards + card_cost:
        findings.append(f"cards brought in {by_card}, the books say {cards + card_cost}")
    slips = shown.payslips.values()
    out = (
        sum(each.food_minor - each.commission_minor - each.refunds_minor for each in shown.settled.values())
        + sum(slip.total_minor for slip in slips)
        + card_cost
        + sum(held for account, held in shown.accounts.items() if account.startswith("co-op:"))
    )
    if by_card + on_account != out:
        findings.append(f"money in {by_card + on_account} is not money out {out} (minor units)")
    return Sums(
        in_minor=by_card + on_account,
        out_minor=out,
        wages_minor=sum(slip.wages_minor for slip in slips),
        holiday_minor=sum(slip.holiday_minor for slip in slips),
        tips_minor=sum(slip.tips_minor for slip in slips),
        findings=tuple(findings),
    )


def wages_minor(minutes: int, per_hour_minor: int) -> int:
    """Minutes by the hourly rate, a part of a penny for the rider."""
    return -(-minutes * per_hour_minor // 60)


def _paid(parcel: Parcel) -> int:
    return parcel.value_minor + parcel.fee_minor + parcel.tip_minor


def _is_delivered(shown: Shown, parcel: Parcel) -> bool:
    ride = shown.rides.get(parcel.reference)
    return ride is not None and ride.state == "delivered"


def _orders_left(shown: Shown, parcels: Parcels, all_delivered: bool) -> list[str]:
    """Orders that are not what the simulation saw become of them."""
    findings = []
    for parcel in parcels:
        ride = shown.rides.get(parcel.reference)
        state = ride.state if ride is not None else "unknown"
        seen = "cancelled" if parcel.cancelled else parcel.ended or "waiting"
        seen = "delivered" if parcel.delivered_at else seen
        if state != seen or (seen == "waiting" and all_delivered):
            findings.append(f"order {parcel.reference} is {state}, and was seen {seen}")
    findings += [f"order {name} was never sent" for name in shown.rides if parcels.find(name) is None]
    return findings


def _riders_off(
    shown: Shown, parcels: Parcels, riders: Sequence[Rider], per_hour_minor: int, watch_off_min: int
) -> list[str]:
    """Riders whose drops, minutes, wages or tips are not what their own watch and bag say."""
    findings = []
    for rider in riders:
        slip = shown.payslips[rider.name]
        brought = set(rider.brought)
        tips = sum(parcel.tip_minor for parcel in parcels if parcel.reference in brought)
        close = abs(slip.minutes - rider.minutes_on) <= watch_off_min
        minutes = slip.minutes if close else rider.minutes_on
        due = wages_minor(minutes, per_hour_minor)
        for what, said, own in (
            ("minutes", slip.minutes, minutes),
            ("wages", slip.wages_minor, due),
            ("tips", slip.tips_minor, tips),
            ("pay in all", slip.total_minor, slip.wages_minor + slip.holiday_minor + slip.tips_minor),
        ):
            if said != own:
                findings.append(f"{rider.name}'s {what}: the pay page says {said}, the simulation {own}")
        first = rider.name.split()[0]
        findings += [
            f"order {name} came by {rider.name}, and is shown as {shown.rides[name].rider}'s"
            for name in sorted(brought)
            if name in shown.rides and shown.rides[name].rider != first
        ]
    return findings


def _not_given_back(shown: Shown, ended: Sequence[Parcel]) -> list[str]:
    """Orders that nobody took and whose customer, paying by card, does not have everything back."""
    return [
        f"order {p.reference} was {p.ended}, and of {_paid(p)} paid {shown.rides[p.reference].refunded_minor} went back"
        for p in ended
        if p.paid_by == "card" and shown.rides[p.reference].refunded_minor != _paid(p)
    ]


def _settlements_off(
    shown: Shown, done: Sequence[Parcel], ended: Sequence[Parcel], food_bp: int
) -> list[str]:
    """Restaurants whose settlement is not the sum of their delivered orders, and of their due of food nobody took."""
    findings = []
    for label, settled in shown.settled.items():
        own = [parcel for parcel in done if parcel.kitchen.label == label]
        food = sum(parcel.value_minor for parcel in own if parcel.paid_by == "card")
        theirs = (parcel for parcel in ended if parcel.kitchen.label == label)
        food += sum(percent_of(parcel.value_minor, food_bp) for parcel in theirs)
        charged = sum(p.fee_minor + p.tip_minor for p in own if p.paid_by == "account")
        for what, said, sent in (
            ("food", settled.food_minor, food),
            ("charged", settled.charged_minor, charged),
        ):
            if said != sent:
                findings.append(f"{label}'s {what}: the settlement says {said}, the orders {sent}")
    return findings
