"""Rows become texts: claimed in one transaction, sent in none, settled in another, never sent twice.

A claim is a lease. A row still `sending` when its lease is over (a crash, or no answer from the carrier) is asked
after before it is sent again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from dispatch import attention, offers, orders, people
from dispatch.tables import Event, SignInLink, known
from riders_app import wording
from riders_app.errors import BadNumber, OptedOut, Refused, TryLater, Unanswered
from riders_app.gateways import Gateway, Pool, Program
from riders_app.outbox import pace
from riders_app.outbox.news import catch_up, unreachable
from riders_app.outbox.road import REMINDER, RING, rings
from riders_app.outbox.spreading import offer_stands
from riders_app.tables import WAITING, InboundText, Text
from riders_app.wording.gsm import segments

LEASE = timedelta(seconds=120)
HELD = timedelta(seconds=60)
MOST_TRIES = 10
_ROUND = 20
_SAID_EARLY = 3  # tries after which a person hears that texts are stuck


How = Literal["sent", "opted_out", "bad_number", "refused", "later", "unanswered", "too_late"]


@dataclass(frozen=True, slots=True)
class Sending:
    """One claimed text, with all that is needed to send it outside any transaction."""

    text_id: int
    tries: int
    to: str
    body: str
    key: str
    sender: str
    validity_s: int | None
    ask_first: bool
    only_ask: bool  # too late to send, but it may have been sent before a crash
    since: datetime
    but: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try."""

    text_id: int
    tries: int
    how: How
    vendor_id: str | None = None
    error: str | None = None


# Asked at every turn of the clock, so written once.
_NEXT = select(func.min(Text.due_at)).where(col(Text.state).in_(WAITING))


def next_due(session: Session, now: datetime) -> datetime | None:
    """When the next text is to be sent or asked after."""
    return session.connection().scalar(_NEXT)


def run_send(program: Program, now: datetime) -> bool:
    """Send what is due, a bounded number; whether anything was due."""
    gateway = program.gateway
    if gateway is None:
        with program.database.writing() as session:
            return hold(session, now=now) > 0
    did = False
    for _ in range(_ROUND):
        now = program.clock.now()  # the text before may have taken long: a claim is a lease from now on
        with program.database.writing() as session:
            if not did:
                attention.settle(session, "no-gateway", now=now, note="Texts can be sent again.")
            waiting = (next_due(session, now) or now + LEASE) <= now
            sending = take(
                session,
                now=now,
                secret=program.secret,
                public_url=program.settings.url,
                desk=program.settings.on_duty_phone,
                pool=gateway.pool,
            )
        did = did or waiting
        if sending is None:
            return did
        outcome = do(gateway, sending)
        with program.database.writing() as session:
            settle(session, outcome, now=program.clock.now())
    return did


def hold(session: Session, *, now: datetime) -> int:
    """No way to send: the texts stay queued and are looked at again in a minute, and a person hears of it once."""
    due = session.exec(select(Text).where(col(Text.state).in_(WAITING), Text.due_at <= now)).all()
    for row in due:
        row.due_at = now + HELD
        session.add(row)
    if due:
        words = "Texts are queued and none can leave: there are no Twilio keys. Set them, and they go."
        attention.raise_(session, "no_gateway", "no-gateway", words, now=now)
    return len(due)


# What somebody stands at a door or a counter for goes before what can be read later.
_LATER_KINDS = ("wait_hint", "sign_in", "desk_note", "order_placed")
_PRECEDENCE = case((col(Text.kind).in_(_LATER_KINDS), 1), else_=0)
_PRICED_AFTER = timedelta(hours=9)


def take(
    session: Session,
    *,
    now: datetime,
    secret: bytes,
    public_url: str,
    pool: Pool | None = None,
    desk: str | None = None,
) -> Sending | None:
    """Claim the next text that is due and still worth sending; None when there is none.

    Where the numbers of the pool have a pace, a text whose number is busy waits until it is not.
    `desk` is the on-duty phone, for alarms that are nobody's in particular.
    """
    pool = pool or Pool()
    due = session.exec(
        select(Text)
        .where(col(Text.state).in_(WAITING), Text.due_at <= now)
        .order_by(
            _PRECEDENCE, col(Text.due_at) if pool.segments_per_s is None else col(Text.id), col(Text.id)
        )
        .limit(_ROUND)
    ).all()
    for row in due:
        to = _number(session, row, desk)
        if to is None:
            row.state, row.error = "failed", "there is no number to send it to"
        elif row.state == "queued" and _stale(session, row, now):
            row.state, row.error = "expired", "it was too late to send it"
        else:
            sender = pool.of(to, _heard_at(session, row))
            busy_until = pace.busy_until(session, sender, pool.segments_per_s, now=now)
            if busy_until is None:
                sending = _claim(session, row, to, sender, now, secret, public_url)
                pace.given(session, sender, row.segments, pool.segments_per_s, now=now)
                return sending
            row.due_at = busy_until
        session.add(row)
    return None


def _heard_at(session: Session, row: Text) -> str | None:
    """Which of our numbers this person texted last."""
    if row.person_id is None:
        return None
    return session.exec(
        select(InboundText.our_number)
        .where(InboundText.person_id == row.person_id, col(InboundText.our_number).is_not(None))
        .order_by(col(InboundText.id).desc())
        .limit(1)
    ).first()


