"""Who may come in: sessions for the database, the role a route needs, keys, and forms that are really ours.

Every route names its access by exactly one of `public`, `Needs(...)`, `keyed` or (in the people channel) `signed`.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Protocol, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlmodel import Session

from dispatch import people, places
from dispatch.errors import DispatchError, NotAllowed, filled
from dispatch.people import Who
from dispatch.places import Geocoder
from dispatch.tables import Restaurant

COOKIE = "pannier"


class SignInNeeded(DispatchError):
    """Sign in first: ask for a link to be texted to you."""


class NotForYou(NotAllowed):
    """This page is for others."""

    def __init__(self, roles: Iterable[str] = ()) -> None:
        self.roles = tuple(sorted(roles))
        super().__init__("This page is for: {roles}.", roles=", ".join(self.roles))

    def told(self, say: Callable[[str], str]) -> str:
        """The same, the roles said in that language too."""
        return filled(say(self.says), {"roles": ", ".join(map(say, self.roles))})


class BadKey(DispatchError):
    """Send your restaurant's key as 'Authorization: Bearer pk_...'."""


class FormTooOld(DispatchError):
    """This page was open too long, or was not ours: go back, reload it and try again."""


class _Database(Protocol):
    def reading(self) -> AbstractContextManager[Session]: ...

    def writing(self) -> AbstractContextManager[Session]: ...


class _Clock(Protocol):
    def now(self) -> datetime: ...


class _Settings(Protocol):
    @property
    def url(self) -> str: ...

    @property
    def on_duty_phone(self) -> str | None: ...

    @property
    def data(self) -> Path: ...


class Program(Protocol):
    """What pages need of the program they run in."""

    @property
    def database(self) -> _Database: ...

    @property
    def clock(self) -> _Clock: ...

    @property
    def settings(self) -> _Settings: ...

    @property
    def geocoder(self) -> Geocoder: ...

    @property
    def secret(self) -> bytes: ...

    @property
    def sandbox(self) -> bool: ...

    def nudge(self) -> None: ...


def program(request: Request) -> Program:
    """The program this request runs in."""
    return cast(Program, request.app.state.program)


def instant(request: Request) -> datetime:
    """Now, by the program's clock."""
    return program(request).clock.now()


def reading(request: Request) -> Iterator[Session]:
    """A session that only looks."""
    with program(request).database.reading() as session:
        yield session


def writing(request: Request) -> Iterator[Session]:
    """One transaction for the request: committed before the answer leaves, then the jobs are nudged."""
    with program(request).database.writing() as session:
        yield session
    program(request).nudge()


# Scope "function": without it the code after yield runs once the answer is out, and a failed commit still says 200.
Reading = Annotated[Session, Depends(reading, scope="function")]
Writing = Annotated[Session, Depends(writing, scope="function")]
Now = Annotated[datetime, Depends(instant)]


class Access:
    """What a route asks of who calls it; `words` is how documents and tests call it."""

    words: str = ""


class _Public(Access):
    words = "public"

    def __call__(self) -> None:
        return None


public = _Public()


class Needs(Access):
    """A signed-in person with at least one of these roles."""

    def __init__(self, *roles: str) -> None:
        self.roles = frozenset(roles)
        self.words = "|".join(sorted(roles))

    def __call__(self, request: Request) -> Who:
        who = visitor(request)
        if who is None:
            raise SignInNeeded
        if not who.roles & self.roles:
            raise NotForYou(self.roles)
        return who


signed_in = Needs("rider", "dispatcher", "treasurer", "secretary", "restaurant", "member", "administrator")
desk = Needs("dispatcher", "administrator")
treasurer = Needs("treasurer", "administrator")
administrator = Needs("administrator")
at_restaurant = Needs("restaurant")
rider = Needs("rider")
member = Needs("member", "rider")


def visitor(request: Request) -> Who | None:
    """Who is behind the cookie of this request, looked up once."""
    if not hasattr(request.state, "who"):
        token = request.cookies.get(COOKIE)
        found = None
        if token:
            with program(request).database.reading() as session:
                found = people.who(session, token, now=instant(request))
        request.state.who = found
    return cast(Who | None, request.state.who)


class _Keyed(Access):
    words = "restaurant key"

    def __call__(self, request: Request) -> Restaurant:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and key:
            with program(request).database.reading() as session:
                restaurant = places.by_key(session, key.strip())
            if restaurant is not None:
                return restaurant
        raise BadKey


keyed = _Keyed()

Desk = Annotated[Who, Depends(desk)]
Treasurer = Annotated[Who, Depends(treasurer)]
Administrator = Annotated[Who, Depends(administrator)]
AtRestaurant = Annotated[Who, Depends(at_restaurant)]
Rider = Annotated[Who, Depends(rider)]
Member = Annotated[Who, Depends(member)]
SignedIn = Annotated[Who, Depends(signed_in)]
Keyed = Annotated[Restaurant, Depends(keyed)]


def csrf(request: Request) -> str:
    """The token every form of this visit carries."""
    token = request.cookies.get(COOKIE, "")
    return hmac.new(program(request).secret, f"form:{token}".encode(), hashlib.sha256).hexdigest()


async def ours(request: Request) -> None:
    """A form must come from our own page and carry its visit's token: FormTooOld if it does not."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if _from_elsewhere(request):
        raise FormTooOld
    form = await request.form()
    sent: Any = form.get("csrf", "")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), csrf(request).encode()):
        raise FormTooOld


def _from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site sent this: before anyone signed in, the token alone is no proof."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    ours_at = {urlsplit(program(request).settings.url).netloc, request.headers.get("host", "")}
    return origin is not None and urlsplit(origin).netloc not in ours_at


def loopback(host: str) -> bool:
    """Whether only this machine can reach that host."""
    return host in ("localhost", "::1") or host.startswith("127.")


def address_of(request: Request) -> str:
    """The network address of the caller, for rate limits only."""
    return request.client.host if request.client else ""
