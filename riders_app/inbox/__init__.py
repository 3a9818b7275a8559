"""Texts that come in: stored once, read, acted on, answered in the transaction that acted."""

from riders_app.inbox.acting import act, fault, next_due, run, store
from riders_app.inbox.house import House

__all__ = ["House", "act", "fault", "next_due", "run", "store"]
