"""Every job may run twice: the second time finds nothing left to do."""

import pytest
from sqlalchemy import func
from sqlmodel import SQLModel, select

from infra.jobs import JOBS
from tests.house import House


def counts(house: House) -> dict[str, int]:
    """How many rows each table has."""
    with house.database.reading() as session:
        return {
            name: session.connection().scalar(select(func.count()).select_from(table)) or 0
            for name, table in SQLModel.metadata.tables.items()
        }


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_each_job_is_safe_twice(house: House, job: object) -> None:
    """Run again at the same instant, as after a crash, a job writes no second row of anything."""
    luna, sam = house.restaurant(), house.rider(1)
    house.text(sam, "ON")
    house.order(luna, "A-1")
    house.until_text(sam, "TAKE")
    house.client.post(f"/sandbox/phones/{sam}/texts", json={"body": "WHY"})
    house.run()
    before, now = counts(house), house.now
    chosen = next(each for each in JOBS if each is job)
    for _ in range(2):
        chosen.run(house.program, now)
    house.run()
    assert counts(house) == before


def test_a_whole_round_twice_changes_nothing(house: House) -> None:
    """All jobs run twice over an evening's minute leave the same rows as once."""
    luna, sam = house.restaurant(), house.rider(1)
    house.text(sam, "ON")
    house.order(luna, "A-1")
    house.move(5)
    house.run()
    before = counts(house)
    for job in JOBS * 2:
        job.run(house.program, house.now)
    assert counts(house) == before
