"""Nobody's access ends, and no role goes, without a named person and a written reason: by constraint and by code."""

import ast
import inspect
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from dispatch import people, places, shifts
from dispatch.errors import BadInput
from dispatch.tables import Person, RoleGrant, known
from tests import factories

ROOT = Path(__file__).parents[2]
# Where an `ended_at` is set, and on what. Whoever adds a place must say here whose end it is.
ENDS = {
    "dispatch/people.py": {"person.ended_at", "held.ended_at", "visit.ended_at"},
    "dispatch/places/restaurants.py": {"restaurant.ended_at", "key.ended_at", "row.ended_at"},
    "dispatch/shifts.py": {"shift.ended_at"},
    # Of the rota: a line of its pattern, work nobody is wanted for any more (by whom and why is asked), a rider's own
    # calendar address, what was stated of a rider's working time.
    "dispatch/rota/feeds.py": {"row.ended_at"},
    "dispatch/rota/leaving.py": {"slot.ended_at"},
    "dispatch/rota/pattern.py": {"row.ended_at"},
    "dispatch/rota/statements.py": {"held.ended_at"},
}


def sets(path: Path, attribute: str) -> Iterator[str]:
    """What a file assigns to an attribute of that name: `held.ended_at`."""
    for node in ast.walk(ast.parse(path.read_text())):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            for target in node.targets:
                targets += target.elts if isinstance(target, ast.Tuple) else [target]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == attribute:
                yield ast.unparse(target)


def sources() -> Iterator[Path]:
    """Our own code, the demo and the migrations left out."""
    for package in ("dispatch", "riders_app", "infra", "payments"):
        yield from sorted((ROOT / package).rglob("*.py"))


def test_only_the_named_places_end_anything() -> None:
    """Every line that sets `ended_at` stands in a function we know; a new one fails here until somebody looks."""
    for path in sources():
        where = path.relative_to(ROOT).as_posix()
        found = set(sets(path, "ended_at"))
        assert found <= ENDS.get(where, set()), f"{where} ends {found}: name who, and why, and list it here"
    for where, said in ENDS.items():
        assert set(sets(ROOT / where, "ended_at")) & said, where


@pytest.mark.parametrize("end", [people.end, people.withdraw, places.end, shifts.set_end, shifts.cancel])
def test_what_ends_asks_who_and_why(end: object) -> None:
    """Each function that ends an access, a role, a restaurant or a shift for somebody needs `by` and `reason`."""
    asked = inspect.signature(end).parameters  # type: ignore[arg-type]
    for name in ("by", "reason"):
        assert asked[name].default is inspect.Parameter.empty
        assert asked[name].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("left_out", ["ended_by", "ended_reason", "blank"])
@pytest.mark.parametrize("table", [Person, RoleGrant])
def test_the_database_refuses_an_end_without_name_or_reason(
    session: Session, now: datetime, table: type[Person] | type[RoleGrant], left_out: str
) -> None:
    """Whatever code tries it: an end without a person, without a reason or with an empty one cannot be written."""
    boss = factories.person(session, now, 90, "administrator", name="Ada")
    factories.person(session, now, 1, "rider")
    row = session.exec(select(table)).all()[-1]
    row.ended_at, row.ended_by, row.ended_reason = now, boss.id, "In writing"
    if left_out == "blank":
        row.ended_reason = ""
    else:
        setattr(row, left_out, None)
    session.add(row)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_no_reason_is_no_end(session: Session, now: datetime) -> None:
    """Blank reasons are refused before anything moves."""
    boss = factories.person(session, now, 90, "administrator", name="Ada")
    sam = factories.person(session, now, 1, "rider")
    for end in (
        lambda: people.end(session, known(sam.id), by=known(boss.id), reason=" ", now=now),
        lambda: people.withdraw(session, known(sam.id), "rider", by=known(boss.id), reason=" ", now=now),
    ):
        with pytest.raises(BadInput):
            end()
    assert people.roles(session, known(sam.id))[0] == {"rider"}