def _claim(
    session: Session, row: Text, to: str, sender: str, now: datetime, secret: bytes, public_url: str
) -> Sending:
    ask_first = row.state == "sending"
    row.state, row.tries, row.due_at = "sending", row.tries + 1, now + LEASE
    row.claimed_at = row.claimed_at or now
    body = row.body if row.body is not None else _sign_in(session, row, secret, public_url)
    row.sender, row.segments = sender, segments(body)[1]
    session.add(row)
    left_s = None if row.expires_at is None else int((row.expires_at - now).total_seconds())
    return Sending(
        text_id=known(row.id),
        tries=row.tries,
        to=to,
        body=body,
        key=row.key,
        sender=sender,
        validity_s=None if left_s is None else max(left_s, 1),
        ask_first=ask_first,
        only_ask=ask_first and _stale(session, row, now),
        since=row.claimed_at,
        but=_accounted_for(session, row) if ask_first else frozenset(),
    )


def _accounted_for(session: Session, row: Text) -> frozenset[str]:
    """Ids of other texts to the same person with the same words: finding one of those proves nothing."""
    same = session.exec(
        select(Text.vendor_id).where(
            Text.person_id == row.person_id,
            Text.order_id == row.order_id,
            Text.body == row.body,
            Text.id != row.id,
            col(Text.vendor_id).is_not(None),
        )
    ).all()
    return frozenset(vendor_id for vendor_id in same if vendor_id is not None)


def _sign_in(session: Session, row: Text, secret: bytes, public_url: str) -> str:
    event = session.get(Event, row.event_id)
    link = session.get_one(SignInLink, known(event.link_id if event is not None else None))
    voice = wording.voice(people.get(session, known(row.person_id)).language)
    return wording.sign_in(f"{public_url}/sign-in/{people.sign_in_token(secret, link)}", voice)


def _number(session: Session, row: Text, desk: str | None) -> str | None:
    if row.person_id is not None:
        person = people.get(session, row.person_id)
        return person.phone if person.ended_at is None else None
    if row.attention_id is not None:
        return desk
    return orders.contact(session, known(row.order_id)).phone or None


def _stale(session: Session, row: Text, now: datetime) -> bool:
    if row.expires_at is not None and row.expires_at <= now:
        return True
    if row.kind == RING:
        return not rings(session, row)
    return row.kind in ("offer", REMINDER) and not offer_stands(session, row, now)


def do(gateway: Gateway, sending: Sending) -> Outcome:
    """Send one text, or find that it was sent: no session is open."""

    def came(how: How, **more: str) -> Outcome:
        return Outcome(sending.text_id, sending.tries, how, **more)

    try:
        if sending.ask_first:
            try:
                found = gateway.find(sending.to, sending.body, sending.since, but=sending.but)
            except TryLater as fault:  # it may have been sent: only `find` can say
                return came("unanswered", error=fault.message)
            if found is not None:
                return came("sent", vendor_id=found)
            if sending.only_ask:
                return came("too_late", error="it was too late to send it")
        vendor_id = gateway.send(
            sending.to,
            sending.body,
            key=sending.key,
            validity_s=sending.validity_s,
            sender=sending.sender,
        )
    except OptedOut as fault:
        return came("opted_out", error=fault.message)
    except BadNumber as fault:
        return came("bad_number", error=fault.message)
    except Refused as fault:
        return came("refused", error=fault.message)
    except TryLater as fault:
        return came("later", error=fault.message)
    except Unanswered as fault:
        return came("unanswered", error=fault.message)
    return came("sent", vendor_id=vendor_id)


def settle(session: Session, outcome: Outcome, *, now: datetime) -> None:
    """Write down what came of a try, unless a later try has already."""
    row = session.get(Text, outcome.text_id)
    if row is None or row.state != "sending" or row.tries != outcome.tries:
        return
    row.error = outcome.error
    session.add(row)
    if outcome.how == "sent":
        row.state, row.vendor_id, row.sent_at = "sent", outcome.vendor_id, now
        # By the hour, so that many are asked for at once.
        row.price_due_at = (now + _PRICED_AFTER).replace(minute=0, second=0, microsecond=0)
        session.flush()
        if row.tries > _SAID_EARLY:
            attention.settle(session, "texts-stuck", now=now, note="Texts leave again.")
        catch_up(session, row, now=now)
        _reached(session, row, now)
        return
    if outcome.how in ("later", "unanswered"):
        _again(session, row, outcome, now)
        return
    row.state = "expired" if outcome.how == "too_late" else "failed"
    if outcome.how == "too_late":
        return
    if outcome.how == "refused":
        _given_up(session, row, now)
    else:
        unreachable(session, row, outcome.error or outcome.how, now=now)


def _reached(session: Session, row: Text, now: datetime) -> None:
    """An offer that left can be read from now on; one that never left cannot run out on its rider."""
    event = session.get(Event, row.event_id) if row.kind == "offer" else None
    if event is not None and event.job_id is not None:
        offers.reached(session, event.job_id, now=now)


def _again(session: Session, row: Text, outcome: Outcome, now: datetime) -> None:
    if row.tries >= MOST_TRIES:
        row.state = "failed"
        _given_up(session, row, now)
        return
    row.state = "queued" if outcome.how == "later" else "sending"
    row.due_at = now + timedelta(seconds=min(5 * 2**row.tries, 300))
    if row.tries >= _SAID_EARLY:
        words = f"Texts are not leaving ({outcome.error}): phone riders who wait for one."
        attention.raise_(session, "texts_stuck", "texts-stuck", words, now=now)


def _given_up(session: Session, row: Text, now: datetime) -> None:
    attention.raise_(
        session,
        "text_failed",
        f"text-failed:{row.id}",
        f"A text ({row.kind.replace('_', ' ')}) could not be sent ({row.error}): say it another way.",
        now=now,
        person_id=row.person_id,
        order_id=row.order_id,
    )
