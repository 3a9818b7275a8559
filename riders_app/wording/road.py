"""Texts of the road: reminders, changed addresses, handed jobs, doors nobody opens; the ringing desk; late food."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dispatch.errors import DispatchError
from dispatch.facts import DropFacts, JobFacts, Marked, WhyFacts
from riders_app.wording.gsm import ONE_SEGMENT, cut, fit, fold
from riders_app.wording.jobs import Turn, road, stop
from riders_app.wording.voice import ENGLISH, Voice


def reminder(job: JobFacts) -> str:
    """An offer is still unanswered: said once."""

    def say(f: Mapping[str, str]) -> str:
        until = f" by {job.answer_by:%H:%M}" if job.answer_by else ""
        return (
            f"Still there? Job {job.number}{f['from']}{f['to']} waits for you{until}. "
            f"TAKE {job.number} or PASS {job.number}, both are fine"
        )

    pickup, drop = job.next_pickup, job.next_drop
    fields = {
        "from": f" from {fold(pickup.restaurant)}" if pickup else "",
        "to": f" to {road(drop.street)}" if drop else "",
    }
    return fit(say, fields, (("to", 12), ("from", 16), ("to", 0), ("from", 0)))


def readdressed(job: JobFacts, drop: DropFacts) -> str:
    """The food goes elsewhere; the rider must confirm."""
    name = f"{job.number}{drop.letter}" if len(job.drops) > 1 else str(job.number)

    def say(f: Mapping[str, str]) -> str:
        return (
            f"NEW ADDRESS {name}: {f['flat']}{f['street']}{f['name']}. Ref {f['reference']}{f['note']}. "
            f"Text ACK {job.number} so we know you know"
        )

    fields = {
        "flat": f"{_flat(drop.flat)}, " if drop.flat.strip() else "",
        "street": fold(drop.street),
        "name": f", {fold(drop.name)}" if drop.name.strip() else "",
        "reference": fold(drop.reference),
        "note": f". Note: {fold(drop.note).rstrip('.')}" if drop.note.strip() else "",
    }
    cuts = (("name", 14), ("street", 44), ("note", 20), ("name", 0), ("note", 0), ("street", 30))
    return fit(say, fields, (*cuts, ("reference", 20), ("flat", 30)))


def _flat(flat: str) -> str:
    plain = fold(flat)
    return f"Flat {plain}" if plain[:1].isdigit() and len(plain) <= 4 else plain


def acknowledged(told: Marked, turn: Turn, *, link: str = "") -> str:
    """ACK was heard."""
    if told.next is None:
        return f"Thank you. Job {told.number} is over, nothing to do for it."
    already = "Known already" if told.repeated else "Thank you"
    return stop(told.next, turn, before=f"{already}. ", link=link)


def handed(job: JobFacts, turn: Turn, *, meeting: bool) -> str:
    """A job another rider had is theirs now; they must confirm."""
    what = "take over food on the way" if meeting else "handed to you by the desk"

    def say(f: Mapping[str, str]) -> str:
        return (
            f"Job {job.number} {what}: {f['first']}{f['then']}. Text ACK {job.number}, then GOT {job.number} "
            "when you have it"
        )

    pickup, drop = job.next_pickup, job.next_drop
    first = ""
    if pickup is not None and (turn == "pickup" or drop is None):
        first = f"{fold(pickup.restaurant)}, {fold(pickup.street)}, {fold(' '.join(pickup.references))}"
    elif drop is not None:
        first = f"{fold(drop.street)}, {fold(drop.reference)}"
    then = f", then {len(job.drops)} drop{'s' if len(job.drops) != 1 else ''}" if turn == "pickup" else ""
    return fit(say, {"first": first, "then": then}, (("first", 40), ("then", 0)))


def handed_on(job: JobFacts | None, number: int, *, to: str, meeting: str) -> str:
    """A job of theirs goes to another rider."""
    if job is None or not meeting:
        return cut(
            f"Job {number} goes to {cut(fold(to), 30) or 'another rider'}: nothing more to do for it. "
            "What you did counts, no mark against you.",
            ONE_SEGMENT,
        )

    def say(f: Mapping[str, str]) -> str:
        return (
            f"Job {number} goes to {f['to']}: meet at {f['meeting']} and hand over {f['what']}. "
            f"DONE {number} ALL when you have"
        )

    what = fold(" ".join(d.reference for d in job.drops if not d.done))
    fields = {"to": fold(to), "meeting": fold(meeting), "what": what}
    return fit(say, fields, (("what", 24), ("to", 16), ("meeting", 40)))


def failed(told: Marked, *, desk: str = "") -> str:
    """FAIL was heard: a person decides."""
    what = f"{told.number}{''.join(told.letters)}"
    ring = f" Ring {fold(desk)} if you can't wait." if desk else ""
    wait = "The desk decides and texts you what to do with the food"
    already = "Known already: " if told.repeated else ""
    return cut(f"{already}{what} could not be delivered. {wait}.{ring} They came? DONE {what}", ONE_SEGMENT)


def decided(how: str, name: str, restaurant: str, job: JobFacts | None) -> str:
    """What becomes of food nobody took: one text, and never the rider's loss."""

    def say(f: Mapping[str, str]) -> str:
        if how == "again":
            return f"{name}: please try the door again{f['street']}. DONE {name} if it is delivered, FAIL {name} if not"
        if how == "returned":
            back = f"{name}: please take it back to {f['restaurant']}"
            return f"{back}. It is off your list, and costs you nothing{f['next']}"
        return (
            f"{name} is given up: the food need not go anywhere, and it costs you nothing. "
            f"Do not leave it at the door{f['next']}"
        )

    street = ""
    if job is not None and how == "again":
        found = next((d for d in job.drops if name.endswith(d.letter)), job.next_drop)
        street = f", {fold(found.street)}" if found else ""
    after = (
        f". MENU {job.number} for what is next"
        if job is not None and how != "again" and not _over(job)
        else ""
    )
    fields = {"street": street, "restaurant": fold(restaurant), "next": after}
    return fit(say, fields, (("street", 0), ("restaurant", 20), ("next", 0)))


