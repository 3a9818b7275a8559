"""Days of the Grubhub meal delivery routing benchmark, ridden by `routing.rolling` under the official rules."""

from bench.mdrp.command import main
from bench.mdrp.ridden import Setting, ride

__all__ = ["Setting", "main", "ride"]
