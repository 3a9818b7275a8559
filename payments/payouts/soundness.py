"""Whether what the payouts say is what the books say."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from payments import books
from payments.books import holds
from payments.errors import NoSuchHold
from payments.payouts.journey import parts_of, returned_key
from payments.payouts.tables import Payout, PayoutPart

# How the holds of a payout must have ended, by its state; None: not at all.
_ENDED: dict[str, tuple[str | None, ...]] = {
    "ready": (None, "expired"),  # run out, and not noticed yet
    "sending": (None, "expired"),
    "paid": ("posted",),
    "failed": ("voided", "expired"),
    "returned": ("posted",),
}


def faults(session: Session) -> Iterator[tuple[int | None, str]]:
    """(entry number, what does not hold) for each payout that the books do not bear out."""
    for payout in session.exec(select(Payout).order_by(col(Payout.id))):
        parts = parts_of(session, payout)
        if sum(each.amount_minor for each in parts if each.sent) != payout.amount_minor:
            yield None, f"payout {payout.id} is of {payout.amount_minor}, and its parts are not"
        for part in parts:
            yield from _part(session, payout, part)
        back = books.entry_by_key(session, returned_key(payout))
        if (back is not None) != (payout.state == "returned"):
            yield back.id if back else None, f"payout {payout.id} is {payout.state}, and the books differ"


def _part(session: Session, payout: Payout, part: PayoutPart) -> Iterator[tuple[int | None, str]]:
    try:
        found = holds.get(session, part.hold_key)
    except NoSuchHold:
        yield None, f"payout {payout.id} is held by {part.hold_key}, which is not there"
        return
    how = found.resolution.how if found.resolution else None
    if how not in _ENDED[payout.state]:
        told = how or "still held"
        yield found.entry_id, f"payout {payout.id} is {payout.state}, and {part.hold_key} was {told}"
    posted = part.amount_minor if found.resolution is None else found.resolution.posted
    if found.hold.source != part.account or found.hold.amount != part.amount_minor:
        yield found.entry_id, f"payout {payout.id} holds another sum or account in {part.hold_key}"
    elif how == "posted" and posted != part.amount_minor:
        yield found.entry_id, f"payout {payout.id} paid {posted} of {part.hold_key}, not all"
