"""docs/data-map.md knows every column: whose it is and how long it is kept, or that it is nobody's."""

import re

from tests.rules.data_map import columns, lines, missing, not_personal, personal


def test_every_column_is_listed() -> None:
    """No column is left out, so that a new one with people's data cannot slip in."""
    assert missing() == set(), f"decide about each, in docs/data-map.md:\n{lines()}"


def test_nothing_is_listed_that_is_gone_or_twice() -> None:
    """The page lists only columns that exist, and each of them once."""
    said = [*personal(), *not_personal()]
    assert set(said) - columns() == set()
    assert sorted(said) == sorted(set(said))


def test_every_personal_column_says_whose_what_for_and_how_long() -> None:
    """Each personal column names its owner, its purpose, and a number of days or what ends its keeping."""
    for name, (whose, purpose, kept) in personal().items():
        assert whose, name
        assert purpose, name
        assert re.search(r"\d+ days?|while|as long as|until", kept), name
