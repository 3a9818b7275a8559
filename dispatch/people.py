"""People: who they are, what they may do, how they sign in."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers
from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import events
from dispatch.errors import BadInput, BadPhone, LinkSpent, NotFound, PhoneTaken, TooMany
from dispatch.facts import LANGUAGES, ROLES, SKILLS, VEHICLES, Point
from dispatch.tables import Person, Restaurant, RoleGrant, SignInAttempt, SignInLink, Visit, known

LINK_LIFE = timedelta(minutes=15)
VISIT_LIFE = timedelta(days=14)
ATTEMPTS_WINDOW = timedelta(hours=1)
ATTEMPTS_A_PHONE = 5
ATTEMPTS_AN_ADDRESS = 20
_DRAMA = range(447700900000, 447700901000)  # Ofcom keeps these numbers for drama


@dataclass(frozen=True, slots=True)
class Who:
    """A person as access checks need them."""

    person_id: int
    name: str
    language: str
    roles: frozenset[str]
    restaurants: frozenset[int]
    visit_id: int


def phone(text: str, *, drama: bool) -> str:
    """A mobile number in E.164, read as a British one when no country is given; BadPhone if it cannot be texted.

    Numbers kept for drama count only where `drama` says so (a demo).
    """
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException as bad:
        raise BadPhone from bad
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if int(written[1:]) in _DRAMA:
        if not drama:
            raise BadPhone("That number is kept for drama and reaches nobody: give a real mobile number.")
        return written
    kind = phonenumbers.number_type(number)
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if not phonenumbers.is_valid_number(number) or kind not in mobile:
        raise BadPhone
    return written


def add(
    session: Session,
    *,
    name: str,
    phone: str | None,
    language: str = "en",
    now: datetime,
) -> Person:
    """Take a person in. `phone` is E.164 (see `phone`); PhoneTaken if another active person has it."""
    if not name.strip():
        raise BadInput("A person needs a name.")
    if language not in LANGUAGES:
        raise BadInput(f"Pannier speaks {', '.join(LANGUAGES)}; you asked for {language!r}.")
    if phone and by_phone(session, phone):
        raise PhoneTaken
    person = Person(name=name.strip(), phone=phone, language=language, created_at=now)
    session.add(person)
    session.flush()
    return person


def change(session: Session, person_id: int, *, name: str, phone: str | None, language: str) -> Person:
    """Change a person's name, number or language."""
    person = get(session, person_id)
    holder = by_phone(session, phone) if phone else None
    if holder and holder.id != person_id:
        raise PhoneTaken
    if not name.strip() or language not in LANGUAGES:
        raise BadInput("A person needs a name and one of our languages.")
    if person.phone != phone:
        person.unreachable_at = None
    person.name, person.phone, person.language = name.strip(), phone, language
    session.add(person)
    session.flush()
    return person


def speak(session: Session, person_id: int, language: str) -> Person:
    """A person chooses the language of their texts; BadInput for one we do not speak."""
    if language not in LANGUAGES:
        raise BadInput("Pannier speaks {languages}; choose one of them.", languages=", ".join(LANGUAGES))
    person = get(session, person_id)
    person.language = language
    session.add(person)
    session.flush()
    return person


def end(session: Session, person_id: int, *, by: int, reason: str, now: datetime) -> Person:
    """A named person ends somebody's access, in writing; their roles and visits end with it."""
    if not reason.strip():
        raise BadInput("Write down why: no access ends without a reason.")
    person = get(session, person_id)
    if person.ended_at is None:
        person.ended_at, person.ended_by, person.ended_reason = now, by, reason.strip()
        session.add(person)
        for grant in _grants(session, person_id):
            _end_grant(session, grant, by=by, reason=reason, now=now)
        end_visits(session, person_id, now=now)
    return person


