"""What a database really has, read from its own catalogue: everything by which two databases could differ."""

import re
from typing import Any

from sqlalchemy import Connection

from infra.database import Database

Catalogue = dict[str, str]

POSTGRES = {
    "column": """
        SELECT c.relname || '.' || a.attname,
               format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
               || COALESCE(' collate ' || co.collname, '')
               || COALESCE(' identity ' || NULLIF(a.attidentity::text, ''), '')
               || COALESCE(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE a.attnum > 0 AND NOT a.attisdropped""",
    "constraint": """
        SELECT c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'""",
    "index": "SELECT tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": """
        SELECT c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        WHERE NOT t.tgisinternal""",
    "function": """
        SELECT p.proname, pg_get_functiondef(p.oid)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'public'""",
}


def catalogue(database: Database) -> Catalogue:
    """Every table, column, constraint, index, trigger and function of a database, and what each says."""
    with database.engine.connect() as connection:
        return seen(connection)


def seen(connection: Connection) -> Catalogue:
    """The same, as one connection sees it within its transaction."""
    found = dict(_postgres(connection) if connection.dialect.name == "postgresql" else _sqlite(connection))
    return {name: said for name, said in found.items() if "alembic_version" not in name}


def differences(one: Catalogue, other: Catalogue) -> list[str]:
    """What stands in one and not, or otherwise, in the other."""
    return [
        f"{name}: {one.get(name, 'absent')} | {other.get(name, 'absent')}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def _postgres(connection: Connection) -> Any:
    for kind, query in POSTGRES.items():
        for name, said in connection.exec_driver_sql(query):
            yield f"{kind} {name}", _plain(said)


def _sqlite(connection: Connection) -> Any:
    master = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    for kind, name, table, sql in master:
        if kind != "table":
            yield f"{kind} {table}.{name}", _plain(sql or "automatic")
            continue
        for column in connection.exec_driver_sql(f"PRAGMA table_xinfo('{name}')"):
            _, title, type_, required, default, key, hidden = column
            yield f"column {name}.{title}", f"{type_} {required} {default} {key} {hidden}"
        for part in _constraints(sql):
            yield f"constraint {name}: {part}", "stands"
        yield f"table {name}", " ".join(re.findall(r"WITHOUT ROWID|STRICT|AUTOINCREMENT", sql))


def _constraints(sql: str) -> list[str]:
    """The comma-separated parts of a CREATE TABLE that are not columns: by text, in any order."""
    inside = sql[sql.index("(") + 1 : sql.rindex(")")]
    parts, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(inside):
        if letter == "'":
            quoted = not quoted
        elif not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
        elif not quoted and depth == 0 and letter == ",":
            parts.append(inside[start:at])
            start = at + 1
    parts.append(inside[start:])
    # A column that carries a constraint of its own (added by ALTER TABLE) counts as one too.
    own = r"\b(CONSTRAINT|CHECK|REFERENCES|UNIQUE|FOREIGN|PRIMARY)\b"
    return [_plain(part) for part in parts if re.search(own, part)]


def _plain(text: str) -> str:
    return " ".join(text.split())
