"""Marks that tests share."""

import pytest

# Quick tests run on SQLite alone, and `make deep` on PostgreSQL too: for what is slow and knows little of the database.
SQLITE_FIRST = pytest.mark.parametrize(
    "made_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)], indirect=True
)
