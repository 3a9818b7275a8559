"""Texts about jobs: the offer, the stop to go to next, and the answers that name what was marked."""

import re
from collections.abc import Mapping
from typing import Literal

from dispatch.facts import DropFacts, JobFacts, PickupFacts
from riders_app.wording.gsm import ONE_SEGMENT, WHOLE, cut, fit, fold, loses, septets
from riders_app.wording.plain import distance, joined, money, ordinal
from riders_app.wording.voice import ENGLISH, Voice

Turn = Literal["pickup", "drop"]

_SHORT = {
    "Street": "St",
    "Road": "Rd",
    "Avenue": "Ave",
    "Square": "Sq",
    "Gardens": "Gdns",
    "Terrace": "Ter",
    "Lane": "Ln",
}


def road(street: str) -> str:
    """The street alone, without house number, town and postcode: enough to judge a job by."""
    first = next((part for part in street.split(",") if re.search(r"[^\W\d_]{2}", part)), street)
    return _shorter(re.sub(r"^\s*\d+\w?(?:\s*[-/]\s*\d+\w?)?\s+", "", fold(first)))


def _shorter(street: str) -> str:
    return re.sub(rf"\b({'|'.join(_SHORT)})\b(?=\s*(?:,|$))", lambda found: _SHORT[found.group(1)], street)


def offer(job: JobFacts, voice: Voice = ENGLISH) -> str:
    """One job put to one rider: where from and when, where to, how far, how long, what it adds, how to answer."""
    answer = voice.say(". TAKE {number} or PASS {number}", number=job.number)
    if (
        job.ends_at is not None and job.shift_ends_at is not None
    ):  # never cut: their yes must know what it is to
        answer = voice.say(
            ". Would end {at}, after your {end}. STAY {number} or PASS {number}",
            at=f"{job.ends_at:%H:%M}",
            end=f"{job.shift_ends_at:%H:%M}",
            number=job.number,
        )
    until = voice.say(", by {at}", at=f"{job.answer_by:%H:%M}") if job.answer_by else ""
    adds = f", +{money(job.adds_minor, job.currency)}" if job.adds_minor else ""
    tips = voice.say(", tips {sum}", sum=money(job.tips_minor, job.currency)) if job.tips_minor else ""
    nth = ordinal(job.orders_tonight, voice)
    tonight = voice.say(", your {nth} tonight", nth=nth) if job.orders_tonight else ""
    size = f". {distance(job.distance_m)} {job.minutes}min"
    head = voice.say("Job {number}: ", number=job.number)
    for most in (60, 30, 22, 16, 12, 9, 7):
        said = f"{head}{_from(job, most, voice)} > {_to(job, most, voice)}{size}"
        # What it adds and when to answer go before names get too short to know.
        for extra in (adds + tips + tonight + until, adds + tonight + until, adds + tonight):
            text = said + extra + answer
            if septets(text) <= ONE_SEGMENT:
                return text
    counted = voice.say(
        "{pickups} restaurants > {drops} drops", pickups=len(job.pickups), drops=len(job.drops)
    )
    return cut(f"{head}{counted}{size}{adds}", ONE_SEGMENT - septets(answer)) + answer


def _from(job: JobFacts, most: int, voice: Voice) -> str:
    calls = [f"{cut(fold(p.restaurant), most)} {p.ready_at:%H:%M}" for p in job.pickups]
    return joined(calls, 4, voice)


def _to(job: JobFacts, most: int, voice: Voice) -> str:
    one = len(job.drops) == 1
    named = [("" if one else f"{d.letter} ") + cut(road(d.street), most) for d in job.drops]
    return joined(named, 4, voice)


def stop(
    job: JobFacts, turn: Turn = "pickup", *, before: str = "", link: str = "", voice: Voice = ENGLISH
) -> str:
    """The stop to go to next, after `before`. `turn` says which kind comes first where both are left to make.

    `link` is given to the rider where letters of the address were lost on the way into a text.
    """
    pickup, drop = job.next_pickup, job.next_drop
    if pickup is not None and (turn == "pickup" or drop is None):
        return _pickup(job, pickup, before, voice)
    if drop is not None:
        return _drop(job, drop, before, link, voice)
    over = voice.say("Job {number} is finished: nothing more to do for it.", number=job.number)
    return cut(f"{before}{over}", ONE_SEGMENT)


def _pickup(job: JobFacts, pickup: PickupFacts, before: str, voice: Voice) -> str:
    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "{before}{number}: go to {restaurant}{street}, ready {ready}, collect {references}. "
            "GOT {number} when you have it",
            number=job.number,
            ready=f"{pickup.ready_at:%H:%M}",
            **f,
        )

    street = _shorter(fold(pickup.street))
    fields = {
        "before": before,
        "restaurant": fold(pickup.restaurant),
        "street": f", {street}" if street else "",
        "references": fold(" ".join(pickup.references)),
    }
    cuts = (
        ("street", 26),
        ("restaurant", 24),
        ("before", 24),
        ("street", 0),
        ("references", 30),
        ("restaurant", 12),
    )
    return fit(say, fields, cuts)


def _drop(job: JobFacts, drop: DropFacts, before: str, link: str, voice: Voice) -> str:
    several = len(job.drops) > 1
    name_of_drop = f"{job.number}{drop.letter}" if several else str(job.number)

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "{before}{drop}: {flat}{street}{name}. Ref {reference}{by}{note}{link}. DONE {drop}",
            drop=name_of_drop,
            **f,
        )

    lost = bool(link) and any(loses(part) for part in (drop.flat, drop.street, drop.note, drop.name))
    fields = {
        "before": before,
        "flat": f"{_flat(drop.flat, voice)}, " if drop.flat.strip() else "",
        "street": _shorter(fold(drop.street)),
        "name": f", {fold(drop.name)}" if drop.name.strip() else "",
        "reference": fold(drop.reference),
        "by": voice.say(", by {at}", at=f"{drop.promise_at:%H:%M}"),
        "note": voice.say(". Note: {note}", note=fold(drop.note).rstrip(".")) if drop.note.strip() else "",
        "link": f" {link} " if lost else "",
    }
    cuts = (
        ("name", 14),
        ("by", WHOLE),
        ("street", 44),
        ("before", 24),
        ("note", 30),
        ("street", 34),
        ("name", 0),
        ("note", 0),
        ("reference", 30),
        ("link", WHOLE),
        ("flat", 36),
    )
    return fit(say, fields, cuts)


def _flat(flat: str, voice: Voice) -> str:
    plain = fold(flat)
    return plain if re.search(r"[^\W\d_]{2}", plain) else voice.say("Flat {flat}", flat=plain)


def changed(job: JobFacts, turn: Turn = "pickup", voice: Voice = ENGLISH) -> str:
    """A job is not what it was: what is next now, or that nothing is left of it."""
    if job.state == "offered":
        return offer(job, voice)
    if job.next_pickup is None and job.next_drop is None:
        return stop(job, turn, voice=voice)
    before = voice.say("Job {number} has changed. ", number=job.number)
    return stop(job, turn, before=before, voice=voice)


def withdrawn(number: int, voice: Voice = ENGLISH) -> str:
    """A job or offer was taken back."""
    return voice.say(
        "Job {number} has been withdrawn: nothing to do for it. It is not your doing, and costs you nothing.",
        number=number,
    )


def expired(number: int, voice: Voice = ENGLISH) -> str:
    """An offer ran out unanswered."""
    return voice.say(
        "Job {number} was not answered in time and goes to someone else. No mark against you. Still out? MENU",
        number=number,
    )
