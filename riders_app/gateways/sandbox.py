"""The sandbox phones: texts are rows on a page, and what is typed there comes in signed like a carrier's."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from riders_app.errors import OptedOut
from riders_app.gateways import Database
from riders_app.replies import OPT_IN, OPT_OUT
from riders_app.tables import SandboxText

NUMBER = "+447700900999"  # what sandbox phones see texts come from; Ofcom keeps it for drama
ACCOUNT = "AC" + "0" * 32


class SandboxGateway:
    """Takes the place of a carrier in a demo; opt-outs work as a carrier's do."""

    def __init__(self, database: Database, clock: Callable[[], datetime], *, token: str) -> None:
        self._database = database
        self._clock = clock
        self._validator = RequestValidator(token)

    def send(self, to: str, body: str, *, key: str, validity_s: int | None) -> str:
        """Put a text on a phone; the same key again is the same text. OptedOut after that phone said STOP."""
        with self._database.writing() as session:
            held = session.exec(select(SandboxText).where(SandboxText.key == key)).first()
            if held is not None:
                return held.vendor_id
            if self._opted_out(session, to):
                raise OptedOut(code=21610)
            row = SandboxText(
                phone=to, direction="in", body=body, at=self._clock(), vendor_id=_vendor_id(key), key=key
            )
            session.add(row)
        return row.vendor_id

    def find(self, to: str, body: str, since: datetime, *, but: Collection[str] = ()) -> str | None:
        """The newest such text on that phone."""
        with self._database.reading() as session:
            return session.exec(
                select(SandboxText.vendor_id)
                .where(
                    SandboxText.phone == to,
                    SandboxText.direction == "in",
                    SandboxText.body == body,
                    SandboxText.at >= since,
                    col(SandboxText.vendor_id).not_in(list(but)),
                )
                .order_by(col(SandboxText.id).desc())
                .limit(1)
            ).first()

    def verify(self, url: str, params: Mapping[str, str], signature: str) -> bool:
        """The carrier's own scheme, with the sandbox's token."""
        return bool(signature) and bool(self._validator.validate(url, dict(params), signature))

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
            "SmsStatus": "received",
            "To": NUMBER,
        }
        return params, self._validator.compute_signature(url, params)

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


def _vendor_id(key: str) -> str:
    return "SM" + hashlib.sha256(key.encode()).hexdigest()[:32]
