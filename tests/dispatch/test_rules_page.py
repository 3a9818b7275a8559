"""docs/settings.md says what every dispatch rule of a rulebook is."""

import re
from pathlib import Path

from payments.rulebook import Dispatch

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_dispatch_rule_is_documented() -> None:
    """Each rule has one row with its default and a sentence, in the order of the file, and no row is of a rule gone."""
    section = PAGE.read_text().split("## The rulebook's `[dispatch]`")[1]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+\.) \|$", section, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(Dispatch.model_fields)
    for name, default, _ in rows:
        value = Dispatch.model_fields[name].default
        said = (
            {None: "none", True: "true", False: "false"}.get(value) if not isinstance(value, dict) else None
        )
        if isinstance(value, str):
            said = f'`"{value}"`'
        elif isinstance(value, dict):
            said = ", ".join(f"{kind} {load}" for kind, load in value.items())
        elif type(value) in (int, float):
            said = f"{value:g}"
        assert default == said, name
