"""The rows the books are kept in, which can only ever be added to."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Table, UniqueConstraint
from sqlmodel import Field, SQLModel

from payments.columns import Account, Minor, UtcDateTime
from payments.kept import append_only, append_only_ddl

__all__ = [
    "ENTRIES",
    "POSTINGS",
    "SUMS",
    "VERSIONS",
    "AccountBalance",
    "BookCheck",
    "EntryRow",
    "PostingRow",
    "RulebookVersion",
    "append_only_ddl",
]


class RulebookVersion(SQLModel, table=True):
    """A rulebook as the members adopted it: `version` is what every entry names."""

    __tablename__ = "rulebook_version"
    __table_args__ = (
        UniqueConstraint("version", name="uq_rulebook_version_version"),
        UniqueConstraint("digest", "effective_on", "resolution", name="uq_rulebook_version_adoption"),
        CheckConstraint("resolution <> ''", name="ck_rulebook_version_resolution"),
    )

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: str
    digest: str
    text: str
    effective_on: date
    resolution: str
    adopted_at: datetime = Field(sa_type=UtcDateTime)


class EntryRow(SQLModel, table=True):
    """An entry: `body` is its digest, `hash` chains it to the entry before, `size` counts its postings."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("key", name="uq_entry_key"),
        UniqueConstraint("reverses", name="uq_entry_reverses"),
        UniqueConstraint("prev_hash", name="uq_entry_prev_hash"),
        UniqueConstraint("hash", name="uq_entry_hash"),
        CheckConstraint("key <> ''", name="ck_entry_key"),
        CheckConstraint("size > 0", name="ck_entry_size"),
        CheckConstraint("reverses <> key", name="ck_entry_reverses_another"),
        Index("ix_entry_subject", "subject"),
        Index("ix_entry_at", "at"),
    )

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str
    at: datetime = Field(sa_type=UtcDateTime)
    why: str
    unit: str
    rulebook: str = Field(foreign_key="rulebook_version.version")
    subject: str
    reverses: str | None = Field(default=None, foreign_key="entry.key")
    size: int
    body: str
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    prev_hash: str
    hash: str


class PostingRow(SQLModel, table=True):
    """One posting of an entry, in the unit of the entry."""

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("amount > 0", name="ck_posting_amount"),
        CheckConstraint("source <> destination", name="ck_posting_moves"),
        CheckConstraint("position >= 0", name="ck_posting_position"),
        Index("ix_posting_source", "source", "entry_id"),
        Index("ix_posting_destination", "destination", "entry_id"),
        # A row number of SQLite's own would be one more key to REPLACE a posting by, unseen by the triggers.
        {"sqlite_with_rowid": False},
    )

    entry_id: int = Field(foreign_key="entry.id", primary_key=True, sa_column_kwargs={"autoincrement": False})
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str = Field(sa_type=Account)
    destination: str = Field(sa_type=Account)
    amount: int = Field(sa_type=Minor)


class AccountBalance(SQLModel, table=True):
    """What came to one account in one unit and what went out of it: summed as entries are posted.

    It says nothing the postings do not say: the audit compares the two, and `books.sums.rebuild` makes it anew.
    """

    __tablename__ = "account_balance"
    # On SQLite the key is the table: one tree to look in, and accounts stand side by side in it by name.
    __table_args__ = ({"sqlite_with_rowid": False},)

    account: str = Field(sa_type=Account, primary_key=True)
    unit: str = Field(primary_key=True)
    received: int = Field(sa_type=Minor)
    given: int = Field(sa_type=Minor)


class BookCheck(SQLModel, table=True):
    """One reading of the books: from where to which entry, its hash, and what was found ([rule, entry, words])."""

    __tablename__ = "book_check"
    __table_args__ = (
        CheckConstraint("kind IN ('full', 'new')", name="ck_book_check_kind"),
        CheckConstraint("found >= 0", name="ck_book_check_found"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    after_id: int
    head_id: int
    head_hash: str
    found: int
    findings: str


VERSIONS: Table = SQLModel.metadata.tables["rulebook_version"]
ENTRIES: Table = SQLModel.metadata.tables["entry"]
POSTINGS: Table = SQLModel.metadata.tables["posting"]
SUMS: Table = SQLModel.metadata.tables["account_balance"]

append_only(VERSIONS)
append_only(ENTRIES)
append_only(POSTINGS, sealed="(SELECT size FROM entry WHERE id = NEW.entry_id)")
