"""Pay runs: gathered from the books, approved, paid and closed; everybody paid once, to the penny."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from infra.database import Database
from payments import books, checks, pay, payouts, runs
from payments.errors import (
    BooksUnsound,
    DeductionsRefused,
    NoSuchPayRun,
    PayRunRefused,
)
from payments.ledger import Entry, Posting
from payments.pay import OrderMoney, ShiftMoney
from payments.payslips import Payslip
from payments.runs import PayRun
from tests.payments.rulebooks import FINSBURY_PARK, adopted

FRIDAY = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TREASURER, SECOND = 1, 2

ANSWER = """person,name,kind,amount,purpose
3,Sam,income-tax,5.00,
3,Sam,national-insurance,2.50,
3,Sam,other,1.25,Union dues
4,Zoë,income-tax,0.00,
"""


def shift(number: int, rider: int, hours: float, revision: int = 0, began: datetime = FRIDAY) -> ShiftMoney:
    return ShiftMoney(number, rider, began, began + hours * HOUR, revision, 2)


def worked(session: Session, text: str = FINSBURY_PARK) -> None:
    """Two riders' Friday: four hours and five, a tip of 2.50 for the first."""
    adopted(session, text)
    pay.shift_ended(session, shift(5, 3, 4), now=FRIDAY + 4 * HOUR)
    pay.shift_ended(session, shift(6, 4, 5), now=FRIDAY + 5 * HOUR)
    pay.delivered(session, OrderMoney(1, 7, 3, 2000, 400, 250, "card"), now=FRIDAY + HOUR)


def spent(session: Session, amount: int, rider: int = 3, key: str = "expense:1") -> None:
    version, _ = books.in_force(session, at=FRIDAY)
    posting = (Posting("co-op:expenses", f"rider:{rider}:expenses", amount),)
    books.post(
        session, Entry(key, FRIDAY, "A new inner tube", posting, "GBP", version, f"rider:{rider}"), now=FRIDAY
    )


def approved(session: Session, answer: str = ANSWER) -> PayRun:
    run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    runs.take_in(session, run, runs.read(answer), by=TREASURER, now=MONDAY)
    return runs.approve(session, run, (), by=TREASURER, now=MONDAY)


def nets(session: Session, run: PayRun) -> dict[int, int]:
    return {each.person_id: each.net_minor for each in runs.slips(session, run)}


def test_one_evening_is_paid_to_the_penny(session: Session) -> None:
    """Hours, tips and expenses are paid less deductions; every step said twice does nothing twice."""
    worked(session)
    spent(session, 800)
    run = approved(session)
    runs.approve(session, run, (), by=TREASURER, now=MONDAY)
    sam, zoe = runs.slips(session, run)
    assert (sam.gross_minor, sam.tips_minor, sam.expenses_minor, sam.deducted_minor) == (5_920, 250, 800, 875)
    assert (sam.net_minor, zoe.net_minor) == (6_095, 7_400)
    assert sam.rates == ((1_480, 240),)
    assert (sam.minutes, zoe.minutes) == (240, 300)
    assert [each.purpose for each in sam.deductions] == [
        "Income tax (PAYE)",
        "National Insurance",
        "Union dues",
    ]
    held = sum(books.balances(session, "held").values())
    assert held == 6_095 + 7_400 + 875
    for _ in range(2):
        runs.mark_paid(session, run, by=SECOND, now=MONDAY + HOUR)
        assert (run.state, run.paid_by) == ("paid", SECOND)
        assert books.balance(session, "outside:bank") == 6_095 + 7_400
    assert books.balances(session, "payroll") == {
        "payroll:income-tax": 500,
        "payroll:national-insurance": 250,
        "payroll:other-union-dues": 125,
    }
    for _ in range(2):
        runs.close(session, run, by=TREASURER, now=MONDAY + 2 * HOUR)
    assert run.state == "closed"
    left = {
        k: v
        for k, v in books.balances(session, "rider:3").items()
        if k.endswith((":wages", ":tips", ":expenses"))
    }
    assert set(left.values()) == {0}
    assert books.balance(session, "rider:3:holiday-set-aside") > 0, "set aside until leave is taken"
    assert checks.findings(session, now=MONDAY + 3 * HOUR) == []


