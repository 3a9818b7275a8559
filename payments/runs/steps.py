"""A run's way: a draft is approved by a named person, then paid, then closed. Every step may be repeated.

Each step is one transaction of the caller's: killed in it, nothing of it was done; killed after it, doing it again
changes nothing. What is paid is held at the approval, so that nothing else can spend it meanwhile.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from payments import books, checks, payouts
from payments.errors import Overdrawn, PayRunRefused
from payments.ledger import Entry, Posting
from payments.payouts import Payout
from payments.payslips import Payslip
from payments.runs.drawing import stale
from payments.runs.slips import payee, payout_key, people, slip, slips
from payments.runs.tables import PayRun, PayRunPerson


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to have read before a run is approved; `key` says which, and with what figures."""

    key: str
    words: str


def sound(session: Session, *, now: datetime) -> None:
    """All the books are read; BooksUnsound, with each of them, when they have findings.

    What a correction took back beyond what was there is none: a run leaves it for the next, and says so.
    """
    checks.stop_if_wrong(session, now=now)


def acknowledge(
    session: Session, run: PayRun, warnings: Sequence[Caution], *, by: int, now: datetime
) -> PayRun:
    """A named person has read these warnings; a new one, or one with new figures, is to be read again."""
    keys = sorted(each.key for each in warnings)
    if run.state == "draft" and (keys != run.acknowledged or run.acknowledged_by is None):
        run.acknowledged, run.acknowledged_by, run.acknowledged_at = keys, by, now
        session.add(run)
        session.flush()
    return run


def unread(run: PayRun, warnings: Sequence[Caution]) -> list[Caution]:
    """The warnings nobody has read yet."""
    return [each for each in warnings if each.key not in run.acknowledged]


def undeducted(session: Session, run: PayRun) -> list[int]:
    """Whom the payroll bureau has not answered for: people with gross pay and no word of their deductions."""
    if run.status != "employees":
        return []
    gross = {each.person_id: each.gross_minor for each in slips(session, run)}
    return [
        row.person_id
        for row in people(session, run)
        if row.deductions_at is None and gross.get(row.person_id, 0) > 0
    ]


def approve(session: Session, run: PayRun, warnings: Sequence[Caution], *, by: int, now: datetime) -> PayRun:
    """Approve a draft and set everybody's pay aside; approved again by the same person, nothing more happens.

    PayRunRefused, and what is to be done first: the period is over, the books are sound (BooksUnsound), the draft
    is what the books say, deductions are in for everybody, and every warning was read.
    """
    if run.state != "draft":
        if run.approved_by == by:
            return run
        raise PayRunRefused(f"Pay run {run.id} was approved before, by another person.")
    if now < run.until:
        raise PayRunRefused("The pay period is not over: approve the run once its last day has ended.")
    sound(session, now=now)
    if stale(session, run):
        raise PayRunRefused("Something was booked since the draft was drawn: draw it anew, then look again.")
    if not people(session, run):
        raise PayRunRefused("There is nobody to pay in this run.")
    missing = undeducted(session, run)
    if missing:
        raise PayRunRefused(
            f"The deductions of {len(missing)} people are not in: take in the payroll bureau's file first."
        )
    left = unread(run, warnings)
    if left:
        raise PayRunRefused("Read the warnings and say so first: " + " ".join(each.words for each in left))
    run.state, run.approved_by, run.approved_at = "approved", by, now
    session.add(run)
    for row, each in zip(people(session, run), slips(session, run), strict=True):
        _set_aside(session, run, row, each, by=by, now=now)
    session.flush()
    return run


def _set_aside(
    session: Session,
    run: PayRun,
    row: PayRunPerson,
    each: Payslip,
    *,
    by: int,
    now: datetime,
    withheld: bool = True,
) -> Payout | None:
    """Hold a person's pay and, beside it, what is deducted; None when nothing is left to pay."""
    parts = [(account, amount) for account, amount in each.purses().items() if amount > 0]
    beside = [(account, amount, f"payroll:{kind}") for account, amount, kind in each.withheld()]
    if not parts:
        return None
    payout = payouts.create(
        session,
        key=payout_key(run, row.person_id, row.attempt),
        payee=payee(row.person_id),
        parts=parts,
        method=run.method,
        reference=f"PAY {books.rules(session, run.rulebook).local(run.until):%d%b%y} {run.number}".upper(),
        why=f"Pay run {run.number}",
        now=now,
        beside=beside if withheld else (),
        by=by,
    )
    row.payout_id = payout.id
    session.add(row)
    return payout


def mark_paid(
    session: Session, run: PayRun, *, by: int, now: datetime, only: Collection[int] | None = None
) -> PayRun:
    """A named person says that everybody, or `only` these, have been paid; whoever was before stays so.

    PayRunRefused for a draft, where the rules want a second person and this is the one who approved, and for who
    is not in the run. What failed or came back is not paid by this (see `again`), nor what Stripe is to carry, which
    says so itself.
    """
    _approved(run)
    rules = books.rules(session, run.rulebook)
    if rules.pay_period.two_people and by == run.approved_by:
        raise PayRunRefused(
            "The rules want two people: somebody else than who approved the run marks it paid."
        )
    sound(session, now=now)
    rows = people(session, run)
    strangers = set(only or ()) - {row.person_id for row in rows}
    if strangers:
        raise PayRunRefused(f"Pay run {run.id} does not pay {', '.join(map(str, sorted(strangers)))}.")
    for row in rows:
        if only is not None and row.person_id not in only:
            continue
        if row.payout_id is None:
            _nothing_left(session, run, row, now=now)
            continue
        payout = payouts.get(session, row.payout_id)
        if payout.state in ("ready", "sending") and payout.method == "bank":
            payouts.paid(session, payout, by=by, now=now)
    return look(session, run, by=by, now=now)


