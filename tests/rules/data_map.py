"""Reading docs/data-map.md, and printing the lines it lacks: `python -m tests.rules.data_map`."""

import re
from pathlib import Path

from sqlmodel import SQLModel

import infra.migrations.models  # noqa: F401  (the metadata is whole once they are imported)

PAGE = Path(__file__).parents[2] / "docs" / "data-map.md"


def columns() -> set[str]:
    """Every column of every table, as `table.column`."""
    return {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
    }


def personal() -> dict[str, tuple[str, str, str]]:
    """The personal columns the page lists: whose, what for, and days kept."""
    found: dict[str, tuple[str, str, str]] = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and re.fullmatch(r"`\w+\.\w+`", cells[1]):
            found[cells[1].strip("`")] = (cells[2], cells[3], cells[4])
    return found


def not_personal() -> list[str]:
    """The columns the page says are not personal, as `table.column`."""
    found: list[str] = []
    for line in PAGE.read_text().splitlines():
        if said := re.fullmatch(r"- `(\w+)`: (.+)", line):
            found += [f"{said[1]}.{column.strip()}" for column in said[2].split(",")]
    return found


def missing() -> set[str]:
    """The columns the page says nothing of."""
    return columns() - set(personal()) - set(not_personal())


def lines() -> str:
    """The lines to add: each column either becomes a row of the first table or stays in the second list."""
    by_table: dict[str, list[str]] = {}
    for name in sorted(missing()):
        table, column = name.split(".")
        by_table.setdefault(table, []).append(column)
    return "\n".join(f"- `{table}`: {', '.join(names)}" for table, names in by_table.items())


if __name__ == "__main__":
    print(lines() or "Every column is listed.")
