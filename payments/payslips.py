"""A payslip: the lines of a pay run for one person, what was deducted, and the sums a person can check.

Its contents are those of the Employment Rights Act 1996, s. 8: the gross pay, each deduction and what it is for,
the net pay, how each part of it was paid, and the hours at each rate.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from payments import money
from payments.ledger import HOLIDAY, MINUTES

PAID_BEFORE = "paid before"
TIPS, EXPENSES = "tips", "expenses"
# Of a rider's accounts, those deductions are taken from, in this order: never tips, never expenses.
TAXED = ("wages", "holiday-pay")


@dataclass(frozen=True, slots=True)
class RunLine:
    """One posting of the books as a pay run gathers it: `amount` in minor units, minutes or leave by its unit.

    `rates`: for minutes, (minor units an hour or None, minutes) as they were paid; `correction_of` is the
    number of the entry that this one undoes.
    """

    person_id: int
    account: str
    other: str
    unit: str
    what: str
    why: str
    subject: str
    at: datetime
    amount: int
    entry_id: int
    correction_of: int | None = None
    rates: tuple[tuple[int | None, int], ...] = ()

    @property
    def purse(self) -> str:
        """Which of the person's accounts: wages, holiday-pay, tips, expenses, minutes, holiday."""
        return self.account.split(":", 2)[2]

    @property
    def is_money(self) -> bool:
        """Whether it is in a currency."""
        return self.unit not in (HOLIDAY, MINUTES)


@dataclass(frozen=True, slots=True)
class Deduction:
    """What the payroll bureau had deducted: the kind's slug, what it is for, minor units."""

    kind: str
    purpose: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Payment:
    """How a part of the net pay was or is to be paid."""

    method: str
    amount_minor: int
    state: str
    reference: str
    at: datetime | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Payslip:
    """One person's pay of one run, for `since` <= at < `until`; every figure is a sum over its lines."""

    run_id: int
    person_id: int
    since: datetime
    until: datetime
    currency: str
    lines: tuple[RunLine, ...]
    deductions: tuple[Deduction, ...] = ()
    payments: tuple[Payment, ...] = field(default=())

    @property
    def kinds(self) -> dict[str, int]:
        """Each kind of pay and what it comes to: wages, top-up, late, holiday pay; tips and expenses apart."""
        sums: dict[str, int] = defaultdict(int)
        for line in self._pay():
            if line.what != PAID_BEFORE:
                sums[line.what] += line.amount
        return dict(sorted(sums.items(), key=lambda each: (each[0] != "wages", each[0])))

    @property
    def gross_minor(self) -> int:
        """Pay before deductions, without tips and expenses."""
        return sum(self.kinds.values())

    @property
    def tips_minor(self) -> int:
        """Tips, whole: nothing is deducted from them."""
        return self._on(TIPS)

    @property
    def expenses_minor(self) -> int:
        """What the rider had spent for the co-op, given back."""
        return self._on(EXPENSES)

    @property
    def paid_before_minor(self) -> int:
        """What was paid ahead of the run, as a negative amount."""
        return sum(line.amount for line in self._pay() if line.what == PAID_BEFORE)

    @property
    def deducted_minor(self) -> int:
        """All deductions."""
        return sum(each.amount_minor for each in self.deductions)

    @property
    def net_minor(self) -> int:
        """What is paid: gross, tips and expenses, less deductions and what was paid before."""
        return sum(line.amount for line in self.lines if line.is_money) - self.deducted_minor

    @property
    def minutes(self) -> int:
        """Minutes on shift."""
        return sum(line.amount for line in self.lines if line.unit == MINUTES)

    @property
    def rates(self) -> tuple[tuple[int | None, int], ...]:
        """(minor units an hour, minutes) for each rate worked at, lowest first; None where pay was not by the hour."""
        sums: dict[int | None, int] = defaultdict(int)
        for line in self.lines:
            for rate, minutes in line.rates if line.unit == MINUTES else ():
                sums[rate] += minutes
        return tuple((rate, sums[rate]) for rate in sorted(sums, key=lambda r: (r is None, r)) if sums[rate])

    @property
    def leave_minutes(self) -> Fraction:
        """Leave accrued, less leave taken back by corrections, exactly, in minutes."""
        return money.holiday_minutes(self._leave())

    @property
    def leave_hours(self) -> int:
        """The same in whole hours, as the law rounds it once for a whole pay period."""
        return money.holiday_hours(max(0, self._leave()))

    def purses(self) -> dict[str, int]:
        """What is paid from each of the person's accounts, deductions taken: those with something, in order."""
        sums: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if line.is_money:
                sums[line.account] += line.amount
        for account, amount, _ in self.withheld():
            sums[account] -= amount
        return {account: sums[account] for account in sorted(sums) if sums[account]}

    def withheld(self) -> tuple[tuple[str, int, str], ...]:
        """(account, amount, deduction's slug): what is deducted from which account, wages first."""
        left = {f"rider:{self.person_id}:{purse}": self._on(purse) for purse in TAXED}
        taken: dict[tuple[str, str], int] = defaultdict(int)
        for each in self.deductions:
            still = each.amount_minor
            for account in left:
                part = min(still, max(0, left[account]))
                left[account] -= part
                still -= part
                taken[account, each.kind] += part
        return tuple((account, amount, kind) for (account, kind), amount in sorted(taken.items()) if amount)

    @property
    def deductible_minor(self) -> int:
        """The most that can be deducted: what stands on wages and holiday pay."""
        return sum(max(0, self._on(purse)) for purse in TAXED)

    def _pay(self) -> Iterable[RunLine]:
        return (each for each in self.lines if each.is_money and each.purse not in (TIPS, EXPENSES))

    def _on(self, purse: str) -> int:
        return sum(each.amount for each in self.lines if each.is_money and each.purse == purse)

    def _leave(self) -> int:
        return sum(each.amount for each in self.lines if each.unit == HOLIDAY)


def carried_over(lines: Iterable[RunLine]) -> tuple[tuple[RunLine, ...], Mapping[str, int]]:
    """The lines a run can pay, and the accounts below nought that wait for the next run: account -> minor units.

    A correction may take more than a period has earned. It is then not taken from tips or expenses, nor asked
    back: the account's lines stay together, and are gathered again once it is above nought.
    """
    lines = tuple(lines)
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.is_money:
            sums[line.account] += line.amount
    below = {account: amount for account, amount in sorted(sums.items()) if amount < 0}
    waiting = {account.rsplit(":", 1)[0] + ":minutes" for account in below if account.endswith(":wages")}
    kept = [each for each in lines if each.account not in below and each.account not in waiting]
    paid = {
        each.person_id for each in kept if each.is_money
    }  # minutes and leave go with the pay they belong to
    return tuple(each for each in kept if each.person_id in paid), below