def _nothing_left(session: Session, run: PayRun, row: PayRunPerson, *, now: datetime) -> None:
    """Whose pay is deducted whole is paid nothing; the deductions are owed on all the same."""
    found = slip(session, run, row.person_id)
    if row.settled_at is None and found is not None:
        postings = tuple(
            Posting(account, f"payroll:{kind}", sum_) for account, sum_, kind in found.withheld()
        )
        if postings:
            key = f"pay-run:{run.number}:rider:{row.person_id}:deductions"
            why = f"Pay run {run.number}: deductions"
            facts = (postings, run.currency, run.rulebook, payee(row.person_id))
            books.post(session, Entry(key, now, why, *facts), now=now)
    row.settled_at = row.settled_at or now
    session.add(row)


def look(session: Session, run: PayRun, *, by: int | None, now: datetime) -> PayRun:
    """Bring the run's state to what its payouts say: paid once everybody is, and not before."""
    done = not unpaid(session, run)
    if run.state == "approved" and done:
        run.state, run.paid_at, run.paid_by = "paid", now, by
    elif run.state in ("paid", "closed") and not done:
        run.state = "approved"
        run.paid_at = run.paid_by = run.closed_at = run.closed_by = None
    session.add(run)
    session.flush()
    return run


def unpaid(session: Session, run: PayRun) -> list[int]:
    """Whom an approved run has still to pay."""
    left = []
    for row in people(session, run):
        if row.payout_id is None:
            if row.settled_at is None:
                left.append(row.person_id)
        elif payouts.get(session, row.payout_id).state != "paid":
            left.append(row.person_id)
    return left


def did_not_arrive(
    session: Session, run: PayRun, person_id: int, *, reason: str, by: int, now: datetime
) -> Payout:
    """A person's payment failed, or came back after it was paid: the money is back on their accounts."""
    _approved(run)
    if not reason.strip():
        raise PayRunRefused("Say why it did not arrive: what the bank said.")
    row = _row(session, run, person_id)
    payout = _payout(session, run, row)
    payouts.undone(session, payout, reason=reason, by=by, now=now)
    look(session, run, by=None, now=now)
    return payout


def again(session: Session, run: PayRun, person_id: int, *, by: int, now: datetime) -> Payout:
    """Pay a person again, in a new payout, after the last failed or came back; asked twice, it is one.

    Deductions that were owed on when it was paid are not taken a second time. BooksUnsound.
    """
    _approved(run)
    row = _row(session, run, person_id)
    last = _payout(session, run, row)
    if last.state not in ("failed", "returned"):
        return last
    sound(session, now=now)
    found = slip(session, run, person_id)
    if found is None:
        raise PayRunRefused(f"Pay run {run.id} does not pay {person_id}.")
    row.attempt += 1
    withheld = _still_withheld(session, run, row)
    try:
        with session.begin_nested():
            made = _set_aside(session, run, row, found, by=by, now=now, withheld=withheld)
    except Overdrawn:
        raise PayRunRefused(
            f"Not all that pay run {run.id} owed to {person_id} is theirs any more: a correction took some of it back. "
            "Pay it again once what they earn next has made that good."
        ) from None
    if made is None:
        raise PayRunRefused(f"Nothing is left to pay to {person_id}.")
    session.flush()
    return made


def _still_withheld(session: Session, run: PayRun, row: PayRunPerson) -> bool:
    """Whether what is deducted has not been owed on yet: no payout of this person's was ever paid."""
    keys = [payout_key(run, row.person_id, attempt) for attempt in range(row.attempt)]
    found = [payouts.by_key(session, key) for key in keys]
    return all(each is None or each.state == "failed" for each in found)


def close(session: Session, run: PayRun, *, by: int, now: datetime) -> PayRun:
    """Close a run that has paid everybody, on sound books; closed again, nothing more happens."""
    look(session, run, by=by, now=now)
    if run.state == "closed":
        return run
    if run.state != "paid":
        raise PayRunRefused(
            f"Pay run {run.id} is {run.state}: everybody in it must be paid before it is closed."
        )
    sound(session, now=now)
    run.state, run.closed_by, run.closed_at = "closed", by, now
    session.add(run)
    session.flush()
    return run


def _approved(run: PayRun) -> None:
    if run.state == "draft":
        raise PayRunRefused(f"Pay run {run.id} is a draft: it must be approved first.")


def _row(session: Session, run: PayRun, person_id: int) -> PayRunPerson:
    row = next((each for each in people(session, run) if each.person_id == person_id), None)
    if row is None:
        raise PayRunRefused(f"Pay run {run.id} does not pay {person_id}.")
    return row


def _payout(session: Session, run: PayRun, row: PayRunPerson) -> Payout:
    if row.payout_id is None:
        raise PayRunRefused(f"Pay run {run.id} has no payment to {row.person_id}.")
    return payouts.get(session, row.payout_id)
