"""Why a job was its rider's: weighed against the others, kept without names, told by number, and checked again."""

import json
import zlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

import routing
from dispatch import decisions, jobs, offers, overrides, planning, retention, shifts
from dispatch.errors import NoSuchJob
from dispatch.facts import Point
from dispatch.tables import Decision, Job, known
from tests import factories
from tests.dispatch.test_story import evening, offered

__all__ = ["evening"]


@pytest.fixture
def two_out(evening: Session, now: datetime) -> Session:
    """A rider by the restaurant and one far off."""
    factories.rider(evening, now)
    far = factories.rider(evening, now, 2, name="Ola Berg")
    shifts.report_position(evening, far.person_id, Point(51.5480, -0.1010), now=now + timedelta(seconds=1))
    return evening


def test_the_true_reason_is_told(two_out: Session, now: datetime) -> None:
    """The near rider gets it because the food comes sooner and the ride is shorter, by so many minutes."""
    factories.order(two_out, now, factories.restaurant(two_out, now), ready_min=0)
    job, _then = offered(two_out, now)
    told = decisions.why(two_out, job)
    assert [c.who for c in told.candidates] == ["you", "rider 1"]
    assert (told.riders_out, told.orders_open) == (2, 1)
    assert told.rulebook.startswith("1-")
    mine, other = told.candidates
    assert told.margin_min == pytest.approx(other.total_min - mine.total_min, abs=0.05)
    assert told.margin_min > 3
    assert {cause for cause, saved in told.because if saved > 0} >= {"wait", "travel"}
    assert sum(saved for _, saved in told.because) == pytest.approx(told.margin_min, abs=0.3)
    assert decisions.check(two_out, job) == ()


def test_only_plans_that_led_to_an_offer_are_kept(evening: Session, now: datetime) -> None:
    """Plan after plan leaves nothing behind until one is offered; then one row for each job."""
    factories.rider(evening, now)
    factories.rider(evening, now, 2, name="Ola Berg")
    luna = factories.restaurant(evening, now)
    factories.order(evening, now, luna, "A-1", ready_min=40)
    for minute in range(3):
        picture = planning.take(evening, now=now + timedelta(minutes=minute), force=True)
        assert picture is not None
        offers.settle(evening, picture, planning.do(picture), now=picture.at)
    assert evening.exec(select(Decision)).all() == []
    offered(evening, now + timedelta(minutes=3))
    made = evening.exec(select(Job)).all()
    assert len(evening.exec(select(Decision)).all()) == len(made) == 1


def test_what_is_kept_names_nobody_and_no_place(two_out: Session, now: datetime) -> None:
    """A decision holds numbers of rows and seconds: no name, no street, no phone, no degree."""
    luna = factories.restaurant(two_out, now, "Bistro Zebra")
    order = factories.order(two_out, now, luna, "REF-77", phone="+447700900500")
    offered(two_out, now)
    row = two_out.exec(select(Decision)).one()
    text = zlib.decompress(row.body).decode()
    for secret in ("Okoye", "Berg", "Zebra", "Hanley", "Ana", "7700900", "REF-77", "51.5", "-0.1"):
        assert secret not in text
    kept = json.loads(text)
    assert kept["requests"] == [str(order.id)]
    assert len(row.body) < 4000


def test_a_batch_is_weighed_whole(two_out: Session, now: datetime) -> None:
    """Three orders in one job are weighed as the one job they are, and the figures hold when priced again."""
    luna = factories.restaurant(two_out, now)
    for n in range(3):
        factories.order(two_out, now, luna, f"A-{n}", ready_min=0)
    job, _then = offered(two_out, now)
    told = decisions.why(two_out, job)
    assert len(decisions.read(two_out.exec(select(Decision)).one()).part.requests) == len(
        told.reference.split(", ")
    )
    assert told.margin_min is not None
    assert told.margin_min >= 0
    assert decisions.check(two_out, job) == ()


def test_who_let_it_go_is_said_to_have(two_out: Session, now: datetime) -> None:
    """After a pass the other rider's table says that this one could not have it, and why."""
    factories.order(two_out, now, factories.restaurant(two_out, now))
    job, then = offered(two_out, now)
    offers.refuse(two_out, job.person_id, job.number, now=then)
    again, _ = offered(two_out, then + timedelta(seconds=2))
    told = decisions.why(two_out, again)
    assert [c.barred for c in told.candidates] == ["", "passed"]
    assert told.margin_min is None
    assert told.others == ()


