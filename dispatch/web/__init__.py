"""The restaurants' API, the desk and the restaurants' pages."""

from fastapi import APIRouter


def routers() -> tuple[APIRouter, ...]:
    """Every router of dispatch: the restaurants' API, and the pages."""
    # Here and not above: whoever needs only the access rules should not load every page.
    from dispatch.web import (
        api,
        desk,
        desk_accounts,
        desk_cards,
        desk_checks,
        desk_contests,
        desk_evenings,
        desk_money,
        desk_orders,
        desk_pay,
        desk_people,
        desk_restaurants,
        desk_shifts,
        live,
        restaurant,
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
        restaurant.router,
    )
