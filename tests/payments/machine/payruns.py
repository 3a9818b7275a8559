"""Pay runs: drawn up, deducted, approved, paid one by one or all, failed, come back, paid again, closed."""

from datetime import timedelta

from sqlmodel import Session

from payments import payouts, runs
from payments.errors import Overdrawn, PayoutRefused, PayRunRefused
from payments.runs import PayRun
from tests.payments.machine.world import World

BY = 1
FORTH = 2  # the turn that always goes on to the next step
REFUSED = (PayRunRefused, PayoutRefused, Overdrawn)


def go_on(world: World, turn: int, fail_at: int | None) -> None:
    """The treasurer takes the next step with the last run, or one of them; `turn` says which."""
    found = runs.listed(world.session)
    run = found[0] if found else None
    if run is None or (run.state == "closed" and turn % 3):
        return draw(world, fail_at)
    if run.state == "draft" and not runs.people(world.session, run) and turn % 2:
        world.now = max(world.now, run.until + timedelta(minutes=1))  # it pays nobody: the next one is due
        world.lapsed()
        return draw(world, fail_at)
    if run.state == "draft":
        return _deduct(world, run, fail_at) if turn % 2 else _approve(world, run, fail_at)
    if run.state == "approved":
        return _pay(world, run, turn, fail_at)
    if turn % 3 == 0:
        return _lost(world, run, turn, fail_at)
    return _step(world, run, fail_at, lambda session, it, at: runs.close(session, it, by=BY, now=at))


def draw(world: World, fail_at: int | None) -> None:
    """A run of the week that is running is drawn up."""
    at = world.now
    world.attempt(lambda session: runs.draft(session, on=at, by=BY, now=at), fail_at, REFUSED)


def _deduct(world: World, run: PayRun, fail_at: int | None) -> None:
    """Drawn anew, and a tenth of everybody's pay is deducted, says the bureau."""
    on, at = run.since, world.now
    world.attempt(lambda session: runs.draft(session, on=on, by=BY, now=at), fail_at, REFUSED)
    answer = "person,kind,amount\n" + "".join(
        f"{each.person_id},income-tax,{each.deductible_minor // 10 / 100:.2f}\n"
        for each in runs.slips(world.session, run)
        if each.gross_minor > 0
    )
    _step(
        world,
        run,
        fail_at,
        lambda session, it, at: runs.take_in(session, it, runs.read(answer), by=BY, now=at),
    )


def _approve(world: World, run: PayRun, fail_at: int | None) -> None:
    if world.now < run.until:
        world.now = run.until + timedelta(minutes=1)
        world.lapsed()
    _deduct(world, run, None)
    _step(world, run, fail_at, lambda session, it, at: runs.approve(session, it, (), by=BY, now=at))


def _pay(world: World, run: PayRun, turn: int, fail_at: int | None) -> None:
    if turn % 4 == 0:
        _lost(world, run, turn, fail_at)
        return
    failed = [
        row.person_id
        for row in runs.people(world.session, run)
        if row.payout_id and payouts.get(world.session, row.payout_id).state in ("failed", "returned")
    ]
    if failed:
        person = failed[turn % len(failed)]
        _step(world, run, fail_at, lambda session, it, at: runs.again(session, it, person, by=BY, now=at))
    left = runs.unpaid(world.session, run)
    only = left[:1] if turn % 4 == 1 and left else None
    _step(world, run, fail_at, lambda session, it, at: runs.mark_paid(session, it, by=BY, now=at, only=only))


def _lost(world: World, run: PayRun, turn: int, fail_at: int | None) -> None:
    """Somebody's pay failed, or came back."""
    people = runs.people(world.session, run)
    person = people[turn % len(people)].person_id
    _step(
        world, run, fail_at,
        lambda session, it, at: runs.did_not_arrive(session, it, person, reason="no account", by=BY, now=at),
    )  # fmt: skip


def _step(world: World, run: PayRun, fail_at: int | None, step: object) -> None:
    at, number = world.now, run.number

    def done(session: Session) -> object:
        return step(session, runs.get(session, number), at)  # type: ignore[operator]

    world.attempt(done, fail_at, REFUSED)


def check(world: World) -> None:
    """Of every run: one payment of a person stands at most, of just what their payslip says; paid means everybody."""
    session = world.session
    for run in runs.listed(session):
        if run.state == "draft":
            continue
        for slip in runs.slips(session, run):
            stands = [each for each in slip.payments if each.state == "paid"]
            assert len(stands) <= 1, "paid twice"
            assert all(each.amount_minor == max(0, slip.net_minor) for each in slip.payments)
            if run.state in ("paid", "closed") and slip.net_minor > 0:
                assert stands, "a run is paid, and somebody is not"