def test_figures_changed_afterwards_are_found(two_out: Session, now: datetime) -> None:
    """A decision that was tampered with does not pass the referee."""
    factories.order(two_out, now, factories.restaurant(two_out, now))
    job, _then = offered(two_out, now)
    row = two_out.exec(select(Decision)).one()
    body = json.loads(zlib.decompress(row.body))
    body["others"][0]["cost"]["wait"] += 600
    body["problem"]["couriers"][0]["had"] += 5
    row.body = zlib.compress(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())
    two_out.add(row)
    two_out.flush()
    found = decisions.check(two_out, job)
    assert "what is kept is not what was written down" in found
    assert any("it would cost" in words for words in found)


@pytest.mark.parametrize("spoilt", ["torn", "older", "poorer"])
def test_figures_that_cannot_be_read_are_said_to_be(two_out: Session, now: datetime, spoilt: str) -> None:
    """A decision torn or written by another version is told as one that cannot be read, not as a fault of ours."""
    factories.order(two_out, now, factories.restaurant(two_out, now))
    job, _then = offered(two_out, now)
    row = two_out.exec(select(Decision)).one()
    body = json.loads(zlib.decompress(row.body))
    if spoilt == "older":
        body["problem"]["version"] = 1
    elif spoilt == "poorer":
        del body["cost"]
    said = zlib.compress(json.dumps(body).encode())
    row.body = said[:40] if spoilt == "torn" else said
    two_out.add(row)
    two_out.flush()
    with pytest.raises(NoSuchJob, match="cannot be read any more"):
        decisions.why(two_out, job)


def test_decisions_go_on_their_day(two_out: Session, now: datetime) -> None:
    """After the rulebook's days a decision is dropped; its job stays, and says that its figures are gone."""
    factories.order(two_out, now, factories.restaurant(two_out, now))
    job, then = offered(two_out, now)
    day = then + timedelta(days=180)
    assert retention.drop_spent(two_out, now=day - timedelta(minutes=1)) >= 0
    assert two_out.exec(select(Decision)).all() != []
    retention.drop_spent(two_out, now=day)
    assert two_out.exec(select(Decision)).all() == []
    assert job.decision_id is None
    with pytest.raises(NoSuchJob, match="not kept any more"):
        decisions.why(two_out, jobs.get(two_out, known(job.id)))


def test_a_job_given_by_hand_has_no_figures(two_out: Session, now: datetime) -> None:
    """Where a person decided, nothing is made up."""
    order = factories.order(two_out, now, factories.restaurant(two_out, now), ready_min=60)
    boss = factories.person(two_out, now, 90, "dispatcher", name="Desk Person")
    rider = planning.able(two_out)[1].person_id
    job = overrides.assign(two_out, order, rider, by=known(boss.id), now=now)
    with pytest.raises(NoSuchJob, match="given by the desk, by hand"):
        decisions.why(two_out, job)


def test_the_best_other_place_is_found_without_a_search(two_out: Session, now: datetime) -> None:
    """What a job would cost by another is what the plan costs more with it there, to the second."""
    luna = factories.restaurant(two_out, now)
    factories.order(two_out, now, luna, "A-1", ready_min=0)
    factories.order(two_out, now, luna, "A-2", ready_min=0, drop=factories.BLACKSTOCK)
    picture = planning.take(two_out, now=now, force=True)
    assert picture is not None
    made = planning.do(picture)
    for route in (r for r in made.plan.routes if r.departs):
        decided = decisions.decide(picture.problem, made.plan, route)
        assert routing.check(decided.part.problem, decided.part.plan) == ()
        told = {w.request: w for w in made.plan.why}
        if len(decided.part.requests) == 1:
            why = told[decided.part.requests[0]]
            assert decided.cost.total == pytest.approx(why.cost.total)
            assert {o.courier: pytest.approx(o.cost.total) for o in why.others} == {
                o.courier: o.cost.total for o in decided.others
            }


def test_food_never_waits_for_its_reason(two_out: Session, now: datetime) -> None:
    """A batch that cannot be weighed is offered all the same, and WHY says that no figures are kept."""
    factories.order(two_out, now, factories.restaurant(two_out, now), ready_min=0)
    picture = planning.take(two_out, now=now, force=True)
    assert picture is not None
    made = planning.do(picture)
    route = next(r for r in made.plan.routes if r.departs)
    assert decisions.attempt(replace(picture.problem, requests=()), made.plan, route) is None
    blind = replace(picture, problem=replace(picture.problem, requests=()))
    (job_id,) = offers.settle(two_out, blind, made, now=now)
    with pytest.raises(NoSuchJob, match="not kept any more"):
        decisions.why(two_out, jobs.get(two_out, job_id))
