"""Orders: delivered, marked so by mistake, delivered again, refunded, cancelled."""

from dataclasses import replace
from typing import Literal

import pytest
from sqlmodel import Session

from payments import pay
from payments.errors import MoneyFault
from payments.pay import OrderMoney
from payments.rulebook import Stage
from tests.payments.machine import cards
from tests.payments.machine.world import Order, World


def deliver(
    world: World,
    value: int,
    fee: int,
    tip: int,
    card: bool,
    odd: bool,
    fail_at: int | None,
    *,
    online: bool = False,
) -> None:
    """A new order arrives; `online`, its customer pays it on a page."""
    paid_by: Literal["card", "account"] = "card" if card else "account"
    money = OrderMoney(len(world.orders) + 1, 7 + odd, 3 + odd, value, fee, tip, paid_by)
    entry = world.take(lambda session: pay.delivered(session, money, now=world.now), fail_at)
    world.orders.append(
        Order(money, stands=entry is not None, online=online and card, owed=money.total_minor)
    )
    world.delivered_at.append(world.now)
    cards.follow(world, world.orders[-1], fail_at)
    world.tips[money.rider_id] += tip


def undo(world: World, order: Order, fail_at: int | None) -> None:
    """It was marked by mistake; where money was given back on it, it stays."""
    money = order.money
    if order.cancelled or not order.stands:
        return
    if order.given:
        with pytest.raises(MoneyFault):
            pay.undelivered(world.session, money.order_id, money.attempt, why="a slip", now=world.now)
        return
    world.take(
        lambda session: pay.undelivered(session, money.order_id, money.attempt, why="a slip", now=world.now),
        fail_at,
    )
    order.stands = False
    world.tips[money.rider_id] -= money.tip_minor
    cards.follow(world, order, fail_at)


def deliver_again(world: World, order: Order, fail_at: int | None) -> None:
    """What was undone is delivered after all, by another attempt."""
    if order.stands or order.cancelled:
        return
    money = replace(order.money, attempt=order.money.attempt + 1)
    entry = world.take(lambda session: pay.delivered(session, money, now=world.now), fail_at)
    order.money, order.stands = money, entry is not None
    if entry is not None:
        world.tips[money.rider_id] += money.tip_minor
        world.delivered_at.append(world.now)
    cards.follow(world, order, fail_at)


def refund(world: World, order: Order, amount: int, restaurant: bool, fail_at: int | None) -> None:
    """Money goes back to the customer, never the rider's."""
    money = order.money
    left = money.value_minor + money.delivery_fee_minor - order.given
    if not order.stands or left <= 0 or not cards.may_give_back(world, order):
        return
    liable: Literal["restaurant", "co-op"] = "restaurant" if restaurant and money.value_minor else "co-op"
    part, attempt = 1 + amount % left, order.refunds + 1

    def step(session: Session) -> int:
        booked = pay.refunded(
            session,
            money.order_id,
            amount_minor=part,
            liable=liable,
            why="cold",
            attempt=attempt,
            now=world.now,
        )
        if attempt > order.refunds:
            cards.give_back(world, session, order, part, attempt, liable == "restaurant")
        return booked

    world.take(step, fail_at)
    order.given, order.refunds = order.given + part, attempt


def cancel(world: World, order: Order, stage: Stage, fail_at: int | None) -> None:
    """The order is called off, at any stage of its food."""
    if order.cancelled or order.given:
        return
    kept = cards.owed_when_cancelled(world, order, stage)
    world.take(lambda session: pay.cancelled(session, order.money, stage=stage, now=world.now), fail_at)
    if order.stands:
        world.tips[order.money.rider_id] -= order.money.tip_minor
    order.cancelled, order.stands, order.owed = True, False, kept
    cards.follow(world, order, fail_at)
