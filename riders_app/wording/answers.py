"""Answers to texts that marked nothing: what could be texted now, and what is missing."""

from collections.abc import Sequence

from dispatch.facts import JobFacts
from riders_app.replies import Reading, render
from riders_app.wording.gsm import ONE_SEGMENT, cut, fold, septets
from riders_app.wording.jobs import Turn, road
from riders_app.wording.voice import ENGLISH, Voice


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


def menu(jobs: Sequence[JobFacts], on_shift: bool, turns: Sequence[Turn] = (), voice: Voice = ENGLISH) -> str:
    """What is live, and what could be texted about it."""
    lines = [_line(job, turns[i] if i < len(turns) else "pickup", voice) for i, job in enumerate(jobs)]
    said = ", ".join(works_now(jobs, on_shift, turns))
    number = f" {jobs[0].number}" if jobs else ""
    also = f"LATE{number} 10, TROUBLE{number}, WHY{number}, UNDO, PAY" if jobs else "WHY, TROUBLE, PAY"
    idle = voice.say("No job just now") if on_shift else voice.say("You are not on shift")
    live = "; ".join(lines) if lines else idle
    for text in (
        voice.say("{live}. Text {commands}. Also {more}", live=live, commands=said, more=also),
        voice.say("{live}. Text {commands}", live=live, commands=said),
        voice.say("Text {commands}. Also {more}", commands=said, more=also),
    ):
        if septets(text) <= ONE_SEGMENT:
            return text
    return cut(voice.say("Text {commands}", commands=said), ONE_SEGMENT)


def _line(job: JobFacts, turn: Turn, voice: Voice) -> str:
    if job.state == "offered":
        return voice.say("{number} offered", number=job.number)
    if job.next_pickup and (turn == "pickup" or not job.next_drop):
        return f"{job.number} {cut(fold(job.next_pickup.restaurant), 14)} {job.next_pickup.ready_at:%H:%M}"
    if job.next_drop:
        return voice.say(
            "{number} to {street}", number=job.number, street=cut(road(job.next_drop.street), 14)
        )
    return voice.say("{number} finished", number=job.number)


def unclear(reading: Reading, works: Sequence[str], voice: Voice = ENGLISH) -> str:
    """A text we could not read for sure: what it may have meant, and what would work now. Nothing was marked."""
    meant = ""
    if (
        reading.verb in ("TAKE", "PASS", "GOT", "DONE", "HERE", "ON", "OFF", "UNDO")
        and len(reading.numbers) <= 1
        and not reading.also
    ):
        command = render(reading.silent)
        meant = voice.say("If you meant {command}, text just that. ", command=command)
    text = _unclear(meant, works, voice)
    while septets(text) > ONE_SEGMENT and len(works) > 1:
        works = works[:-1]
        text = _unclear(meant, works, voice)
    return cut(text, ONE_SEGMENT)


def _unclear(meant: str, works: Sequence[str], voice: Voice) -> str:
    return voice.say(
        "Not sure what you mean, so nothing is marked. {meant}You can text {commands} or MENU",
        meant=meant,
        commands=", ".join(works),
    )


def which(verb: str, numbers: Sequence[int], voice: Voice = ENGLISH) -> str:
    """More than one job could be meant, or one that was offered and not taken."""
    if len(numbers) == 1:
        return cut(
            voice.say(
                "Job {number} is offered, not taken, so nothing is marked: TAKE {number} or PASS {number}. "
                "You have it already? {command}",
                number=numbers[0],
                command=f"{verb} {numbers[0]}",
            ),
            ONE_SEGMENT,
        )
    tries = voice.say(" or ").join(f"{verb} {n}" for n in numbers[:6])
    return cut(voice.say("Which job? Text {commands}", commands=tries), ONE_SEGMENT)


def no_undo(command: str, voice: Voice = ENGLISH) -> str:
    """UNDO behind something it does not take back."""
    if command in ("ON", "OFF"):
        return voice.say(
            "UNDO does not take {command} back: text {other} for that. To undo what you marked before it, "
            "text UNDO again",
            command=command,
            other="OFF" if command == "ON" else "ON",
        )
    return voice.say(
        "UNDO does not take {command} back: tell the desk if it was wrong. To undo what you marked before it, "
        "text UNDO again",
        command=cut(command, 24),
    )


def how_late(number: int | None, voice: Voice = ENGLISH) -> str:
    """LATE without its minutes."""
    return voice.say(
        "How many minutes late? Text LATE {number} and the minutes, like LATE {number} 10",
        number=number or 12,
    )


def one_at_a_time(verb: str, numbers: Sequence[int], voice: Voice = ENGLISH) -> str:
    """Two job numbers in one text, and not sure which is meant."""
    commands = voice.say(", then ").join(f"{verb} {n}" for n in numbers)
    return cut(
        voice.say("One job a text, please, so nothing is marked yet: {commands}", commands=commands), 160
    )


def help_(desk: str = "", voice: Voice = ENGLISH) -> str:
    """HELP, or TROUBLE without a job: a person has been told."""
    ring = voice.say(" If it cannot wait, ring {desk}.", desk=fold(desk)) if desk else ""
    return voice.say(
        "The desk has been told and will ring you.{ring} MENU shows what you can text", ring=ring
    )


def with_the_desk(desk: str = "", voice: Voice = ENGLISH) -> str:
    """Somebody who is no rider texted: a person reads it."""
    ring = voice.say(" If it cannot wait, ring {desk}.", desk=fold(desk)) if desk else ""
    return voice.say("The desk has your text and will come back to you.{ring}", ring=ring)


def say_why(verb: str, voice: Voice = ENGLISH) -> str:
    """CONTEST with nothing behind it."""
    return voice.say("Say what is wrong, in your own words, like {command} 12 I was nearer", command=verb)


def broken(desk: str = "", voice: Voice = ENGLISH) -> str:
    """A fault of ours while acting on a text."""
    ring = voice.say(" Ring {desk}", desk=fold(desk)) if desk else voice.say(" The desk has been told")
    return voice.say(
        "Something went wrong on our side, and your text was not acted on.{ring}, sorry", ring=ring
    )
