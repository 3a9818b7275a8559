"""Calls to Stripe: a row in the transaction that wants it, claimed in one, made in none, settled in another.

A call whose outcome is unknown is asked after first. Then, for as long as Stripe keeps our key (24 hours), it is
sent again under that key, which cannot do it twice; after that it is only asked after. A definite refusal that time
may mend gets a new key, because Stripe gives a key's first answer for ever.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import func
from sqlmodel import Session, col, select

from payments.books import holds
from payments.errors import BadClaim, CallLater, CallRefused, NoAnswer, NotEnoughYet
from payments.rails import Gateway, Kind, Made, News, effects
from payments.rails.tables import KINDS, WAITING, StripeCall

LEASE = timedelta(seconds=120)
HELD = timedelta(seconds=60)
KEY_LIFE = timedelta(hours=23)  # Stripe keeps a key for at least 24
HOLD_FOR = timedelta(days=60)
MOST_TRIES = 20
_SAID_EARLY = 3
_LONGEST_S = 3600

How = Literal["done", "refused", "short", "later", "unanswered", "nothing"]


@dataclass(frozen=True, slots=True)
class Calling:
    """One claimed call, with all that is needed to make it outside any transaction."""

    call_id: int
    tries: int
    kind: Kind
    facts: dict[str, Any]
    key: str
    since: datetime
    ask_first: bool
    only_ask: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try."""

    call_id: int
    tries: int
    how: How
    made: Made | None = None
    error: str | None = None


def queue(
    session: Session,
    kind: Kind,
    *,
    subject: str,
    claim: str,
    facts: dict[str, str | int],
    now: datetime,
    hold: tuple[str, str, int, str] | None = None,
) -> StripeCall:
    """Write down a call to be made; the same claim is the same call, whatever became of it.

    `hold` is (source, destination, amount, why): set aside first, posted when it is done, let go when it failed.
    BadClaim for a kind that is not known, or a claim that names another call.
    """
    if kind not in KINDS or not claim:
        raise BadClaim(f"{kind!r} {claim!r} is nothing that can be asked of Stripe")
    earlier = claimed(session, claim)
    if earlier is not None:
        if (earlier.kind, earlier.subject) != (kind, subject):
            raise BadClaim(f"{claim} already names another call, number {earlier.id}")
        return earlier
    row = StripeCall(kind=kind, subject=subject, claim=claim, facts=dict(facts), due_at=now, created_at=now)
    session.add(row)
    session.flush()
    row.key = _key(row)
    if hold is not None:
        source, destination, amount, why = hold
        row.hold_key = f"stripe-call:{row.id}"
        holds.hold(
            session,
            key=row.hold_key,
            source=source,
            destination=destination,
            amount=amount,
            expires_at=now + HOLD_FOR,
            why=why,
            subject=source,
            now=now,
        )
    session.add(row)
    session.flush()
    return row


def claimed(session: Session, claim: str) -> StripeCall | None:
    """The call of that claim, or None."""
    return session.exec(select(StripeCall).where(StripeCall.claim == claim)).first()


def _key(row: StripeCall) -> str:
    # The claim is in it too: a restored database may number other calls the same.
    mark = hashlib.sha256(f"{row.claim}\n{row.created_at.isoformat()}".encode()).hexdigest()[:12]
    return f"pannier-{row.kind}-{row.id}-{row.round}-{mark}"


# Asked at every turn of the clock, so written once.
_NEXT = select(func.min(StripeCall.due_at)).where(col(StripeCall.state).in_(WAITING))


def next_due(session: Session) -> datetime | None:
    """When the next call is to be made or asked after."""
    return session.connection().scalar(_NEXT)


def put_off(session: Session, *, now: datetime) -> int:
    """No way to call: what is due waits another minute; how many."""
    due = session.exec(
        select(StripeCall).where(col(StripeCall.state).in_(WAITING), StripeCall.due_at <= now)
    ).all()
    for row in due:
        row.due_at = now + HELD
        session.add(row)
    return len(due)


def take(session: Session, *, now: datetime, call_id: int | None = None) -> Calling | None:
    """Claim the next call that is due (or that one, if it is); None when there is none."""
    query = select(StripeCall).where(col(StripeCall.state).in_(WAITING), StripeCall.due_at <= now)
    if call_id is not None:
        query = query.where(StripeCall.id == call_id)
    for row in session.exec(query.order_by(col(StripeCall.due_at), col(StripeCall.id)).limit(20)).all():
        ask_first = row.state in ("sending", "unknown")
        if not ask_first and not effects.wanted(session, row, now=now):
            row.state, row.error, row.settled_at = "failed", "it is no longer wanted", now
            session.add(row)
            effects.failed(session, row, now=now)
            continue
        row.first_sent_at = row.first_sent_at or now
        row.state, row.tries, row.due_at = "sending", row.tries + 1, now + LEASE
        session.add(row)
        session.flush()
        return Calling(
            call_id=cast(int, row.id),
            tries=row.tries,
            kind=kind_of(row),
            facts=dict(row.facts),
            key=row.key,
            since=row.first_sent_at,
            ask_first=ask_first,
            only_ask=ask_first and now - row.first_sent_at >= KEY_LIFE,
        )
    return None


