"""Payouts: made of what is owed, sent, paid, failed, come back, or left until their holds run out."""

import pytest

from payments import books, payouts
from payments.errors import Overdrawn, PayoutRefused
from payments.payouts import MOVES, Payout
from tests.payments.machine.world import Sent, World

KINDS = ("wages", "tips", "holiday-pay")


def pay_out(world: World, rider: int, parts: int, fail_at: int | None) -> None:
    """Part of what a rider is owed, or all of it, is set aside to be paid."""
    wanted = []
    for kind in KINDS:
        account = f"rider:{rider}:{kind}"
        owed = books.balance(world.session, account)
        if owed > 0:
            wanted.append((account, owed if parts > 2 else max(1, owed // (parts + 2))))
    if not wanted:
        return
    facts = {
        "key": f"payout:{len(world.sent) + 1}", "payee": f"rider:{rider}", "parts": wanted,
        "method": "bank", "reference": "PAY", "why": "Payday",
    }  # fmt: skip
    at = world.now
    row = world.take(lambda session: payouts.create(session, **facts, now=at), fail_at)
    world.sent.append(Sent(row.number, facts))


def overdraw(world: World, rider: int, more: int) -> None:
    """Nobody is paid more than is owed: not a penny, whatever is set aside already."""
    account = f"rider:{rider}:wages"
    owed = books.balance(world.session, account)
    before = world.digest()
    with pytest.raises(Overdrawn), world.session.begin_nested():
        payouts.create(
            world.session, key="payout:too-much", payee=f"rider:{rider}",
            parts=[(account, max(owed, 0) + more)], method="bank", reference="PAY", why="Payday", now=world.now,
        )  # fmt: skip
    assert world.digest() == before


def go_on(world: World, sent: Sent, state: str, fail_at: int | None) -> None:
    """It is sent, paid, failed or comes back; where it may not go that way it is refused, and stays as it was."""
    at = world.now

    def step(_: object) -> Payout:
        payout = world.payout(sent)
        if state == "paid":
            return payouts.paid(world.session, payout, by=1, now=at)
        if state == "failed":
            return payouts.failed(world.session, payout, reason="no such account", now=at)
        return payouts.returned(world.session, payout, reason="account closed", now=at)

    if state != sent.state and state not in MOVES[sent.state]:
        before = world.digest()
        with pytest.raises(PayoutRefused), world.session.begin_nested():
            step(world.session)
        world.session.expire_all()
        assert world.digest() == before
        return
    if payouts.get(world.session, sent.id).state != sent.state:
        return  # it lapsed
    if _run_out(world, sent) and state == "paid":
        return
    world.take(step, fail_at)
    _settled(world, sent, state)


def lapse(world: World, fail_at: int | None) -> None:
    """Payouts nobody settled for sixty days fail, and their money is back."""
    world.take(lambda session: books.holds.expire_due(session, now=world.now), fail_at)
    world.take(lambda session: payouts.lapse(session, now=world.now), fail_at)
    for sent in world.sent:
        sent.state = world.payout(sent).state


def _run_out(world: World, sent: Sent) -> bool:
    return world.payout(sent).created_at + payouts.HELD_FOR <= world.now


def _settled(world: World, sent: Sent, state: str) -> None:
    if state == sent.state:
        return
    for account, amount in sent.facts["parts"]:
        if state == "paid":
            world.out[account] += amount
        elif state == "returned":
            world.out[account] -= amount
    sent.state = state
