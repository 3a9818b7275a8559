"""The rulebook: read whole, refused in plain words."""

import tomllib
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch import facts
from payments import terms
from payments.errors import NoRate, RulebookFault, UnknownZone
from payments.rulebook import check, parse
from payments.rulebook.words import VEHICLES
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK, MAY

LEAST = """
[co_op]
name = "Least"
[[zones]]
name = "Town"
everywhere = true
delivery_fee_minor = 300
[revenue]
commission_bp = 1000
[pay]
basis = "hourly"
rates = [{ from = 2026-05-01, per_hour_minor = 1480 }]
"""


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(RulebookFault) as refused:
        parse(text)
    assert str(refused.value) == "\n".join(refused.value.faults)
    return refused.value.faults


def test_the_example_is_a_rulebook() -> None:
    """The example file reads without a fault, and says what its comments say."""
    rulebook = parse(FINSBURY_PARK)
    assert rulebook.co_op.timezone == "Europe/London"
    assert rulebook.revenue.commission_bp == 1500
    assert (rulebook.pay.basis, rulebook.pay.holiday_bp, rulebook.pay.tips) == ("hourly", 1207, "own")
    assert rulebook.pay.rate_on(date(2026, 5, 1)) == rulebook.pay.floor_on(date(2030, 1, 1)) == 1480
    assert (rulebook.dispatch.speed_kmh, rulebook.dispatch.detour, rulebook.dispatch.max_batch) == (
        14,
        1.35,
        3,
    )
    assert rulebook.dispatch.promise_min == 45
    assert terms.fee(rulebook, "Finsbury Park", 1000, MAY) == 410
    assert terms.card_cost(rulebook, 2_550) == 58


def test_the_example_covers_its_streets() -> None:
    """Finsbury Park, Stroud Green, Crouch Hill, Holloway and Highbury lie within; Camden and Tottenham do not."""
    zone = parse(FINSBURY_PARK).zones[0]
    for lat, lon in (
        (51.5643, -0.1063),
        (51.5720, -0.1120),
        (51.5712, -0.1170),
        (51.5560, -0.1170),
        (51.5520, -0.0975),
    ):
        assert zone.covers(lat, lon)
    for lat, lon in ((51.5390, -0.1426), (51.5880, -0.0700), (51.5643, -0.0500), (51.6, -0.11)):
        assert not zone.covers(lat, lon)


def test_the_least_that_is_a_rulebook() -> None:
    """A name, a zone, a commission and a rate are enough: all else has a default."""
    rulebook = parse(LEAST)
    assert rulebook.dispatch.offer_lead_s == 120
    assert rulebook.shifts.ask_after_end_min == 15
    assert rulebook.retention.contacts_days == 30
    assert rulebook.dispatch.freshness_min is None
    assert rulebook.hours is None
    assert rulebook.is_open(datetime(2026, 1, 1, tzinfo=UTC))
    assert parse(LEAST) is rulebook


SLIPS = tomllib.loads(Path(__file__).with_name("rulebook_slips.toml").read_text())["slip"]


@pytest.mark.parametrize("slip", SLIPS, ids=[each["told"].partition(":")[0] for each in SLIPS])
def test_a_fault_is_told_in_plain_words(slip: dict[str, str]) -> None:
    """One slip in the file is one sentence: where it is, what must stand there, what was written."""
    assert slip["was"] in LEAST
    assert faults(LEAST.replace(slip["was"], slip["becomes"], 1)) == (slip["told"],)


def test_every_kind_of_vehicle_must_have_its_load() -> None:
    """The rulebook's kinds of vehicle are those riders may come on, and a missing one is told for each."""
    assert VEHICLES == facts.VEHICLES
    assert faults(LEAST.replace("[pay]", "[dispatch]\ncapacity = {}\n[pay]", 1)) == tuple(
        f"dispatch.capacity.{kind}: is missing: write how many orders such a vehicle carries"
        for kind in VEHICLES
    )
    assert set(parse(LEAST).dispatch.capacity) == set(VEHICLES)


def test_a_misspelt_rule_is_recognised() -> None:
    """A rule we do not know is told, with the one that was probably meant."""
    assert faults(LEAST.replace("commission_bp", "comission_bp")) == (
        "revenue.commission_bp: is missing, and has no default",
        "revenue.comission_bp: is not a rule we know; did you mean commission_bp?",
    )


def test_every_fault_is_told_at_once() -> None:
    """Faults in lines, between lines and between sections all come in one answer."""
    told = faults(
        """
        hours = 3
        [co_op]
        name = "Many"
        [[zones]]
        name = "A"
        everywhere = true
        delivery_fee_minor = "free"
        [[zones]]
        name = "A"
        everywhere = true
        delivery_fee_minor = 1
        [revenue]
        commission_bp = -1
        [pay]
        basis = "per_drop"
        tips = "shared"
        [sharez]
        par_minor = 100
        """
    )
    for start in (
        'zones[1] ("A").delivery_fee_minor: ',
        'zones[2] ("A").name: another zone',
        "hours: must be a section",
        "revenue.commission_bp: must be between 0 and 10000 (100 %); you wrote -1",
        "pay.tips: ",
        "pay.per_drop_minor: ",
        "pay.floor: ",
        "sharez: is not a rule we know; did you mean shares?",
    ):
        assert any(each.startswith(start) for each in told), start
    assert len(told) == 8


