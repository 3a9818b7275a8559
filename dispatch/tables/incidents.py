"""What went wrong on the road, what riders were told and must confirm, and how a delivery was proved."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from dispatch.tables.people import moment, one_of

INCIDENTS = ("trouble", "failed")
PROOFS = ("pin", "name", "photo", "missing")


class Incident(SQLModel, table=True):
    """Something went wrong: opened by who said so, owned by a named person, closed with its outcome."""

    __tablename__ = "incident"
    __table_args__ = (
        one_of("kind", INCIDENTS, "ck_incident_kind"),
        CheckConstraint("(owned_at IS NULL) = (owner_id IS NULL)", name="ck_incident_owned"),
        CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)",
            name="ck_incident_closed",
        ),
        Index(
            "uq_incident_failed",
            "order_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL AND kind = 'failed'"),
            postgresql_where=text("closed_at IS NULL AND kind = 'failed'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    person_id: int = Field(foreign_key="person.id", index=True)  # the rider
    job_id: int | None = Field(default=None, foreign_key="job.id")
    order_id: int | None = Field(default=None, foreign_key="orders.id", index=True)
    words: str = ""
    opened_at: datetime = Field(sa_column=moment(index=True))
    opened_by: int = Field(foreign_key="person.id")
    owner_id: int | None = Field(default=None, foreign_key="person.id")
    owned_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    decided: str | None = None  # of a failed delivery: again, returned or abandoned
    closed_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    closed_by: int | None = Field(default=None, foreign_key="person.id")
    outcome: str | None = None


class IncidentNote(SQLModel, table=True):
    """What was done about an incident, by whom."""

    __tablename__ = "incident_note"

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    by_person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    words: str


class Notice(SQLModel, table=True):
    """What a rider must confirm to have read; past `ring_at` unconfirmed, the desk is rung."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("kind", ("address", "handover"), "ck_notice_kind"),
        Index(
            "ix_notice_open",
            "ring_at",
            sqlite_where=text("acknowledged_at IS NULL AND withdrawn_at IS NULL AND rung_at IS NULL"),
            postgresql_where=text("acknowledged_at IS NULL AND withdrawn_at IS NULL AND rung_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    job_id: int = Field(foreign_key="job.id", index=True)
    order_id: int | None = Field(default=None, foreign_key="orders.id")
    by_person_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    ring_at: datetime = Field(sa_column=moment())
    rung_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    acknowledged_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    acknowledged_by: int | None = Field(default=None, foreign_key="person.id")
    withdrawn_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # of no use any more


class Proof(SQLModel, table=True):
    """How a delivery was proved: the customer's code, who took it, a photo; or why there was none."""

    __tablename__ = "proof"
    __table_args__ = (
        one_of("kind", PROOFS, "ck_proof_kind"),
        CheckConstraint(
            "kind <> 'missing' OR reason <> '' OR blanked_at IS NOT NULL", name="ck_proof_reason"
        ),
    )

    order_id: int = Field(primary_key=True, foreign_key="orders.id")
    kind: str
    name: str = ""
    reason: str = ""
    photo: str = ""  # the file's name in the data folder
    at: datetime = Field(sa_column=moment())
    by_person_id: int = Field(foreign_key="person.id")
    blanked_at: datetime | None = Field(default=None, sa_column=moment(null=True))
