"""Answers to texts that marked nothing: what could be texted now, and why something did not work."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from dispatch import errors
from dispatch.errors import DispatchError
from dispatch.facts import JobFacts
from riders_app.replies import Reading, render
from riders_app.wording.gsm import ONE_SEGMENT, cut, fold, septets
from riders_app.wording.jobs import Turn, road


def works_now(jobs: Sequence[JobFacts], on_shift: bool, turns: Sequence[Turn] = ()) -> tuple[str, ...]:
    """The commands that would do something now, most urgent first."""
    said: list[str] = []
    for i, job in enumerate(jobs):
        if job.state == "offered":
            said += [f"TAKE {job.number}", f"PASS {job.number}"]
            continue
        turn = turns[i] if i < len(turns) else "pickup"
        if job.next_pickup and (turn == "pickup" or not job.next_drop):
            said.append(f"GOT {job.number}")
        elif job.next_drop:
            letter = job.next_drop.letter if len(job.drops) > 1 else ""
            said.append(f"DONE {job.number}{letter}")
    said += ["OFF"] if on_shift else ["ON"]
    return tuple(said)


def menu(jobs: Sequence[JobFacts], on_shift: bool, turns: Sequence[Turn] = ()) -> str:
    """What is live, and what could be texted about it."""
    lines = [_line(job, turns[i] if i < len(turns) else "pickup") for i, job in enumerate(jobs)]
    said = ", ".join(works_now(jobs, on_shift, turns))
    number = f" {jobs[0].number}" if jobs else ""
    also = f"LATE{number} 10, TROUBLE{number}, WHY{number}, UNDO, PAY" if jobs else "WHY, TROUBLE, PAY"
    live = "; ".join(lines) if lines else ("No job just now" if on_shift else "You are not on shift")
    for text in (f"{live}. Text {said}. Also {also}", f"{live}. Text {said}", f"Text {said}. Also {also}"):
        if septets(text) <= ONE_SEGMENT:
            return text
    return cut(f"Text {said}", ONE_SEGMENT)


def _line(job: JobFacts, turn: Turn) -> str:
    if job.state == "offered":
        return f"{job.number} offered"
    if job.next_pickup and (turn == "pickup" or not job.next_drop):
        return f"{job.number} {cut(fold(job.next_pickup.restaurant), 14)} {job.next_pickup.ready_at:%H:%M}"
    if job.next_drop:
        return f"{job.number} to {cut(road(job.next_drop.street), 14)}"
    return f"{job.number} finished"


def unclear(reading: Reading, works: Sequence[str]) -> str:
    """A text we could not read for sure: what it may have meant, and what would work now. Nothing was marked."""
    meant = ""
    if (
        reading.verb in ("TAKE", "PASS", "GOT", "DONE", "HERE", "ON", "OFF", "UNDO")
        and len(reading.numbers) <= 1
    ):
        meant = f"If you meant {render(replace(reading, words=''))}, text just that. "
    text = f"Not sure what you mean, so nothing is marked. {meant}You can text {', '.join(works)} or MENU"
    while septets(text) > ONE_SEGMENT and len(works) > 1:
        works = works[:-1]
        text = f"Not sure what you mean, so nothing is marked. {meant}You can text {', '.join(works)} or MENU"
    return cut(text, ONE_SEGMENT)


def which(verb: str, numbers: Sequence[int]) -> str:
    """More than one job could be meant."""
    tries = " or ".join(f"{verb} {n}" for n in numbers[:6])
    return cut(f"Which job? Text {tries}", ONE_SEGMENT)


def how_late(number: int | None) -> str:
    """LATE without its minutes."""
    return f"How many minutes late? Text LATE {number or 12} and the minutes, like LATE {number or 12} 10"


def one_at_a_time(verb: str, numbers: Sequence[int]) -> str:
    """Two job numbers in one text."""
    return cut(
        f"One job a text, please, so nothing is marked yet: {', then '.join(f'{verb} {n}' for n in numbers)}",
        160,
    )


def help_(desk: str = "") -> str:
    """HELP, or TROUBLE without a job: a person has been told."""
    ring = f" If it cannot wait, ring {fold(desk)}." if desk else ""
    return f"The desk has been told and will ring you.{ring} MENU shows what you can text"


def say_why(verb: str) -> str:
    """CONTEST with nothing behind it."""
    return f"Say what is wrong, in your own words, like {verb} 12 I was nearer"


def broken(desk: str = "") -> str:
    """A fault of ours while acting on a text."""
    ring = f" Ring {fold(desk)}" if desk else " The desk has been told"
    return f"Something went wrong on our side, and your text was not acted on.{ring}, sorry"


def refused(error: DispatchError, verb: str = "") -> str:
    """What dispatch would not do, in the rider's terms."""
    for kind, say in _TERMS.items():
        if isinstance(error, kind):
            return cut(fold(say(error, verb)), ONE_SEGMENT)
    return cut(fold(error.message), ONE_SEGMENT)


def _gone(error: DispatchError, _verb: str) -> str:
    number, was = error.facts.get("number"), error.facts.get("was")
    job = f"Job {number}" if number else "That job"
    how = {"passed": "you passed on it", "expired": "its time to answer ran out"}.get(
        str(was), "it was withdrawn"
    )
    return f"{job} has gone: {how}. Nothing to do, and no mark against you. MENU shows what is live"


def _which(error: DispatchError, verb: str) -> str:
    numbers = error.numbers if isinstance(error, errors.WhichJob) else ()
    return which(verb or "MENU", numbers)


def _state(error: DispatchError, _verb: str) -> str:
    if "row" in error.facts:  # the words of the machine itself name rows, which mean nothing to a rider
        return "That cannot be done now, so nothing is marked. MENU shows what can"
    return error.message


def _with_menu(error: DispatchError, _verb: str) -> str:
    return f"{error.message.rstrip('.')}. MENU shows what is live"


def _own(error: DispatchError, _verb: str) -> str:
    return error.message


def _desk(_error: DispatchError, _verb: str) -> str:
    return "That did not work, so nothing is marked. MENU shows what you can text, or ask the desk"


_TERMS: dict[type[DispatchError], Callable[[DispatchError, str], str]] = {
    errors.OfferGone: _gone,
    errors.WhichJob: _which,
    errors.NoSuchJob: _with_menu,
    errors.NothingToUndo: _own,
    errors.NotOnShift: _own,
    errors.WrongState: _state,
    errors.NotAllowed: _own,
    errors.BadInput: _own,
    errors.Cautioned: _own,
    DispatchError: _desk,
}
