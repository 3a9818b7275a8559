"""Planning: what is open and who is out, as a routing problem; a plan that the referee has passed."""

from dispatch.planning.able import FORGIVEN, SILENCES, able, open_orders, refusals
from dispatch.planning.evening import Evening, evening, job_of, problem, rules
from dispatch.planning.kept import Kept, keep, kept, turns
from dispatch.planning.plans import Asks, Made, Picture, do, leaves_at, take, told
from dispatch.planning.when import LEAST_GAP, again_by, due_at, instant, seconds, wanted

__all__ = [
    "FORGIVEN",
    "LEAST_GAP",
    "SILENCES",
    "Asks",
    "Evening",
    "Kept",
    "Made",
    "Picture",
    "able",
    "again_by",
    "do",
    "due_at",
    "evening",
    "instant",
    "job_of",
    "keep",
    "kept",
    "leaves_at",
    "open_orders",
    "problem",
    "refusals",
    "rules",
    "seconds",
    "take",
    "told",
    "turns",
    "wanted",
]
