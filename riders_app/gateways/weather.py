"""How badly a pretend carrier may treat texts, and what befalls each: the same text, the same fate.

Every chance is drawn from a hash of the seed, the text and what is being asked, so that a run can be repeated
whatever order things happen in.
"""

import hashlib
import string
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any

RATES = (
    "slow",
    "doubled",
    "lost",
    "garbled",
    "unanswered",
    "refused",
    "undelivered",
    "news_lost",
    "news_doubled",
    "stumbled",
)
_MOST_S = 3_600


@dataclass(frozen=True, slots=True)
class Weather:
    """The switches of the sandbox phones. Each rate is from 0 (never) to 1 (always).

    `slow` texts take up to `slow_s` seconds, so that they overtake each other; every other takes up to `delay_s`.
    `doubled`, `lost` and `garbled` befall texts both ways (`garbled` only those that come in: what leaves us is
    not changed by carriers, what a thumb types is). `unanswered`: the carrier takes a text and its answer is
    lost; `refused`: it says to try later; `undelivered`: it says afterwards that the phone could not be reached.
    `news`: whether it tells what became of texts at all; news can be late, lost and doubled too. `stumbled`: we
    answer a call of the carrier's with an error (HTTP 500) and keep nothing of it, and it calls again.
    """

    seed: int = 0
    delay_s: float = 0.0
    slow: float = 0.0
    slow_s: float = 120.0
    doubled: float = 0.0
    lost: float = 0.0
    garbled: float = 0.0
    unanswered: float = 0.0
    refused: float = 0.0
    undelivered: float = 0.0
    news: bool = False
    news_lost: float = 0.0
    news_doubled: float = 0.0
    stumbled: float = 0.0

    def __post_init__(self) -> None:
        for name in RATES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a rate from 0 to 1, not {getattr(self, name)}")
        if not (0 <= self.delay_s <= _MOST_S and 0 <= self.slow_s <= _MOST_S):
            raise ValueError(f"a delay is from 0 to {_MOST_S} seconds")

    @property
    def calm(self) -> bool:
        """Whether every text arrives at once, and nothing is told of it."""
        return not self.news and not self.delay_s and not any(getattr(self, name) for name in RATES)

    def chance(self, text: str, what: str) -> float:
        """A number from 0 to 1 that belongs to this text and question."""
        drawn = hashlib.sha256(f"{self.seed}:{what}:{text}".encode()).digest()
        return int.from_bytes(drawn[:7], "big") / 2**56

    def befalls(self, text: str, what: str, rate: float) -> bool:
        """Whether something that happens at this rate happens to this text."""
        return self.chance(text, what) < rate

    def takes(self, text: str, what: str = "way") -> timedelta:
        """How long a text is under way."""
        most = self.slow_s if self.befalls(text, f"{what}-slow", self.slow) else self.delay_s
        return timedelta(seconds=round(most * self.chance(text, f"{what}-time"), 3))

    def written(self, text: str, body: str) -> str:
        """What comes of a body on its way in: sometimes a letter is another, missing, or the words run together."""
        if not body or not self.befalls(text, "garbled", self.garbled):
            return body
        at = int(self.chance(text, "where") * len(body))
        letter = string.ascii_lowercase[int(self.chance(text, "letter") * 26)]
        how = int(self.chance(text, "how") * 4)
        if how == 0:
            return body[:at] + letter + body[at + 1 :]
        if how == 1:
            return body[:at] + body[at + 1 :]
        if how == 2:
            return body.replace(" ", "").lower()
        return f"{body[:at]}{body[at]}{body[at:]}"

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Weather":
        """Weather as it was kept; what is not known any more is left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})

    def kept(self) -> dict[str, Any]:
        """Itself as plain facts."""
        return asdict(self)

    @classmethod
    def chaos(cls, rate: float, *, seed: int) -> "Weather":
        """A bad evening: everything that can befall a text does so at this rate."""
        return cls(
            seed=seed,
            delay_s=6.0,
            slow=rate,
            doubled=rate,
            lost=rate,
            garbled=rate,
            unanswered=rate,
            refused=rate,
            undelivered=rate / 4,
            news=True,
            news_lost=rate,
            news_doubled=rate,
            stumbled=rate,
        )
