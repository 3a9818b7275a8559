"""What a rider does on the road beside the plain steps: say nobody came, prove a delivery."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import FileResponse, Response

from dispatch import deliveries, failures, orders, proofs
from dispatch.errors import BadInput, NotFound
from dispatch.facts import Marked
from dispatch.proofs import Shown
from dispatch.tables import known
from dispatch.web import access
from dispatch.web.access import Desk, Now, Reading, Rider, Writing
from riders_app import photos, taps
from riders_app.web import rider
from riders_app.web.rider import Letters, Number, Pressed, Words

router = APIRouter(dependencies=[Depends(access.ours)], include_in_schema=False)


@router.post("/my/fail")
def fail(
    request: Request,
    who: Rider,
    session: Writing,
    now: Now,
    pressed: Pressed,
    number: Number = None,
    letters: Letters = "",
    words: Words = "",
) -> Response:
    """Nobody takes it: the desk decides what becomes of the food."""
    named = tuple(c for c in letters.upper() if c.isalpha())

    def act(at: datetime | None) -> Marked:
        mine = taps.meant(session, who.person_id, number, pressed)
        said = f"{words} (at {rider.local(session, at, now)})".strip() if at else words
        return failures.report(session, who.person_id, mine, letters=named, words=said, now=now)

    return rider.counted(request, who, session, now, pressed, "Could not deliver", act)


# The one route that takes more than a form: a picture, and its form around it.
@router.post("/my/proved", max_body_size=photos.LARGEST + 64 * 1024)
def proved(
    request: Request,
    who: Rider,
    now: Now,
    pressed: Pressed,
    number: Number = None,
    letters: Letters = "",
    code: Annotated[str, Form(max_length=10)] = "",
    name: Annotated[str, Form(max_length=60)] = "",
    reason: Words = "",
    photo: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Delivered, with its proof: a code, a name, a photo, or the reason there is none."""
    program = access.program(request)
    named = tuple(c for c in letters.upper() if c.isalpha())
    shown, fault = None, None
    try:
        shown = _shown(program, code.strip(), name.strip(), reason.strip(), photo)
    except BadInput as unfit:  # a press like any other: written down, and put before a person if it waited
        fault = unfit
    kept = False
    try:
        with program.database.writing() as session:

            def act(at: datetime | None) -> Marked:
                if fault is not None:
                    raise fault
                mine = taps.meant(session, who.person_id, number, pressed)
                when = taps.since_taken(session, pressed, at)
                return deliveries.done(
                    session, who.person_id, mine, letters=named, proof=shown, at=when, now=now
                )

            answer = rider.counted(request, who, session, now, pressed, "Delivered", act)
            kept = shown is None or shown.kind != "photo" or proofs.names(session, shown.value)
    finally:
        if not kept and shown is not None and shown.kind == "photo":  # it could not count, or came twice
            photos.drop(program.settings.data, shown.value)
    program.nudge()
    return answer


def _shown(
    program: access.Program, code: str, name: str, reason: str, photo: UploadFile | None
) -> Shown | None:
    """The best that was given; a picture is written down before any transaction is open."""
    picture = photo.file.read(photos.LARGEST + 1) if photo is not None and photo.filename else b""
    if picture:
        return Shown("photo", photos.save(program.settings.data, picture))
    if code:
        if not (len(code) == 4 and code.isdigit()):
            raise BadInput("Code: its four digits, please.")
        return Shown("pin", code)
    if name:
        return Shown("name", name)
    return Shown("missing", reason) if reason else None


@router.get("/desk/orders/{public_id}/photo")
def photo_of(request: Request, who: Desk, session: Reading, public_id: str) -> Response:
    """The photo of where an order was left, while it is kept."""
    order = orders.get(session, public_id)
    proof = proofs.of(session, known(order.id))
    path = photos.find(access.program(request).settings.data, proof.photo if proof is not None else "")
    if path is None:
        raise NotFound("There is no photo of that delivery, or it has been forgotten.")
    return FileResponse(path, headers={"cache-control": "no-store", "x-content-type-options": "nosniff"})
