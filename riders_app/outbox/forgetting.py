"""Forgetting what was texted: words and numbers past their days are blanked; that there was a text stays."""

from datetime import datetime

from sqlalchemy import bindparam, func, update
from sqlmodel import Session, col, select

from dispatch.tables import Event
from payments.columns import UtcDateTime
from riders_app.tables import WAITING, InboundText, SandboxText, Text

# Asked at every turn of the clock, so written once. Texts are blanked in the order of their age: the newest one
# past its days tells whether any is left, and no look goes over all that were ever blanked.
_BEFORE = bindparam("before", type_=UtcDateTime())
_HAS_WORDS = col(Text.body) != ""
_HAS_NUMBER = (col(InboundText.body) != "") | (col(InboundText.phone) != "")
_LEFT = (
    select(Text.created_at, _HAS_WORDS)
    .where(col(Text.created_at) <= _BEFORE, col(Text.body).is_not(None))
    .order_by(col(Text.created_at).desc(), col(Text.id).desc())
    .limit(1)
)
_LEFT_IN = (
    select(InboundText.received_at, _HAS_NUMBER)
    .where(col(InboundText.received_at) <= _BEFORE)
    .order_by(col(InboundText.received_at).desc(), col(InboundText.id).desc())
    .limit(1)
)
_NEXT = select(
    select(func.min(Text.created_at)).where(col(Text.created_at) > _BEFORE, _HAS_WORDS).scalar_subquery(),
    select(func.min(InboundText.received_at))
    .where(col(InboundText.received_at) > _BEFORE, _HAS_NUMBER)
    .scalar_subquery(),
)


def forget_due(session: Session, *, now: datetime, before: datetime) -> datetime | None:
    """When the next words are to be blanked, where those of texts up to `before` are to be blanked now."""
    asked = {"before": before}
    connection = session.connection()
    for left in (_LEFT, _LEFT_IN):
        row = connection.execute(left, asked).first()
        if row is not None and row[1]:
            return now
    kept = now - before
    return min((at + kept for at in connection.execute(_NEXT, asked).one() if at is not None), default=None)


def forget(session: Session, *, before: datetime) -> int:
    """Blank the words of texts as old as that, in and out, and the numbers they came from; how many."""
    session.flush()
    connection = session.connection()
    count = 0
    for table, aged, held, blank in (
        (Text, Text.created_at, _HAS_WORDS, {"body": ""}),
        (InboundText, InboundText.received_at, _HAS_NUMBER, {"body": "", "phone": ""}),
        (SandboxText, SandboxText.at, col(SandboxText.body) != "", {"body": ""}),
    ):
        count += connection.execute(update(table).where(col(aged) <= before, held).values(blank)).rowcount
    # A sign-in text whose link was dropped can no longer be written, and would hold up every text behind it.
    linkless = select(Event.id).where(Event.kind == "sign_in", col(Event.link_id).is_(None))
    connection.execute(
        update(Text)
        .where(col(Text.kind) == "sign_in", col(Text.state).in_(WAITING), col(Text.event_id).in_(linkless))
        .values(state="expired", error="it was too late to send it")
    )
    session.expire_all()
    return count
