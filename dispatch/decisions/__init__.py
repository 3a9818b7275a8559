"""Decisions: why a job was offered to its rider, kept small enough to keep and whole enough to check again.

What is kept of a plan is the part a job's price hangs on: its rider and the next best ones, their routes, the
legs between the places on them, and the rules. There are no names, addresses or coordinates in it, only numbers
of rows and seconds.
"""

from dispatch.decisions.keeping import check, keep, read
from dispatch.decisions.telling import why
from dispatch.decisions.weighing import Decided, Other, Reduced, attempt, decide, weigh

__all__ = ["Decided", "Other", "Reduced", "attempt", "check", "decide", "keep", "read", "weigh", "why"]
