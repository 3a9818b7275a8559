"""What a person says of pay beside the clock: rain, absences, expenses; and the days whose tips are shared out."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from dispatch.tables.orders import minor
from dispatch.tables.people import moment, one_of


class RainSpell(SQLModel, table=True):
    """A time of rain, marked by a named person at the desk; until it is said to have stopped it goes on."""

    __tablename__ = "rain_spell"
    __table_args__ = (CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ck_rain_spell_times"),)

    id: int | None = Field(default=None, primary_key=True)
    starts_at: datetime = Field(sa_column=moment(index=True))
    ends_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    by_person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    taken_back_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    taken_back_by: int | None = Field(default=None, foreign_key="person.id")


class Absence(SQLModel, table=True):
    """Planned work missed through illness, or leave taken: recorded by a named person, with a reason."""

    __tablename__ = "absence"
    __table_args__ = (
        one_of("kind", ("sick", "leave"), "ck_absence_kind"),
        CheckConstraint("minutes > 0", name="ck_absence_minutes"),
        CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_by IS NULL) AND (taken_back_at IS NULL) = (taken_back_why IS NULL)",
            name="ck_absence_taken_back",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: str
    on: date
    minutes: int
    shift_id: int | None = Field(
        default=None, foreign_key="shift.id", unique=True
    )  # the planned shift missed
    reason: str
    by_person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    taken_back_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    taken_back_by: int | None = Field(default=None, foreign_key="person.id")
    taken_back_why: str | None = None


class Expense(SQLModel, table=True):
    """What a rider spent for the co-op and asks back; a named person approves it, or says why not."""

    __tablename__ = "expense"
    __table_args__ = (
        one_of("state", ("claimed", "approved", "refused", "taken_back"), "ck_expense_state"),
        CheckConstraint("amount_minor > 0", name="ck_expense_amount"),
        CheckConstraint(
            "(state = 'claimed') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="ck_expense_decided",
        ),
        CheckConstraint("state <> 'refused' OR answer <> ''", name="ck_expense_answer"),
        CheckConstraint(
            "(state = 'taken_back') = (taken_back_at IS NOT NULL) AND (taken_back_at IS NULL) = "
            "(taken_back_by IS NULL) AND (state = 'taken_back') = (taken_back_why <> '')",
            name="ck_expense_taken_back",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    spent_on: date
    what: str
    amount_minor: int = Field(sa_column=minor())
    claimed_at: datetime = Field(sa_column=moment())
    state: str = "claimed"
    decided_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    answer: str = ""
    taken_back_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    taken_back_by: int | None = Field(default=None, foreign_key="person.id")
    taken_back_why: str = ""


class TipDay(SQLModel, table=True):
    """A day of the co-op with tips to share out: when to look at it next, nothing while its shares stand right."""

    __tablename__ = "tip_day"

    day: date = Field(primary_key=True)
    due_at: datetime | None = Field(default=None, sa_column=moment(null=True, index=True))
    shared_at: datetime | None = Field(default=None, sa_column=moment(null=True))
