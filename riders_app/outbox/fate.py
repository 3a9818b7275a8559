"""What became of texts, in words a dispatcher can act on: one text's way, and why a phone hears nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch import breaks, people, planning, shifts
from dispatch.tables import Person, known
from riders_app import senders
from riders_app.outbox.codes import STATUSES, meaning
from riders_app.tables import WAITING, Text, TextNews

_SILENT_FOR = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a text."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Fate:
    """A text with its way so far; `ended` says in words what came of it."""

    text: Text
    steps: tuple[Step, ...]
    ended: str


def log(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    person_id: int | None = None,
    state: str | None = None,
) -> list[Fate]:
    """The texts made in `since` <= at < `until`, newest first, each with everything the carrier told of it."""
    query = select(Text).where(Text.created_at >= since, Text.created_at < until)
    if person_id is not None:
        query = query.where(Text.person_id == person_id)
    if state == "trouble":
        query = query.where(col(Text.state).in_(("failed", "undelivered", "expired")))
    elif state:
        query = query.where(Text.state == state)
    rows = session.exec(query.order_by(col(Text.id).desc()).limit(_SHOWN)).all()
    told: dict[str, list[TextNews]] = {}
    ids = [row.vendor_id for row in rows if row.vendor_id]
    for piece in session.exec(
        select(TextNews).where(col(TextNews.vendor_id).in_(ids)).order_by(col(TextNews.id))
    ).all():
        told.setdefault(piece.vendor_id, []).append(piece)
    return [_fate(row, told.get(row.vendor_id or "", [])) for row in rows]


def _fate(row: Text, told: list[TextNews]) -> Fate:
    steps = [Step(row.created_at, "written")]
    if row.claimed_at is not None:
        steps.append(Step(row.claimed_at, "tried" if row.tries == 1 else f"tried, {row.tries} times in all"))
    if row.sent_at is not None:
        steps.append(Step(row.sent_at, "taken by the carrier"))
    for piece in told:
        code = f": {meaning(piece.error)}" if piece.error else ""
        told_of = STATUSES.get(piece.status, piece.status)
        steps.append(Step(piece.at, f"the carrier says: {told_of}{code}"))
    return Fate(row, tuple(sorted(steps, key=lambda step: step.at)), _ended(row))


def _ended(row: Text) -> str:
    if row.state == "queued":
        return f"waits: {meaning(row.error)}" if row.error else "waits to be sent"
    if row.state == "sending":
        return "being sent, or its answer was lost: the carrier is asked before it is sent again"
    if row.state == "sent":
        return "taken by the carrier; nothing heard of it since"
    if row.state == "delivered":
        return "on the phone"
    return f"{row.state}: {meaning(row.error) or 'no reason was given'}"


def why_nothing(session: Session, person_id: int, *, now: datetime, sends: bool, hook: str) -> list[str]:
    """Why this person hears nothing from us, the likeliest reason first; never empty.

    `sends`: whether there is a way to send texts at all; `hook` is where the carrier brings us its news ("": the
    pretend carrier of a demo, which in calm weather brings none).
    """
    person = people.get(session, person_id)
    found: list[str] = []
    if person.phone is None:
        found.append("We have no phone number for them: add one on their page.")
    if not sends:
        found.append("No text leaves this install: it has no Twilio keys (docs/settings.md).")
    found += _unreachable(session, person, now)
    last = session.exec(
        select(Text).where(Text.person_id == person_id).order_by(col(Text.id).desc()).limit(1)
    ).first()
    if last is None:
        found.append("Nothing was ever written to them.")
    else:
        found += _last(session, last, now, hook)
    found += _no_offers(session, person_id, now)
    return found or [
        f"Our texts reach this phone: the last one, {_ago(last, now)}, is on it.{_but(session, last, now)}"
    ]


def _but(session: Session, last: Text | None, now: datetime) -> str:
    """Texts before the last one of which nothing was told: they overtake each other, and one may be lost."""
    if last is None:
        return ""
    count = session.exec(
        select(func.count())
        .select_from(Text)
        .where(Text.person_id == last.person_id, Text.state == "sent", col(Text.sent_at) > now - _HOUR)
    ).one()
    texts = "one text" if count == 1 else f"{count} texts"
    return f" But {texts} of the last hour may not have come: look below." if count else ""


def _unreachable(session: Session, person: Person, now: datetime) -> list[str]:
    if person.unreachable_at is None:
        return []
    out_at = senders.opted_out_at(session, person)
    if out_at is not None:
        return [
            "This phone has stopped all our texts, by STOP, END, QUIT, CANCEL or UNSUBSCRIBE"
            f" {_since(out_at, now)}. Phone them: only START, texted from it, brings our texts back."
        ]
    lost = session.exec(
        select(Text)
        .where(Text.person_id == person.id, col(Text.state).in_(("undelivered", "failed")))
        .order_by(col(Text.id).desc())
        .limit(1)
    ).first()
    reason = f": {meaning(lost.error)}" if lost is not None and lost.error else ""
    return [f"The last texts did not reach this phone{reason}. Phone them; any text of theirs ends this."]


def _last(session: Session, last: Text, now: datetime, hook: str) -> list[str]:
    if last.state in WAITING:
        waiting = session.exec(
            select(func.count()).select_from(Text).where(col(Text.state).in_(WAITING))
        ).one()
        alone = "the only one" if waiting == 1 else f"one of {waiting}"
        why = f" The carrier said: {meaning(last.error)}." if last.error else ""
        again_s = max(0, int((last.due_at - now).total_seconds()))
        return [
            f"The last text to them, written {_since(last.created_at, now)}, still waits, {alone} that does;"
            f" it is tried again within {again_s} seconds.{why}"
        ]
    if last.state in ("failed", "undelivered", "expired"):
        return [f"The last text to them, {_ago(last, now)}, did not arrive: {meaning(last.error)}."]
    return _on_its_way(session, last, now, hook) if last.state == "sent" else []


def _on_its_way(session: Session, last: Text, now: datetime, hook: str) -> list[str]:
    """A text the carrier took, of which it has not told whether it is on the phone."""
    took = f"The carrier took the last text {_ago(last, now)}"
    if now - (last.sent_at or last.created_at) <= _SILENT_FOR:
        return [f"{took}; whether it is on the phone is not told yet."]
    if not _any_news(session, now):
        if not hook:
            return [
                f"{took}. In calm weather the sandbox tells no more than that: its phones show what arrived."
            ]
        return [f"{took}, but tells us nothing of any text: it must be able to reach {hook}."]
    sent = session.exec(
        select(TextNews.id).where(TextNews.vendor_id == last.vendor_id, TextNews.status == "sent")
    ).first()
    way = " and handed it to their network" if sent is not None else ""
    return [f"{took}{way}, and has not said that it is on the phone: phone them if it matters."]


def _any_news(session: Session, now: datetime) -> bool:
    return session.exec(select(TextNews.id).where(TextNews.at >= now - _HOUR).limit(1)).first() is not None


def _no_offers(session: Session, person_id: int, now: datetime) -> list[str]:
    if "rider" not in people.roles(session, person_id)[0]:
        return []
    shift = shifts.current(session, person_id)
    if shift is None:
        return ["They are not on shift, so they get no jobs: ON starts a planned shift."]
    rests = breaks.of(session, [known(shift.id)])
    if any(rest.starts_at <= now < rest.ends_at for rest in rests):
        return ["They are on their break, so they get no jobs until it is over."]
    if shift.off_asked_at is not None:
        return ["They said OFF, so they get no further jobs."]
    if shift.silences >= planning.SILENCES:
        return [
            f"{shift.silences} offers in a row went unanswered: no more are sent until they text anything."
        ]
    return []


def _ago(text: Text | None, now: datetime) -> str:
    return "none yet" if text is None else _since(text.sent_at or text.created_at, now)


def _since(at: datetime, now: datetime) -> str:
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    return (
        f"{minutes} minute{'s' if minutes > 1 else ''} ago" if minutes < 120 else f"{minutes // 60} hours ago"
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """What a time's texts came to: texts that left, their segments, and millionths of each currency told so far."""

    texts: int
    segments: int
    told: dict[str, int]
    untold_segments: int


def cost(session: Session, *, since: datetime, until: datetime) -> Cost:
    """What the texts that left in `since` <= at < `until` cost."""
    rows = session.exec(
        select(Text.price_unit, func.count(), func.sum(Text.segments), func.sum(Text.price_micro))
        .where(col(Text.sent_at) >= since, col(Text.sent_at) < until)
        .group_by(col(Text.price_unit))
    ).all()
    told = {str(unit): int(micro or 0) for unit, _, _, micro in rows if unit}
    return Cost(
        texts=sum(count for _, count, _, _ in rows),
        segments=sum(int(segments or 0) for _, _, segments, _ in rows),
        told=told,
        untold_segments=sum(int(segments or 0) for unit, _, segments, _ in rows if not unit),
    )


def person_of(session: Session, text: Text) -> str:
    """Whose phone a text is for, by name; a customer is only called that."""
    return "a customer" if text.person_id is None else people.get(session, known(text.person_id)).name
