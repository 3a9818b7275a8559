"""Settings: everything an install can be told, from PANNIER_ variables or a .env file."""

import os
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One install's settings; the descriptions are those of docs/settings.md."""

    model_config = SettingsConfigDict(
        env_prefix="PANNIER_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data: Path = Field(
        Path(".pannier"),
        description="Folder for the SQLite database, its backups, the secret key and the compiled solver.",
    )
    database_url: str = Field(
        "",
        description="Where the database is: a sqlite:/// or postgresql:// address. "
        "When absent, pannier.db in the data folder.",
    )
    host: str = Field("127.0.0.1", description="Address `pannier serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port `pannier serve` listens on.")
    public_url: str = Field(
        "",
        description="Address people and Twilio reach this install at, for links and signatures. "
        "When absent, http://127.0.0.1 and the port.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Signs sign-in links and cookies. When absent, made once into secret.key in the data "
        "folder. Needed here when several machines serve one database.",
    )
    sandbox: bool | None = Field(
        None,
        description="Sandbox phones. When absent, on for a demo database; true refuses any other.",
    )
    clock: Literal["sandbox", "wall"] = Field(
        "sandbox",
        description="What a demo goes by: sandbox, a clock that moves only when told, or wall, the real time. "
        "A live database always goes by the wall.",
    )
    twilio_account_sid: str | None = Field(None, description="Twilio account: texts go out for real.")
    twilio_auth_token: SecretStr | None = Field(
        None, description="Twilio's auth token; also checks that what comes in is from Twilio."
    )
    twilio_from: str | None = Field(
        None,
        description="The number texts come from, as +44..., or several with commas between them: "
        "each person is always texted from the same one.",
    )
    twilio_messaging_service: str | None = Field(
        None, description="A Twilio messaging service instead of numbers."
    )
    twilio_service_numbers: int = Field(
        1, ge=1, le=400, description="How many numbers that messaging service has."
    )
    twilio_segments_per_s: float = Field(
        1.0,
        gt=0,
        le=1000,
        description="How many segments a second one number may send; Twilio tells yours. What is more waits "
        "here, what is urgent first, rather than in the carrier's queue.",
    )
    sms_segment_price: Decimal | None = Field(
        None,
        ge=0,
        description="What one segment costs in the co-op's currency, such as 0.04: for a guess at an evening's "
        "cost until the carrier has told its own.",
    )
    stripe_secret_key: SecretStr | None = Field(None, description="Stripe's secret key: cards for real.")
    stripe_webhook_secret: SecretStr | None = Field(
        None, description="Signing secret of the webhook /hooks/stripe, as Stripe shows it: whsec_..."
    )
    nominatim_url: str | None = Field(
        None, description="A Nominatim server that finds addresses; without it, addresses need a point."
    )
    nominatim_user_agent: str | None = Field(
        None, description="How this co-op introduces itself to the Nominatim server: a name and an email."
    )
    on_duty_phone: str | None = Field(
        None, description="The number HELP and TROUBLE answer with, and the one the desk is rung at."
    )

    @property
    def database(self) -> str:
        """The database's address, spelled out."""
        return self.database_url or f"sqlite:///{self.data / 'pannier.db'}"

    @property
    def url(self) -> str:
        """The public address, spelled out, without a trailing slash."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def sqlite_path(self) -> Path | None:
        """The SQLite file, or None on PostgreSQL."""
        from sqlalchemy import make_url

        url = make_url(self.database)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

    @property
    def compiled(self) -> Path:
        """The folder the compiled solver is kept in."""
        return self.data / "cache" / "numba"

    @property
    def texts_for_real(self) -> bool:
        """Whether every key needed to send a text is here."""
        sender = self.twilio_from or self.twilio_messaging_service
        return bool(self.twilio_account_sid and self.twilio_auth_token and sender)

    @property
    def cards_for_real(self) -> bool:
        """Whether every key needed to ask Stripe, and to know its voice, is here."""
        return bool(self.stripe_secret_key and self.stripe_webhook_secret)

    def secret(self) -> str:
        """The signing key: as set, or made once into the data folder for this user's eyes only."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data / "secret.key"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text().strip()


def environment(**more: str | None) -> dict[str, str]:
    """This process's environment for a program it starts, with more said where there is something to say."""
    return os.environ | {name: value for name, value in more.items() if value is not None}


def keep_compiled(folder: Path) -> Path:
    """Have numba keep what it compiles in a folder, unless the environment names another; the one it is.

    numba reads this when it is loaded, so it must be said before.
    """
    return Path(os.environ.setdefault("NUMBA_CACHE_DIR", str(folder.absolute())))


def _write_once(path: Path, text: str) -> None:
    # Written whole under another name, then linked: two starting processes agree on one key, and
    # neither ever reads half of it.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
