"""Jobs: what one rider is offered, its stops, the answers, and the decision behind it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from dispatch.states import JOB
from dispatch.tables.orders import minor
from dispatch.tables.people import moment, one_of


class Decision(SQLModel, table=True):
    """Why a job was offered to its rider: the part of the problem and the plan its price hangs on.

    `body` is compressed JSON of numbers of rows and seconds; `digest` the SHA-256 of it before compression.
    Kept as long as the rulebook's `decisions_days`.
    """

    __tablename__ = "decision"

    id: int | None = Field(default=None, primary_key=True)
    made_at: datetime = Field(sa_column=moment(index=True))
    rulebook: str
    solver: str
    seed: int
    iterations: int
    wall_ms: int
    cost: int
    digest: str
    body: bytes


class Job(SQLModel, table=True):
    """One order or a batch, offered to one rider, under a number from 1 to 99 while it lives."""

    __tablename__ = "job"
    __table_args__ = (
        one_of("state", tuple(JOB), "ck_job_state"),
        CheckConstraint("number BETWEEN 1 AND 99", name="ck_job_number"),
        CheckConstraint("(closed_at IS NULL) = (state IN ('offered', 'taken'))", name="ck_job_closed"),
        Index(
            "uq_job_number_live",
            "number",
            unique=True,
            sqlite_where=text("state IN ('offered', 'taken')"),
            postgresql_where=text("state IN ('offered', 'taken')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: int
    person_id: int = Field(foreign_key="person.id", index=True)
    shift_id: int = Field(foreign_key="shift.id", index=True)
    decision_id: int | None = Field(default=None, foreign_key="decision.id", index=True)
    by_person_id: int | None = Field(default=None, foreign_key="person.id")  # a dispatcher gave it by hand
    handed_from: int | None = Field(default=None, foreign_key="job.id")  # another rider had it before
    state: str = "offered"
    offered_at: datetime = Field(sa_column=moment(index=True))
    answer_by: datetime = Field(sa_column=moment(index=True))
    depart_at: datetime = Field(sa_column=moment())
    reached_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # the rider could read it
    remind_at: datetime | None = Field(
        default=None, sa_column=moment(null=True)
    )  # unanswered until then: once
    taken_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    closed_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    distance_m: int
    duration_s: int
    # When its last stop is planned, where that is after the shift's planned end; and the rider's own yes to it.
    past_end_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    stay_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    effort_s: int = 0  # its work, weighed by load and rain: see dispatch/limits.py
    adds_minor: int = Field(sa_column=minor())


class Stop(SQLModel, table=True):
    """One order's pick-up or drop within a job; pick-ups with the same `visit` are one call at a restaurant."""

    __tablename__ = "stop"
    __table_args__ = (
        one_of("kind", ("pickup", "drop"), "ck_stop_kind"),
        UniqueConstraint("job_id", "seq", name="uq_stop_seq"),
        UniqueConstraint("job_id", "order_id", "kind", name="uq_stop_order"),
    )

    id: int | None = Field(default=None, primary_key=True)
    job_id: int = Field(foreign_key="job.id", index=True)
    order_id: int = Field(foreign_key="orders.id", index=True)
    seq: int
    visit: int
    kind: str
    letter: str
    lat: float
    lon: float
    planned_at: datetime = Field(sa_column=moment())
    arrived_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    done_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # when it happened
    dropped: bool = False  # the order left this job: cancelled, handed over or released
    # Where one rider hands the food to another: a drop of the one's job and a pick-up of the other's.
    meeting: str = ""
    asked_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # waited long at the door


class Mark(SQLModel, table=True):
    """What a rider (or the desk for a rider) said happened: the log that UNDO reads."""

    __tablename__ = "mark"
    __table_args__ = (one_of("verb", ("took", "here", "got", "done", "failed"), "ck_mark_verb"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    job_id: int = Field(foreign_key="job.id", index=True)
    verb: str
    stops: list[int] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_column=moment())  # when it happened
    said_at: datetime = Field(sa_column=moment())  # when we were told
    by_person_id: int = Field(foreign_key="person.id")
    undone_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    seq_was: int | None = None  # where a drop stood before it was said to have failed


class Refusal(SQLModel, table=True):
    """A rider passed on an order, or let it go by: it is not offered to them again. Never a mark against anyone."""

    __tablename__ = "refusal"
    __table_args__ = (
        one_of("why", ("passed", "expired", "released"), "ck_refusal_why"),
        UniqueConstraint("order_id", "person_id", name="uq_refusal"),
    )

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id")
    person_id: int = Field(foreign_key="person.id")
    why: str
    at: datetime = Field(sa_column=moment())


class PlanRound(SQLModel, table=True):
    """One row: when a plan was last made, whether one is wanted, when the next is due at the latest; and that plan.

    `plan` is the last plan and `fingerprint` what it was the plan of, its clock left out: an evening that has not
    changed is not thought through again, and one that has is begun from there. Nothing is lost without them.
    """

    __tablename__ = "plan_round"
    __table_args__ = (CheckConstraint("id = 1", name="ck_plan_round_one"),)

    id: int = Field(default=1, primary_key=True)
    wanted_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    planned_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    due_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    solved_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    fingerprint: str | None = None
    plan: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
