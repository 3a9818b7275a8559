"""Payday as the co-op's people see it: who is paid, what to look at before, where the money goes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from dispatch import absences, events, people, places
from dispatch.tables import Event, Person, Shift
from payments import books, pay, payees, runs, terms, transfers
from payments.bank import BankAccount
from payments.errors import NoRulebook
from payments.money import told
from payments.rulebook import Rulebook
from payments.runs import Caution, PayRun
from payments.transfers import Changed

POOL = "pool:tips"


def names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """People's names by their numbers."""
    rows = session.exec(select(Person).where(col(Person.id).in_(set(ids))))
    return {row.id: row.name for row in rows if row.id is not None}


def cautions(session: Session, run: PayRun, *, now: datetime) -> list[Caution]:
    """What a named person must have read before a run is approved: each with its figures in its key."""
    rules = books.rules(session, run.rulebook)
    slips = runs.slips(session, run)
    waiting = runs.gathered(session, run)[1]
    called = names(session, {each.person_id for each in slips} | {each.person_id for each in waiting})

    def name(person_id: int) -> str:
        return called.get(person_id, f"Rider {person_id}")

    found = _open_shifts(session, run, rules) + _unshared(session, run, rules)
    for each in waiting:
        owed = told(-each.amount_minor, run.currency)
        words = (
            f"{name(each.person_id)}: a correction took {owed} more than there is. It waits for a later run."
        )
        found.append(Caution(f"waits:{each.account}:{each.amount_minor}", words))
    for person_id, who, rides in absences.takers(session):
        minor = 0 if rides else pay.leave_left(session, person_id)[1]
        if minor:
            words = (
                f"{who} has left, and {told(minor, run.currency)} of holiday pay is set aside for leave not taken. "
                "It is owed to them: record it as leave taken, and draw the run again."
            )
            found.append(Caution(f"leave-owed:{person_id}:{minor}", words))
    if run.method == "bank":
        for person_id in runs.without_account(session, slips):
            words = f"{name(person_id)} has given no bank account: they will not be in the bank file."
            found.append(Caution(f"no-account:{person_id}", words))
        since = now - timedelta(days=rules.pay_period.bank_change_days)
        whose = [runs.payee(each.person_id) for each in slips if each.net_minor > 0]
        for change in transfers.changed(session, whose, since=since):
            words = changed_words(session, change, name(int(change.payee.split(":")[1])), rules)
            found.append(Caution(f"changed:{change.payee}:{change.at.isoformat()}", words))
    return found


def changed_words(session: Session, change: Changed, whose: str, rules: Rulebook) -> str:
    """Whose bank account is another than before, since when and by whom: a payment may be on its way to a thief."""
    by = names(session, [change.by]).get(change.by, "somebody")
    before = "and nothing was ever paid to the one before"
    if change.paid_at is not None:
        before = f"and the last payment, of {rules.local(change.paid_at):%-d %B}, went to another"
        if change.paid_at >= change.at:
            before = f"and was paid to on {rules.local(change.paid_at):%-d %B}"
    return (
        f"{whose}: the bank account was changed on {rules.local(change.at):%-d %B, %H:%M} by {by}. "
        f"It is an {change.masked} now, {before}. Ask them, on a number you know, whether it was they."
    )


def restaurant_changes(
    session: Session, called: Mapping[int, str], which: Iterable[int], rules: Rulebook, *, now: datetime
) -> dict[int, str]:
    """Which of the restaurants are paid to another account than before, and what to read about it before they are."""
    since = now - timedelta(days=rules.pay_period.bank_change_days)
    found = transfers.changed(session, [terms.restaurant(each) for each in which], since=since)
    told = {int(each.payee.split(":")[1]): each for each in found}
    return {each: changed_words(session, change, called[each], rules) for each, change in told.items()}


def _open_shifts(session: Session, run: PayRun, rules: Rulebook) -> list[Caution]:
    """Shifts of the period that still run, or that nobody started or took off the rota."""
    running = (col(Shift.state) == "on") & (col(Shift.started_at) < run.until)
    forgotten = (
        (col(Shift.state) == "planned")
        & (col(Shift.planned_start_at) < run.until)
        & (col(Shift.planned_start_at) >= run.since)
    )
    rows = session.exec(select(Shift).where(or_(running, forgotten)).order_by(col(Shift.id))).all()
    called = names(session, {row.person_id for row in rows})
    found = []
    for row in rows:
        start = rules.local(row.started_at or row.planned_start_at)
        how = "still runs" if row.state == "on" else "was never started, nor taken off the rota"
        words = f"{called[row.person_id]}'s shift of {start:%a %-d %b, %H:%M} {how}: it is not in this run."
        found.append(Caution(f"shift:{row.id}:{row.state}", words))
    return found


