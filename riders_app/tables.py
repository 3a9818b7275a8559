"""Texts out and in, and the sandbox phones' own log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, Session, SQLModel, select

from dispatch.tables import known
from dispatch.tables.people import moment, one_of

WAITING = ("queued", "sending")
_DUE = text("state IN ('queued', 'sending')")
_NEW = text("state = 'new'")
_UNDONE = text("done_at IS NULL")
_PRICED = text("price_due_at IS NOT NULL")


class Text(SQLModel, table=True):
    """One text on its way to one person, one order's customer, or (about an alarm) the desk's own phone.

    The number is looked up at sending and not copied. A sign-in text keeps no body: it would hold the link.
    """

    __tablename__ = "outbound_text"
    __table_args__ = (
        one_of(
            "state",
            ("queued", "sending", "sent", "delivered", "undelivered", "failed", "expired"),
            "ck_outbound_text_state",
        ),
        CheckConstraint(
            "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN order_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN attention_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="ck_outbound_text_to",
        ),
        CheckConstraint("event_id IS NULL OR in_reply_to IS NULL", name="ck_outbound_text_cause"),
        CheckConstraint("(kind = 'sign_in') = (body IS NULL)", name="ck_outbound_text_body"),
        CheckConstraint("tries >= 0", name="ck_outbound_text_tries"),
        CheckConstraint("state <> 'sending' OR claimed_at IS NOT NULL", name="ck_outbound_text_claimed"),
        CheckConstraint(
            "state NOT IN ('sent', 'delivered', 'undelivered') OR vendor_id IS NOT NULL",
            name="ck_outbound_text_vendor",
        ),
        UniqueConstraint("key", name="uq_outbound_text_key"),
        UniqueConstraint("vendor_id", name="uq_outbound_text_vendor_id"),
        CheckConstraint("segments >= 1", name="ck_outbound_text_segments"),
        CheckConstraint("(price_micro IS NULL) = (price_unit IS NULL)", name="ck_outbound_text_price"),
        Index("ix_outbound_text_due", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_outbound_text_unpriced", "price_due_at", sqlite_where=_PRICED, postgresql_where=_PRICED),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    order_id: int | None = Field(default=None, foreign_key="orders.id", index=True)
    attention_id: int | None = Field(default=None, foreign_key="attention.id")
    event_id: int | None = Field(default=None, foreign_key="event.id", index=True)
    in_reply_to: int | None = Field(default=None, foreign_key="inbound_text.id", index=True)
    kind: str
    body: str | None = None
    state: str = "queued"
    due_at: datetime = Field(sa_column=moment())
    tries: int = 0
    vendor_id: str | None = None
    expires_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    error: str | None = None
    created_at: datetime = Field(sa_column=moment(index=True))
    claimed_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # when first tried
    sent_at: datetime | None = Field(default=None, sa_column=moment(null=True))
    told_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # last news from the carrier
    sender: str | None = None  # our own number it left from, or the carrier's place
    segments: int = 1
    price_micro: int | None = None  # millionths of the unit below, as the carrier reckoned
    price_unit: str | None = None
    price_due_at: datetime | None = Field(default=None, sa_column=moment(null=True))  # when to ask for it


class TextNews(SQLModel, table=True):
    """What the carrier told us of one text, once each; news may come before we know the text's vendor id."""

    __tablename__ = "text_news"
    __table_args__ = (UniqueConstraint("vendor_id", "status", name="uq_text_news"),)

    id: int | None = Field(default=None, primary_key=True)
    vendor_id: str
    status: str
    error: str | None = None
    at: datetime = Field(sa_column=moment(index=True))


class SenderPace(SQLModel, table=True):
    """Until when a number of ours is busy with what it was given: carriers take so many segments a second."""

    __tablename__ = "sender_pace"

    sender: str = Field(primary_key=True)
    free_at: datetime = Field(sa_column=moment())


