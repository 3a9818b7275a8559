"""What texts cost, asked of the carrier some hours later, when it has reckoned it."""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from riders_app.errors import TextError
from riders_app.gateways import Program
from riders_app.tables import Text

_NEXT = select(func.min(Text.price_due_at)).where(col(Text.price_due_at).is_not(None))
_AGAIN = timedelta(hours=24)
_GIVEN_UP = timedelta(days=4)
_ROUND = 2_000


def prices_due(session: Session, _now: datetime) -> datetime | None:
    """When the price of a text is next to be asked for."""
    return session.connection().scalar(_NEXT)


def run_prices(program: Program, now: datetime) -> bool:
    """Ask what texts cost; one without a price yet is asked after again a day later, for four days."""
    with program.database.reading() as session:
        rows = session.exec(
            select(Text.id, Text.sent_at).where(col(Text.price_due_at) <= now).limit(_ROUND)
        ).all()
    if not rows:
        return False
    sent = [at for _, at in rows if at is not None]
    found = {}
    if program.gateway is not None and sent:
        try:
            found = dict(program.gateway.prices(min(sent), max(sent) + timedelta(seconds=1)))
        except TextError:
            found = {}
    with program.database.writing() as session:
        for row in session.exec(select(Text).where(col(Text.id).in_([each for each, _ in rows]))).all():
            price = found.get(row.vendor_id or "")
            if price is not None:
                row.price_micro, row.price_unit, row.segments = price.micro, price.currency, price.segments
                row.price_due_at = None
            elif row.sent_at is None or now - row.sent_at >= _GIVEN_UP:
                row.price_due_at = None
            else:
                row.price_due_at = now + _AGAIN
            session.add(row)
    return True
