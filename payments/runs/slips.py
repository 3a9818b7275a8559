"""The payslips of a run, from its rows."""

from collections import defaultdict

from sqlmodel import Session, col, select

from payments.payouts import Payout
from payments.payslips import Deduction, Payment, Payslip, RunLine
from payments.runs.tables import PayRun, PayRunDeduction, PayRunLine, PayRunPerson


def slips(session: Session, run: PayRun) -> list[Payslip]:
    """A payslip for each person of a run, by their number; before it is approved they are drafts."""
    lines: dict[int, list[RunLine]] = defaultdict(list)
    query = select(PayRunLine).where(PayRunLine.run_id == run.id)
    for row in session.exec(query.order_by(col(PayRunLine.at), col(PayRunLine.id))):
        lines[row.person_id].append(_line(row))
    taken: dict[int, list[Deduction]] = defaultdict(list)
    deducted = select(PayRunDeduction).where(PayRunDeduction.run_id == run.id)
    for each in session.exec(deducted.order_by(col(PayRunDeduction.id))):
        taken[each.person_id].append(Deduction(each.kind, each.purpose, each.amount_minor))
    return [
        Payslip(
            run.number,
            row.person_id,
            run.since,
            run.until,
            run.currency,
            tuple(lines[row.person_id]),
            tuple(taken[row.person_id]),
            tuple(_payment(each) for each in payouts_of(session, run, row.person_id)),
        )
        for row in people(session, run)
    ]


def slip(session: Session, run: PayRun, person_id: int) -> Payslip | None:
    """One person's; None when the run does not pay them."""
    return next((each for each in slips(session, run) if each.person_id == person_id), None)


def people(session: Session, run: PayRun) -> list[PayRunPerson]:
    """Whom a run pays, by their number."""
    query = select(PayRunPerson).where(PayRunPerson.run_id == run.id)
    return list(session.exec(query.order_by(col(PayRunPerson.person_id))))


def payouts_of(session: Session, run: PayRun, person_id: int) -> list[Payout]:
    """Every payout a run made for a person, in order: the last is the one that counts."""
    begins = payout_key(run, person_id, 0).removesuffix("0")
    query = select(Payout).where(Payout.payee == payee(person_id), col(Payout.key).startswith(begins))
    return list(session.exec(query.order_by(col(Payout.id))))


def payee(person_id: int) -> str:
    """A rider as payouts know them."""
    return f"rider:{person_id}"


def payout_key(run: PayRun, person_id: int, attempt: int) -> str:
    """The key of one attempt to pay one person: what has it is not done twice."""
    return f"pay-run:{run.number}:rider:{person_id}:{attempt}"


def needing(session: Session) -> set[int]:
    """Who is in a run that is a draft, or that has not paid everybody yet: their bank account is still needed."""
    query = (
        select(PayRunPerson.person_id)
        .join(PayRun, col(PayRun.id) == col(PayRunPerson.run_id))
        .where(col(PayRun.state).in_(("draft", "approved")))
    )
    return set(session.exec(query))


def runs_of(session: Session, person_id: int) -> list[PayRun]:
    """The runs that have a payslip for a person: approved, paid or closed, the newest first."""
    query = (
        select(PayRun)
        .join(PayRunPerson, col(PayRunPerson.run_id) == col(PayRun.id))
        .where(PayRunPerson.person_id == person_id, PayRun.state != "draft")
    )
    return list(session.exec(query.order_by(col(PayRun.since).desc())))


def _payment(payout: Payout) -> Payment:
    return Payment(
        payout.method, payout.amount_minor, payout.state, payout.reference, payout.settled_at, payout.error
    )


def _line(row: PayRunLine) -> RunLine:
    return RunLine(
        person_id=row.person_id,
        account=row.account,
        other=row.other,
        unit=row.unit,
        what=row.what,
        why=row.why,
        subject=row.subject,
        at=row.at,
        amount=row.amount,
        entry_id=row.entry_id,
        correction_of=row.correction_of,
        rates=tuple((rate, minutes) for rate, minutes in row.rates),
    )
