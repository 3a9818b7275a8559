"""The rows the books are kept in, and the triggers that let them only ever be added to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Index, Table, UniqueConstraint, event
from sqlmodel import Field, SQLModel

from payments.columns import Account, Minor, UtcDateTime


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
APPEND_ONLY = (VERSIONS, ENTRIES, POSTINGS)


def append_only_ddl(dialect: str) -> list[str]:
    """The statements that make the books append-only, for "sqlite" or "postgresql"; they may be run again.

    UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE are refused by triggers, and so is a posting to an entry that
    is complete or that there is not. ValueError for another dialect.
    """
    return [statement for table in APPEND_ONLY for statement in _ddl(dialect, table)]


def _ddl(dialect: str, table: Table) -> list[str]:
    if dialect == "sqlite":
        return _sqlite(table)
    if dialect == "postgresql":
        return _postgresql(table)
    raise ValueError(f"the books are not kept in {dialect}")


def _unique_columns(table: Table) -> list[tuple[str, ...]]:
    """Every set of columns that is unique, sorted so that the statements are always the same."""
    sets = [tuple(column.name for column in table.primary_key)]
    sets += [
        tuple(column.name for column in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    return sorted(sets)


def _sqlite(table: Table) -> list[str]:
    name = table.name
    # One look for each key: in one, a column that is mostly empty has SQLite read the whole table once it has
    # statistics of it.
    same = " OR ".join(
        f"EXISTS (SELECT 1 FROM {name} WHERE "
        + " AND ".join(f"{column} = NEW.{column}" for column in columns)
        + ")"
        for columns in _unique_columns(table)
    )
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    statements = [
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_update BEFORE UPDATE ON {name} {refuse}",
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_delete BEFORE DELETE ON {name} {refuse}",
        # REPLACE deletes past the DELETE trigger unless recursive_triggers is on, so it never gets that far.
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_replace BEFORE INSERT ON {name} WHEN {same} {refuse}",
    ]
    if table is POSTINGS:
        statements.append(
            f"CREATE TRIGGER IF NOT EXISTS {name}_sealed BEFORE INSERT ON {name} "
            f"WHEN NEW.position >= coalesce((SELECT size FROM entry WHERE id = NEW.entry_id), 0) "
            f"BEGIN SELECT RAISE(ABORT, 'the entry is complete, or there is none'); END"
        )
    return statements


def _postgresql(table: Table) -> list[str]:
    name = table.name
    statements = [
        "CREATE OR REPLACE FUNCTION books_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; "
        "END $$",
        f"CREATE OR REPLACE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
        "FOR EACH ROW EXECUTE FUNCTION books_append_only()",
        f"CREATE OR REPLACE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION books_append_only()",
    ]
    if table is POSTINGS:
        statements += [
            "CREATE OR REPLACE FUNCTION books_sealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NEW.position >= coalesce((SELECT size FROM entry WHERE id = NEW.entry_id), 0) THEN "
            "RAISE EXCEPTION USING MESSAGE = 'the entry is complete, or there is none', "
            "ERRCODE = 'restrict_violation'; "
            "END IF; RETURN NEW; END $$",
            f"CREATE OR REPLACE TRIGGER {name}_sealed BEFORE INSERT ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION books_sealed()",
        ]
    return statements


def _made(table: Table, connection: Connection, **_: Any) -> None:
    for statement in _ddl(connection.dialect.name, table):
        connection.exec_driver_sql(statement)


for _table in APPEND_ONLY:
    event.listen(_table, "after_create", _made)
