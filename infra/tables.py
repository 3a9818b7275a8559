"""The rows of the install itself: what it is, its sandbox clock, and how its jobs fare."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from payments.columns import UtcDateTime


class Install(SQLModel, table=True):
    """One row, written at creation: demo or live, for ever."""

    __tablename__ = "install"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("kind IN ('demo', 'live')", name="kind_known"),
    )

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class SandboxInstant(SQLModel, table=True):
    """One row: the instant the sandbox clock stands at, so that a restart resumes there."""

    __tablename__ = "sandbox_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)


class JobTrouble(SQLModel, table=True):
    """A job that raised or got nowhere, and when it is tried again; gone once it does well."""

    __tablename__ = "job_trouble"
    __table_args__ = (CheckConstraint("tries >= 1", name="tries_positive"),)

    job: str = Field(primary_key=True)
    tries: int
    fault: str
    since_at: datetime = Field(sa_type=UtcDateTime)
    retry_at: datetime = Field(sa_type=UtcDateTime)


class Sweep(SQLModel, table=True):
    """When each worker process last looked for due rows (written now and then, for the health page)."""

    __tablename__ = "sweep"

    executor: str = Field(primary_key=True)
    swept_at: datetime = Field(sa_type=UtcDateTime)
