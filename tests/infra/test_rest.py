"""Every rule of rest counted from the rows: each breach planted is found, and what was honestly ridden has none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel, create_engine

from dispatch import attention
from dispatch.tables import Job, Mark, Order, Rest, Shift, Stop, known
from infra import rest
from tests import factories
from tests.dispatch.test_limits import RULE_SETS, adopt, ride_out

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RULES = (
    "max_orders_an_hour = 3",
    "max_effort_min_an_hour = 45",
    "max_km_an_hour = 12",
    "heavy_run_min = 25",
    "cool_down_min = 10",
)


class Night:
    """Rows of an evening, written by hand: a shift from `now` and whatever jobs a test says were ridden on it."""

    def __init__(self, session: Session, now: datetime) -> None:
        adopt(session, now, *RULES)
        self.session, self.now = session, now
        self.shift: Shift = factories.rider(session, now, hours=5)
        self.kitchen = factories.restaurant(session, now)
        self.count = 0

    def rode(self, after: float, minutes: float, *, orders: int = 1, **said: Any) -> Job:
        """A job offered `after` minutes into the shift, begun at once and ridden for so many minutes."""
        at = self.now + after * MINUTE
        over = at + minutes * MINUTE
        self.count += 1
        facts: dict[str, Any] = {
            "number": self.count,
            "person_id": self.shift.person_id,
            "shift_id": known(self.shift.id),
            "state": "finished",
            "offered_at": at,
            "answer_by": at + 3 * MINUTE,
            "depart_at": at,
            "taken_at": at + MINUTE / 2,
            "closed_at": over,
            "distance_m": 2000,
            "duration_s": int(minutes * 60),
            "effort_s": int(minutes * 60),
            "adds_minor": 0,
        }
        job = Job(**(facts | said))
        self.session.add(job)
        self.session.flush()
        for n in range(orders):
            self._drop(job, f"{self.count}-{n}", n, over)
        return job

    def _drop(self, job: Job, name: str, n: int, over: datetime) -> None:
        order: Order = factories.order(self.session, self.now, self.kitchen, name, paid_by="account")
        for seq, kind in enumerate(("pickup", "drop")):
            stop = Stop(
                job_id=known(job.id),
                order_id=known(order.id),
                seq=2 * n + seq,
                visit=n,
                kind=kind,
                letter="ABC"[n],
                lat=51.5,
                lon=-0.1,
                planned_at=over,
                done_at=over,
            )
            self.session.add(stop)
        self.session.flush()

    def rested(self, after: float, minutes: float, *, by_rules: bool = True, at: float = 0) -> Rest:
        """A break `after` minutes into the shift, set `at` minutes into it; by the rules, it was seen to begin."""
        starts = self.now + after * MINUTE
        row = Rest(
            shift_id=known(self.shift.id),
            starts_at=starts,
            ends_at=starts + minutes * MINUTE,
            at=self.now + at * MINUTE,
            begun_at=starts if by_rules else None,
            by_person_id=None if by_rules else self.shift.person_id,
        )
        self.session.add(row)
        self.session.flush()
        return row

    def found(self) -> list[str]:
        """The rules broken, once for each breach."""
        return [breach.rule for breach in rest.broken(self.session)]


@pytest.fixture
def night(session: Session, now: datetime) -> Night:
    """A shift with nothing on it yet."""
    return Night(session, now)


def test_an_honest_evening_breaks_nothing(night: Night) -> None:
    """Three orders an hour, rests after heavy jobs, a break kept, a late end with its yes: nothing is found."""
    night.rode(0, 12)
    night.rode(15, 15, orders=2)
    night.rested(40, 20)
    night.rode(76, 27)
    night.rode(120, 10)
    late = night.now + 5 * HOUR + 8 * MINUTE
    night.rode(298, 10, past_end_at=late, stay_at=night.now + 299 * MINUTE)
    assert rest.broken(night.session) == ()


PLANTED: dict[str, Callable[[Night], object]] = {
    "break": lambda n: (n.rested(30, 20), n.rode(35, 10)),
    "orders": lambda n: (n.rode(0, 10, orders=2), n.rode(30, 10, orders=2)),
    "effort": lambda n: (n.rode(0, 24), n.rode(25, 24)),
    "distance": lambda n: (n.rode(0, 10, distance_m=7000), n.rode(20, 10, distance_m=7000)),
    "cool_down": lambda n: (n.rode(0, 26), n.rode(30, 10)),
    "late_end": lambda n: n.rode(295, 10, past_end_at=n.now + 305 * MINUTE),
}


@pytest.mark.parametrize("rule", PLANTED)
def test_each_rule_broken_is_found(night: Night, rule: str) -> None:
    """A breach of each rule, planted in the rows of an evening, is found once and under its own name."""
    PLANTED[rule](night)
    assert night.found() == [rule]


def test_a_job_planned_into_a_break_is_found(night: Night) -> None:
    """One offered before a dispatcher's break and to be ridden into it is a breach; set after the offer it is not."""
    night.rode(20, 15)
    night.rested(30, 20, by_rules=False, at=22)
    assert night.found() == []
    night.rested(36, 5, by_rules=False, at=1)
    assert night.found() == []
    night.rested(25, 4, by_rules=False, at=1)
    assert night.found() == ["break"]


