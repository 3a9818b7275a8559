"""Accounts of the books in the words of whoever reads the page."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from sqlmodel import Session, col, select

from dispatch.tables import Person, Restaurant
from payments.books import TrialLine

# The part of a name that says whose an account is, or of which day.
_WHOSE = re.compile(r"(?<=:)\d[\d-]*(?=:|$)")

CO_OP = {
    "co-op": "The co-op",
    "outside:card": "Customers' cards",
    "outside:customers": "Customers at the till",
    "outside:capital": "Members' own money",
    "outside:bank": "The co-op's bank account",
    "vat:output": "VAT owed",
    "co-op:delivery": "Delivery fees",
    "co-op:commission": "Commission from restaurants",
    "co-op:services": "Services to restaurants",
    "co-op:adjustments": "Corrections with restaurants",
    "vat:output:commission": "VAT owed on commission",
    "vat:output:delivery": "VAT owed on delivery fees",
    "vat:output:service": "VAT owed on services",
    "co-op:card-cost": "What cards cost the co-op",
    "co-op:disputes": "Card payments taken back by customers' banks",
    "co-op:wages": "Wages",
    "co-op:wages:top-up": "Top-ups to the pay floor",
    "co-op:wages:drops": "Drops, paid beside the hours",
    "co-op:wages:late": "Premiums for late hours",
    "co-op:wages:rain": "Premiums for rain",
    "co-op:wages:distance": "Premiums for long ways",
    "co-op:wages:hills": "Premiums for hills",
    "co-op:wages:sick": "Sick pay",
    "co-op:expenses": "Riders' expenses, given back",
    "co-op:refunds": "Refunds the co-op bears",
    "co-op:holiday": "Holiday pay",
    "co-op:holiday-hours": "Leave accrued",
    "co-op:minutes": "Minutes worked",
}
KINDS = {
    "wages": "wages",
    "tips": "tips",
    "holiday-pay": "holiday pay",
    "holiday-set-aside": "holiday pay set aside",
    "expenses": "expenses",
    "holiday": "leave",
    "minutes": "minutes",
    "shares": "shares",
    "till": "till",
}
EVERYBODY = {
    "rider": "Riders",
    "member": "Members",
    "restaurant": "Restaurants",
    "customer": "Paid ahead for orders",
}

# What stands on an account and why, by the first pattern (a name, or the parts around *) that fits.
WHY = (
    ("customer:*", "What a customer paid for an order that is not delivered yet: it is theirs until then."),
    ("held:*", "Set aside for a payment under way: it is still owed, and cannot be spent twice."),
    ("rider:*:wages", "What a rider is owed for work: booked as each shift ends, paid out in pay runs."),
    ("rider:*:tips", "What a rider is owed of tips, every penny of them: booked as each order is delivered."),
    ("rider:*:holiday-pay", "Holiday pay set aside for a rider: 12.07 % of wages as each shift ends."),
    ("rider:*:holiday", "Leave a rider accrued, in ten-thousandths of a minute."),
    ("rider:*:minutes", "Minutes a rider was on shift, waiting included: the basis of pay."),
    ("rider:*:expenses", "What a rider laid out and is owed."),
    (
        "restaurant:*:till",
        "What a restaurant's own till took for orders on account: told, no money of the co-op's.",
    ),
    ("restaurant:*", "What the co-op owes a restaurant; below nought, what the restaurant owes the co-op."),
    ("member:*", "What a member put into the co-op."),
    ("pool:tips:*", "Tips waiting to be shared out among the riders; it is empty once they were."),
    ("payroll:*", "What was deducted from riders' pay and is owed on to others."),
    ("vat:*", "VAT in what was charged, owed to the tax office."),
    ("co-op:commission", "The co-op's share of the food, from restaurants."),
    ("co-op:delivery", "Delivery fees: the co-op's income, as the riders are paid by the hour."),
    ("co-op:*", "What the co-op earned (above nought) or spent (below)."),
    ("outside:customers", "What customers paid at restaurants' tills: below nought, for it came from there."),
    ("outside:card", "Customers' cards: below nought as long as the processor's money comes from there."),
    ("outside:*", "The world outside: what came from there is below nought, what went there above."),
)


def why(account: str) -> str:
    """What stands on an account and why, in a sentence; nothing for an account nobody foresaw."""
    return next((words for pattern, words in WHY if fnmatchcase(account, pattern)), "")


def kind(account: str) -> str:
    """What accounts that differ only in whose they are have in common: `rider:*:wages` of `rider:7:wages`."""
    return _WHOSE.sub("*", account)


def gathered(lines: Iterable[TrialLine]) -> list[tuple[TrialLine, int]]:
    """A line for all accounts of a kind and unit, and how many they are; one that is alone keeps its name."""
    found: dict[tuple[str, str], list[TrialLine]] = {}
    for line in lines:
        found.setdefault((kind(line.account), line.unit), []).append(line)
    return [
        (_sum(name if len(held) > 1 else held[0].account, held), len(held))
        for (name, _), held in found.items()
    ]


def _sum(name: str, held: list[TrialLine]) -> TrialLine:
    received, given = sum(each.received for each in held), sum(each.given for each in held)
    return TrialLine(name, held[0].unit, received, given)


def names(session: Session, accounts: Iterable[str], *, me: int | None = None) -> dict[str, str]:
    """Each account in words; those of `me` are "Your ...", another person's are named only where `me` is None."""
    accounts = set(accounts)
    bare = {account.removeprefix("held:") for account in accounts}
    ids = {kind: _ids(bare, kind) for kind in ("rider", "member", "restaurant")}
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
    if number == "*" and kind in EVERYBODY:
        return f"{EVERYBODY[kind]}: {words}" if words else EVERYBODY[kind]
    if kind in ("rider", "member") and number.isdigit():
        if int(number) == me:
            return f"Your {words}"
        return f"{people.get(int(number), f'{kind} {number}')}: {words}"
    if kind == "payroll":
        return f"Deducted from pay, owed on: {number.replace('-', ' ')}"
    if kind == "restaurant" and number.isdigit():
        name = restaurants.get(int(number), account)
        return f"{name}: {words}" if words else name
    if kind == "customer" and number.isdigit():
        return f"Paid ahead for order {number}"
    if account.startswith("held:"):
        return f"Held: {_named(account.removeprefix('held:'), people, restaurants, me)}"
    if account == "pool:tips:*":
        return "Tips to be shared out"
    if account.startswith("pool:tips:"):
        return f"Tips of {rest.removeprefix('tips:')}, to be shared out"
    return CO_OP.get(account, account)
