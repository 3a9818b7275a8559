"""Rulebooks the payments tests share."""

from datetime import UTC, date, datetime
from pathlib import Path

from sqlmodel import Session

from payments import books

FINSBURY_PARK = (Path(__file__).parents[2] / "infra/examples/finsbury-park.toml").read_text()

# By the drop, at the figures of the published living-wage example: 5.50 a drop, a floor of 14.80 an hour.
BY_THE_DROP = """
[co_op]
name = "By the drop"
[[zones]]
name = "Town"
everywhere = true
delivery_fee_minor = 400
[revenue]
commission_bp = 1200
[pay]
basis = "per_drop"
per_drop_minor = 550
floor = [{ from = 2026-05-01, per_hour_minor = 1480 }]
[shares]
par_minor = 500
max_minor = 2000
"""

MAY = date(2026, 5, 1)
ADOPTED = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def adopted(session: Session, text: str = FINSBURY_PARK, *, effective_on: date = MAY) -> str:
    """The version of a rulebook just adopted."""
    return books.adopt(
        session,
        text,
        effective_on=effective_on,
        resolution="General meeting, 1 May 2026, item 4",
        now=ADOPTED,
    ).version
