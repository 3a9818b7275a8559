"""What people type, read: amounts, hours and days."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dispatch.errors import BadInput
from dispatch.web import forms

LONDON = ZoneInfo("Europe/London")
LATE = datetime(2026, 7, 3, 22, 50, tzinfo=UTC)  # ten to midnight in London


@pytest.mark.parametrize(
    ("text", "minor"),
    [("23.50", 2350), ("23,5", 2350), ("£7", 700), (" 0.05 ", 5), ("", 0), ("£ 12.00", 1200)],
)
def test_pounds_are_read_as_people_write_them(text: str, minor: int) -> None:
    """Every usual way to write an amount is the same pence."""
    assert forms.pounds(text, "Value") == minor


@pytest.mark.parametrize("text", ["-5", "1e3", "1.234", "five", "1,234.50", "£", "9999999"])
def test_an_amount_that_could_be_two_things_is_refused(text: str) -> None:
    """Nothing is guessed about money."""
    with pytest.raises(BadInput, match=r"Value: write an amount like 23\.50"):
        forms.pounds(text, "Value")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("23:55", datetime(2026, 7, 3, 22, 55, tzinfo=UTC)),
        ("00:10", datetime(2026, 7, 3, 23, 10, tzinfo=UTC)),  # after midnight: the next day
        ("2026-07-04T18:00", datetime(2026, 7, 4, 17, 0, tzinfo=UTC)),
        ("2026-07-04T18:00:00Z", datetime(2026, 7, 4, 18, 0, tzinfo=UTC)),
    ],
)
def test_an_hour_without_its_day_is_the_nearest_one(text: str, wanted: datetime) -> None:
    """Local wall time is understood across midnight and in summer time."""
    assert forms.instant(text, LONDON, now=LATE, what="At") == wanted


def test_until_is_always_still_to_come() -> None:
    """An hour already gone today means tomorrow's."""
    assert forms.next_time("22:00", LONDON, now=LATE, what="Until") == datetime(2026, 7, 4, 21, 0, tzinfo=UTC)


def test_hours_may_run_past_midnight() -> None:
    """A close before the open is after midnight; 24:00 is the end of the day."""
    assert forms.hours("17:00", "01:00", [4]) == [(4, 1020, 1500)]
    assert forms.hours("12:00", "24:00", []) == [(day, 720, 1440) for day in range(7)]
    with pytest.raises(BadInput, match="Closes: write a time like 17:00"):
        forms.hours("12:00", "late", [])
