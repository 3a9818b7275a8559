"""Proof of delivery as the rulebook asks for it: the customer's code, who took it, a photo; or why there is none."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, select

from dispatch import attention, orders
from dispatch.errors import BadInput, ProofNeeded, ProofWrong
from dispatch.tables import Order, Proof, known
from payments import books

_ASKS = {
    "pin": "ask for the customer's 4-digit code",
    "name": "ask who takes it",
    "photo": "take a photo of where it is left",
}
Kind = Literal["none", "pin", "name", "photo"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a rider gives as proof: a code, a name, a photo's file name, or the reason there is none."""

    kind: Literal["pin", "name", "photo", "missing"]
    value: str


def needed(session: Session, order: Order, *, now: datetime) -> Kind:
    """What the rulebook asks for at this door; a customer who cannot have been sent a code is asked their name."""
    rule = books.in_force(session, at=now)[1].dispatch.proof
    if rule == "pin" and not orders.contact(session, known(order.id)).code:
        return "name"
    return rule


def show(
    session: Session, order: Order, shown: Shown | None, *, letter: str, number: int, by: int, now: datetime
) -> None:
    """Take the proof of one delivery; ProofNeeded or ProofWrong while it is not what the rulebook asks for.

    A proof better than asked for is kept too. Without one a reason will do, and a person is asked to look.
    """
    asked = needed(session, order, now=now)
    first = f"Job {number}{letter}: {_ASKS.get(asked, '')} first, or say why there is none."
    if shown is None or not shown.value.strip():
        if asked == "none":
            return
        raise ProofNeeded(first, kind=asked, number=number, letter=letter)
    if shown.kind == "pin":
        code = orders.contact(session, known(order.id)).code
        if not code or not hmac.compare_digest(code, shown.value.strip()):
            if asked != "pin":  # nobody asked for it, and there is nothing to hold it against
                raise BadInput("No code is asked for at this door: text it without.")
            raise ProofWrong(number=number, letter=letter)
    elif shown.kind != "missing" and asked in ("pin", "photo") and shown.kind != asked:
        raise ProofNeeded(first, kind=asked, number=number, letter=letter)
    _keep(session, order, shown, by=by, now=now)
    if shown.kind == "missing" and asked != "none":
        attention.raise_(
            session,
            "no_proof",
            f"no-proof:{order.id}",
            f"Job {number}{letter} was delivered without its proof ({asked}): read the reason.",
            now=now,
            person_id=by,
            order_id=known(order.id),
        )


def vouched(session: Session, order: Order, *, by: int, now: datetime) -> None:
    """A dispatcher marked it delivered: their word stands for the proof the rulebook asks for."""
    if needed(session, order, now=now) != "none":
        _keep(session, order, Shown("missing", "Marked at the desk."), by=by, now=now)


def _keep(session: Session, order: Order, shown: Shown, *, by: int, now: datetime) -> None:
    value = shown.value.strip()
    row = session.get(Proof, known(order.id)) or Proof(
        order_id=known(order.id), kind=shown.kind, reason=value, at=now, by_person_id=by
    )
    row.kind, row.at, row.by_person_id = shown.kind, now, by
    row.name = value if shown.kind == "name" else ""
    row.photo = value if shown.kind == "photo" else ""
    row.reason = value if shown.kind == "missing" else ""
    session.add(row)
    session.flush()


def of(session: Session, order_id: int) -> Proof | None:
    """How an order's delivery was proved."""
    return session.get(Proof, order_id)


def names(session: Session, photo: str) -> bool:
    """Whether a proof names this picture."""
    return session.exec(select(Proof.order_id).where(Proof.photo == photo)).first() is not None


def taken_back(session: Session, order: Order, *, now: datetime) -> None:
    """The delivery was undone, and its proof with it."""
    row = session.get(Proof, known(order.id))
    if row is not None:
        session.delete(row)
        session.flush()
    attention.settle(session, f"no-proof:{order.id}", now=now, note="The delivery was undone.")
