"""Shifts: ended, and corrected afterwards."""

from datetime import timedelta

from payments import pay
from payments.pay import ShiftMoney
from tests.payments.machine.world import World


def end(world: World, minutes: int, drops: int, odd: bool, fail_at: int | None) -> None:
    """A rider goes home."""
    ended = world.now + timedelta(minutes=minutes)
    shift = ShiftMoney(len(world.shifts) + 1, 3 + odd, world.now, ended, 0, drops)
    world.now = ended
    world.take(lambda session: pay.shift_ended(session, shift, now=ended), fail_at)
    world.shifts.append(shift)


def correct(world: World, place: int, minutes: int, fail_at: int | None) -> None:
    """The hours were other hours; what was paid on them meanwhile stays paid."""
    old = world.shifts[place]
    new = ShiftMoney(
        old.shift_id, old.rider_id, old.started_at, old.started_at + timedelta(minutes=minutes),
        old.revision + 1, old.drops,
    )  # fmt: skip
    world.take(
        lambda session: pay.shift_corrected(session, old, new, why="wrong hours", now=world.now), fail_at
    )
    world.shifts[place] = new
