"""The answers that name what was marked: one mark, or several of one text in as few segments as possible."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dispatch.facts import Marked, ShiftFacts
from riders_app.wording.gsm import ONE_SEGMENT, cut, fold, septets
from riders_app.wording.jobs import Turn, stop
from riders_app.wording.plain import hours
from riders_app.wording.voice import ENGLISH, Voice


def marked(
    told: Marked,
    turn: Turn = "pickup",
    *,
    ended: ShiftFacts | None = None,
    desk: str = "",
    link: str = "",
    truly: datetime | None = None,
    voice: Voice = ENGLISH,
) -> str:
    """The answer to a rider's own text: it names what was marked, and carries the next stop.

    `ended` is the shift that ended with this job, if it did; `desk` the number of whoever is on duty; `truly`
    the local time the rider gave for it, where they gave one.
    """
    if _is_note(told):
        return _noted(told, desk, voice)
    said = _said(told, voice, truly)
    if told.next is None:
        text = voice.say("{said}. Job {number} is finished, thank you.", said=said, number=told.number)
        return cut(text + _over(ended, voice), ONE_SEGMENT)
    return stop(told.next, turn, before=f"{said}. ", link=link, voice=voice)


def _is_note(told: Marked) -> bool:
    return told.verb in ("passed", "trouble", "late") or (told.verb == "undone" and not told.letters)


def _noted(told: Marked, desk: str, voice: Voice) -> str:
    """Something was heard, and no stop was made by it."""
    if told.verb == "passed":
        return voice.say(
            "Passed on job {number}. It goes to someone else, and there is no mark against you.",
            number=told.number,
        )
    if told.verb == "trouble":
        said = voice.say(
            "The desk knows that something is wrong with job {number} and will ring you.", number=told.number
        )
        return said + (voice.say(" If it cannot wait, ring {desk}.", desk=fold(desk)) if desk else "")
    if told.verb == "late":
        return voice.say(
            "Noted: job {number} runs late. The desk and the customer's page know.", number=told.number
        )
    return voice.say(
        "Undone: job {number} is given back and goes to others. No mark against you.", number=told.number
    )


def several(said: Sequence[str], following: str = "", voice: Voice = ENGLISH) -> tuple[str, ...]:
    """Answers to several commands of one text, each whole, packed into as few segments as will hold them.

    `said` are short answers in the order of the commands; `following` is where to go next, if anywhere.
    """
    packed: list[str] = []
    for part in [*said, *([following] if following else [])]:
        ends = part if part[-1:] in ".!?" or part == following else f"{part}."
        if packed and septets(packed[-1]) + 1 + septets(ends) <= ONE_SEGMENT:
            packed[-1] = f"{packed[-1]} {ends}"
        else:
            packed.append(cut(ends, ONE_SEGMENT))
    return tuple(packed)


def short(told: Marked, *, truly: datetime | None = None, voice: Voice = ENGLISH) -> str:
    """What was marked in a few words, for one of several."""
    if told.verb == "passed":
        return voice.say("Passed on job {number}", number=told.number)
    if _is_note(told):
        return _noted(told, "", voice)
    said = _said(replace(told, references=told.references[:2]), voice, truly)
    if told.next is None and told.verb == "done":
        return voice.say("{said}, job {number} finished", said=said, number=told.number)
    return said


def not_marked(command: str, why: str, voice: Voice = ENGLISH) -> str:
    """One of several commands did not work: which, and why."""
    return cut(voice.say("Not marked: {command} ({why})", command=command, why=why.rstrip(".")), ONE_SEGMENT)


def _over(ended: ShiftFacts | None, voice: Voice) -> str:
    if ended is None or ended.ended_at is None:
        return ""
    return voice.say(" Shift ended {at}: {hours}.", at=f"{ended.ended_at:%H:%M}", hours=hours(ended.minutes))


def _said(told: Marked, voice: Voice, truly: datetime | None = None) -> str:
    said = _verb(told, voice)
    if truly is None or told.repeated or told.verb not in ("got", "done"):
        return said
    return voice.say("{said} at {at}", said=said, at=f"{truly:%H:%M}")


def _verb(told: Marked, voice: Voice) -> str:
    names = fold(" ".join(told.references))
    what = f"{told.number}{''.join(told.letters)}" + (f" {names}" if names else "")
    if told.verb == "took":
        if told.repeated:
            return voice.say("Job {number} is already yours", number=told.number)
        return voice.say("Job {number} is yours", number=told.number)
    if told.verb == "here":
        return voice.say("You are there, {at}", at=f"{told.at:%H:%M}")
    if told.verb == "undone":
        return voice.say("Undone {what}", what=what)
    if told.verb == "got":
        return (
            voice.say("Already: got {what}", what=what)
            if told.repeated
            else voice.say("Got {what}", what=what)
        )
    return (
        voice.say("Already: done {what}", what=what) if told.repeated else voice.say("Done {what}", what=what)
    )
