"""Two rulebooks beside each other, told so that whoever is touched can see it."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from payments.rulebook import Difference, Opening, Rulebook, differences, parse
from tests.payments.rulebooks import BY_THE_DROP, FINSBURY_PARK

EXAMPLES = sorted((Path(__file__).parents[2] / "infra/examples").glob("*.toml"))
EASTON = (Path(__file__).parents[2] / "infra/examples/easton-multi-stakeholder.toml").read_text()


def told(old: str, new: str) -> list[tuple[str, str | None, str | None, str]]:
    return [(each.rule, each.old, each.new, each.touches) for each in differences(parse(old), parse(new))]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_a_rulebook_differs_from_itself_in_nothing(file: Path) -> None:
    """The same rules, written again with other comments and order of lines, are no difference."""
    text = file.read_text()
    assert differences(parse(text), parse(f"# written again\n{text}")) == ()


def test_a_change_is_told_with_what_was_what_becomes_and_whom_it_touches() -> None:
    """Commission, wage, opening hours, promise and a zone's border: each one line in people's units."""
    new = FINSBURY_PARK
    for was, becomes in (
        ("commission_bp = 1500", "commission_bp = 1250"),
        (
            "# London Living Wage announced",
            "\nper_hour_minor = 1480\n[[pay.rates]]\nfrom = 2027-05-01 # announced",
        ),
        ('monday = { open = "17:00", close = "22:30" }', ""),
        ("promise_min = 45", "promise_min = 50"),
        ("[51.5775, -0.1235]", "[51.5776, -0.1235]"),
        ("per_km_minor = 60", "per_km_minor = 70"),
        ("capacity = { bike = 3", "capacity = { bike = 4"),
    ):
        assert was in new
        new = new.replace(was, becomes, 1)
    new = new.replace("per_hour_minor = 1480", "per_hour_minor = 1525", 2).replace(
        "per_hour_minor = 1525", "per_hour_minor = 1480", 1
    )
    assert told(FINSBURY_PARK, new) == [
        ("Zone Finsbury Park: and for each km", "£0.60", "£0.70", "customers and restaurants"),
        (
            "Zone Finsbury Park: where it is",
            "within 9 points",
            "within 9 points, drawn otherwise",
            "customers, restaurants and riders",
        ),
        ("Open on Monday", "17:00 to 22:30", "closed", "riders, restaurants and customers"),
        ("What the co-op keeps of the food", "15 %", "12.5 %", "restaurants"),
        ("Hourly pay from 2027-05-01", None, "£15.25 an hour", "riders"),
        ("The time promised to customers", "45 minutes", "50 minutes", "customers and restaurants"),
        ("Dispatch: capacity of a bike", "3", "4", "riders and customers"),
    ]


def test_a_default_counts_as_written() -> None:
    """Leaving a rule out, and writing down its default, is no difference."""
    assert told(BY_THE_DROP, BY_THE_DROP + "[retention]\ncontacts_days = 30\n") == []


INNER = '[[zones]]\nname = "Inner"\npolygon = [[1, 1], [1, 2], [2, 2]]\ndelivery_fee_minor = 100\n'


@pytest.mark.parametrize("known", [True, False])
def test_which_zone_counts_first_is_told(known: bool) -> None:
    """Zones that change places, or one put before another, are told; one that comes last is told by itself."""
    first = BY_THE_DROP.replace("[[zones]]", f"{INNER}[[zones]]")
    last = BY_THE_DROP.replace("[revenue]", f"{INNER}[revenue]")
    old = last if known else BY_THE_DROP
    was = "Town, then Inner" if known else "Town"
    turn = ("Which zone counts first", was, "Inner, then Town", "customers and restaurants")
    assert turn in told(old, first)
    assert len(told(last, first)) == 1
    assert "Which zone counts first" not in [rule for rule, *_ in told(BY_THE_DROP, last)]


def test_without_hours_the_co_op_is_always_open() -> None:
    """A rulebook that writes hours for the first time closes the days it leaves out, and each is told."""
    friday = '[hours]\nfriday = { open = "17:00", close = "22:00" }\n'
    days = told(BY_THE_DROP, BY_THE_DROP + friday)
    assert [each[:3] for each in days[3:5]] == [
        ("Open on Thursday", "all day", "closed"),
        ("Open on Friday", "all day", "17:00 to 22:00"),
    ]
    assert len(days) == len(told(BY_THE_DROP, BY_THE_DROP + "[hours]\n")) == 7


def test_classes_of_members_are_told_by_name() -> None:
    """Who gets less of the dividend reads it under the class's own name."""
    new = EASTON.replace("dividend_bp = 5000", "dividend_bp = 4000").replace(
        "dividend_bp = 2000", "dividend_bp = 3000"
    )
    assert told(EASTON, new) == [
        ("Riders: dividend", "50 %", "40 %", "members who are riders"),
        ("Residents: dividend", "20 %", "30 %", "members who are residents"),
    ]


def test_there_and_back_says_the_same() -> None:
    """From new to old are the same rules as from old to new, the other way round."""
    books = [parse(file.read_text()) for file in EXAMPLES]
    for old in books:
        for new in books:
            there = {(each.path, each.rule): each.touches for each in differences(old, new)}
            back = {(each.path, each.rule): each.touches for each in differences(new, old)}
            assert there == back
            assert old is new or len(there) > 3


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, time):
        return value.replace(minute=value.minute ^ 1)
    if isinstance(value, date):
        return value.replace(year=value.year + 1)
    if isinstance(value, str):
        return f"another {value}"
    if isinstance(value, Opening):
        return value.model_copy(update={"open": other(value.open)})
    if isinstance(value, dict):
        return {**value, "bike": other(value["bike"])}
    if value is None:
        return 7
    return value[:-1] if len(value) > 3 else (*value[:-1], other(value[-1]))


def changed(model: BaseModel) -> list[tuple[str, BaseModel]]:
    """The model with each of its rules changed in turn, however deep, by the rule's name."""
    found: list[tuple[str, BaseModel]] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel) and not isinstance(value, Opening):
            found += [
                (f"{name}.{inner}", model.model_copy(update={name: new})) for inner, new in changed(value)
            ]
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            found += [
                (f"{name}.{inner}", model.model_copy(update={name: (new, *value[1:])}))
                for inner, new in changed(value[0])
            ]
        elif value != () and not (value is None and name in ("hours", "surplus", "shares", "polygon")):
            found.append((name, model.model_copy(update={name: other(value)})))
    return found


@pytest.mark.parametrize("text", [FINSBURY_PARK, EASTON], ids=["hourly", "multi-stakeholder"])
def test_no_rule_can_change_untold(text: str) -> None:
    """Whichever rule of the file is changed, something is told, with a name, and somebody it touches."""
    rulebook = parse(text)
    tried = 0
    for name, new in changed(rulebook):
        assert isinstance(new, Rulebook)
        found = differences(rulebook, new)
        if name == "zones.everywhere":
            continue  # says the same as the border
        assert found, name
        assert all(isinstance(each, Difference) and each.rule.strip() and each.touches for each in found)
        assert all(each.old != each.new for each in found), name
        tried += 1
    assert tried > 60
