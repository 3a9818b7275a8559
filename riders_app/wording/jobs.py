"""Texts about jobs: the offer, the stop to go to next, and the answers that name what was marked."""

import re
from collections.abc import Mapping
from typing import Literal

from dispatch.facts import DropFacts, JobFacts, Marked, PickupFacts, ShiftFacts
from riders_app.wording.gsm import ONE_SEGMENT, cut, fit, fold, loses, septets
from riders_app.wording.plain import distance, hours, joined, money

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


def offer(job: JobFacts) -> str:
    """One job put to one rider: where from and when, where to, how far, how long, what it adds, how to answer."""
    answer = f". TAKE {job.number} or PASS {job.number}"
    if job.ends_at is not None and job.shift_ends_at is not None:  # never cut: their yes must know what it is to
        late = f". Would end {job.ends_at:%H:%M}, after your {job.shift_ends_at:%H:%M}"
        answer = f"{late}. STAY {job.number} or PASS {job.number}"
    until = f", by {job.answer_by:%H:%M}" if job.answer_by else ""
    adds = f", +{money(job.adds_minor, job.currency)}" if job.adds_minor else ""
    tips = f", tips {money(job.tips_minor, job.currency)}" if job.tips_minor else ""
    tonight = f", your {_ordinal(job.orders_tonight)} tonight" if job.orders_tonight else ""
    size = f". {distance(job.distance_m)} {job.minutes}min"
    text = ""
    for most in (60, 30, 22, 16, 12, 9, 7):
        said = f"Job {job.number}: {_from(job, most)} > {_to(job, most)}{size}"
        # What it adds and when to answer go before names get too short to know.
        for extra in (adds + tips + tonight + until, adds + tonight + until, adds + tonight):
            text = said + extra + answer
            if septets(text) <= ONE_SEGMENT:
                return text
    return (
        cut(f"Job {job.number}: {len(job.pickups)} restaurants > {len(job.drops)} drops{size}{adds}", ONE_SEGMENT - septets(answer))
        + answer
    )


def _from(job: JobFacts, most: int) -> str:
    calls = [f"{cut(fold(p.restaurant), most)} {p.ready_at:%H:%M}" for p in job.pickups]
    return joined(calls, 4)


def _to(job: JobFacts, most: int) -> str:
    one = len(job.drops) == 1
    return joined([("" if one else f"{d.letter} ") + cut(road(d.street), most) for d in job.drops], 4)


def _ordinal(count: int) -> str:
    if count % 100 in (11, 12, 13):
        return f"{count}th"
    return f"{count}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th') }"


def stop(job: JobFacts, turn: Turn = "pickup", *, before: str = "", link: str = "") -> str:
    """The stop to go to next, after `before`. `turn` says which kind comes first where both are left to make.

    `link` is given to the rider where letters of the address were lost on the way into a text.
    """
    pickup, drop = job.next_pickup, job.next_drop
    if pickup is not None and (turn == "pickup" or drop is None):
        return _pickup(job, pickup, before)
    if drop is not None:
        return _drop(job, drop, before, link)
    return cut(f"{before}Job {job.number} is finished: nothing more to do for it.", ONE_SEGMENT)


def _pickup(job: JobFacts, pickup: PickupFacts, before: str) -> str:
    def say(f: Mapping[str, str]) -> str:
        return (
            f"{f['before']}{job.number}: go to {f['restaurant']}{f['street']}, ready {pickup.ready_at:%H:%M}, "
            f"collect {f['references']}. GOT {job.number} when you have it"
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


def _drop(job: JobFacts, drop: DropFacts, before: str, link: str) -> str:
    several = len(job.drops) > 1
    name_of_drop = f"{job.number}{drop.letter}" if several else str(job.number)

    def say(f: Mapping[str, str]) -> str:
        return (
            f"{f['before']}{name_of_drop}: {f['flat']}{f['street']}{f['name']}. Ref {f['reference']}"
            f"{f['by']}{f['note']}{f['link']}. DONE {name_of_drop}"
        )

    lost = bool(link) and any(loses(part) for part in (drop.flat, drop.street, drop.note, drop.name))
    fields = {
        "before": before,
        "flat": f"{_flat(drop.flat)}, " if drop.flat.strip() else "",
        "street": _shorter(fold(drop.street)),
        "name": f", {fold(drop.name)}" if drop.name.strip() else "",
        "reference": fold(drop.reference),
        "by": f", by {drop.promise_at:%H:%M}",
        "note": f". Note: {fold(drop.note).rstrip('.')}" if drop.note.strip() else "",
        "link": f" {link} " if lost else "",
    }
    cuts = (
        ("name", 14),
        ("by", 0),
        ("street", 44),
        ("before", 24),
        ("note", 30),
        ("street", 34),
        ("name", 0),
        ("note", 0),
        ("reference", 30),
        ("link", 0),
        ("flat", 36),
    )
    return fit(say, fields, cuts)


def _flat(flat: str) -> str:
    plain = fold(flat)
    return plain if re.search(r"[^\W\d_]{2}", plain) else f"Flat {plain}"


def changed(job: JobFacts, turn: Turn = "pickup") -> str:
    """A job is not what it was: what is next now, or that nothing is left of it."""
    if job.state == "offered":
        return offer(job)
    if job.next_pickup is None and job.next_drop is None:
        return stop(job, turn)
    return stop(job, turn, before=f"Job {job.number} has changed. ")


def withdrawn(number: int) -> str:
    """A job or offer was taken back."""
    return (
        f"Job {number} has been withdrawn: nothing to do for it. It is not your doing, and costs you nothing."
    )


def expired(number: int) -> str:
    """An offer ran out unanswered."""
    return f"Job {number} was not answered in time and goes to someone else. No mark against you. Still out? MENU"


def marked(
    told: Marked, turn: Turn = "pickup", *, ended: ShiftFacts | None = None, desk: str = "", link: str = ""
) -> str:
    """The answer to a rider's own text: it names what was marked, and carries the next stop.

    `ended` is the shift that ended with this job, if it did; `desk` the number of whoever is on duty.
    """
    if told.verb == "passed":
        return f"Passed on job {told.number}. It goes to someone else, and there is no mark against you."
    if told.verb == "trouble":
        ring = f" If it cannot wait, ring {fold(desk)}." if desk else ""
        return f"The desk knows that something is wrong with job {told.number} and will ring you.{ring}"
    if told.verb == "late":
        return f"Noted: job {told.number} runs late. The desk and the customer's page know."
    if told.verb == "undone" and not told.letters:
        return f"Undone: job {told.number} is given back and goes to others. No mark against you."
    said = _said(told)
    if told.next is None:
        over = (
            f" Shift ended {ended.ended_at:%H:%M}: {hours(ended.minutes)}."
            if ended and ended.ended_at
            else ""
        )
        return cut(f"{said}. Job {told.number} is finished, thank you.{over}", ONE_SEGMENT)
    return stop(told.next, turn, before=f"{said}. ", link=link)


def _said(told: Marked) -> str:
    names = fold(" ".join(told.references))
    what = f"{told.number}{''.join(told.letters)}" + (f" {names}" if names else "")
    already = "already " if told.repeated else ""
    if told.verb == "took":
        return f"Job {told.number} is {already}yours"
    if told.verb == "here":
        return f"You are there, {told.at:%H:%M}"
    if told.verb == "undone":
        return f"Undone {what}"
    done = "Got" if told.verb == "got" else "Done"
    return f"{'Already: ' if told.repeated else ''}{done} {what}"
