"""What happened on a night is counted from its rows, and what never did shows as nothing."""

from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch import deliveries, failures, handovers, notices, offers
from infra import happened
from riders_app.tables import InboundText
from tests import factories
from tests.dispatch.test_road import boss, carrying, evening, other

__all__ = ["boss", "evening"]


def test_each_thing_is_counted_and_nothing_is_left_out(evening: Session, now: datetime, boss: int) -> None:
    """A door given up whose FAIL is undone after it, and food that changes hands with its notice confirmed late."""
    assert dict(happened.counted(evening)) == dict.fromkeys(happened.REACHED, 0)
    job, then, (order,) = carrying(evening, now, "A-1")
    failures.report(evening, job.person_id, None, words="shut", now=then)
    failures.decide(evening, order, "abandoned", by=boss, reason="no answer", now=then)
    deliveries.undo(evening, job.person_id, now=then + timedelta(minutes=1))
    at = then + timedelta(minutes=2)
    (new,) = handovers.hand(
        evening,
        [job],
        other(evening, then),
        by=boss,
        meeting="here",
        where=factories.TOLLINGTON,
        now=at,
    )
    late = at + timedelta(hours=1)
    notices.ring_overdue(evening, now=late)
    notices.acknowledge(evening, new.person_id, new.number, now=late)
    deliveries.got(evening, new.person_id, new.number, now=late)
    found = {name: count for name, count in happened.counted(evening).items() if count}
    assert found == {
        "jobs handed on": 1,
        "handed on with food": 1,
        "food that changed hands": 1,
        "handovers confirmed late": 1,
        "food given up": 1,
        "fails undone": 1,
        "fails undone after a decision": 1,
    }


def test_faults_of_ours_are_told(evening: Session, now: datetime) -> None:
    """A text that broke and a plan that could not be used are each a line; a text that was acted on is none."""
    assert happened.faults(evening) == ()
    for number, state in enumerate(("acted", "failed"), 1):
        row = InboundText(
            vendor_id=f"SM{number}", phone="+447700900001", our_number="+447700900999", body="ON"
        )
        row.state, row.received_at, row.due_at, row.acted_at = state, now, now, now
        evening.add(row)
    evening.flush()
    offers.refused(evening, "it is none", now=now)
    assert happened.faults(evening) == ("text 2 could not be acted on", "No plan could be used: it is none")
