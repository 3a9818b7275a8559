"""What this install is, for ever: a demo or live; and which settings that rules out."""

from datetime import datetime
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from sqlmodel import Session

from infra.errors import KindIsForEver, NotInstalled
from infra.settings import Settings
from infra.tables import Install

Kind = Literal["demo", "live"]


def mark(session: Session, kind: Kind, *, now: datetime) -> None:
    """Say what this database is; saying it again is fine, saying otherwise is KindIsForEver."""
    row = session.get(Install, 1)
    if row is None:
        session.add(Install(id=1, kind=kind, created_at=now))
    elif row.kind != kind:
        raise KindIsForEver(
            f"This database is {row.kind} for ever: point PANNIER_DATABASE_URL at another one."
        )


def kind_of(session: Session) -> Kind:
    """What this database is; NotInstalled when nobody has said."""
    row = session.get(Install, 1)
    if row is None:
        raise NotInstalled
    return "demo" if row.kind == "demo" else "live"


def sandboxed(settings: Settings, kind: Kind) -> bool:
    """Whether sandbox phones stand in for real ones."""
    return kind == "demo" and settings.sandbox is not False


def refusals(settings: Settings, kind: Kind, host: str) -> list[str]:
    """Every reason not to serve such a database at such an address with such settings: none is good.

    Pure. Each reason is a sentence that says what to do.
    """
    found = _half_twilio(settings) + _half_stripe(settings)
    if kind == "live":
        if settings.sandbox:
            found.append("Sandbox phones need a demo database: unset PANNIER_SANDBOX, or run `pannier demo`.")
        return found
    if not is_loopback(host):
        found.append(
            f"A demo database is served to this machine only, not at {host}: use --host 127.0.0.1, "
            "or make a live database with `pannier init`."
        )
    public = urlsplit(settings.url).hostname or ""
    if not is_loopback(public):
        found.append(
            f"A demo database has no public address ({public}): unset PANNIER_PUBLIC_URL, "
            "or make a live database with `pannier init`."
        )
    if settings.twilio_account_sid or settings.twilio_auth_token:
        found.append("A demo database sends no real texts: unset PANNIER_TWILIO_ACCOUNT_SID and _AUTH_TOKEN.")
    if settings.stripe_secret_key and not _is_stripe_test(settings.stripe_secret_key.get_secret_value()):
        found.append(
            "A demo database takes no real cards: unset PANNIER_STRIPE_SECRET_KEY, or use a test key."
        )
    return found


def notices(settings: Settings, kind: Kind) -> list[str]:
    """What is worth saying at the start, though nothing is wrong."""
    if kind == "demo":
        return []
    found: list[str] = []
    if not settings.texts_for_real:
        found.append(
            "No Twilio keys: texts are queued and not sent. Set PANNIER_TWILIO_ACCOUNT_SID, "
            "PANNIER_TWILIO_AUTH_TOKEN and PANNIER_TWILIO_FROM to send them."
        )
    if not settings.cards_for_real:
        found.append(
            "No Stripe keys: card payments, transfers and refunds are queued and not sent. Set "
            "PANNIER_STRIPE_SECRET_KEY and PANNIER_STRIPE_WEBHOOK_SECRET to send them."
        )
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that host."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _half_twilio(settings: Settings) -> list[str]:
    keys = (
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        settings.twilio_from or settings.twilio_messaging_service,
    )
    if any(keys) and not all(keys):
        return [
            "Twilio needs all of PANNIER_TWILIO_ACCOUNT_SID, PANNIER_TWILIO_AUTH_TOKEN and a sender "
            "(PANNIER_TWILIO_FROM or PANNIER_TWILIO_MESSAGING_SERVICE): set the missing one, or none."
        ]
    return []


def _half_stripe(settings: Settings) -> list[str]:
    if bool(settings.stripe_secret_key) != bool(settings.stripe_webhook_secret):
        return [
            "Stripe needs both PANNIER_STRIPE_SECRET_KEY and PANNIER_STRIPE_WEBHOOK_SECRET: set the missing one, "
            "or neither."
        ]
    return []


def _is_stripe_test(key: str) -> bool:
    return key.startswith(("sk_test_", "rk_test_"))
