"""Cards: orders paid online, calls cut before and after they are made, events shuffled, repeated and late."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlmodel import Session, col, select

from payments import pay
from payments.rails import Told, calls, events, orders, payees, reconciling
from payments.rails.sandbox import Sandbox
from payments.rails.tables import SandboxEvent
from tests.payments.machine.world import RESTAURANTS, Order, World

CARDS = ("visa", "at-once", "declined", "disputed")
KINDS = ("checkout", "refund", "transfer", "reversal", "any")


class Within:
    """A database for the pretend Stripe inside the world's own transaction, each of its own a savepoint."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Look."""
        yield self._session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Write, all or nothing."""
        with self._session.begin_nested():
            yield self._session


def opened(world: World) -> Sandbox:
    """The pretend Stripe of this world, where every restaurant has its account."""
    if world.stripe is None:
        world.stripe = Sandbox(Within(world.session), lambda: world.now)
        for each in RESTAURANTS:
            payees.connect(world.session, f"restaurant:{each}", country="GB", now=world.now)
        work(world, None)
        for row in payees.accounts(world.session):
            world.stripe.onboard(str(row.vendor_id))
        hear(world, random.Random(0), None)
    return world.stripe


def ask(world: World, order: Order, card: str, fail_at: int | None) -> None:
    """A page is made, and the customer pays on it."""
    stripe, money, at = opened(world), order.money, world.now
    if not order.online or not order.owed:
        return
    world.take(
        lambda session: orders.ask(
            session,
            money.order_id,
            amount_minor=order.owed,
            currency="GBP",
            words="Food",
            back="/t/x",
            now=at,
        ),
        fail_at,
    )
    work(world, None)
    page = orders.payments(world.session, money.order_id)[-1]
    if page.state == "open" and stripe.pay(str(page.session_id), card) is None and card == "disputed":
        order.disputed = True


def cut(world: World, kind: str, when: str) -> None:
    """The line is cut before or after the next call of a kind."""
    opened(world).turn(f"{when}:{kind}")


def work(world: World, fail_at: int | None) -> None:
    """The job of calls: each claimed, made with nothing of ours written, settled."""
    stripe, at = world.stripe, world.now
    assert stripe is not None
    world.take(lambda session: payees.send(session, now=at), fail_at)
    for _ in range(12):
        if fail_at is not None:
            world.fails(lambda session: calls.take(session, now=at), fail_at)
        with world.session.begin_nested():
            calling = calls.take(world.session, now=at)
        if calling is None:
            return
        outcome = calls.do(stripe, calling)
        if fail_at is not None and fail_at % 5 == 0:
            world.failures += 1  # the process ends here: made, and never settled; its lease runs out
            return
        world.take(lambda session, came=outcome: calls.settle(session, came, now=at), fail_at)  # type: ignore[misc]


def hear(world: World, luck: random.Random, fail_at: int | None, share: float = 1.0) -> None:
    """Events come: in any order, some twice, some not yet; each is acted on once."""
    assert world.stripe is not None
    rows = list(world.session.exec(select(SandboxEvent).where(col(SandboxEvent.sent_at).is_(None))))
    luck.shuffle(rows)
    at = world.now
    for row in rows[: max(1, round(len(rows) * share))]:
        told = Told(row.event_id, row.kind, row.object_id, False)
        for _ in range(luck.choice((1, 1, 2))):
            world.take(lambda session, it=told: events.store(session, it, now=at), fail_at)  # type: ignore[misc]
        row.sent_at = at
        world.session.add(row)
    world.session.flush()
    while True:
        with world.session.begin_nested():
            acting = events.take(world.session, now=at)
        if acting is None:
            break
        looked = events.do(world.stripe, acting)
        world.take(lambda session, it=looked: events.settle(session, it, now=at), fail_at)  # type: ignore[misc]
    for order in world.orders:
        follow(world, order, fail_at)


def follow(world: World, order: Order, fail_at: int | None) -> None:
    """The order's card money follows where the order is."""
    at = world.now
    if order.online and world.stripe is not None:
        standing = orders.Standing(order.money.order_id, order.owed)
        world.take(lambda session: orders.follow(session, standing, now=at), fail_at)


def may_give_back(world: World, order: Order) -> bool:
    """Whether an order's customer has paid what could be given back."""
    return not order.online or (bool(orders.paid(world.session, order.money.order_id)) and not order.disputed)


def give_back(
    world: World, session: Session, order: Order, part: int, attempt: int, restaurant: bool
) -> None:
    """A refund goes the way its money came."""
    if order.online:
        payee = f"restaurant:{order.money.restaurant_id}" if restaurant else None
        orders.give_back(
            session, order.money.order_id, number=attempt, amount_minor=part, payee=payee, now=world.now
        )


def owed_when_cancelled(world: World, order: Order, stage: str) -> int:
    """What is kept of a cancelled order."""
    back = pay.cancel_gives_back(world.session, order.money, stage=stage, now=world.now)[0]  # type: ignore[arg-type]
    return order.owed - back


def drain(world: World) -> None:
    """Days later, the line whole: Stripe and the books agree but for tills, the unpaid, what waits or was given up."""
    if world.stripe is None:
        return
    for kind in KINDS:
        for when in ("before", "after"):
            world.stripe.turn(f"{when}:{kind}", 0)
    luck = random.Random(world.steps)
    for hours in (1, 2, 4, 24, 96, 24):
        world.now += timedelta(hours=hours)
        work(world, None)
        hear(world, luck, None)
    told = reconciling.ask(world.stripe, reconciling.since(world.session) - timedelta(days=999))
    reconciling.compare(world.session, told, references=lambda _s, _n: {}, now=world.now)
    wrong = [
        (each.thing, each.cause, each.stripe_minor, each.books_minor)
        for each in reconciling.open_(world.session)
        if each.cause not in ("elsewhere", "unpaid", "in-flight", "not-done")
    ]
    assert wrong == [], wrong
