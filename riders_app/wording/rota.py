"""Texts about the rota, breaks and staying on: one segment each."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dispatch.facts import RotaFacts, ShiftTime
from riders_app.wording.gsm import ONE_SEGMENT, cut, fit, fold, septets


def hour(at: datetime) -> str:
    """17 or 17:30."""
    return f"{at:%H}".lstrip("0") or "0" if at.minute == 0 else f"{at:%H:%M}"


def times(shift: ShiftTime) -> str:
    """Tue 17-22."""
    return f"{shift.starts_at:%a} {hour(shift.starts_at)}-{hour(shift.ends_at)}"


def dated(shift: ShiftTime) -> str:
    """Tue 24 Nov 17-22."""
    return f"{shift.starts_at:%a} {shift.starts_at.day} {shift.starts_at:%b} {hour(shift.starts_at)}-{hour(shift.ends_at)}"


def _listed(before: str, parts: Sequence[str], after: str) -> str:
    """As many of these as one segment holds, and how many more there are."""
    for many in range(len(parts), -1, -1):
        more = f" +{len(parts) - many} more" if many < len(parts) else ""
        text = f"{before}{', '.join(parts[:many])}{more}{after}"
        if septets(text) <= ONE_SEGMENT:
            return text
    return cut(f"{before}{len(parts)} shifts{after}", ONE_SEGMENT)


def rota_published(monday: datetime, mine: Sequence[ShiftTime], places: int, link: str) -> str:
    """A week is up: the rider's own shifts in it, or how many places are still to be had."""
    week = f"Rota for {monday.day} {monday:%b}"
    if mine:
        return _listed(f"{week}: ", [times(shift) for shift in mine], f". {link}")
    some = "1 place is" if places == 1 else f"{places} places are"
    open_ = f"{some} free" if places else "every place is taken"
    return f"{week}: no shift of yours yet, {open_}. {link}"


def my_shifts(told: RotaFacts, link: str) -> str:
    """SHIFTS: the next ones, and what could be had besides."""
    more = ""
    if told.places:
        more += f". {told.places} free place{'s' if told.places > 1 else ''}"
    if told.swaps:
        more += f". {told.swaps} to swap"
    after = f"{more}. {link}"
    if not told.mine:
        return f"You have no shift planned{after}"
    return _listed("Your shifts: ", [dated(shift) for shift in told.mine], after)


def place_offered(shift: ShiftTime, answer_by: datetime, link: str) -> str:
    """A place came free and it is this rider's turn. Silence is fine."""
    return (
        f"A place is free: {dated(shift)}. Yours if you text JOIN by {answer_by:%a %H:%M}; "
        f"else it goes to the next, no harm done. {link}"
    )


def joined(shift: ShiftTime) -> str:
    """JOIN was heard."""
    return f"You are on the rota: {dated(shift)}. SHIFTS lists yours"


def nothing_to_join(link: str) -> str:
    """JOIN with no place on offer."""
    return f"No place is on offer to you just now. See what is free: {link}"


def shift_planned(shift: ShiftTime, link: str) -> str:
    """The desk put a shift on a rota that was up already."""
    return f"New on your rota: {dated(shift)}. Cannot do it? Tell the desk, or swap it: {link}"


def shift_cancelled(shift: ShiftTime, *, by: str, reason: str) -> str:
    """A named person took a planned shift off the rota."""

    def say(f: Mapping[str, str]) -> str:
        return f"Your shift {dated(shift)} is off the rota, says {f['by']}: {f['reason']}. Not right? CONTEST and say why"

    return fit(say, {"by": fold(by), "reason": fold(reason).rstrip(".")}, (("reason", 20), ("by", 16)))


def swapped(shift: ShiftTime, *, mine: bool, other: str) -> str:
    """A swap is done: `mine` says that the shift is now the reader's."""
    who = cut(fold(other), 40)
    if mine:
        return f"Swapped: {dated(shift)} is now yours, from {who}. SHIFTS lists yours"
    return f"Swapped: {who} has your shift {dated(shift)}. It is off your rota"


def swap_declined(shift: ShiftTime, *, reason: str) -> str:
    """The desk did not agree to a swap."""

    def say(f: Mapping[str, str]) -> str:
        return f"The desk did not agree to the swap of {dated(shift)}: {f['reason']}. It stays as it was"

    return fit(say, {"reason": fold(reason).rstrip(".")}, (("reason", 20),))


def break_planned(since: datetime, until: datetime, now: datetime, *, paid: bool) -> str:
    """When the break is: now, or later."""
    money = "" if paid else " It is not paid."
    if since <= now:
        return f"Your break, now until {until:%H:%M}: no jobs meanwhile, you need text nothing.{money}"
    return f"Your break: {since:%H:%M} to {until:%H:%M}, no jobs meanwhile. Rather now? BREAK with no food on board.{money}"


def desk_asked() -> str:
    """ON with no shift planned: a person decides."""
    return "You have no shift planned now, so your clock has not started. The desk has been asked and will tell you"