def grant(
    session: Session,
    person_id: int,
    role: str,
    *,
    now: datetime,
    by: int | None,
    restaurant_id: int | None = None,
    vehicle: str | None = None,
    home: Point | None = None,
    skills: Sequence[str] | None = None,
) -> RoleGrant:
    """Give a person a role; giving it again only updates a rider's vehicle, starting place and skills.

    `skills` are words of facts.SKILLS; None leaves those there are.
    """
    if role not in ROLES:
        raise BadInput(f"There is no role {role!r}: the roles are {', '.join(ROLES)}.")
    if (role == "restaurant") != (restaurant_id is not None):
        raise BadInput("The role restaurant goes with a restaurant, and no other role does.")
    if role == "rider" and vehicle not in VEHICLES:
        raise BadInput(f"A rider needs a vehicle: {' or '.join(VEHICLES)}.")
    if unknown := [word for word in skills or () if word not in SKILLS]:
        raise BadInput(f"A rider's skills are {', '.join(SKILLS)}; you wrote {', '.join(unknown)}.")
    get(session, person_id)
    if restaurant_id is not None and session.get(Restaurant, restaurant_id) is None:
        raise NotFound(f"There is no restaurant {restaurant_id}.")
    for held in _grants(session, person_id):
        if held.role == role and held.restaurant_id == restaurant_id:
            break
    else:
        held = RoleGrant(
            person_id=person_id, role=role, restaurant_id=restaurant_id, granted_at=now, granted_by=by
        )
    if role == "rider":
        held.vehicle = vehicle
        if skills is not None:
            held.skills = [word for word in SKILLS if word in skills]
        if home is not None:
            held.home_lat, held.home_lon = home.lat, home.lon
    session.add(held)
    session.flush()
    return held


def withdraw(session: Session, person_id: int, role: str, *, by: int, reason: str, now: datetime) -> None:
    """A named person takes a role back, in writing."""
    if not reason.strip():
        raise BadInput("Write down why: no role is taken back without a reason.")
    for held in _grants(session, person_id):
        if held.role == role:
            _end_grant(session, held, by=by, reason=reason, now=now)


def _end_grant(session: Session, held: RoleGrant, *, by: int, reason: str, now: datetime) -> None:
    held.ended_at, held.ended_by, held.ended_reason = now, by, reason.strip()
    session.add(held)


def get(session: Session, person_id: int) -> Person:
    """The person by that id; NotFound if there is none."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("There is nobody by that number here.")
    return person


def by_phone(session: Session, phone: str) -> Person | None:
    """The active person with this E.164 number."""
    return session.exec(select(Person).where(Person.phone == phone, col(Person.ended_at).is_(None))).first()


def last_with(session: Session, phone: str) -> Person | None:
    """Who had this number last, of those whose access has ended."""
    query = select(Person).where(Person.phone == phone, col(Person.ended_at).is_not(None))
    return session.exec(query.order_by(col(Person.ended_at).desc()).limit(1)).first()


def with_role(session: Session, role: str) -> Sequence[Person]:
    """Active people with this role, by name."""
    return session.exec(
        select(Person)
        .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
        .where(RoleGrant.role == role, col(RoleGrant.ended_at).is_(None), col(Person.ended_at).is_(None))
        .order_by(col(Person.name), col(Person.id))
        .distinct()
    ).all()


def of_restaurant(session: Session, restaurant_id: int) -> list[int]:
    """Who speaks for a restaurant and has a phone."""
    rows = session.exec(
        select(Person)
        .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
        .where(
            RoleGrant.restaurant_id == restaurant_id,
            col(RoleGrant.ended_at).is_(None),
            col(Person.ended_at).is_(None),
            col(Person.phone).is_not(None),
        )
        .order_by(col(Person.id))
    ).all()
    return [known(person.id) for person in rows]


def rider_grant(session: Session, person_id: int) -> RoleGrant | None:
    """A rider's own grant: their vehicle and where they usually start."""
    return next((g for g in _grants(session, person_id) if g.role == "rider"), None)


