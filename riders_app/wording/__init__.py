"""What our texts say: facts in, one segment of the GSM-7 alphabet out. One function a text, English for now.

A text is shortened by the order its function states, never by its flat or its job's number.
"""

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
from riders_app.wording.jobs import Turn, changed, expired, marked, offer, stop, withdrawn
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

__all__ = [
    "ONE_SEGMENT",
    "Turn",
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
    "offer",
    "one_at_a_time",
    "pay",
    "refused",
    "say_why",
    "segments",
    "septets",
    "shift_asked",
    "shift_off",
    "shift_on",
    "shift_set",
    "sign_in",
    "stop",
    "unclear",
    "wait_here",
    "which",
    "why",
    "withdrawn",
    "works_now",
]
