"""Texts through Twilio's Messages API: https://www.twilio.com/docs/messaging/api/message-resource"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
from twilio.base.values import unset  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from riders_app.errors import BadNumber, OptedOut, Refused, TextError, TryLater, Unanswered
from riders_app.gateways import STATUS_HOOK, Pool, Price

# A send must be over well before its claim lapses (outbox.LEASE), or it would be asked after while under way.
TIMEOUT_S = 15.0
_OPTED_OUT = 21610
_BAD_NUMBER = frozenset({21211, 21214, 21217, 21408, 21612, 21614, 21635})
_BAD_TEXT = frozenset({21602, 21617, 21619, 21654})
_MOST_PRICED = 5_000  # texts of a day, at most
_SKEW = timedelta(seconds=60)
_LOOK_BACK = 100  # a phone gets far fewer of our texts than this between a crash and its recovery


class TwilioGateway:
    """Sends by numbers of ours or one Messaging Service; status callbacks come back to our public URL."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        public_url: str,
        sender: str | None = None,
        messaging_service: str | None = None,
        segments_per_s: float | None = None,
        service_numbers: int = 1,
        http_client: TwilioHttpClient | None = None,
    ) -> None:
        senders = numbers(sender)
        if not senders and not messaging_service:
            raise ValueError("Twilio needs a number to send from, or a messaging service")
        self._client = Client(
            account_sid, auth_token, http_client=http_client or TwilioHttpClient(timeout=TIMEOUT_S)
        )
        self._validator = RequestValidator(auth_token)
        self._status_url = public_url.rstrip("/") + STATUS_HOOK
        self._service = messaging_service
        self.pool = Pool(() if messaging_service else senders, segments_per_s, max(1, service_numbers))

    def send(self, to: str, body: str, *, key: str, validity_s: int | None, sender: str | None = None) -> str:
        """Send one text (Twilio takes no key of ours: after an unknown outcome, `find` is asked)."""
        try:
            message = self._client.messages.create(
                to=to,
                body=body,
                from_=unset if self._service else sender or self.pool.of(to),
                messaging_service_sid=self._service or unset,
                # Twilio takes 1 to 36000 seconds and recommends more than 5.
                validity_period=unset if validity_s is None else min(max(validity_s, 6), 36_000),
                status_callback=self._status_url,
            )
        except (TwilioException, RequestException) as fault:
            raise _meaning(fault) from fault
        if message.sid is None:
            raise Unanswered
        return str(message.sid)

    def find(self, to: str, body: str, since: datetime, *, but: Collection[str] = ()) -> str | None:
        """Look through what was sent there lately, newest first."""
        try:
            # Not filtered by date_sent: a text still queued has none yet.
            messages = self._client.messages.list(to=to, limit=_LOOK_BACK)
        except (TwilioException, RequestException) as fault:
            raise _meaning(fault) from fault
        for message in messages:
            made_at = message.date_created
            if made_at is not None and made_at.replace(tzinfo=made_at.tzinfo or UTC) < since - _SKEW:
                continue
            outward = str(message.direction or "").startswith("outbound")
            if outward and (message.body or "").strip() == body.strip() and message.sid not in but:
                return str(message.sid)
        return None

    def prices(self, since: datetime, until: datetime) -> dict[str, Price]:
        """What Twilio reckoned for each text; a price it has not made yet is left out."""
        try:
            messages = self._client.messages.list(
                date_sent_after=since, date_sent_before=until, limit=_MOST_PRICED
            )
        except (TwilioException, RequestException) as fault:
            raise _meaning(fault) from fault
        found = {}
        for message in messages:
            micro = _micro(message.price)
            if micro is not None and message.sid is not None:
                unit = str(message.price_unit or "USD").upper()
                found[str(message.sid)] = Price(micro, unit, int(message.num_segments or 1))
        return found

    def verify(self, url: str, params: Mapping[str, str], signature: str) -> bool:
        """Twilio's HMAC-SHA1 over the public URL and every field it sent; one sent twice is in a multi-dict."""
        return bool(signature) and bool(self._validator.validate(url, params, signature))


def numbers(written: str | None) -> tuple[str, ...]:
    """The numbers of a pool, written with commas between them."""
    return tuple(dict.fromkeys(each.strip() for each in (written or "").split(",") if each.strip()))


def _micro(price: object) -> int | None:
    """Twilio's price ("-0.04000": what it takes) in millionths; None where it has none yet."""
    try:
        return None if price is None else int(abs(Decimal(str(price))) * 1_000_000)
    except InvalidOperation:
        return None


def _meaning(fault: Exception) -> TextError:
    """What a fault of the API or the network means for one text."""
    if isinstance(fault, TwilioRestException):
        code, status = fault.code, fault.status
        words = f"Twilio {status}, error {code}"
        if code == _OPTED_OUT:
            return OptedOut(words, code=code)
        if code in _BAD_NUMBER:
            return BadNumber(words, code=code)
        if code in _BAD_TEXT:
            return Refused(words, code=code)
        # A 5xx may have come after the text was taken; any other refusal took nothing.
        return Unanswered(words, code=code) if status >= 500 else TryLater(words, code=code)
    if isinstance(fault, ConnectTimeout):
        return TryLater("Twilio could not be reached")
    if isinstance(fault, NotConnected) and "NewConnectionError" in repr(fault):
        return TryLater("Twilio could not be reached")
    return Unanswered(f"Twilio gave no answer ({type(fault).__name__})")
