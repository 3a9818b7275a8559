"""What is owed for others: paid on in part or whole, and taken back."""

from payments import remittances, remitting, terms
from tests.payments.machine.world import World

BY = 1


def is_owed(world: World) -> bool:
    """Whether anything is."""
    return bool(remittances.owed(world.session))


def paid(world: World) -> list[int]:
    """The numbers of what was paid on, taken back since or not."""
    return [row.number for row in remittances.made(world.session) if row.takes_back is None]


def pay_on(world: World, quarters: int, reclaimed: int, employer: int, fail_at: int | None) -> None:
    """So many quarters of all that is owed for others leave the bank, some of the VAT reclaimed."""
    owed = remittances.owed(world.session)
    amounts = {each.account: each.amount_minor * quarters // 4 for each in owed}
    if not any(amounts.values()):
        return
    vat = amounts.get(terms.VAT, 0)
    number, at = len(remittances.made(world.session)) + 1, world.now
    world.take(
        lambda session: remitting.pay_on(
            session,
            amounts,
            paid_on=at.date(),
            reference="HMRC",
            by=BY,
            now=at,
            reclaimed_minor=min(reclaimed, vat),
            employer_minor=employer,
            number=number,
        ),
        fail_at,
    )


def take_back(world: World, pick: int, fail_at: int | None) -> None:
    """One of them was written down by mistake."""
    numbers = paid(world)
    if numbers:
        number, at = numbers[pick % len(numbers)], world.now
        world.take(lambda session: remitting.take_back(session, number, "by mistake", by=BY, now=at), fail_at)
