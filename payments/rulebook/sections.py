"""The sections of a rulebook, as the members wrote them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from payments.errors import NoRate
from payments.rulebook.words import (
    WEEKDAYS,
    Basis,
    BasisPoints,
    Currency,
    Day,
    Days,
    FairnessBasis,
    FairnessWindow,
    Hour,
    HourlyRate,
    Minutes,
    Pence,
    PeriodStart,
    Point,
    Polygon,
    Seconds,
    Text,
    Timezone,
    Weight,
    YesNo,
    number,
    one_of,
    whole,
)


class Section(BaseModel):
    """A section of the file: nothing but the rules it lists, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CoOp(Section):
    """Who this is: the co-op's name, currency (three letters), timezone, and the language customers are told in."""

    name: Text
    currency: Currency = "GBP"
    timezone: Timezone = "Europe/London"
    language: Literal["en", "pt", "fr", "es"] = "en"


class Zone(Section):
    """Where the co-op delivers and for how much; the first zone that covers a place is its zone."""

    name: Text
    polygon: Polygon | None = None
    everywhere: YesNo = False
    delivery_fee_minor: Pence
    per_km_minor: Pence = 0
    hilly: YesNo = False  # riding there is a climb; zones of [pay.hills] are hilly without it

    def covers(self, lat: float, lon: float) -> bool:
        """Whether a place (degrees) lies in the zone; by counting edges to the east of it."""
        if self.polygon is None:
            return True
        inside = False
        for (lat_a, lon_a), (lat_b, lon_b) in zip(
            self.polygon, self.polygon[1:] + self.polygon[:1], strict=True
        ):
            if (lat_a > lat) != (lat_b > lat):
                inside ^= lon < (lon_b - lon_a) * (lat - lat_a) / (lat_b - lat_a) + lon_a
        return inside


class Opening(Section):
    """When a day begins and ends, local time; an end before the beginning is after midnight."""

    open: Hour
    close: Hour


class Hours(Section):
    """The days the co-op works; a day that is not listed is closed."""

    monday: Opening | None = None
    tuesday: Opening | None = None
    wednesday: Opening | None = None
    thursday: Opening | None = None
    friday: Opening | None = None
    saturday: Opening | None = None
    sunday: Opening | None = None

    def on(self, day: date) -> Opening | None:
        """The opening of that day's weekday."""
        opening: Opening | None = getattr(self, WEEKDAYS[day.weekday()])
        return opening

    def open_at(self, local: datetime) -> bool:
        """Whether the co-op is open at a local date and time."""
        today, hour = self.on(local.date()), local.time()
        if today is not None and today.open <= hour and (hour < today.close or today.close <= today.open):
            return True
        eve = self.on(local.date() - timedelta(days=1))
        return eve is not None and eve.close <= eve.open and hour < eve.close


class Rate(Section):
    """An hourly rate and the day it holds from."""

    from_on: Day = Field(alias="from")
    per_hour_minor: HourlyRate


class HourlyPremium(Section):
    """What an hour of some kind earns more: pence an hour, or hundredths of a percent of that day's rate."""

    per_hour_minor: Pence | None = None
    rate_bp: Annotated[int, whole(0, 20_000, "hundredths of a percent", " (twice the rate)")] | None = None


class Late(HourlyPremium):
    """Minutes that begin at or after `from`, local time, and before `until`, which may be next morning."""

    from_at: Hour = Field(alias="from")
    until: Hour = time(5)

    def covers(self, local: time) -> bool:
        """Whether a minute that begins at this local time is late."""
        if self.from_at <= self.until:
            return self.from_at <= local < self.until
        return local >= self.from_at or local < self.until


class Rain(HourlyPremium):
    """Minutes that begin while the desk says it rains."""


class Distance(Section):
    """What each drop earns for the way from restaurant to door beyond `over_m` metres."""

    per_km_minor: Annotated[int, whole(1, None, "pence (minor units) a km")]
    over_m: Annotated[int, whole(0, 100_000, "metres")] = 0


