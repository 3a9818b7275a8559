"""What is earned beside orders and shifts: pooled tips shared out, sick pay, leave taken, expenses."""

from collections import Counter
from datetime import timedelta

from payments import books, pay, work
from payments.pay import AbsenceMoney
from tests.payments.machine.world import World


def share_out(world: World, pick: int, fail_at: int | None) -> None:
    """A day's pooled tips are shared out by minutes on shift, and anew when something of that day changed."""
    _, rules = books.in_force(world.session, at=world.now)
    days = sorted({work.tip_day(rules, at) for at in world.delivered_at})
    if not days or rules.pay.tips == "own":
        return
    day = days[pick % len(days)]
    minutes: Counter[int] = Counter()
    for shift in world.shifts:
        minutes[shift.rider_id] += work.minutes_on(rules, shift, day)
    at = world.now
    if any(minutes.values()):
        world.take(lambda session: pay.shared_out(session, day, dict(minutes), now=at), fail_at)


def sick(world: World, rider: int, minutes: int, fail_at: int | None) -> None:
    """Planned work was missed."""
    if books.in_force(world.session, at=world.now)[1].pay.sick is None:
        return
    absence = AbsenceMoney(_number(world), rider, (world.now - timedelta(days=1)).date(), minutes)
    world.take(lambda session: pay.sick(session, absence, now=world.now), fail_at)
    world.absences.append(absence.absence_id)


def leave(world: World, rider: int, minutes: int, fail_at: int | None) -> None:
    """Leave is taken, never more than has accrued."""
    left = pay.leave_left(world.session, rider)[0]
    if not left:
        return
    absence = AbsenceMoney(_number(world), rider, world.now.date(), 1 + minutes % left)
    world.take(lambda session: pay.leave(session, absence, now=world.now), fail_at)
    world.absences.append(absence.absence_id)


def take_back(world: World, pick: int, fail_at: int | None) -> None:
    """An absence was none."""
    number = world.absences.pop(pick % len(world.absences))
    world.take(
        lambda session: pay.absence_taken_back(session, number, why="came after all", now=world.now), fail_at
    )


def expense(world: World, rider: int, amount: int, fail_at: int | None) -> None:
    """What a rider spent for the co-op is approved."""
    number = len(world.spent) + 1
    world.take(lambda session: pay.expense_approved(session, number, rider, amount, now=world.now), fail_at)
    world.spent.append(number)
    world.expenses[rider] += amount


def _number(world: World) -> int:
    world.absent += 1
    return world.absent
