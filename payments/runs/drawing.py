"""Drawing up a run: the lines it gathers, kept; drawn anew as often as wanted until it is approved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select

from payments import books
from payments.errors import NoSuchPayRun, PayRunRefused
from payments.payslips import RunLine, carried_over
from payments.runs.gathering import gather
from payments.runs.periods import period
from payments.runs.slips import people, slips
from payments.runs.tables import PayRun, PayRunDeduction, PayRunLine, PayRunPerson


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account below nought after a correction: its lines wait for a run that can bear them (minor units)."""

    person_id: int
    account: str
    amount_minor: int


def draft(session: Session, *, on: datetime, by: int, now: datetime) -> PayRun:
    """Draw up, or draw anew, the run of the pay period that `on` lies in.

    Deductions stay for whom the gross pay is as it was, and are dropped for the others. PayRunRefused once it is
    approved, before its period has begun, or while another run is still a draft; a draft that pays nobody goes.
    """
    since, until = period(session, on)
    version, rulebook = books.in_force(session, at=on)
    if since > now:
        raise PayRunRefused("That pay period has not begun: draw its run up when there is something to pay.")
    run = session.exec(select(PayRun).where(PayRun.since == since)).first()
    if run is not None and run.state != "draft":
        raise PayRunRefused(f"Pay run {run.id} is {run.state}: what is put right now stands in the next run.")
    _only_draft(session, since, until)
    if run is None:
        run = PayRun(
            since=since,
            until=until,
            status="",
            method="",
            currency="",
            rulebook=version,
            drawn_at=now,
            drawn_by=by,
        )
    run.status, run.method = rulebook.pay.status, rulebook.pay_period.paid_by
    run.currency, run.rulebook, run.until = rulebook.co_op.currency, version, until
    run.drawn_at, run.drawn_by = now, by
    session.add(run)
    session.flush()
    before = {each.person_id: each.gross_minor for each in slips(session, run)}
    _keep(session, run, gathered(session, run)[0])
    after = {each.person_id: each.gross_minor for each in slips(session, run)}
    _let_go(session, run, {person for person in before if before[person] != after.get(person)})
    return run


def _only_draft(session: Session, since: datetime, until: datetime) -> None:
    for other in session.exec(select(PayRun).where(col(PayRun.since) != since).order_by(col(PayRun.since))):
        if other.state == "draft" and not people(session, other) and not gathered(session, other)[0]:
            session.delete(other)
            session.flush()
            continue
        if other.state == "draft":
            raise PayRunRefused(
                f"Pay run {other.id} is still a draft: approve it before another is drawn up."
            )
        if other.since < until and since < other.until:
            raise PayRunRefused(
                f"Pay run {other.id} pays days of that period: begin after {other.until.date()}."
            )


def gathered(session: Session, run: PayRun) -> tuple[tuple[RunLine, ...], tuple[Waiting, ...]]:
    """What the books have for a run now, and the accounts that wait for a later one."""
    lines, below = carried_over(gather(session, until=run.until, run_id=run.id))
    waiting = tuple(Waiting(int(account.split(":")[1]), account, amount) for account, amount in below.items())
    return lines, waiting


def stale(session: Session, run: PayRun) -> bool:
    """Whether the books say another thing than the draft: something was booked or put right meanwhile."""
    kept = {(each.entry_id, each.account, each.other, each.amount) for each in _rows(session, run)}
    now = {(each.entry_id, each.account, each.other, each.amount) for each in gathered(session, run)[0]}
    return kept != now


def _keep(session: Session, run: PayRun, lines: Iterable[RunLine]) -> None:
    session.exec(delete(PayRunLine).where(col(PayRunLine.run_id) == run.number))
    held = {row.person_id for row in people(session, run)}
    lines = list(lines)
    for each in lines:
        session.add(
            PayRunLine(
                run_id=run.number,
                person_id=each.person_id,
                account=each.account,
                other=each.other,
                unit=each.unit,
                what=each.what,
                why=each.why,
                subject=each.subject,
                at=each.at,
                amount=each.amount,
                entry_id=each.entry_id,
                correction_of=each.correction_of,
                rates=[list(pair) for pair in each.rates],
            )
        )
    found = {each.person_id for each in lines if each.is_money}
    for person_id in sorted(found - held):
        session.add(PayRunPerson(run_id=run.number, person_id=person_id))
    gone = held - found
    if gone:
        _let_go(session, run, gone)
        session.exec(
            delete(PayRunPerson).where(
                col(PayRunPerson.run_id) == run.number, col(PayRunPerson.person_id).in_(gone)
            )
        )
    session.flush()


def _let_go(session: Session, run: PayRun, people: set[int]) -> None:
    """Drop the deductions worked out on another gross."""
    if not people:
        return
    session.exec(
        delete(PayRunDeduction).where(
            col(PayRunDeduction.run_id) == run.number, col(PayRunDeduction.person_id).in_(people)
        )
    )
    for row in session.exec(
        select(PayRunPerson).where(PayRunPerson.run_id == run.id, col(PayRunPerson.person_id).in_(people))
    ):
        row.deductions_at = row.deductions_by = None
        session.add(row)
    session.flush()


def _rows(session: Session, run: PayRun) -> list[PayRunLine]:
    return list(session.exec(select(PayRunLine).where(PayRunLine.run_id == run.id)))


def get(session: Session, run_id: int) -> PayRun:
    """The run of that number; NoSuchPayRun."""
    run = session.get(PayRun, run_id)
    if run is None:
        raise NoSuchPayRun(run_id)
    return run


def listed(session: Session) -> list[PayRun]:
    """Every run, the newest first."""
    return list(session.exec(select(PayRun).order_by(col(PayRun.since).desc())))