def test_a_file_that_is_not_toml_says_where() -> None:
    """A slip in the TOML itself names its line."""
    (told,) = faults(LEAST.replace("[revenue]", "[revenue"))
    assert told.startswith("the file cannot be read as TOML: ")
    assert "line 8" in told


@pytest.mark.parametrize("section", ["co_op", "zones", "revenue", "pay"])
def test_a_missing_section_is_named(section: str) -> None:
    """A section with no default must be there."""
    raw = "\n".join(
        block for block in LEAST.replace("\n[", "\n\0[").split("\0") if section not in block.split("\n")[0]
    )
    assert f"{section}: is missing, and has no default" in faults(raw)


def _every_value(node: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict):
        return [each for key, value in node.items() for each in _every_value(value, (*place, key))]
    if isinstance(node, list):
        return [each for key, value in enumerate(node) for each in _every_value(value, (*place, key))]
    return [place]


WILD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(), st.text(), st.dates(), st.times(),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(), st.integers(), max_size=2),
)  # fmt: skip


@given(st.sampled_from(_every_value(tomllib.loads(FINSBURY_PARK))), WILD)
def test_any_value_anywhere_is_taken_or_told(place: tuple[Any, ...], value: object) -> None:
    """Whatever stands in a line, the answer is a rulebook or a list of sentences, never another error."""
    raw = tomllib.loads(FINSBURY_PARK)
    node: Any = raw
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    told: tuple[str, ...] = ()
    try:
        check(raw)
    except RulebookFault as refused:
        told = refused.faults
    assert all(": " in each for each in told)


def test_rates_hold_from_their_day() -> None:
    """A rate holds until the day before the next; before the first there is none."""
    text = LEAST.replace("1480 }]", "1480 }, { from = 2027-05-01, per_hour_minor = 1550 }]")
    pay = parse(text).pay
    assert [pay.rate_on(date(2026, 5, 1)), pay.rate_on(date(2027, 4, 30)), pay.rate_on(date(2027, 5, 1))] == [
        1480, 1480, 1550,
    ]  # fmt: skip
    with pytest.raises(NoRate):
        pay.rate_on(date(2026, 4, 30))
    assert pay.floor_on(date(2000, 1, 1)) == 0
    assert parse(BY_THE_DROP).pay.floor_on(date(2026, 6, 1)) == 1480


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
@pytest.mark.parametrize("start", ['kind = "week"\nstarts_on = "thursday"', 'kind = "month"\nstarts_on = 28'])
def test_pay_periods_follow_one_another(start: str, day: date) -> None:
    """Every day is in one pay period, which begins where the one before ends."""
    period = parse(f"{LEAST}\n[pay_period]\n{start}").pay_period
    since, until = period.around(day)
    assert since <= day < until
    assert period.around(until)[0] == until
    assert period.around(since) == (since, until)


def test_a_pay_period_begins_at_midnight_in_the_co_ops_own_time() -> None:
    """The week the clocks go back in London is an hour longer in UTC."""
    rulebook = parse(LEAST)
    since, until = rulebook.period_at(datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert since == datetime(2026, 10, 18, 23, tzinfo=UTC)
    assert until == datetime(2026, 10, 26, 0, tzinfo=UTC)
    edges = [rulebook.period_at(until)[0], until]
    assert edges[0] == edges[1]


def test_opening_hours_may_pass_midnight() -> None:
    """Open from 17:00 to 01:00 on Friday means open at half past midnight on Saturday, local time."""
    rulebook = parse(f'{LEAST}\n[hours]\nfriday = {{ open = 17:00:00, close = "01:00" }}')
    local = [
        (datetime(2026, 7, 3, 15, 59, tzinfo=UTC), False),  # 16:59 in London in July
        (datetime(2026, 7, 3, 16, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 3, 23, 59, tzinfo=UTC), True),  # 00:59 on Saturday
        (datetime(2026, 7, 4, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 4, 18, 0, tzinfo=UTC), False),
    ]
    assert [rulebook.is_open(at) for at, _ in local] == [expected for _, expected in local]


def test_the_fee_grows_with_the_way() -> None:
    """3.50 and 60p a kilometre, to the nearest penny; never less for a longer way; an unknown zone is refused."""
    rulebook = parse(FINSBURY_PARK)
    fees = [terms.fee(rulebook, "Finsbury Park", metres, MAY) for metres in (0, 8, 9, 1500, 3400)]
    assert fees == [350, 350, 351, 440, 554]
    assert all(near <= far for near, far in pairwise(fees))
    with pytest.raises(UnknownZone):
        terms.fee(rulebook, "Camden", 100, MAY)


def test_the_first_zone_that_covers_a_place_is_its_zone() -> None:
    """Zones are tried in the order they are written."""
    inner = '[[zones]]\nname = "Inner"\npolygon = [[0, 0], [0, 2], [2, 2], [2, 0]]\ndelivery_fee_minor = 1\n'
    rulebook = parse(LEAST.replace("[[zones]]", f"{inner}[[zones]]", 1))
    assert [zone.name for point in ((1, 1), (3, 1)) if (zone := rulebook.zone_at(*point))] == [
        "Inner",
        "Town",
    ]
    assert parse(FINSBURY_PARK).zone_at(0, 0) is None
