"""Every table of dispatch, by noun."""

from dispatch.tables.desk import Attention, Contest, DeskNote, Event, Pause
from dispatch.tables.earned import Absence, Expense, RainSpell, TipDay
from dispatch.tables.incidents import Incident, IncidentNote, Notice, Proof
from dispatch.tables.jobs import Decision, Job, Mark, PlanRound, Refusal, Stop
from dispatch.tables.orders import IdempotencyKey, Order, OrderContact, Refund
from dispatch.tables.people import Person, RoleGrant, SignInAttempt, SignInLink, Visit, known
from dispatch.tables.places import ApiKey, OpeningHours, Restaurant, RestaurantBilling
from dispatch.tables.rota import (
    Asking,
    Availability,
    CalendarFeed,
    RotaLine,
    RotaWeek,
    Slot,
    Swap,
    WorkingStatement,
)
from dispatch.tables.shifts import Rest, Shift, ShiftChange

__all__ = [
    "Absence",
    "ApiKey",
    "Asking",
    "Attention",
    "Availability",
    "CalendarFeed",
    "Contest",
    "Decision",
    "DeskNote",
    "Event",
    "Expense",
    "IdempotencyKey",
    "Incident",
    "IncidentNote",
    "Job",
    "Mark",
    "Notice",
    "OpeningHours",
    "Order",
    "OrderContact",
    "Pause",
    "Person",
    "PlanRound",
    "Proof",
    "RainSpell",
    "Refund",
    "Refusal",
    "Rest",
    "Restaurant",
    "RestaurantBilling",
    "RoleGrant",
    "RotaLine",
    "RotaWeek",
    "Shift",
    "ShiftChange",
    "SignInAttempt",
    "SignInLink",
    "Slot",
    "Stop",
    "Swap",
    "TipDay",
    "Visit",
    "WorkingStatement",
    "known",
]
