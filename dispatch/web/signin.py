"""Signing in by a texted link, signing out, and where each person goes first."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from dispatch import people
from dispatch.errors import BadPhone
from dispatch.facts import Say
from dispatch.people import VISIT_LIFE, Who
from dispatch.web import access, pages, tongues
from dispatch.web.access import Now, Program, Reading, SignedIn, Writing

NEXT = "pannier_next"  # where a person wanted to go when they were asked to sign in

router = APIRouter(dependencies=[Depends(access.ours)], include_in_schema=False)
public = [Depends(access.public)]

HOMES = (
    ("dispatcher", "/desk"),
    ("administrator", "/desk"),
    ("rider", "/my"),
    ("restaurant", "/restaurant"),
    ("treasurer", "/desk/money"),
    ("member", "/my/shares"),
)


@router.get("/", dependencies=public)
def front(request: Request) -> Response:
    """Each goes to the page they came for."""
    who = access.visitor(request)
    return RedirectResponse(home(who) if who else "/sign-in", 303)


def home(who: Who) -> str:
    """The first page of a person with these roles."""
    return next((path for role, path in HOMES if role in who.roles), "/me")


def local(path: str | None) -> str | None:
    """A path of this site as it is, or None for anything that could lead elsewhere."""
    if not path or not path.startswith("/") or path.startswith("//"):
        return None
    # Browsers read a backslash as a slash, and drop tabs and line ends before they look.
    return None if any(c == "\\" or ord(c) < 33 or ord(c) == 127 for c in path) else path


@router.get("/sign-in", dependencies=public)
def form(request: Request, next: str = "") -> Response:
    """Ask for a phone number."""
    if pages.for_program(request):
        return JSONResponse({"csrf": access.csrf(request)})
    return pages.render(request, "sign_in.html", sent=False, next=local(next) or "")


@router.post("/sign-in", dependencies=public)
def ask(
    request: Request,
    now: Now,
    phone: Annotated[str, Form(max_length=80)] = "",
    next: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Text a link, if the number is ours; the answer is the same if it is not."""
    program = access.program(request)
    number = _number(program, phone)
    with program.database.writing() as session:
        people.ask_link(session, number, access.address_of(request), secret=program.secret, now=now)
    program.nudge()
    if pages.for_program(request):
        return JSONResponse({"ok": True})
    answer = pages.render(request, "sign_in.html", sent=True, next="")
    wanted = local(next)
    if wanted:
        _keep(program, answer, NEXT, wanted, seconds=15 * 60)
    return answer


def _number(program: Program, phone: str) -> str:
    """The number as we keep it; a badly written one stands for itself, so that it too is counted and unknown."""
    try:
        return people.phone(phone, drama=program.sandbox)
    except BadPhone:
        return f"unread:{phone}"


@router.api_route("/sign-in/{token}", methods=["GET", "HEAD"], dependencies=public)
def link(request: Request, session: Reading, now: Now, token: str, next: str = "") -> Response:
    """Show the button that signs in. Looking spends nothing: phones and mail programs look at links too."""
    asked = people.open_link(session, token, now=now)
    tongues.answer_in(
        request, people.get(session, asked.person_id).language
    )  # as the text was that it came in
    if pages.for_program(request):
        return JSONResponse({"csrf": access.csrf(request)})
    return pages.render(request, "sign_in_link.html", token=token, next=local(next) or "")


@router.post("/sign-in/{token}", dependencies=public)
def enter(
    request: Request,
    session: Writing,
    now: Now,
    token: str,
    next: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Spend the link and start a visit."""
    visit = people.use_link(session, token, now=now)
    to = local(next) or local(request.cookies.get(NEXT)) or "/"
    return entered(request, visit, to, now=now)


def entered(request: Request, visit: str, to: str, *, now: datetime) -> Response:
    """Send somebody on with the cookie of a new visit."""
    answer = pages.said(request, to)
    program = access.program(request)
    _keep(program, answer, access.COOKIE, visit, seconds=int(VISIT_LIFE.total_seconds()))
    answer.delete_cookie(NEXT, path="/")
    return answer


def _keep(program: Program, answer: Response, name: str, value: str, *, seconds: int) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=not access.loopback(urlsplit(program.settings.url).hostname or ""),
    )


@router.post("/sign-out")
def leave(request: Request, who: SignedIn, session: Writing, now: Now) -> Response:
    """End this visit."""
    people.end_visits(session, who.person_id, now=now, only=who.visit_id)
    answer = pages.said(request, "/sign-in")
    answer.delete_cookie(access.COOKIE, path="/")
    answer.headers["clear-site-data"] = '"storage"'  # a page kept on the phone, and what waits there, go too
    return answer


@router.get("/me")
def me(request: Request, who: SignedIn) -> Response:
    """Who I am here, and the token my forms carry."""
    if pages.for_program(request):
        return JSONResponse(
            {
                "person_id": who.person_id,
                "name": who.name,
                "roles": sorted(who.roles),
                "restaurants": sorted(who.restaurants),
                "csrf": access.csrf(request),
            },
            headers={"cache-control": "no-store"},
        )
    roles = _roles(pages.speaker(request))
    return pages.render(request, "me.html", roles=[roles[role] for role in sorted(who.roles)])


@router.post("/me/language")
def language(
    request: Request,
    who: SignedIn,
    session: Writing,
    language: Annotated[str, Form(max_length=5)] = "",
    next: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """The language of my texts and pages, whoever I am here."""
    people.speak(session, who.person_id, language)
    return pages.said(request, local(next) or "/me")


def _roles(say: Say) -> dict[str, str]:
    return {
        "administrator": say("administrator"),
        "dispatcher": say("dispatcher"),
        "member": say("member"),
        "restaurant": say("restaurant"),
        "rider": say("rider"),
        "secretary": say("secretary"),
        "treasurer": say("treasurer"),
    }
