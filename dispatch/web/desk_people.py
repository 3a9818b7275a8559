"""People at the desk: taken in, changed, given roles, ended."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session, col, select

from dispatch import overrides, people, planning
from dispatch.errors import BadInput, NotAllowed
from dispatch.facts import ROLES, VEHICLES, Point
from dispatch.people import Who
from dispatch.tables import Person, Restaurant, RoleGrant, known
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Program, Reading, Writing
from dispatch.web.desk_orders import open_restaurants

# Who holds one of these can reach more than the desk does: only an administrator gives or touches them.
ABOVE_THE_DESK = frozenset({"administrator", "treasurer", "secretary"})

router = APIRouter(prefix="/desk/people", dependencies=[Depends(access.ours)], include_in_schema=False)


class RoleForm(BaseModel):
    """A role, and what goes with it."""

    role: str = ""
    restaurant_id: int | None = None
    vehicle: str = ""
    home_lat: float | None = None
    home_lon: float | None = None
    home_address: str = ""

    def home(self, program: Program) -> Point | None:
        """Where a rider usually starts. Call it with no transaction open."""
        return forms.point(program, self.home_lat, self.home_lon, self.home_address)


class PersonForm(RoleForm):
    """A new person, with the roles they have from the start."""

    name: str = ""
    phone: str = ""
    language: str = "en"
    roles: list[str] = []


@router.get("")
def listed(request: Request, who: Desk, session: Reading, ended: bool = False) -> Response:
    """Everybody, by name."""
    query = select(Person).order_by(col(Person.name), col(Person.id))
    query = query.where(col(Person.ended_at).is_not(None) if ended else col(Person.ended_at).is_(None))
    held: dict[int, list[str]] = {}
    for grant in session.exec(select(RoleGrant).where(col(RoleGrant.ended_at).is_(None))).all():
        held.setdefault(grant.person_id, []).append(grant.role)
    return pages.render(
        request,
        "desk/people.html",
        people=[(row, sorted(set(held.get(known(row.id), ())))) for row in session.exec(query).all()],
        ended=ended,
        roles=ROLES,
        vehicles=VEHICLES,
        restaurants=open_restaurants(session),
    )


@router.post("")
def add(request: Request, who: Desk, now: Now, form: Annotated[PersonForm, Form()]) -> Response:
    """Take a person in with their roles."""
    program = access.program(request)
    phone = forms.phone(program, form.phone)
    home = form.home(program) if "rider" in form.roles else None
    for role in form.roles:
        _may_give(who, role)
    with program.database.writing() as session:
        person = people.add(session, name=form.name, phone=phone, language=form.language, now=now)
        for role in form.roles:
            _grant(session, known(person.id), role, form, home, by=who, now=now)
    program.nudge()
    return pages.said(request, f"/desk/people/{person.id}", id=person.id)


def _grant(
    session: Session, person_id: int, role: str, form: RoleForm, home: Point | None, *, by: Who, now: Now
) -> None:
    people.grant(
        session,
        person_id,
        role,
        now=now,
        by=by.person_id,
        restaurant_id=form.restaurant_id if role == "restaurant" else None,
        vehicle=(form.vehicle or VEHICLES[0]) if role == "rider" else None,
        home=home if role == "rider" else None,
    )


@router.get("/{person_id}")
def one(request: Request, who: Desk, session: Reading, person_id: int) -> Response:
    """One person: what we know of them, and their roles."""
    person = people.get(session, person_id)
    grants = session.exec(
        select(RoleGrant).where(RoleGrant.person_id == person_id, col(RoleGrant.ended_at).is_(None))
    ).all()
    names = {row.id: row.name for row in session.exec(select(Restaurant)).all()}
    return pages.render(
        request,
        "desk/person.html",
        person=person,
        grants=grants,
        restaurant_names=names,
        roles=ROLES,
        vehicles=VEHICLES,
        restaurants=open_restaurants(session),
        may_touch=_may_touch(session, who, person_id),
        rider=next((grant for grant in grants if grant.role == "rider"), None),
    )


@router.post("/{person_id}/change")
def change(
    request: Request,
    who: Desk,
    session: Writing,
    person_id: int,
    name: Annotated[str | None, Form(max_length=80)] = None,
    phone: Annotated[str | None, Form(max_length=40)] = None,
    language: Annotated[str | None, Form(max_length=5)] = None,
    no_phone: Annotated[bool, Form()] = False,
) -> Response:
    """Change a name, a number or a language; what is not sent stays."""
    person = people.get(session, person_id)
    _check_touch(session, who, person_id)
    number = forms.phone(access.program(request), phone) if phone else person.phone
    people.change(
        session,
        person_id,
        name=person.name if name is None else name,
        phone=None if no_phone else number,
        language=language or person.language,
    )
    return pages.said(request, f"/desk/people/{person_id}", id=person_id)


@router.post("/{person_id}/end")
def end(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    person_id: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """End somebody's access, by name and in writing."""
    people.get(session, person_id)
    _check_touch(session, who, person_id)
    overrides.end_access(session, person_id, by=who.person_id, reason=reason, now=now)
    return pages.said(request, f"/desk/people/{person_id}", id=person_id)


@router.post("/{person_id}/roles")
def give(
    request: Request, who: Desk, now: Now, person_id: int, form: Annotated[RoleForm, Form()]
) -> Response:
    """Give a role, or change what a rider rides and where they start."""
    _may_give(who, form.role)
    program = access.program(request)
    home = form.home(program) if form.role == "rider" else None
    with program.database.writing() as session:
        _grant(session, person_id, form.role, form, home, by=who, now=now)
        planning.wanted(session, now=now)
    program.nudge()
    return pages.said(request, f"/desk/people/{person_id}", id=person_id)


@router.post("/{person_id}/skills")
def skills(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    person_id: int,
    skills: Annotated[list[str], Form()] = [],  # noqa: B006 - read as a form's field, never kept
) -> Response:
    """What a rider may carry beyond the ordinary: exactly what is ticked."""
    held = people.rider_grant(session, person_id)
    if held is None:
        raise BadInput("Only a rider has skills: give this person the role rider first.")
    people.grant(session, person_id, "rider", now=now, by=who.person_id, vehicle=held.vehicle, skills=skills)
    planning.wanted(session, now=now)
    return pages.said(request, f"/desk/people/{person_id}", id=person_id)


@router.post("/{person_id}/roles/withdraw")
def withdraw(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    person_id: int,
    role: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Take a role back, with a written reason."""
    _may_give(who, role)
    people.get(session, person_id)
    overrides.take_role(session, person_id, role, by=who.person_id, reason=reason, now=now)
    return pages.said(request, f"/desk/people/{person_id}", id=person_id)


def _may_give(who: Who, role: str) -> None:
    if role in ABOVE_THE_DESK and "administrator" not in who.roles:
        raise NotAllowed(f"Only an administrator gives or takes the role {role}.")


def _may_touch(session: Session, who: Who, person_id: int) -> bool:
    held = people.roles(session, person_id)[0]
    return "administrator" in who.roles or person_id == who.person_id or not held & ABOVE_THE_DESK


def _check_touch(session: Session, who: Who, person_id: int) -> None:
    # A number changed by another is a way in: the next sign-in link would go there.
    if not _may_touch(session, who, person_id):
        raise NotAllowed(
            "Only an administrator changes or ends this person: they have a role above the desk."
        )
