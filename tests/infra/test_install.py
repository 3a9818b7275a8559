"""What an install is for ever, and the settings each kind of database refuses."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from infra.database import Database
from infra.errors import KindIsForEver, NotInstalled
from infra.install import Kind, is_loopback, kind_of, mark, notices, refusals, sandboxed
from infra.settings import Settings

TWILIO = {"twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_from": "+447700900001"}


def settings(**given: Any) -> Settings:
    """Settings as given and nothing from outside."""
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize(
    ("kind", "host", "given"),
    [
        ("demo", "127.0.0.1", {}),
        ("demo", "::1", {}),
        ("demo", "localhost", {"public_url": "http://localhost:9000"}),
        ("demo", "127.0.0.1", {"sandbox": True}),
        ("demo", "127.0.0.1", {"stripe_secret_key": "sk_test_1", "stripe_webhook_secret": "whsec_1"}),
        ("live", "127.0.0.1", {}),
        ("live", "0.0.0.0", {"public_url": "https://pannier.example"}),  # noqa: S104
        ("live", "0.0.0.0", TWILIO | {"stripe_secret_key": "sk_live_1", "stripe_webhook_secret": "whsec_1"}),  # noqa: S104
        ("live", "127.0.0.1", {"sandbox": False}),
    ],
)
def test_what_fits_is_served(kind: Kind, host: str, given: dict[str, Any]) -> None:
    """Settings that fit the kind of database are not refused."""
    assert refusals(settings(**given), kind, host) == []


@pytest.mark.parametrize(
    ("kind", "host", "given", "says"),
    [
        ("demo", "0.0.0.0", {}, "--host 127.0.0.1"),  # noqa: S104
        ("demo", "192.168.1.5", {}, "--host 127.0.0.1"),
        ("demo", "", {}, "--host 127.0.0.1"),
        ("demo", "127.0.0.1", {"public_url": "https://pannier.example"}, "unset PANNIER_PUBLIC_URL"),
        ("demo", "127.0.0.1", {"public_url": "http://10.0.0.7:8000"}, "unset PANNIER_PUBLIC_URL"),
        ("demo", "127.0.0.1", TWILIO, "unset PANNIER_TWILIO_ACCOUNT_SID"),
        (
            "demo",
            "127.0.0.1",
            {"stripe_secret_key": "sk_live_1", "stripe_webhook_secret": "whsec_1"},
            "unset PANNIER_STRIPE_SECRET_KEY",
        ),
        (
            "demo",
            "127.0.0.1",
            {"stripe_secret_key": "unheard of", "stripe_webhook_secret": "whsec_1"},
            "unset PANNIER_STRIPE_SECRET_KEY",
        ),
        ("live", "127.0.0.1", {"sandbox": True}, "unset PANNIER_SANDBOX"),
        ("live", "127.0.0.1", {"twilio_account_sid": "AC1"}, "Twilio needs all"),
        ("live", "127.0.0.1", TWILIO | {"twilio_from": None}, "Twilio needs all"),
    ],
)
def test_what_does_not_fit_is_refused(kind: Kind, host: str, given: dict[str, Any], says: str) -> None:
    """Each thing that does not fit is refused once, in a sentence that says what to do."""
    (reason,) = refusals(settings(**given), kind, host)
    assert says in reason


def test_every_reason_is_given_at_once() -> None:
    """A demo with real keys on a public address hears everything in one go."""
    given = TWILIO | {
        "stripe_secret_key": "sk_live_1",
        "stripe_webhook_secret": "whsec_1",
        "public_url": "https://pannier.example",
    }
    assert len(refusals(settings(**given), "demo", "0.0.0.0")) == 4  # noqa: S104


def test_a_live_install_without_twilio_says_so() -> None:
    """Texts that will only be queued are announced; a demo and a complete set of keys need no word."""
    assert "queued" in notices(settings(), "live")[0]
    assert not any("Twilio" in each for each in notices(settings(**TWILIO), "live"))
    assert notices(settings(), "demo") == []


def test_a_live_install_without_stripe_says_so_and_half_of_its_keys_is_refused() -> None:
    """Without Stripe's keys calls are queued, which is said; one key of the two does not start."""
    assert any("Stripe" in each for each in notices(settings(), "live"))
    both = settings(stripe_secret_key="sk_live_x", stripe_webhook_secret="whsec_x")
    assert not any("Stripe" in each for each in notices(both, "live"))
    assert refusals(both, "live", "127.0.0.1") == []
    secret, hook = {"stripe_secret_key": "sk_live_x"}, {"stripe_webhook_secret": "whsec_x"}
    for half in (secret, hook):
        assert any("WEBHOOK_SECRET" in each for each in refusals(settings(**half), "live", "127.0.0.1"))
    assert any("real cards" in each for each in refusals(both, "demo", "127.0.0.1"))


def test_sandbox_phones_belong_to_a_demo() -> None:
    """Sandbox phones are on for a demo unless switched off, and never for a live database."""
    assert sandboxed(settings(), "demo")
    assert not sandboxed(settings(sandbox=False), "demo")
    assert not sandboxed(settings(), "live")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "a.localhost"])
def test_this_machine_alone(host: str) -> None:
    """These names reach this machine only."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example", "pannier.example", ""])  # noqa: S104
def test_other_machines_too(host: str) -> None:
    """These names may be reached from elsewhere."""
    assert not is_loopback(host)


def test_the_kind_is_for_ever(database: Database, now: datetime) -> None:
    """A database is marked once; the same mark again is nothing, another is refused."""
    with database.reading() as session, pytest.raises(NotInstalled):
        kind_of(session)
    for _ in range(2):
        with database.writing() as session:
            mark(session, "demo", now=now)
    with database.writing() as session, pytest.raises(KindIsForEver):
        mark(session, "live", now=now)
    with database.reading() as session:
        assert kind_of(session) == "demo"


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """Without a key one is made, for this user's eyes only, and the next start finds the same."""
    made = settings(data=tmp_path / "data").secret()
    assert len(made) >= 40
    assert settings(data=tmp_path / "data").secret() == made
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert settings(data=tmp_path, secret_key="given").secret() == "given"


def test_what_is_absent_is_worked_out(tmp_path: Path) -> None:
    """The database and the address have plain defaults that follow the data folder and the port."""
    plain = settings(data=tmp_path, port=9001)
    assert plain.sqlite_path == tmp_path / "pannier.db"
    assert plain.url == "http://127.0.0.1:9001"
    assert settings(database_url="postgresql://h/d").sqlite_path is None
    assert settings(public_url="https://pannier.example/").url == "https://pannier.example"


def test_secrets_do_not_print() -> None:
    """Neither a key nor a token shows when settings are printed or logged."""
    shown = repr(settings(**TWILIO | {"secret_key": "hush", "stripe_secret_key": "sk_live_hush"}))
    assert "hush" not in shown
