"""The sandbox phones: one page of pretend phones whose texts take the very path real ones do."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import jinja2
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlmodel import Session, col, select

from dispatch import people
from dispatch.errors import BadPhone
from dispatch.tables import Person, known
from dispatch.web.access import Access, loopback
from payments import books
from payments.errors import NoRulebook
from riders_app.gateways import SMS_HOOK, Program
from riders_app.gateways.sandbox import SandboxGateway, set_weather, weather_of
from riders_app.gateways.weather import RATES, Weather
from riders_app.tables import InboundText, SandboxText
from riders_app.web.hooks import program_of, receive

router = APIRouter(include_in_schema=False)
LONGEST = 480  # three segments: more than any rider types
_SHOWN = 40
_MOST = 500
_SWITCHES = (
    ("slow", "Slow: overtaken by later ones"),
    ("doubled", "Come twice, both ways"),
    ("lost", "Lost, both ways"),
    ("garbled", "Mistyped on the way in"),
    ("unanswered", "Taken, but the carrier's answer is lost"),
    ("refused", "Carrier says: try later"),
    ("undelivered", "Phone out of reach"),
    ("news_lost", "News of a text is lost"),
    ("news_doubled", "News of a text comes twice"),
    ("stumbled", "We answer the carrier with an error, and it calls again"),
)
_HERE = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class _Sandbox(Access):
    """Anyone at this machine, in a demo; elsewhere there is no such page."""

    words = "sandbox only"

    def __call__(self, request: Request) -> SandboxGateway:
        program = program_of(request)
        if not program.sandbox or not isinstance(program.gateway, SandboxGateway):
            raise HTTPException(404)
        if not loopback(request.url.hostname or ""):  # a name made to point here by another site
            raise HTTPException(404)
        return program.gateway


sandbox_only = _Sandbox()
Phones = Annotated[SandboxGateway, Depends(sandbox_only)]


@dataclass(frozen=True, slots=True)
class Phone:
    """One pretend phone and its thread, newest first: the page turns it over, so that it opens at its end."""

    number: str
    name: str
    texts: tuple["Line", ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One text on a phone, with the local time it came or went."""

    id: int
    mine: bool
    body: str
    at: datetime


@router.get("/sandbox/phones")
def phones(gateway: Phones, request: Request) -> Response:
    """Every pretend phone with its thread and a box to answer in."""
    program = program_of(request)
    now = program.clock.now()
    with program.database.reading() as session:
        zone = _zone(session, now)
        shown = _phones(session, zone)
        sky = weather_of(session)
    page = _TEMPLATES.get_template("sandbox_phones.html").render(
        phones=shown,
        sky=sky,
        rates=[(name, words, round(100 * getattr(sky, name), 2)) for name, words in _SWITCHES],
        now=now.astimezone(zone),
        longest=LONGEST,
        moves=hasattr(program.clock, "move"),
    )
    return HTMLResponse(page, headers={"cache-control": "no-store"})


def from_here(request: Request) -> None:
    """Only our own page or a program plays with the sandbox: no other site's form may."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "The sandbox is played with on its own page, or by a program.")


async def _typed_body(request: Request) -> str:
    """The body of a form or of JSON, sent by our own page or by a program."""
    from_here(request)
    try:
        sent: Any = await request.json() if _is_json(request) else await request.form()
    except ValueError as bad:
        raise HTTPException(422, "That is not JSON.") from bad
    body = sent.get("body") if hasattr(sent, "get") else None
    if not isinstance(body, str) or len(body) > LONGEST:
        raise HTTPException(422, f"Send a body of at most {LONGEST} characters.")
    return body


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")


@router.post("/sandbox/phones/{phone}/texts")
def type_text(
    phone: str, gateway: Phones, body: Annotated[str, Depends(_typed_body)], request: Request
) -> Response:
    """Somebody types a text on a pretend phone."""
    try:
        number = people.phone(phone, drama=True)
    except BadPhone as bad:
        raise HTTPException(422, bad.message) from bad
    inbound_id = typed(program_of(request), gateway, number, body)
    if _is_json(request):
        return JSONResponse({"id": inbound_id}, 201)
    return RedirectResponse(f"/sandbox/phones#{number}", 303)


def typed(program: Program, gateway: SandboxGateway, phone: str, body: str) -> int:
    """Post what was typed as a carrier would, signature and all; the id of the text that came in.

    In bad weather it comes in later, twice or never: the answer is then 0.
    """
    address = program.settings.url + SMS_HOOK
    params, signature = gateway.typed(phone, body, url=address)
    if not gateway.verify(address, params, signature):
        raise HTTPException(403, "This text was not signed by the sandbox.")
    if gateway.sent_off(params):
        program.nudge()
        return 0
    receive(program, params)
    with program.database.reading() as session:
        kept = session.exec(select(InboundText.id).where(InboundText.vendor_id == params["MessageSid"])).one()
    return known(kept)


async def _sky(request: Request) -> Weather:
    """The weather somebody wants: JSON, or the page's form in percent and seconds."""
    from_here(request)
    try:
        given = dict(await request.json()) if _is_json(request) else await _percent(request)
        return Weather(**given)
    except (TypeError, ValueError) as bad:
        raise HTTPException(422, f"The weather cannot be so: {bad}") from bad


