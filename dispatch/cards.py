"""Orders their customers pay online: a page to pay on, and the order's money following what Stripe tells.

`run_calls`, `run_events` and `reconcile` are the jobs; the functions beside them say when they have something to do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel import Session, col, select

from dispatch import attention
from dispatch.errors import WrongState
from dispatch.tables import Order, Refund, Restaurant, known
from payments import books, terms
from payments.errors import RailsFault
from payments.rails import (
    Database,
    Gateway,
    News,
    Transaction,
    calls,
    events,
    orders,
    payees,
    reconciling,
    repeating,
)
from payments.rails.booking import order_of
from payments.rails.tables import CardPayment, Reconciliation, StripeCall

_ROUND = 20
_MOST_ASKED = 3  # for a balance that stands still meanwhile
_STAYS = {
    "unpaid": "card_unpaid",
    "refund_failed": "card_refund",
    "dispute": "card_dispute",
    "call_failed": "stripe_failed",
    "call_stuck": "stripe_waits",
    "bank_failed": "stripe_failed",
}
_NO_KEYS = (
    "Card payments wait and none can leave: there are no Stripe keys. Set PANNIER_STRIPE_SECRET_KEY and "
    "PANNIER_STRIPE_WEBHOOK_SECRET, and they go."
)


class _Settings(Protocol):
    @property
    def url(self) -> str: ...


class _Clock(Protocol):
    def now(self) -> datetime: ...


class Program(Protocol):
    """What these jobs need of the program they run in."""

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> _Clock: ...

    @property
    def settings(self) -> _Settings: ...

    @property
    def stripe(self) -> Gateway | None: ...


def online(order: Order) -> bool:
    """Whether its customer pays it online: by card, and no till has taken that card."""
    return order.paid_by == "card" and order.card_reference is None


def placed(session: Session, order: Order, *, now: datetime) -> None:
    """An order to be paid online: a page for it is asked for at once."""
    if online(order):
        ask(session, order, now=now)


def ask(session: Session, order: Order, *, now: datetime) -> CardPayment | None:
    """The page this order can be paid on, made anew where the last one ran out; None where nothing is to be paid."""
    owed = owed_minor(session, order)
    if not online(order) or not owed:
        return None
    restaurant = session.get_one(Restaurant, order.restaurant_id)
    return orders.ask(
        session,
        known(order.id),
        amount_minor=owed,
        currency=books.in_force(session, at=now)[1].co_op.currency,
        words=restaurant.name,  # read by the customer on Stripe's page, whatever its language
        back=f"/t/{order.public_id}",
        now=now,
    )


def owed_minor(session: Session, order: Order) -> int:
    """What the customer of an order is to pay, in minor units: what was kept of one called off or that never came."""
    whole = order.value_minor + order.fee_minor + order.tip_minor
    if order.payment in ("void", "compensated"):
        back = session.exec(
            select(Refund.amount_minor).where(
                Refund.order_id == order.id, Refund.kind == "cancelled", col(Refund.undone_at).is_(None)
            )
        ).first()
        return 0 if back is None else whole - back
    return whole


def follow(session: Session, order: Order, *, now: datetime) -> None:
    """Bring an online order's card money to where the order is."""
    if online(order):
        news = orders.follow(session, orders.Standing(known(order.id), owed_minor(session, order)), now=now)
        tell(session, news, now=now)


def waits_for(session: Session, order: Order) -> bool:
    """Whether an order is to be paid online and its customer has paid nothing yet."""
    return online(order) and not orders.paid(session, known(order.id))


def may_give_back(session: Session, order: Order) -> None:
    """WrongState where an online order's customer has paid nothing yet."""
    if waits_for(session, order):
        raise WrongState("Its customer has not paid this order yet: there is nothing to give back.")


def given_back(session: Session, order: Order, refund: Refund, *, now: datetime) -> None:
    """Send a refund of an online order the way its money came."""
    if online(order):
        payee = terms.restaurant(order.restaurant_id) if refund.liable == "restaurant" else None
        orders.give_back(
            session,
            known(order.id),
            number=refund.number,
            amount_minor=refund.amount_minor,
            payee=payee,
            now=now,
        )


