"""The triggers that keep what was written down: the books for ever, papers once they are issued.

Every table that is kept says so where it is made; `append_only_ddl` is all of it, for whoever made the tables anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Connection, Table, UniqueConstraint, event

_WRONG = "the entry is complete, or there is none"


@dataclass(frozen=True, slots=True)
class Kept:
    """A table and what may still be done to its rows.

    `once` (append-only where it is empty): from which state of its own, or of its `parent` by `key`, on a row is kept;
    `columns` are then as they are (empty: all of them). `sealed`: how many rows there may be, by their `position`.
    """

    table: Table
    once: str = ""
    parent: str = ""
    key: str = ""
    columns: tuple[str, ...] = ()
    sealed: str = ""


_KEPT: list[Kept] = []


def append_only(table: Table, *, sealed: str = "") -> None:
    """Rows of this table are added, and nothing else."""
    _keep(Kept(table, sealed=sealed))


def issued_once(table: Table, columns: Sequence[str], *, draft: str = "draft") -> None:
    """Once its state is no draft any more a row stays, and these columns of it as they are."""
    _keep(Kept(table, once=draft, columns=tuple(columns)))


def issued_with(
    table: Table, parent: str, key: str, columns: Sequence[str] = (), *, draft: str = "draft"
) -> None:
    """Rows of a parent that is no draft any more stay, none is added, and these columns of them are as they are.

    No columns are all of them.
    """
    _keep(Kept(table, draft, parent, key, tuple(columns)))


def append_only_tables() -> set[str]:
    """The names of the tables whose rows are added, and nothing else, whatever their state."""
    return {kept.table.name for kept in _KEPT if not kept.once}


def append_only_ddl(dialect: str) -> list[str]:
    """The statements that keep the books and issued papers, for "sqlite" or "postgresql"; they may be run again.

    UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE are refused by triggers, and so is a posting to an entry that
    is complete or that there is not. ValueError for another dialect.
    """
    return [statement for kept in _KEPT for statement in _ddl(dialect, kept)]


def _keep(kept: Kept) -> None:
    def made(_table: Table, connection: Connection, **_: Any) -> None:
        for statement in _ddl(connection.dialect.name, kept):
            connection.exec_driver_sql(statement)

    _KEPT.append(kept)
    event.listen(kept.table, "after_create", made)


def _ddl(dialect: str, kept: Kept) -> list[str]:
    if dialect == "sqlite":
        return _sqlite_once(kept) if kept.once else _sqlite(kept)
    if dialect == "postgresql":
        return _postgresql_once(kept) if kept.once else _postgresql(kept)
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


def _there(table: Table, also: str = "") -> str:
    """Whether a new row would take the place of one, for SQLite.

    One look for each key: in one, a column that is mostly empty has SQLite read the whole table once it has
    statistics of it.
    """
    return " OR ".join(
        f"EXISTS (SELECT 1 FROM {table.name} AS held WHERE "
        + " AND ".join(f"held.{column} = NEW.{column}" for column in columns)
        + (f" AND {also}" if also else "")
        + ")"
        for columns in _unique_columns(table)
    )


def _sqlite(kept: Kept) -> list[str]:
    name = kept.table.name
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    statements = [
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_update BEFORE UPDATE ON {name} {refuse}",
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_delete BEFORE DELETE ON {name} {refuse}",
        # REPLACE deletes past the DELETE trigger unless recursive_triggers is on, so it never gets that far.
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_replace BEFORE INSERT ON {name} "
        f"WHEN {_there(kept.table)} {refuse}",
    ]
    if kept.sealed:
        statements.append(
            f"CREATE TRIGGER IF NOT EXISTS {name}_sealed BEFORE INSERT ON {name} "
            f"WHEN NEW.position >= coalesce({kept.sealed}, 0) "
            f"BEGIN SELECT RAISE(ABORT, '{_WRONG}'); END"
        )
    return statements


def _postgresql(kept: Kept) -> list[str]:
    name = kept.table.name
    statements = [
        _REFUSE,
        f"CREATE OR REPLACE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
        "FOR EACH ROW EXECUTE FUNCTION books_append_only()",
        _no_truncate(name),
    ]
    if kept.sealed:
        statements += [
            "CREATE OR REPLACE FUNCTION books_sealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.position >= coalesce({kept.sealed}, 0) THEN "
            f"RAISE EXCEPTION USING MESSAGE = '{_WRONG}', "
            "ERRCODE = 'restrict_violation'; "
            "END IF; RETURN NEW; END $$",
            f"CREATE OR REPLACE TRIGGER {name}_sealed BEFORE INSERT ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION books_sealed()",
        ]
    return statements


_REFUSE = (
    "CREATE OR REPLACE FUNCTION books_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; "
    "END $$"
)


def _no_truncate(name: str) -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION books_append_only()"
    )


# Kept once it is issued ------------------------------------------------------------------------------------


def _is_kept(kept: Kept, row: str) -> str:
    """Whether that row, OLD, NEW or one of the table's, is no draft any more."""
    if kept.parent:
        return f"(SELECT state FROM {kept.parent} WHERE id = {row}.{kept.key}) <> '{kept.once}'"
    return f"{row}.state <> '{kept.once}'"


