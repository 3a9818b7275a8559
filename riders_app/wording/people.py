"""Texts to a person about their shift, their pay and themselves."""

from collections.abc import Mapping, Sequence

from dispatch.facts import ShiftFacts, WaitHint, WhyFacts
from riders_app.wording.gsm import ONE_SEGMENT, WHOLE, cut, fit, fold
from riders_app.wording.plain import hours, money, orders
from riders_app.wording.voice import ENGLISH, Voice


def shift_on(shift: ShiftFacts, voice: Voice = ENGLISH) -> str:
    """ON was heard."""
    since = shift.started_at or shift.planned_start_at
    return voice.say(
        "On shift since {since}, planned until {until}. Jobs come by text: "
        "answer TAKE or PASS. MENU shows what you can text, OFF ends your shift.",
        since=f"{since:%H:%M}",
        until=f"{shift.planned_end_at:%H:%M}",
    )


def shift_off(shift: ShiftFacts, voice: Voice = ENGLISH) -> str:
    """OFF was heard: the shift has ended, or ends with the job still in hand."""
    if shift.ended_at is None:
        return voice.say(
            "OFF noted: no more jobs for you. Finish what you carry; your shift ends with your last DONE."
        )
    return voice.say(
        "Shift ended {at}: {hours}, {orders}, {sum} and your tips. Safe home. Wrong? CONTEST and say why",
        at=f"{shift.ended_at:%H:%M}",
        hours=hours(shift.minutes),
        orders=orders(shift.orders, voice),
        sum=money(shift.earned_minor, shift.currency),
    )


def shift_asked(shift: ShiftFacts, voice: Voice = ENGLISH) -> str:
    """Past the planned end: are they still out?"""
    return voice.say(
        "Your shift was planned to end at {at} and still runs. Finished? Text OFF. "
        "Still out? Text ON. Nobody will end it without asking you.",
        at=f"{shift.planned_end_at:%H:%M}",
    )


def food_back(voice: Voice = ENGLISH) -> str:
    """A rider who said OFF was to take food back: is it there?"""
    return voice.say(
        "Is the food back? Text OFF, and your shift ends. Nobody will end it without asking you."
    )


def shift_set(shift: ShiftFacts, what: str, *, by: str, reason: str, voice: Voice = ENGLISH) -> str:
    """A named person set a start or an end, or took the shift off the rota."""
    if what == "cancel":
        start = shift.planned_start_at
        day = f"{voice.date(start, 'dd MMM')} {start:%H:%M}"
        said = voice.say("your shift of {day} is off the rota", day=day)
    elif what == "start":
        said = voice.say(
            "your shift start is set to {at}", at=f"{shift.started_at or shift.planned_start_at:%H:%M}"
        )
    else:
        said = voice.say(
            "your shift end is set to {at}", at=f"{shift.ended_at or shift.planned_end_at:%H:%M}"
        )

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "{by} says {said}. Why: {reason}. Not right? Text CONTEST and say why", said=said, **f
        )

    return fit(say, {"by": fold(by), "reason": fold(reason).rstrip(".")}, (("reason", 20), ("by", 16)))


def pay(shift: ShiftFacts, link: str = "", voice: Voice = ENGLISH) -> str:
    """What the shift has earned so far, or did."""
    since = shift.started_at or shift.planned_start_at
    until = voice.say("to {at}", at=f"{shift.ended_at:%H:%M}") if shift.ended_at else voice.say("so far")
    more = voice.say(" All of it: {link}", link=link) if link else ""
    said = voice.say(
        "Shift from {since} {until}: {hours}, {orders}, {sum} and your tips.",
        since=f"{since:%H:%M}",
        until=until,
        hours=hours(shift.minutes),
        orders=orders(shift.orders, voice),
        sum=money(shift.earned_minor, shift.currency),
    )
    return cut(said + more, ONE_SEGMENT)


def no_pay(link: str = "", voice: Voice = ENGLISH) -> str:
    """PAY from a rider with no shift in the past day."""
    more = voice.say(" All your pay: {link}", link=link) if link else ""
    return voice.say("You have had no shift in the last day.") + more


