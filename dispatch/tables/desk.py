"""What happened and who must know; what a person must look at; what the desk said."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from dispatch.tables.people import moment, one_of


class Event(SQLModel, table=True):
    """Something happened that somebody must hear of: ids only, turned into texts by whoever owns the channel.

    `person_id` is who must know; for an event of an order with no person, its customer.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index(
            "ix_event_unspread",
            "id",
            sqlite_where=text("spread_at IS NULL"),
            postgresql_where=text("spread_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True)
    at: datetime = Field(sa_column=moment())
    person_id: int | None = Field(default=None, foreign_key="person.id")
    order_id: int | None = Field(default=None, foreign_key="orders.id")
    job_id: int | None = Field(default=None, foreign_key="job.id")
    shift_id: int | None = Field(default=None, foreign_key="shift.id")
    link_id: int | None = Field(default=None, foreign_key="sign_in_link.id")
    note_id: int | None = Field(default=None, foreign_key="desk_note.id")
    attention_id: int | None = Field(default=None, foreign_key="attention.id")
    incident_id: int | None = Field(default=None, foreign_key="incident.id")
    contest_id: int | None = Field(default=None, foreign_key="contest.id")
    expense_id: int | None = Field(default=None, foreign_key="expense.id")
    absence_id: int | None = Field(default=None, foreign_key="absence.id")
    pay_run_id: int | None = Field(default=None, foreign_key="pay_run.id")
    restaurant_id: int | None = Field(default=None, foreign_key="restaurant.id")
    spread_at: datetime | None = Field(default=None, sa_column=moment(null=True))


class Attention(SQLModel, table=True):
    """What a person must look at. One open row a key; `words` carry no personal data.

    `ring_at` is when the desk is rung next about it: null for what may wait until somebody looks, and once a
    named person has acknowledged it or it is closed.
    """

    __tablename__ = "attention"
    __table_args__ = (
        CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="ck_attention_acknowledged"
        ),
        CheckConstraint(
            "ring_at IS NULL OR (acknowledged_at IS NULL AND closed_at IS NULL)", name="ck_attention_ring"
        ),
        Index(
            "ix_attention_ring",
            "ring_at",
            sqlite_where=text("ring_at IS NOT NULL"),
            postgresql_where=text("ring_at IS NOT NULL"),
        ),
        Index(
            "uq_attention_open",
            "key",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    key: str = Field(index=True)
    words: str
    person_id: int | None = Field(default=None, foreign_key="person.id")
    order_id: int | None = Field(default=None, foreign_key="orders.id")
    job_id: int | None = Field(default=None, foreign_key="job.id")
    shift_id: int | None = Field(default=None, foreign_key="shift.id")
    raised_at: datetime = Field(sa_column=moment(index=True))
    ring_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    rung_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # last
    rings: int = 0
    acknowledged_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    acknowledged_by: int | None = Field(default=None, foreign_key="person.id")
    closed_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    closed_by: int | None = Field(default=None, foreign_key="person.id")
    note: str | None = None


class DeskNote(SQLModel, table=True):
    """What a dispatcher wrote to one rider."""

    __tablename__ = "desk_note"

    id: int | None = Field(default=None, primary_key=True)
    by_person_id: int = Field(foreign_key="person.id")
    to_person_id: int = Field(foreign_key="person.id")
    body: str
    at: datetime = Field(sa_column=moment())


class Pause(SQLModel, table=True):
    """The co-op takes no orders until then; the newest row that is not lifted counts."""

    __tablename__ = "pause"

    id: int | None = Field(default=None, primary_key=True)
    until_at: datetime = Field(sa_column=moment())
    reason: str
    by_person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    lifted_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    lifted_by: int | None = Field(default=None, foreign_key="person.id")


class Contest(SQLModel, table=True):
    """A rider says a decision was wrong: a named person, its owner, answers within fourteen days."""

    __tablename__ = "contest"
    __table_args__ = (
        one_of("verdict", ("upheld", "in_part", "not_upheld"), "ck_contest_verdict"),
        CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (verdict IS NULL)"
            " AND (closed_at IS NULL) = (outcome IS NULL)",
            name="ck_contest_answered",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    job_id: int | None = Field(default=None, foreign_key="job.id")
    shift_id: int | None = Field(default=None, foreign_key="shift.id")
    words: str
    owner_id: int | None = Field(default=None, foreign_key="person.id")  # who answers it
    opened_at: datetime = Field(sa_column=moment())
    due_at: datetime = Field(sa_column=moment())
    closed_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    closed_by: int | None = Field(default=None, foreign_key="person.id")
    verdict: str | None = None
    outcome: str | None = None
