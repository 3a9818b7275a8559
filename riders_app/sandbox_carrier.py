"""What the pretend carrier does when its time comes: texts land, texts come in, news of texts is told.

`run` is the job; in calm weather, and wherever texts are real, there is nothing for it to do.
"""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from dispatch.tables import known
from riders_app import inbox, outbox
from riders_app.gateways import SMS_HOOK, STATUS_HOOK, Program
from riders_app.tables import SandboxPost, SandboxText

_ROUND = 50
CALLS = "calls"  # among a post's fields: how often the carrier has called with it, this time counted
CALLS_AGAIN = timedelta(seconds=15)
MOST_CALLS = 3
_NEXT = select(func.min(SandboxPost.due_at)).where(col(SandboxPost.done_at).is_(None))


def next_due(session: Session, _now: datetime) -> datetime | None:
    """When the pretend carrier next has something to do."""
    return session.connection().scalar(_NEXT)


def run(program: Program, now: datetime) -> bool:
    """Do what is due, each in its own transaction; whether there was anything."""
    with program.database.reading() as session:
        due = session.exec(
            select(SandboxPost.id)
            .where(SandboxPost.due_at <= now, col(SandboxPost.done_at).is_(None))
            .order_by(col(SandboxPost.due_at), col(SandboxPost.id))
            .limit(_ROUND)
        ).all()
    for post_id in due:
        try:
            with program.database.writing() as session:
                post = session.get(SandboxPost, post_id)
                if post is not None and post.done_at is None:
                    _ACTS[post.what](program, session, post, now)
                    if _stumbles(session, post):
                        raise _Stumbled
                    post.done_at = now
                    session.add(post)
        except _Stumbled:
            _call_again(program, known(post_id), now)
    if due:
        program.nudge()
    return bool(due)


class _Stumbled(Exception):
    """We answer 500: nothing of the call is kept."""


def _stumbles(session: Session, post: SandboxPost) -> bool:
    """Whether this call of the carrier's fails on our side; it calls a few times, and the last is always heard."""
    from riders_app.gateways.sandbox import weather_of  # Twilio's library takes a while to load

    calls, sky = int(post.params.get(CALLS, 1)), weather_of(session)
    said = f"{post.vendor_id}:{post.what}:{post.params.get('MessageStatus', '')}:{calls}"
    return post.what != "land" and calls < MOST_CALLS and sky.befalls(said, "stumbled", sky.stumbled)


def _call_again(program: Program, post_id: int, now: datetime) -> None:
    with program.database.writing() as session:
        post = session.exec(select(SandboxPost).where(SandboxPost.id == post_id)).one()
        post.params = {**post.params, CALLS: int(post.params.get(CALLS, 1)) + 1}
        post.due_at = now + CALLS_AGAIN
        session.add(post)


def _land(_program: Program, session: Session, post: SandboxPost, now: datetime) -> None:
    """The text is on the phone; one that came twice has the carrier's id once."""
    first = post.params["key"]
    session.add(
        SandboxText(
            phone=post.phone,
            direction="in",
            body=post.params["Body"],
            at=now,
            vendor_id=post.vendor_id if first else f"{post.vendor_id}:{post.id}",
            key=first or None,
        )
    )


def _bring(program: Program, session: Session, post: SandboxPost, now: datetime) -> None:
    """A typed text reaches us, signed as the carrier signs it."""
    params = {name: str(value) for name, value in post.params.items() if name != CALLS}
    _signed(program, SMS_HOOK, params)
    inbox.store(
        session,
        vendor_id=params["MessageSid"],
        phone=params["From"],
        body=params["Body"],
        our_number=params["To"],
        now=now,
    )


def _news(program: Program, session: Session, post: SandboxPost, now: datetime) -> None:
    """News of a text of ours."""
    params = {name: str(value) for name, value in post.params.items() if name != CALLS}
    _signed(program, STATUS_HOOK, params)
    outbox.news(
        session,
        vendor_id=post.vendor_id,
        status=params["MessageStatus"],
        error=params["ErrorCode"] or None,
        now=now,
    )


def _signed(program: Program, hook: str, params: dict[str, str]) -> None:
    from riders_app.gateways.sandbox import SandboxGateway  # Twilio's library takes a while to load

    gateway = program.gateway
    if not isinstance(gateway, SandboxGateway):
        raise TypeError("Only the sandbox has a pretend carrier.")
    address = program.settings.url + hook
    if not gateway.verify(address, params, gateway.signed(address, params)):
        raise ValueError("The pretend carrier signs what it brings.")


_ACTS = {"land": _land, "bring": _bring, "news": _news}
