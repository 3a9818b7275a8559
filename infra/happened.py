"""What happened on a night, counted from its rows: so that a night in which something never happened is seen."""

from collections import Counter
from collections.abc import Mapping

from sqlmodel import Session, col, select

from dispatch.tables import Attention, Incident, Job, Mark, Notice, Stop
from riders_app.sandbox_carrier import CALLS
from riders_app.tables import InboundText, SandboxPost, Text, TextNews

# Everything a bad night may come to.
REACHED = (
    "told delivered",
    "told undelivered",
    "told failed",
    "news replayed",
    "news out of order",
    "calls answered 500",
    "opted out",
    "refused 21610",
    "opted in",
    "jobs handed on",
    "handed on with food",
    "food that changed hands",
    "handovers that crossed a DONE",
    "handovers confirmed in time",
    "handovers confirmed late",
    "handovers never confirmed",
    "doors tried again",
    "food taken back",
    "food given up",
    "fails undone",
    "fails undone after a decision",
    "offers passed",
    "offers run out",
)


def counted(session: Session) -> Mapping[str, int]:
    """How often each of `REACHED` happened in all that is recorded."""
    found = Counter[str]()
    found.update(_carrier(session))
    found.update(_handovers(session))
    found.update(_doors(session))
    states = Counter(session.exec(select(Job.state)).all())
    found.update({"offers passed": states["passed"], "offers run out": states["expired"]})
    return {name: found[name] for name in REACHED}


def faults(session: Session) -> tuple[str, ...]:
    """Faults of ours that a person had to be told of, one line each: nobody's night should have any."""
    texts = session.exec(
        select(InboundText.id).where(InboundText.state == "failed").order_by(col(InboundText.id))
    )
    plans = session.exec(
        select(Attention.words).where(Attention.kind == "plan_refused").order_by(col(Attention.id))
    )
    return (*(f"text {number} could not be acted on" for number in texts), *plans)


def _carrier(session: Session) -> Counter[str]:
    """What the carrier told, and how: again, in another order, to us who answered with an error; who opted out."""
    found = Counter[str]()
    first: dict[str, str] = {}
    for vendor_id, status in session.exec(
        select(TextNews.vendor_id, TextNews.status).order_by(col(TextNews.id))
    ).all():
        found[f"told {status}"] += 1
        found["news out of order"] += status == "sent" and vendor_id in first
        first.setdefault(vendor_id, status)
    calls = session.exec(
        select(SandboxPost).where(SandboxPost.what != "land", col(SandboxPost.done_at).is_not(None))
    ).all()
    found["calls answered 500"] = sum(int(post.params.get(CALLS, 1)) - 1 for post in calls)
    told = [(post.vendor_id, post.params["MessageStatus"]) for post in calls if post.what == "news"]
    found["news replayed"] = len(told) - len(set(told))
    said = Counter(session.exec(select(InboundText.reading)).all())
    found["opted out"], found["opted in"] = said["OPT_OUT"], said["OPT_IN"]
    errors = session.exec(select(Text.error).where(col(Text.error).is_not(None))).all()
    found["refused 21610"] = sum("21610" in (error or "") for error in errors)
    return found


def _handovers(session: Session) -> Counter[str]:
    found = Counter[str]()
    found["jobs handed on"] = len(session.exec(select(Job.id).where(col(Job.handed_from).is_not(None))).all())
    meetings = session.exec(select(Stop).where(Stop.meeting != "", Stop.kind == "pickup")).all()
    found["handed on with food"] = len({stop.job_id for stop in meetings})
    found["food that changed hands"] = sum(stop.done_at is not None for stop in meetings)
    crossed = select(Attention.id).where(Attention.kind == "handover_crossed")
    found["handovers that crossed a DONE"] = len(session.exec(crossed).all())
    for notice in session.exec(select(Notice).where(Notice.kind == "handover")).all():
        heard, rung = notice.acknowledged_at, notice.rung_at is not None
        how = "confirmed late" if heard and rung else "confirmed in time" if heard else "never confirmed"
        found[f"handovers {how}"] += 1
    return found


def _doors(session: Session) -> Counter[str]:
    found = Counter[str]()
    names = {"again": "doors tried again", "returned": "food taken back", "abandoned": "food given up"}
    for how in session.exec(select(Incident.decided).where(col(Incident.decided).is_not(None))).all():
        found[names[str(how)]] += 1
    undone = select(Mark.id).where(Mark.verb == "failed", col(Mark.undone_at).is_not(None))
    found["fails undone"] = len(session.exec(undone).all())
    after = select(Attention.id).where(Attention.kind == "fail_undone")
    found["fails undone after a decision"] = len(session.exec(after).all())
    return found
