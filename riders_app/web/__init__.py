"""The doors of the people channel: the carrier's hooks, the sandbox phones, riders' and members' pages."""

from fastapi import APIRouter

from riders_app.web import (
    desk_delivery,
    desk_texts,
    earnings,
    hooks,
    member,
    mine,
    my_shifts,
    own_money,
    payslips,
    rider,
    road,
    sandbox,
    shell,
)


def routers() -> tuple[APIRouter, ...]:
    """Every router of this package."""
    return (
        hooks.router,
        sandbox.router,
        mine.router,
        rider.router,
        shell.router,
        road.router,
        my_shifts.router,
        my_shifts.open_router,
        earnings.router,
        payslips.router,
        member.router,
        own_money.router,
        desk_delivery.router,
        desk_texts.router,
    )
