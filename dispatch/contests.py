"""Contested decisions: a rider says one was wrong, and a named person answers within fourteen days, in writing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlmodel import Session, col, select

from dispatch import attention, events, people
from dispatch.errors import BadInput, NoSuchJob, NotAllowed
from dispatch.tables import Contest, Job, Shift, known

CONTEST_DAYS = timedelta(days=14)
NEAR = timedelta(days=3)  # before it is due, whoever it is for is reminded
ANSWERERS = ("secretary", "administrator", "dispatcher")  # whose turn it is, the first of these there is
VERDICTS = ("upheld", "in_part", "not_upheld")


def open_(session: Session, person_id: int, number: int | None, words: str, *, now: datetime) -> Contest:
    """A case opens, and with it a named person who is to answer it: never the rider, nor who made the decision."""
    job = None
    if number is not None:
        job = session.exec(
            select(Job)
            .where(Job.person_id == person_id, Job.number == number)
            .order_by(col(Job.id).desc())
            .limit(1)
        ).first()
        if job is None:
            raise NoSuchJob("You have had no job {number}.", number=number)
    shift = session.exec(
        select(Shift).where(Shift.person_id == person_id).order_by(col(Shift.id).desc()).limit(1)
    ).first()
    case = Contest(
        person_id=person_id,
        job_id=job.id if job else None,
        shift_id=shift.id if shift and not job else None,
        words=words.strip(),
        owner_id=_whose_turn(session, but={person_id, job.by_person_id if job else None}),
        opened_at=now,
        due_at=now + CONTEST_DAYS,
    )
    session.add(case)
    session.flush()
    what = f"job {job.number}" if job else "a decision"
    attention.raise_(
        session,
        "contest",
        f"contest:{case.id}",
        f"A rider contests {what}: answer by {case.due_at:%d %B}."
        + ("" if case.owner_id else " Nobody is named to answer it yet."),
        now=now,
        person_id=person_id,
        job_id=known(job.id) if job else None,
    )
    return case


def _whose_turn(session: Session, *, but: set[int | None]) -> int | None:
    """Who answers: of those who may, whoever has the fewest open cases."""
    for role in ANSWERERS:
        able = [known(p.id) for p in people.with_role(session, role) if p.id not in but]
        if able:
            counts = dict.fromkeys(able, 0)
            for owner_id in session.exec(select(Contest.owner_id).where(col(Contest.closed_at).is_(None))):
                if owner_id in counts:
                    counts[owner_id] += 1
            return min(able, key=lambda person_id: (counts[person_id], person_id))
    return None


def get(session: Session, contest_id: int) -> Contest:
    """The case by its number."""
    case = session.get(Contest, contest_id)
    if case is None:
        raise BadInput("There is no such case.")
    return case


def give(session: Session, contest_id: int, to: int, *, now: datetime) -> Contest:
    """Another named person is to answer it; the clock does not start again."""
    case = get(session, contest_id)
    if case.closed_at is not None:
        raise BadInput("That case is answered already.")
    if to == case.person_id:
        raise BadInput("Nobody answers their own case.")
    if not people.roles(session, to)[0] & set(ANSWERERS):
        raise BadInput(f"A case is answered by a {', '.join(ANSWERERS[:-1])} or {ANSWERERS[-1]}.")
    case.owner_id = to
    session.add(case)
    session.flush()
    return case


def answer(
    session: Session, contest_id: int, *, by: int, verdict: str, outcome: str, now: datetime
) -> Contest:
    """A named person answers a case, in writing: upheld, in part, or not, and why. Its rider is told."""
    case = get(session, contest_id)
    if verdict not in VERDICTS:
        raise BadInput("Say whether the rider was right: upheld, upheld in part, or not upheld.")
    if not outcome.strip():
        raise BadInput("Write down the outcome and its reason.")
    if by == case.person_id:
        raise NotAllowed("Nobody answers their own case.")
    if case.closed_at is None:
        case.closed_at, case.closed_by, case.outcome, case.verdict = now, by, outcome.strip(), verdict
        case.owner_id = case.owner_id or by
        session.add(case)
        session.flush()
        attention.settle(session, f"contest:{case.id}", f"contest-due:{case.id}", now=now, note="Answered.")
        events.write(
            session, "contest_answered", now=now, person_id=case.person_id, contest_id=known(case.id)
        )
    return case


# The clock -------------------------------------------------------------------------------------------------

_OPEN_DUE = select(Contest.id, Contest.due_at).where(col(Contest.closed_at).is_(None))


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When an open case is next to be brought up: three days before it is due, and when it is overdue."""
    found = []
    for case_id, due_at in session.connection().execute(_OPEN_DUE):
        for key, at in _calls(case_id, due_at):
            if at > now or not attention.raised_since(session, key, at):
                found.append(at)
    return min(found, default=None)


def _calls(case_id: int, due_at: datetime) -> tuple[tuple[str, datetime], ...]:
    return (f"contest-near:{case_id}", due_at - NEAR), (f"contest-due:{case_id}", due_at)


def bring_up(session: Session, *, now: datetime) -> int:
    """Remind of cases that are nearly due, and ring about those that are overdue, once each; how many."""
    did = 0
    for case_id, due_at in session.connection().execute(_OPEN_DUE).all():
        for key, at in _calls(case_id, due_at):
            if at > now or attention.raised_since(session, key, at):
                continue
            overdue = key.startswith("contest-due")
            case = get(session, case_id)
            if overdue:
                attention.settle(session, f"contest-near:{case_id}", now=now, note="It is overdue now.")
            attention.raise_(
                session,
                "contest_overdue" if overdue else "contest_near",
                key,
                "A contested decision is overdue: answer it now."
                if overdue
                else f"A contested decision must be answered by {due_at:%d %B}.",
                now=now,
                person_id=case.owner_id,
                ring=overdue,
            )
            did += 1
    return did


# For the members -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """How contests went over a time: counts, and days to the answer; nobody is named."""

    opened: int
    still_open: int
    overdue: int
    upheld: int
    in_part: int
    not_upheld: int
    median_days: float | None


def tally(session: Session, *, since: datetime, now: datetime) -> Tally:
    """The cases opened since then, counted."""
    rows = session.exec(
        select(Contest.verdict, Contest.opened_at, Contest.closed_at, Contest.due_at).where(
            Contest.opened_at >= since
        )
    ).all()
    days = [
        (closed_at - opened_at).total_seconds() / 86_400 for _, opened_at, closed_at, _ in rows if closed_at
    ]
    verdicts = [verdict for verdict, *_ in rows]
    return Tally(
        opened=len(rows),
        still_open=verdicts.count(None),
        overdue=sum(closed_at is None and due_at < now for *_, closed_at, due_at in rows),
        upheld=verdicts.count("upheld"),
        in_part=verdicts.count("in_part"),
        not_upheld=verdicts.count("not_upheld"),
        median_days=round(median(days), 1) if days else None,
    )
