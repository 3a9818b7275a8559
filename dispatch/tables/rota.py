"""The rota: its weekly pattern, places on it, who asked for them, swaps, availability, and what riders state."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from dispatch.facts import VEHICLES
from dispatch.states import ASKED, SWAP
from dispatch.tables.people import moment, one_of

_STANDS = "state IN ('waiting', 'offered', 'placed')"
_LIVE = "state IN ('open', 'taken')"


class RotaLine(SQLModel, table=True):
    """One line of the weekly pattern: on which day, from when until when (minutes past midnight), how many riders.

    An end of 1440 or more is after midnight. Without a place a shift starts from its rider's usual one.
    """

    __tablename__ = "rota_line"
    __table_args__ = (
        one_of("vehicle", VEHICLES, "ck_rota_line_vehicle"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="ck_rota_line_weekday"),
        CheckConstraint(
            "starts_min BETWEEN 0 AND 1439 AND ends_min > starts_min AND ends_min <= starts_min + 960",
            name="ck_rota_line_times",
        ),
        CheckConstraint("riders BETWEEN 1 AND 50", name="ck_rota_line_riders"),
        CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="ck_rota_line_place"),
    )

    id: int | None = Field(default=None, primary_key=True)
    weekday: int
    starts_min: int
    ends_min: int
    riders: int = 1
    vehicle: str | None = None
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    by_person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))


class Slot(SQLModel, table=True):
    """Work of one day that so many riders are wanted for. `monday` is the week it belongs to."""

    __tablename__ = "slot"
    __table_args__ = (
        one_of("vehicle", VEHICLES, "ck_slot_vehicle"),
        CheckConstraint("ends_at > starts_at", name="ck_slot_times"),
        CheckConstraint("riders BETWEEN 1 AND 50", name="ck_slot_riders"),
        CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="ck_slot_place"),
        UniqueConstraint("line_id", "monday", name="uq_slot_line_week"),
    )

    id: int | None = Field(default=None, primary_key=True)
    monday: date = Field(index=True)
    line_id: int | None = Field(default=None, foreign_key="rota_line.id")
    starts_at: datetime = Field(sa_column=moment(index=True))
    ends_at: datetime = Field(sa_column=moment())
    riders: int = 1
    vehicle: str | None = None
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    by_person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))


class RotaWeek(SQLModel, table=True):
    """A week's rota was published: by whom, when; riders were told once."""

    __tablename__ = "rota_week"

    monday: date = Field(primary_key=True)
    by_person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=moment())


class Asking(SQLModel, table=True):
    """A rider asks for a place on the rota: they wait for it, are offered it, have it, or no longer ask."""

    __tablename__ = "asking"
    __table_args__ = (
        one_of("state", tuple(ASKED), "ck_asking_state"),
        CheckConstraint("state <> 'offered' OR answer_by IS NOT NULL", name="ck_asking_answer_by"),
        Index(
            "uq_asking_stands",
            "slot_id",
            "person_id",
            unique=True,
            sqlite_where=text(_STANDS),
            postgresql_where=text(_STANDS),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    slot_id: int = Field(foreign_key="slot.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    state: str = "waiting"
    asked_at: datetime = Field(sa_column=moment())
    offered_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    answer_by: datetime | None = Field(default=None, sa_column=moment(null=True))
    settled_at: datetime | None = Field(default=None, sa_column=moment(null=True))


class Swap(SQLModel, table=True):
    """A rider offers a planned shift of theirs; another takes it, and the desk agrees where the rulebook says so."""

    __tablename__ = "swap"
    __table_args__ = (
        one_of("state", tuple(SWAP), "ck_swap_state"),
        CheckConstraint("state NOT IN ('taken', 'done') OR to_person_id IS NOT NULL", name="ck_swap_taken"),
        Index(
            "uq_swap_live",
            "shift_id",
            unique=True,
            sqlite_where=text(_LIVE),
            postgresql_where=text(_LIVE),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    shift_id: int = Field(foreign_key="shift.id", index=True)
    from_person_id: int = Field(foreign_key="person.id", index=True)
    to_person_id: int | None = Field(default=None, foreign_key="person.id")
    state: str = "open"
    at: datetime = Field(sa_column=moment())
    taken_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    settled_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    by_person_id: int | None = Field(default=None, foreign_key="person.id")
    reason: str = ""  # why the taker goes on in spite of a warning, or why the desk did not agree


class Availability(SQLModel, table=True):
    """When a rider says they can or cannot work: every week on a weekday, or on one day."""

    __tablename__ = "availability"
    __table_args__ = (
        CheckConstraint("(weekday IS NULL) <> (on_day IS NULL)", name="ck_availability_when"),
        CheckConstraint("weekday IS NULL OR weekday BETWEEN 0 AND 6", name="ck_availability_weekday"),
        CheckConstraint(
            "from_min BETWEEN 0 AND 1439 AND until_min > from_min AND until_min <= 2880",
            name="ck_availability_times",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    weekday: int | None = None
    on_day: date | None = None
    from_min: int = 0
    until_min: int = 1440
    can: bool = True
    at: datetime = Field(sa_column=moment())


class CalendarFeed(SQLModel, table=True):
    """A rider's calendar address: only the hash of its secret is kept; the newest that has not ended counts."""

    __tablename__ = "calendar_feed"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(unique=True)
    at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))


class WorkingStatement(SQLModel, table=True):
    """What was stated about a rider's working time: they opt out of the weekly limit, or are young until a day."""

    __tablename__ = "working_statement"
    __table_args__ = (
        one_of("kind", ("opt_out", "young"), "ck_working_statement_kind"),
        CheckConstraint("kind <> 'young' OR until_on IS NOT NULL", name="ck_working_statement_young"),
        Index(
            "uq_working_statement_stands",
            "person_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    kind: str
    until_on: date | None = None
    by_person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(null=True))
