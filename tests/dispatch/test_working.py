"""Working time: what is warned of, what is not, and what the members' figures change."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.rota.working import Span, average_h, cautions, hours_in, night_h
from payments.rulebook import Rulebook, parse
from tests import factories

RULES = parse(factories.RULEBOOK)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


def span(day: int, starts: float, hours: float) -> Span:
    """Work on a day of that week (0 is its Monday), from an hour, for some hours."""
    at = MONDAY + timedelta(days=day) + starts * HOUR
    return Span(at, at + hours * HOUR)


def kinds(
    others: list[Span], new: Span, *, rules: Rulebook = RULES, light: bool = False, **more: bool
) -> set[str]:
    """What a shift is warned of; the mere notes only where `light`."""
    return {c.kind for c in cautions(rules, others, new, **more) if light or not c.light}


def with_rest(**rules: object) -> Rulebook:
    """The rulebook with other rules of rest."""
    return RULES.model_copy(update={"rest": RULES.rest.model_copy(update=rules)})


def test_an_ordinary_week_is_warned_of_nothing() -> None:
    """Five evenings of five hours want no look."""
    assert not kinds([span(d, 17, 5) for d in range(4)], span(4, 17, 5), light=True)


def test_forty_eight_hours_are_fine_and_a_minute_more_is_not() -> None:
    """The weekly limit is reached at 48 h and passed by a minute; who opted out gets a note that needs no reason."""
    others = [span(d, 9, 10) for d in range(4)]
    assert "week" not in kinds(others, span(4, 9, 8))
    over = span(4, 9, 8 + 1 / 60)
    assert "week" in kinds(others, over)
    assert kinds(others, over, opted_out=True) == set()
    assert "week" in kinds(others, over, opted_out=True, light=True)


def test_a_long_week_may_hide_behind_no_short_one_and_the_average_counts_its_weeks() -> None:
    """The average is over the weeks since a rider began, at most seventeen."""
    others = [span(d - 7 * w, 8, 9.5) for w in range(1, 5) for d in range(6)]
    average, weeks = average_h(RULES, [*others, span(0, 8, 8)], span(0, 8, 8).starts_at)
    assert weeks == 5
    assert abs(average - (4 * 57 + 8) / 5) < 1e-9
    long_ago = [*others, span(-7 * 40, 8, 9)]
    assert average_h(RULES, long_ago, MONDAY)[1] == 17
    assert "average" in kinds([*others, *[span(d, 8, 9.5) for d in range(4)]], span(4, 8, 8))


def test_eleven_hours_lie_between_days_but_not_between_two_turns_of_one() -> None:
    """Late to early is warned of; lunch and dinner of one day are not, unless they leave no rest around them."""
    assert kinds([span(0, 17, 6)], span(1, 8, 4)) == {"between"}
    assert not kinds([span(0, 17, 6)], span(1, 10, 4))
    assert not kinds([span(0, 12, 3)], span(0, 18, 4))
    assert kinds([span(0, 8, 3)], span(0, 18, 5)) == {"between"}


def test_a_day_off_a_week_or_two_in_a_fortnight() -> None:
    """Seven days in a row are warned of, unless the week beside it has two days off."""
    week = [span(d, 17, 5) for d in range(6)]
    busy = [span(d + 7 * w, 17, 5) for w in (-1, 1) for d in range(7)]
    assert kinds([*busy, *week], span(6, 17, 5)) == {"day_off"}
    rested = [span(d - 7, 17, 5) for d in range(7) if d not in (2, 5)] + busy[7:]
    assert not kinds([*rested, *week], span(6, 17, 5))


def test_night_and_long_shifts_are_notes() -> None:
    """Three hours of night are noted, across midnight too; a long shift only where the rules place no break."""
    late = span(4, 20, 6)
    assert night_h(RULES, late) == 3
    assert kinds([], late) == set()
    assert kinds([], late, light=True) == {"night"}
    assert "break" not in kinds([], span(0, 12, 8), light=True)
    assert "break" in kinds([], span(0, 12, 8), rules=with_rest(break_min=0), light=True)


def test_young_workers_are_looked_after() -> None:
    """Under 18: no night, eight hours a day, forty a week, two days off."""
    assert "night" in kinds([], span(0, 19, 4), young=True)
    assert "night" in kinds([], span(0, 21, 3), young=True)
    assert "day" in kinds([], span(0, 9, 9), young=True)
    assert "week" in kinds([span(d, 9, 8) for d in range(5)], span(5, 9, 2), young=True)
    assert "day_off" in kinds([span(d, 9, 4) for d in range(6)], span(6, 9, 4), young=True)


def test_a_co_op_may_turn_it_off() -> None:
    """Where the members say off, nothing is told."""
    off = with_rest(working_time="off")
    assert not kinds([span(0, 8, 15)], span(1, 1, 15), rules=off, light=True)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 13), st.floats(0, 12), st.floats(0.5, 8)), max_size=8), st.randoms())
def test_more_work_is_never_warned_of_less(told: list[tuple[int, float, float]], chance: object) -> None:
    """A law: a rider who already works more hours is warned of the week whenever one who works fewer is."""
    spans = [span(*each) for each in told]
    new = span(3, 12, 6)
    fewer = [s for s in spans if chance.random() < 0.5]  # type: ignore[attr-defined]
    if "week" in kinds(fewer, new):
        assert "week" in kinds(spans, new)
    assert hours_in(fewer, MONDAY, MONDAY + 14 * 24 * HOUR) <= hours_in(
        spans, MONDAY, MONDAY + 14 * 24 * HOUR
    )
