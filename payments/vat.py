"""The VAT the co-op owes: each income of a time with its rate, and what a return says of them all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from payments import books, terms
from payments.ledger import Line
from payments.rulebook import Rulebook, VatKind
from payments.terms.tax import INCOME, OUTPUT

KIND_OF: dict[str, VatKind] = {account: kind for kind, account in (*INCOME.items(), *OUTPUT.items())}
_VAT_ACCOUNTS = frozenset(OUTPUT.values())


@dataclass(frozen=True, slots=True)
class Supply:
    """What one entry earned of one kind of income, or gave back of it (then negative), in minor units."""

    entry_id: int
    at: datetime
    subject: str
    why: str
    kind: VatKind
    rate_bp: int
    net_minor: int
    vat_minor: int


@dataclass(frozen=True, slots=True)
class VatSum:
    """Everything of one kind at one rate, with the entries behind it."""

    kind: VatKind
    rate_bp: int
    net_minor: int
    vat_minor: int
    entry_ids: tuple[int, ...]

    @property
    def gross_minor(self) -> int:
        """What was paid, VAT and all."""
        return self.net_minor + self.vat_minor


@dataclass(frozen=True, slots=True)
class VatReturn:
    """The VAT of `since` <= at < `until`, in minor units, and the boxes of a UK return we can know of.

    Box 1 is VAT due on sales, box 6 their value without VAT, which a return states in whole pounds. What the co-op
    bought (boxes 4 and 7) stands in none of its entries.
    """

    since: datetime
    until: datetime
    supplies: tuple[Supply, ...]
    sums: tuple[VatSum, ...]

    @property
    def box_1_minor(self) -> int:
        """VAT due on sales."""
        return sum(each.vat_minor for each in self.sums)

    @property
    def box_6_minor(self) -> int:
        """The value of sales without VAT, to the penny."""
        return sum(each.net_minor for each in self.sums)

    @property
    def box_6_pounds(self) -> int:
        """The same in whole pounds, pence left out, as the return wants it."""
        return int(self.box_6_minor / 100)


def summed(supplies: Iterable[Supply]) -> tuple[VatSum, ...]:
    """Supplies by kind and rate, in that order; their figures sum to the supplies'."""
    groups: dict[tuple[VatKind, int], list[Supply]] = defaultdict(list)
    for each in supplies:
        groups[each.kind, each.rate_bp].append(each)
    return tuple(
        VatSum(
            kind,
            rate_bp,
            sum(each.net_minor for each in group),
            sum(each.vat_minor for each in group),
            tuple(dict.fromkeys(each.entry_id for each in group)),
        )
        for (kind, rate_bp), group in sorted(groups.items())
    )


def reported(session: Session, *, since: datetime, until: datetime) -> VatReturn:
    """The VAT of a time, by when each thing was sold or given back; nothing where the co-op is not registered.

    That VAT was paid on is no supply.
    """
    lines = [
        line
        for account in (*INCOME.values(), terms.VAT)
        for line in books.lines(session, account, since=since, until=until)
        if line.account in KIND_OF and not line.key.startswith(terms.REMITTANCE)
    ]
    supplies = tuple(_supplies(session, lines))
    return VatReturn(since, until, supplies, summed(supplies))


def rate_of(session: Session, line: Line) -> int | None:
    """The rate (hundredths of a percent) a line of an income, or of its VAT, was sold at; None without VAT.

    What is undone or given back has the rate of what was sold.
    """
    account = line.account if line.account in KIND_OF else line.other
    rulebook, on = _sold_on(session, line)
    rate = rulebook.vat.rate_on(KIND_OF[account], on)
    return rate.rate_bp if rate is not None else None


def _supplies(session: Session, lines: Sequence[Line]) -> Iterable[Supply]:
    together: dict[tuple[int, VatKind], list[Line]] = defaultdict(list)
    for line in lines:
        together[line.entry_id, KIND_OF[line.account]].append(line)
    for (entry_id, kind), group in sorted(together.items()):
        rate_bp = rate_of(session, group[0])
        if rate_bp is None:
            continue
        vat = sum(line.amount for line in group if line.account in _VAT_ACCOUNTS)
        net = sum(line.amount for line in group) - vat
        first = group[0]
        yield Supply(entry_id, first.at, first.subject, first.why, kind, rate_bp, net, vat)


def _sold_on(session: Session, line: Line) -> tuple[Rulebook, date]:
    """The rules and the day of the sale a line is about."""
    version, at, key, entry_id = line.rulebook, line.at, line.key, line.entry_id
    if line.reverses is not None:
        original = books.entry_by_key(session, line.reverses)
        if original is not None:
            at, key, entry_id = original.entry.at, original.key, original.id
    if ":refunded:" in key:
        about = books.about(session, line.subject)
        sold = [each for each in about if ":delivered:" in each.key and each.id < entry_id]
        if sold:
            version, at = sold[-1].rulebook, sold[-1].entry.at
    rulebook = books.rules(session, version)
    return rulebook, rulebook.local(at).date()
