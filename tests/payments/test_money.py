"""Exact sums: shares, percentages, wages, holiday."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import money
from payments.errors import BadAmount

WEIGHTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.integers(0, 10_000), min_size=1
).filter(lambda each: sum(each.values()) > 0)


@given(st.integers(0, 10_000_000), WEIGHTS, st.integers(0, 50))
def test_shares_sum_to_the_whole_and_are_within_a_penny_of_exact(
    total: int, weights: dict[str, int], turn: int
) -> None:
    """Whatever is shared, nothing is left or made, and no part is a whole penny away from its exact share."""
    parts = money.split(total, list(weights.items()), turn=turn)
    assert sum(parts.values()) == total
    for each, weight in weights.items():
        exact = Fraction(total * weight, sum(weights.values()))
        assert abs(parts[each] - exact) < 1
        assert weight or not parts[each]


@given(st.integers(0, 10_000), WEIGHTS, st.integers(0, 50), st.randoms())
def test_the_order_of_the_shares_changes_nothing(
    total: int, weights: dict[str, int], turn: int, random: object
) -> None:
    """The same weights in any order give the same parts."""
    mixed = list(weights.items())
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert money.split(total, mixed, turn=turn) == money.split(total, list(weights.items()), turn=turn)


@given(st.integers(0, 1_000), st.integers(1, 7), st.integers(1, 50))
def test_the_spare_penny_goes_round(total: int, people: int, weight: int) -> None:
    """Over as many splits as there are equal people, each gets the same."""
    weights = [(f"p{number}", weight) for number in range(people)]
    got = dict.fromkeys((each for each, _ in weights), 0)
    for turn in range(people):
        for each, part in money.split(total, weights, turn=turn).items():
            got[each] += part
    assert set(got.values()) == {total}


# Derived from the inputs of formancehq/numscript 1643d54 internal/interpreter/testdata (MIT), shared by largest
# remainder; the last column is what Numscript prints: it floors, and serves whoever is written first.
NUMSCRIPT = [
    (15, [80, 8, 12], [12, 1, 2], [13, 1, 1]),  # allocation.num
    (15, [80, 15, 5], [12, 2, 1], [13, 2, 0]),  # dynamic-allocation.num
    (100, [600, 355, 45], [60, 36, 4], [61, 35, 4]),  # source-allotment.num
    (30, [1, 2], [10, 20], [10, 20]),  # send-all-destinatio-allot.num
    (77, [1, 1], [39, 38], [39, 38]),  # mixed-source-dest-allotment.num
    (77, [10, 20, 70], [8, 15, 54], [8, 16, 53]),  # mixed-source-dest-allotment.num, sources
    (100, [1, 1, 1], [34, 33, 33], None),
]


@pytest.mark.parametrize(("total", "weights", "ours", "theirs"), NUMSCRIPT)
def test_largest_remainder_beside_numscript(
    total: int, weights: list[int], ours: list[int], theirs: list[int] | None
) -> None:
    """Our parts are never further from the exact shares than Numscript's on Numscript's own cases."""
    parts = list(money.split(total, [(f"{place}", weight) for place, weight in enumerate(weights)]).values())
    assert parts == ours

    def off(given: list[int]) -> Fraction:
        return sum(
            (
                abs(part - Fraction(total * weight, sum(weights)))
                for part, weight in zip(given, weights, strict=True)
            ),
            Fraction(0),
        )

    assert theirs is None or off(ours) <= off(theirs)


def test_a_pool_of_tips_by_minutes() -> None:
    """10.01 over 300, 300 and 120 minutes is 4.17, 4.17 and 1.67."""
    assert money.split(1001, [("a", 300), ("b", 300), ("c", 120)]) == {"a": 417, "b": 417, "c": 167}


def test_a_surplus_by_class_and_by_trade() -> None:
    """The worked example of a 12,000.00 surplus comes out to the penny, class by class."""
    assert money.split(382_500, [("riders", 50), ("shops", 30), ("zresidents", 20)]) == {
        "riders": 191_250,
        "shops": 114_750,
        "zresidents": 76_500,
    }
    for pool, trade, expected in (
        (191_250, [812, 640, 77], [101_567, 80_052, 9_631]),
        (114_750, [5_200_000, 3_100_001, 999_999], [64_161, 38_250, 12_339]),
        (76_500, [64_000, 12_500, 1], [63_999, 12_500, 1]),
    ):
        parts = money.split(pool, [(f"{place}", each) for place, each in enumerate(trade)])
        assert list(parts.values()) == expected


def test_patronage_as_printed() -> None:
    """2,600 spent of 3,710,000 sold earns 35.04 of a pool of 50,000.00 (wholefoodscoop.org, member benefits)."""
    parts = money.split(5_000_000, [("member", 2_600), ("others", 3_710_000 - 2_600)])
    assert parts["member"] == 3_504


@pytest.mark.parametrize(
    ("total", "weights"),
    [
        (-1, [("a", 1)]),
        (1.5, [("a", 1)]),
        (1, []),
        (1, [("a", 0)]),
        (1, [("a", -1), ("b", 2)]),
        (1, [("a", 1), ("a", 2)]),
        (1, [("a", 0.5)]),
    ],
)
def test_what_cannot_be_shared_is_refused(total: int, weights: list[tuple[str, int]]) -> None:
    """A float, a negative, nobody, or one person twice is refused."""
    with pytest.raises(BadAmount):
        money.split(total, weights)


@pytest.mark.parametrize(
    ("amount", "basis_points", "expected"),
    [
        (24_000, 1207, 2_897),
        (1_000, 1500, 150),
        (1, 5_000, 1),
        (1, 4_999, 0),
        (333, 10_000, 333),
        (999, 0, 0),
    ],
)
def test_a_percentage_rounds_half_up(amount: int, basis_points: int, expected: int) -> None:
    """Half a penny goes up; 12.07 % of 240.00 is 28.97, as printed for 20 hours at 12.00 (halborns.com)."""
    assert money.percent_of(amount, basis_points) == expected


# gov.uk (alphagov/smart-answers 6fb9aab957, minimum wage unit tests): 39 h at 12.71 and 10.85. The rest derived.
@pytest.mark.parametrize(
    ("minutes", "rate", "expected"),
    [
        (39 * 60, 1271, 49_569),
        (39 * 60, 1085, 42_315),
        (300, 1480, 7_400),
        (305, 1480, 7_524),
        (1, 1480, 25),
        (0, 1480, 0),
        (20 * 60, 1200, 24_000),
    ],
)
def test_wages_round_up(minutes: int, rate: int, expected: int) -> None:
    """Minutes at an hourly rate, up to the next whole penny."""
    assert money.wage(minutes, rate) == expected


@given(st.integers(0, 100_000), st.integers(1, 10_000))
def test_an_hour_is_never_paid_under_its_rate(minutes: int, rate: int) -> None:
    """Pay is at least the exact wage, and less than a penny above it."""
    exact = Fraction(minutes * rate, 60)
    assert exact <= money.wage(minutes, rate) < exact + 1


# gov.uk (alphagov/smart-answers 6fb9aab957, holiday entitlement unit tests); 3.6 hours is its outcome text's example.
@pytest.mark.parametrize(("hours", "expected"), [(30, 4), (12, 1), (60, 7), (0, 0)])
def test_leave_for_a_pay_period_as_gov_uk_rounds_it(hours: int, expected: int) -> None:
    """12.07 % of the hours of a period, half an hour or more rounded up, less down."""
    assert money.holiday_hours(money.holiday_units(hours * 60, 1207)) == expected


def test_three_point_six_hours_are_four() -> None:
    """3.6 hours of leave is four hours' entitlement, 3.49 is three."""
    assert money.holiday_hours(36 * 60 * 1000) == 4
    assert money.holiday_hours(349 * 60 * 100) == 3


@given(st.lists(st.integers(0, 1_440), max_size=60))
def test_leave_adds_up_exactly(shifts: list[int]) -> None:
    """Leave accrued shift by shift is 12.07 % of all the minutes, with nothing lost to rounding."""
    units = sum(money.holiday_units(minutes, 1207) for minutes in shifts)
    assert money.holiday_minutes(units) == Fraction(1207, 10_000) * sum(shifts)


@pytest.mark.parametrize("bad", [-1, 1.5, True, None])
def test_only_whole_amounts_count(bad: int) -> None:
    """Floats, booleans and negatives are refused wherever money is reckoned."""
    for reckon in (money.percent_of, money.wage, money.holiday_units):
        with pytest.raises(BadAmount):
            reckon(bad, 1)
        with pytest.raises(BadAmount):
            reckon(1, bad)
