"""A pay run killed anywhere and taken up again, and two processes that pay the same people: everybody paid once."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.database import Database
from payments import books, checks, runs
from tests.payments.payer import FRIDAY, MONDAY, RIDERS, TREASURER, answer, worked

REPOSITORY = Path(__file__).parents[2]
KILLS = 8

pytestmark = pytest.mark.deep


def pay(url: str, after: int) -> subprocess.CompletedProcess[str]:
    """One process that goes through the steps, killed at that statement."""
    command = [sys.executable, "-m", "tests.payments.payer", url, "killed", str(after)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False)


def paid_once(database: Database) -> None:
    """Everybody has their pay, once and to the penny, and the books say so."""
    with database.reading() as session:
        (run,) = runs.listed(session)
        slips = runs.slips(session, run)
        assert run.state in ("paid", "closed")
        assert [each.person_id for each in slips] == list(RIDERS)
        for slip in slips:
            rider = slip.person_id
            gross = -(-37 * rider * 1_480 // 60)
            assert (slip.gross_minor, slip.tips_minor, slip.deducted_minor) == (
                gross,
                100 + rider,
                100 + rider,
            )
            assert [(each.state, each.amount_minor) for each in slip.payments] == [("paid", gross)]
        total = sum(each.net_minor for each in slips)
        assert books.balance(session, "outside:bank") == total
        assert sum(books.balances(session, "payroll").values()) == sum(100 + rider for rider in RIDERS)
        assert sum(books.balances(session, "held").values()) == 0
        assert checks.findings(session, now=MONDAY) == []


def test_killed_anywhere_and_taken_up_again(database: Database, made_url: str) -> None:
    """Killed at statement after statement of its steps, and begun again each time, a pay run pays everybody once."""
    with database.writing() as session:
        worked(session)
    killed = 0
    for number in range(1, 200):
        # Early in a life, then later and later in it: each begins again at what was committed before.
        done = pay(made_url, 3 + 41 * number)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        killed += 1
        with database.reading() as session:
            assert checks.findings(session, now=MONDAY) == []
    assert killed >= KILLS
    paid_once(database)
    again = pay(made_url, 0)
    assert again.returncode == 0, again.stderr
    paid_once(database)


@pytest.mark.parametrize(
    ("made_url", "turns"),
    [("sqlite", "turns"), ("postgresql", "turns"), ("postgresql", "free")],
    indirect=["made_url"],
)
def test_two_processes_pay_the_same_people(database: Database, made_url: str, turns: str) -> None:
    """Of two processes that mark the same people paid at once, nobody is paid twice and nobody is missed."""
    with database.writing() as session:
        worked(session)
        run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
        runs.take_in(session, run, runs.read(answer()), by=TREASURER, now=MONDAY)
        runs.approve(session, run, (), by=TREASURER, now=MONDAY)
    runners = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.payments.payer", made_url, turns],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for runner in runners:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "READY\n"
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("\n")
        runner.stdin.flush()
    for runner in runners:
        runner.communicate(timeout=120)
    assert [runner.returncode for runner in runners] == [0, 0]
    with database.writing() as session:
        runs.look(session, runs.listed(session)[0], by=TREASURER, now=MONDAY)
    paid_once(database)
