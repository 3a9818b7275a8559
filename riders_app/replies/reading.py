"""What a text was read as, and the plain spelling of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time

from riders_app.replies.verbs import Verb

# What we ask riders to text for these verbs; the others are their own word.
SPELLED = {"ACK": "OK", "REST": "BREAK"}
_PLAIN_DONE = ("TAKE", "PASS", "HERE", "GOT", "DONE")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. `clear` says it may be acted on; when it is not, the rest is only a guess.

    `numbers` are job numbers (1-99), `letters` drops (A-H) in alphabetical order, `everything` is
    DONE ... ALL, `minutes` belongs to LATE and REST, `words` to TROUBLE, CONTEST, FAIL and HELP. `at` is the true
    local time a rider gave (`DONE 12 1840`), `ago_min` the same as minutes ago, `pin` a customer's proof of
    delivery. `also` are further commands of the same text, each one to be acted on for itself.
    """

    verb: Verb | None
    numbers: tuple[int, ...] = ()
    letters: tuple[str, ...] = ()
    everything: bool = False
    minutes: int | None = None
    words: str = ""
    clear: bool = True
    at: time | None = None
    ago_min: int | None = None
    pin: str = ""
    also: tuple["Reading", ...] = ()

    @property
    def number(self) -> int | None:
        """The job number, when exactly one was given."""
        return self.numbers[0] if len(self.numbers) == 1 else None

    @property
    def each(self) -> "tuple[Reading, ...]":
        """Every command of the text, in the order written, none with further ones in it."""
        return (replace(self, also=()), *self.also)

    @property
    def silent(self) -> "Reading":
        """The same without free words and without a PIN: what may be kept and shown."""
        return replace(self, words="", pin="", also=tuple(part.silent for part in self.also))


def render(reading: Reading) -> str:
    """The plain spelling of a command: what we ask riders to text, and what parse() reads back."""
    return "".join(_said(reading.each))


def _said(parts: tuple[Reading, ...]) -> Iterator[str]:
    for i, part in enumerate(parts):
        before = parts[i - 1] if i else None
        if before is None:
            yield _one(part)
        elif before.verb == part.verb and _short(before) and _short(part):
            yield f", {_one(part).partition(' ')[2]}"
        else:
            yield f", {_one(part)}"


def _short(part: Reading) -> bool:
    """Whether its number alone says it all, behind another of the same verb."""
    plain = replace(part, numbers=(), letters=()) == Reading(part.verb)
    return plain and len(part.numbers) == 1 and part.verb in _PLAIN_DONE


def _one(reading: Reading) -> str:
    words: list[str] = [SPELLED.get(reading.verb or "", reading.verb or "")]
    drops = "".join(reading.letters)
    if reading.numbers:
        words.append(" ".join(str(n) for n in reading.numbers) + drops)
    elif drops:
        words.append(" ".join(drops))
    if reading.everything:
        words.append("ALL")
    if reading.minutes is not None:
        bare = reading.numbers and reading.verb == "LATE"
        words.append(str(reading.minutes) if bare else f"{reading.minutes} min")
    if reading.pin:
        words.append(f"PIN {reading.pin}")
    if reading.at is not None:
        words.append(f"{reading.at:%H%M}" if reading.numbers else f"at {reading.at:%H%M}")
    if reading.ago_min is not None:
        words.append(f"{reading.ago_min} min ago")
    if reading.words:
        words.append(reading.words)
    return " ".join(words)
