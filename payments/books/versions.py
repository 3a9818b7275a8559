"""Which rulebook holds when."""

import hashlib
from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import Session

from payments.errors import NoRulebook, RulebookFault
from payments.ledger import HOLIDAY, MINUTES
from payments.rulebook import Rulebook, digest, parse
from payments.tables import ENTRIES, SUMS, VERSIONS, RulebookVersion


def named(number: int, seal: str, effective_on: date, resolution: str) -> str:
    """What a version is called: its number, and a digest of its text's digest, its day and its resolution.

    Entries name it, and their chain covers the name, so that none of these can be changed unseen.
    """
    told = f"{seal}\n{effective_on.isoformat()}\n{resolution}"
    return f"{number}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def adopt(
    session: Session, text: str, *, effective_on: date, resolution: str, now: datetime
) -> RulebookVersion:
    """Store a rulebook the members adopted; the same text, day and resolution again is the same row.

    RulebookFault with every fault, also when pay has no rate yet on the day it takes effect, for a day that is past
    when anything was booked since (what was paid by other rules stays so), and for another currency than money was
    booked in: pounds and euros are never added up.
    """
    rulebook, resolution = parse(text), resolution.strip()
    begins = rulebook.pay.begins()
    if begins is not None and begins > effective_on:
        raise RulebookFault((f"pay: no rate holds on {effective_on}, the day the rulebook takes effect",))
    taxed = rulebook.vat.begins()
    if taxed is not None and taxed > effective_on:
        raise RulebookFault(
            (f"vat: a kind of income has no rate yet on {effective_on}, the day the rulebook takes effect",)
        )
    if not resolution:
        raise RulebookFault(("resolution: say which decision of the members adopted it",))
    seal = digest(text)
    for earlier in versions(session):
        if (earlier.digest, earlier.effective_on, earlier.resolution) == (seal, effective_on, resolution):
            return earlier
    _not_backwards(session, rulebook, effective_on, now)
    _one_currency(session, rulebook.co_op.currency)
    number = (session.connection().scalar(select(func.max(VERSIONS.c.id))) or 0) + 1
    row = RulebookVersion(
        id=number,
        version=named(number, seal, effective_on, resolution),
        digest=seal,
        text=text,
        effective_on=effective_on,
        resolution=resolution,
        adopted_at=now,
    )
    session.add(row)
    session.flush()
    session.info.pop(_ADOPTED, None)
    return row


def _not_backwards(session: Session, rulebook: Rulebook, effective_on: date, now: datetime) -> None:
    """Whether the rules would not hold over days whose money is booked already."""
    if effective_on >= rulebook.local(now).date():
        return
    first = ENTRIES.c.at >= rulebook.midnight(effective_on)
    at = session.connection().scalar(select(ENTRIES.c.at).where(first).order_by(ENTRIES.c.at).limit(1))
    if at is not None:
        booked = rulebook.local(at).date()
        raise RulebookFault(
            (
                f"effective_on: {effective_on} is past, and money was booked on {booked} by the rules that held "
                "then; choose today or a later day",
            )
        )


def _one_currency(session: Session, currency: str) -> None:
    """Whether all money booked so far is of this currency."""
    other = SUMS.c.unit.not_in([currency, HOLIDAY, MINUTES])
    booked = session.connection().scalar(select(SUMS.c.unit).where(other).limit(1))
    if booked is not None:
        raise RulebookFault(
            (
                f"co_op.currency: money was booked in {booked}, and a co-op's books have one currency: write {booked}",
            )
        )


def versions(session: Session) -> list[RulebookVersion]:
    """Every rulebook ever adopted, the last to take effect first."""
    query = select(VERSIONS).order_by(VERSIONS.c.effective_on.desc(), VERSIONS.c.id.desc())
    return [RulebookVersion(**row._mapping) for row in session.connection().execute(query)]


def in_force(session: Session, *, at: datetime) -> tuple[str, Rulebook]:
    """The version in force at an instant, and the rulebook; a day begins at midnight in the co-op's own time.

    Of two that take effect on one day the one adopted last holds. NoRulebook when none has taken effect.
    """
    for version, text, effective_on in _adopted(session):
        rulebook = parse(text)
        if effective_on <= rulebook.local(at).date():
            return version, rulebook
    raise NoRulebook(at=at)


_ADOPTED = select(VERSIONS.c.version, VERSIONS.c.text, VERSIONS.c.effective_on).order_by(
    VERSIONS.c.effective_on.desc(), VERSIONS.c.id.desc()
)


def _adopted(session: Session) -> list[tuple[str, str, date]]:
    """Every version with its text and first day, the last to take effect first; read once a transaction.

    Rules are asked for many times in one transaction, and only `adopt` can change them within it.
    """
    transaction = session.get_transaction()
    held: tuple[object, list[tuple[str, str, date]]] | None = session.info.get(_ADOPTED)
    if held is None or held[0] is not transaction or transaction is None:
        rows = [(version, text, on) for version, text, on in session.connection().execute(_ADOPTED)]
        held = (session.get_transaction(), rows)
        session.info[_ADOPTED] = held
    return held[1]


def rules(session: Session, version: str) -> Rulebook:
    """The rulebook an entry names; NoRulebook."""
    text = session.connection().scalar(select(VERSIONS.c.text).where(VERSIONS.c.version == version))
    if text is None:
        raise NoRulebook(version=version)
    return parse(text)
