"""Column types that mean the same on SQLite and PostgreSQL, and the names constraints are given."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Constraint, DateTime, Dialect, String, Table
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses a naive datetime on the way in, gives an aware UTC one on the way out.

    SQLite keeps no offset, so all is turned to UTC before it is written; text order is then time order.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn to UTC; ValueError on a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError(f"an instant needs its offset, {value.isoformat()} has none")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC, also where the database kept no offset."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Minor(TypeDecorator[int]):
    """An amount in minor units (pence): a 64-bit integer, refusing floats and booleans on the way in."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Pass whole numbers; ValueError on anything else."""
        if value is not None and type(value) is not int:
            raise ValueError(f"money is a whole number of minor units, not {value!r}")
        return value


class Account(TypeDecorator[str]):
    """An account's name, compared byte by byte on both databases so that a prefix is a range of the index."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL would otherwise compare by the server's language."""
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(collation=collation))


def _check_name(constraint: Constraint, table: Table) -> str:
    """`ck_<table>_<name>`; a name that already begins with ck_ is kept, a CHECK without a name is refused."""
    if not isinstance(constraint.name, str):
        raise ValueError(f"a CHECK of {table.name} has no name")
    return constraint.name if constraint.name.startswith("ck_") else f"ck_{table.name}_{constraint.name}"


# SQLAlchemy renames an already named constraint only where the pattern contains "constraint_name".
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "%(our_constraint_name)s",
    "our_constraint_name": _check_name,
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