def test_a_correction_is_a_line_of_the_next_run(session: Session) -> None:
    """A shift put right after it was paid stands in the next run as the correction of its entries."""
    worked(session)
    first = approved(session)
    runs.mark_paid(session, first, by=TREASURER, now=MONDAY)
    pay.shift_corrected(
        session, shift(5, 3, 4), shift(5, 3, 4.5, 1), why="Forgot to text OFF", now=MONDAY + HOUR
    )
    later = MONDAY + timedelta(days=7)
    second = runs.draft(session, on=MONDAY, by=TREASURER, now=later)
    (slip,) = runs.slips(session, second)
    assert (slip.person_id, slip.gross_minor, slip.minutes, slip.rates) == (3, 740, 30, ((1_480, 30),))
    original = books.entry_by_key(session, "shift:5:ended:0")
    assert original is not None
    back = [each for each in slip.lines if each.what == "wages" and each.amount < 0]
    assert [(each.correction_of, each.amount) for each in back] == [(original.id, -5_920)]


def test_a_correction_that_takes_more_waits(session: Session) -> None:
    """What a correction takes back beyond what was earned is asked of nobody: it waits, and tips are paid whole."""
    worked(session)
    runs.mark_paid(session, approved(session), by=TREASURER, now=MONDAY)
    pay.shift_corrected(session, shift(5, 3, 4), shift(5, 3, 3, 1), why="Ended at nine", now=MONDAY + HOUR)
    pay.delivered(session, OrderMoney(9, 7, 3, 2000, 400, 300, "card"), now=MONDAY + HOUR)
    run = runs.draft(session, on=MONDAY, by=TREASURER, now=MONDAY + timedelta(days=7))
    (slip,) = runs.slips(session, run)
    assert (slip.gross_minor, slip.tips_minor, slip.minutes, slip.net_minor) == (0, 300, 0, 300)
    assert [(each.account, each.amount_minor) for each in runs.gathered(session, run)[1]] == [
        ("rider:3:wages", -1_480)
    ]
    runs.approve(session, run, (), by=TREASURER, now=MONDAY + timedelta(days=7))
    runs.mark_paid(session, run, by=TREASURER, now=MONDAY + timedelta(days=7))
    tuesday = MONDAY + timedelta(days=8)
    pay.shift_ended(session, shift(8, 3, 2, began=tuesday), now=tuesday + 2 * HOUR)
    third = runs.draft(session, on=tuesday, by=TREASURER, now=tuesday + timedelta(days=7))
    (slip,) = runs.slips(session, third)
    assert (slip.gross_minor, slip.minutes) == (2_960 - 1_480, 60)


def test_what_stops_an_approval(session: Session) -> None:
    """A period that runs, books with faults, an old draft, missing deductions, an unread warning: each is refused."""
    worked(session)
    with pytest.raises(PayRunRefused, match="not begun"):
        runs.draft(session, on=MONDAY + timedelta(days=7), by=TREASURER, now=FRIDAY)
    run = runs.draft(session, on=FRIDAY, by=TREASURER, now=FRIDAY + 6 * HOUR)
    with pytest.raises(PayRunRefused, match="not over"):
        runs.approve(session, run, (), by=TREASURER, now=FRIDAY + 6 * HOUR)
    with pytest.raises(PayRunRefused, match="deductions of 2"):
        runs.approve(session, run, (), by=TREASURER, now=MONDAY)
    runs.take_in(session, run, runs.read(ANSWER), by=TREASURER, now=MONDAY)
    running = runs.Caution("shift:9", "Shift 9 still runs.")
    with pytest.raises(PayRunRefused, match="Shift 9 still runs"):
        runs.approve(session, run, (running,), by=TREASURER, now=MONDAY)
    runs.acknowledge(session, run, (running,), by=SECOND, now=MONDAY)
    assert run.acknowledged_by == SECOND
    spent(session, 100)
    with pytest.raises(PayRunRefused, match="draw it anew"):
        runs.approve(session, run, (running,), by=TREASURER, now=MONDAY)
    with pytest.raises(PayRunRefused, match="draft"):
        runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
    runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    runs.approve(session, run, (running,), by=TREASURER, now=MONDAY)
    with pytest.raises(PayRunRefused, match="another person"):
        runs.approve(session, run, (), by=SECOND, now=MONDAY)
    with pytest.raises(PayRunRefused, match="next run"):
        runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    with pytest.raises(NoSuchPayRun):
        runs.get(session, run.number + 1)


def test_unsound_books_stop_approval_and_payment(session: Session) -> None:
    """Any finding stops a run, and is listed."""
    worked(session)
    run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    runs.take_in(session, run, runs.read(ANSWER), by=TREASURER, now=MONDAY)
    stray = payouts.create(
        session,
        key="x",
        payee="rider:4",
        parts=[("rider:4:wages", 1)],
        method="bank",
        reference="x",
        why="x",
        now=MONDAY,
    )
    stray.amount_minor = 2
    session.add(stray)
    session.flush()
    with pytest.raises(BooksUnsound, match="its parts are not"):
        runs.approve(session, run, (), by=TREASURER, now=MONDAY)


