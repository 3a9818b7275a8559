"""What can go wrong in the story of an evening; each docstring is the default message."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

_FIELD = re.compile(r"\{(\w+)\}")


def filled(words: str, facts: Mapping[str, object]) -> str:
    """A sentence with its facts put in by name; what is no fact's name stays as it is written."""
    return _FIELD.sub(lambda found: str(facts.get(found[1], found[0])), words)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What dispatch says in English with its facts open, as {name}, so that it can be said in another language."""

    says: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def told(self, say: Callable[[str], str]) -> str:
        """The same in another language, by what says a sentence with its facts still open."""
        return filled(say(self.says), self.facts)

    def __str__(self) -> str:
        return filled(self.says, self.facts)


class DispatchError(Exception):
    """Something in dispatch went wrong."""

    def __init__(self, message: str | None = None, **facts: object) -> None:
        """`message` may name facts as {name}: `says` keeps it so, for whoever says it in another language."""
        self.says = message or (self.__doc__ or "").strip().splitlines()[0]
        self.facts = facts
        self.message = filled(self.says, facts)
        super().__init__(self.message)

    def told(self, say: Callable[[str], str]) -> str:
        """What went wrong in another language, by what says a sentence with its facts still open."""
        return filled(say(self.says), self.facts)


class NotFound(DispatchError):
    """There is nothing by that name here."""


class NotAllowed(DispatchError):
    """You may not do this."""


class BadPhone(DispatchError):
    """That is not a mobile number we can text: write it like 07700 900123 or +447700900123."""


class PhoneTaken(DispatchError):
    """Another person already has this phone number."""


class BadInput(DispatchError):
    """Something in what was sent is not right."""


class Cautioned(DispatchError):
    """Working time wants a reason before this shift is planned."""

    def __init__(self, found: tuple[Sentence, ...] = ()) -> None:
        super().__init__(
            "Look at this first: {words}. To go on, write down why.", words="; ".join(map(str, found))
        )
        self.found = found

    def told(self, say: Callable[[str], str]) -> str:
        """The same, each thing found said in that language too."""
        return filled(say(self.says), {"words": "; ".join(each.told(say) for each in self.found)})


class AddressNotFound(DispatchError):
    """That address was not found: check the street name, or send a point (lat and lon)."""


class OutOfZone(DispatchError):
    """The co-op does not deliver there."""


class Closed(DispatchError):
    """The restaurant is closed at that time."""


class Paused(DispatchError):
    """The co-op is not taking orders just now."""

    def __init__(self, until_at: datetime, reason: str) -> None:
        super().__init__(
            "The co-op is not taking orders until {until}: {reason}",
            until=f"{until_at:%H:%M}",
            reason=reason,
            until_at=until_at,
        )


class ImpossibleTime(DispatchError):
    """That time cannot be."""


class ExternalIdTaken(DispatchError):
    """Another order of this restaurant already has this external_id."""


class KeyReused(DispatchError):
    """This Idempotency-Key was used before with another body: use a new key for a new order."""


class WrongState(DispatchError):
    """That cannot be done now."""


class NoSuchJob(DispatchError):
    """You have no job with that number."""


class WhichJob(DispatchError):
    """You have more than one job: say which number."""

    def __init__(self, numbers: tuple[int, ...]) -> None:
        super().__init__(numbers=numbers)
        self.numbers = numbers


class OnlyOffered(WhichJob):
    """The job meant was offered and not taken: say which number."""


class OfferGone(DispatchError):
    """That job has gone to someone else."""


class ProofNeeded(DispatchError):
    """This delivery needs its proof first, or the reason why there is none."""


class ProofWrong(DispatchError):
    """That is not the customer's code: ask again, or say why there is none."""


class NothingToUndo(DispatchError):
    """There is nothing to undo from the last five minutes."""


class NotOnShift(DispatchError):
    """You are not on shift: text ON to start."""


class Unplanned(WrongState):
    """You have no shift planned now: the desk can add one."""


class TooEarly(WrongState):
    """Your shift has not come yet."""

    def __init__(self, starts_at: datetime | None = None, from_at: datetime | None = None) -> None:
        if starts_at is None or from_at is None:
            super().__init__()
            return
        super().__init__(
            "Your shift starts at {starts}: ON works from {opens}.",
            starts=f"{starts_at:%H:%M}",
            opens=f"{from_at:%H:%M}",
        )


class LinkSpent(DispatchError):
    """This sign-in link is used up or too old: ask for a new one."""


class TooMany(DispatchError):
    """Too many tries: wait a little and try again."""


class PlanRefused(DispatchError):
    """The plan broke a rule and was not used."""
