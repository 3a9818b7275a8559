"""Working time: what the law and the members' rules would want looked at before a shift is planned. Pure.

A caution never stops anybody: a named person reads it and may go on with a reason. The figures stand in the
rulebook's [rest]; their defaults are the Working Time Regulations 1998 of the United Kingdom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dispatch.errors import Sentence
from payments.rulebook import Rulebook

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Span:
    """Work from one instant until another."""

    starts_at: datetime
    ends_at: datetime

    def within(self, since: datetime, until: datetime) -> timedelta:
        """How much of it lies between two instants."""
        return max(timedelta(), min(self.ends_at, until) - max(self.starts_at, since))


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to look at. A `light` one is only a note: nobody need write down why they go on."""

    kind: str
    sentence: Sentence
    light: bool = False

    @property
    def words(self) -> str:
        """What it is, in English."""
        return str(self.sentence)


def cautions(
    rules: Rulebook, others: Sequence[Span], new: Span, *, opted_out: bool = False, young: bool = False
) -> tuple[Caution, ...]:
    """What a new shift beside a rider's other shifts would want looked at; nothing where the rules say off.

    `opted_out` is the rider's own written statement about the weekly limit. Who is `young` is under 18.
    """
    if rules.rest.working_time == "off":
        return ()
    told = [*_week(rules, others, new, opted_out=opted_out, young=young)]
    told += _between(rules, others, new, young=young)
    told += _days_off(rules, others, new, young=young)
    told += _night(rules, new, young=young)
    told += _long(rules, new, young=young)
    return tuple(told)


def hours_in(spans: Sequence[Span], since: datetime, until: datetime) -> float:
    """Hours of these between two instants."""
    return sum((span.within(since, until) for span in spans), timedelta()) / timedelta(hours=1)


def week_of(rules: Rulebook, at: datetime) -> tuple[datetime, datetime]:
    """Monday to Monday, in the co-op's own time."""
    day = rules.local(at).date()
    monday = day - timedelta(days=day.weekday())
    return rules.midnight(monday), rules.midnight(monday + WEEK)


def average_h(rules: Rulebook, spans: Sequence[Span], at: datetime) -> tuple[float, int]:
    """Hours a week on average over the reference weeks up to that of `at`, and over how many weeks.

    Who started since is averaged over the weeks since they did.
    """
    since, until = week_of(rules, at)
    monday, weeks = rules.local(since).date(), 1
    first = min((span.starts_at for span in spans), default=at)
    while weeks < rules.rest.reference_weeks and rules.midnight(monday) > first:
        monday, weeks = monday - WEEK, weeks + 1
    return hours_in(spans, rules.midnight(monday), until) / weeks, weeks


def _week(
    rules: Rulebook, others: Sequence[Span], new: Span, *, opted_out: bool, young: bool
) -> list[Caution]:
    """The simple week, and the average over the reference weeks: either may be over."""
    spans = [*others, new]
    rest, told = rules.rest, []
    hours = hours_in(spans, *week_of(rules, new.starts_at))
    if young:
        if hours > rest.young_week_h:
            told.append(
                _caution(
                    "week",
                    "{hours} h this week: a young worker has at most {most} h",
                    hours=f"{hours:g}",
                    most=_h(rest.young_week_h),
                )
            )
        return told
    average, weeks = average_h(rules, spans, new.starts_at)
    over = average > rest.week_h and weeks > 1
    if opted_out:
        if hours > rest.week_h:
            told.append(
                _caution(
                    "week",
                    "{hours} h this week; the rider has opted out of {most} h",
                    light=True,
                    hours=f"{hours:.4g}",
                    most=_h(rest.week_h),
                )
            )
        return told
    if hours > rest.week_h:
        most = _h(rest.week_h)
        told.append(_caution("week", "{hours} h this week, over {most} h", hours=f"{hours:.4g}", most=most))
    if over:
        told.append(
            _caution(
                "average",
                "{hours} h a week over {weeks} weeks, above the average of {most} h",
                hours=f"{average:.1f}",
                weeks=weeks,
                most=_h(rest.week_h),
            )
        )
    return told


def _between(rules: Rulebook, others: Sequence[Span], new: Span, *, young: bool) -> list[Caution]:
    """Rest between days: work with less than the rest due in between is one day's work, which must leave room for it.

    So two turns of one day are no fault, as long as the day they make leaves that rest before it has gone round.
    """
    least = timedelta(hours=rules.rest.young_between_h if young else rules.rest.between_shifts_h)
    began, ended, gaps = new.starts_at, new.ends_at, []
    for span in sorted(
        (s for s in others if s.ends_at <= new.starts_at), key=lambda s: s.ends_at, reverse=True
    ):
        if began - span.ends_at >= least:
            break
        gaps.append(began - span.ends_at)
        began = min(began, span.starts_at)
    for span in sorted((s for s in others if s.starts_at >= new.ends_at), key=lambda s: s.starts_at):
        if span.starts_at - ended >= least:
            break
        gaps.append(span.starts_at - ended)
        ended = max(ended, span.ends_at)
    if not gaps or ended - began <= timedelta(days=1) - least:
        return []
    rest, due = max(gaps) / timedelta(hours=1), least / timedelta(hours=1)
    words = "only {hours} h of rest from one day's work to the next: {due} h are due"
    return [_caution("between", words, hours=_h(rest), due=_h(due))]


