"""The shape of the house: what may import what, and how large a piece may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("infra", "riders_app", "dispatch", "payments", "routing")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

# What is longer than that today, and how long. A number here may shrink, and an entry may go; nothing may grow.
LONG_FILES: dict[str, int] = {}
# Compiled loops stay in one piece: numba keeps their counts in registers, and a call inside costs as much as its work.
LONG_FUNCTIONS: dict[str, int] = {
    "routing/kernel/search.py:walk_on": 72,
    "routing/kernel/walk.py:walked": 128,
    "routing/proof/labels.py:explored": 65,
    "routing/proof/labels.py:stepped": 144,
    "routing/proof/outlook.py:prospects": 79,
}


def sources() -> Iterator[Path]:
    """Every source file but the migrations, which are written once and never read again."""
    for package in PACKAGES:
        for file in sorted((REPOSITORY / package).rglob("*.py")):
            if "versions" not in file.parts:
                yield file


def named(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file and how many lines it has."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{named(file)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def too_long(found: dict[str, int], allowed: dict[str, int], most: int) -> list[str]:
    """What is longer than it may be, and what is allowed more than it needs."""
    grown = [f"{name} has {size} lines" for name, size in found.items() if size > allowed.get(name, most)]
    loose = [
        f"{name} may be {size} lines and has {found.get(name, 0)}: tighten the list"
        for name, size in allowed.items()
        if found.get(name, 0) < size
    ]
    return grown + loose


def test_files_stay_short() -> None:
    """No file passes 400 lines; one that does is asking to be split by noun."""
    found = {named(file): len(file.read_text().splitlines()) for file in sources()}
    assert len(found) > 20
    assert too_long(found, LONG_FILES, LONGEST_FILE) == []


def test_functions_stay_short() -> None:
    """No function passes 60 lines."""
    found: dict[str, int] = {}
    for file in sources():
        for name, size in functions(file):
            found[name] = max(size, found.get(name, 0))
    assert too_long(found, LONG_FUNCTIONS, LONGEST_FUNCTION) == []


def test_the_lists_may_only_shrink() -> None:
    """A list that allows more than is needed, or a piece that grew past its allowance, is told."""
    assert too_long({"a": 500}, {}, 400) == ["a has 500 lines"]
    assert too_long({"a": 500}, {"a": 500}, 400) == []
    assert too_long({"a": 450}, {"a": 500}, 400) == ["a may be 500 lines and has 450: tighten the list"]
    assert too_long({}, {"a": 500}, 400) == ["a may be 500 lines and has 0: tighten the list"]


def test_each_package_knows_only_what_it_may() -> None:
    """The import contracts hold."""
    program = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [program, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    ("vendor", "places"),
    [
        ("dbos", ("infra/worker.py",)),
        ("stripe", ("payments/rails",)),
        ("twilio", ("riders_app/gateways",)),
        ("ortools", ("routing/solver", "routing/proof")),
        ("numba", ("routing/kernel", "routing/proof")),
        ("geopy", ("dispatch/places",)),
    ],
)
def test_each_vendor_has_its_own_places(vendor: str, places: tuple[str, ...]) -> None:
    """A vendor's library is imported only in the places made for it."""
    elsewhere = [
        named(file)
        for file in sources()
        if vendor in imported(file) and not any(named(file).startswith(place) for place in places)
    ]
    assert elsewhere == []


def imported(file: Path) -> set[str]:
    """The top-level packages a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found
