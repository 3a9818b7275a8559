"""Why entries that touch a person's money were booked, in the language of whoever reads.

The books keep their reasons as sentences in English, for ever. A sentence that the program itself wrote is known here
and told again with its facts; what a person wrote is told as they wrote it.
"""

import re
from datetime import date
from functools import lru_cache

from dispatch.facts import Say
from dispatch.web import tongues


def sentences(say: Say) -> tuple[str, ...]:
    """What the program writes as the reason of an entry on a rider's or a member's account."""
    return (
        say("Shift {number}"),
        say("Shift {number}, {minutes} min of break unpaid"),
        say("Its start was set by a named person"),
        say("Its end was set by a named person"),
        say("Rain was marked by a named person"),
        say("The end of rain was marked by a named person"),
        say("Rain was taken back by a named person"),
        say("Order {number} delivered"),
        say("undone by the rider"),
        say("The order was cancelled"),
        say("Tips of {day}, shared by minutes on shift"),
        say("What was known of {day} has changed: its tips are shared anew"),
        say("Expense {number} approved"),
        say("Sick pay for {day}"),
        say("Leave taken from {day}"),
        say("Taken back by a named person"),
        say("Pay run {number}"),
        say("Pay run {number}: deductions"),
        say("Came back: {reason}"),
    )


def why(say: Say, language: str, written: str) -> str:
    """A reason as the books have it, said in this language where it is one of ours."""
    for form, read in _forms():
        found = read.fullmatch(written)
        if found is not None:
            facts = found.groupdict()
            if "day" in facts and language != tongues.ENGLISH:
                facts["day"] = tongues.day(date.fromisoformat(facts["day"]), language)
            return say(form, **facts)
    return written


@lru_cache(maxsize=1)
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((form, _reader(form)) for form in sentences(_as_written))


def _as_written(message: str) -> str:
    return message


def _reader(form: str) -> re.Pattern[str]:
    kinds = {"day": r"\d{4}-\d\d-\d\d", "reason": ".*"}
    parts = re.split(r"\{(\w+)\}", form)
    read = [
        f"(?P<{part}>{kinds.get(part, '[0-9]+')})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    ]
    return re.compile("".join(read))
