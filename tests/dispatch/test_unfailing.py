"""UNDO of a FAIL: the drop stands where it stood, nobody is rung, and money that a decision moved moves back."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from dispatch import attention, cases, deliveries, failures, jobs, orders, refunds
from dispatch.errors import NothingToUndo
from dispatch.tables import Incident, Order, Refund, known
from payments import books, checks
from tests.dispatch.evening_steps import ringing
from tests.dispatch.test_road import boss, carrying, evening

__all__ = ["boss", "evening"]


def balances(session: Session, order: Order) -> dict[str, int]:
    """What stands on every account that an order's entries touch; nothing where nothing does."""
    names = {n for e in books.about(session, f"order:{order.id}") for p in e.postings for n in p[:2]}
    found = {name: books.balance(session, name, unit="GBP") for name in names}
    return {name: amount for name, amount in found.items() if amount}


def test_a_fail_taken_back_is_as_if_never_said(evening: Session, now: datetime) -> None:
    """The drop is the next one again, the desk's phone is quiet, the incident closed by its rider's own word."""
    job, then, _ = carrying(evening, now, "A-1", "A-2")
    before = [stop.id for stop in jobs.stops_left(evening, job)]
    failures.report(evening, job.person_id, None, words="wrong door", now=then)
    assert [stop.id for stop in jobs.stops_left(evening, job)] == before[::-1]
    told = deliveries.undo(evening, job.person_id, now=then + timedelta(minutes=4))
    assert (told.verb, told.number, len(told.letters)) == ("undone", job.number, 1)
    assert [stop.id for stop in jobs.stops_left(evening, job)] == before
    assert ringing(evening) == []
    assert evening.exec(select(Incident)).one().outcome == "Taken back by the rider."
    again = deliveries.undo(evening, job.person_id, again=True, now=then + timedelta(minutes=4, seconds=20))
    assert (again.repeated, again.letters) == (True, told.letters)
    deliveries.done(evening, job.person_id, None, everything=True, now=then + timedelta(minutes=6))
    assert job.state == "finished"
    assert checks.findings(evening) == []


def test_doors_fail_one_after_the_other(evening: Session, now: datetime, boss: int) -> None:
    """A second door may fail once the first one's food was taken back, and be taken back: each has its own place."""
    job, then, held = carrying(evening, now, "A-1", "A-2", "A-3")
    order = {known(each.id): each for each in held}
    first, second, third = (stop for stop in jobs.stops_left(evening, job) if stop.kind == "drop")
    failures.report(evening, job.person_id, None, letters=(first.letter,), words="shut", now=then)
    failures.decide(evening, order[first.order_id], "returned", by=boss, reason="nobody", now=then)
    failures.report(evening, job.person_id, None, letters=(second.letter,), words="shut too", now=then)
    assert [stop.id for stop in jobs.stops_left(evening, job)] == [third.id, second.id]
    deliveries.undo(evening, job.person_id, now=then + timedelta(minutes=1))
    assert [stop.id for stop in jobs.stops_left(evening, job)] == [second.id, third.id]


@pytest.mark.parametrize("how", ["returned", "abandoned"])
def test_what_was_decided_of_it_is_reversed(evening: Session, now: datetime, boss: int, how: str) -> None:
    """The food is carried again with its money as it was, by reversal; delivered then, it is paid as any other."""
    job, then, (order,) = carrying(evening, now, "A-1")
    failures.report(evening, job.person_id, None, words="shut", now=then)
    failures.decide(evening, order, how, by=boss, reason="nobody answers", now=then)
    booked = list(books.about(evening, f"order:{order.id}"))
    assert balances(evening, order)
    assert job.state == "finished"
    deliveries.undo(evening, job.person_id, now=then + timedelta(minutes=2))
    assert (order.delivery, order.payment, job.state) == ("carried", "due", "taken")
    assert (order.cancelled_at, order.cancel_reason) == (None, None)
    assert balances(evening, order) == {}
    entries = list(books.about(evening, f"order:{order.id}"))
    assert [entry.id for entry in entries[: len(booked)]] == [entry.id for entry in booked]
    assert entries[-1].reverses == booked[-1].key
    assert refunds.refunds(evening, known(order.id)) == []
    assert "fail_undone" in [row.kind for row in attention.open_(evening)]
    deliveries.done(evening, job.person_id, None, now=then + timedelta(minutes=3))
    assert (order.delivery, order.payment) == ("delivered", "booked")
    assert books.balance(evening, f"rider:{job.person_id}:tips", unit="GBP") == order.tip_minor
    assert checks.findings(evening) == []


