"""The restaurants' API keeps to its own description, whatever is sent."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.database import Database
from tests.conftest import FRIDAY_SIX
from tests.house import House

EXAMPLES = 25
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def shop() -> Iterator[House]:
    """A house on SQLite that many generated requests share."""
    folder = Path(tempfile.mkdtemp())
    url = f"sqlite:///{folder / 'pannier.db'}"
    database = Database.open(url)
    database.create_all()
    database.close()
    house = House.open(url, folder, FRIDAY_SIX)
    yield house
    house.client.close()
    house.program.close()


def test_every_answer_is_as_described(shop: House) -> None:
    """No request makes the server fail, and every answer has a status, type and shape the description names."""
    till = shop.restaurant()
    shop.order(till, "A-1")
    described = schemathesis.openapi.from_asgi("/v1/openapi.json", shop.app)
    paths = [found.ok() for found in described.get_all_operations()]
    assert len([path for path in paths if path.path.startswith("/v1/")]) >= 8

    def check(operation: Any) -> None:
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=till.headers, checks=CHECKS)

        ask()

    for path in paths:
        check(path)
