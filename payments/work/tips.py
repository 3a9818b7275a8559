"""Tips on their way to riders: whose they are, how a day's pool is shared out, and where they may never go."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from payments import money
from payments.ledger import Entry, Posting, is_held
from payments.rulebook import Rulebook
from payments.work.shifts import ShiftMoney

POOL = "pool:tips"
DAY_BEGINS = time(4)  # a tip after midnight is still of the evening before


def tip_day(rulebook: Rulebook, at: datetime) -> date:
    """The day of the co-op an instant is of, for tips: from four in the morning to the next."""
    return (rulebook.local(at).replace(tzinfo=None) - timedelta(hours=DAY_BEGINS.hour)).date()


def tip_day_bounds(rulebook: Rulebook, day: date) -> tuple[datetime, datetime]:
    """When such a day begins and the next one does, in UTC."""
    began, ends = (
        datetime.combine(each, DAY_BEGINS, rulebook.timezone).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return began, ends


def pool(day: date) -> str:
    """The account of a day's tips until they are shared out."""
    return f"{POOL}:{day.isoformat()}"


def pool_day(account: str | None) -> date | None:
    """The day whose pool an account is, or None for any other account."""
    name, _, day = (account or "").rpartition(":")
    return date.fromisoformat(day) if name == POOL else None


def tips_of(rider_id: int) -> str:
    """The account of the tips a rider is owed."""
    return f"rider:{rider_id}:tips"


def tip_account(rulebook: Rulebook, rider_id: int, at: datetime | None) -> str:
    """Where the tip of an order delivered at an instant goes: its rider's own, or that day's pool."""
    if rulebook.pay.tips == "own" or at is None:
        return tips_of(rider_id)
    return pool(tip_day(rulebook, at))


def minutes_on(rulebook: Rulebook, shift: ShiftMoney, day: date) -> int:
    """How many minutes of a shift begin on such a day."""
    return shift.begun_within(*tip_day_bounds(rulebook, day))


def share_postings(day: date, pot_minor: int, minutes: Mapping[int, int]) -> tuple[Posting, ...]:
    """A day's tips shared among riders by their minutes on shift (rider -> minutes), to the last penny.

    Largest remainder; the spare penny of equal remainders goes to another rider each day. BadAmount when nobody
    was on shift, or on a pot below nought.
    """
    # Equal remainders are told apart by id as text: padded, so that 9 stands before 10.
    weights = [(f"{rider:012d}", count) for rider, count in minutes.items()]
    parts = money.split(pot_minor, weights, turn=day.toordinal())
    return tuple(Posting(pool(day), tips_of(int(rider)), part) for rider, part in parts.items() if part)


def pools(account: str) -> bool:
    """Whether an account holds tips: a day's pool, a rider's own, or such tips held for a payout."""
    name = account.removeprefix("held:")
    return name.startswith(f"{POOL}:") or (name.startswith("rider:") and name.endswith(":tips"))


def leaks(entry: Entry) -> Iterator[Posting]:
    """The postings by which tips go anywhere but to a rider, through a payout's hold, or back whence they came."""
    if entry.reverses is not None:
        return
    for posting in entry.postings:
        source, destination = posting.source, posting.destination
        if not pools(source):
            continue
        if source.startswith(f"{POOL}:"):
            allowed = destination.startswith("rider:") and pools(destination)
        elif is_held(source):
            allowed = destination in ("outside:bank", "outside:card", source.removeprefix("held:"))
        else:
            allowed = destination == f"held:{source}"
        if not allowed:
            yield posting


def tips_from_outside(entry: Entry) -> int:
    """What an entry brings to the accounts of tips from customers' money, less what it pays out of them."""
    outer = ("outside:", "restaurant:")
    came = sum(p.amount for p in entry.postings if pools(p.destination) and p.source.startswith(outer))
    return came - sum(p.amount for p in entry.postings if pools(p.source) and p.destination.startswith(outer))