def tell(session: Session, news: Sequence[News], *, now: datetime) -> None:
    """Have orders follow, and put before a person what only a person can settle."""
    for each in news:
        order_id = order_of(each.subject)
        order = session.get(Order, order_id) if order_id is not None else None
        if each.what == "paid" and order is not None:
            attention.settle(session, f"unpaid:{order_id}", now=now, note="It was paid.")
            follow(session, order, now=now)
        elif each.what in ("dispute_closed", "call_done"):
            attention.settle(session, each.key, now=now, note=each.words or "Stripe has answered.")
        elif each.what in _STAYS:
            attention.raise_(
                session,
                _STAYS[each.what],
                each.key,
                each.words,
                now=now,
                order_id=order_id if order is not None else None,
            )


# The jobs --------------------------------------------------------------------------------------------------


def again(session: Session, call_id: int, *, by: int, now: datetime) -> StripeCall:
    """A named person has what Stripe did not do, or sent back, asked once more; nobody need look at the old one."""
    made = repeating.again(session, call_id, by=by, now=now)
    old = session.get_one(StripeCall, call_id)
    for key in (f"stripe-failed:{call_id}", f"refund-failed:{old.vendor_id}", f"bank-failed:{old.vendor_id}"):
        attention.settle(session, key, now=now, note="It was asked again.")
    return made


def calls_due(session: Session, now: datetime) -> datetime | None:
    """When something is next to be asked of Stripe."""
    return min(
        (at for at in (calls.next_due(session), payees.next_due(session)) if at is not None), default=None
    )


def run_calls(program: Program, now: datetime) -> bool:
    """Ask Stripe what is due, a bounded number; whether anything was due."""
    with program.database.writing() as session:
        sent, news = payees.send(session, now=now)
        tell(session, news, now=now)
        if program.stripe is None:
            return bool(_waits(session, calls.put_off(session, now=now), now) or sent)
    did = sent > 0
    for _ in range(_ROUND):
        if not run_call(program, program.clock.now()):  # the call before may have taken long
            return did
        did = True
    return did


def run_call(program: Program, now: datetime, *, call_id: int | None = None) -> bool:
    """One call, or that one, if it is due: claimed, made with no transaction open, settled."""
    gateway = program.stripe
    if gateway is None:
        return False
    with program.database.writing() as session:
        attention.settle(session, "no-stripe", now=now, note="Stripe can be asked again.")
        calling = calls.take(session, now=now, call_id=call_id)
    if calling is None:
        return False
    outcome = calls.do(gateway, _addressed(calling, program.settings.url))
    now = program.clock.now()
    with program.database.writing() as session:
        tell(session, calls.settle(session, outcome, now=now), now=now)
    return True


def _addressed(calling: calls.Calling, url: str) -> calls.Calling:
    """A row keeps paths; Stripe wants whole addresses."""
    back = calling.facts.get("back")
    if isinstance(back, str) and back.startswith("/"):
        calling.facts["back"] = url + back
    return calling


def events_due(session: Session, _now: datetime) -> datetime | None:
    """When an event of Stripe's is next to be acted on."""
    return events.next_due(session)


def run_events(program: Program, now: datetime) -> bool:
    """Act on what Stripe told, a bounded number; whether anything was due."""
    gateway = program.stripe
    if gateway is None:
        with program.database.writing() as session:
            return _waits(session, events.put_off(session, now=now), now)
    did = False
    for _ in range(_ROUND):
        with program.database.writing() as session:
            acting = events.take(session, now=program.clock.now())
        if acting is None:
            return did
        did = True
        looked = events.do(gateway, acting)
        now = program.clock.now()
        with program.database.writing() as session:
            tell(session, events.settle(session, looked, now=now), now=now)
    return did


def _waits(session: Session, waiting: int, now: datetime) -> bool:
    if waiting:
        attention.raise_(session, "no_stripe", "no-stripe", _NO_KEYS, now=now)
    return waiting > 0


