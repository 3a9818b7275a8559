"""Commands about people, restaurants and books, for whoever keeps the co-op running."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from dispatch import overrides, people, places, retention
from dispatch.errors import BadInput
from dispatch.facts import ROLES, Point
from dispatch.tables import known
from infra import founding, rounds
from infra.cli.root import opened, out, say
from infra.program import Program
from payments import books, checks
from riders_app import outbox

commands = typer.Typer()
people_app = typer.Typer(help="People: add, list, end.", no_args_is_help=True)
restaurants_app = typer.Typer(help="Restaurants: add, list, end, a new key.", no_args_is_help=True)
riders_app_ = typer.Typer(help="Riders: add, list, end.", no_args_is_help=True)
commands.add_typer(people_app, name="people")
commands.add_typer(restaurants_app, name="restaurants")
commands.add_typer(riders_app_, name="riders")

Name = Annotated[str, typer.Option(help="Their name.")]
Phone = Annotated[str, typer.Option(help="A mobile number, such as 07700 900123.")]
Reason = Annotated[str, typer.Option(help="Why, in writing: it is kept.")]
By = Annotated[str, typer.Option(help="The phone of the administrator who decides this.")]
Home = Annotated[str, typer.Option(help="Where their shifts start: LAT,LON or an address.")]


def _point(program: Program, text: str) -> Point:
    """A point written as LAT,LON, or the place an address is found at."""
    parts = text.split(",")
    try:
        if len(parts) == 2:
            lat, lon = float(parts[0]), float(parts[1])
            if not (-90 <= lat <= 90 and -180 <= lon <= 180):
                raise BadInput("A point is LAT,LON in degrees, such as 51.5687,-0.1103.")
            return Point(lat, lon)
    except ValueError:
        pass  # an address with one comma
    point: Point = program.geocoder.find(text).point
    return point


def _administrator(program: Program, phone: str) -> int:
    """The administrator with this number: only they end anything."""
    person_id = _who(program, phone)
    with program.database.reading() as session:
        if "administrator" not in people.roles(session, person_id)[0]:
            raise BadInput("Only an administrator decides that: --by takes an administrator's number.")
    return person_id


def _who(program: Program, phone: str) -> int:
    with program.database.reading() as session:
        person = people.by_phone(session, people.phone(phone, drama=program.sandbox))
    if person is None:
        raise BadInput(f"Nobody here has the number {phone}.")
    return known(person.id)


@commands.command("sign-in-link")
def sign_in_link(phone: Phone) -> None:
    """Print a one-time sign-in link: for the first sign-in, or when texts do not work."""
    with opened() as program:
        person_id = _who(program, phone)
        with program.database.writing() as session:
            address = founding.sign_in_address(
                session,
                person_id,
                secret=program.secret,
                public_url=program.settings.url,
                now=program.clock.now(),
            )
        say(address)


@commands.command("check-books")
def check_books() -> None:
    """Prove the books: every finding, or none, and the trial balance. Exit code 1 when anything is wrong."""
    with opened() as program, program.database.reading() as session:
        seen = checks.look(session, now=program.clock.now(), full=True)
        table = Table("account", "unit", "balance", title="Trial balance")
        for line in books.trial_balance(session):
            table.add_row(line.account, line.unit, f"{line.balance:,}")
        out.print(table)
        for finding in seen.findings:
            out.print(f"{finding.rule}: {finding.message}", style="red", markup=False)
    with opened() as program, program.database.writing() as session:
        checks.keep(session, seen, now=program.clock.now())
    if seen.findings:
        raise typer.Exit(1)
    say("The books are in order: every entry balances, the chain is whole, nothing is overdrawn.")


@commands.command("rebuild-balances")
def rebuild_balances() -> None:
    """Add up every account anew from its entries, and say which were kept otherwise; entries are not touched."""
    with opened() as program, program.database.writing() as session:
        changed = books.sums.rebuild(session)
        for account, unit in changed:
            out.print(f"{account} ({unit}) was not what its entries make it, and is now.", markup=False)
        if not changed:
            say("Every balance is what its entries make it.")


@commands.command("forget-due")
def forget_due() -> None:
    """Blank personal data past its days (the server does it by itself, every day)."""
    with opened() as program, program.database.writing() as session:
        now = program.clock.now()
        count = retention.forget_due(session, now=now, limit=100_000)
        texts = outbox.forget(session, before=retention.texts_before(session, now=now))
        kept = retention.photos_kept(session)
    photos = rounds.sweep(program, kept)
    say(f"Blanked the contacts of {count} orders and the words of {texts} texts; {photos} photos are gone.")


@people_app.command("add")
def people_add(
    name: Name,
    phone: Phone,
    role: Annotated[list[str], typer.Option(help=f"One or more of: {', '.join(ROLES)}.")],
    restaurant: Annotated[int | None, typer.Option(help="For the role restaurant: its number.")] = None,
) -> None:
    """Take a person in, with their roles (riders: `pannier riders add`)."""
    with opened() as program, program.database.writing() as session:
        now = program.clock.now()
        number = people.phone(phone, drama=program.sandbox)
        person = people.by_phone(session, number) or people.add(session, name=name, phone=number, now=now)
        for one in role:
            people.grant(
                session,
                known(person.id),
                one,
                now=now,
                by=None,
                restaurant_id=restaurant if one == "restaurant" else None,
            )
        say(f"{person.name} is person {person.id}.")


@people_app.command("list")
def people_list() -> None:
    """Everyone with a role."""
    with opened() as program, program.database.reading() as session:
        table = Table("number", "name", "phone", "roles")
        seen: set[int] = set()
        for role in ROLES:
            for person in people.with_role(session, role):
                if known(person.id) not in seen:
                    seen.add(known(person.id))
                    held = ", ".join(sorted(people.roles(session, known(person.id))[0]))
                    table.add_row(str(person.id), person.name, person.phone or "", held)
        out.print(table)


@people_app.command("end")
def people_end(phone: Phone, reason: Reason, by: By) -> None:
    """End a person's access: a named administrator, a written reason."""
    with opened() as program:
        person_id, admin = _who(program, phone), _administrator(program, by)
        with program.database.writing() as session:
            overrides.end_access(session, person_id, by=admin, reason=reason, now=program.clock.now())
        say("Their access has ended; their pay and their shares stay.")


