"""Each error as a status and a sentence a person can act on: problem+json for programs, a page for people."""

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from dispatch import errors
from dispatch.facts import Say, english
from dispatch.web import access, pages, tongues
from payments import errors as money
from routing.errors import BadProblem

STATUS: dict[type[Exception], int] = {
    errors.DispatchError: 400,
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.BadPhone: 422,
    errors.PhoneTaken: 409,
    errors.BadInput: 422,
    errors.Cautioned: 422,
    errors.AddressNotFound: 422,
    errors.OutOfZone: 422,
    errors.Closed: 422,
    errors.Paused: 503,
    errors.ImpossibleTime: 422,
    errors.ExternalIdTaken: 409,
    errors.KeyReused: 409,
    errors.WrongState: 409,
    errors.Unplanned: 409,
    errors.TooEarly: 409,
    errors.NoSuchJob: 404,
    errors.WhichJob: 409,
    errors.OnlyOffered: 409,
    errors.OfferGone: 409,
    errors.NothingToUndo: 409,
    errors.ProofNeeded: 409,
    errors.ProofWrong: 422,
    errors.NotOnShift: 409,
    errors.LinkSpent: 410,
    errors.TooMany: 429,
    errors.PlanRefused: 500,
    access.SignInNeeded: 401,
    access.BadKey: 401,
    access.FormTooOld: 403,
    access.NotForYou: 403,
    money.NoSuchPayRun: 404,
    money.NoSuchPayout: 404,
    money.NoSuchSettlement: 404,
    money.PayRunRefused: 409,
    money.PayoutRefused: 409,
    money.MoneyFault: 422,
    BadProblem: 500,
}


def _fault(found: dict[str, Any]) -> dict[str, str]:
    """What the library found wrong: which field, and how; of a body that is no JSON, where it stops being any."""
    if found["type"] == "json_invalid":
        why, at = found.get("ctx", {}).get("error", ""), found["loc"][-1]
        return {
            "field": "body",
            "message": f"This is no JSON from character {at} on ({why}): send a JSON object.",
        }
    return {"field": ".".join(str(part) for part in found["loc"][1:]) or "body", "message": found["msg"]}


def _broken(say: Say) -> str:
    return say("Something went wrong on our side; nothing was half-done. Try again, or tell the desk.")


BROKEN = _broken(english)


def _plain(say: Say) -> dict[int, str]:
    """What the framework itself refuses."""
    return {
        404: say("There is no such page."),
        405: say("This page cannot be sent to. Go back, reload and try again."),
        413: say("That is too large to send."),
    }


def status_of(error: Exception) -> int:
    """The status of an error: its own, or its nearest ancestor's."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(status: int, slug: str, title: str, detail: str, **more: Any) -> JSONResponse:
    """An answer in the form of RFC 9457."""
    body = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail, **more}
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def slug(kind: type[Exception]) -> str:
    """An error's name in addresses: OutOfZone is out-of-zone."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in kind.__name__).strip("-")


def answer(request: Request, error: Exception) -> Response:
    """Tell whoever called what went wrong, in the form they read."""
    status = status_of(error)
    if isinstance(error, errors.DispatchError):
        detail = error.told(pages.speaker(request))
    else:
        detail = getattr(error, "message", None) or str(error) or (type(error).__doc__ or "").splitlines()[0]
        detail = pages.speaker(request)(detail)
    if pages.for_program(request):
        title = (type(error).__doc__ or type(error).__name__).strip().splitlines()[0]
        facts = {k: v for k, v in getattr(error, "facts", {}).items() if isinstance(v, str | int)}
        return problem(status, slug(type(error)), title, detail, **facts)
    if isinstance(error, access.SignInNeeded):
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
    return pages.render(request, "error.html", status=status, words=detail)


def broken(request: Request) -> Response:
    """The answer to a fault of ours, of which nobody outside is told more."""
    if pages.for_program(request):
        return problem(500, "fault", "Something went wrong on our side.", BROKEN)
    try:
        return pages.render(request, "error.html", status=500, words=_broken(pages.speaker(request)))
    except Exception:  # the page asks the database who is looking, and that may be what is broken
        return PlainTextResponse(_broken(pages.spoken(request, tongues.browser(request))), 500)


def install(app: FastAPI) -> None:
    """Answer every error of ours, and the framework's, by this table."""

    def ours(request: Request, error: Exception) -> Response:
        return answer(request, error)

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
        faults = [_fault(each) for each in error.errors()]
        words = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
        if tongues.of(request) != tongues.ENGLISH:  # the library that says what is wrong speaks English only
            fields = ", ".join(fault["field"] for fault in faults)
            say = pages.speaker(request)
            words = say("Some of it could not be read: {fields}.", fields=fields)
        if pages.for_program(request):
            return problem(422, "invalid", "Something in what was sent is not right.", words, errors=faults)
        return pages.render(request, "error.html", status=422, words=words)

    def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        if pages.for_program(request):
            return problem(error.status_code, "http", str(error.detail), str(error.detail))
        words = _plain(pages.speaker(request)).get(error.status_code, str(error.detail))
        return pages.render(request, "error.html", status=error.status_code, words=words)

    for kind in (errors.DispatchError, money.MoneyFault, BadProblem):
        app.add_exception_handler(kind, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(OverflowError, lambda request, _: answer(request, errors.NotFound()))
    app.add_exception_handler(HTTPException, plain)
