"""A payout's way: held, sent, then paid, failed or come back. Each step is safe to repeat; the rest is refused."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from payments import books
from payments.books import holds
from payments.errors import BadAmount, HoldExpired, KeyReused, NoSuchPayout, PayoutRefused
from payments.ledger import Entry, Posting
from payments.payouts.tables import Payout, PayoutPart

# A bank file may lie about for weeks; a hold must end some day, so that no money is set aside for ever.
HELD_FOR = timedelta(days=60)
DESTINATIONS = {"bank": "outside:bank", "stripe": "outside:card"}
RAN_OUT = "nobody said within 60 days whether it was paid"

# state -> the states it may go on to
MOVES: dict[str, tuple[str, ...]] = {
    "ready": ("sending", "paid", "failed"),
    "sending": ("sending", "paid", "failed"),
    "paid": ("returned",),
    "failed": (),
    "returned": (),
}


def create(
    session: Session,
    *,
    key: str,
    payee: str,
    parts: Sequence[tuple[str, int]],
    method: str,
    reference: str,
    why: str,
    now: datetime,
    beside: Sequence[tuple[str, int, str]] = (),
    by: int | None = None,
) -> Payout:
    """Set money aside for a payee, a hold for each (account, amount in minor units); its state is ready.

    `beside` is what goes with it to another account of the books, (account, amount, destination): held with it,
    posted when it is paid, let go when it fails; none of it is sent to the payee, and none comes back with it.
    `by` is the person who had it done.
    The same key with the same payee, parts, method and reference is the same payout, whatever became of it.
    KeyReused when it names other facts; BadAmount for nothing, or for an account that is not the payee's;
    Overdrawn when an account has not so much.
    """
    if method not in DESTINATIONS:
        raise BadAmount(f"{method!r} is no way to pay: bank or stripe")
    wanted = [(account, amount, DESTINATIONS[method]) for account, amount in parts]
    _sound(payee, wanted, beside)
    earlier = by_key(session, key)
    if earlier is not None:
        held = [(each.account, each.amount_minor, each.destination) for each in parts_of(session, earlier)]
        same = (earlier.payee, earlier.method, earlier.reference) == (payee, method, reference)
        if not same or sorted(held) != sorted([*wanted, *beside]):
            raise KeyReused(key, earlier.number)
        return earlier
    _, rulebook = books.in_force(session, at=now)
    payout = Payout(
        key=key,
        payee=payee,
        amount_minor=sum(amount for _, amount in parts),
        currency=rulebook.co_op.currency,
        method=method,
        reference=reference,
        why=why,
        due_at=now,
        created_at=now,
        made_by=by,
    )
    session.add(payout)
    session.flush()
    for number, (account, amount, destination) in enumerate([*wanted, *beside], start=1):
        part = PayoutPart(
            payout_id=payout.number,
            account=account,
            destination=destination,
            sent=number <= len(wanted),
            amount_minor=amount,
            hold_key=f"{key}:part:{number}",
        )
        _hold(session, payout, part, now)
    return payout


def _hold(session: Session, payout: Payout, part: PayoutPart, now: datetime) -> None:
    holds.hold(
        session,
        key=part.hold_key,
        source=part.account,
        destination=part.destination,
        amount=part.amount_minor,
        expires_at=now + HELD_FOR,
        why=payout.why,
        subject=payout.payee,
        now=now,
    )
    session.add(part)
    session.flush()


def _sound(
    payee: str, wanted: Sequence[tuple[str, int, str]], beside: Sequence[tuple[str, int, str]]
) -> None:
    every = [*wanted, *beside]
    if not wanted or any(type(amount) is not int or amount <= 0 for _, amount, _ in every):
        raise BadAmount(f"there is nothing to pay {payee} in one of the parts")
    if len({(account, destination) for account, _, destination in every}) < len(every):
        raise BadAmount(f"an account of {payee} is given twice")
    for account, _, _ in every:
        if not books.below(account, payee):
            raise BadAmount(f"{account} is not an account of {payee}")


def sending(session: Session, payout: Payout, *, now: datetime, due_at: datetime | None = None) -> Payout:
    """It is about to be sent, once more; when nothing is heard of it, it is due again at `due_at`.

    Written before the outside call, so that a call whose outcome is unknown is seen as such. PayoutRefused once
    it is settled, or when its holds have run out.
    """
    _lock(session, payout)
    _may(payout, "sending")
    _still_held(session, payout, now)
    payout.state, payout.sent_at, payout.tries = "sending", now, payout.tries + 1
    payout.due_at = due_at or now
    return _kept(session, payout)


def later(session: Session, payout: Payout, *, error: str, due_at: datetime) -> Payout:
    """It could not be sent, or nobody knows: it is tried, or asked about, again at `due_at`; the money stays held."""
    if payout.state not in ("ready", "sending"):
        raise PayoutRefused(payout.number, payout.state, "tried again later")
    payout.error, payout.due_at = error, due_at
    return _kept(session, payout)


def named(session: Session, payout: Payout, vendor_id: str) -> Payout:
    """What the one who carries it calls it; told again, the same. PayoutRefused for another name."""
    if payout.vendor_id not in (None, vendor_id):
        raise PayoutRefused(payout.number, payout.state, f"called {vendor_id}, when it is {payout.vendor_id}")
    payout.vendor_id = vendor_id
    return _kept(session, payout)


def paid(
    session: Session, payout: Payout, *, by: int | None, vendor_id: str | None = None, now: datetime
) -> Payout:
    """It arrived: the holds are posted. `by` is the person who says so, None for whoever carried it.

    Said again, nothing more happens. PayoutRefused when it failed, came back, or its holds ran out.
    """
    _lock(session, payout)
    if vendor_id is not None:
        named(session, payout, vendor_id)
    if payout.state == "paid":
        return payout
    _may(payout, "paid")
    _still_held(session, payout, now)
    for part in parts_of(session, payout):
        holds.post(session, part.hold_key, why=payout.why, now=now)
    payout.state, payout.settled_at, payout.paid_by, payout.error = "paid", now, by, ""
    return _kept(session, payout)


def failed(session: Session, payout: Payout, *, reason: str, now: datetime, by: int | None = None) -> Payout:
    """It will not arrive: what was held goes back to its accounts. Said again, nothing more happens.

    `by` is the person who says so, None for whoever carried it. PayoutRefused once it was paid: money that comes
    back after that is `returned`.
    """
    _lock(session, payout)
    if payout.state == "failed":
        return payout
    _may(payout, "failed")
    for part in parts_of(session, payout):
        try:
            if holds.get(session, part.hold_key).resolution is None:
                holds.void(session, part.hold_key, why=f"Not paid: {reason}", now=now)
        except HoldExpired:
            holds.expire_due(session, source=part.account, now=now)
    payout.state, payout.settled_at, payout.undone_by, payout.error = "failed", now, by, reason
    return _kept(session, payout)


def returned(
    session: Session, payout: Payout, *, reason: str, now: datetime, by: int | None = None
) -> Payout:
    """The money came back after it was paid: a new fact books it back onto the accounts it came from.

    `by` is the person who says so. Said again, nothing more happens. PayoutRefused when it was never paid.
    """
    _lock(session, payout)
    if payout.state == "returned":
        return payout
    _may(payout, "returned")
    parts = parts_of(session, payout)
    postings = tuple(
        Posting(each.destination, each.account, each.amount_minor) for each in parts if each.sent
    )
    version = holds.get(session, parts[0].hold_key).hold.rulebook
    why = f"Came back: {reason}"
    key = returned_key(payout)
    books.post(session, Entry(key, now, why, postings, payout.currency, version, payout.payee), now=now)
    payout.state, payout.settled_at, payout.undone_by, payout.error = "returned", now, by, reason
    return _kept(session, payout)


def undone(session: Session, payout: Payout, *, reason: str, by: int, now: datetime) -> Payout:
    """A named person says that the bank refused it or, once it was paid, that it came back. Said again, no more.

    PayoutRefused for one that Stripe carries, which tells what became of it itself.
    """
    if payout.method == "stripe":
        raise PayoutRefused(
            payout.number, payout.state, "refused or sent back by a person: Stripe carries it"
        )
    end = returned if payout.state in ("paid", "returned") else failed
    return end(session, payout, reason=reason.strip(), by=by, now=now)


def lapse(session: Session, *, now: datetime) -> tuple[Payout, ...]:
    """Every payout whose holds have run out, now failed: the money is back where it came from, safe to repeat.

    Whether the bank paid it all the same is for a person to look at, so each is to be put before one.
    """
    waiting = col(Payout.state).in_(("ready", "sending"))
    old = session.exec(
        select(Payout).where(waiting, Payout.created_at <= now - HELD_FOR).order_by(col(Payout.id))
    ).all()
    return tuple(failed(session, each, reason=RAN_OUT, now=now) for each in old)


def next_lapse(session: Session) -> datetime | None:
    """When the first payout that waits fails unless somebody says what became of it; None without one."""
    waiting = col(Payout.state).in_(("ready", "sending"))
    first = session.exec(
        select(Payout.created_at).where(waiting).order_by(col(Payout.created_at)).limit(1)
    ).first()
    return first + HELD_FOR if first else None


def due(session: Session, method: str, now: datetime) -> list[Payout]:
    """What is to be sent by that method, or asked about, oldest first."""
    waiting = col(Payout.state).in_(("ready", "sending"))
    query = select(Payout).where(waiting, Payout.method == method, Payout.due_at <= now)
    return list(session.exec(query.order_by(col(Payout.due_at), col(Payout.id))))


def next_due(session: Session, method: str) -> datetime | None:
    """When the first payout by that method is to be sent or asked about; None without one."""
    waiting = col(Payout.state).in_(("ready", "sending"))
    query = select(Payout.due_at).where(waiting, Payout.method == method).order_by(col(Payout.due_at))
    return session.exec(query.limit(1)).first()


def get(session: Session, payout_id: int) -> Payout:
    """The payout of that number; NoSuchPayout."""
    found = session.get(Payout, payout_id)
    if found is None:
        raise NoSuchPayout(str(payout_id))
    return found


def by_key(session: Session, key: str) -> Payout | None:
    """The payout of that key, or None."""
    return session.exec(select(Payout).where(Payout.key == key)).first()


def of(session: Session, payee: str) -> list[Payout]:
    """Every payout to a payee, in the order they were made."""
    return list(session.exec(select(Payout).where(Payout.payee == payee).order_by(col(Payout.id))))


def parts_of(session: Session, payout: Payout) -> list[PayoutPart]:
    """What of it comes from which account, in the order it was given."""
    query = select(PayoutPart).where(PayoutPart.payout_id == payout.number).order_by(col(PayoutPart.id))
    return list(session.exec(query))


def returned_key(payout: Payout) -> str:
    """The key of the entry that books it back."""
    return f"{payout.key}:returned"


def _lock(session: Session, payout: Payout) -> None:
    """Have the row as it stands now, and alone: also two who take no turns, each in a process, settle it once."""
    session.flush()
    session.refresh(payout, with_for_update=True)


def _may(payout: Payout, state: str) -> None:
    if state not in MOVES[payout.state]:
        raise PayoutRefused(payout.number, payout.state, state)


def _still_held(session: Session, payout: Payout, now: datetime) -> None:
    for part in parts_of(session, payout):
        found = holds.get(session, part.hold_key)
        if found.resolution is not None or now >= found.hold.expires_at:
            raise PayoutRefused(payout.number, payout.state, "sent or paid: what was held has run out")


def _kept(session: Session, payout: Payout) -> Payout:
    session.add(payout)
    session.flush()
    return payout
