"""How a simulated rider reads a text, looking only at what a person would look at: which job, and what to do."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A job to take or to pass on; `stay` when it would end after the shift does."""

    number: int
    stay: bool = False


@dataclass(frozen=True, slots=True)
class Collect:
    """Go to a restaurant for these orders; or, for a `meeting`, to the rider who has them."""

    number: int
    references: tuple[str, ...]
    meeting: bool = False


@dataclass(frozen=True, slots=True)
class Deliver:
    """Go to this order's door; the letter stands when the job has several drops."""

    number: int
    letter: str
    reference: str
    meeting: bool = False  # not a door: another rider takes it over


@dataclass(frozen=True, slots=True)
class Meet:
    """Food of this job goes to another rider: meet them and hand it over."""

    number: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Food nobody took goes back, or is given up; `more` when the job has other stops, `then_off` when OFF is to be
    said once it is back.
    """

    number: int
    letter: str
    returned: bool
    more: bool
    then_off: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """Something of this job changed, or it is newly theirs: say that it was read."""

    number: int


@dataclass(frozen=True, slots=True)
class Again:
    """A door nobody opened is to be tried again."""

    number: int
    letter: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to do for a job."""

    number: int


@dataclass(frozen=True, slots=True)
class Gone:
    """A job or offer is not this rider's any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The shift is past its end: still out?"""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to sign in with."""

    url: str


Told = Offer | Collect | Deliver | Meet | Ended | Confirm | Again | Finished | Gone | Asked | Link

_LINK = re.compile(r"sign-in link.*?(https?://\S+)")
_COLLECT = re.compile(r"\b(\d{1,2}): go to (meet )?.*collect (.+?)\. GOT (\d{1,2})\b")
_DELIVER = re.compile(r"\bRef ([\w-]+).*\bDONE (\d{1,2})([A-Z]?)$")
_MEET = re.compile(r"\bJob (\d{1,2}) goes to .*\bmeet at ")
_HAND_OVER = "Hand the food over"
_ENDED = re.compile(r"\b(\d{1,2})([A-Z]?)(: please take it back to | is given up: )")
_OFFER = re.compile(r"\b(TAKE|STAY) (\d{1,2}) or PASS \d{1,2}(?:, both are fine)?$")
_CONFIRM = re.compile(r"\bText ACK (\d{1,2})\b")
_AGAIN = re.compile(r"\b(\d{1,2})([A-Z]?): please try the door again")
_FINISHED = re.compile(r"\bJob (\d{1,2}) (?:is finished|is over|has no stops left)")
_GONE = re.compile(
    r"\bJob (\d{1,2}) (?:has been withdrawn|was not answered|has gone|has another rider|was called off"
    r"|goes to (?!.*\bmeet at))"
    r"|You have no job (\d{1,2})|Passed on job (\d{1,2})"
)


def read(body: str) -> Told | None:
    """What a text asks for; None where there is nothing to act on."""
    text = body.strip()
    if found := _LINK.search(text):
        return Link(found.group(1))
    if found := _CONFIRM.search(text):
        return Confirm(int(found.group(1)))
    if found := _AGAIN.search(text):
        return Again(int(found.group(1)), found.group(2))
    if found := _MEET.search(text):
        return Meet(int(found.group(1)))
    if found := _ENDED.search(text):
        more, then_off = " for what is next" in text, "Text OFF when" in text
        return Ended(int(found[1]), found[2], "take it back" in found[3], more, then_off)
    if found := _COLLECT.search(text):
        references = tuple(found.group(3).rstrip(".").split())
        return Collect(int(found.group(4)), references, meeting=found.group(2) is not None)
    if found := _DELIVER.search(text):
        return Deliver(int(found[2]), found[3], found[1], meeting=_HAND_OVER in text)
    if found := _OFFER.search(text):
        return Offer(int(found.group(2)), stay=found.group(1) == "STAY")
    if found := _FINISHED.search(text):
        return Finished(int(found.group(1)))
    if found := _GONE.search(text):
        return Gone(int(next(group for group in found.groups() if group)))
    if "was planned to end" in text:
        return Asked()
    return None
