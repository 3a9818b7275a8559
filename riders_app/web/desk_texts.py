"""The desk's texts: write to one rider or to all on shift, and read what they wrote."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import events, people, shifts
from dispatch.errors import BadInput
from dispatch.tables import DeskNote, Person, known
from dispatch.web import access, forms, pages
from dispatch.web.access import Desk, Now, Reading, Writing
from riders_app.tables import InboundText, Text
from riders_app.web import desk_delivery
from riders_app.web.hooks import program_of
from riders_app.wording.gsm import ONE_SEGMENT, fold, septets

router = APIRouter(prefix="/desk/texts", dependencies=[Depends(access.ours)], include_in_schema=False)

LONGEST = 154  # letters of a note: one segment less "Desk: "
BACK = timedelta(days=7)
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a thread."""

    theirs: bool
    body: str
    at: datetime
    state: str


@router.get("")
def texts(request: Request, who: Desk, session: Reading, now: Now, person_id: int | None = None) -> Response:
    """Threads by who wrote last, and one of them open."""
    zone = forms.zone(session, now)
    if pages.for_program(request) and person_id is not None:
        told = [asdict(line) | {"at": line.at.isoformat()} for line in _thread(session, person_id, zone)]
        return JSONResponse({"lines": told}, headers={"cache-control": "no-store"})
    threads = _threads(session, zone, now)
    on_shift = [people.get(session, shift.person_id) for shift in shifts.on_now(session)]
    strangers = session.exec(
        select(InboundText)
        .where(col(InboundText.person_id).is_(None), InboundText.received_at >= now - BACK)
        .order_by(col(InboundText.id).desc())
        .limit(20)
    ).all()
    return pages.render(
        request,
        "desk/texts.html",
        threads=threads,
        on_shift=on_shift,
        person=people.get(session, person_id) if person_id is not None else None,
        lines=_thread(session, person_id, zone) if person_id is not None else [],
        strangers=[(row, row.received_at.astimezone(zone)) for row in strangers],
        longest=LONGEST,
        cost_words=desk_delivery.tonight(session, program_of(request), now),
        newest=session.exec(select(func.max(DeskNote.id))).one() or 0,
    )


def _threads(session: Session, zone: ZoneInfo, now: datetime) -> list[tuple[Person, str, datetime]]:
    """People who wrote or are on shift, whoever wrote last first."""
    last: dict[int, tuple[datetime, str]] = {}
    for shift in shifts.on_now(session):
        last[shift.person_id] = (shift.started_at or shift.planned_start_at, "")
    query = (
        select(InboundText)
        .where(col(InboundText.person_id).is_not(None), InboundText.received_at >= now - BACK)
        .order_by(col(InboundText.id))
    )
    for row in session.exec(query).all():
        last[row.person_id or 0] = (row.received_at, row.body)
    ordered = sorted(last.items(), key=lambda item: item[1][0], reverse=True)
    return [(people.get(session, i), body, at.astimezone(zone)) for i, (at, body) in ordered]


def _thread(session: Session, person_id: int, zone: ZoneInfo) -> list[Line]:
    """One person's last texts both ways, oldest first. A sign-in link is named, never shown."""
    ours = session.exec(
        select(Text).where(Text.person_id == person_id).order_by(col(Text.id).desc()).limit(SHOWN)
    ).all()
    theirs = session.exec(
        select(InboundText)
        .where(InboundText.person_id == person_id)
        .order_by(col(InboundText.id).desc())
        .limit(SHOWN)
    ).all()
    lines = [Line(True, row.body, row.received_at.astimezone(zone), row.state) for row in theirs]
    lines += [
        Line(False, row.body or "(a sign-in link)", row.created_at.astimezone(zone), row.state)
        for row in ours
    ]
    return sorted(lines, key=lambda line: line.at)[-SHOWN:]


@router.post("")
def send(
    request: Request,
    who: Desk,
    session: Writing,
    now: Now,
    to: Annotated[str, Form(max_length=20)] = "",
    body: Annotated[str, Form(max_length=2000)] = "",
    newest: Annotated[int | None, Form()] = None,
) -> Response:
    """Text one person, or every rider on shift.

    `newest` is the newest note when the form was made: whoever got these words since has got them from this form.
    """
    words = body.strip()
    if not words:
        raise BadInput("Text: write something to send.")
    over = septets(f"Desk: {fold(words)}") - ONE_SEGMENT
    if over > 0:
        raise BadInput(f"Text: one text holds {LONGEST} letters: leave out {over}.")
    ids = _to(session, to)
    had = _had(session, who.person_id, words, newest) if newest is not None else set()
    for person_id in (i for i in ids if i not in had):
        note = DeskNote(by_person_id=who.person_id, to_person_id=person_id, body=words, at=now)
        session.add(note)
        session.flush()
        events.write(session, "desk_note", now=now, person_id=person_id, note_id=known(note.id))
    back = f"/desk/texts?person_id={ids[0]}" if to != "on_shift" else "/desk/texts"
    return pages.said(request, back, sent=len(set(ids) - had))


def _had(session: Session, by: int, words: str, newest: int) -> set[int]:
    """Who was sent these words by this person after that note."""
    query = select(DeskNote.to_person_id).where(
        DeskNote.by_person_id == by, DeskNote.body == words, col(DeskNote.id) > newest
    )
    return set(session.exec(query).all())


def _to(session: Session, to: str) -> list[int]:
    if to == "on_shift":
        ids = [shift.person_id for shift in shifts.on_now(session)]
        if not ids:
            raise BadInput("Nobody is on shift.")
        return ids
    if not to.isdigit():
        raise BadInput("To: choose a person, or everyone on shift.")
    person = people.get(session, int(to))
    if person.phone is None or person.ended_at is not None:
        raise BadInput(f"{person.name} has no phone we can text.")
    return [known(person.id)]
