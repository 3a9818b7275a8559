"""A whole co-op in one process for tests: a demo database, the sandbox clock and phones, the pages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from dispatch import people, places, shifts
from dispatch.facts import Point
from dispatch.tables import known
from infra import install, jobs
from infra.app import create_app
from infra.compose import equip
from infra.database import Database
from infra.program import Program
from infra.settings import Settings
from infra.tables import SandboxInstant
from riders_app.tables import SandboxText
from tests import factories


@dataclass(frozen=True, slots=True)
class Till:
    """A restaurant and the headers its till sends."""

    id: int
    headers: dict[str, str]


@dataclass
class House:
    """What a test holds of it."""

    program: Program
    client: TestClient
    visits: dict[str, str] = field(default_factory=dict)
    seen: int = 0

    @classmethod
    def open(cls, url: str, folder: Path, now: datetime) -> "House":
        """A house on a database without rows, with the Finsbury Park rulebook."""
        database = Database.open(url)
        with database.writing() as session:
            install.mark(session, "demo", now=now)
            session.add(SandboxInstant(id=1, at=now))
            factories.adopt(session, now)
        database.close()
        program = equip(Program.open(Settings(data=folder, database_url=url)))
        return cls(program, TestClient(create_app(program), base_url="http://127.0.0.1"))

    @property
    def app(self) -> Any:
        """The application."""
        return self.client.app

    @property
    def database(self) -> Database:
        """Its database."""
        return self.program.database

    @property
    def now(self) -> datetime:
        """Its clock."""
        return self.program.clock.now()

    def restaurant(self, name: str = "Pizza Luna", where: Point = factories.STROUD_GREEN) -> Till:
        """A restaurant with a key."""
        with self.database.writing() as session:
            made = factories.restaurant(session, self.now, name, where)
            key = places.issue_key(session, known(made.id), by=None, now=self.now)
        return Till(known(made.id), {"authorization": f"Bearer {key}"})

    def rider(self, number: int, name: str = "Sam Okoye", hours: float = 4) -> str:
        """A rider with a shift planned from now, and their phone."""
        with self.database.writing() as session:
            made = factories.person(session, self.now, number, "rider", name=name)
            shifts.plan(
                session, known(made.id), starts_at=self.now, ends_at=self.now + timedelta(hours=hours)
            )
        return f"+447700900{number:03d}"

    def signed_in(self, number: int, *roles: str) -> TestClient:
        """A browser signed in as a new person with these roles."""
        with self.database.writing() as session:
            made = factories.person(session, self.now, number, *roles, name=f"Person {number}")
            token = people.start_visit(session, known(made.id), now=self.now)
        browser = TestClient(self.app, base_url="http://127.0.0.1")
        browser.cookies.set("pannier", token)
        return browser

    def order(self, till: Till, reference: str, **more: Any) -> dict[str, Any]:
        """An order placed through the API."""
        body = order_body(self.now, reference) | more
        answer = self.client.post("/v1/orders", json=body, headers=till.headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def text(self, phone: str, body: str) -> list[str]:
        """Somebody texts; the answers that land on that phone at once."""
        answer = self.client.post(f"/sandbox/phones/{phone}/texts", json={"body": body})
        assert answer.status_code < 300, answer.text
        return [t["body"] for t in self.move(0) if t["phone"] == phone]

    def ridden(self, till: Till, phone: str, reference: str) -> None:
        """An order placed, and taken, got and delivered by text from this phone."""
        self.order(till, reference)
        self.until_text(phone, "TAKE")
        for word, minutes in (("TAKE", 10), ("GOT", 5), ("DONE", 0)):
            self.text(phone, word)
            self.move(minutes)

    def move(self, minutes: float) -> list[dict[str, Any]]:
        """Let time pass; every text that landed meanwhile."""
        to = self.now + timedelta(minutes=minutes)
        landed: list[dict[str, Any]] = []
        while True:
            answer = self.client.post("/sandbox/clock", json={"to": to.isoformat(), "after": self.seen})
            assert answer.status_code == 200, answer.text
            told = answer.json()
            landed += told["texts"]
            self.seen = max([self.seen, *(t["id"] for t in told["texts"])])
            if told["reached"] and not told["texts"]:
                return landed

    def until_text(self, phone: str, *words: str, minutes: float = 60) -> str:
        """Let time pass until a text with these words lands on a phone."""
        end = self.now + timedelta(minutes=minutes)
        while self.now < end:
            for found in self.move(0.5):
                if found["phone"] == phone and all(w in found["body"] for w in words):
                    body: str = found["body"]
                    return body
        raise AssertionError(f"no text with {words} landed on {phone}")

    def run(self) -> int:
        """Run what is due now."""
        return jobs.run_due(self.program, self.now)

    def reading(self) -> Any:
        """A look into the database, for claims no page shows."""
        return self.database.reading()

    def phone_log(self, phone: str) -> list[str]:
        """Every text on a phone, oldest first."""
        with self.database.reading() as session:
            return [
                row.body
                for row in session.exec(
                    select(SandboxText).where(SandboxText.phone == phone).order_by(col(SandboxText.id))
                ).all()
            ]


def order_body(now: datetime, reference: str) -> dict[str, Any]:
    """A good order."""
    return {
        "external_id": reference,
        "dropoff": {
            "address": "5 Hanley Road",
            "point": {"lat": factories.HANLEY.lat, "lon": factories.HANLEY.lon},
            "flat": "Flat 3",
            "note": "buzzer 3",
        },
        "ready_at": (now + timedelta(minutes=10)).isoformat(),
        "value_minor": 2000,
        "tip_minor": 250,
        "paid_by": "card",
        "card_reference": f"pi_{reference}",
        "customer": {"name": "Ana", "phone": "07700 900500"},
    }


def each(session: Session, table: Any) -> Iterator[Any]:
    """Every row of a table."""
    yield from session.exec(select(table)).all()
