"""Accounts of the books in the words of whoever reads the page."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from dispatch.tables import Person, Restaurant

CO_OP = {
    "co-op": "The co-op",
    "outside:card": "Customers' cards",
    "outside:customers": "Customers at the till",
    "outside:capital": "Members' own money",
    "outside:bank": "The co-op's bank account",
    "co-op:delivery": "Delivery fees",
    "co-op:commission": "Commission from restaurants",
    "co-op:card-cost": "What cards cost the co-op",
    "co-op:disputes": "Card payments taken back by customers' banks",
    "co-op:wages": "Wages",
    "co-op:wages:top-up": "Top-ups to the pay floor",
    "co-op:refunds": "Refunds the co-op bears",
    "co-op:holiday": "Holiday pay set aside",
    "co-op:holiday-hours": "Leave accrued",
    "co-op:minutes": "Minutes worked",
}
KINDS = {
    "wages": "wages",
    "tips": "tips",
    "holiday-pay": "holiday pay",
    "holiday": "leave",
    "minutes": "minutes",
    "shares": "shares",
    "till": "till",
}


def names(session: Session, accounts: Iterable[str], *, me: int | None = None) -> dict[str, str]:
    """Each account in words; those of `me` are "Your ...", another person's are named only where `me` is None."""
    accounts = set(accounts)
    ids = {kind: _ids(accounts, kind) for kind in ("rider", "member", "restaurant")}
    told = ids["rider"] | ids["member"] if me is None else set()
    people = {row.id: row.name for row in session.exec(select(Person).where(col(Person.id).in_(told))).all()}
    places = session.exec(select(Restaurant).where(col(Restaurant.id).in_(ids["restaurant"]))).all()
    restaurants = {row.id: row.name for row in places}
    return {account: _named(account, people, restaurants, me) for account in accounts}


def _ids(accounts: Iterable[str], kind: str) -> set[int]:
    parts = [account.split(":") for account in accounts]
    return {int(part[1]) for part in parts if part[0] == kind and len(part) > 1 and part[1].isdigit()}


def _named(
    account: str, people: dict[int | None, str], restaurants: dict[int | None, str], me: int | None
) -> str:
    kind, _, rest = account.partition(":")
    number, _, what = rest.partition(":")
    words = KINDS.get(what, what)
    if kind in ("rider", "member") and number.isdigit():
        if int(number) == me:
            return f"Your {words}"
        return f"{people.get(int(number), f'{kind} {number}')}: {words}"
    if kind == "restaurant" and number.isdigit():
        name = restaurants.get(int(number), account)
        return f"{name}: {words}" if words else name
    if kind == "customer" and number.isdigit():
        return f"Paid ahead for order {number}"
    return CO_OP.get(account, account)
