"""Simulated evenings: a client of the running program, that speaks HTTP and sandbox phones and nothing else.

`stage` alone touches the database: it prepares a fresh one and serves it, as `init` and `serve` do.
"""
