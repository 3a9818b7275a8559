"""Two rulebooks beside each other: each rule that changed, in words, and whom it touches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any

from payments.money import told
from payments.rulebook.sections import Hours, Opening, Rate, Section, Zone
from payments.rulebook.trade import VatRate
from payments.rulebook.words import WEEKDAYS

if TYPE_CHECKING:
    from payments.rulebook import Rulebook

Path = tuple[str, ...]

# Whom a rule touches: by the rule where it stands here, else by its section.
_TOUCHES = {
    "co_op": "everyone",
    "zones": "customers and restaurants",
    "border": "customers, restaurants and riders",
    "hours": "riders, restaurants and customers",
    "revenue": "the co-op",
    "commission_bp": "restaurants",
    "refund_commission": "restaurants",
    "cancelled": "restaurants and customers",
    "vat": "customers and restaurants",
    "quarter_begins": "the co-op",
    "settlement": "restaurants",
    "pay": "riders",
    "pay_period": "riders",
    "shifts": "riders",
    "rota": "riders",
    "rest": "riders",
    "dispatch": "riders and customers",
    "promise_min": "customers and restaurants",
    "solve_budget_ms": "nobody directly",
    "tick_s": "nobody directly",
    "surplus": "members",
    "community_bp": "members and neighbours",
    "retention": "customers and riders, whose data it is",
    "shares": "members",
}

# What a rule is called where its name in the file does not say it well; a section's name is put before the others.
_SAYS = {
    ("co_op", "name"): "The co-op's name",
    ("co_op", "currency"): "The co-op's currency",
    ("co_op", "timezone"): "The co-op's own time",
    ("co_op", "language"): "The language customers are told in",
    ("revenue", "commission_bp"): "What the co-op keeps of the food",
    ("revenue", "card_fee_bp"): "What a card costs the co-op, of the amount",
    ("revenue", "card_fee_fixed_minor"): "What a card costs the co-op, for each payment",
    (
        "revenue",
        "refund_commission",
    ): "Whether commission on refunded food goes back to the restaurant that bears it",
    ("revenue", "cancelled", "kitchen_begins_min"): "How long before it is ready a kitchen is taken to begin",
    ("vat", "registered"): "Whether the co-op is registered for VAT",
    ("vat", "number"): "The co-op's VAT number",
    ("vat", "quarter_begins"): "The first month of a VAT quarter",
    ("settlement", "period"): "How long restaurants are settled for at a time",
    ("settlement", "day"): "The day a settlement period begins",
    ("settlement", "first_on"): "The day fortnights are counted from",
    ("settlement", "method"): "How restaurants are paid",
    ("settlement", "minimum_payout_minor"): "The least that is paid out to a restaurant; less is carried",
    ("settlement", "invoice_prefix"): "What invoice numbers begin with",
    ("settlement", "address"): "The co-op's address on invoices",
    ("settlement", "payment_terms_days"): "How long a restaurant has to pay an invoice",
    ("pay", "basis"): "What riders are paid by",
    ("pay", "per_drop_minor"): "Pay for a drop",
    ("pay", "holiday_bp"): "Holiday, of the minutes and the wages",
    ("pay", "holiday"): "When holiday pay is paid",
    ("pay", "tips"): "Whose the tips are",
    ("pay", "status"): "What riders are to the co-op",
    ("pay_period", "paid_by"): "How pay is paid",
    ("pay_period", "two_people"): "Whether another person than who approved a pay run marks it paid",
    ("pay_period", "bank_change_days"): "How long before it is paid a changed bank account is pointed out",
    ("pay", "late", "from_at"): "Late hours begin",
    ("pay", "late", "until"): "Late hours end",
    ("pay", "late", "per_hour_minor"): "A late hour earns more",
    ("pay", "late", "rate_bp"): "A late hour earns more, of the rate",
    ("pay", "rain", "per_hour_minor"): "An hour in the rain earns more",
    ("pay", "rain", "rate_bp"): "An hour in the rain earns more, of the rate",
    ("pay", "distance", "per_km_minor"): "A km of a long way earns more",
    ("pay", "distance", "over_m"): "A way is long beyond",
    ("pay", "hills", "per_drop_minor"): "A drop up the hill earns more",
    ("pay", "hills", "zones"): "The zones on a hill",
    ("pay", "sick", "share_bp"): "Sick pay, of the rate",
    ("pay", "sick", "per_hour_minor"): "Sick pay for a planned hour",
    ("pay_period", "kind"): "How long a pay period is",
    ("pay_period", "starts_on"): "When a pay period begins",
    ("shifts", "ask_after_end_min"): "How long after a shift's end the rider is asked",
    ("shifts", "silence_min"): "How long after a rider's last word the rider is asked",
    ("shifts", "early_on_min"): "How long before its start a shift may be started",
    ("shifts", "late_on_min"): "How long after its start a shift not started is put before the desk",
    ("shifts", "unplanned_on"): "Who starts with no shift planned",
    ("shifts", "unplanned_h"): "How long a shift started unplanned is taken to last",
    ("shifts", "stay_ask_min"): "How far past a shift's end a rider may be asked to stay",
    ("rota", "waitlist"): "Who comes first for a place on the rota",
    ("rota", "answer_min"): "How long a place that came free waits for an answer",
    ("rota", "swap"): "Swapping a shift",
    ("rota", "cancel_notice_h"): "The notice a rider gives up a shift with",
    ("rest", "break_min"): "How long a break is",
    ("rest", "break_after_h"): "A shift longer than this has a break",
    ("rest", "break_window_min"): "How long before it is due a break may be placed",
    ("rest", "break_paid"): "Breaks are paid",
    ("rest", "max_orders_an_hour"): "The most orders for one rider in an hour",
    ("rest", "max_effort_min_an_hour"): "The most effort for one rider in an hour",
    ("rest", "max_km_an_hour"): "The most km for one rider in an hour",
    ("rest", "load_effort_pct"): "Each bag beyond the first makes work harder by",
    ("rest", "rain_effort_pct"): "Rain makes work harder by",
    ("rest", "climb_effort_pct"): "An order into a hilly zone makes work harder by",
    ("rest", "heavy_run_min"): "A run of this much effort is heavy",
    ("rest", "cool_down_min"): "Rest after a heavy run",
    ("rest", "working_time"): "Working time",
    ("dispatch", "promise_min"): "The time promised to customers",
    ("dispatch", "freshness_min"): "The longest food may ride",
    ("dispatch", "max_batch"): "The most orders in one job",
    ("dispatch", "remind_after_s"): "How long an offer is unanswered before one reminder (0: half its time)",
    ("dispatch", "ring_every_s"): "How often the desk is rung until somebody acknowledges it",
    ("dispatch", "ring_after_silences"): "How many riders may let an order go by before the desk is rung",
    ("dispatch", "passes_per_shift"): "The passes in one shift after which a person has a word",
    ("dispatch", "acknowledge_within_s"): "How long a rider has to confirm a changed address or a handed job",
    ("dispatch", "door_wait_min"): "How long a rider waits at a door before they are asked",
    ("dispatch", "proof"): "How a delivery is proved",
    ("surplus", "reserve_bp"): "Of the surplus, to the reserve",
    ("surplus", "community_bp"): "Of the surplus, to the community fund",
    ("surplus", "share_interest_bp"): "Interest on shares, at most",
    ("retention", "contacts_days"): "How long contacts are kept",
    ("retention", "texts_days"): "How long texts are kept",
    ("retention", "bank_days"): "How long bank accounts of people who left are kept",
    ("shares", "par_minor"): "What a share costs",
    ("shares", "max_minor"): "The most one member may hold",
}

_VAT_OF = {"commission": "commission", "delivery": "delivery fees", "service": "services to restaurants"}
_CANCELLED = {
    "before_kitchen": "Cancelled before the kitchen began",
    "cooking": "Cancelled while it was cooking",
    "ready": "Cancelled when it was ready",
    "picked_up": "Cancelled after pick-up",
}
_CANCEL_SAYS = {
    "food_bp": "what the restaurant is paid of the food",
    "delivery_fee": "what becomes of the delivery fee",
    "borne_by": "who bears it",
}

_SUFFIXES = {
    "s": "seconds", "ms": "milliseconds", "min": "minutes", "h": "hours", "days": "days", "kmh": "km an hour",
    "m": "metres", "pct": "%",
}  # fmt: skip
_WORDS = {
    "hourly": "the hour",
    "per_drop": "the drop",
    "self_employed": "self-employed",
    "both": "the hour and the drop",
    "own": "the rider's who delivered",
    "pooled": "all who were on shift that day, by their minutes",
    "accrued": "when leave is taken",
    "rolled_up": "with each shift, as its own line",
}
_SAID = {
    "first_come": "who asked first", "fewest_hours": "who has the fewest hours in the pay period",
    "free": "between the riders", "agreed": "once the desk agrees",
    "ask": "the desk is asked", "allow": "anyone",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule that changed: its place in the file, its name in words, what it was and becomes, whom it touches.

    `old` is None for a rule that was not there before, `new` for one that is no longer.
    """

    path: str
    rule: str
    old: str | None
    new: str | None
    touches: str


