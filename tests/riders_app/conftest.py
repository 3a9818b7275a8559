"""An evening with texts: a program in little, with a clock that is moved by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

import routing
from dispatch import offers, planning
from dispatch.tables import Attention, Job, known
from infra.database import Database
from riders_app import inbox, outbox, sandbox_carrier
from riders_app.gateways import Gateway
from riders_app.gateways.carrier import TwilioGateway
from riders_app.gateways.sandbox import SandboxGateway
from riders_app.tables import SandboxText, Text
from tests import factories
from tests.riders_app.fake_twilio import ACCOUNT, TOKEN, FakeTwilio

PUBLIC = "https://riders.example.coop"


@dataclass
class Clock:
    """A clock moved by hand."""

    at: datetime

    def now(self) -> datetime:
        """The instant."""
        return self.at


@dataclass
class Settings:
    """The settings texts need."""

    url: str = PUBLIC
    on_duty_phone: str | None = "+447700900999"
    sms_segment_price: Decimal | None = None


@dataclass
class Evening:
    """What infra's program gives to jobs and hooks, and a few steps of an evening."""

    database: Database
    clock: Clock
    settings: Settings = field(default_factory=Settings)
    gateway: Gateway | None = None
    secret: bytes = b"made up"
    sandbox: bool = True
    nudges: int = 0

    def nudge(self) -> None:
        """Somebody said that rows may have come due."""
        self.nudges += 1

    def jobs(self) -> None:
        """Run every job of texts until none is due."""
        due: tuple[tuple[Callable[..., datetime | None], Callable[..., bool]], ...] = (
            (sandbox_carrier.next_due, sandbox_carrier.run),
            (inbox.next_due, inbox.run),
            (outbox.spread_due, outbox.run_spread),
            (outbox.next_due, outbox.run_send),
        )
        for _ in range(50):
            did = False
            for when, run in due:
                with self.database.reading() as session:
                    at = when(session, self.clock.now())
                if at is not None and at <= self.clock.now():
                    did = run(self, self.clock.now()) or did
            if not did:
                return
        raise AssertionError("the jobs of texts never rest")

    def pass_(self, **how_long: float) -> None:
        """Time passes."""
        self.clock.at += timedelta(**how_long)

    def hears(self, phone: str, body: str, vendor_id: str | None = None) -> str:
        """A text comes in and is acted on; the answer's words, or nothing."""
        with self.database.writing() as session:
            inbox.store(
                session,
                vendor_id=vendor_id or f"SM-in-{self.clock.at.isoformat()}-{body}-{phone}",
                phone=phone,
                body=body,
                now=self.clock.now(),
            )
        before = self.count()
        self.jobs()
        with self.database.reading() as session:
            rows = session.exec(select(Text).where(Text.kind == "answer").order_by(Text.id)).all()  # type: ignore[arg-type]
        return (rows[-1].body or "") if self.count() > before else ""

    def count(self) -> int:
        """How many answers were written so far."""
        return len([t for t in self.texts() if t.kind == "answer"])

    def texts(self) -> list[Text]:
        """Every text out so far."""
        with self.database.reading() as session:
            return list(session.exec(select(Text).order_by(Text.id)).all())  # type: ignore[arg-type]

    def landed(self) -> list[tuple[str, str]]:
        """Phone and words of every text that landed on a sandbox phone."""
        with self.database.reading() as session:
            rows = session.exec(select(SandboxText).order_by(SandboxText.id)).all()  # type: ignore[arg-type]
        return [(r.phone, r.body) for r in rows if r.direction == "in"]

    def open_attention(self) -> list[str]:
        """Kinds of what a person must look at."""
        with self.database.reading() as session:
            rows = session.exec(select(Attention)).all()
        return [row.kind for row in rows if row.closed_at is None]

    def plan(self) -> int:
        """Plan until an offer goes out, at most forty minutes on; the job's row id."""
        for _ in range(40):
            with self.database.writing() as session:
                picture = planning.take(session, now=self.clock.now(), force=True)
            if picture is not None:
                made = planning.do(picture, _quickly)
                with self.database.writing() as session:
                    told = offers.settle(session, picture, made, now=self.clock.now())
                if told:
                    return told[0]
            self.pass_(minutes=1)
        raise AssertionError("no offer was made")

    def job(self, job_id: int) -> Job:
        """One job as it stands."""
        with self.database.reading() as session:
            found = session.get(Job, job_id)
            assert found is not None
            return found


def text_of(evening: Evening, kind: str) -> Text:
    """The only text of a kind."""
    (found,) = [t for t in evening.texts() if t.kind == kind]
    return found


def _quickly(
    problem: routing.Problem, *, budget_s: float, seed: int, warm: routing.Plan | None = None
) -> routing.Plan:
    """One order needs no second of solving."""
    return routing.solve(problem, budget_s=min(budget_s, 0.1), seed=seed, warm=warm)


@pytest.fixture
def clock(now: datetime) -> Clock:
    """One clock for the evening and the carrier."""
    return Clock(now)


@pytest.fixture
def evening(database: Database, clock: Clock, now: datetime) -> Evening:
    """A co-op with its rulebook and the sandbox phones."""
    made = Evening(database, clock)
    made.gateway = SandboxGateway(database, made.clock.now, token="sandbox")
    with database.writing() as session:
        factories.adopt(session, now)
    return made


@pytest.fixture
def offered(evening: Evening, now: datetime) -> tuple[Evening, int]:
    """One rider on shift (07700 900001) with one offer, whose customer has a phone; the job's row id."""
    with evening.database.writing() as session:
        factories.rider(session, now)
        factories.order(session, now, factories.restaurant(session, now), phone="+447700900500")
    job_id = evening.plan()
    return evening, job_id


@pytest.fixture
def fake(clock: Clock) -> FakeTwilio:
    """Twilio, pretended."""
    return FakeTwilio(clock.now)


@pytest.fixture
def twilio(fake: FakeTwilio) -> TwilioGateway:
    """The real gateway over the pretended API."""
    return TwilioGateway(ACCOUNT, TOKEN, public_url=PUBLIC, sender="+447700900998", http_client=fake)


RIDER = "+447700900001"
__all__ = ["PUBLIC", "RIDER", "Evening", "known", "text_of"]
