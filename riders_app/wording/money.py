"""Texts to a rider about their money: a claim answered, an absence written down, pay on its way."""

from collections.abc import Mapping
from datetime import date

from riders_app.wording.gsm import fit, fold
from riders_app.wording.plain import hours, money
from riders_app.wording.voice import ENGLISH, Voice


def expense_approved(minor: int, currency: str, what: str, voice: Voice = ENGLISH) -> str:
    """What they spent is owed to them."""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "Your expense of {sum} is approved: {what}. It comes with your next pay.",
            sum=money(minor, currency),
            **f,
        )

    return fit(say, {"what": fold(what)}, (("what", 20),))


def expense_turned_down(
    minor: int, currency: str, what: str, *, by: str, reason: str, back: bool = False, voice: Voice = ENGLISH
) -> str:
    """Their claim was refused, or taken back after it was approved by mistake: by whom, and why."""
    sum_ = money(minor, currency)

    def say(f: Mapping[str, str]) -> str:
        if back:
            return voice.say(
                "Your expense of {sum} ({what}) is taken back: it was approved by mistake. {by}: {reason}",
                sum=sum_,
                **f,
            )
        return voice.say(
            "Your expense of {sum} ({what}) is not approved. {by}: {reason}. Not right? Ask them.",
            sum=sum_,
            **f,
        )

    fields = {"what": fold(what), "by": fold(by), "reason": fold(reason).rstrip(".")}
    return fit(say, fields, (("reason", 30), ("what", 10), ("by", 16)))


def absence(
    kind: str,
    on: date,
    minutes: int,
    *,
    by: str,
    reason: str = "",
    back: bool = False,
    voice: Voice = ENGLISH,
) -> str:
    """Paid time off is written down, or taken back. What a rider was ill with is in no text, nor that they were."""
    long, day = hours(minutes), voice.date(on, "d MMM")

    def say(f: Mapping[str, str]) -> str:
        if back:
            return voice.say("{by} took back {hours} off from {day}. Why: {reason}", hours=long, day=day, **f)
        if kind == "leave":
            return voice.say(
                "{by} wrote down {hours} of leave from {day}. It comes with your pay. Not right? Ring the desk.",
                hours=long,
                day=day,
                **f,
            )
        return voice.say(
            "{by} wrote down {hours} off on {day}, paid by the rules. It comes with your pay. "
            "Not right? Ring the desk.",
            hours=long,
            day=day,
            **f,
        )

    told = {"by": fold(by)} | ({"reason": fold(reason).rstrip(".")} if back else {})
    return fit(say, told, (("reason", 30), ("by", 16)) if back else (("by", 16),))


def pay_sent(first: date, last: date, minor: int, currency: str, link: str, voice: Voice = ENGLISH) -> str:
    """A pay run was paid: what is on its way to them, and where its payslip is."""
    return voice.say(
        "Your pay for {first} to {last}: {sum} is on its way. Payslip: {link}",
        first=voice.date(first, "d MMM"),
        last=voice.date(last, "d MMM"),
        sum=money(minor, currency),
        link=link,
    )
