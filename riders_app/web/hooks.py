"""Where the carrier calls us: verified against our public address, stored once, answered at once, acted on after."""

from collections.abc import Mapping
from typing import Annotated, cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from starlette.datastructures import ImmutableMultiDict

from dispatch.web.access import Access
from riders_app import inbox, outbox
from riders_app.gateways import SMS_HOOK, STATUS_HOOK, Program

router = APIRouter(include_in_schema=False)
SIGNATURE = "X-Twilio-Signature"
_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


def program_of(request: Request) -> Program:
    """The program this request runs in."""
    return cast(Program, request.app.state.program)


def public_address(request: Request, program: Program) -> str:
    """The address the carrier called and signed: ours to the public, not the one behind a proxy."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{program.settings.url}{request.url.path}{query}"


class _Signed(Access):
    """A form posted and signed by the carrier; the fields as they came, untrimmed."""

    words = "signed by the carrier"

    async def __call__(self, request: Request) -> dict[str, str]:
        program = program_of(request)
        form = await request.form()
        sent = ImmutableMultiDict(
            [(name, said) for name, said in form.multi_items() if isinstance(said, str)]
        )
        signature = request.headers.get(SIGNATURE, "")
        address = public_address(request, program)
        if program.gateway is None or not program.gateway.verify(address, sent, signature):
            raise HTTPException(403, "This call was not signed by our carrier.")
        return dict(sent)


signed = _Signed()
Signed = Annotated[dict[str, str], Depends(signed)]


def _words(params: Mapping[str, str]) -> str:
    """What was texted; of a picture without words, that it was one, so that whoever looks knows."""
    body = params.get("Body", "")
    pictures = params.get("NumMedia", "0").strip() not in ("", "0")
    return "[picture]" if pictures and not body.strip() else body


def receive(program: Program, params: Mapping[str, str]) -> bool:
    """Keep a verified text that came in; whether it is new."""
    with program.database.writing() as session:
        new = inbox.store(
            session,
            vendor_id=params["MessageSid"],
            phone=params["From"],
            body=_words(params),
            our_number=params.get("To") or None,
            now=program.clock.now(),
        )
    program.nudge()
    return new


@router.post(SMS_HOOK)
def sms(params: Signed, request: Request) -> Response:
    """A text came in. The answer to it goes out as a text of its own."""
    if not params.get("MessageSid") or not params.get("From"):
        raise HTTPException(422, "A text needs MessageSid and From.")
    receive(program_of(request), params)
    return Response(_NOTHING_TO_SAY, media_type="text/xml")


@router.post(STATUS_HOOK)
def status(params: Signed, request: Request) -> Response:
    """What became of a text of ours."""
    vendor_id = params.get("MessageSid") or params.get("SmsSid")
    told = params.get("MessageStatus") or params.get("SmsStatus")
    if not vendor_id or not told:
        raise HTTPException(422, "News of a text needs MessageSid and MessageStatus.")
    program = program_of(request)
    with program.database.writing() as session:
        outbox.news(
            session,
            vendor_id=vendor_id,
            status=told,
            error=params.get("ErrorCode") or None,
            now=program.clock.now(),
        )
    return Response(_NOTHING_TO_SAY, media_type="text/xml")