class Hills(Section):
    """What each drop into one of these zones earns."""

    per_drop_minor: Annotated[int, whole(1, None, "pence (minor units) a drop")]
    zones: tuple[Text, ...]


class Sick(Section):
    """What an hour of planned work missed through illness pays: a share of that day's rate, or pence an hour."""

    share_bp: BasisPoints | None = None
    per_hour_minor: Pence | None = None


class Pay(Section):
    """What riders earn: by the hour, the drop or both, never under the floor, premiums and holiday on top.

    Tips are each rider's `own`, or `pooled` and shared by the minutes on shift that day. Holiday pay is set aside
    until leave is taken (`accrued`), or paid at once as a line of its own (`rolled_up`).
    """

    basis: Basis
    rates: tuple[Rate, ...] = ()
    floor: tuple[Rate, ...] = ()
    per_drop_minor: Pence = 0
    holiday_bp: BasisPoints = 1207
    status: Annotated[Literal["employees", "self_employed"], one_of("employees", "self_employed")] = (
        "employees"
    )
    holiday: Annotated[Literal["accrued", "rolled_up"], one_of("accrued", "rolled_up")] = "accrued"
    tips: Annotated[Literal["own", "pooled"], one_of("own", "pooled")] = "own"
    late: Late | None = None
    rain: Rain | None = None
    distance: Distance | None = None
    hills: Hills | None = None
    sick: Sick | None = None

    def rate_on(self, on: date) -> int:
        """Minor units an hour on that day; NoRate before the first rate."""
        return _rate_on(self.rates, on)

    def floor_on(self, on: date) -> int:
        """Minor units an hour must earn on that day, nought without a floor; NoRate before the first."""
        return _rate_on(self.floor, on) if self.floor else 0

    def hour_on(self, on: date) -> int:
        """Minor units an hour of work counts for on that day: the hourly rate, else the floor; NoRate."""
        return _rate_on(self.rates or self.floor, on)

    def ladder(self, until: date) -> list[int]:
        """The hourly rates that held one after the other up to and with a day, in minor units."""
        begun = [rate.per_hour_minor for rate in self.rates if rate.from_on <= until]
        return [rate for rate, _ in groupby(begun)]

    def begins(self) -> date | None:
        """The first day every table that is used has a rate for."""
        used = [self.floor] if self.basis == "per_drop" else [self.rates, self.floor]
        return max((table[0].from_on for table in used if table), default=None)


def _rate_on(rates: Sequence[Rate], on: date) -> int:
    begun = [rate for rate in rates if rate.from_on <= on]
    if not begun:
        raise NoRate(on)
    return begun[-1].per_hour_minor


class PayPeriod(Section):
    """How long a pay period is, on what weekday or day of the month it begins, and how its pay is paid."""

    kind: Annotated[Literal["week", "month"], one_of("week", "month")] = "week"
    starts_on: PeriodStart = "monday"
    paid_by: Annotated[Literal["bank", "stripe"], one_of("bank", "stripe")] = "bank"
    two_people: YesNo = False
    bank_change_days: Days = 14

    def around(self, on: date) -> tuple[date, date]:
        """The first day of the period that day is in, and the first day of the next."""
        if isinstance(self.starts_on, str):
            since = on - timedelta(days=(on.weekday() - WEEKDAYS.index(self.starts_on)) % 7)
            return since, since + timedelta(days=7)
        since = on.replace(day=self.starts_on)
        if since > on:
            since = (since.replace(day=1) - timedelta(days=1)).replace(day=self.starts_on)
        return since, (since.replace(day=28) + timedelta(days=4)).replace(day=self.starts_on)


class Shifts(Section):
    """When a shift may start and what its end is worth: how early ON works, who may start unplanned, when is asked."""

    ask_after_end_min: Minutes = 15
    silence_min: Minutes = 10
    early_on_min: Minutes = 60
    late_on_min: Minutes = 10
    unplanned_on: Annotated[Literal["ask", "allow"], one_of("ask", "allow")] = "ask"
    unplanned_h: Annotated[float, number(0.25, 16)] = 4.0
    stay_ask_min: Minutes = 30


