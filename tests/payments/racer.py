"""One of several processes that end the same holds, hold the same money, or book the same order, at the same time.

`python -m tests.payments.racer URL post|void|hold|settle|deliver turns|free COUNT PLACE`: says READY, waits for a
line, and prints what came of each try. `turns` takes the writers' turn as the program does; `free` does without, so
that the unique keys alone stand between them, and tries again when the database refuses.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from infra.database import Database
from payments import pay
from payments.books import holds
from payments.errors import AlreadyBooked, HoldResolved, KeyReused, Overdrawn
from payments.pay import OrderMoney

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@contextmanager
def writing(database: Database, turns: str) -> Iterator[Session]:
    """A writing transaction, with or without the writers' turn."""
    if turns == "turns":
        with database.writing() as session:
            yield session
        return
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.commit()


def once(session: Session, how: str, number: int) -> None:
    """End one hold, make one on the money all want, or book what all were told of."""
    if how == "post":
        holds.post(session, f"payout:{number}", 60, why="Paid", now=AT)
    elif how == "void":
        holds.void(session, f"payout:{number}", why="No", now=AT)
    elif how == "deliver":
        pay.delivered(session, OrderMoney(number, 7, 3, 2000, 400, 250, "card"), now=AT)
    else:
        payee = f"rider:{number}" if how == "hold" else f"restaurant:{number}"
        source = f"{payee}:wages" if how == "hold" else payee
        facts = {"source": source, "destination": "outside:bank", "subject": payee}
        key = f"wanted:{number}:by-{sys.argv[5]}"
        expires_at = AT + timedelta(hours=1)
        holds.hold(session, key=key, amount=60, expires_at=expires_at, why="Payday", now=AT, **facts)


def tried(database: Database, how: str, turns: str, number: int) -> str:
    """What came of one try: won, or which refusal; where the database refuses it is tried again."""
    while True:
        try:
            with writing(database, turns) as session:
                once(session, how, number)
            return "won"
        except (HoldResolved, KeyReused, Overdrawn) as refused:
            return type(refused).__name__
        except (DBAPIError, AlreadyBooked):  # booked between our two looks: asked again it is the same entry
            if turns == "turns":
                raise


def main() -> None:
    """Race."""
    url, how, turns, count = sys.argv[1:5]
    database = Database.open(url)
    print("READY", flush=True)
    sys.stdin.readline()
    print(json.dumps([tried(database, how, turns, number) for number in range(1, int(count) + 1)]))
    database.close()


if __name__ == "__main__":
    main()