def do(gateway: Gateway, calling: Calling) -> Outcome:
    """Make one call, or find that it was made: no session is open."""

    def came(how: How, made: Made | None = None, error: str | None = None) -> Outcome:
        return Outcome(calling.call_id, calling.tries, how, made, error)

    if calling.ask_first:
        try:
            found = gateway.find(calling.kind, calling.facts, key=calling.key, since=calling.since)
        except (CallLater, NoAnswer, CallRefused) as fault:  # it may have been made: only `find` can say
            return came("unanswered", error=str(fault))
        if found is not None:
            return came("done", found)
        if calling.only_ask:
            return came("nothing", error="Stripe knows nothing of it, and it is too late to ask for it again")
    try:
        return came("done", gateway.make(calling.kind, calling.facts, key=calling.key))
    except NotEnoughYet as fault:
        return came("short", error=str(fault))
    except CallRefused as fault:
        return came("refused", error=str(fault))
    except CallLater as fault:
        # Turned away at the door, unless an earlier try may have come in.
        return came("unanswered" if calling.ask_first else "later", error=str(fault))
    except NoAnswer as fault:
        return came("unanswered", error=str(fault))


def settle(session: Session, outcome: Outcome, *, now: datetime) -> Sequence[News]:
    """Write down what came of a try, unless a later try or an event has already; what somebody must hear of."""
    row = session.get(StripeCall, outcome.call_id)
    if row is None or row.state != "sending" or row.tries != outcome.tries:
        return ()
    row.error = outcome.error
    session.add(row)
    if outcome.how == "done" and outcome.made is not None:
        return done(session, row, outcome.made, now=now)
    if outcome.how in ("refused", "nothing"):
        return _given_up(session, row, now)
    return _again(session, row, outcome.how, now)


def done(session: Session, row: StripeCall, made: Made, *, now: datetime) -> Sequence[News]:
    """It was done, says the answer to the call, a list, or an event: once only."""
    if row.state == "done":
        return ()
    row.state, row.vendor_id, row.settled_at, row.error = "done", made.vendor_id, now, None
    session.add(row)
    session.flush()
    return [
        *effects.done(session, row, made, now=now),
        News("call_done", row.subject, key=f"stripe-call:{row.id}"),
    ]


def by_key(session: Session, key: str | None) -> StripeCall | None:
    """The call that has, or once had, this key."""
    parts = (key or "").split("-")
    if len(parts) != 5 or parts[0] != "pannier" or not parts[2].isdigit():
        return None
    row = session.get(StripeCall, int(parts[2]))
    return row if row is not None and row.key == key else None


def kind_of(row: StripeCall) -> Kind:
    """What a call asks for."""
    return cast(Kind, row.kind)


def _new_round(row: StripeCall) -> None:
    row.round += 1
    row.first_sent_at = None
    row.key = _key(row)


def _given_up(session: Session, row: StripeCall, now: datetime) -> Sequence[News]:
    row.state, row.settled_at = "failed", now
    session.flush()
    news = list(effects.failed(session, row, now=now))
    words = f"Stripe did not do what was asked ({row.kind} for {row.subject}): {row.error}."
    over = News("call_done", row.subject, key=f"stripe-call:{row.id}")
    return [*news, over, News("call_failed", row.subject, words, key=f"stripe-failed:{row.id}")]


def _again(session: Session, row: StripeCall, how: How, now: datetime) -> Sequence[News]:
    if how == "later" and row.tries >= MOST_TRIES:
        return _given_up(session, row, now)
    wait_s = min(5 * 2 ** min(row.tries, 12), _LONGEST_S)
    if how == "short":
        _new_round(row)
        wait_s = max(wait_s, 600)
    row.state = "unknown" if how == "unanswered" else "ready"
    row.due_at = now + timedelta(seconds=wait_s)
    effects.waits(session, row, now=now)
    if row.tries < _SAID_EARLY and how != "short":
        return ()
    words = f"Waiting for Stripe ({row.kind} for {row.subject}): {row.error}. It is tried again by itself."
    return [News("call_stuck", row.subject, words, key=f"stripe-call:{row.id}")]