def reconcile_due(session: Session, now: datetime) -> datetime | None:
    """When Stripe's balance is next compared with the books."""
    return reconciling.next_due(session, now)


def run_reconcile(program: Program, now: datetime) -> bool:
    """The nightly comparison, if it is due."""
    with program.database.reading() as session:
        due = reconciling.next_due(session, now)
    if due is None or due > now:
        return False
    reconcile(program, now)
    return True


def reconcile(program: Program, now: datetime) -> Reconciliation:
    """Compare Stripe's balance with the books, now; what differs is put before a person.

    What the books took in after Stripe told its balance would look like a difference: then it is asked anew.
    """
    asked = 0
    while True:
        asked += 1
        with program.database.reading() as session:
            since, newest = reconciling.since(session), reconciling.newest(session)
        told = _told(program.stripe, since)
        with program.database.writing() as session:
            if told is None:
                return reconciling.unanswered(session, now=now)
            if asked == _MOST_ASKED or reconciling.newest(session) == newest:
                return _compared(session, told, now)


def _told(gateway: Gateway | None, since: datetime) -> Sequence[Transaction] | None:
    """What moved at Stripe since then; None where it cannot be asked."""
    try:
        return reconciling.ask(gateway, since) if gateway is not None else None
    except RailsFault:
        return None


def _compared(session: Session, told: Sequence[Transaction], now: datetime) -> Reconciliation:
    done = reconciling.compare(session, told, references=references, now=now)
    if done.open:
        words = f"Stripe's balance and the books differ in {done.open} thing{'s' if done.open > 1 else ''}."
        attention.raise_(session, "reconciliation", "reconciliation", words, now=now)
    else:
        attention.settle(session, "reconciliation", now=now, note="Stripe and the books agree.")
    return done


def looked_at(session: Session, *, now: datetime) -> None:
    """Somebody dealt with a difference: with none left open, nobody need look any more."""
    if not reconciling.open_(session):
        attention.settle(session, "reconciliation", now=now, note="Each difference was looked at.")


def references(session: Session, names: Sequence[str]) -> Mapping[str, int]:
    """Which orders of the tills were paid by these charges or payment intents."""
    found: dict[str, int] = {}
    for start in range(0, len(names), 500):
        some = list(names[start : start + 500])
        for order_id, reference in session.exec(
            select(Order.id, Order.card_reference).where(col(Order.card_reference).in_(some))
        ):
            found[str(reference)] = known(order_id)
    return found


def page_of(session: Session, order: Order) -> CardPayment | None:
    """The newest page of an online order, paid ones first; None for an order that is not paid online."""
    rows = orders.payments(session, known(order.id)) if online(order) else []
    return next((row for row in reversed(rows) if row.state == "paid"), rows[-1] if rows else None)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a customer sees of paying: `state` is asked (a page is being made), open, gone or paid."""

    state: str
    amount_minor: int
    currency: str
    url: str | None = None


def bill(session: Session, order: Order, *, now: datetime) -> Bill | None:
    """How the paying of an online order stands; None where there is nothing to pay online, or to say of it."""
    row = page_of(session, order)
    if row is None or (row.state != "paid" and not owed_minor(session, order)):
        return None
    over = row.expires_at is not None and row.expires_at <= now
    state = "gone" if row.state == "open" and over else row.state
    return Bill(state, row.amount_minor, row.currency, row.url if state == "open" else None)


def to_pay(session: Session, order: Order, *, now: datetime) -> Bill | None:
    """The same where money is still to come."""
    found = bill(session, order, now=now)
    return found if found is not None and found.state != "paid" else None


def page_made(program: Program, order_id: int, now: datetime) -> None:
    """A customer waits for a page to pay on: it is asked for, and made now if Stripe answers."""
    with program.database.writing() as session:
        row = ask(session, session.get_one(Order, order_id), now=now)
        call = calls.claimed(session, f"payment:{row.id}") if row is not None else None
    if call is not None:
        run_call(program, now, call_id=call.id)
