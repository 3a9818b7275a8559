"""One round of each job: the rows it works off, when they are due, and what is done about them.

A round that solves or calls outside is three steps: read or claim in one transaction, do it in none, settle in
another that checks again what it relied on.
"""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import (
    alarms,
    attention,
    breaks,
    contests,
    decisions,
    notices,
    offers,
    paydays,
    planning,
    retention,
    rota,
    tipbook,
    tips,
    waiting,
    watch,
)
from dispatch.errors import PlanRefused
from dispatch.web import stripe_hook
from infra.clock import WallClock
from infra.program import Program
from payments import checks, payouts, settlements, settling
from payments.books import holds
from payments.rails.tables import SandboxEvent
from riders_app import desk, outbox, photos, taps

ORPHAN = timedelta(hours=1)  # a picture just written may wait for its proof to be committed

# Of the books being wrong there is one thing to look at, however many nights find it.
BOOKS = "books"


def plan_due(session: Session, now: datetime) -> datetime | None:
    """When the next plan is due."""
    return planning.due_at(session, now=now)


def plan(program: Program, now: datetime) -> bool:
    """Plan the evening and offer what must go out now. Whatever goes wrong with it is put before a person."""
    try:
        with program.database.writing() as session:
            picture = planning.take(session, now=now)
        if picture is not None:
            made = planning.do(picture)
            weighed = decisions.weigh(picture, made)
            with program.database.writing() as session:
                offers.settle(session, picture, made, weighed=weighed, now=program.clock.now())
    except PlanRefused as fault:
        with program.database.writing() as session:
            offers.refused(session, fault.message, now=now)
    except Exception as fault:
        with program.database.writing() as session:
            offers.refused(session, f"a fault of ours ({type(fault).__name__})", now=now)
        raise
    return True


def expire_due(session: Session, now: datetime) -> datetime | None:
    """When the first unanswered offer runs out, or is to be brought to mind."""
    due = (offers.next_expiry(session), offers.next_reminder(session))
    return min((at for at in due if at is not None), default=None)


def expire(program: Program, now: datetime) -> bool:
    """End the offers that ran out, and remind of those that soon will."""
    with program.database.writing() as session:
        return offers.expire_due(session, now=now) + offers.remind_due(session, now=now) > 0


def watch_due(session: Session, now: datetime) -> datetime | None:
    """When a shift, a door, an unconfirmed notice or a contested decision next needs asking after."""
    due = (
        watch.next_due(session, now=now),
        watch.door_due(session, now=now),
        notices.next_due(session),
        contests.next_due(session, now=now),
    )
    return min((at for at in due if at is not None), default=None)


def watch_shifts(program: Program, now: datetime) -> bool:
    """Ask after forgotten shifts, long waits, what was not confirmed and what was not answered."""
    with program.database.writing() as session:
        did = watch.ask(session, now=now) + watch.ask_at_doors(session, now=now)
        return did + notices.ring_overdue(session, now=now) + contests.bring_up(session, now=now) > 0


def ring_due(session: Session, _now: datetime) -> datetime | None:
    """When the desk is rung next."""
    return alarms.next_due(session)


def ring(program: Program, now: datetime) -> bool:
    """Ring the desk about what nobody has acknowledged."""
    with program.database.writing() as session:
        return alarms.ring(session, now=now, on_duty=program.settings.on_duty_phone) > 0


def rest_due(session: Session, now: datetime) -> datetime | None:
    """When a break is next to be placed, moved or told."""
    return breaks.next_due(session, now=now)


def rest(program: Program, now: datetime) -> bool:
    """Keep the breaks the rules call for."""
    with program.database.writing() as session:
        did = breaks.keep(session, now=now) > 0
        if did:
            planning.wanted(session, now=now)
        return did


def rota_due(session: Session, _now: datetime) -> datetime | None:
    """When a place on the rota that was offered next goes on to another rider."""
    return rota.asking.next_due(session)


def lapse(program: Program, now: datetime) -> bool:
    """Pass on the places nobody answered for."""
    with program.database.writing() as session:
        return rota.asking.lapse(session, now=now) > 0


def hint_due(session: Session, now: datetime) -> datetime | None:
    """When a rider is next to be told where to wait, where the rulebook wants such texts."""
    return waiting.next_due(session, now=now)


def hint(program: Program, now: datetime) -> bool:
    """Tell idle riders where to wait."""
    with program.database.writing() as session:
        return waiting.tell(session, now=now) > 0


def tips_due(session: Session, _now: datetime) -> datetime | None:
    """When a day's pooled tips are next to be shared out."""
    return tips.next_due(session)


