"""Settlements: drafted, issued, paid or received, failed, adjusted, closed."""

from sqlmodel import Session

from payments import books, payouts, settlements, settling, vat
from payments.errors import MoneyFault, Overdrawn, PayoutRefused, SettlementRefused
from payments.settlements.drafting import kept_lines
from payments.settling import Party
from tests.payments.machine.world import FAR, RESTAURANTS, START, World

BY = 1
CUSTOMER = Party("Pizza Luna Ltd", ("12 Stroud Green Road", "London N4 2DF"), None)
REFUSED = (SettlementRefused, PayoutRefused, Overdrawn)


def draft(world: World, fail_at: int | None) -> None:
    """What is due is drafted."""
    at = world.now
    world.take(lambda session: settlements.draft_due(session, now=at), fail_at)


def adjust(world: World, restaurant: int, amount: int, service: bool, fail_at: int | None) -> None:
    """A restaurant is charged for a service, or put right."""
    number = len(settling.adjustments(world.session, restaurant)) + 1
    at, kind = world.now, "service" if service else "correction"
    minor = abs(amount) if service else amount
    if minor:
        world.take(
            lambda session: settling.adjust(
                session,
                restaurant,
                kind=kind,
                amount_minor=minor,
                reason="a sign",
                by=BY,
                now=at,
                number=number,
            ),
            fail_at,
        )


def go_on(world: World, pick: int, turn: int, fail_at: int | None) -> None:
    """The next step with one of them, or one that is refused."""
    rows = [each for each in settlements.listed(world.session) if each.state != "closed"]
    if not rows:
        return
    row = rows[::-1][pick % len(rows)]
    number, at, state = row.row_id, world.now, row.state
    payout = settling.payout_of(world.session, row)
    payout_state = payout.state if payout is not None else None

    def step(session: Session) -> object:
        it = settlements.get(session, number)
        if state == "draft":
            return settling.issue(session, it, customer=CUSTOMER, by=BY, now=at)
        if state == "issued" and payout is not None and payout.method == "bank":
            if payout_state == "failed":
                return settling.pay_again(session, it, by=BY, now=at)
            if turn % 4 == 0:
                return payouts.failed(session, payout, reason="no account", now=at)
            return settling.paid(session, it, by=BY, now=at)
        if state == "issued" and it.due_minor:
            return settling.received(
                session, it, by=BY, now=at, amount_minor=1 + turn if turn % 3 == 0 else None
            )
        return settling.close(session, it, by=BY, now=at)

    if row.state == "issued" and payout is not None and payout.state in ("failed", "returned"):
        # A second set-aside of one that failed is not the same request: it is asked once.
        world.attempt(step, None, (*REFUSED, MoneyFault), once=True)
    else:
        world.attempt(step, fail_at, REFUSED)
    world.take(lambda session: settling.follow(session, now=at), fail_at)


def check(world: World) -> None:
    """No line is lost or told twice, balances follow on, and VAT posted is VAT reported."""
    session = world.session
    for restaurant in RESTAURANTS:
        rows = sorted(settlements.listed(session, restaurant_id=restaurant), key=lambda each: each.until)
        issued = [each for each in rows if each.state != "draft"]
        told = [line for each in issued for line in kept_lines(session, each)]
        assert len({(each.entry_id, each.posting) for each in told}) == len(told)
        rest = settlements.unsettled(session, restaurant, FAR)
        whole = sum(each.amount_minor for each in [*told, *rest])
        assert whole == books.balance(session, f"restaurant:{restaurant}")
        opening = 0
        for each in issued:
            assert each.opening_minor == opening
            opening = each.closing_minor
        assert opening == sum(each.amount_minor for each in told)
    posted = sum(books.balances(session, "vat").values()) + world.paid_on("vat")
    assert vat.reported(session, since=START, until=FAR).box_1_minor == posted


def received(world: World) -> int:
    """What restaurants paid on their invoices, says each settlement."""
    return sum(each.received_minor for each in settlements.listed(world.session))
