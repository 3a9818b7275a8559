"""The restaurants' API, the desk and the restaurants' pages."""

from fastapi import APIRouter


def routers() -> tuple[APIRouter, ...]:
    """Every router of dispatch: the restaurants' API, and the pages."""
    # Here and not above: whoever needs only the access rules should not load every page.
    from dispatch.web import api, live, restaurant, restaurant_settlements, signin, stripe_hook, tracking

    return (
        api.router,
        signin.router,
        stripe_hook.router,
        tracking.router,
        live.router,
        *_desk(),
        restaurant.router,
        restaurant_settlements.router,
    )


def _desk() -> tuple[APIRouter, ...]:
    from dispatch.web import (
        desk,
        desk_absences,
        desk_accounts,
        desk_alarms,
        desk_cards,
        desk_checks,
        desk_contests,
        desk_evenings,
        desk_expenses,
        desk_incidents,
        desk_money,
        desk_orders,
        desk_pay,
        desk_people,
        desk_rain,
        desk_restaurants,
        desk_road,
        desk_rota,
        desk_settlements,
        desk_shifts,
        desk_tips,
        desk_vat,
    )

    pages = (
        desk,
        desk_alarms,
        desk_incidents,
        desk_road,
        desk_orders,
        desk_people,
        desk_restaurants,
        desk_rota,
        desk_shifts,
        desk_contests,
        desk_money,
        desk_cards,
        desk_accounts,
        desk_evenings,
        desk_checks,
        desk_pay,
        desk_tips,
        desk_absences,
        desk_expenses,
        desk_rain,
        desk_settlements,
        desk_vat,
    )
    return tuple(page.router for page in pages)
