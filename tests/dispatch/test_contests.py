"""Contested decisions: a named person, a clock of fourteen days, a verdict in writing, and counts for the members."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from dispatch import attention, contests
from dispatch.errors import BadInput, NotAllowed
from dispatch.tables import Event, known
from tests import factories
from tests.dispatch.evening_steps import ringing


@pytest.fixture
def evening(session: Session, now: datetime) -> Session:
    """A co-op with its rulebook."""
    factories.adopt(session, now)
    return session


def test_a_case_has_a_named_person_who_is_not_a_party(evening: Session, now: datetime) -> None:
    """Secretaries first, whoever has fewest; never the rider, who answers no case of their own."""
    sam = factories.person(evening, now, 1, "rider", "secretary")
    assert contests.open_(evening, known(sam.id), None, "why", now=now).owner_id is None
    dee = factories.person(evening, now, 2, "dispatcher", name="Dee")
    assert contests.open_(evening, known(sam.id), None, "why", now=now).owner_id == dee.id
    ids = {factories.person(evening, now, n, "secretary", name=f"S{n}").id for n in (3, 4)}
    owners = {contests.open_(evening, known(sam.id), None, "why", now=now).owner_id for _ in range(2)}
    assert owners == ids
    with pytest.raises(NotAllowed):
        contests.answer(evening, 1, by=known(sam.id), verdict="upheld", outcome="mine", now=now)
    with pytest.raises(BadInput):
        contests.give(evening, 1, known(sam.id), now=now)
    assert contests.give(evening, 1, known(dee.id), now=now).owner_id == dee.id


def test_the_clock_reminds_then_rings_and_counts_without_names(evening: Session, now: datetime) -> None:
    """Three days before it is due it is brought up, overdue it rings once; answered, it is counted, its rider told."""
    sam = factories.person(evening, now, 1, "rider")
    dee = factories.person(evening, now, 2, "secretary", name="Dee")
    case = contests.open_(evening, known(sam.id), None, "sent up the hill", now=now)
    near, due = now + timedelta(days=11), now + timedelta(days=14)
    assert contests.next_due(evening, now=now) == near
    assert contests.bring_up(evening, now=near) == 1
    assert ringing(evening) == []
    assert contests.next_due(evening, now=near) == due
    assert contests.bring_up(evening, now=due) == 1
    assert [row.kind for row in ringing(evening)] == ["contest_overdue"]
    assert contests.bring_up(evening, now=due + timedelta(days=1)) == 0
    assert contests.next_due(evening, now=due) is None
    tally = contests.tally(evening, since=now, now=due + timedelta(hours=1))
    assert (tally.opened, tally.still_open, tally.overdue, tally.median_days) == (1, 1, 1, None)
    later = due + timedelta(days=1)
    contests.answer(
        evening, known(case.id), by=known(dee.id), verdict="upheld", outcome="Hills count more", now=later
    )
    contests.answer(evening, known(case.id), by=known(dee.id), verdict="in_part", outcome="again", now=later)
    tally = contests.tally(evening, since=now, now=later)
    assert (tally.upheld, tally.in_part, tally.still_open, tally.median_days) == (1, 0, 0, 15.0)
    assert attention.open_(evening) == []
    told = evening.exec(select(Event).where(Event.kind == "contest_answered")).all()
    assert [event.person_id for event in told] == [sam.id]