def _unshared(session: Session, run: PayRun, rules: Rulebook) -> list[Caution]:
    """Tips that still wait in a pool of the period."""
    last = (rules.local(run.until) - timedelta(seconds=1)).date().isoformat()
    return [
        Caution(
            f"{account}:{held}",
            f"{told(held, run.currency)} of tips of {account.rsplit(':', 1)[-1]} are not shared out yet.",
        )
        for account, held in books.balances(session, POOL).items()
        if held and account.rsplit(":", 1)[-1] <= last
    ]


def mark_paid(
    session: Session, run: PayRun, *, by: int, now: datetime, only: Collection[int] | None = None
) -> PayRun:
    """A named person says that everybody, or `only` these, have been paid; whoever was is told by text."""
    runs.mark_paid(session, run, by=by, now=now, only=only)
    tell_paid(session, run, now=now)
    return run


def tell_paid(session: Session, run: PayRun, *, now: datetime) -> int:
    """Whom a run has paid and nobody told yet is told that their pay is on its way; how many."""
    untold = _untold(session, run)
    for person_id in untold:
        events.write(session, "pay_sent", now=now, person_id=person_id, pay_run_id=run.id)
    return len(untold)


def _untold(session: Session, run: PayRun) -> list[int]:
    """Whose last payment of a run has arrived since they were last told of one."""
    told = select(Event.person_id, Event.at).where(Event.kind == "pay_sent", Event.pay_run_id == run.id)
    heard = dict(session.exec(told.order_by(col(Event.id))).all())
    found = []
    for row in runs.people(session, run):
        last = next(iter(reversed(runs.payouts_of(session, run, row.person_id))), None)
        if last is None or last.state != "paid" or last.settled_at is None:
            continue
        if row.person_id not in heard or heard[row.person_id] < last.settled_at:
            found.append(row.person_id)
    return found


def to_follow(session: Session) -> list[PayRun]:
    """The runs of which Stripe has paid somebody who was not told yet."""
    sent = select(PayRun).where(PayRun.state == "approved", PayRun.method == "stripe")
    return [run for run in session.exec(sent) if _untold(session, run)]


def follow(session: Session, *, now: datetime) -> int:
    """Whom Stripe paid is told, and a run that has paid everybody is paid; how many runs."""
    found = to_follow(session)
    for run in found:
        tell_paid(session, run, now=now)
        runs.look(session, run, by=None, now=now)
    return len(found)


def enter_account(session: Session, person_id: int, account: BankAccount, *, now: datetime) -> bool:
    """Keep where a rider's pay goes, as they entered it, and tell them by text that it was; whether it is new."""
    changed = payees.enter(session, runs.payee(person_id), account, by=person_id, now=now)
    if changed:
        events.write(session, "bank_changed", now=now, person_id=person_id)
    return changed


def enter_billing(
    session: Session, restaurant_id: int, facts: Mapping[str, str], *, by: int, now: datetime
) -> bool:
    """Keep what `places.set_billing` keeps of a restaurant, and tell its people by text of an account come or gone.

    They are told who did that: whoever has a restaurant's money sent elsewhere is not to be the only one who knows.
    Whether the account is new. BadInput.
    """
    payee = terms.restaurant(restaurant_id)
    before = payees.of(session, payee)
    places.set_billing(session, restaurant_id, **facts, by=by, now=now)
    changed = payees.of(session, payee) != before
    for person_id in people.of_restaurant(session, restaurant_id) if changed else ():
        events.write(session, "bank_changed", now=now, person_id=person_id, restaurant_id=restaurant_id)
    return changed


def periods(session: Session, *, now: datetime, back: int = 6) -> Sequence[tuple[datetime, datetime]]:
    """The pay periods one may draw a run up for: this one and those before it without an approved run."""
    done = {each.since for each in runs.listed(session) if each.state != "draft"}
    found, at = [], now
    for _ in range(back):
        try:
            since, until = runs.period(session, at)
        except NoRulebook:
            break
        if since not in done:
            found.append((since, until))
        at = since - timedelta(hours=1)
    return found
