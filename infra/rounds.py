"""One round of each job: the rows it works off, when they are due, and what is done about them.

A round that solves or calls outside is three steps: read or claim in one transaction, do it in none, settle in
another that checks again what it relied on.
"""

from datetime import datetime

from sqlmodel import Session

from dispatch import breaks, decisions, offers, planning, retention, rota, waiting, watch
from dispatch.errors import PlanRefused
from infra.program import Program
from payments.books import holds
from riders_app import outbox


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
    """When the next unanswered offer runs out."""
    return offers.next_expiry(session)


def expire(program: Program, now: datetime) -> bool:
    """End the offers that ran out."""
    with program.database.writing() as session:
        return offers.expire_due(session, now=now) > 0


def watch_due(session: Session, now: datetime) -> datetime | None:
    """When a shift next needs asking after."""
    return watch.next_due(session, now=now)


def watch_shifts(program: Program, now: datetime) -> bool:
    """Ask after forgotten shifts."""
    with program.database.writing() as session:
        return watch.ask(session, now=now) > 0


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


def release_due(session: Session, _now: datetime) -> datetime | None:
    """When money held for somebody next runs out."""
    return holds.next_due(session)


def release(program: Program, now: datetime) -> bool:
    """Let go of what was held and has run out."""
    with program.database.writing() as session:
        return bool(holds.expire_due(session, now=now))


def forget_due(session: Session, now: datetime) -> datetime | None:
    """When personal data is next to be blanked or dropped, of whichever kind comes first."""
    due = [retention.next_due(session, now=now)]
    if retention.rules(session, now=now) is not None:
        before = retention.texts_before(session, now=now)
        due.append(outbox.forget_due(session, now=now, before=before))
    return min((at for at in due if at is not None), default=None)


def forget(program: Program, now: datetime) -> bool:
    """Blank and drop what is past its days."""
    with program.database.writing() as session:
        gone = retention.drop_spent(session, now=now) + retention.blank_contacts(session, now=now)
        if retention.rules(session, now=now) is not None:
            gone += outbox.forget(session, before=retention.texts_before(session, now=now))
        return gone > 0