class Dispatch(Section):
    """How jobs are planned and offered; seconds end in _s, minutes in _min, hours in _h."""

    travel_provider: Annotated[Literal["crow", "plane"], one_of("crow", "plane")] = "crow"
    speed_kmh: Annotated[float, number(1, 60)] = 14.0
    detour: Annotated[float, number(1, 5)] = 1.35
    origin: Point | None = None
    metres_per_minute: Annotated[float, number(1, 1000)] | None = None
    max_batch: Annotated[int, whole(1, 20, "orders")] = 3
    one_restaurant_batches: YesNo = False
    freshness_min: Minutes | None = None
    promise_min: Annotated[int, whole(1, 1_440, "minutes", " (a day)")] = 45
    offer_lead_s: Seconds = 120
    offer_timeout_s: Annotated[int, whole(1, 86_400, "seconds", " (a day)")] = 180
    tick_s: Annotated[int, whole(1, 3_600, "seconds", " (an hour)")] = 30
    solve_budget_ms: Annotated[int, whole(1, 600_000, "milliseconds", " (ten minutes)")] = 1_000
    capacity: dict[Text, Annotated[int, whole(1, 1_000)]] = Field(default={"bike": 3, "cargo": 8})
    pickup_arrive_s: Seconds = 120
    pickup_leave_s: Seconds = 120
    drop_arrive_s: Seconds = 120
    drop_leave_s: Seconds = 120
    end_rule: Annotated[Literal["pickup", "drop"], one_of("pickup", "drop")] = "drop"
    end_tolerance_min: Minutes = 0
    max_live_jobs: Annotated[int, whole(1, 20, "jobs")] = 2
    max_ahead_h: Annotated[int, whole(1, 720, "hours", " (30 days)")] = 24
    fairness_basis: FairnessBasis = "orders"
    fairness_window: FairnessWindow = "pay_period"
    fairness_weight: Weight = 0.0
    fairness_may_cost_p90_min: Annotated[float, number(0, 120)] = 2.0
    fairness_newcomer_h: Annotated[float, number(0, 100)] = 1.0
    desirable_ride_min: Minutes = 8
    late_weight: Weight = 1.0
    travel_weight: Weight = 1.0
    churn_weight: Weight = 30.0
    unserved_min: Minutes = 150
    withdraw_saves_min: Minutes = 10
    warm_start: YesNo = True
    plan_kept_min: Minutes = 5
    kitchen_look_ahead: YesNo = True
    kitchen_orders: Annotated[int, whole(1, 500, "orders")] = 30
    kitchen_most_min: Annotated[int, whole(0, 60, "minutes", " (an hour)")] = 8
    waiting_hints: YesNo = True
    waiting_text_every_min: Minutes = 0
    remind_after_s: Seconds = 0
    ring_every_s: Annotated[int, whole(30, 3_600, "seconds", " (an hour)")] = 120
    ring_after_silences: Annotated[int, whole(1, 20, "riders")] = 2
    passes_per_shift: Annotated[int, whole(1, 200, "jobs")] | None = None
    acknowledge_within_s: Annotated[int, whole(30, 3_600, "seconds", " (an hour)")] = 180
    door_wait_min: Minutes = 10
    proof: Annotated[Literal["none", "pin", "name", "photo"], one_of("none", "pin", "name", "photo")] = "none"


class Surplus(Section):
    """What a year's surplus is for before dividends, in hundredths of a percent."""

    reserve_bp: BasisPoints = 0
    community_bp: BasisPoints = 0
    share_interest_bp: BasisPoints = 0


class Retention(Section):
    """Days that personal data is kept."""

    contacts_days: Days = 30
    texts_days: Days = 90
    decisions_days: Days = 180
    bank_days: Days = 90


class Shares(Section):
    """What one share costs, and the most one member may hold, in minor units."""

    par_minor: Annotated[int, whole(1, None, "pence (minor units)")]
    max_minor: Annotated[int, whole(1, None, "pence (minor units)")] = 10_000_000
