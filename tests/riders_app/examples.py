"""Facts that tests of texts share: one plausible evening, and the longest plausible names."""

from datetime import UTC, datetime

from dispatch.facts import DropFacts, JobFacts, PickupFacts, ShiftFacts

AT = datetime(2026, 11, 20, 18, 42, tzinfo=UTC)


def pickup(
    name: str = "Zeytin", street: str = "4 Exmouth Market", refs: tuple[str, ...] = ("R-103",)
) -> PickupFacts:
    """One call at a restaurant."""
    return PickupFacts(restaurant=name, street=street, ready_at=AT, references=refs)


def drop(
    letter: str = "A",
    street: str = "14 Amwell Street, London EC1R 1UQ",
    flat: str = "Flat 3B",
    note: str = "ring twice",
    name: str = "Maria Lopes",
    reference: str = "R-103",
) -> DropFacts:
    """One drop."""
    return DropFacts(
        letter=letter,
        street=street,
        flat=flat,
        note=note,
        name=name,
        phone="+447700900555",
        reference=reference,
        promise_at=AT.replace(hour=19, minute=5),
    )


def job(
    number: int = 12,
    state: str = "offered",
    pickups: tuple[PickupFacts, ...] | None = None,
    drops: tuple[DropFacts, ...] | None = None,
) -> JobFacts:
    """One job of one order, unless said otherwise."""
    return JobFacts(
        number=number,
        state=state,
        pickups=(pickup(),) if pickups is None else pickups,
        drops=(drop(),) if drops is None else drops,
        distance_m=3240,
        minutes=24,
        answer_by=AT if state == "offered" else None,
        orders_tonight=4,
        adds_minor=0,
        tips_minor=150,
        currency="GBP",
    )


def shift(ended: bool = False) -> ShiftFacts:
    """A shift of four hours."""
    return ShiftFacts(
        id=5,
        state="ended" if ended else "on",
        vehicle="bike",
        planned_start_at=AT.replace(hour=18, minute=0),
        planned_end_at=AT.replace(hour=22, minute=0),
        started_at=AT.replace(hour=18, minute=0),
        ended_at=AT.replace(hour=22, minute=3) if ended else None,
        minutes=243,
        orders=9,
        earned_minor=6012,
        currency="GBP",
    )
