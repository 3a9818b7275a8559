"""What our texts say: facts in, one segment of the GSM-7 alphabet out. One function a text, in anybody's voice.

A text is shortened by the order its function states, never by its flat or its job's number.
"""

from riders_app.wording import road
from riders_app.wording.answers import (
    broken,
    help_,
    how_late,
    menu,
    one_at_a_time,
    refused,
    say_why,
    unclear,
    which,
    works_now,
)
from riders_app.wording.gsm import ONE_SEGMENT, fold, loses, segments, septets
from riders_app.wording.jobs import Turn, changed, expired, offer, stop, withdrawn
from riders_app.wording.marks import marked, not_marked, several, short
from riders_app.wording.people import (
    bank_changed,
    contested,
    customer_cancelled,
    customer_link,
    desk_note,
    no_pay,
    pay,
    shift_asked,
    shift_off,
    shift_on,
    shift_set,
    sign_in,
    wait_here,
    why,
)
from riders_app.wording.voice import ENGLISH, LANGUAGES, Voice, voice

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "ONE_SEGMENT",
    "Turn",
    "Voice",
    "bank_changed",
    "broken",
    "changed",
    "contested",
    "customer_cancelled",
    "customer_link",
    "desk_note",
    "expired",
    "fold",
    "help_",
    "how_late",
    "loses",
    "marked",
    "menu",
    "no_pay",
    "not_marked",
    "offer",
    "one_at_a_time",
    "pay",
    "refused",
    "road",
    "say_why",
    "segments",
    "septets",
    "several",
    "shift_asked",
    "shift_off",
    "shift_on",
    "shift_set",
    "short",
    "sign_in",
    "stop",
    "unclear",
    "voice",
    "wait_here",
    "which",
    "why",
    "withdrawn",
    "works_now",
]
