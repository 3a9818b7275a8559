"""Texts of the road to riders: reminders, changed addresses, handed jobs, doors nobody opens; and a late rider."""

from collections.abc import Mapping
from datetime import datetime

from dispatch.facts import DropFacts, JobFacts, Marked
from riders_app.wording.gsm import WHOLE, cut, fit, fold, roomiest
from riders_app.wording.jobs import Turn, road, stop
from riders_app.wording.voice import ENGLISH, Voice


def reminder(job: JobFacts, voice: Voice = ENGLISH) -> str:
    """An offer is still unanswered: said once."""
    until = voice.say(" by {at}", at=f"{job.answer_by:%H:%M}") if job.answer_by else ""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "Still there? Job {number}{start}{to} waits for you{until}. "
            "TAKE {number} or PASS {number}, both are fine",
            number=job.number,
            until=until,
            **f,
        )

    pickup, drop = job.next_pickup, job.next_drop
    fields = {
        "start": voice.say(" from {place}", place=fold(pickup.restaurant)) if pickup else "",
        "to": voice.say(" to {place}", place=road(drop.street)) if drop else "",
    }
    return fit(say, fields, (("to", 12), ("start", 16), ("to", 0), ("start", 0)))


def readdressed(job: JobFacts, drop: DropFacts, voice: Voice = ENGLISH) -> str:
    """The food goes elsewhere; the rider must confirm."""
    name = f"{job.number}{drop.letter}" if len(job.drops) > 1 else str(job.number)

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "NEW ADDRESS {drop}: {flat}{street}{name}. Ref {reference}{note}. "
            "Text ACK {number} so we know you know",
            drop=name,
            number=job.number,
            **f,
        )

    note = fold(drop.note).rstrip(".")
    fields = {
        "flat": f"{_flat(drop.flat, voice)}, " if drop.flat.strip() else "",
        "street": fold(drop.street),
        "name": f", {fold(drop.name)}" if drop.name.strip() else "",
        "reference": fold(drop.reference),
        "note": voice.say(". Note: {note}", note=note) if drop.note.strip() else "",
    }
    cuts = (("name", 14), ("street", 44), ("note", 20), ("name", 0), ("note", 0), ("street", 30))
    return fit(say, fields, (*cuts, ("reference", 20), ("flat", 30)))


def _flat(flat: str, voice: Voice) -> str:
    plain = fold(flat)
    return voice.say("Flat {flat}", flat=plain) if plain[:1].isdigit() and len(plain) <= 4 else plain


def acknowledged(told: Marked, turn: Turn, *, link: str = "", voice: Voice = ENGLISH) -> str:
    """ACK was heard."""
    if told.next is None:
        return voice.say("Thank you. Job {number} is over, nothing to do for it.", number=told.number)
    before = voice.say("Known already. ") if told.repeated else voice.say("Thank you. ")
    return stop(told.next, turn, before=before, link=link, voice=voice)


def handed(job: JobFacts, turn: Turn, *, meeting: bool, voice: Voice = ENGLISH) -> str:
    """A job another rider had is theirs now; they must confirm."""
    what = voice.say("take over food on the way") if meeting else voice.say("handed to you by the desk")

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "Job {number} {what}: {first}{then}. Text ACK {number}, then GOT {number} when you have it",
            number=job.number,
            what=what,
            **f,
        )

    pickup, drop = job.next_pickup, job.next_drop
    first = then = ""
    if pickup is not None and (turn == "pickup" or drop is None):
        first = f"{fold(pickup.restaurant)}, {fold(pickup.street)}, {fold(' '.join(pickup.references))}"
    elif drop is not None:
        first = f"{fold(drop.street)}, {fold(drop.reference)}"
    if turn == "pickup":
        then = voice.many(", then {count} drop", ", then {count} drops", len(job.drops))
    return fit(say, {"first": first, "then": then}, (("first", 40), ("then", 0)))


