"""The sandbox phones: texts are rows on a page, and what is typed there comes in signed like a carrier's.

In calm weather a text is there at once. In any other the pretend carrier has things to do later
(`riders_app/sandbox_carrier.py`): land texts, bring them in, bring news of them; late, twice, or never.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from riders_app.errors import OptedOut, TryLater, Unanswered
from riders_app.gateways import Database, Pool, Price
from riders_app.gateways.weather import Weather
from riders_app.replies import OPT_IN, OPT_OUT
from riders_app.tables import SandboxPost, SandboxSky, SandboxText, Text
from riders_app.wording.gsm import segments

NUMBER = "+447700900999"  # what sandbox phones see texts come from; Ofcom keeps it for drama
ACCOUNT = "AC" + "0" * 32
_LOOK_BACK = 100
SEGMENT_MICRO = 40_000  # a pretend price, four pence a segment


def weather_of(session: Session) -> Weather:
    """How the pretend carrier treats texts."""
    row = session.get(SandboxSky, 1)
    return Weather() if row is None else Weather.of(row.weather)


def set_weather(session: Session, sky: Weather) -> None:
    """Change how the pretend carrier treats texts from now on."""
    row = session.get(SandboxSky, 1) or SandboxSky(id=1, weather={})
    row.weather = sky.kept()
    session.add(row)


class SandboxGateway:
    """Takes the place of a carrier in a demo; opt-outs work as a carrier's do."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        token: str,
        segments_per_s: float | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._validator = RequestValidator(token)
        self.pool = Pool((NUMBER,), segments_per_s)

    def send(self, to: str, body: str, *, key: str, validity_s: int | None, sender: str | None = None) -> str:
        """Put a text on a phone, or on its way there; the same key again is the same text.

        OptedOut after that phone said STOP; TryLater and Unanswered as the weather has it.
        """
        with self._database.writing() as session:
            held = _taken(session, key)
            if held is not None and not _anothers(session, held, key):
                return held
            if held is not None:  # asked after, another text with the same words was told this one's id
                key = f"{key}:{self._clock().isoformat()}"
            if self._opted_out(session, to):
                raise OptedOut("the pretend carrier, error 21610", code=21610)
            sky, vendor_id = weather_of(session), _vendor_id(key)
            # A text refused now is tried again: its chances must not be drawn anew from the same numbers.
            again = f"{vendor_id}:{self._clock().isoformat()}"
            if sky.befalls(again, "refused", sky.refused):
                raise TryLater("the pretend carrier, error 20429", code=20429)
            if sky.calm:
                session.add(
                    SandboxText(
                        phone=to, direction="in", body=body, at=self._clock(), vendor_id=vendor_id, key=key
                    )
                )
                return vendor_id
            _set_off(session, sky, to, body, key, vendor_id, validity_s, now=self._clock())
        if sky.befalls(vendor_id, "unanswered", sky.unanswered):
            raise Unanswered("the pretend carrier's answer was lost")
        return vendor_id

    def find(self, to: str, body: str, since: datetime, *, but: Collection[str] = ()) -> str | None:
        """The newest such text on that phone, or on its way there."""
        with self._database.reading() as session:
            landed = session.exec(
                select(SandboxText.vendor_id)
                .where(
                    SandboxText.phone == to,
                    SandboxText.direction == "in",
                    SandboxText.body == body,
                    SandboxText.at >= since,
                    col(SandboxText.key).is_not(None),
                    col(SandboxText.vendor_id).not_in(list(but)),
                )
                .order_by(col(SandboxText.id).desc())
                .limit(1)
            ).first()
            if landed is not None:
                return landed
            taken = session.exec(
                select(SandboxPost)
                .where(SandboxPost.what == "land", SandboxPost.phone == to, SandboxPost.due_at >= since)
                .order_by(col(SandboxPost.id).desc())
                .limit(_LOOK_BACK)
            ).all()
            alike = (post.vendor_id for post in taken if post.params["Body"] == body)
            return next((each for each in alike if each not in but), None)

    def prices(self, since: datetime, until: datetime) -> dict[str, Price]:
        """Pretend prices of what was sent."""
        with self._database.reading() as session:
            rows = session.exec(
                select(Text.vendor_id, Text.segments).where(
                    col(Text.sent_at) >= since, col(Text.sent_at) < until, col(Text.vendor_id).is_not(None)
                )
            ).all()
        return {str(sid): Price(SEGMENT_MICRO * count, "GBP", count) for sid, count in rows}

    def verify(self, url: str, params: Mapping[str, str], signature: str) -> bool:
        """The carrier's own scheme, with the sandbox's token."""
        return bool(signature) and bool(self._validator.validate(url, params, signature))

    def signed(self, url: str, params: Mapping[str, str]) -> str:
        """The signature a carrier would send with these fields."""
        return str(self._validator.compute_signature(url, dict(params)))

    def typed(self, phone: str, body: str, *, url: str) -> tuple[dict[str, str], str]:
        """Somebody types a text on a sandbox phone: the form and the signature a carrier would post to `url`."""
        with self._database.writing() as session:
            count = session.exec(select(func.count()).select_from(SandboxText)).one()
            vendor_id = _vendor_id(f"typed:{count}:{phone}")
            session.add(
                SandboxText(phone=phone, direction="out", body=body, at=self._clock(), vendor_id=vendor_id)
            )
        params = {
            "AccountSid": ACCOUNT,
            "Body": body,
            "From": phone,
            "MessageSid": vendor_id,
            "NumMedia": "0",
            "NumSegments": str(segments(body)[1]),
            "SmsStatus": "received",
            "To": NUMBER,
        }
        return params, self.signed(url, params)

    def sent_off(self, params: Mapping[str, str]) -> bool:
        """Give a typed text to the weather, to come in later, twice or never; False when the weather is calm."""
        with self._database.writing() as session:
            sky = weather_of(session)
            if sky.calm:
                return False
            sid, now = params["MessageSid"], self._clock()
            body = sky.written(sid, params["Body"])
            opts = params["Body"].strip().upper() in OPT_OUT | OPT_IN  # the carrier itself acts on those
            copies = 0 if sky.befalls(sid, "lost-in", sky.lost) and not opts else 1
            copies += copies and sky.befalls(sid, "doubled-in", sky.doubled)
            for copy in range(copies):
                session.add(
                    SandboxPost(
                        what="bring",
                        due_at=now + sky.takes(f"{sid}:{copy}", "in"),
                        vendor_id=sid,
                        phone=params["From"],
                        params={**params, "Body": params["Body"] if opts else body},
                    )
                )
        return True

    @staticmethod
    def _opted_out(session: Session, phone: str) -> bool:
        said = session.exec(
            select(SandboxText.body)
            .where(
                SandboxText.phone == phone,
                SandboxText.direction == "out",
                func.upper(func.trim(SandboxText.body)).in_(sorted(OPT_OUT | OPT_IN)),
            )
            .order_by(col(SandboxText.id).desc())
            .limit(1)
        ).first()
        return said is not None and said.strip().upper() in OPT_OUT


