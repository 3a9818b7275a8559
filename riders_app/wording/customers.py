"""Texts to a customer: where to follow their order, the code they show, that it is late, that it is off."""

from collections.abc import Mapping
from datetime import datetime

from riders_app.wording.gsm import fit, fold
from riders_app.wording.voice import ENGLISH, Voice


def customer_link(
    restaurant: str, promise_at: datetime, link: str, voice: Voice = ENGLISH, *, pay: bool = False
) -> str:
    """Their order is known, and where to follow it and, where it is still to be paid, to pay it."""

    def say(f: Mapping[str, str]) -> str:
        at = f"{promise_at:%H:%M}"
        if pay:
            return voice.say(
                "{restaurant}: your order should be with you by {at}. Pay and follow it: {link}",
                at=at,
                link=link,
                **f,
            )
        return voice.say(
            "{restaurant}: your order should be with you by {at}. Follow it: {link}", at=at, link=link, **f
        )

    return fit(say, {"restaurant": fold(restaurant)}, (("restaurant", 12),))


def customer_cancelled(restaurant: str, voice: Voice = ENGLISH) -> str:
    """The order was cancelled."""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "{restaurant}: your order has been called off. Please ask the restaurant if you did not expect it.",
            **f,
        )

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
    """Their order is known, where to follow it, and the code they show at the door."""

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


def customer_late(restaurant: str, expected_at: datetime, link: str, voice: Voice = ENGLISH) -> str:
    """The food comes later than they were told."""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "{restaurant}: sorry, your order is late. We expect it about {at}. Follow it: {link}",
            at=f"{expected_at:%H:%M}",
            link=link,
            **f,
        )

    return fit(say, {"restaurant": fold(restaurant)}, (("restaurant", 12),))