def share_tips(program: Program, now: datetime) -> bool:
    """Share out the tips of days that are over."""
    with program.database.writing() as session:
        return tips.share_out(session, now=now) > 0


def release_due(session: Session, _now: datetime) -> datetime | None:
    """When money held for somebody next runs out."""
    due = (holds.next_due(session), payouts.next_lapse(session))
    return min((at for at in due if at is not None), default=None)


def release(program: Program, now: datetime) -> bool:
    """Let go of what was held and has run out; a payout it was held for has failed, and a person looks at it."""
    with program.database.writing() as session:
        let_go = holds.expire_due(session, now=now)
        lapsed = payouts.lapse(session, now=now)
        for payout in lapsed:
            words = f"Payout {payout.id} to {payout.payee} failed: {payout.error}. Ask the bank before paying again."
            attention.raise_(session, "payout_failed", f"payout:{payout.id}", words, now=now)
        return bool(let_go or lapsed)


def sandbox_due(session: Session, _now: datetime) -> datetime | None:
    """When the pretend Stripe of a demo next posts an event."""
    return session.connection().scalar(_NEXT_POST)


def sandbox(program: Program, now: datetime) -> bool:
    """Take in what the pretend Stripe posts, by the way a real one's events come."""
    return bool(program.stripe.post_due(partial(stripe_hook.receive, program), now))


# The pretend Stripe's own module loads Stripe's library, which most commands do without.
_NEXT_POST = select(func.min(SandboxEvent.due_at)).where(col(SandboxEvent.sent_at).is_(None))


def check_due(session: Session, now: datetime) -> datetime | None:
    """When the books are next to be read by night."""
    return checks.next_due(session, now=now)


def check(program: Program, now: datetime) -> bool:
    """Read the books where the night's reading is due, keep what was found, and put it before a person."""
    with program.database.reading() as session:
        due = checks.next_due(session, now=now)
        if due is None or due > now:
            return False
        seen = checks.look(session, now=now)
    with program.database.writing() as session:
        checks.keep(session, seen, now=now)
        if seen.findings:
            attention.raise_(session, "books", BOOKS, _wrong(seen), now=now)
        else:
            attention.settle(session, BOOKS, now=now, note="The books were read again, and are in order.")
            tipbook.tell_overdue(session, now=now)
    return True


def _wrong(seen: checks.Look) -> str:
    count = len(seen.findings)
    things = "1 thing does not hold" if count == 1 else f"{count} things do not hold"
    return f"The books were read by night, and {things}: the treasurer's page of checks says what. Nothing is paid."


def settle_due(session: Session, now: datetime) -> datetime | None:
    """When settlements are next to be drafted, or one, or somebody's pay, was paid by itself."""
    arrived = settling.to_follow(session) or paydays.to_follow(session)
    return now if arrived else settlements.next_due(session, now=now)


def settle(program: Program, now: datetime) -> bool:
    """Draft the settlements of a period that ended; note those that were paid, and whose pay was, and tell them."""
    with program.database.writing() as session:
        due = settlements.next_due(session, now=now)
        drafted = due is not None and due <= now
        if drafted:
            settlements.draft_due(session, now=now)
        followed = settling.follow(session, now=now) + paydays.follow(session, now=now)
        return followed > 0 or drafted


def forget_due(session: Session, now: datetime) -> datetime | None:
    """When personal data is next to be blanked or dropped, of whichever kind comes first."""
    due = [retention.next_due(session, now=now), desk.forget_due(session)]
    if retention.rules(session, now=now) is not None:
        before = retention.texts_before(session, now=now)
        due.append(outbox.forget_due(session, now=now, before=before))
        pressed_at = taps.first(session)
        due.append(None if pressed_at is None else pressed_at + (now - before))
    return min((at for at in due if at is not None), default=None)


def forget(program: Program, now: datetime) -> bool:
    """Blank and drop what is past its days."""
    with program.database.writing() as session:
        gone = retention.drop_spent(session, now=now) + retention.blank_contacts(session, now=now)
        gone += desk.forget(session, now=now)
        if retention.rules(session, now=now) is not None:
            before = retention.texts_before(session, now=now)
            gone += outbox.forget(session, before=before) + taps.forget(session, before=before)
        kept = retention.photos_kept(session)
    sweep(program, kept)
    return gone > 0


def sweep(program: Program, kept: set[str]) -> int:
    """Remove the pictures no proof names any more; files know real time only, also in a demo."""
    return photos.sweep(program.settings.data, kept, before=(WallClock().now() - ORPHAN).timestamp())
