"""A process that sends what is due through the pretend Stripe, to race another."""

import sys

from infra.database import Database
from payments.rails import calls, payees
from payments.rails.sandbox import Sandbox
from tests.conftest import FRIDAY_SIX as AT


def work(database: Database, stripe: Sandbox) -> int:
    """Turn due payouts into calls and make them until none is due; how many this process made."""
    made = 0
    with database.writing() as session:
        payees.send(session, now=AT)
    while True:
        with database.writing() as session:
            calling = calls.take(session, now=AT)
        if calling is None:
            return made
        outcome = calls.do(stripe, calling)
        with database.writing() as session:
            calls.settle(session, outcome, now=AT)
        made += 1


def main() -> None:
    """Race."""
    database = Database.open(sys.argv[1])
    stripe = Sandbox(database, lambda: AT)
    print("READY", flush=True)
    sys.stdin.readline()
    print(work(database, stripe))
    database.close()


if __name__ == "__main__":
    main()
