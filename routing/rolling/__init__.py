"""A day dispatched in rolling epochs, in numbers alone: orders and riders in, what became of them out."""

from routing.rolling.day import simulate
from routing.rolling.facts import (
    Batch,
    Day,
    Move,
    Order,
    Outcome,
    Policy,
    Progress,
    Ride,
    Rider,
    Work,
)
from routing.rolling.figures import Figures, Pay, figures

__all__ = [
    "Batch",
    "Day",
    "Figures",
    "Move",
    "Order",
    "Outcome",
    "Pay",
    "Policy",
    "Progress",
    "Ride",
    "Rider",
    "Work",
    "figures",
    "simulate",
]
