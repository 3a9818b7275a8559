"""Processes at once: a hold still ends once, money is still held once, and an order booked once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.database import Database
from payments import books, checks
from payments.books import holds
from tests.payments.racer import AT
from tests.payments.rulebooks import adopted
from tests.payments.test_holds import aside, earn

pytestmark = pytest.mark.deep

REPOSITORY = Path(__file__).parents[2]
COUNT = 15

# SQLite's writers always take turns; on PostgreSQL the unique keys must do without, too.
both = pytest.mark.parametrize(
    ("made_url", "turns"),
    [("sqlite", "turns"), ("postgresql", "turns"), ("postgresql", "free")],
    indirect=["made_url"],
)


def race(url: str, turns: str, *ways: str) -> list[list[str]]:
    """Start a process for each way, let them go at once, and return what came of their tries."""
    runners = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.payments.racer", url, how, turns, str(COUNT), str(place)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place, how in enumerate(ways)
    ]
    for runner in runners:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "READY\n"
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("\n")
        runner.stdin.flush()
    said = [runner.communicate(timeout=120)[0] for runner in runners]
    assert [runner.returncode for runner in runners] == [0] * len(ways)
    return [json.loads(each) for each in said]


def one_of_two(first: list[str], second: list[str], turns: str) -> set[str]:
    """Each was won by one of the two alone; what the other was told, where they take turns.

    Without turns the other may come between our look at the hold and our look at what is left, and be told any of it.
    """
    pairs = list(zip(first, second, strict=True))
    assert [pair.count("won") for pair in pairs] == [1] * COUNT
    return {told for pair in pairs for told in pair if told != "won"} if turns == "turns" else set()


@both
def test_one_posts_while_another_voids(database: Database, made_url: str, turns: str) -> None:
    """Of two processes that end the same holds in other ways, one ends each and the other is told so."""
    with database.writing() as session:
        adopted(session)
        earn(session, 100 * COUNT)
        for number in range(1, COUNT + 1):
            aside(session, 100, key=f"payout:{number}")
    posts, voids = race(made_url, turns, "post", "void")
    assert one_of_two(posts, voids, turns) <= {"HoldResolved"}
    with database.reading() as session:
        assert holds.open_holds(session) == []
        assert books.balance(session, "outside:bank") == 60 * posts.count("won")
        assert books.balance(session, "rider:3:wages") == 100 * COUNT - 60 * posts.count("won")
        assert checks.findings(session, now=AT) == []


@both
def test_three_spend_what_a_restaurant_is_owed(database: Database, made_url: str, turns: str) -> None:
    """Of three processes that each want 60 of a restaurant's 100, one has them; nothing is overdrawn."""
    with database.writing() as session:
        adopted(session)
        for number in range(1, COUNT + 1):
            earn(session, 100, key=f"earned:{number}", account=f"restaurant:{number}")
    ends = race(made_url, turns, "settle", "settle", "settle")
    assert [each.count("won") for each in zip(*ends, strict=True)] == [1] * COUNT
    assert {told for each in ends for told in each} == {"won", "Overdrawn"}
    with database.reading() as session:
        assert set(books.balances(session, "restaurant").values()) == {40}
        assert sum(books.balances(session, "held").values()) == 60 * COUNT
        assert checks.findings(session, now=AT) == []


@both
def test_three_book_the_same_orders(database: Database, made_url: str, turns: str) -> None:
    """Of three processes told of the same deliveries all say so, each is booked once, and the chain is whole."""
    with database.writing() as session:
        adopted(session)
    ends = race(made_url, turns, "deliver", "deliver", "deliver")
    assert ends == [["won"] * COUNT] * 3
    with database.reading() as session:
        assert books.head(session)[0] == COUNT
        assert books.balance(session, "rider:3:tips") == 250 * COUNT
        assert books.sums.kept(session) == books.sums.counted(session)
        assert checks.findings(session, now=AT) == []


@both
def test_two_hold_the_same_money(database: Database, made_url: str, turns: str) -> None:
    """Of two processes that each want 60 of a rider's 100, one has them and the other is told what is left."""
    with database.writing() as session:
        adopted(session)
        for number in range(1, COUNT + 1):
            earn(session, 100, key=f"earned:{number}", account=f"rider:{number}:wages")
    first, second = race(made_url, turns, "hold", "hold")
    assert one_of_two(first, second, turns) <= {"Overdrawn"}
    with database.reading() as session:
        assert sum(books.balances(session, "held").values()) == 60 * COUNT
        assert checks.findings(session, now=AT) == []