def differences(old: "Rulebook", new: "Rulebook") -> tuple[Difference, ...]:
    """Every rule that is not the same in both, in the order of the file; defaults count as written."""
    before, after = dict(_rules(old)), dict(_rules(new))
    found = []
    for path in [*before, *(path for path in after if path not in before)]:
        was, becomes = before.get(path), after.get(path)
        if was == becomes:
            continue
        told_old = None if was is None else _value(path, was, old.co_op.currency)
        told_new = None if becomes is None else _value(path, becomes, new.co_op.currency)
        if told_old == told_new:
            told_new = f"{told_new}, drawn otherwise"
        found.append(Difference(".".join(path), _rule(path), told_old, told_new, _touches(path)))
    found += _zones_in_turn(old, new)
    order = {name: place for place, name in enumerate(type(old).model_fields)}
    return tuple(sorted(found, key=lambda each: order[each.path.split(".")[0]]))


def _zones_in_turn(old: "Rulebook", new: "Rulebook") -> Iterator[Difference]:
    """Where two zones overlap the first counts; told unless zones only came, or went, at the end."""
    before, after = ([zone.name for zone in rules.zones] for rules in (old, new))
    ahead = [name for name in before if name in after]
    if before[: len(ahead)] == ahead == after[: len(ahead)]:
        return
    rule, told_old, told_new = "Which zone counts first", ", then ".join(before), ", then ".join(after)
    yield Difference("zones", rule, told_old, told_new, _TOUCHES["zones"])