def _over(job: JobFacts) -> bool:
    return job.next_pickup is None and job.next_drop is None


def door(name: str, minutes: int, desk: str = "") -> str:
    """Long at a door with nobody there."""
    ring = f", or ring the desk: {fold(desk)}" if desk else ""
    return cut(
        f"{minutes} minutes at the door of {name}: nobody there? Text FAIL {name} and why{ring}. "
        "You need not wait longer",
        ONE_SEGMENT,
    )


def rung(words: str, number: int, more: int, *, reply: bool, link: str) -> str:
    """To the on-duty phone: what needs somebody now, and how to say that somebody has it."""
    others = f" +{more} more." if more else ""
    ok = f" Reply OK A{number}, or" if reply else " Say you have it:"

    def say(f: Mapping[str, str]) -> str:
        return f"DESK ALARM {number}: {f['words']}{others}{ok} {link}"

    return fit(say, {"words": fold(words)}, (("words", 30),))


def answered_alarm(number: int, *, already: str = "") -> str:
    """Somebody has taken an alarm."""
    if already:
        return cut(f"Alarm {number} is with {fold(already)} already. Thank you.", ONE_SEGMENT)
    return f"Alarm {number} is yours, thank you: it rings no more. Close it on the desk page once it is dealt with."


def customer_late(restaurant: str, expected_at: datetime, link: str) -> str:
    """To a customer: the food comes later than they were told."""

    def say(f: Mapping[str, str]) -> str:
        when = f"{expected_at:%H:%M}"
        return f"{f['restaurant']}: sorry, your order is late. We expect it about {when}. Follow it: {link}"

    return fit(say, {"restaurant": fold(restaurant)}, (("restaurant", 12),))


def customer_code(
    restaurant: str,
    promise_at: datetime,
    code: str,
    link: str,
    *,
    pay: bool = False,
    voice: Voice = ENGLISH,
) -> str:
    """To a customer: their order is known, where to follow it, and the code they show at the door."""

    def say(f: Mapping[str, str]) -> str:
        facts = {**f, "time": f"{promise_at:%H:%M}", "code": code, "link": link}
        if pay:
            return voice.say(
                "{restaurant}: yours by {time}. Tell the rider the code {code}. Pay and follow it: {link}",
                **facts,
            )
        return voice.say(
            "{restaurant}: your order should be with you by {time}. "
            "Tell the rider the code {code}. Follow it: {link}",
            **facts,
        )

    return fit(say, {"restaurant": fold(restaurant)}, (("restaurant", 12),))


