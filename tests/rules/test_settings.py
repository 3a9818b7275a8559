"""docs/settings.md says what every setting is."""

from pathlib import Path

from infra.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def rows() -> dict[str, str]:
    """The page's table: setting to what is said about it."""
    cells = [line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| `PANNIER_")]
    return {cell[1].strip().strip("`"): cell[3].strip() for cell in cells}


def test_every_setting_is_documented() -> None:
    """Each setting has its row with the very words of its description, and no row is about a setting that is gone."""
    settings = {
        f"PANNIER_{name.upper()}": str(field.description) for name, field in Settings.model_fields.items()
    }
    assert rows() == settings
