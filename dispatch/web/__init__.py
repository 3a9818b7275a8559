"""The restaurants' API, the desk and the restaurants' pages."""

from fastapi import APIRouter


def routers() -> tuple[APIRouter, ...]:
    """Every router of dispatch: the restaurants' API, and the pages."""
    # Here and not above: whoever needs only the access rules should not load every page.
    from dispatch.web import (
        api,
        desk,
        desk_contests,
        desk_money,
        desk_orders,
        desk_people,
        desk_restaurants,
        desk_rota,
        desk_shifts,
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
        desk_orders.router,
        desk_people.router,
        desk_restaurants.router,
        desk_rota.router,
        desk_shifts.router,
        desk_contests.router,
        desk_money.router,
        restaurant.router,
    )