def test_a_job_taken_back_to_life_is_no_job_given_in_a_break(night: Night) -> None:
    """A DONE said before the break and undone in it does not make of the job one that was given into the break."""
    job = night.rode(0, 10, closed_at=night.now + 11 * MINUTE)
    drop = night.session.exec(rest.select(Stop).where(Stop.kind == "drop")).one()
    facts = {"person_id": job.person_id, "job_id": known(job.id), "verb": "done", "stops": [known(drop.id)]}
    facts["by_person_id"] = job.person_id
    at = night.now + 9 * MINUTE
    night.session.add(Mark(**facts, at=at, said_at=at, undone_at=at + MINUTE / 2))
    night.session.add(Mark(**facts, at=at + 2 * MINUTE, said_at=at + 2 * MINUTE))
    night.rested(9, 20, at=-1)
    assert night.found() == []


def test_a_late_end_must_have_been_said(night: Night) -> None:
    """An offer that would end late and did not say so is a breach even unanswered; said and passed on, it is none."""
    night.rode(295, 10, state="passed", taken_at=None, past_end_at=night.now + 305 * MINUTE)
    assert night.found() == []
    night.rode(280, 25, state="passed", taken_at=None)
    assert night.found() == ["late_end"]


def test_by_hand_counts_and_is_not_held_to_the_hour(night: Night) -> None:
    """An order a dispatcher gave is their decision; what the plan gives on top of it is held to the hour."""
    night.rode(0, 8, orders=3)
    night.rode(10, 8, by_person_id=night.shift.person_id)
    assert night.found() == []
    night.rode(40, 8)
    assert night.found() == ["orders"]


def test_a_rule_that_binds_is_seen_to(night: Night) -> None:
    """A rider with three orders this hour, or in a break, is counted as kept from what another was given."""
    night.rode(0, 5, orders=3)
    other = factories.rider(night.session, night.now, 2, name="Ida Moss", hours=5)
    theirs: dict[str, Any] = {"person_id": other.person_id, "shift_id": known(other.id)}
    night.rode(20, 10, **theirs)
    assert rest.held_back(night.session) == 1
    night.rode(90, 10, **theirs)
    assert rest.held_back(night.session) == 1
    night.rested(85, 20)
    assert rest.held_back(night.session) == 2
    assert night.found() == []


def test_jobs_passed_on_tire_nobody(night: Night) -> None:
    """What was offered and not ridden counts in no hour."""
    for after in (0, 5, 10, 15):
        night.rode(after, 20, state="passed", taken_at=None, closed_at=night.now + (after + 1) * MINUTE)
    night.rode(20, 20)
    assert night.found() == []


def test_a_long_shift_without_a_break_is_found_unless_a_person_was_told(night: Night) -> None:
    """Six hours with no break begun are a breach, unless somebody was asked in time to see to it."""
    night.shift.started_at, night.shift.ended_at = night.now, night.now + 7 * HOUR
    night.shift.state = "ended"
    night.session.flush()
    assert night.found() == ["no_break"]
    at = night.now + 6 * HOUR
    attention.raise_(night.session, "no_break", f"no_break:{night.shift.id}", "See to it.", now=at)
    assert night.found() == []


@settings(max_examples=4)
@given(rules=RULE_SETS, ready=st.lists(st.integers(1, 100), min_size=3, max_size=9), slow=st.integers(0, 6))
def test_what_the_plan_gives_keeps_every_rule(rules: dict[str, Any], ready: list[int], slow: int) -> None:
    """A law: of an evening the planner gave out, under whatever rules, the rows show no breach."""
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    begin = datetime(2026, 11, 20, 18, tzinfo=UTC)
    with Session(engine, expire_on_commit=False) as session:
        ride_out(session, begin, rules, ready, slow)
        assert rest.broken(session) == ()
    engine.dispose()