def _other(kept: Kept, differs: str, whole: str = "") -> str:
    """Whether a kept column is to be another, or an issued paper a draft again."""
    names = kept.columns or tuple(column.name for column in kept.table.columns)
    cast = {column.name: whole for column in kept.table.columns if isinstance(column.type, JSON)}
    said = [f"OLD.{name}{cast.get(name, '')} {differs} NEW.{name}{cast.get(name, '')}" for name in names]
    return " OR ".join([*said, *([] if kept.parent else [f"NEW.state = '{kept.once}'"])])


def _touched(kept: Kept) -> str:
    """Whether an update is of a row that is kept, or would put one beside those that are."""
    told = _is_kept(kept, "OLD")
    return f"({told} OR {_is_kept(kept, 'NEW')})" if kept.parent else told


def _sqlite_once(kept: Kept) -> list[str]:
    name = kept.table.name
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only once it is issued'); END"
    there = _there(kept.table, _is_kept(kept, "held"))
    late = f"{_is_kept(kept, 'NEW')} OR " if kept.parent else ""
    changed = f"{_touched(kept)} AND ({_other(kept, 'IS NOT')})"
    return [
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_update BEFORE UPDATE ON {name} WHEN {changed} {refuse}",
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_delete BEFORE DELETE ON {name} "
        f"WHEN {_is_kept(kept, 'OLD')} {refuse}",
        f"CREATE TRIGGER IF NOT EXISTS {name}_no_replace BEFORE INSERT ON {name} WHEN {late}{there} {refuse}",
    ]


def _postgresql_once(kept: Kept) -> list[str]:
    name = kept.table.name
    refuse = (
        "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only once it is issued', "
        "ERRCODE = 'restrict_violation'; END IF;"
    )
    late = f"IF {_is_kept(kept, 'NEW')} THEN {refuse} " if kept.parent else ""
    changed = f"{_touched(kept)} AND ({_other(kept, 'IS DISTINCT FROM', '::text')})"
    return [
        _REFUSE,
        f"CREATE OR REPLACE FUNCTION {name}_issued() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'INSERT' THEN {late}RETURN NEW; END IF; "
        f"IF TG_OP = 'DELETE' THEN IF {_is_kept(kept, 'OLD')} THEN {refuse} RETURN OLD; END IF; "
        f"IF {changed} THEN {refuse} RETURN NEW; END $$",
        f"CREATE OR REPLACE TRIGGER {name}_issued BEFORE INSERT OR UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}_issued()",
        _no_truncate(name),
    ]
