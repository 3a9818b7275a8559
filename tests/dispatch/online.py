"""Orders paid online at the pretend Stripe, as tests lead them: placed, paid, delivered, sent on."""

from typing import Any

from sqlmodel import select

from dispatch import cards, orders
from dispatch.states import DELIVERY, PAYMENT, move
from dispatch.tables import Attention
from payments import books, payouts
from payments import pay as pay_of
from payments.rails import payees, reconciling
from payments.rails.sandbox import Sandbox
from payments.rails.tables import CardPayment
from tests.house import House, Till


def stripe_of(house: House) -> Sandbox:
    """The pretend Stripe of a house."""
    found = house.program.stripe
    assert isinstance(found, Sandbox)
    return found


def placed(house: House, till: Till, reference: str = "A-1", **more: Any) -> int:
    """An order its customer is to pay online, its page made; its number."""
    told = house.order(till, reference, card_reference=None, **more)
    house.move(0)
    with house.reading() as session:
        found = orders.get(session, told["id"])
        assert found.id is not None
        return int(found.id)


def page(house: House, order_id: int) -> CardPayment:
    """The page an order is paid on."""
    with house.reading() as session:
        found = cards.page_of(session, orders.by_id(session, order_id))
        assert found is not None
        return found


def pay(house: House, order_id: int, card: str = "visa") -> str | None:
    """The customer pays; the words of a refusal."""
    refused = stripe_of(house).pay(str(page(house, order_id).session_id), card)
    house.move(0)
    return refused


def arrived(house: House, order_id: int, rider_id: int = 1) -> None:
    """The food is with its customer, as the rider's DONE has it, without the ride."""
    with house.database.writing() as session:
        order = orders.by_id(session, order_id)
        for state in ("assigned", "carried", "delivered"):
            move(order, "delivery", DELIVERY, state)
        order.delivered_at = house.now
        move(order, "payment", PAYMENT, "booked")
        order.rider_id = rider_id
        session.add(order)
        session.flush()
        pay_of.delivered(session, orders.money(order), now=house.now)
        cards.follow(session, order, now=house.now)
    house.move(0)


def deliver(house: House, phone: str) -> None:
    """The rider takes, collects and delivers what comes next, by text message."""
    number = house.until_text(phone, "TAKE").split("TAKE ")[1].split()[0].strip(".,")
    house.text(phone, f"TAKE {number}")
    house.move(6)
    house.text(phone, f"GOT {number}")
    house.move(7)
    house.text(phone, f"DONE {number}")


def balance(house: House, account: str) -> int:
    """What stands on an account."""
    with house.reading() as session:
        return books.balance(session, account)


def open_now(house: House) -> dict[str, str]:
    """The differences that are open: thing -> cause."""
    cards.reconcile(house.program, house.now)
    with house.reading() as session:
        return {row.thing: row.cause for row in reconciling.open_(session)}


def attentions(house: House) -> set[str]:
    """The kinds of things that are before a person."""
    with house.reading() as session:
        return {row.kind for row in session.exec(select(Attention).where(Attention.closed_at == None))}  # noqa: E711


def onboarded(house: House, payee: str) -> None:
    """A payee whose account is finished."""
    with house.database.writing() as session:
        payees.connect(session, payee, country="GB", now=house.now)
    house.move(0)
    with house.reading() as session:
        account = payees.account_of(session, payee)
        assert account is not None
        assert account.vendor_id is not None
    stripe_of(house).onboard(account.vendor_id)
    house.move(0)


def paid_out(house: House, payee: str, key: str = "settlement:1") -> int:
    """All that is owed to a payee, on its way through Stripe; how much."""
    amount = balance(house, payee)
    with house.database.writing() as session:
        payouts.create(
            session,
            key=key,
            payee=payee,
            parts=[(payee, amount)],
            method="stripe",
            reference="Pannier",
            why="Settlement",
            now=house.now,
        )
    house.move(0)
    return amount
