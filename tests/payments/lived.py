"""An evening that was lived: orders by text message, a refund, shares, a payout; its books in two months."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from infra.database import Database
from infra.migrations import upgrade
from payments import books, pay, shares
from payments.books import holds
from tests.house import House, Till


def delivered(house: House, till: Till, rider: str, reference: str, paid_by: str = "card") -> None:
    """One order, from the till to the door, by text message."""
    reference_of = f"pi_{reference}" if paid_by == "card" else None
    house.order(till, reference, paid_by=paid_by, card_reference=reference_of)
    number = re.search(r"TAKE (\d+)", house.until_text(rider, "TAKE"))
    assert number is not None
    house.text(rider, f"TAKE {number[1]}")
    house.move(6)
    house.text(rider, f"GOT {number[1]}")
    house.move(7)
    house.text(rider, f"DONE {number[1]}")


def evening(url: str, folder: Path, now: datetime) -> None:
    """Live it, on a database migrated like a real one."""
    database = Database.open(url)
    upgrade(database)
    database.close()
    house = House.open(url, folder, now)
    try:
        luna = house.restaurant()
        sam = house.rider(1)
        house.text(sam, "ON")
        for number, paid_by in enumerate(("card", "account", "card"), start=1):
            delivered(house, luna, sam, f"A-{number}", paid_by)
        house.text(sam, "OFF")
        house.move(5)
        _afterwards(house)
    finally:
        house.client.close()
        house.program.close()


def _afterwards(house: House) -> None:
    """What the treasurer does in the days that follow: a refund, shares, a payout that goes and one that does not."""
    with house.database.writing() as session:
        now = house.now
        pay.refunded(
            session,
            1,
            amount_minor=300,
            liable="restaurant",
            why='Cold "Margherita"; sorry | ok',
            attempt=1,
            now=now,
        )
        shares.issue(
            session, 9, count=50, par_minor=100, key="share:1", why="Joined", now=now + timedelta(days=12)
        )
        december = now + timedelta(days=14)
        (account, owed), *_ = sorted(
            books.balances(session, "rider").items(), key=lambda each: -each[1] * each[0].endswith(":wages")
        )
        facts = {"source": account, "destination": "outside:bank", "subject": account.rpartition(":")[0]}
        for number in (1, 2):
            holds.hold(
                session, key=f"payout:{number}", amount=owed // 2, expires_at=december + timedelta(days=3),
                why="Payday", now=december, **facts,
            )  # fmt: skip
        holds.post(session, "payout:1", why="The bank paid", now=december + timedelta(hours=2))
        holds.expire_due(session, now=december + timedelta(days=4))
