"""What our texts say: facts in, one segment of the GSM-7 alphabet out. One function a text, in anybody's voice.

A text is shortened by the order its function states, never by its flat or its job's number.
"""

from dispatch.facts import LANGUAGES
from riders_app.wording import cases, customers, money, road
from riders_app.wording.answers import (
    broken,
    help_,
    how_late,
    menu,
    one_at_a_time,
    say_why,
    unclear,
    which,
    works_now,
)
from riders_app.wording.gsm import ONE_SEGMENT, fold, loses, segments, septets
from riders_app.wording.jobs import Turn, changed, expired, offer, stop, withdrawn
from riders_app.wording.marks import marked, not_marked, several, short
from riders_app.wording.people import (
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
from riders_app.wording.refusals import refused, shown
from riders_app.wording.rota import (
    break_planned,
    desk_asked,
    joined,
    look_first,
    my_shifts,
    nothing_to_join,
    place_offered,
    rota_published,
    shift_cancelled,
    shift_planned,
    swap_declined,
    swapped,
)
from riders_app.wording.voice import ENGLISH, Voice, voice

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "ONE_SEGMENT",
    "Turn",
    "Voice",
    "break_planned",
    "broken",
    "cases",
    "changed",
    "customers",
    "desk_asked",
    "desk_note",
    "expired",
    "fold",
    "help_",
    "how_late",
    "joined",
    "look_first",
    "loses",
    "marked",
    "menu",
    "money",
    "my_shifts",
    "no_pay",
    "not_marked",
    "nothing_to_join",
    "offer",
    "one_at_a_time",
    "pay",
    "place_offered",
    "refused",
    "road",
    "rota_published",
    "say_why",
    "segments",
    "septets",
    "several",
    "shift_asked",
    "shift_cancelled",
    "shift_off",
    "shift_on",
    "shift_planned",
    "shift_set",
    "short",
    "shown",
    "sign_in",
    "stop",
    "swap_declined",
    "swapped",
    "unclear",
    "voice",
    "wait_here",
    "which",
    "why",
    "withdrawn",
    "works_now",
]
