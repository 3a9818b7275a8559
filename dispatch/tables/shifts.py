"""Riders' shifts, and the changes a named person made to them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from dispatch.facts import VEHICLES
from dispatch.states import SHIFT
from dispatch.tables.people import moment, one_of


class Shift(SQLModel, table=True):
    """A rider's working time: the clock of pay, and where the rider was last known to be."""

    __tablename__ = "shift"
    __table_args__ = (
        one_of("state", tuple(SHIFT), "ck_shift_state"),
        one_of("vehicle", VEHICLES, "ck_shift_vehicle"),
        CheckConstraint("planned_end_at > planned_start_at", name="ck_shift_planned"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ck_shift_worked"),
        CheckConstraint("state NOT IN ('on', 'ended') OR started_at IS NOT NULL", name="ck_shift_started"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ck_shift_ended"),
        Index(
            "uq_shift_on",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'on'"),
            postgresql_where=text("state = 'on'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    slot_id: int | None = Field(default=None, foreign_key="slot.id", index=True)  # its place on the rota
    vehicle: str
    state: str = "planned"
    planned_start_at: datetime = Field(sa_column=moment(index=True))
    planned_end_at: datetime = Field(sa_column=moment())
    started_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    lat: float  # last known stop or reported point
    lon: float
    there_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    off_asked_at: datetime | None = Field(
        default=None, sa_column=moment(null=True)
    )  # OFF said with a job live
    end_asked_at: datetime | None = Field(
        default=None, sa_column=moment(null=True)
    )  # we asked: are you still out?
    heard_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # any text of theirs
    hinted_at: datetime | None = Field(
        default=None, sa_column=moment(null=True)
    )  # last looked at for where to wait
    silences: int = 0  # offers in a row that ran out unanswered
    revision: int = 1  # which posting of this shift's pay stands
    unplanned: bool = False  # started by its rider with no plan, where the rulebook allows it


class ShiftChange(SQLModel, table=True):
    """A named person set a start or an end, with a reason; the rider is told and may contest.

    "plan" is a shift that was planned in spite of a warning of working time: who went on, and why.
    """

    __tablename__ = "shift_change"
    __table_args__ = (one_of("what", ("start", "end", "cancel", "plan"), "ck_shift_change_what"),)

    id: int | None = Field(default=None, primary_key=True)
    shift_id: int = Field(foreign_key="shift.id", index=True)
    what: str
    was_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    set_at: datetime = Field(sa_column=moment())
    by_person_id: int = Field(foreign_key="person.id")
    reason: str
    at: datetime = Field(sa_column=moment())


class Rest(SQLModel, table=True):
    """A break of a shift that nothing is planned into: protected time, and no time on offer."""

    __tablename__ = "rest"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ck_rest_times"),)

    id: int | None = Field(default=None, primary_key=True)
    shift_id: int = Field(foreign_key="shift.id", index=True)
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    by_person_id: int | None = Field(default=None, foreign_key="person.id")  # none: by the members' rules
    at: datetime = Field(sa_column=moment())
    told_for: datetime | None = Field(
        default=None, sa_column=moment(null=True)
    )  # the start its rider was told
    begun_at: datetime | None = Field(
        default=None, sa_column=moment(null=True)
    )  # seen to begin, nothing in hand
    looked_at: datetime | None = Field(
        default=None, sa_column=moment(null=True)
    )  # looked whether it may come earlier, it being quiet