class InboundText(SQLModel, table=True):
    """One text that reached us, stored once by the carrier's id before anything is done about it."""

    __tablename__ = "inbound_text"
    __table_args__ = (
        one_of("state", ("new", "acted", "unclear", "foreign", "failed"), "ck_inbound_text_state"),
        CheckConstraint("(state = 'new') = (acted_at IS NULL)", name="ck_inbound_text_acted"),
        UniqueConstraint("vendor_id", name="uq_inbound_text_vendor_id"),
        Index("ix_inbound_text_new", "due_at", sqlite_where=_NEW, postgresql_where=_NEW),
    )

    id: int | None = Field(default=None, primary_key=True)
    vendor_id: str
    phone: str = Field(index=True)
    our_number: str | None = None  # the one of ours it was sent to
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    body: str
    received_at: datetime = Field(sa_column=moment(index=True))
    reading: str | None = None
    state: str = "new"
    tries: int = 0
    due_at: datetime = Field(sa_column=moment())
    acted_at: datetime | None = Field(default=None, sa_column=moment(null=True))


class Tap(SQLModel, table=True):
    """One press of a rider's page, known by the key the page made for it: sent twice, it is here once.

    Where it could not count, `error` says why, in the words the rider was told.
    """

    __tablename__ = "tap"
    __table_args__ = (UniqueConstraint("person_id", "key", name="uq_tap_key"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    key: str
    verb: str
    job_id: int | None = Field(default=None, foreign_key="job.id")
    at: datetime = Field(sa_column=moment())  # when it was pressed, as the phone says
    told_at: datetime = Field(sa_column=moment(index=True))
    error: str | None = None


class WrongCode(SQLModel, table=True):
    """A code that was not the customer's, given by text or on the page: kept while it counts, never the code itself."""

    __tablename__ = "wrong_code"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    drop: str  # as its rider knows it: 12A
    at: datetime = Field(sa_column=moment(index=True))


class SandboxText(SQLModel, table=True):
    """One text on a sandbox phone: `direction` as that phone sees it."""

    __tablename__ = "sandbox_text"
    __table_args__ = (
        one_of("direction", ("in", "out"), "ck_sandbox_text_direction"),
        UniqueConstraint("vendor_id", name="uq_sandbox_text_vendor_id"),
        UniqueConstraint("key", name="uq_sandbox_text_key"),
        Index("ix_sandbox_text_phone", "phone", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    phone: str
    direction: str
    body: str
    at: datetime = Field(sa_column=moment())
    vendor_id: str
    key: str | None = None


class SandboxSky(SQLModel, table=True):
    """One row: how badly the pretend carrier treats texts, as `gateways.weather.Weather` reads it."""

    __tablename__ = "sandbox_sky"
    __table_args__ = (CheckConstraint("id = 1", name="ck_sandbox_sky_one_row"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    weather: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class SandboxPost(SQLModel, table=True):
    """Something the pretend carrier has yet to do: put a text on a phone, bring one in, or bring news of one."""

    __tablename__ = "sandbox_post"
    __table_args__ = (
        one_of("what", ("land", "bring", "news"), "ck_sandbox_post_what"),
        Index("ix_sandbox_post_due", "due_at", sqlite_where=_UNDONE, postgresql_where=_UNDONE),
        Index("ix_sandbox_post_vendor", "vendor_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    what: str
    due_at: datetime = Field(sa_column=moment())
    vendor_id: str
    phone: str = ""
    params: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    done_at: datetime | None = Field(default=None, sa_column=moment(null=True))


def queue(
    session: Session,
    key: str,
    kind: str,
    body: str | None,
    *,
    now: datetime,
    person_id: int | None = None,
    order_id: int | None = None,
    attention_id: int | None = None,
    event_id: int | None = None,
    in_reply_to: int | None = None,
    expires_at: datetime | None = None,
) -> Text:
    """Write a text down to be sent. The same key again is the same text, and changes nothing."""
    row = session.exec(select(Text).where(Text.key == key)).first()
    if row is None:
        row = Text(
            key=key,
            kind=kind,
            body=body,
            person_id=person_id,
            order_id=order_id,
            attention_id=attention_id,
            event_id=event_id,
            in_reply_to=in_reply_to,
            expires_at=expires_at,
            due_at=now,
            created_at=now,
        )
        session.add(row)
        session.flush()
    return row


def answer(session: Session, inbound: InboundText, body: str, *, now: datetime, part: int = 1) -> Text:
    """The answer to a text, in the transaction that acts on it; its second `part` where one segment is too short."""
    number = known(inbound.id)
    key = f"reply:{number}" if part == 1 else f"reply:{number}:{part}"
    return queue(session, key, "answer", body, now=now, person_id=inbound.person_id, in_reply_to=number)
