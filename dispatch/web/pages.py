"""Pages: one template environment, money and times as people read them, and who reads HTML."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from dispatch.errors import filled
from dispatch.facts import LANGUAGES
from dispatch.web import access
from dispatch.web.money_sections import SECTIONS

HERE = Path(__file__).parent
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}


def environment(folders: Iterable[Path]) -> jinja2.Environment:
    """The templates of these folders, first come first served; every value is escaped."""
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(money=money, hm=hm, day=day, hours=hours)
    made.globals["money_sections"] = SECTIONS
    made.globals["languages"] = LANGUAGES
    return made


Speak = Callable[..., str]
"""A language and a message in English, with its facts by name: the message in that language, its facts put in.

The app is given one that knows catalogues.
"""


def _english(_language: str, message: str, **facts: object) -> str:
    return message.format(**facts) if facts else message


def money(minor: int, currency: str = "GBP") -> str:
    """Minor units as people write them: -£12.05."""
    sign = "-" if minor < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{symbol}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def hm(at: datetime | None) -> str:
    """A local time: 18:05."""
    return at.strftime("%H:%M") if at else ""


def day(at: datetime | None) -> str:
    """A local date: Fri 20 Nov."""
    return at.strftime("%a %-d %b") if at else ""


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
    """A page of the one look: who is signed in, `say` for words in their language, the token its forms carry."""
    made: jinja2.Environment = request.app.state.templates
    who = access.visitor(request)
    body = made.get_template(template).render(
        who=who,
        say=speaker(request),
        tongue=tongue(request),
        csrf=access.csrf(request),
        path=request.url.path,
        status=status,
        sandbox=access.program(request).sandbox,
        **facts,
    )
    return HTMLResponse(body, status, headers={"cache-control": "no-store"})


def refusal(request: Request, says: str, facts: Mapping[str, object]) -> str:
    """Why something did not work: on a rider's own pages in their language, where it has the words; else in English."""
    return filled(speaker(request)(says), facts)


def speaker(request: Request) -> Callable[..., str]:
    """What speaks on this page: riders' own pages in their language, every other in English."""
    speak: Speak = getattr(request.app.state, "speak", _english)
    return partial(speak, tongue(request))


def tongue(request: Request) -> str:
    """The language of this page."""
    who = access.visitor(request)
    return who.language if who is not None and request.url.path.startswith("/my") else "en"


def said(request: Request, to: str, **facts: Any) -> Response:
    """A form was carried out: facts for a program, the next page for a person."""
    if for_program(request):
        return JSONResponse({"ok": True, **facts})
    return RedirectResponse(to, 303)