def skills(session: Session, person_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """What each of these riders may carry beyond the ordinary; riders without are left out."""
    rows = session.exec(
        select(RoleGrant).where(
            RoleGrant.role == "rider",
            col(RoleGrant.ended_at).is_(None),
            col(RoleGrant.person_id).in_(person_ids),
        )
    ).all()
    return {grant.person_id: frozenset(grant.skills) for grant in rows if grant.skills}


def roles(session: Session, person_id: int) -> tuple[frozenset[str], frozenset[int]]:
    """The roles a person has now, and the restaurants they speak for."""
    held = _grants(session, person_id)
    return (
        frozenset(g.role for g in held),
        frozenset(g.restaurant_id for g in held if g.restaurant_id is not None),
    )


def _grants(session: Session, person_id: int) -> Sequence[RoleGrant]:
    return session.exec(
        select(RoleGrant)
        .where(RoleGrant.person_id == person_id, col(RoleGrant.ended_at).is_(None))
        .order_by(col(RoleGrant.id))
    ).all()


def mark_unreachable(session: Session, person_id: int, *, now: datetime) -> None:
    """Texts no longer reach this person: they get no offers until they do again."""
    person = get(session, person_id)
    if person.unreachable_at is None:
        person.unreachable_at = now
        session.add(person)


def mark_reachable(session: Session, person_id: int) -> None:
    """A text from this person shows that texts reach them."""
    person = get(session, person_id)
    if person.unreachable_at is not None:
        person.unreachable_at = None
        session.add(person)


# Signing in ------------------------------------------------------------------------------------------------


def sign_in_token(secret: bytes, link: SignInLink) -> str:
    """The token of a sign-in link: 192 bits derived from the install's secret, so that it is never stored."""
    what = f"sign-in:{link.id}:{link.person_id}:{link.nonce}"
    digest = hmac.new(secret, what.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def ask_link(
    session: Session, phone: str | None, address: str, *, secret: bytes, now: datetime
) -> int | None:
    """Somebody at a network address asks for a link to be texted to this number.

    Returns the link's id, or None for an unknown number: the caller answers both alike. TooMany past the
    limits for the number or the address; the try itself is kept only as keyed hashes.
    """
    phone_hash = hmac.new(secret, f"phone:{phone}".encode(), hashlib.sha256).hexdigest()
    count_attempt(session, phone_hash, address, secret=secret, now=now)
    person = by_phone(session, phone) if phone else None
    if person is None or person.id is None or not roles(session, person.id)[0]:
        return None
    link = new_link(session, person.id, secret=secret, now=now)
    events.write(session, "sign_in", now=now, person_id=person.id, link_id=known(link.id))
    return known(link.id)


def new_link(session: Session, person_id: int, *, secret: bytes, now: datetime) -> SignInLink:
    """A fresh one-time link for this person; its token follows from the link and the install's secret."""
    link = SignInLink(
        person_id=person_id,
        nonce=secrets.token_hex(16),
        token_hash=secrets.token_hex(32),
        asked_at=now,
        expires_at=now + LINK_LIFE,
    )
    session.add(link)
    session.flush()
    link.token_hash = _hashed(sign_in_token(secret, link))
    session.add(link)
    session.flush()
    return link


def count_attempt(session: Session, phone_hash: str, address: str, *, secret: bytes, now: datetime) -> None:
    """Count a try against its phone and its address; TooMany when either has had enough this hour."""
    address_hash = hmac.new(secret, f"address:{address}".encode(), hashlib.sha256).hexdigest()
    since = now - ATTEMPTS_WINDOW
    for column, value, most in (
        (SignInAttempt.phone_hash, phone_hash, ATTEMPTS_A_PHONE),
        (SignInAttempt.address_hash, address_hash, ATTEMPTS_AN_ADDRESS),
    ):
        tried = session.exec(
            select(func.count()).select_from(SignInAttempt).where(column == value, SignInAttempt.at > since)
        ).one()
        if tried >= most:
            raise TooMany
    session.add(SignInAttempt(at=now, phone_hash=phone_hash, address_hash=address_hash))
    session.flush()


def open_link(session: Session, token: str, *, now: datetime) -> SignInLink:
    """The link behind a token, still good; LinkSpent if used, too old, or none of ours."""
    link = session.exec(select(SignInLink).where(SignInLink.token_hash == _hashed(token))).first()
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise LinkSpent
    return link


def use_link(session: Session, token: str, *, now: datetime) -> str:
    """Spend a link and start a visit; the answer is the visit's own secret, kept only as a hash."""
    link = open_link(session, token, now=now)
    if get(session, link.person_id).ended_at is not None:
        raise LinkSpent
    link.used_at = now
    session.add(link)
    return start_visit(session, link.person_id, now=now)


def start_visit(session: Session, person_id: int, *, now: datetime) -> str:
    """Start a visit for this person; the answer is its secret."""
    token = secrets.token_urlsafe(32)
    session.add(
        Visit(person_id=person_id, token_hash=_hashed(token), started_at=now, expires_at=now + VISIT_LIFE)
    )
    session.flush()
    return token


def who(session: Session, visit_token: str, *, now: datetime) -> Who | None:
    """Who is behind a visit's secret, if it is still good."""
    visit = session.exec(select(Visit).where(Visit.token_hash == _hashed(visit_token))).first()
    if visit is None or visit.id is None or visit.ended_at is not None or visit.expires_at <= now:
        return None
    person = get(session, visit.person_id)
    if person.ended_at is not None:
        return None
    held, restaurants = roles(session, visit.person_id)
    return Who(visit.person_id, person.name, person.language, held, restaurants, visit.id)


def end_visits(session: Session, person_id: int, *, now: datetime, only: int | None = None) -> None:
    """End one visit of a person, or all of them."""
    query = select(Visit).where(Visit.person_id == person_id, col(Visit.ended_at).is_(None))
    for visit in session.exec(query if only is None else query.where(Visit.id == only)).all():
        visit.ended_at = now
        session.add(visit)
