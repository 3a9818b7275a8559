"""Texts to a person about their shift, their pay and themselves; and to a customer."""

from collections.abc import Mapping
from datetime import datetime

from dispatch.facts import ShiftFacts, WaitHint, WhyFacts
from riders_app.wording.gsm import ONE_SEGMENT, cut, fit, fold
from riders_app.wording.plain import hours, money


def shift_on(shift: ShiftFacts) -> str:
    """ON was heard."""
    since = shift.started_at or shift.planned_start_at
    return (
        f"On shift since {since:%H:%M}, planned until {shift.planned_end_at:%H:%M}. Jobs come by text: "
        "answer TAKE or PASS. MENU shows what you can text, OFF ends your shift."
    )


def shift_off(shift: ShiftFacts) -> str:
    """OFF was heard: the shift has ended, or ends with the job still in hand."""
    if shift.ended_at is None:
        return "OFF noted: no more jobs for you. Finish what you carry; your shift ends with your last DONE."
    return (
        f"Shift ended {shift.ended_at:%H:%M}: {hours(shift.minutes)}, {orders(shift.orders)}, "
        f"{money(shift.earned_minor, shift.currency)} and your tips. Safe home. Wrong? CONTEST and say why"
    )


def shift_asked(shift: ShiftFacts) -> str:
    """Past the planned end: are they still out?"""
    return (
        f"Your shift was planned to end at {shift.planned_end_at:%H:%M} and still runs. Finished? Text OFF. "
        "Still out? Text ON. Nobody will end it without asking you."
    )


def shift_set(shift: ShiftFacts, what: str, *, by: str, reason: str) -> str:
    """A named person set a start or an end, or took the shift off the rota."""
    if what == "cancel":
        said = f"your shift of {shift.planned_start_at:%d %b %H:%M} is off the rota"
    elif what == "start":
        said = f"your shift start is set to {(shift.started_at or shift.planned_start_at):%H:%M}"
    else:
        said = f"your shift end is set to {(shift.ended_at or shift.planned_end_at):%H:%M}"

    def say(f: Mapping[str, str]) -> str:
        return f"{f['by']} says {said}. Why: {f['reason']}. Not right? Text CONTEST and say why"

    return fit(say, {"by": fold(by), "reason": fold(reason).rstrip(".")}, (("reason", 20), ("by", 16)))


def pay(shift: ShiftFacts, link: str = "") -> str:
    """What the shift has earned so far, or did."""
    since = shift.started_at or shift.planned_start_at
    until = f"to {shift.ended_at:%H:%M}" if shift.ended_at else "so far"
    more = f" All of it: {link}" if link else ""
    return cut(
        f"Shift from {since:%H:%M} {until}: {hours(shift.minutes)}, {orders(shift.orders)}, "
        f"{money(shift.earned_minor, shift.currency)} and your tips.{more}",
        ONE_SEGMENT,
    )


def no_pay(link: str = "") -> str:
    """PAY from a rider with no shift in the past day."""
    return "You have had no shift in the last day." + (f" All your pay: {link}" if link else "")


def orders(count: int) -> str:
    """One order, 2 orders."""
    return "1 order" if count == 1 else f"{count} orders"


_SAVED = {
    "wait": "food sooner",
    "late": "less late",
    "travel": "shorter ride",
    "freshness": "food fresher",
    "fairness": "your turn",
    "churn": "as planned before",
}


def why(told: WhyFacts, link: str = "") -> str:
    """Why a job went to this rider: what made the difference to the next best, in minutes, and by which rules."""

    def say(f: Mapping[str, str]) -> str:
        return f"Job {told.number}{f['reference']}: {f['reason']}{f['weighed']}.{f['rules']}{f['link']}"

    fields = {
        "reference": f" ({fold(told.reference)})",
        "reason": _reason(told),
        "weighed": f". Riders out: {told.riders_out}" if told.riders_out > 1 else "",
        "rules": f" Rules {fold(told.rulebook.partition('-')[0])}.",
        "link": f" {link}" if link else "",
    }
    return fit(say, fields, (("reference", 0), ("weighed", 0), ("rules", 0), ("reason", 40)))


def _reason(told: WhyFacts) -> str:
    """What decided it, in a few words."""
    if told.margin_min is None:
        return "nobody else was out" if told.riders_out <= 1 else "nobody else could take it"
    causes = [f"{_SAVED[cause]} {minutes:g}" for cause, minutes in told.because if minutes > 0][:2]
    if told.margin_min <= -0.1:
        return (
            f"the next rider was {-told.margin_min:g} min better, which the search did not find in its time"
        )
    if told.margin_min < 0.1:
        return "as good by you as by the next best rider"
    made = f": {', '.join(causes)}" if causes else ""
    return f"best by you, {told.margin_min:g} min ahead of the next rider{made}"


def wait_here(hint: WaitHint) -> str:
    """Where a rider with nothing to do might wait: advice, and said to be no more."""

    def say(f: Mapping[str, str]) -> str:
        return (
            f"No job just now. A good place to wait: near {f['near']}{f['street']}, {hint.ride_min} min away. "
            "Orders are likely there. Only a hint: stay where you like"
        )

    fields = {"near": fold(hint.near), "street": f", {fold(hint.street)}" if hint.street else ""}
    return fit(say, fields, (("street", 0), ("near", 12)))


def contested(due_at: datetime) -> str:
    """A case is open."""
    return f"Your case is open. A named person will look at it and answer you by {due_at:%d %B}."


def desk_note(body: str) -> str:
    """What a dispatcher wrote."""
    return cut(f"Desk: {fold(body)}", ONE_SEGMENT)


def sign_in(link: str) -> str:
    """The one-time link, in answer to somebody asking for it."""
    return f"Your sign-in link, good once and for 15 minutes: {link}"


def customer_link(restaurant: str, promise_at: datetime, link: str, *, pay: bool = False) -> str:
    """To a customer: their order is known, and where to follow it and, where it is still to be paid, to pay it."""
    there = "Pay and follow it" if pay else "Follow it"

    def say(f: Mapping[str, str]) -> str:
        return f"{f['restaurant']}: your order should be with you by {promise_at:%H:%M}. {there}: {link}"

    return fit(say, {"restaurant": fold(restaurant)}, (("restaurant", 12),))


def customer_cancelled(restaurant: str) -> str:
    """To a customer who got the link: the order was cancelled."""

    def say(f: Mapping[str, str]) -> str:
        return f"{f['restaurant']}: your order has been called off. Please ask the restaurant if you did not expect it."

    return fit(say, {"restaurant": fold(restaurant)}, (("restaurant", 12),))
