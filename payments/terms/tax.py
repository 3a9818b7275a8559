"""The VAT in an income: worked out once for each thing sold, to the penny, and told from its postings again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from payments import money
from payments.ledger import Posting
from payments.money import FULL_BP
from payments.rulebook import VAT_KINDS, Rulebook, VatKind
from payments.terms.accounts import COMMISSION, DELIVERY, SERVICES, VAT

INCOME: dict[VatKind, str] = {"commission": COMMISSION, "delivery": DELIVERY, "service": SERVICES}
OUTPUT: dict[VatKind, str] = {kind: f"{VAT}:{kind}" for kind in VAT_KINDS}
_KIND_OF: dict[str, VatKind] = {account: kind for kind, account in INCOME.items()}
_KIND_OF_VAT: dict[str, VatKind] = {account: kind for kind, account in OUTPUT.items()}


@dataclass(frozen=True, slots=True)
class Taxed:
    """An income in minor units: what is the co-op's, and the VAT on it."""

    net_minor: int
    vat_minor: int

    @property
    def gross_minor(self) -> int:
        """Both together."""
        return self.net_minor + self.vat_minor


def within(gross_minor: int, rate_bp: int) -> int:
    """The VAT in a price that has it in (minor units), half a unit rounded up."""
    whole = FULL_BP + rate_bp
    return (2 * gross_minor * rate_bp + whole) // (2 * whole)


def gross(rulebook: Rulebook, kind: VatKind, gross_minor: int, on: date) -> Taxed:
    """An amount somebody paid, VAT and all, parted by the rate of that day. NoVatRate."""
    rate = rulebook.vat.rate_on(kind, on)
    vat = within(gross_minor, rate.rate_bp) if rate else 0
    return Taxed(gross_minor - vat, vat)


def priced(rulebook: Rulebook, kind: VatKind, price_minor: int, on: date) -> Taxed:
    """What a price by the rules comes to: VAT is in it or on top of it, as the rate of that day says. NoVatRate."""
    rate = rulebook.vat.rate_on(kind, on)
    if rate is None or rate.included:
        return gross(rulebook, kind, price_minor, on)
    return Taxed(price_minor, money.percent_of(price_minor, rate.rate_bp))


def commission(rulebook: Rulebook, value_minor: int, on: date) -> Taxed:
    """What a restaurant is charged for `value_minor` of food sold. NoVatRate."""
    share = money.percent_of(value_minor, rulebook.revenue.commission_bp)
    return priced(rulebook, "commission", share, on)


def less(rulebook: Rulebook, kind: VatKind, standing: Taxed, price_minor: int, on: date) -> Taxed:
    """What goes back of an income that stands when its price falls by so much; never more than stands. NoVatRate.

    What then still stands has exactly its own VAT, so that none is lost however often something is given back.
    """
    rate = rulebook.vat.rate_on(kind, on)
    of = standing.gross_minor if rate is None or rate.included else standing.net_minor
    left = priced(rulebook, kind, max(0, of - price_minor), on)
    return Taxed(standing.net_minor - left.net_minor, standing.vat_minor - left.vat_minor)


def taxed(postings: Iterable[Posting]) -> dict[VatKind, Taxed]:
    """What postings earned of each kind of income, less what they gave back, with the VAT on it."""
    net: dict[VatKind, int] = defaultdict(int)
    vat: dict[VatKind, int] = defaultdict(int)
    for posting in postings:
        for account, sign in ((posting.destination, 1), (posting.source, -1)):
            if account in _KIND_OF:
                net[_KIND_OF[account]] += sign * posting.amount
            elif account in _KIND_OF_VAT:
                vat[_KIND_OF_VAT[account]] += sign * posting.amount
    return {kind: Taxed(net[kind], vat[kind]) for kind in VAT_KINDS if kind in net or kind in vat}


def untaxed(rulebook: Rulebook, standing: dict[VatKind, Taxed], on: date) -> Sequence[VatKind]:
    """The kinds of income that stand without exactly their own VAT by the rules of that day. NoVatRate."""
    wrong: list[VatKind] = []
    for kind, income in standing.items():
        rate = rulebook.vat.rate_on(kind, on)
        if rate is None:
            right = income.vat_minor == 0
        elif (
            rate.included or kind == "delivery"
        ):  # a delivery fee is kept as the customer paid it, VAT and all
            right = income == gross(rulebook, kind, income.gross_minor, on)
        else:
            right = income == priced(rulebook, kind, income.net_minor, on)
        if not right:
            wrong.append(kind)
    return wrong