def test_drawn_anew_keeps_what_is_still_so(session: Session) -> None:
    """A draft drawn anew keeps the deductions of who earned the same, and drops the others'."""
    worked(session)
    run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    runs.take_in(session, run, runs.read(ANSWER), by=TREASURER, now=MONDAY)
    pay.shift_ended(session, shift(7, 4, 1, began=FRIDAY + 6 * HOUR), now=FRIDAY + 7 * HOUR)
    again = runs.draft(session, on=FRIDAY, by=SECOND, now=MONDAY)
    assert again.id == run.id
    assert runs.undeducted(session, run) == [4]
    assert [each.deducted_minor for each in runs.slips(session, run)] == [875, 0]


def test_deductions_are_refused_with_every_fault_at_once(session: Session) -> None:
    """Every slip of a bureau's file is told with its line, and nothing of the file is kept."""
    worked(session)
    run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    with pytest.raises(DeductionsRefused, match="kind, amount are missing"):
        runs.read("person,purpose\n3,x\n")
    with pytest.raises(DeductionsRefused) as refused:
        runs.read("person,kind,amount,purpose\nSam,income-tax,1,\n3,bribe,-4,\n3,other,1.00,\n\n")
    assert [each.split(":")[0] for each in refused.value.faults] == ["line 2", "line 3", "line 3", "line 4"]
    rows = runs.read("person,kind,amount\n3,Income Tax,60.00\n3,income_tax,1.00\n9,pension,1.00\n")
    with pytest.raises(DeductionsRefused) as refused:
        runs.take_in(session, run, rows, by=TREASURER, now=MONDAY)
    told = "\n".join(refused.value.faults)
    assert len(refused.value.faults) == 4
    for words in (
        "line 4: this run pays nobody",
        "stands in line 2",
        "whose pay is £59.20",
        "person 4 is missing",
    ):
        assert words in told
    assert runs.undeducted(session, run) == [3, 4]
    runs.take_in(session, run, runs.read(ANSWER), by=TREASURER, now=MONDAY)
    runs.set_for(session, run, 3, [runs.row("the form", "3", "pension", "3", "")], by=SECOND, now=MONDAY)
    assert [each.deducted_minor for each in runs.slips(session, run)] == [300, 0]
    runs.approve(session, run, (), by=TREASURER, now=MONDAY)
    with pytest.raises(PayRunRefused, match="before it is approved"):
        runs.take_in(session, run, rows, by=TREASURER, now=MONDAY)


def test_a_payment_that_comes_back_is_paid_again(session: Session) -> None:
    """What failed or came back is paid by a new payout, deductions once, and the run is paid only then."""
    worked(session)
    run = approved(session)
    runs.mark_paid(session, run, by=TREASURER, now=MONDAY, only=[4])
    assert (run.state, runs.unpaid(session, run)) == ("approved", [3])
    with pytest.raises(PayRunRefused, match="does not pay 9"):
        runs.mark_paid(session, run, by=TREASURER, now=MONDAY, only=[9])
    for reason in ("no such account", "account closed", "wrong name"):
        runs.did_not_arrive(session, run, 3, reason=reason, by=SECOND, now=MONDAY)
        assert runs.unpaid(session, run) == [3]
        for _ in range(2):
            payout = runs.again(session, run, 3, by=SECOND, now=MONDAY)
        runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
        assert run.state == "paid"
    assert [each.state for each in runs.payouts_of(session, run, 3)] == [
        "failed",
        "returned",
        "returned",
        "paid",
    ]
    assert payout.amount_minor == 5_920 + 250 - 875
    runs.close(session, run, by=TREASURER, now=MONDAY)
    runs.did_not_arrive(session, run, 4, reason="closed", by=SECOND, now=MONDAY)
    assert run.state == "approved"
    assert books.balance(session, "outside:bank") == payout.amount_minor
    assert sum(books.balances(session, "payroll").values()) == 875
    assert checks.findings(session, now=MONDAY) == []
    with pytest.raises(PayRunRefused, match="must be paid"):
        runs.close(session, run, by=TREASURER, now=MONDAY)


def test_two_people_where_the_rules_want_two(session: Session) -> None:
    """Where the rulebook wants two people, who approved a run does not mark it paid; another does."""
    text = FINSBURY_PARK.replace(
        'starts_on = "monday"', 'starts_on = "monday"\ntwo_people = true\npaid_by = "stripe"'
    )
    worked(session, text)
    run = approved(session)
    assert {each.method for each in payouts.due(session, "stripe", MONDAY)} == {"stripe"}
    with pytest.raises(PayRunRefused, match="two people"):
        runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
    for payout in payouts.due(session, "stripe", MONDAY):  # as the one who carries it tells it
        payouts.paid(session, payout, by=None, vendor_id=f"po_{payout.id}", now=MONDAY)
    runs.close(session, run, by=TREASURER, now=MONDAY)
    assert (run.state, books.balance(session, "payroll:income-tax")) == ("closed", 500)


