"""The restaurants' API, the desk and the restaurants' pages."""

from importlib import import_module

from fastapi import APIRouter

# In the order their addresses are tried.
ROOMS = (
    "api",
    "signin",
    "stripe_hook",
    "tracking",
    "live",
    "desk",
    "desk_alarms",
    "desk_incidents",
    "desk_road",
    "desk_orders",
    "desk_people",
    "desk_restaurants",
    "desk_rota",
    "desk_shifts",
    "desk_contests",
    "desk_money",
    "desk_cards",
    "desk_accounts",
    "desk_evenings",
    "desk_checks",
    "desk_pay",
    "desk_tips",
    "desk_absences",
    "desk_expenses",
    "desk_rain",
    "desk_settlements",
    "desk_owed",
    "desk_vat",
    "restaurant",
    "restaurant_settlements",
)


def routers() -> tuple[APIRouter, ...]:
    """Every router of dispatch: the restaurants' API, and the pages."""
    # Loaded here and not above: whoever needs only the access rules should not load every page.
    return tuple(import_module(f"dispatch.web.{room}").router for room in ROOMS)
