"""Pages: one template environment, money and times as people read them, and who reads HTML."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2.runtime import Context

from dispatch.facts import LANGUAGES, Say, english
from dispatch.web import access, tongues
from dispatch.web.money_sections import SECTIONS

HERE = Path(__file__).parent


def environment(folders: Iterable[Path]) -> jinja2.Environment:
    """The templates of these folders, first come first served; every value is escaped."""
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(money=_money, hm=hm, day=_day, date=_date, hours=hours, decimal=_decimal)
    made.globals["money_sections"] = SECTIONS
    made.globals["languages"] = LANGUAGES
    return made


Speak = Callable[..., str]
"""A language and a message in English, with its facts by name: the message in that language, its facts put in.

The app is given one that knows catalogues.
"""


def _english(_language: str, message: str, **facts: object) -> str:
    return english(message, **facts)


@jinja2.pass_context
def _money(page: Context, minor: int, currency: str = "GBP") -> str:
    return tongues.money(minor, currency, page.get("tongue", tongues.ENGLISH))


@jinja2.pass_context
def _day(page: Context, at: date | None) -> str:
    return tongues.day(at, page.get("tongue", tongues.ENGLISH))


@jinja2.pass_context
def _date(page: Context, on: date | None) -> str:
    return tongues.whole_date(on, page.get("tongue", tongues.ENGLISH))


@jinja2.pass_context
def _decimal(page: Context, value: float, places: int | None = None) -> str:
    return tongues.decimal(value, places, page.get("tongue", tongues.ENGLISH))


def hm(at: datetime | None) -> str:
    """A local time: 18:05."""
    return at.strftime("%H:%M") if at else ""


def hours(minutes: int) -> str:
    """Minutes as hours and minutes: 4 h 05."""
    return f"{minutes // 60} h {minutes % 60:02d}"


def for_program(request: Request) -> bool:
    """Whether the caller wants JSON rather than a page."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith(("/v1/", "/hooks/")) or (
        "application/json" in accept and "text/html" not in accept
    )


def render(request: Request, template: str, *, status: int = 200, **facts: Any) -> Response:
    """A page of the one look: who is signed in, `say` for words in its language, the token its forms carry."""
    made: jinja2.Environment = request.app.state.templates
    language = tongues.of(request)
    body = made.get_template(template).render(
        who=access.visitor(request),
        say=speaker(request),
        tongue=language,
        lang=tongues.tag(language),
        csrf=access.csrf(request),
        path=request.url.path,
        status=status,
        sandbox=access.program(request).sandbox,
        **facts,
    )
    return HTMLResponse(body, status, headers={"cache-control": "no-store"})


def speaker(request: Request) -> Say:
    """What speaks on this page, in its language."""
    return spoken(request, tongues.of(request))


def spoken(request: Request, language: str) -> Say:
    """What speaks this language."""
    speak: Speak = getattr(request.app.state, "speak", _english)
    return partial(speak, language)


def said(request: Request, to: str, **facts: Any) -> Response:
    """A form was carried out: facts for a program, the next page for a person."""
    if for_program(request):
        return JSONResponse({"ok": True, **facts})
    return RedirectResponse(to, 303)