def _saved(cause: str, voice: Voice) -> str:
    """What a rider's being chosen saved, in a word or two."""
    if cause == "wait":
        return voice.say("food sooner")
    if cause == "late":
        return voice.say("less late")
    if cause == "travel":
        return voice.say("shorter ride")
    if cause == "freshness":
        return voice.say("food fresher")
    if cause == "fairness":
        return voice.say("your turn")
    if cause == "churn":
        return voice.say("as planned before")
    return cause


_TIME = ("wait", "late", "freshness", "churn")


def weighed(told: WhyFacts, voice: Voice = ENGLISH) -> str:
    """You beside the next best rider: what time, distance and fairness each weighed, in minutes."""
    n = next((n for n, c in enumerate(told.candidates) if n and not c.barred), None)
    if n is None:
        return ""
    mine, theirs = dict(told.candidates[0].costs), dict(told.candidates[n].costs)

    def beside(*causes: str) -> str:
        return f"{_sum(mine, causes):g}/{_sum(theirs, causes):g}"

    return voice.say(
        "You/rider {number}, min: time {time}, ride {ride}, turn {turn}",
        number=n,
        time=beside(*_TIME),
        ride=beside("travel"),
        turn=beside("fairness"),
    )


def _sum(costs: Mapping[str, float], causes: Sequence[str]) -> float:
    return round(sum(costs.get(cause, 0.0) for cause in causes), 1)


_WHY_CUTS = (("reference", WHOLE), ("weighed", WHOLE), ("rules", WHOLE), ("reason", 40), ("figures", 0))


def why(told: WhyFacts, link: str = "", voice: Voice = ENGLISH) -> str:
    """Why a job went to this rider: how far ahead of the next best, what time, ride and turn weighed, and the rules."""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "Job {number}{reference}: {reason}{figures}{weighed}.{rules}{link}", number=told.number, **f
        )

    figures = weighed(told, voice)
    out, rules = told.riders_out, fold(told.rulebook.partition("-")[0])
    fields = {
        "reference": f" ({fold(told.reference)})",
        "reason": _reason(told, voice, brief=bool(figures)),
        "figures": f". {figures}" if figures else "",
        "weighed": voice.say(". Riders out: {count}", count=out) if out > 1 else "",
        "rules": voice.say(" Rules {version}.", version=rules),
        "link": f" {link}" if link else "",
    }
    return fit(say, fields, _WHY_CUTS)


def _reason(told: WhyFacts, voice: Voice, *, brief: bool) -> str:
    """What decided it, in a few words."""
    if told.margin_min is None:
        if told.riders_out <= 1:
            return voice.say("nobody else was out")
        return voice.say("nobody else could take it")
    causes = [f"{_saved(cause, voice)} {minutes:g}" for cause, minutes in told.because if minutes > 0][:2]
    if told.margin_min <= -0.1:
        return voice.say(
            "the next rider was {minutes} min better, which the search did not find in its time",
            minutes=f"{-told.margin_min:g}",
        )
    if told.margin_min < 0.1:
        return voice.say("as good by you as by the next best rider")
    made = f": {', '.join(causes)}" if causes and not brief else ""
    ahead = f"{told.margin_min:g}"
    return voice.say("best by you, {minutes} min ahead of the next rider", minutes=ahead) + made


def wait_here(hint: WaitHint, voice: Voice = ENGLISH) -> str:
    """Where a rider with nothing to do might wait: advice, and said to be no more."""

    def say(f: Mapping[str, str]) -> str:
        return voice.say(
            "No job just now. A good place to wait: near {near}{street}, {minutes} min away. "
            "Orders are likely there. Only a hint: stay where you like",
            minutes=hint.ride_min,
            **f,
        )

    fields = {"near": fold(hint.near), "street": f", {fold(hint.street)}" if hint.street else ""}
    return fit(say, fields, (("street", 0), ("near", 12)))


def desk_note(body: str, voice: Voice = ENGLISH) -> str:
    """What a dispatcher wrote."""
    return cut(voice.say("Desk: {words}", words=fold(body)), ONE_SEGMENT)


def sign_in(link: str, voice: Voice = ENGLISH) -> str:
    """The one-time link, in answer to somebody asking for it."""
    return voice.say("Your sign-in link, good once and for 15 minutes: {link}", link=link)
