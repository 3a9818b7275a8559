"""The first things a co-op needs: its rules, and one person who may let the others in."""

from datetime import date, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

from sqlmodel import Session

from dispatch import people
from dispatch.tables import Person, known
from payments import books
from payments.errors import NoRulebook
from payments.rulebook import parse

EXAMPLE = "finsbury-park.toml"


def example() -> str:
    """The text of the rulebook that comes with Pannier: a copy to start from."""
    return (files("infra") / "examples" / EXAMPLE).read_text(encoding="utf-8")


def adopt(
    session: Session, text: str, *, resolution: str, now: datetime, effective_on: date | None = None
) -> str:
    """Adopt a rulebook, from today in the co-op's own time unless another day is given; its version.

    RulebookFault lists everything that is wrong with it.
    """
    rulebook = parse(text)
    today = now.astimezone(ZoneInfo(rulebook.co_op.timezone)).date()
    row = books.adopt(session, text, effective_on=effective_on or today, resolution=resolution, now=now)
    return row.version


def has_rules(session: Session, *, now: datetime) -> bool:
    """Whether any rulebook is in force."""
    try:
        books.in_force(session, at=now)
    except NoRulebook:
        return False
    return True


def administrator(session: Session, *, name: str, phone: str, drama: bool, now: datetime) -> Person:
    """The first person: may let others in, and sees the desk. Asked again, the same person."""
    number = people.phone(phone, drama=drama)
    person = people.by_phone(session, number) or people.add(session, name=name, phone=number, now=now)
    for role in ("administrator", "dispatcher", "treasurer"):
        people.grant(session, known(person.id), role, now=now, by=None)
    return person


def sign_in_address(
    session: Session, person_id: int, *, secret: bytes, public_url: str, now: datetime
) -> str:
    """A one-time sign-in link for whoever may run commands here: good for fifteen minutes, once."""
    link = people.new_link(session, person_id, secret=secret, now=now)
    return f"{public_url}/sign-in/{people.sign_in_token(secret, link)}"
