"""What Stripe tells: kept once by its id, then acted on from the object as it stands, in whatever order it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import func
from sqlmodel import Session, col, select

from payments.errors import CallRefused, RailsFault
from payments.rails import Account, Dispute, Gateway, News, Seen, Told, following
from payments.rails.tables import StripeEvent

LEASE = timedelta(seconds=120)
MOST_TRIES = 20
# Events of these families say something the books or a page depend on; the rest is answered and let be.
_OF_INTEREST = ("checkout.session.", "charge.", "refund.", "payout.", "account.")


@dataclass(frozen=True, slots=True)
class Acting:
    """One claimed event."""

    row_id: int
    tries: int
    kind: str
    object_id: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen of its object, or why nothing was."""

    row_id: int
    tries: int
    seen: Seen | None = None
    error: str | None = None
    for_good: bool = False


def store(session: Session, told: Told, *, now: datetime) -> bool:
    """Keep a verified event; whether it is new. Told again, it is the same."""
    if session.exec(select(StripeEvent.id).where(StripeEvent.event_id == told.event_id)).first() is not None:
        return False
    row = StripeEvent(
        event_id=told.event_id, kind=told.kind, object_id=told.object_id, received_at=now, due_at=now
    )
    if not told.kind.startswith(_OF_INTEREST) or not told.object_id:
        row.acted_at = now
    session.add(row)
    session.flush()
    return True


# Asked at every turn of the clock, so written once.
_NEXT = select(func.min(StripeEvent.due_at)).where(col(StripeEvent.acted_at).is_(None))


def next_due(session: Session) -> datetime | None:
    """When the next event is to be acted on."""
    return session.connection().scalar(_NEXT)


def put_off(session: Session, *, now: datetime) -> int:
    """No way to look anything up: what is due waits another minute; how many."""
    due = session.exec(
        select(StripeEvent).where(col(StripeEvent.acted_at).is_(None), StripeEvent.due_at <= now)
    ).all()
    for row in due:
        row.due_at = now + timedelta(seconds=60)
        session.add(row)
    return len(due)


def take(session: Session, *, now: datetime) -> Acting | None:
    """Claim the next event that is due; None when there is none."""
    row = session.exec(
        select(StripeEvent)
        .where(col(StripeEvent.acted_at).is_(None), StripeEvent.due_at <= now)
        .order_by(col(StripeEvent.due_at), col(StripeEvent.id))
        .limit(1)
    ).first()
    if row is None:
        return None
    row.tries, row.due_at = row.tries + 1, now + LEASE
    session.add(row)
    session.flush()
    return Acting(cast(int, row.id), row.tries, row.kind, row.object_id)


def do(gateway: Gateway, acting: Acting) -> Looked:
    """Look the event's object up: no session is open."""
    try:
        return Looked(acting.row_id, acting.tries, gateway.fetch(acting.kind, acting.object_id))
    except CallRefused as fault:
        return Looked(acting.row_id, acting.tries, error=str(fault), for_good=True)
    except RailsFault as fault:
        return Looked(acting.row_id, acting.tries, error=str(fault))


def settle(session: Session, looked: Looked, *, now: datetime) -> Sequence[News]:
    """Have the rows and books follow what was seen; what somebody above may have to act on."""
    row = session.get(StripeEvent, looked.row_id)
    if row is None or row.acted_at is not None or row.tries != looked.tries:
        return ()
    row.error = looked.error
    session.add(row)
    if looked.error is not None:
        if looked.for_good or row.tries >= MOST_TRIES:
            row.acted_at = now
            words = f"Stripe told of {row.kind} ({row.object_id}), which cannot be looked up: {looked.error}."
            return [News("call_failed", row.object_id, words, key=f"stripe-event:{row.id}")]
        row.due_at = now + timedelta(seconds=min(5 * 2**row.tries, 3600))
        return ()
    # What else is seen only ever adds entries, each by its own key; these two are as they were seen last.
    if isinstance(looked.seen, Account | Dispute) and _overtaken(session, row):
        row.due_at = now
        return ()
    row.acted_at = now
    return following.seen(session, looked.seen, now=now) if looked.seen is not None else ()


def _overtaken(session: Session, row: StripeEvent) -> bool:
    """Whether another process acted on a later look at the same object since this one was claimed."""
    since = row.due_at - LEASE
    acted = select(StripeEvent.id).where(
        StripeEvent.object_id == row.object_id, StripeEvent.id != row.id, col(StripeEvent.acted_at) > since
    )
    return session.exec(acted).first() is not None
