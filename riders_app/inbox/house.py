"""What answers need to know of this install, and of whom they are for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dispatch.proofs import Shown
from riders_app import wording
from riders_app.replies import Reading


@dataclass(frozen=True, slots=True)
class House:
    """What answers need to know of this install, and of whom they are for."""

    url: str
    desk: str = ""  # the number of whoever is on duty
    voice: wording.Voice = wording.ENGLISH
    brief: bool = False  # one of several answers: only what was marked
    heard_at: datetime | None = None  # when the text came in: what it says happened then, unless it says when
    proof: Shown | None = None


Act = Callable[[Session, int, Reading, datetime, House], str]
