"""What every command of the treasurer's takes: who does it, and sums of money."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import InfraError

if TYPE_CHECKING:
    from sqlmodel import Session

By = Annotated[
    str, typer.Option("--by", help="The phone of the person who does it: it is done in their name.")
]


def treasurer(session: "Session", phone: str, *, drama: bool) -> int:
    """Whoever has that phone and may do it; InfraError for anyone else: nothing is paid by nobody."""
    from dispatch import people
    from dispatch.tables import known

    found = people.by_phone(session, people.phone(phone, drama=drama))
    if found is None:
        raise InfraError(f"Nobody has the phone {phone}: write that of the treasurer who does it.")
    roles, _restaurants = people.roles(session, known(found.id))
    if not roles & {"treasurer", "administrator"}:
        raise InfraError(f"{found.name} is no treasurer: the co-op's money is moved by one.")
    return known(found.id)


def minor(text: str) -> int:
    """Minor units of a sum like 12.50; InfraError for what is none."""
    found = re.fullmatch(r"£?(\d{1,9})(?:\.(\d{2}))?", text.strip())
    if found is None:
        raise InfraError(f"{text} is no amount: write one like 12.50.")
    return int(found[1]) * 100 + int(found[2] or 0)
