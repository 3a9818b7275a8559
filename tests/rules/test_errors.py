"""Every error of ours has a status and a sentence."""

import ast
from pathlib import Path

import pytest

from dispatch import errors
from dispatch.web.errors import STATUS, slug, status_of

ROOT = Path(__file__).parents[2]


def kinds() -> list[type[errors.DispatchError]]:
    """Every error of the story."""
    found = [errors.DispatchError]
    for kind in found:
        found += [each for each in kind.__subclasses__() if each not in found]
    return [kind for kind in found if kind.__module__.startswith("dispatch")]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_error_is_mapped_and_says_something(kind: type[errors.DispatchError]) -> None:
    """Each error stands in the one table itself, not by its ancestor, and its docstring is a sentence."""
    assert kind in STATUS
    assert len((kind.__doc__ or "").split()) >= 4
    assert slug(kind) == slug(kind).lower()


def test_an_unknown_ancestor_decides() -> None:
    """An error made later is answered like its nearest ancestor, never as a fault of the server."""

    class Later(errors.OutOfZone):
        """Something more precise."""

    assert status_of(Later()) == STATUS[errors.OutOfZone]


def test_the_page_of_the_api_lists_every_refusal_of_an_order() -> None:
    """What placing an order may be refused with stands in docs/api.md."""
    page = (ROOT / "docs" / "api.md").read_text()
    tree = ast.parse((ROOT / "dispatch" / "orders.py").read_text())
    raised = {
        node.exc.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
    }
    assert len(raised) > 5
    for name in raised:
        assert f"/problems/{slug(getattr(errors, name))}" in page
