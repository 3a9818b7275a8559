"""How the members want to work: rest and its limits, and how the rota is shared out."""

from datetime import time
from typing import Annotated, Literal

from payments.rulebook.sections import Section
from payments.rulebook.words import Hour, Minutes, YesNo, number, one_of, whole

Percent = Annotated[int, whole(0, 300, "percent")]


class Rest(Section):
    """Breaks, the most work in an hour, rest after a heavy run, and what is warned of in working time.

    The defaults of working time are those of the United Kingdom (Working Time Regulations 1998). A limit that is
    not written does not limit.
    """

    break_min: Minutes = 20
    break_after_h: Annotated[float, number(0.5, 24)] = 6.0
    break_window_min: Minutes = 90
    break_paid: YesNo = True
    max_orders_an_hour: Annotated[int, whole(1, 100, "orders")] | None = None
    max_effort_min_an_hour: Annotated[int, whole(1, 240, "minutes")] | None = None
    max_km_an_hour: Annotated[float, number(0.5, 100)] | None = None
    load_effort_pct: Percent = 0
    rain_effort_pct: Percent = 0
    climb_effort_pct: Percent = 0
    heavy_run_min: Annotated[int, whole(1, 240, "minutes")] | None = None
    cool_down_min: Minutes = 10
    working_time: Annotated[Literal["warn", "off"], one_of("warn", "off")] = "warn"
    week_h: Annotated[float, number(1, 168)] = 48.0
    reference_weeks: Annotated[int, whole(1, 52, "weeks")] = 17
    between_shifts_h: Annotated[float, number(0, 24)] = 11.0
    day_off_h: Annotated[float, number(0, 48)] = 24.0
    night_from: Hour = time(23)
    night_until: Hour = time(6)
    night_h: Annotated[float, number(0, 24)] = 3.0
    young_night_from: Hour = time(22)
    young_day_h: Annotated[float, number(0, 24)] = 8.0
    young_week_h: Annotated[float, number(0, 168)] = 40.0
    young_between_h: Annotated[float, number(0, 24)] = 12.0
    young_days_off_h: Annotated[float, number(0, 96)] = 48.0
    young_break_min: Minutes = 30
    young_break_after_h: Annotated[float, number(0.5, 24)] = 4.5


class Rota(Section):
    """Who comes first for a place on the rota, how long they have to answer, and who agrees to a swap."""

    waitlist: Annotated[Literal["first_come", "fewest_hours"], one_of("first_come", "fewest_hours")] = (
        "first_come"
    )
    answer_min: Annotated[int, whole(1, 10_080, "minutes", " (a week)")] = 60
    swap: Annotated[Literal["free", "agreed"], one_of("free", "agreed")] = "free"
    cancel_notice_h: Annotated[int, whole(0, 720, "hours", " (30 days)")] = 24
