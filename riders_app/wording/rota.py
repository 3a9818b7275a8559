"""Texts about the rota, breaks and staying on: one segment each, in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dispatch.facts import RotaFacts, ShiftTime
from riders_app.wording.gsm import ONE_SEGMENT, cut, fit, fold, septets
from riders_app.wording.voice import ENGLISH, Voice


def hour(at: datetime) -> str:
    """17 or 17:30."""
    return f"{at.hour}" if at.minute == 0 else f"{at:%H:%M}"


def times(shift: ShiftTime, voice: Voice = ENGLISH) -> str:
    """Tue 17-22."""
    return f"{voice.date(shift.starts_at.date(), 'EEE')} {hour(shift.starts_at)}-{hour(shift.ends_at)}"


def dated(shift: ShiftTime, voice: Voice = ENGLISH) -> str:
    """Tue 24 Nov 17-22."""
    on = voice.date(shift.starts_at.date(), "EEE d MMM")
    return f"{on} {hour(shift.starts_at)}-{hour(shift.ends_at)}"


def _listed(before: str, parts: Sequence[str], after: str) -> str:
    """As many of these as one segment holds, and how many more there are."""
    for many in range(len(parts), 0, -1):
        more = f" +{len(parts) - many}" if many < len(parts) else ""
        text = f"{before}{', '.join(parts[:many])}{more}{after}"
        if septets(text) <= ONE_SEGMENT:
            return text
    return cut(f"{before}{len(parts)}{after}", ONE_SEGMENT)


def _with(text: str, link: str) -> str:
    """The text with its link, where one segment holds both."""
    return f"{text} {link}" if septets(f"{text} {link}") <= ONE_SEGMENT else text


def rota_published(
    monday: datetime, mine: Sequence[ShiftTime], places: int, link: str, voice: Voice = ENGLISH
) -> str:
    """A week is up: the rider's own shifts in it, or how many shifts have a place free."""
    day = voice.date(monday.date(), "d MMM")
    if mine:
        before = voice.say("Rota for {day}: ", day=day)
        return _listed(before, [times(shift, voice) for shift in mine], f". {link}")
    if places:
        said = voice.say(
            "Rota for {day}: no shift of yours yet, {places} to choose from.", day=day, places=places
        )
        return _with(said, link)
    return _with(voice.say("Rota for {day}: no shift of yours, and none is free.", day=day), link)


def my_shifts(told: RotaFacts, link: str, voice: Voice = ENGLISH) -> str:
    """SHIFTS: the next ones, and what could be had besides."""
    after = ""
    if told.places:
        after += voice.say(". Free: {count}", count=told.places)
    if told.swaps:
        after += voice.say(". To swap: {count}", count=told.swaps)
    after += f". {link}"
    if not told.mine:
        return voice.say("You have no shift planned") + after
    return _listed(voice.say("Your shifts: "), [dated(shift, voice) for shift in told.mine], after)


def place_offered(shift: ShiftTime, answer_by: datetime, link: str, voice: Voice = ENGLISH) -> str:
    """A place came free and it is this rider's turn. Silence is fine."""
    by = f"{voice.date(answer_by.date(), 'EEE')} {answer_by:%H:%M}"
    said = voice.say(
        "A place is free: {shift}. Yours if you text JOIN by {by}, else it goes to the next.",
        shift=dated(shift, voice),
        by=by,
    )
    return _with(said, link)


def joined(shift: ShiftTime, voice: Voice = ENGLISH) -> str:
    """JOIN was heard."""
    return voice.say("You are on the rota: {shift}. SHIFTS lists yours", shift=dated(shift, voice))


def nothing_to_join(link: str, voice: Voice = ENGLISH) -> str:
    """JOIN with no place on offer."""
    return _with(voice.say("No place is on offer to you just now. See what is free on your page."), link)


def look_first(link: str, voice: Voice = ENGLISH) -> str:
    """JOIN where working time wants a reason: a text is too short for it."""
    said = voice.say(
        "That shift needs a reason from you, for your rest or your hours: write it on your page."
    )
    return _with(said, link)


def shift_planned(shift: ShiftTime, link: str, voice: Voice = ENGLISH) -> str:
    """The desk put a shift on a rota that was up already."""
    said = voice.say(
        "New on your rota: {shift}. Cannot do it? Tell the desk, or swap it.", shift=dated(shift, voice)
    )
    return _with(said, link)


def shift_cancelled(shift: ShiftTime, *, by: str, reason: str, voice: Voice = ENGLISH) -> str:
    """A named person took a planned shift off the rota."""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "Your shift {shift} is off the rota, says {by}: {reason}. Not right? CONTEST and say why",
            shift=dated(shift, voice),
            by=f["by"],
            reason=f["reason"],
        )

    return fit(say, {"by": fold(by), "reason": fold(reason).rstrip(".")}, (("reason", 20), ("by", 16)))


def swapped(shift: ShiftTime, *, mine: bool, other: str, voice: Voice = ENGLISH) -> str:
    """A swap is done: `mine` says that the shift is now the reader's."""
    who, when = cut(fold(other), 40), dated(shift, voice)
    if mine:
        return voice.say("Swapped: {shift} is now yours, from {who}. SHIFTS lists yours", shift=when, who=who)
    return voice.say("Swapped: {who} has your shift {shift}. It is off your rota", shift=when, who=who)


def swap_declined(shift: ShiftTime, *, reason: str, voice: Voice = ENGLISH) -> str:
    """The desk did not agree to a swap."""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "The desk did not agree to the swap of {shift}: {reason}. It stays as it was",
            shift=dated(shift, voice),
            reason=f["reason"],
        )

    return fit(say, {"reason": fold(reason).rstrip(".")}, (("reason", 20),))


def break_planned(
    since: datetime, until: datetime, now: datetime, *, paid: bool, voice: Voice = ENGLISH
) -> str:
    """When the break is: now, or later."""
    if since <= now:
        said = voice.say("Your break, now until {until}: no jobs meanwhile.", until=f"{until:%H:%M}")
    else:
        said = voice.say(
            "Your break: {since} to {until}, no jobs meanwhile. Rather now? BREAK, with no food on board.",
            since=f"{since:%H:%M}",
            until=f"{until:%H:%M}",
        )
    unpaid = "" if paid else voice.say("It is not paid.")
    return f"{said} {unpaid}".rstrip()


def desk_asked(voice: Voice = ENGLISH) -> str:
    """ON with no shift planned: a person decides."""
    return voice.say(
        "You have no shift planned now, so your clock has not started. The desk has been asked and will tell you"
    )
