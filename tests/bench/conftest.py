"""Benches run with compiled code."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def compiled_code(kernel: None) -> None:
    """The compiled functions are ready before the first bench."""
