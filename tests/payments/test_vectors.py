"""Published figures about pay, read from the shared file of vectors: each must come out of our own sums."""

import json
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from payments import money

DATA = os.environ.get("PANNIER_TEST_DATA")
FILE = Path(DATA) / "vectors.json" if DATA else None

pytestmark = pytest.mark.skipif(
    FILE is None or not FILE.exists(), reason="PANNIER_TEST_DATA has no vectors.json"
)


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    assert FILE is not None
    read: dict[str, Any] = json.loads(FILE.read_text())
    return read


def pence(pounds: str) -> int:
    return int(Decimal(pounds) * 100)


def test_holiday_in_whole_hours_a_period(vectors: dict[str, Any]) -> None:
    """12.07 % of the hours of a pay period, half an hour or more rounded up (gov.uk unit tests)."""
    cases = [case for case in vectors["holiday_published_govuk"]["cases"] if "hours_in_pay_period" in case]
    assert len(cases) >= 3
    for case in cases:
        units = money.holiday_units(case["hours_in_pay_period"] * 60, 1207)
        assert money.holiday_hours(units) == case["expect_hours"]


def test_rolled_up_holiday(vectors: dict[str, Any]) -> None:
    """20 hours at 12.00 pay 240.00, and 268.97 with rolled-up holiday (halborns.com)."""
    for case in vectors["rolled_up_holiday_published"]["cases"]:
        wages = money.wage(case["hours"] * 60, pence(case["rate"]))
        uplift = money.percent_of(wages, 1207)
        assert (wages, uplift) == (pence(case["pay"]), pence(case["uplift"]))
        assert wages + uplift == pence(case["pay_with_rolled_up"])


def test_minimum_wage(vectors: dict[str, Any]) -> None:
    """Hours at the published minimum come to the published pay, and pay below it is below (gov.uk unit tests)."""
    published = vectors["minimum_wage_published_govuk"]
    (rates,) = (rate for rate in published["rates"] if rate["from"] == "2026-04-01")
    for case in published["cases"]:
        least = money.wage(case["hours"] * 60, pence(rates["21+" if case["age"] >= 21 else "18-20"]))
        if "total_entitlement" in case:
            assert least == pence(case["total_entitlement"])
        else:
            assert (pence(case["basic_pay"]) >= least) is case["at_or_above"]


def test_fair_rate(vectors: dict[str, Any]) -> None:
    """The minimum wage over the average rate / 1.2, rounded up so that the minimum is met (gov.uk)."""
    for case in vectors["fair_rate_rule_published"]["derived"]:
        drops = Fraction(case["avg_per_hour"]) / Fraction(12, 10)
        assert drops == Fraction(case["divide"])
        assert -(-pence(case["min_wage"]) // drops) == pence(case["fair_rate"])


def test_tops_up_to_the_living_wage(vectors: dict[str, Any]) -> None:
    """The floor is rounded up, and what drops do not reach of it is topped up."""
    for case in vectors["living_wage_topup_derived"]["cases"]:
        floor = money.wage(case["minutes"], case["living_wage"])
        earned = case["drops"] * case["per_drop"]
        assert (floor, earned, max(0, floor - earned)) == (case["floor"], case["earned"], case["top_up"])


def test_tips(vectors: dict[str, Any]) -> None:
    """A pool of 10.01 over 300, 300 and 120 minutes, to the penny."""
    (case,) = (case for case in vectors["tips_derived"]["cases"] if "tips_pool" in case)
    weights = [(str(place), minutes) for place, minutes in enumerate(case["riders_minutes"])]
    assert list(money.split(case["tips_pool"], weights).values()) == case["expect"]
