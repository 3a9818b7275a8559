"""Accounts of the books in the words of whoever reads the page."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from sqlmodel import Session, col, select

from dispatch.facts import Say, english
from dispatch.tables import Person, Restaurant
from payments.books import TrialLine

# The part of a name that says whose an account is, or of which day.
_WHOSE = re.compile(r"(?<=:)\d[\d-]*(?=:|$)")


def _co_op(say: Say) -> dict[str, str]:
    """Accounts of the co-op and of the world outside."""
    return {
        "co-op": say("The co-op"),
        "outside:card": say("Customers' cards"),
        "outside:customers": say("Customers at the till"),
        "outside:capital": say("Members' own money"),
        "outside:bank": say("The co-op's bank account"),
        "outside:vat-reclaimed": say("VAT reclaimed on what the co-op bought"),
        "vat:output": say("VAT owed"),
        "co-op:delivery": say("Delivery fees"),
        "co-op:commission": say("Commission from restaurants"),
        "co-op:services": say("Services to restaurants"),
        "co-op:adjustments": say("Corrections with restaurants"),
        "vat:output:commission": say("VAT owed on commission"),
        "vat:output:delivery": say("VAT owed on delivery fees"),
        "vat:output:service": say("VAT owed on services"),
        "co-op:card-cost": say("What cards cost the co-op"),
        "co-op:disputes": say("Card payments taken back by customers' banks"),
        "co-op:wages": say("Wages"),
        "co-op:wages:top-up": say("Top-ups to the pay floor"),
        "co-op:wages:drops": say("Drops, paid beside the hours"),
        "co-op:wages:late": say("Premiums for late hours"),
        "co-op:wages:rain": say("Premiums for rain"),
        "co-op:wages:distance": say("Premiums for long ways"),
        "co-op:wages:hills": say("Premiums for hills"),
        "co-op:wages:sick": say("Sick pay"),
        "co-op:employer-costs": say("The employer's own contributions"),
        "co-op:expenses": say("Riders' expenses, given back"),
        "co-op:refunds": say("Refunds the co-op bears"),
        "co-op:holiday": say("Holiday pay"),
        "co-op:holiday-hours": say("Leave accrued"),
        "co-op:minutes": say("Minutes worked"),
    }


def _kinds(say: Say) -> dict[str, str]:
    """What of a person's an account holds."""
    return {
        "wages": say("wages"),
        "tips": say("tips"),
        "holiday-pay": say("holiday pay"),
        "holiday-set-aside": say("holiday pay set aside"),
        "expenses": say("expenses"),
        "holiday": say("leave"),
        "minutes": say("minutes"),
        "shares": say("shares"),
        "till": say("till"),
    }


def _yours(say: Say) -> dict[str, str]:
    """The same, said to whom it belongs."""
    return {
        "wages": say("Your wages"),
        "tips": say("Your tips"),
        "holiday-pay": say("Your holiday pay"),
        "holiday-set-aside": say("Your holiday pay set aside"),
        "expenses": say("Your expenses"),
        "holiday": say("Your leave"),
        "minutes": say("Your minutes"),
        "shares": say("Your shares"),
    }


def deductions(say: Say) -> dict[str, str]:
    """What is deducted from pay by the payroll bureau's usual kinds; a term of the law stays beside its translation."""
    return {
        "income-tax": say("Income tax (PAYE)"),
        "national-insurance": say("National Insurance"),
        "pension": say("Pension"),
        "student-loan": say("Student loan"),
    }


# All accounts of a kind at once, as the treasurer's pages tell them.
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
    (
        "outside:vat-reclaimed",
        "VAT on what the co-op bought, which other books hold: it lowered what was paid to HMRC.",
    ),
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


def names(
    session: Session, accounts: Iterable[str], *, me: int | None = None, say: Say = english
) -> dict[str, str]:
    """Each account in words; those of `me` are "Your ...", another person's are named only where `me` is None."""
    accounts = set(accounts)
    bare = {account.removeprefix("held:") for account in accounts}
    ids = {kind: _ids(bare, kind) for kind in ("rider", "member", "restaurant")}
    told = ids["rider"] | ids["member"] if me is None else set()
    people = {row.id: row.name for row in session.exec(select(Person).where(col(Person.id).in_(told))).all()}
    places = session.exec(select(Restaurant).where(col(Restaurant.id).in_(ids["restaurant"]))).all()
    called = _Called(people, {row.id: row.name for row in places}, me, say)
    return {account: called.account(account) for account in accounts}


def _ids(accounts: Iterable[str], kind: str) -> set[int]:
    parts = [account.split(":") for account in accounts]
    return {int(part[1]) for part in parts if part[0] == kind and len(part) > 1 and part[1].isdigit()}


class _Called:
    """What accounts are called by whoever reads."""

    def __init__(
        self, people: dict[int | None, str], restaurants: dict[int | None, str], me: int | None, say: Say
    ) -> None:
        self.people, self.restaurants, self.me, self.say = people, restaurants, me, say
        self.own, self.kinds = _co_op(say), _kinds(say)

    def account(self, account: str) -> str:
        """One account in words."""
        say = self.say
        kind, _, rest = account.partition(":")
        number, _, what = rest.partition(":")
        if number == "*" and kind in EVERYBODY:
            return f"{EVERYBODY[kind]}: {self.kinds.get(what, what)}" if what else EVERYBODY[kind]
        if kind in ("rider", "member") and number.isdigit():
            return self._persons(kind, int(number), what)
        if kind == "payroll":
            owed = deductions(say).get(number, number.replace("-", " "))
            return say("Deducted from pay, owed on: {what}", what=owed)
        if kind == "restaurant" and number.isdigit():
            name = self.restaurants.get(int(number), account)
            return f"{name}: {self.kinds.get(what, what)}" if what else name
        if kind == "customer" and number.isdigit():
            return say("Paid ahead for order {number}", number=number)
        if account.startswith("held:"):
            return say("Held: {what}", what=self.account(account.removeprefix("held:")))
        if account == "pool:tips:*":
            return "Tips to be shared out"
        if account.startswith("pool:tips:"):
            return say("Tips of {day}, to be shared out", day=rest.removeprefix("tips:"))
        return self.own.get(account, account)

    def _persons(self, kind: str, number: int, what: str) -> str:
        if number == self.me:
            return _yours(self.say).get(what, what)
        if number in self.people:
            name = self.people[number]
        elif kind == "rider":
            name = self.say("rider {number}", number=number)
        else:
            name = self.say("member {number}", number=number)
        return f"{name}: {self.kinds.get(what, what)}"
