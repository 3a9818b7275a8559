"""A restaurant and a rider, for tests of orders paid online."""

import pytest
from sqlmodel import select

from dispatch.tables import Person
from tests.house import House, Till


@pytest.fixture
def luna(house: House) -> Till:
    """A restaurant."""
    return house.restaurant()


@pytest.fixture
def sam(house: House) -> int:
    """A rider's number."""
    house.rider(1)
    with house.reading() as session:
        return int(session.exec(select(Person.id)).one() or 0)