@pytest.mark.parametrize("refs", [("A-1",), ("A-1", "A-2")])
@pytest.mark.parametrize("number", [True, False])
def test_a_done_that_crosses_the_decision_counts(
    evening: Session, now: datetime, boss: int, refs: tuple[str, ...], number: bool
) -> None:
    """The customer came while the desk gave the food up: the DONE delivers it, and whoever decided is told."""
    job, then, _ = carrying(evening, now, *refs)
    drop = jobs.stops_left(evening, job)[0]
    order = orders.by_id(evening, drop.order_id)
    failures.report(evening, job.person_id, None, words="shut", now=then)
    failures.decide(evening, order, "abandoned", by=boss, reason="no answer", now=then + timedelta(minutes=8))
    at = then + timedelta(minutes=9)
    letters = (drop.letter,) if len(refs) > 1 else ()
    told = deliveries.done(evening, job.person_id, job.number if number else None, letters=letters, now=at)
    assert (order.delivery, order.payment, told.repeated) == ("delivered", "booked", False)
    assert books.balance(evening, f"rider:{job.person_id}:tips", unit="GBP") == order.tip_minor
    assert "fail_undone" in [row.kind for row in attention.open_(evening)]
    assert deliveries.done(evening, job.person_id, job.number, letters=letters, now=at).repeated
    assert checks.findings(evening) == []


def test_a_done_said_again_is_no_word_about_another_drop(evening: Session, now: datetime, boss: int) -> None:
    """One drop is brought, the other given up: DONE of the first, said again without a letter, brings no other."""
    job, then, _ = carrying(evening, now, "A-1", "A-2")
    failed = jobs.stops_left(evening, job)[0]
    order = orders.by_id(evening, failed.order_id)
    failures.report(evening, job.person_id, None, words="shut", now=then)
    deliveries.done(evening, job.person_id, job.number, now=then)
    failures.decide(evening, order, "returned", by=boss, reason="no answer", now=then)
    assert deliveries.done(evening, job.person_id, job.number, now=then + timedelta(minutes=1)).repeated
    assert order.delivery == "returned"


def test_a_done_long_after_the_decision_is_the_desks_to_hear(
    evening: Session, now: datetime, boss: int
) -> None:
    """What was given up more than five minutes ago stays so; money on its way back is said to be, in words."""
    job, then, (order,) = carrying(evening, now, "A-1")
    failures.report(evening, job.person_id, None, words="shut", now=then)
    failures.decide(evening, order, "returned", by=boss, reason="no answer", now=then)
    with pytest.raises(NothingToUndo, match="tell the desk"):
        deliveries.done(evening, job.person_id, job.number, now=then + timedelta(minutes=6))
    assert order.delivery == "returned"
    order.paid_by, order.card_reference = "card", None
    evening.add(order)
    with pytest.raises(NothingToUndo, match="on its way back"):
        deliveries.done(evening, job.person_id, job.number, now=then + timedelta(minutes=1))


def test_it_may_fail_once_more(evening: Session, now: datetime, boss: int) -> None:
    """Failed, decided, undone and failed again: what is given up then is booked once more, and one refund stands."""
    job, then, (order,) = carrying(evening, now, "A-1")
    failures.report(evening, job.person_id, None, words="", now=then)
    failures.decide(evening, order, "returned", by=boss, reason="shut", now=then)
    once = balances(evening, order)
    given = [(row.number, row.amount_minor) for row in refunds.refunds(evening, known(order.id))]
    deliveries.undo(evening, job.person_id, now=then + timedelta(minutes=1))
    failures.report(evening, job.person_id, None, words="", now=then + timedelta(minutes=2))
    assert len(cases.listed(evening, closed=False)) == 1
    failures.decide(evening, order, "abandoned", by=boss, reason="shut", now=then + timedelta(minutes=3))
    assert balances(evening, order) == once
    standing = refunds.refunds(evening, known(order.id))
    assert [(row.number, row.amount_minor) for row in standing] == given
    rows = evening.exec(select(Refund).order_by(col(Refund.id))).all()
    assert [row.undone_at is None for row in rows] == [False, True][-len(rows) :]
    assert checks.findings(evening) == []


def test_money_on_its_way_back_to_a_card_is_a_persons_to_settle(
    evening: Session, now: datetime, boss: int
) -> None:
    """Where an online payment goes back already, UNDO is refused in words, and nothing has moved."""
    job, then, (order,) = carrying(evening, now, "A-1")
    order.paid_by, order.card_reference = "card", None
    evening.add(order)
    failures.report(evening, job.person_id, None, words="", now=then)
    failures.decide(evening, order, "abandoned", by=boss, reason="shut", now=then)
    with pytest.raises(NothingToUndo, match="on its way back"):
        deliveries.undo(evening, job.person_id, now=then + timedelta(minutes=1))
    assert (order.delivery, job.state) == ("abandoned", "finished")


def test_a_fail_of_five_minutes_ago_stands(evening: Session, now: datetime) -> None:
    """UNDO reaches back five minutes, for this as for the rest."""
    job, then, _ = carrying(evening, now, "A-1")
    failures.report(evening, job.person_id, None, words="", now=then)
    with pytest.raises(NothingToUndo):
        deliveries.undo(evening, job.person_id, now=then + timedelta(minutes=6))
    assert [row.kind for row in ringing(evening)] == ["failed_delivery"]
