"""The restaurants' API, the desk and the restaurants' pages."""

from fastapi import APIRouter


def routers() -> tuple[APIRouter, ...]:
    """Every router of dispatch: the restaurants' API, and the pages."""
    # Here and not above: whoever needs only the access rules should not load every page.
    from dispatch.web import (
        api,
        desk,
        desk_absences,
        desk_accounts,
        desk_alarms,
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
        desk_shifts,
        desk_tips,
        live,
        restaurant,
        signin,
        tracking,
    )

    return (
        api.router,
        signin.router,
        tracking.router,
        live.router,
        desk.router,
        desk_alarms.router,
        desk_incidents.router,
        desk_road.router,
        desk_orders.router,
        desk_people.router,
        desk_restaurants.router,
        desk_rota.router,
        desk_shifts.router,
        desk_contests.router,
        desk_money.router,
        desk_accounts.router,
        desk_evenings.router,
        desk_checks.router,
        desk_pay.router,
        desk_tips.router,
        desk_absences.router,
        desk_expenses.router,
        desk_rain.router,
        restaurant.router,
    )
