"""What the carrier says became of a text: kept once, whatever the order it comes in, and never back from delivered."""

from datetime import datetime

from sqlmodel import Session, col, select

from dispatch import attention, offers, people
from dispatch.tables import known
from riders_app import senders
from riders_app.outbox.codes import meaning
from riders_app.tables import Text, TextNews

_ARRIVED = ("delivered", "read")
_LOST = ("undelivered", "failed", "canceled")
_TOO_LATE = "30036"  # the validity period ran out in the carrier's queue: nothing wrong with the phone


def news(session: Session, *, vendor_id: str, status: str, error: str | None, now: datetime) -> bool:
    """Keep one piece of news and act on it; False when it was known. It may come before we know the id it is of."""
    held = session.exec(
        select(TextNews).where(TextNews.vendor_id == vendor_id, TextNews.status == status)
    ).first()
    if held is not None:
        return False
    session.add(TextNews(vendor_id=vendor_id, status=status, error=error, at=now))
    session.flush()
    text = session.exec(select(Text).where(Text.vendor_id == vendor_id)).first()
    if text is not None:
        _act(session, text, status, error, now=now)
    return True


def catch_up(session: Session, text: Text, *, now: datetime) -> None:
    """Act on news of a text that came before its id was known to us."""
    early = session.exec(
        select(TextNews).where(TextNews.vendor_id == text.vendor_id).order_by(col(TextNews.id))
    ).all()
    for told in early:
        _act(session, text, told.status, told.error, now=now)


def _act(session: Session, text: Text, status: str, error: str | None, *, now: datetime) -> None:
    if text.state == "delivered":
        return
    text.told_at = now
    if status in _ARRIVED:
        text.state, text.error = "delivered", None
        if text.person_id is not None and _shows_reach(session, text):
            people.mark_reachable(session, text.person_id)
            attention.settle(
                session, f"unreachable:{text.person_id}", now=now, note="A text reached them again."
            )
    elif status in _LOST and text.state == "sent":
        text.error = f"the carrier says {status}" + (f", error {error}" if error else "")
        if error == _TOO_LATE:
            text.state = "expired"
        else:
            text.state = "undelivered" if status == "undelivered" else "failed"
            unreachable(session, text, text.error, now=now)
    session.add(text)
    session.flush()


def _shows_reach(session: Session, text: Text) -> bool:
    """Whether a text that arrived shows that texts reach its person: not one from before they opted out."""
    out_at = senders.opted_out_at(session, people.get(session, known(text.person_id)))
    return out_at is None or (text.sent_at is not None and text.sent_at > out_at)


def unreachable(session: Session, text: Text, why: str, *, now: datetime) -> None:
    """A text did not reach its phone: no more offers for a rider until one does, and a person is told."""
    why = meaning(why)
    if text.person_id is not None:
        people.mark_unreachable(session, text.person_id, now=now)
        offers.unreached(session, text.person_id, now=now)
        key, words = f"unreachable:{text.person_id}", f"Texts do not reach this person ({why}): phone them."
    elif text.attention_id is not None:
        key, words = "on-duty-phone", f"The on-duty phone does not get our texts ({why}): check its number."
    else:
        key, words = f"customer:{text.order_id}", f"The customer's text did not arrive ({why})."
    attention.raise_(
        session, "unreachable", key, words, now=now, person_id=text.person_id, order_id=text.order_id
    )