def test_the_self_employed_skip_the_bureau(session: Session) -> None:
    """Where riders are self-employed nothing is deducted, and a run is approved without a bureau."""
    worked(session, FINSBURY_PARK.replace('tips = "own"', 'tips = "own"\nstatus = "self_employed"'))
    run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
    with pytest.raises(PayRunRefused, match="self-employed"):
        runs.take_in(session, run, runs.read(ANSWER), by=TREASURER, now=MONDAY)
    runs.approve(session, run, (), by=TREASURER, now=MONDAY)
    assert nets(session, run) == {3: 6_170, 4: 7_400}


def test_pay_deducted_whole_is_still_owed_on(session: Session) -> None:
    """Whose pay is deducted to the last penny is paid nothing, and the deduction is owed on all the same, once."""
    worked(session)
    run = approved(session, "person,kind,amount\n3,pension,0\n4,student-loan,74.00\n")
    for _ in range(2):
        runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
    assert (run.state, books.balance(session, "payroll:student-loan")) == ("paid", 7_400)
    assert checks.findings(session, now=MONDAY) == []


SHIFTS = st.lists(
    st.tuples(st.integers(3, 5), st.integers(1, 700), st.integers(0, 60)), min_size=1, max_size=5
)
TIPS = st.lists(st.tuples(st.integers(3, 5), st.integers(0, 900)), max_size=4)


@settings(max_examples=5)
@given(shifts=SHIFTS, tips=TIPS, part=st.integers(0, 100), fails=st.booleans())
def test_the_books_and_the_payslips_are_one(
    empty: Database, shifts: list[tuple[int, int, int]], tips: list[tuple[int, int]], part: int, fails: bool
) -> None:
    """Whatever was ridden, tipped, put right and deducted: each payslip sums its entries, and is what was paid."""
    with Session(empty.engine, expire_on_commit=False) as session:
        adopted(session)
        for number, (rider, minutes, changed) in enumerate(shifts, start=1):
            old = shift(number, rider, minutes / 60)
            pay.shift_ended(session, old, now=old.ended_at)
            if changed:
                new = shift(number, rider, (minutes + changed) / 60, 1)
                pay.shift_corrected(session, old, new, why="Forgot", now=FRIDAY + 14 * HOUR)
        for number, (rider, tip) in enumerate(tips, start=1):
            pay.delivered(session, OrderMoney(number, 7, rider, 1000, 300, tip, "card"), now=FRIDAY + HOUR)
        run = runs.draft(session, on=FRIDAY, by=TREASURER, now=MONDAY)
        answer = ["person,kind,amount"]
        for slip in runs.slips(session, run):
            taken = slip.gross_minor * part // 100
            answer.append(f"{slip.person_id},income-tax,{taken // 100}.{taken % 100:02d}")
        runs.take_in(session, run, runs.read("\n".join(answer)), by=TREASURER, now=MONDAY)
        runs.approve(session, run, (), by=TREASURER, now=MONDAY)
        runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
        if fails:
            for person in nets(session, run):
                if runs.payouts_of(session, run, person):
                    runs.did_not_arrive(session, run, person, reason="x", by=SECOND, now=MONDAY)
                    runs.again(session, run, person, by=SECOND, now=MONDAY)
            runs.mark_paid(session, run, by=TREASURER, now=MONDAY)
        slips = runs.slips(session, run)
        for slip in slips:
            _entries_say_so(session, slip)
            assert sum(minutes for _, minutes in slip.rates) == slip.minutes
        assert sum(each.net_minor for each in slips) == books.balance(session, "outside:bank")
        assert sum(each.deducted_minor for each in slips) == sum(books.balances(session, "payroll").values())
        assert checks.findings(session, now=MONDAY) == []
        session.rollback()


def _entries_say_so(session: Session, slip: Payslip) -> None:
    """Each line is what its entry does to its account; their sum is what the slip pays and deducts."""
    seen = 0
    for line in slip.lines:
        at = [each for each in books.lines(session, line.account) if each.entry_id == line.entry_id]
        assert line.amount == sum(each.amount for each in at if each.other == line.other)
        seen += line.amount if line.is_money else 0
    assert seen == slip.gross_minor + slip.tips_minor + slip.expenses_minor + slip.paid_before_minor
    assert seen - slip.deducted_minor == slip.net_minor == sum(slip.purses().values())
    paid = [each.amount_minor for each in slip.payments if each.state == "paid"]
    assert sum(paid) == slip.net_minor