def rider_late(reference: str, due_at: datetime) -> str:
    """To a restaurant: the rider comes later for this food."""

    def say(f: Mapping[str, str]) -> str:
        return f"Order {f['reference']}: your rider is running late and is now expected at about {due_at:%H:%M}. Sorry."

    return fit(say, {"reference": fold(reference)}, (("reference", 30),))


def contested(owner: str, due_at: datetime) -> str:
    """A case is open, and who answers it."""
    return cut(
        f"Your case is open. {fold(owner) or 'A named person'} will look at it and answer you in writing "
        f"by {due_at:%d %B}.",
        ONE_SEGMENT,
    )


def contest_answered(owner: str, verdict: str, link: str) -> str:
    """A case is answered: the words stand on the page, not in a text."""
    said = {"upheld": "you were right", "in_part": "you were right in part", "not_upheld": "it stands"}[
        verdict
    ]
    return cut(f"{cut(fold(owner), 30)} has answered your case: {said}. The reasons: {link}", ONE_SEGMENT)


def gone(error: DispatchError) -> str:
    """A job that is not theirs any more: what became of it, kindly, as it is now."""
    number, was, is_now = (error.facts.get(key) for key in ("number", "was", "is_now"))
    job = f"Job {number}" if number else "That job"
    if is_now == "cancelled":
        return f"{job} was called off: its order is cancelled. Nothing to do, and no mark against you."
    if was == "passed":
        now = " Another rider has it now." if is_now == "another" else ""
        return f"{job} has gone: you passed on it.{now} No mark against you. MENU shows what is live"
    if is_now == "another":
        return (
            f"{job} has another rider now: your text came later. No mark against you. MENU shows what is live"
        )
    how = "its time to answer ran out" if was == "expired" else "it was withdrawn"
    return f"{job} has gone: {how}. Nothing to do, and no mark against you. MENU shows what is live"


_PROOF = {
    "pin": "ask for the customer's 4-digit code, text DONE {job} PIN and the code. None? DONE {job} NOPIN and why",
    "name": "ask who takes it, text DONE {job} NAME and their name. Cannot ask? DONE {job} NONAME and why",
    "photo": "add a photo on your page. No data? DONE {job} NOPHOTO and where you left it",
}


def proof_needed(error: DispatchError) -> str:
    """A delivery that needs its proof first."""
    job = f"{error.facts.get('number', '')}{error.facts.get('letter', '')}"
    if error.facts.get("kind") not in _PROOF:
        return error.message
    return f"{job} not marked yet: {_PROOF[str(error.facts.get('kind'))].format(job=job)}"


def proof_wrong(error: DispatchError) -> str:
    """The code is another order's, or misheard."""
    job = f"{error.facts.get('number', '')}{error.facts.get('letter', '')}"
    return (
        f"That is not the code of {job}, so nothing is marked. Ask again: it is in their text and on their page. "
        f"No code? DONE {job} NOPIN and why"
    )


_TIME = ("wait", "late", "freshness", "churn")


def weighed(told: WhyFacts, voice: Voice = ENGLISH) -> str:
    """You beside the next best rider: what time, distance and fairness each weighed, in minutes."""
    n = next((n for n, c in enumerate(told.candidates) if n and not c.barred), None)
    if n is None:
        return ""
    mine, theirs = dict(told.candidates[0].costs), dict(told.candidates[n].costs)

    def beside(*causes: str) -> str:
        return f"{_sum(mine, causes):g}/{_sum(theirs, causes):g}"

    return voice.say(
        "You/rider {number}, min: time {time}, ride {ride}, turn {turn}",
        number=n,
        time=beside(*_TIME),
        ride=beside("travel"),
        turn=beside("fairness"),
    )


def _sum(costs: Mapping[str, float], causes: Sequence[str]) -> float:
    return round(sum(costs.get(cause, 0.0) for cause in causes), 1)
