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
        desk_cards,
        desk_checks,
        desk_contests,
        desk_evenings,
        desk_expenses,
        desk_money,
        desk_orders,
        desk_pay,
        desk_people,
        desk_rain,
        desk_restaurants,
        desk_settlements,
        desk_shifts,
        desk_tips,
        desk_vat,
        live,
        restaurant,
        restaurant_settlements,
        signin,
        stripe_hook,
        tracking,
    )

    return (
        api.router,
        signin.router,
        stripe_hook.router,
        tracking.router,
        live.router,
        desk.router,
        desk_orders.router,
        desk_people.router,
        desk_restaurants.router,
        desk_shifts.router,
        desk_contests.router,
        desk_money.router,
        desk_cards.router,
        desk_accounts.router,
        desk_evenings.router,
        desk_checks.router,
        desk_pay.router,
        desk_tips.router,
        desk_absences.router,
        desk_expenses.router,
        desk_rain.router,
        desk_settlements.router,
        desk_vat.router,
        restaurant.router,
        restaurant_settlements.router,
    )
