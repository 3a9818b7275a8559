"""A process that takes a pay run from its draft to its end, killed on the way, or at the same time as another.

`python -m tests.payments.payer URL killed N`: every step in its own transaction; at its Nth statement to the database
the process kills itself with SIGKILL, wherever that is. `... URL turns|free`: says READY, waits for a line, and marks
everybody paid one by one with the writers' turn, or pays the payouts themselves without.
"""

import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from infra.database import Database
from payments import pay, payouts, runs
from payments.pay import OrderMoney, ShiftMoney
from tests.payments.racer import writing
from tests.payments.rulebooks import adopted

FRIDAY = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RIDERS = range(3, 9)
TREASURER = 1


def worked(session: Session) -> None:
    """Six riders, each with a shift of another length and a tip."""
    adopted(session)
    for rider in RIDERS:
        end = FRIDAY + timedelta(minutes=37 * rider)
        pay.shift_ended(session, ShiftMoney(rider, rider, FRIDAY, end, 0, 2), now=end)
        pay.delivered(session, OrderMoney(rider, 7, rider, 2000, 400, 100 + rider, "card"), now=FRIDAY)


def answer() -> str:
    """What the payroll bureau says: a pound and some pence each."""
    return "person,kind,amount\n" + "".join(f"{rider},income-tax,1.0{rider}\n" for rider in RIDERS)


def steps(database: Database) -> None:
    """Everything a treasurer does on payday, from wherever it was left."""
    with database.writing() as session:
        found = runs.listed(session)
        if not found or found[0].state == "draft":
            runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    with database.writing() as session:
        run = runs.listed(session)[0]
        if run.state == "draft":
            runs.take_in(session, run, runs.read(answer()), by=TREASURER, now=MONDAY)
    for step in (runs.approve, None, runs.mark_paid, runs.close):
        with database.writing() as session:
            run = runs.listed(session)[0]
            if step is None:
                if run.state == "approved":
                    for person in list(RIDERS)[:3]:
                        runs.mark_paid(session, run, by=TREASURER, now=MONDAY, only=[person])
            elif step is runs.approve:
                runs.approve(session, run, (), by=TREASURER, now=MONDAY)
            else:
                step(session, run, by=TREASURER, now=MONDAY)  # type: ignore[operator]


def killed(database: Database, after: int) -> None:
    """Go through the steps and die at a statement; nought: at none."""
    count = 0

    def counted(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == after:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", counted)
    steps(database)
    print(count)


def raced(database: Database, turns: str) -> None:
    """Mark everybody paid, one by one, while another does; what the database refuses is tried again."""
    print("READY", flush=True)
    sys.stdin.readline()
    for person in RIDERS:
        while True:
            try:
                with writing(database, turns) as session:
                    run = runs.listed(session)[0]
                    if turns == "turns":
                        runs.mark_paid(session, run, by=TREASURER, now=MONDAY, only=[person])
                    else:  # the audit reads the books in many looks, which only agree in a turn of its own
                        (payout,) = runs.payouts_of(session, run, person)
                        payouts.paid(session, payout, by=TREASURER, now=MONDAY)
                break
            except DBAPIError:
                if turns == "turns":
                    raise


def main() -> None:
    """Pay."""
    url, how = sys.argv[1:3]
    database = Database.open(url)
    if how == "killed":
        killed(database, int(sys.argv[3]))
    else:
        raced(database, how)
    database.close()


if __name__ == "__main__":
    main()
