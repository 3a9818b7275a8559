"""Work that was missed, and rest that was earned: sick pay, and leave taken out of what was set aside."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from payments import money
from payments.errors import BadAmount, NoSickPay, NotSoMuchLeave
from payments.ledger import Posting
from payments.rulebook import Rulebook

SICK = "co-op:wages:sick"
UNITS_PER_MINUTE = money.HOLIDAY_UNITS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class AbsenceMoney:
    """An absence as the books see it: whole minutes, of planned work missed on a day or of leave taken from it on."""

    absence_id: int
    rider_id: int
    on: date
    minutes: int

    def __post_init__(self) -> None:
        if self.minutes <= 0:
            raise BadAmount("an absence is of one minute or more")


def sick_pay(rulebook: Rulebook, sick: AbsenceMoney) -> int:
    """What planned work missed pays, in minor units, rounded up; NoSickPay where the rulebook knows none."""
    rule = rulebook.pay.sick
    if rule is None:
        raise NoSickPay
    if rule.share_bp:
        exact = sick.minutes * rulebook.pay.hour_on(sick.on) * rule.share_bp
        return -(-exact // (60 * money.FULL_BP))
    return money.wage(sick.minutes, rule.per_hour_minor or 0)


def sick_postings(rulebook: Rulebook, sick: AbsenceMoney, holiday: str) -> tuple[Posting, ...]:
    """Sick pay, and the holiday pay that comes with it as with any pay, to the account `holiday`."""
    pay_minor = sick_pay(rulebook, sick)
    leave = money.percent_of(pay_minor, rulebook.pay.holiday_bp)
    postings = [(SICK, f"rider:{sick.rider_id}:wages", pay_minor), ("co-op:holiday", holiday, leave)]
    return _some(postings)


def sick_holiday(rulebook: Rulebook, sick: AbsenceMoney) -> tuple[Posting, ...]:
    """The leave that accrues while ill, as if the planned minutes had been worked, in the unit HOLIDAY."""
    units = money.holiday_units(sick.minutes, rulebook.pay.holiday_bp)
    return _some([("co-op:holiday-hours", f"rider:{sick.rider_id}:holiday", units)])


def leave_postings(
    leave: AbsenceMoney, *, accrued_units: int, set_aside_minor: int, set_aside: str, paid_to: str
) -> tuple[tuple[Posting, ...], tuple[Posting, ...]]:
    """Leave taken: (in the unit HOLIDAY, in money). What was set aside pays for it in proportion, half a unit up.

    A minute of leave is worth what the minutes still to be taken are worth on average, so that the last one, whole or
    not, takes the last penny. NotSoMuchLeave beyond what has accrued.
    """
    most = whole_minutes(accrued_units)
    if leave.minutes > most:
        raise NotSoMuchLeave(leave.minutes, most)
    units = min(leave.minutes * UNITS_PER_MINUTE, accrued_units)
    pay_minor = (2 * set_aside_minor * units + accrued_units) // (2 * accrued_units)
    return (
        _some([(f"rider:{leave.rider_id}:holiday", "co-op:holiday-hours", units)]),
        _some([(set_aside, paid_to, pay_minor)]),
    )


def whole_minutes(units: int) -> int:
    """Leave as the minutes it may be taken in: a minute begun is one, so that no fraction is left for ever."""
    return -(-max(0, units) // UNITS_PER_MINUTE)


def _some(moves: Iterable[tuple[str, str, int]]) -> tuple[Posting, ...]:
    return tuple(Posting(*move) for move in moves if move[2])
