"""What pages and texts are told: plain facts, with local times, that know no table and no channel."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

VEHICLES = ("bike", "cargo")
Vehicle = Literal["bike", "cargo"]
SKILLS = ("age_check", "heat_bag")
"""What a rider may be trained or equipped for: checking a customer's age, keeping food hot."""
NEEDS = (*SKILLS, "cargo")
"""What an order may need of its rider; who rides a cargo bike today has "cargo"."""
LANGUAGES = {"en": "English", "pt": "Português", "fr": "Français", "es": "Español"}
"""What Pannier speaks, each by its own name."""
LOCALES = {"en": "en_GB", "pt": "pt_PT", "fr": "fr_FR", "es": "es_ES"}
"""As it is spoken, and written, where."""
Say = Callable[..., str]
"""A message in English, and its facts by name: the message in somebody's language, its facts put in."""

ROLES = ("rider", "dispatcher", "treasurer", "secretary", "restaurant", "member", "administrator")


def english(message: str, **facts: object) -> str:
    """The message as it is written, its facts put in."""
    return message.format(**facts) if facts else message


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth, in degrees (WGS 84)."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class PickupFacts:
    """One call at a restaurant: what to collect there, and from when (local time)."""

    restaurant: str
    street: str
    ready_at: datetime
    references: tuple[str, ...]
    done: bool = False


@dataclass(frozen=True, slots=True)
class DropFacts:
    """One drop of a job. `street` is the address without the flat; `letter` is A, B, C in riding order."""

    letter: str
    street: str
    flat: str
    note: str
    name: str
    phone: str
    reference: str
    promise_at: datetime
    done: bool = False


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as its rider may see it; instants are in the co-op's local time.

    `orders_tonight` counts this rider's orders on this shift with this job taken; `adds_minor` is what the job
    adds to pay (0 under hourly pay) in minor units of `currency`, tips not counted; `tips_minor` is the tips on it.
    `ends_at` is when it would end, where that is after `shift_ends_at`: its rider is asked to stay for it.
    """

    number: int
    state: str
    pickups: tuple[PickupFacts, ...]
    drops: tuple[DropFacts, ...]
    distance_m: int
    minutes: int
    answer_by: datetime | None
    orders_tonight: int
    adds_minor: int
    tips_minor: int
    currency: str
    ends_at: datetime | None = None
    shift_ends_at: datetime | None = None

    @property
    def next_pickup(self) -> PickupFacts | None:
        """The next call at a restaurant still to make, if any."""
        return next((p for p in self.pickups if not p.done), None)

    @property
    def next_drop(self) -> DropFacts | None:
        """The next drop still to make, if any."""
        return next((d for d in self.drops if not d.done), None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rider who was weighed for a job: `you`, or another by a number (`rider 2`), never by name.

    `costs` are minutes by cause, `total_min` their sum; `barred` says why it could not be theirs at all.
    `wanted` is what would have made it theirs, each alone: ("sooner", seconds), ("nearer", seconds), or
    ("fairer", 0) where only what each has had stood between.
    `free_in_min` and `had_an_hour` (in the fairness basis) are what was known of them then.
    """

    who: str
    costs: tuple[tuple[str, float], ...]
    total_min: float
    barred: str = ""
    free_in_min: int = 0
    had_an_hour: float = 0.0
    wanted: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class WhyFacts:
    """Why a job went to one rider: minutes of cost by cause, for the chosen rider and the best other ones.

    Other riders are named by a number (`rider 2`), never by name. `others` are those who could have had it;
    `candidates` is everybody weighed, the chosen one first. `margin_min` is how much the next best would have
    had to cost less, `because` what made that difference, in minutes saved by cause.
    """

    number: int
    reference: str
    chosen: tuple[tuple[str, float], ...]
    others: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    decided_at: datetime
    rulebook: str
    candidates: tuple[Candidate, ...] = ()
    margin_min: float | None = None
    because: tuple[tuple[str, float], ...] = ()
    basis: str = "orders"
    riders_out: int = 0
    orders_open: int = 0
    solver: str = ""
    iterations: int = 0
    wall_ms: int = 0


@dataclass(frozen=True, slots=True)
class WaitHint:
    """Where a rider with nothing to do might wait: near this restaurant, so many minutes' ride away.

    `saves_s` is what that is likely to save in seconds of standing food, over the next half hour's orders.
    """

    near: str
    street: str
    lat: float
    lon: float
    ride_min: int
    saves_s: int

    @property
    def map_link(self) -> str:
        """The place on OpenStreetMap."""
        return f"https://www.openstreetmap.org/?mlat={self.lat:.5f}&mlon={self.lon:.5f}#map=18/{self.lat:.5f}/{self.lon:.5f}"


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """A shift as its rider may see it, in local time; `minutes` counts from its start until now or its end."""

    id: int
    state: str
    vehicle: str
    planned_start_at: datetime
    planned_end_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    minutes: int
    orders: int
    earned_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ShiftTime:
    """A planned shift, or work on the rota, in local time."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class RotaFacts:
    """A rider's next shifts; how many shifts have a free place they could ask for; how many others offer theirs."""

    mine: tuple[ShiftTime, ...]
    places: int = 0
    swaps: int = 0


@dataclass(frozen=True, slots=True)
class Marked:
    """What an answer marked: the verb, the job, which drops, and what is next (None: the job is finished)."""

    verb: Literal[
        "took", "passed", "here", "got", "done", "undone", "late", "trouble", "failed", "acknowledged"
    ]
    number: int
    letters: tuple[str, ...]
    references: tuple[str, ...]
    at: datetime
    next: JobFacts | None
    repeated: bool = False
