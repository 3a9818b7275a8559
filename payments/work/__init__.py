"""What work earns, as sums and postings: shifts and their minutes, premiums, tips shared out, sick pay and leave."""

from payments.work.absences import (
    SICK,
    UNITS_PER_MINUTE,
    AbsenceMoney,
    leave_postings,
    sick_holiday,
    sick_pay,
    sick_postings,
    whole_minutes,
)
from payments.work.premiums import PREMIUMS, Premium, premiums
from payments.work.shifts import Drop, ShiftMoney, Spell, worked
from payments.work.tips import (
    POOL,
    leaks,
    minutes_on,
    pool,
    pool_day,
    pools,
    share_postings,
    tip_account,
    tip_day,
    tip_day_bounds,
    tips_from_outside,
    tips_of,
)

__all__ = [
    "POOL",
    "PREMIUMS",
    "SICK",
    "UNITS_PER_MINUTE",
    "AbsenceMoney",
    "Drop",
    "Premium",
    "ShiftMoney",
    "Spell",
    "leaks",
    "leave_postings",
    "minutes_on",
    "pool",
    "pool_day",
    "pools",
    "premiums",
    "share_postings",
    "sick_holiday",
    "sick_pay",
    "sick_postings",
    "tip_account",
    "tip_day",
    "tip_day_bounds",
    "tips_from_outside",
    "tips_of",
    "whole_minutes",
    "worked",
]