def _anothers(session: Session, vendor_id: str, key: str) -> bool:
    """Whether an id is kept with another text of ours: two with the same words cannot be told apart by asking."""
    return (
        session.exec(select(Text.id).where(Text.vendor_id == vendor_id, Text.key != key)).first() is not None
    )


def _taken(session: Session, key: str) -> str | None:
    """The id of the text that has this key already, wherever it is."""
    vendor_id = _vendor_id(key)
    held = session.exec(select(SandboxText.vendor_id).where(SandboxText.key == key)).first()
    if held is not None:
        return held
    return session.exec(
        select(SandboxPost.vendor_id).where(SandboxPost.vendor_id == vendor_id, SandboxPost.what == "land")
    ).first()


def _set_off(
    session: Session,
    sky: Weather,
    to: str,
    body: str,
    key: str,
    vendor_id: str,
    validity_s: int | None,
    *,
    now: datetime,
) -> None:
    """Everything that will come of a text, written down at once."""
    way = sky.takes(vendor_id)
    late = validity_s is not None and way.total_seconds() > validity_s
    lost = sky.befalls(vendor_id, "lost-out", sky.lost)
    unreached = sky.befalls(vendor_id, "undelivered", sky.undelivered)
    arrives = not (late or lost or unreached)
    # The carrier took it and knows it when asked, whether or not it ever lands.
    session.add(_land(to, body, key, vendor_id, now, sky, way_of=vendor_id, done=not arrives))
    if arrives and sky.befalls(vendor_id, "doubled-out", sky.doubled):
        session.add(_land(to, body, "", vendor_id, now, sky, way_of=f"{vendor_id}:again"))
    told: list[tuple[str, str | None]] = [("sent", None)]
    if late:
        told.append(("undelivered", "30036"))
    elif unreached and sky.befalls(vendor_id, "failed", 0.5):
        told = [("failed", "30008")]  # it never left the carrier
    elif unreached:
        told.append(("undelivered", "30003"))
    elif not lost:  # of a text that is lost on the air nothing more is ever heard
        told.append(("delivered", None))
    for status, error in told if sky.news else ():
        said = f"{vendor_id}:{status}"
        if sky.befalls(said, "news-lost", sky.news_lost):
            continue
        copies = 1 + sky.befalls(said, "news-doubled", sky.news_doubled)
        for copy in range(copies):
            due_at = now + way + sky.takes(f"{said}:{copy}", "news")
            params = {"MessageSid": vendor_id, "MessageStatus": status, "ErrorCode": error or ""}
            session.add(SandboxPost(what="news", due_at=due_at, vendor_id=vendor_id, params=params))


def _land(
    to: str,
    body: str,
    key: str,
    vendor_id: str,
    now: datetime,
    sky: Weather,
    *,
    way_of: str,
    done: bool = False,
) -> SandboxPost:
    return SandboxPost(
        what="land",
        due_at=now + sky.takes(way_of),
        vendor_id=vendor_id,
        phone=to,
        params={"Body": body, "key": key},
        done_at=now if done else None,
    )


def _vendor_id(key: str) -> str:
    return "SM" + hashlib.sha256(key.encode()).hexdigest()[:32]
