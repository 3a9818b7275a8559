"""The co-op's rules as data: one TOML file, read whole, with every fault told at once."""

import difflib
import hashlib
import tomllib
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, ValidationError

from payments.errors import RulebookFault, UnknownZone
from payments.rulebook.across import across
from payments.rulebook.classes import MemberClass, class_faults
from payments.rulebook.compare import Difference, differences
from payments.rulebook.sections import (
    CoOp,
    Dispatch,
    Distance,
    Hills,
    HourlyPremium,
    Hours,
    Late,
    Opening,
    Pay,
    PayPeriod,
    Rain,
    Rate,
    Retention,
    Section,
    Shares,
    Shifts,
    Sick,
    Surplus,
    Zone,
)
from payments.rulebook.trade import (
    STAGES,
    VAT_KINDS,
    CancelledAt,
    Revenue,
    Settlement,
    Stage,
    Vat,
    VatKind,
    VatRate,
    trade_faults,
)
from payments.rulebook.words import zone_info
from payments.rulebook.working import Rest, Rota

__all__ = [
    "STAGES",
    "VAT_KINDS",
    "CancelledAt",
    "CoOp",
    "Difference",
    "Dispatch",
    "Distance",
    "Hills",
    "HourlyPremium",
    "Hours",
    "Late",
    "MemberClass",
    "Opening",
    "Pay",
    "PayPeriod",
    "Rain",
    "Rate",
    "Rest",
    "Retention",
    "Revenue",
    "Rota",
    "Rulebook",
    "Settlement",
    "Shares",
    "Shifts",
    "Sick",
    "Stage",
    "Surplus",
    "Vat",
    "VatKind",
    "VatRate",
    "Zone",
    "check",
    "differences",
    "digest",
    "parse",
]


class Rulebook(Section):
    """Everything the members have decided, section by section."""

    co_op: CoOp
    zones: tuple[Zone, ...]
    hours: Hours | None = None
    revenue: Revenue
    vat: Vat = Field(default_factory=Vat)
    settlement: Settlement = Field(default_factory=Settlement)
    pay: Pay
    pay_period: PayPeriod = Field(default_factory=PayPeriod)
    shifts: Shifts = Field(default_factory=Shifts)
    rota: Rota = Field(default_factory=Rota)
    rest: Rest = Field(default_factory=Rest)
    dispatch: Dispatch = Field(default_factory=Dispatch)
    surplus: Surplus | None = None
    retention: Retention = Field(default_factory=Retention)
    shares: Shares | None = None
    classes: tuple[MemberClass, ...] = ()

    @property
    def timezone(self) -> ZoneInfo:
        """The co-op's own time."""
        return zone_info(self.co_op.timezone)

    def local(self, at: datetime) -> datetime:
        """An aware instant in the co-op's own time."""
        return at.astimezone(self.timezone)

    def midnight(self, on: date) -> datetime:
        """The instant (UTC) a day of the co-op begins."""
        return datetime.combine(on, time(), self.timezone).astimezone(UTC)

    def period_at(self, at: datetime) -> tuple[datetime, datetime]:
        """The pay period an instant is in: its beginning and the next one's, in UTC."""
        since, until = self.pay_period.around(self.local(at).date())
        return self.midnight(since), self.midnight(until)

    def settled_around(self, at: datetime) -> tuple[datetime, datetime]:
        """The settlement period an instant is in: its beginning and the next one's, in UTC."""
        since, until = self.settlement.around(self.local(at).date())
        return self.midnight(since), self.midnight(until)

    def is_open(self, at: datetime) -> bool:
        """Whether the co-op works at an instant; always, where no hours are written."""
        return self.hours is None or self.hours.open_at(self.local(at).replace(tzinfo=None))

    def zone(self, name: str) -> Zone:
        """The zone of that name; UnknownZone."""
        for zone in self.zones:
            if zone.name == name:
                return zone
        raise UnknownZone(name)

    @property
    def hilly(self) -> frozenset[str]:
        """The names of the zones where riding is a climb: written so, or paid for as such."""
        paid = self.pay.hills.zones if self.pay.hills is not None else ()
        return frozenset(paid) | {zone.name for zone in self.zones if zone.hilly}

    def zone_at(self, lat: float, lon: float) -> Zone | None:
        """The first zone that covers a place (degrees), or None outside them all."""
        return next((zone for zone in self.zones if zone.covers(lat, lon)), None)


@lru_cache(maxsize=64)
def parse(text: str) -> Rulebook:
    """Read a rulebook; RulebookFault lists every fault with its place in the file, lists counting from 1."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise RulebookFault((f"the file cannot be read as TOML: {fault}",)) from None
    return check(raw)


def check(raw: dict[str, Any]) -> Rulebook:
    """The rulebook that TOML tables already read make; RulebookFault lists every fault."""
    faults = [
        f"{_path(place, raw)}: {words}"
        for place, words in (*across(raw), *trade_faults(raw), *class_faults(raw))
    ]
    try:
        rulebook = Rulebook.model_validate(raw)
    except ValidationError as refused:
        faults = [_told(fault, raw) for fault in refused.errors(include_url=False)] + faults
    if faults:
        raise RulebookFault(tuple(dict.fromkeys(faults)))
    return rulebook


def digest(text: str) -> str:
    """SHA-256 (hex) of the text as it was adopted."""
    return hashlib.sha256(text.encode()).hexdigest()


def _told(fault: Any, raw: dict[str, Any]) -> str:
    """One of pydantic's errors in our words."""
    where, loc, kind = _path(fault["loc"], raw), fault["loc"], fault["type"]
    if kind == "rule":
        return f"{where}: {fault['ctx']['words']}"
    if kind == "missing":
        return f"{where}: is missing, and has no default"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _known(loc[:-1]), n=1)
        return f"{where}: is not a rule we know" + (f"; did you mean {near[0]}?" if near else "")
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"{where}: must be a section, such as [{loc[0]}]"
    if kind in ("list_type", "tuple_type"):
        return f"{where}: must be a list, such as [[{loc[0]}]]"
    return f"{where}: {fault['msg']}"


def _path(loc: tuple[str | int, ...], raw: Any) -> str:
    """The TOML path; a list's item is counted from 1 and called by its name where it has one."""
    path, here = "", raw
    for step in loc:
        if isinstance(step, int):
            here = here[step] if isinstance(here, list) and step < len(here) else None
            path += f"[{step + 1}]"
            if isinstance(here, dict) and isinstance(here.get("name"), str):
                path += f' ("{here["name"]}")'
        else:
            here = here.get(step) if isinstance(here, dict) else None
            path += f".{step}" if path else step
    return path


def _known(loc: tuple[str | int, ...]) -> list[str]:
    """The rules the section at `loc` may hold."""
    model: type[BaseModel] = Rulebook
    for step in loc:
        if isinstance(step, str) and step in model.model_fields:
            inner = _models(model.model_fields[step].annotation)
            model = inner[0] if inner else model
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
