"""The co-ops that come as examples: each is a whole rulebook, and pays what its comments say."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from sqlmodel import Session

from payments import books, checks, money, pay, shares, terms
from payments.errors import NoShares, RulebookFault, SharesRefused
from payments.pay import OrderMoney, ShiftMoney
from payments.rulebook import Rulebook, parse
from tests.payments.rulebooks import MAY, adopted

EXAMPLES = Path(__file__).parents[2] / "infra/examples"
CO_OPS = ("finsbury-park", "levenshulme-per-drop", "easton-multi-stakeholder")
CLASSES = ("riders", "restaurants", "residents")


def text(name: str) -> str:
    return (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")


def lived(session: Session, name: str, now: datetime, drops: int) -> dict[str, int]:
    """What stands on the accounts after one card order of 20.00, 3.00 and 2.50, and a shift of five hours."""
    adopted(session, text(name))
    pay.delivered(session, OrderMoney(1, 7, 3, 2000, 300, 250, "card"), now=now)
    pay.shift_ended(session, ShiftMoney(5, 3, now - timedelta(hours=5), now, 0, drops), now=now)
    assert checks.findings(session) == []
    return books.balances(session, "")


@pytest.mark.parametrize("name", CO_OPS)
def test_each_example_is_a_whole_rulebook(name: str) -> None:
    """Each says where, when, for how much and by whom, and covers the streets its comments name."""
    rulebook = parse(text(name))
    assert rulebook.hours is not None
    assert rulebook.shares is not None
    assert rulebook.pay.floor
    assert rulebook.pay.begins() == date(2026, 5, 1)
    for zone in rulebook.zones:
        assert zone.polygon is not None
        lats, lons = zip(*zone.polygon, strict=True)
        assert zone.covers(sum(lats) / len(lats), sum(lons) / len(lons))
        assert max(lats) - min(lats) < 0.06


def test_hourly_riders_earn_the_living_wage(session: Session, now: datetime) -> None:
    """Finsbury Park: five hours at 14.80 are 74.00 however many drops, and 15 % of the food is the co-op's."""
    held = lived(session, "finsbury-park", now, drops=1)
    assert held["rider:3:wages"] == 7_400
    assert held["rider:3:holiday-set-aside"] == 893
    assert held["co-op:commission"] == 300
    assert "co-op:wages:top-up" not in held


@pytest.mark.parametrize(("drops", "top_up"), [(11, 675), (13, 0), (0, 6_725)])
def test_riders_by_the_drop_never_fall_below_the_floor(
    session: Session, now: datetime, drops: int, top_up: int
) -> None:
    """Levenshulme: 11 drops at 5.50 are 60.50, five hours at 13.45 are 67.25: 6.75 is added, after 13 nothing."""
    held = lived(session, "levenshulme-per-drop", now, drops=drops)
    assert held["rider:3:wages"] == max(550 * drops, 6_725)
    assert held.get("co-op:wages:top-up", 0) == -top_up
    assert held["co-op:commission"] == 240


def test_near_is_cheaper_than_around() -> None:
    """Levenshulme: the first zone that covers a place is its zone, and the second reaches further for more."""
    rulebook = parse(text("levenshulme-per-drop"))
    near, around = rulebook.zone_at(53.4440, -2.1900), rulebook.zone_at(53.4650, -2.2200)
    assert near is not None
    assert around is not None
    assert (near.name, around.name) == ("Levenshulme", "Around")
    assert (terms.fee(rulebook, "Levenshulme", 1500, MAY), terms.fee(rulebook, "Around", 1500, MAY)) == (
        360,
        540,
    )
    assert rulebook.zone_at(53.5, -2.19) is None


def test_three_classes_own_one_co_op(session: Session, now: datetime) -> None:
    """Easton: shares cost a pound, and each class has its fewest shares, its part of the dividend and its votes."""
    held = lived(session, "easton-multi-stakeholder", now, drops=9)
    assert held["rider:3:wages"] == 5 * 1_395
    assert held["co-op:commission"] == 200
    assert (held["vat:output:commission"], held["co-op:delivery"], held["vat:output:delivery"]) == (
        40,
        250,
        50,
    )
    rulebook = parse(text("easton-multi-stakeholder"))
    assert tuple(each.name for each in rulebook.classes) == CLASSES
    for number, each in enumerate(rulebook.classes):
        shares.issue(
            session, number, count=each.least_shares, par_minor=100, key=f"s:{number}", why="Joined", now=now
        )
        assert shares.holding(session, number).count == each.least_shares
    with pytest.raises(SharesRefused):
        shares.issue(session, 1, count=10_000, par_minor=100, key="s:9", why="More", now=now)
    adopted(session, text("easton-multi-stakeholder").split("[shares]")[0], effective_on=now.date())
    with pytest.raises(NoShares):
        shares.issue(session, 1, count=1, par_minor=100, key="s:10", why="More", now=now)


def by_class(rulebook: Rulebook, what: str) -> list[tuple[str, int]]:
    return [(each.name, getattr(each, what)) for each in rulebook.classes]


def test_the_classes_parts_are_those_of_the_worked_example() -> None:
    """3,825.00 by 50/30/20 is 1,912.50, 1,147.50, 765.00; votes of 6-2, 3-5 and 40-60 are 56.75 % in favour."""
    rulebook = parse(text("easton-multi-stakeholder"))
    parts = money.split(382_500, by_class(rulebook, "dividend_bp"))
    assert parts == {"riders": 191_250, "restaurants": 114_750, "residents": 76_500}
    votes = {"riders": (6, 2), "restaurants": (3, 5), "residents": (40, 60)}
    yes = sum(
        Fraction(weight, 10_000) * Fraction(votes[name][0], sum(votes[name]))
        for name, weight in by_class(rulebook, "vote_bp")
    )
    assert yes == Fraction(227, 400)


WHOLE = "of all classes must make the whole (10000), and make"
SHARES = (
    "[shares]\npar_minor = 100 # one pound\nmax_minor = 1000000 # GBP 10,000, the most one member may hold\n"
)
NAMED = 'must be "riders" or "restaurants" or "residents"; you wrote "owners"'


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("dividend_bp = 2000", "dividend_bp = 1000", f"classes: the dividend_bp {WHOLE} 9000"),
        ("vote_bp = 2000", "vote_bp = 3000", f"classes: the vote_bp {WHOLE} 11000"),
        ('"residents"', '"riders"', 'classes[3] ("riders").name: another class is called "riders" already'),
        ('"residents"', '"owners"', f'classes[3] ("owners").name: {NAMED}'),
        (SHARES, "", "classes: classes of members need [shares]: members of each hold some"),
    ],
    ids=["dividend", "vote", "twice", "unknown", "no shares"],
)
def test_classes_that_make_no_whole_are_refused(was: str, becomes: str, says: str) -> None:
    """Parts that do not sum to the whole, a class twice or unknown, and classes without shares are told."""
    example = text("easton-multi-stakeholder")
    assert was in example
    with pytest.raises(RulebookFault) as refused:
        parse(example.replace(was, becomes, 1))
    assert refused.value.faults == (says,)
