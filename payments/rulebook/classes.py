"""The classes of members of a multi-stakeholder co-op: what each has of the surplus and of the vote."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from payments.rulebook.sections import Section
from payments.rulebook.words import BasisPoints, one_of, whole

CLASSES = ("riders", "restaurants", "residents")


class MemberClass(Section):
    """One class of members: its part of the dividend and of the votes, and the fewest shares one of it holds."""

    name: Annotated[Literal["riders", "restaurants", "residents"], one_of(*CLASSES)]
    dividend_bp: BasisPoints
    vote_bp: BasisPoints
    least_shares: Annotated[int, whole(1, 100_000, "shares")] = 1


def class_faults(raw: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(place, words) for what is wrong with the classes together: a class twice, parts that are not a whole."""
    classes = raw.get("classes", [])
    if not isinstance(classes, list) or not all(isinstance(each, dict) for each in classes):
        return
    names = [each.get("name") for each in classes]
    for place, name in enumerate(names):
        if isinstance(name, str) and name in names[:place]:
            yield ("classes", place, "name"), f'another class is called "{name}" already'
    for part in ("dividend_bp", "vote_bp"):
        parts = [each.get(part) for each in classes]
        if classes and all(type(each) is int for each in parts) and sum(parts) != 10_000:
            yield (
                ("classes",),
                f"the {part} of all classes must make the whole (10000), and make {sum(parts)}",
            )
    if classes and not isinstance(raw.get("shares"), dict):
        yield ("classes",), "classes of members need [shares]: members of each hold some"