@riders_app_.command("add")
def riders_add(
    name: Name,
    phone: Phone,
    home: Home,
    vehicle: Annotated[str, typer.Option(help="bike or cargo.")] = "bike",
) -> None:
    """Take a rider in, with their vehicle and usual starting place."""
    with opened() as program:
        where = _point(program, home)
        with program.database.writing() as session:
            now = program.clock.now()
            number = people.phone(phone, drama=program.sandbox)
            person = people.by_phone(session, number) or people.add(session, name=name, phone=number, now=now)
            people.grant(session, known(person.id), "rider", now=now, by=None, vehicle=vehicle, home=where)
        say(f"{person.name} rides as person {person.id}.")


@riders_app_.command("list")
def riders_list() -> None:
    """Every rider and their vehicle."""
    with opened() as program, program.database.reading() as session:
        table = Table("number", "name", "phone", "vehicle")
        for person in people.with_role(session, "rider"):
            grant = people.rider_grant(session, known(person.id))
            table.add_row(str(person.id), person.name, person.phone or "", (grant and grant.vehicle) or "")
        out.print(table)


@riders_app_.command("end")
def riders_end(phone: Phone, reason: Reason, by: By) -> None:
    """Take the role rider back; their other roles stay. `pannier people end` ends a person's access."""
    with opened() as program:
        person_id = _who(program, phone)
        admin = _administrator(program, by)
        with program.database.writing() as session:
            if people.rider_grant(session, person_id) is None:
                raise BadInput(f"{phone} is not a rider's number.")
            now = program.clock.now()
            overrides.take_role(session, person_id, "rider", by=admin, reason=reason, now=now)
        say("They ride no more; their pay, their shares and their other roles stay.")


@restaurants_app.command("add")
def restaurants_add(
    name: Name,
    address: Annotated[str, typer.Option(help="Where riders collect.")],
    at: Annotated[str | None, typer.Option(help="LAT,LON, where the address cannot be found.")] = None,
    phone: Annotated[str | None, typer.Option(help="Its number.")] = None,
    opens: Annotated[str, typer.Option(help="HH:MM, every day.")] = "12:00",
    closes: Annotated[str, typer.Option(help="HH:MM; before `opens` means after midnight.")] = "23:00",
) -> None:
    """Take a restaurant in and print its key, which is shown this once."""
    with opened() as program:
        where = _point(program, at or address)
        first, last = _minute(opens), _minute(closes)
        hours = [(day, first, last if last > first else last + 1440) for day in range(7)]
        with program.database.writing() as session:
            now = program.clock.now()
            zone = places.zone_of(books.in_force(session, at=now)[1], where)
            if zone is None:
                raise BadInput("That place is in none of the co-op's zones: give another point with --at.")
            made = places.add(
                session, name=name, phone=phone, address=address, point=where, zone=zone, hours=hours, now=now
            )
            key = places.issue_key(session, known(made.id), by=None, now=now)
        say(f"{made.name} is restaurant {made.id}. Its key, shown only now:")
        say(key)


def _minute(text: str) -> int:
    try:
        at = datetime.strptime(text, "%H:%M").replace(tzinfo=UTC)
    except ValueError as bad:
        raise BadInput(f"{text!r} is no time of day: write it like 18:30.") from bad
    return at.hour * 60 + at.minute


@restaurants_app.command("list")
def restaurants_list() -> None:
    """Every restaurant."""
    with opened() as program, program.database.reading() as session:
        table = Table("number", "name", "address", "zone")
        for one in places.listed(session):
            table.add_row(str(one.id), one.name, one.address, one.zone)
        out.print(table)


@restaurants_app.command("key")
def restaurants_key(number: Annotated[int, typer.Argument(help="The restaurant's number.")]) -> None:
    """Print a new key; those it had stop at once."""
    with opened() as program, program.database.writing() as session:
        now = program.clock.now()
        places.revoke_keys(session, number, now=now)
        key = places.issue_key(session, number, by=None, now=now)
    say(key)


@restaurants_app.command("end")
def restaurants_end(
    number: Annotated[int, typer.Argument(help="The restaurant's number.")], reason: Reason, by: By
) -> None:
    """A restaurant leaves: its keys stop, its orders and books stay."""
    with opened() as program:
        admin = _administrator(program, by)
        with program.database.writing() as session:
            places.end(session, number, by=admin, reason=reason, now=program.clock.now())
        say("Its keys have stopped.")