@router.post("/sandbox/weather")
def weather(gateway: Phones, sky: Annotated[Weather, Depends(_sky)], request: Request) -> Response:
    """Set how the pretend carrier treats texts from now on."""
    with program_of(request).database.writing() as session:
        set_weather(session, sky)
    return JSONResponse(sky.kept()) if _is_json(request) else RedirectResponse("/sandbox/phones", 303)


async def _percent(request: Request) -> dict[str, Any]:
    """The form's fields: rates come in percent, a box that is not ticked does not come."""
    form = await request.form()
    given: dict[str, Any] = {"news": "news" in form}
    for name in (*RATES, "delay_s", "slow_s", "seed"):
        text = str(form.get(name, "")).strip()
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            raise HTTPException(422, f"{name}: write a number, such as 5.") from None
        given[name] = value / 100 if name in RATES else int(value) if name == "seed" else value
    return given


@router.get("/sandbox/phones.css")
def looks(_gateway: Phones) -> Response:
    """How the page of phones looks."""
    return FileResponse(_HERE / "static" / "sandbox_phones.css", media_type="text/css")


@router.get("/sandbox/phones/texts")
def texts(gateway: Phones, request: Request, after: int = 0) -> list[dict[str, Any]]:
    """The texts that landed on pretend phones after this id, oldest first."""
    with program_of(request).database.reading() as session:
        return landed(session, after)


def landed(session: Session, after: int, limit: int = _MOST) -> list[dict[str, Any]]:
    """Texts that landed on pretend phones after this id, as plain facts."""
    rows = session.exec(
        select(SandboxText)
        .where(SandboxText.direction == "in", col(SandboxText.id) > after)
        .order_by(col(SandboxText.id))
        .limit(limit)
    ).all()
    return [{"id": r.id, "phone": r.phone, "body": r.body, "at": r.at.isoformat()} for r in rows]


def _phones(session: Session, zone: ZoneInfo) -> list[Phone]:
    """Riders first, then everyone else with a number, then numbers that are nobody's (customers)."""
    threads: defaultdict[str, list[Line]] = defaultdict(list)
    names: dict[str, str] = {}
    riders = people.with_role(session, "rider")
    others = session.exec(
        select(Person).where(col(Person.ended_at).is_(None)).order_by(col(Person.name), col(Person.id))
    ).all()
    for person in (*riders, *others):
        if person.phone:
            names.setdefault(person.phone, person.name)
            threads[person.phone]
    for row in session.exec(select(SandboxText).order_by(col(SandboxText.id).desc()).limit(_MOST * 2)).all():
        if len(threads[row.phone]) < _SHOWN:
            line = Line(known(row.id), row.direction == "out", row.body, row.at.astimezone(zone))
            threads[row.phone].append(line)
    return [Phone(number, names.get(number, "Customer"), tuple(lines)) for number, lines in threads.items()]


def _zone(session: Session, now: datetime) -> ZoneInfo:
    try:
        return ZoneInfo(books.in_force(session, at=now)[1].co_op.timezone)
    except NoRulebook:  # no rulebook yet: an empty demo still has its phones
        return ZoneInfo("UTC")
