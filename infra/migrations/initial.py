"""Write the first migration anew from the models: `python -m infra.migrations.initial`.

Only until something is released; after that every change is a migration of its own. The statements are
written out for each database as its dialect says them, so that the migration stays what it was on the day it
was written whatever the models become.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import (
    AddConstraint,
    CreateIndex,
    CreateTable,
    ExecutableDDLElement,
    sort_tables_and_constraints,
)
from sqlmodel import SQLModel

import infra.migrations.models  # noqa: F401  (the metadata is whole once they are imported)

_DIALECTS: dict[str, Callable[..., Dialect]] = {
    "sqlite": sqlite.dialect,
    "postgresql": postgresql.dialect,
}
WHERE = Path(__file__).parent / "versions" / "0001_initial.py"
HEAD = '''"""The tables a first install starts with. Written by `python -m infra.migrations.initial`."""

from alembic import op

revision = "0001"
down_revision = None

'''
TAIL = '''

def upgrade() -> None:
    """Create every table; the books' triggers follow at the end of every migration."""
    for statement in STATEMENTS[op.get_context().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
'''


def statements(dialect: str) -> Iterator[str]:
    """Every CREATE of the models, as SQL of that dialect, each table before those that point at it."""
    # With named parameters a per cent sign is written once, as it is run.
    spoken = _DIALECTS[dialect](paramstyle="named")
    for element in _elements(keys_at_once=dialect == "sqlite"):
        said = str(element.compile(dialect=spoken)).strip()
        yield "\n".join(line.rstrip() for line in said.splitlines())


def _elements(*, keys_at_once: bool) -> Iterator[ExecutableDDLElement]:
    # Tables that point at each other get their keys afterwards, except on SQLite, where keys come with the
    # table and may point at one that is still to come.
    # By name first, so that what is written does not hang on what was imported first.
    named = sorted(SQLModel.metadata.tables.values(), key=lambda table: table.name)
    for table, keys in sort_tables_and_constraints(named):  # type: ignore[no-untyped-call]
        if table is None:
            if not keys_at_once:
                yield from (AddConstraint(key) for key in keys)
            continue
        yield CreateTable(table, include_foreign_key_constraints=None if keys_at_once else keys)
        yield from (CreateIndex(index) for index in sorted(table.indexes, key=lambda index: str(index.name)))


def text() -> str:
    """The whole migration."""
    parts = [HEAD, "STATEMENTS = {\n"]
    for dialect in ("sqlite", "postgresql"):
        parts.append(f'    "{dialect}": [\n')
        parts += [f'        r"""{statement}""",\n' for statement in statements(dialect)]
        parts.append("    ],\n")
    parts += ["}\n", TAIL]
    return "".join(parts)


if __name__ == "__main__":
    WHERE.write_text(text())
