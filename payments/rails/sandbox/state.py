"""The pretend Stripe's memory: objects in the database, a balance that is the sum of what moved, events to post."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from payments.rails.tables import SandboxEvent, SandboxObject, SandboxSwitch

Body = dict[str, Any]
PENDING = timedelta(days=3)  # what a card brings in is available after that
_JITTER_S = 90


class World:
    """What the pretend Stripe knows, within one transaction, at one instant."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now

    @property
    def second(self) -> int:
        """Now, as Stripe writes instants."""
        return int(self.now.timestamp())

    def add(self, kind: str, prefix: str, body: Body) -> Body:
        """Keep a new object and give it its id."""
        number = (self.session.exec(select(func.max(SandboxObject.number))).one() or 0) + 1
        name = f"{prefix}_{hashlib.sha256(f'{kind}:{number}'.encode()).hexdigest()[:24]}"
        whole = {"id": name, "object": kind, "created": self.second, "livemode": False} | body
        self.session.add(SandboxObject(id=name, number=number, kind=kind, body=whole))
        self.session.flush()
        return whole

    def get(self, name: str, kind: str | None = None) -> Body | None:
        """An object by its id, of that kind where one is named."""
        row = self.session.get(SandboxObject, name)
        return dict(row.body) if row is not None and kind in (None, row.kind) else None

    def keep(self, body: Body) -> Body:
        """Write an object as it now is."""
        row = self.session.get_one(SandboxObject, body["id"])
        row.body = dict(body)
        self.session.add(row)
        self.session.flush()
        return body

    def all(self, kind: str, **wanted: Any) -> Iterator[Body]:
        """Every object of a kind with these fields, newest first, as Stripe lists them."""
        rows = self.session.exec(
            select(SandboxObject).where(SandboxObject.kind == kind).order_by(col(SandboxObject.number).desc())
        )
        for row in rows:
            if all(row.body.get(name) == value for name, value in wanted.items()):
                yield dict(row.body)

    def moved(
        self, kind: str, amount: int, source: str, currency: str, *, fee: int = 0, at_once: bool = True
    ) -> Body:
        """Write a balance transaction: the only thing that changes a balance."""
        ready = self.second if at_once else int((self.now + PENDING).timestamp())
        return self.add(
            "balance_transaction",
            "txn",
            {
                "type": kind,
                "amount": amount,
                "fee": fee,
                "net": amount - fee,
                "currency": currency,
                "source": source,
                "available_on": ready,
                "status": "available" if at_once else "pending",
            },
        )

    def sums(self, currency: str) -> tuple[int, int]:
        """(available, pending) in a currency."""
        available = pending = 0
        for each in self.all("balance_transaction", currency=currency):
            if each["available_on"] <= self.second:
                available += each["net"]
            else:
                pending += each["net"]
        return available, pending

    def tell(self, kind: str, name: str) -> None:
        """An event is to be posted: at once, or as the switches have it."""
        if self.switch("silent"):
            return
        count = (self.session.exec(select(func.max(SandboxEvent.id))).one() or 0) + 1
        event = f"evt_{hashlib.sha256(f'{kind}:{name}:{count}'.encode()).hexdigest()[:24]}"
        wait = self.switch("delay_s")
        if self.switch("reorder"):
            wait += int(hashlib.sha256(event.encode()).hexdigest(), 16) % _JITTER_S
        for turn in range(2 if self.switch("duplicate") else 1):
            due = self.now + timedelta(seconds=wait + turn)
            self.session.add(SandboxEvent(event_id=event, kind=kind, object_id=name, due_at=due))
        self.session.flush()

    def switch(self, name: str) -> int:
        """How a switch stands; nought is off."""
        row = self.session.get(SandboxSwitch, name)
        return row.value if row is not None else 0

    def use(self, name: str) -> bool:
        """Whether a switch is on; it counts down, so that a fault happens so many times."""
        row = self.session.get(SandboxSwitch, name)
        if row is None or row.value <= 0:
            return False
        row.value -= 1
        self.session.add(row)
        self.session.flush()
        return True

    def turn(self, name: str, value: int) -> None:
        """Set a switch."""
        self.session.merge(SandboxSwitch(name=name, value=value))
        self.session.flush()
