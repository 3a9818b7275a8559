"""Texts to a rider about their money: a claim answered, an absence written down, pay on its way."""

from collections.abc import Mapping
from datetime import date, datetime

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


def bank_changed(at: datetime, digits: str, voice: Voice = ENGLISH) -> str:
    """Somebody signed in as them entered where their pay goes. No more of the account is in a text than its end."""
    return voice.say(
        "Your pay goes to the account ending {digits}: entered by you, on your pages, {day} {time}. "
        "Was that not you? Ring the desk at once.",
        digits=digits,
        day=voice.date(at, "d MMM"),
        time=f"{at:%H:%M}",
    )


def restaurant_bank_changed(
    restaurant: str, by: str, at: datetime, digits: str | None, voice: Voice = ENGLISH
) -> str:
    """To a restaurant's people: who entered where it is paid, and how that account ends; None: it was taken away."""
    when = {"day": voice.date(at, "d MMM"), "time": f"{at:%H:%M}"}

    def say(f: Mapping[str, str]) -> str:
        if digits is None:
            return voice.say(
                "{by} removed the bank account {restaurant} is paid to, {day} {time}. "
                "Did you not ask for that? Ring the desk at once.",
                **when,
                **f,
            )
        return voice.say(
            "{restaurant} is paid to the account ending {digits}: {by} entered it, {day} {time}. "
            "Did you not ask for that? Ring the desk at once.",
            digits=digits,
            **when,
            **f,
        )

    return fit(say, {"restaurant": fold(restaurant), "by": fold(by)}, (("restaurant", 14), ("by", 14)))
