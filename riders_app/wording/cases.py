"""Texts about what needs a person: the ringing desk, and cases that a named person answers."""

from collections.abc import Mapping
from datetime import datetime

from riders_app.wording.gsm import ONE_SEGMENT, cut, fit, fold
from riders_app.wording.voice import ENGLISH, Voice


def rung(words: str, number: int, more: int, *, reply: bool, link: str, voice: Voice = ENGLISH) -> str:
    """To the on-duty phone: what needs somebody now (in the desk's words), and how to say that somebody has it."""
    others = voice.say(" +{count} more.", count=more) if more else ""
    ok = voice.say(" Reply OK A{number}, or", number=number) if reply else voice.say(" Say you have it:")

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "DESK ALARM {number}: {words}{others}{ok} {link}",
            number=number,
            others=others,
            ok=ok,
            link=link,
            **f,
        )

    return fit(say, {"words": fold(words)}, (("words", 30),))


def answered_alarm(number: int, *, already: str = "", voice: Voice = ENGLISH) -> str:
    """Somebody has taken an alarm."""
    if already:
        said = voice.say(
            "Alarm {number} is with {who} already. Thank you.", number=number, who=cut(fold(already), 60)
        )
        return cut(said, ONE_SEGMENT)
    return voice.say(
        "Alarm {number} is yours, thank you: it rings no more. Close it on the desk page once it is dealt with.",
        number=number,
    )


def contested(owner: str, due_at: datetime, voice: Voice = ENGLISH) -> str:
    """A case is open, and who answers it."""
    day = voice.date(due_at, "d MMMM")

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "Your case is open. {owner} will look at it and answer you in writing by {day}.", day=day, **f
        )

    return fit(say, {"owner": fold(owner) or voice.say("A named person")}, (("owner", 30),))


def contest_answered(owner: str, verdict: str, link: str, voice: Voice = ENGLISH) -> str:
    """A case is answered: the words stand on the page, not in a text."""
    who = cut(fold(owner), 30) or voice.say("A named person")
    if verdict == "upheld":
        said = voice.say(
            "{who} has answered your case: you were right. The reasons: {link}", who=who, link=link
        )
    elif verdict == "in_part":
        said = voice.say(
            "{who} has answered your case: you were right in part. The reasons: {link}", who=who, link=link
        )
    else:
        said = voice.say("{who} has answered your case: it stands. The reasons: {link}", who=who, link=link)
    return cut(said, ONE_SEGMENT)
