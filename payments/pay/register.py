"""The register of tips: each tip, whose it was, to the penny, and when it was paid. Read from the books alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session, select

from payments import books, money, work
from payments.tables import ENTRIES

KEPT = timedelta(days=3 * 366)  # what the law asks; the books are kept longer


@dataclass(frozen=True, slots=True)
class TipPart:
    """What one rider has of a tip, and when the last of it was paid out (None: it is still owed)."""

    rider_id: int
    amount_minor: int
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tip:
    """A tip: its order, when it was delivered, what was given, and the riders' parts; none while it waits in a pool."""

    order_id: int
    at: datetime
    amount_minor: int
    pooled_on: date | None
    parts: tuple[TipPart, ...]
    entry_ids: tuple[int, ...]

    def of(self, rider_id: int) -> TipPart | None:
        """One rider's part."""
        return next((part for part in self.parts if part.rider_id == rider_id), None)


@dataclass(slots=True)
class _Came:
    """A tip as it came, and who has what of it."""

    order_id: int
    at: datetime
    amount: int
    day: date | None
    entry_ids: list[int]
    parts: dict[int, int] = field(default_factory=dict)


def tips_given(
    session: Session, *, since: datetime, until: datetime, rider_id: int | None = None
) -> tuple[Tip, ...]:
    """Every tip delivered in `since` <= at < `until` whose delivery stands, in order; of one rider, those with a part.

    A pool's tips are told by the shares given out, each tip divided so that its parts sum to it and every rider's
    parts of a day to that rider's share. A rider is paid the oldest tips first.
    """
    found = list(_came(session, since, until))
    for day in sorted({each.day for each in found if each.day is not None}):
        _divide(session, day, found, since, until)
    riders = {rider for each in found for rider in each.parts if rider_id in (None, rider)}
    paid = {rider: _paid(session, rider) for rider in sorted(riders)}
    told = tuple(
        Tip(
            each.order_id,
            each.at,
            each.amount,
            each.day,
            tuple(
                TipPart(rider, amount, _when(paid.get(rider, {}), each))
                for rider, amount in sorted(each.parts.items())
                if amount
            ),
            tuple(each.entry_ids),
        )
        for each in found
    )
    return told if rider_id is None else tuple(each for each in told if each.of(rider_id))


def _came(session: Session, since: datetime, until: datetime) -> Iterator[_Came]:
    within = (ENTRIES.c.at >= since) & (ENTRIES.c.at < until) & ENTRIES.c.key.like("order:%:delivered:%")
    undone = set(
        session.connection().scalars(
            select(ENTRIES.c.reverses).where(ENTRIES.c.reverses.like("order:%:delivered:%"))
        )
    )
    for booked in books.booked(session, within & ENTRIES.c.reverses.is_(None)):
        if booked.key in undone:
            continue
        for posting in booked.entry.postings:
            if work.pools(posting.destination):
                day = work.pool_day(posting.destination)
                number = int(booked.subject.split(":")[1])
                came = _Came(number, booked.entry.at, posting.amount, day, [booked.id])
                if day is None:
                    came.parts[int(posting.destination.split(":")[1])] = posting.amount
                yield came


def _divide(session: Session, day: date, found: Sequence[_Came], since: datetime, until: datetime) -> None:
    """Give each of a day's tips its riders, from the shares of that day that stand."""
    shares = [each for each in books.standing(session, f"tips:{day.isoformat()}") if ":shared:" in each.key]
    if not shares:
        return
    left = {int(p.destination.split(":")[1]): p.amount for each in shares for p in each.entry.postings}
    # A day may lie across the ends of the time asked for: all of its tips are divided, those outside told to nobody.
    began, ends = (day - timedelta(days=1), day + timedelta(days=3))
    wide = [datetime.combine(each, datetime.min.time(), since.tzinfo) for each in (began, ends)]
    mine = {each.order_id: each for each in found if each.day == day}
    whole = [each for each in _came(session, wide[0], wide[1]) if each.day == day]
    for each in sorted(whole, key=lambda one: (one.at, one.order_id)):
        if sum(left.values()) < each.amount:
            return  # a delivery came in, or was undone, since the day was shared: it is shared anew shortly
        parts = money.split(each.amount, [(f"{rider:012d}", amount) for rider, amount in left.items()])
        for rider, amount in parts.items():
            left[int(rider)] -= amount
        if each.order_id in mine:
            mine[each.order_id].parts = {int(rider): amount for rider, amount in parts.items()}
            mine[each.order_id].entry_ids += [share.id for share in shares]


def _paid(session: Session, rider_id: int) -> dict[str, datetime]:
    """When each thing a rider had tips for (an order, a day's pool) was paid in full, the oldest paid first."""
    own = work.tips_of(rider_id)
    lines = books.lines(session, own)
    payouts = [
        (line.at, -line.amount)
        for line in books.lines(session, f"held:{own}")
        if line.other.startswith("outside:")
    ]
    came = [line for line in lines if line.subject.startswith(("order:", "tips:"))]
    undone = {line.reverses for line in came}
    # Money of a payout that came back was not paid after all.
    back = sum(line.amount for line in lines if line not in came and line.other.startswith("outside:"))
    left = sum(amount for _, amount in payouts) - back
    when: dict[str, datetime] = {}
    reached, covered, payout = 0, 0, iter(payouts)
    at: datetime | None = None
    for line in came:
        if line.reverses is not None or line.key in undone:
            continue
        reached += line.amount
        while covered < reached and (paid := next(payout, None)) is not None:
            at, covered = paid[0], covered + paid[1]
        if reached <= min(covered, left) and at is not None:
            when[line.subject] = at
    return when


def _when(paid: dict[str, datetime], came: _Came) -> datetime | None:
    return paid.get(f"order:{came.order_id}" if came.day is None else f"tips:{came.day.isoformat()}")
