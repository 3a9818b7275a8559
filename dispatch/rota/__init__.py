"""The rota: a weekly pattern, weeks made of it and published, who asks for what, swaps, working time."""

from dispatch.rota import asking, availability, feeds, leaving, pattern, seeing, statements, working

__all__ = ["asking", "availability", "feeds", "leaving", "pattern", "seeing", "statements", "working"]