def _rules(section: Section, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every rule as (path, value), what is in lists and tables by its name or its day; absent rules are not told."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        here = (*path, name)
        if name == "hours":
            yield from _hours(value, here)
        elif value is None:
            continue
        elif isinstance(value, Section) and not isinstance(value, Opening):
            yield from _rules(value, here)
        elif isinstance(value, dict):
            yield from (((*here, str(key)), each) for key, each in sorted(value.items()))
        elif isinstance(value, tuple) and value and isinstance(value[0], Section):
            for each in value:
                yield from _listed(each, here)
        elif value != ():
            yield here, value


def _hours(hours: Hours | None, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every day of the week: without hours the co-op is always open, with them closed where none are written."""
    for day in WEEKDAYS:
        yield (*path, day), "all day" if hours is None else getattr(hours, day) or "closed"


def _listed(item: Section, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(item, Rate):
        yield (*path, item.from_on.isoformat()), item.per_hour_minor
        return
    if isinstance(item, VatRate):
        yield (*path, item.from_on.isoformat()), item
        return
    here = (*path, str(getattr(item, "name", "")))
    for each, value in _rules(item, here):
        if each[-1] not in ("name", "everywhere", "polygon"):
            yield each, value
    if isinstance(item, Zone):
        yield (*here, "border"), item.polygon or ()


def _rule(path: Path) -> str:
    if path in _SAYS:
        return _SAYS[path]
    section, last = path[0], path[-1]
    if section == "zones":
        what = {
            "border": "where it is",
            "delivery_fee_minor": "delivery fee",
            "per_km_minor": "and for each km",
        }
        return f"Zone {path[1]}: {what.get(last, _plain(last))}"
    if section == "hours":
        return f"Open on {last.capitalize()}"
    if path[:2] == ("pay", "rates"):
        return f"Hourly pay from {last}"
    if path[:2] == ("pay", "floor"):
        return f"The least an hour earns, from {last}"
    if section == "classes":
        return f"{path[1].capitalize()}: {_plain(last)}"
    if section == "vat":
        return f"VAT on {_VAT_OF[path[1]]} from {last}"
    if path[:2] == ("revenue", "cancelled"):
        return f"{_CANCELLED[path[2]]}: {_CANCEL_SAYS[last]}"
    if len(path) > 2:
        return f"{section.replace('_', ' ').capitalize()}: {_plain(path[1])} of a {last}"
    return f"{section.replace('_', ' ').capitalize()}: {_plain(last)}"


def _plain(name: str) -> str:
    """A rule's name in the file as words, without its unit: `offer_lead_s` is "offer lead"."""
    words = name.split("_")
    if len(words) > 1 and words[-1] in (*_SUFFIXES, "minor", "bp"):
        words = words[:-1]
    return " ".join(words)


def _touches(path: Path) -> str:
    if path[:2] == ("revenue", "cancelled"):
        return _TOUCHES["cancelled"]
    if path[0] == "classes":
        return f"members who are {path[1]}"
    return _TOUCHES.get(path[-1]) or _TOUCHES[path[0]]


def _value(path: Path, value: Any, currency: str) -> str:
    """A rule's value as people say it, with its unit."""
    unit = path[-1].rsplit("_", 1)[-1]
    if path[:2] in (("pay", "rates"), ("pay", "floor")):
        return f"{told(value, currency)} an hour"
    if path[-1] == "border":
        return f"within {len(value)} points" if value else "everywhere"
    if isinstance(value, VatRate):
        return f"{value.rate_bp / 100:g} %, {'in the price' if value.included else 'on top of the price'}"
    if path[:2] == ("revenue", "cancelled") and value in ("kept", "back"):
        return "kept" if value == "kept" else "given back"
    if isinstance(value, Opening):
        return f"{_value(path, value.open, currency)} to {_value(path, value.close, currency)}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if unit == "minor":
        return told(value, currency)
    if unit == "bp":
        return f"{value / 100:g} %"
    if isinstance(value, str):
        said = _SAID if path[0] in ("rota", "shifts") else _WORDS if path[0] == "pay" else {}
        return said.get(value, value)
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    number = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{number} {_SUFFIXES[unit]}" if unit in _SUFFIXES and "_" in path[-1] else number