def _days_off(rules: Rulebook, others: Sequence[Span], new: Span, *, young: bool) -> list[Caution]:
    """A long rest in the week; for who is grown up, as well one of twice that, or two, in a fortnight."""
    spans = [*others, new]
    since, until = week_of(rules, new.starts_at)
    due = rules.rest.young_days_off_h if young else rules.rest.day_off_h
    longest = _gaps(spans, since, until)[0]
    if longest >= due:
        return []
    if not young:
        monday = rules.local(since).date()
        for first in (monday - WEEK, monday):
            gaps = _gaps(spans, rules.midnight(first), rules.midnight(first + 2 * WEEK))
            if gaps[0] >= 2 * due or (len(gaps) > 1 and gaps[1] >= due):
                return []
    words = "no {hours} h off in that week" if young else "no {hours} h off in that week or its fortnight"
    return [_caution("day_off", words, hours=_h(due))]


def _gaps(spans: Sequence[Span], since: datetime, until: datetime) -> list[float]:
    """Hours free of work between two instants, the longest stretch first."""
    at, free = since, []
    for span in sorted(spans, key=lambda s: s.starts_at):
        if span.ends_at <= since or span.starts_at >= until:
            continue
        free.append(max(0.0, (span.starts_at - at) / timedelta(hours=1)))
        at = max(at, span.ends_at)
    free.append(max(0.0, (until - at) / timedelta(hours=1)))
    return sorted(free, reverse=True)


def night_h(rules: Rulebook, new: Span, *, young: bool = False) -> float:
    """Hours of a shift in the rulebook's night, which begins earlier for the young."""
    rest = rules.rest
    night_from = rest.young_night_from if young else rest.night_from
    day: date = rules.local(new.starts_at).date() - timedelta(days=1)
    total = timedelta()
    while rules.midnight(day) < new.ends_at:
        ends = day if rest.night_until > night_from else day + timedelta(days=1)
        since = datetime.combine(day, night_from, rules.timezone)
        until = datetime.combine(ends, rest.night_until, rules.timezone)
        total += new.within(since.astimezone(UTC), until.astimezone(UTC))
        day += timedelta(days=1)
    return total / timedelta(hours=1)


def _night(rules: Rulebook, new: Span, *, young: bool) -> list[Caution]:
    hours = night_h(rules, new, young=young)
    begins = rules.rest.young_night_from if young else rules.rest.night_from
    since, until = f"{begins:%H:%M}", f"{rules.rest.night_until:%H:%M}"
    if young and hours > 0:
        words = "a young worker does not work at night ({since} to {until})"
        return [_caution("night", words, since=since, until=until)]
    if hours >= rules.rest.night_h > 0:
        words = "{hours} h of it at night ({since} to {until}): night work, a health check is due"
        return [_caution("night", words, light=True, hours=_h(hours), since=since, until=until)]
    return []


def _long(rules: Rulebook, new: Span, *, young: bool) -> list[Caution]:
    """A shift that needs a break the rules do not give, or that is too long for a young worker."""
    rest, hours = rules.rest, (new.ends_at - new.starts_at) / timedelta(hours=1)
    told = []
    if young and hours > rest.young_day_h:
        words = "{hours} h: a young worker works at most {most} h a day"
        told.append(_caution("day", words, hours=_h(hours), most=_h(rest.young_day_h)))
    if young and hours > rest.young_break_after_h:
        kept = rest.break_min >= rest.young_break_min and rest.break_after_h <= rest.young_break_after_h
        if not kept:
            words = "over {hours} h: plan a young worker's break of {minutes} min"
            after, least = _h(rest.young_break_after_h), rest.young_break_min
            told.append(_caution("break", words, light=True, hours=after, minutes=least))
    elif hours > 6 and (rest.break_min < 20 or rest.break_after_h > 6):
        told.append(_caution("break", "over 6 h: plan its break of 20 min, the rules place none", light=True))
    return told


def _h(hours: float) -> str:
    return f"{hours:.3g}"


def _caution(kind: str, says: str, *, light: bool = False, **facts: object) -> Caution:
    return Caution(kind, Sentence(says, facts), light)