def handed_on(job: JobFacts | None, number: int, *, to: str, meeting: str, voice: Voice = ENGLISH) -> str:
    """A job of theirs goes to another rider."""
    other = fold(to) or voice.say("another rider")
    if job is None or not meeting:

        def over(f: Mapping[str, str]) -> str:
            return voice.say(
                "Job {number} goes to {to}: nothing more to do for it. "
                "What you did counts, no mark against you.",
                number=number,
                **f,
            )

        return fit(over, {"to": cut(other, 30)}, (("to", 12),))

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "Job {number} goes to {to}: meet at {meeting} and hand over {what}. DONE {number} ALL when you have",
            number=number,
            **f,
        )

    what = fold(" ".join(d.reference for d in job.drops if not d.done))
    fields = {"to": other, "meeting": fold(meeting), "what": what}
    return fit(say, fields, (("what", 24), ("to", 16), ("meeting", 40)))


def failed(told: Marked, *, desk: str = "", voice: Voice = ENGLISH) -> str:
    """FAIL was heard: a person decides."""

    def put(already: str, ring: str) -> str:
        return voice.say(
            "{already}{what} could not be delivered. "
            "The desk decides and texts you what to do with the food.{ring} They came? DONE {what}",
            already=already,
            what=f"{told.number}{''.join(told.letters)}",
            ring=ring,
        )

    known = voice.say("Known already: ") if told.repeated else ""
    ring = voice.say(" Ring {desk} if you can't wait.", desk=fold(desk)) if desk else ""
    return roomiest(put(known, ring), put("", ring), put(known, ""), put("", ""))


def decided(
    how: str,
    name: str,
    restaurant: str,
    job: JobFacts | None,
    *,
    leaving: bool = False,
    voice: Voice = ENGLISH,
) -> str:
    """What becomes of food nobody took: one text, and never the rider's loss.

    `leaving`: they have said OFF, and their shift runs on until the food is back.
    """

    def say(f: Mapping[str, str]) -> str:
        if how == "again":
            return voice.say(
                "{name}: please try the door again{street}. DONE {name} if it is delivered, FAIL {name} if not",
                name=name,
                street=f["street"],
            )
        if how == "returned":
            return voice.say(
                "{name}: please take it back to {restaurant}. "
                "It is off your list, and costs you nothing{following}",
                name=name,
                restaurant=f["restaurant"],
                following=f["next"],
            )
        return voice.say(
            "{name} is given up: the food need not go anywhere, and it costs you nothing. "
            "Do not leave it at the door{following}",
            name=name,
            following=f["next"],
        )

    street = after = ""
    if job is not None and how == "again":
        found = next((d for d in job.drops if name.endswith(d.letter)), job.next_drop)
        street = f", {fold(found.street)}" if found else ""
    if job is not None and how != "again" and (job.next_pickup or job.next_drop):
        after = voice.say(". MENU {number} for what is next", number=job.number)
    elif leaving and how == "returned":
        after = voice.say(". Text OFF when you are there")
    fields = {"street": street, "restaurant": fold(restaurant), "next": after}
    return fit(say, fields, (("street", 0), ("restaurant", 20), ("next", WHOLE)))


def door(name: str, minutes: int, desk: str = "", voice: Voice = ENGLISH) -> str:
    """Long at a door with nobody there."""

    def put(ring: str) -> str:
        return voice.say(
            "{minutes} minutes at the door of {name}: nobody there? Text FAIL {name} and why{ring}. "
            "You need not wait longer",
            minutes=minutes,
            name=name,
            ring=ring,
        )

    ring = voice.say(", or ring the desk: {desk}", desk=fold(desk)) if desk else ""
    return roomiest(put(ring), put(""))


def rider_late(reference: str, due_at: datetime, voice: Voice = ENGLISH) -> str:
    """To a restaurant: the rider comes later for this food."""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "Order {reference}: your rider is running late and is now expected at about {at}. Sorry.",
            at=f"{due_at:%H:%M}",
            **f,
        )

    return fit(say, {"reference": fold(reference)}, (("reference", 30),))
