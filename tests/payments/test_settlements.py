"""Settlements: nothing lost and nothing twice, numbered without a gap, and stopped by what the audit finds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from payments import books, checks, pay, payouts, settlements, settling, terms, vat
from payments.errors import BooksUnsound, SettlementRefused
from payments.ledger import Entry, Line, Posting
from payments.pay import OrderMoney
from payments.rulebook import STAGES, parse
from payments.settlements.reckoning import BillLine, invoiced, next_lines, payable
from payments.settling import Party
from payments.terms import tax
from tests.payments.rulebooks import adopted
from tests.payments.taxed import TAXED, UNTAXED
from tests.payments.test_checks import by_hand

MONDAY = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
CUSTOMER = Party("Pizza Luna Ltd", ("12 Stroud Green Road", "London N4 2DF"), "GB987654321")
RULES = parse(TAXED)


# The pure core ---------------------------------------------------------------------------------------------


@st.composite
def told(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """What moved on a restaurant's account: (minutes after Monday, minutes until it was written down, amount)."""
    each = st.tuples(
        st.integers(0, 4 * 7 * 1440 - 1), st.integers(0, 9 * 1440), st.integers(-5_000, 5_000).filter(bool)
    )
    return draw(st.lists(each, max_size=25))


@given(told())
def test_every_line_is_in_one_settlement_however_late_it_was_told(moved: list[tuple[int, int, int]]) -> None:
    """Over consecutive periods the settlements' lines are the account's, each once, and the balances follow on."""
    lines = [
        BillLine(number, 0, MONDAY + timedelta(minutes=at), "food", "order:1", amount)
        for number, (at, _late, amount) in enumerate(moved, start=1)
    ]
    known_at = {
        line.entry_id: line.at + timedelta(minutes=late)
        for line, (_at, late, _) in zip(lines, moved, strict=True)
    }
    taken: set[tuple[int, int]] = set()
    carried, in_all = 0, []
    for week in range(1, 8):
        until = MONDAY + week * WEEK
        known = [line for line in lines if known_at[line.entry_id] <= until + DAY]
        said = settlements.Bill(carried, next_lines(known, taken, until))
        assert said.closing_minor == sum(line.amount_minor for line in said.lines) + carried
        assert sum(said.sums.values()) == said.closing_minor - carried
        carried = said.closing_minor
        in_all += said.lines
        taken |= {(line.entry_id, line.posting) for line in said.lines}
    assert sorted(line.entry_id for line in in_all) == sorted(line.entry_id for line in lines)
    assert carried == sum(line.amount_minor for line in lines)


@given(st.integers(-9_999, 9_999), st.integers(-9_999, 9_999), st.integers(0, 5_000))
def test_no_more_is_paid_than_is_owed(closing: int, now_owed: int, minimum: int) -> None:
    """A payout is at most what was and still is owed, and nothing below the minimum; what is due likewise."""
    out, due = payable(closing, now_owed, minimum)
    assert 0 <= out <= max(0, min(closing, now_owed))
    assert out == 0 or out >= minimum
    assert 0 <= due <= max(0, -closing)
    assert not (out and due)


@given(
    st.lists(
        st.tuples(st.integers(1, 9_999), st.integers(0, 9_999), st.sampled_from(["card", "account"])),
        max_size=9,
    )
)
def test_what_is_invoiced_is_what_was_charged(orders: list[tuple[int, int, str]]) -> None:
    """The invoice's net and VAT are those the restaurant was charged, and VAT posted is VAT reported."""
    entries = []
    for number, (value, fee, by) in enumerate(orders, start=1):
        order = OrderMoney(number, 7, 3, value, fee, 0, "card" if by == "card" else "account")
        postings = terms.order_postings(RULES, order, MONDAY.date())
        entries.append(
            Entry(f"order:{number}:delivered:1", MONDAY, "told", postings, "GBP", "1", f"order:{number}")
        )
    lines = [
        BillLine(
            number, 0, MONDAY, "x", "order:1", amount, vat.KIND_OF.get(other),
            2000 if other in vat.KIND_OF else None, other.startswith("vat:"),
        )
        for number, entry in enumerate(entries)
        for each in entry.postings
        for account, other, amount in (
            (each.source, each.destination, -each.amount), (each.destination, each.source, each.amount),
        )
        if account == "restaurant:7"
    ]  # fmt: skip
    charged = [each for entry in entries for each in entry.postings if each.source == "restaurant:7"]
    found = invoiced(lines)
    assert sum(line.gross_minor for line in found) == sum(each.amount for each in charged)
    assert sum(line.vat_minor for line in found) == sum(
        each.amount for each in charged if each.destination.startswith("vat:")
    )
    earned = tax.taxed(each for entry in entries for each in entry.postings)
    posted = sum(
        each.amount for entry in entries for each in entry.postings if each.destination.startswith("vat:")
    )
    assert sum(each.vat_minor for each in earned.values()) == posted


# Through the tables ----------------------------------------------------------------------------------------


def order(number: int, value: int = 2000, by: str = "card") -> OrderMoney:
    return OrderMoney(number, 7, 3, value, 440, 250, "card" if by == "card" else "account")


def drafted(session: Session, now: datetime) -> settlements.SettlementRow:
    """The one draft of now."""
    (row,) = settlements.draft_due(session, now=now)
    return row


def issued(session: Session, now: datetime) -> settlements.SettlementRow:
    return settling.issue(session, drafted(session, now), customer=CUSTOMER, by=1, now=now)


def test_a_week_is_settled_and_paid(session: Session) -> None:
    """Three orders and a refund: drafted once when the week ends, issued with a number, held, paid, closed."""
    adopted(session, TAXED)
    for number, by in ((1, "card"), (2, "account"), (3, "card")):
        pay.delivered(session, order(number, by=by), now=MONDAY + DAY)
    pay.refunded(session, 1, amount_minor=500, liable="restaurant", why="cold", attempt=1, now=MONDAY + DAY)
    assert settlements.draft_due(session, now=MONDAY + 6 * DAY) == ()
    row = drafted(session, MONDAY + WEEK)
    assert settlements.draft_due(session, now=MONDAY + WEEK) == ()
    assert settlements.bill(session, row).sums == {
        "food": 4000, "refund": -500, "commission": -900 + 75, "VAT on commission": -180 + 15,
        "delivery fee": -367, "VAT on delivery fee": -73, "tip": -250,
    }  # fmt: skip
    settling.issue(session, row, customer=CUSTOMER, by=1, now=MONDAY + WEEK)
    assert (row.number, row.closing_minor, row.payout_minor, row.due_minor) == ("FPR-0001", 1820, 1820, 0)
    again = settling.issue(
        session, row, customer=replace(CUSTOMER, name="Another"), by=2, now=MONDAY + 2 * WEEK
    )
    assert again.parties["customer"]["name"] == "Pizza Luna Ltd"
    assert books.balance(session, "restaurant:7") == 0
    payout = settling.payout_of(session, row)
    assert payout is not None
    assert (payout.payee, payout.amount_minor, payout.reference) == ("restaurant:7", 1820, "FPR-0001")
    with pytest.raises(SettlementRefused):
        settling.close(session, row, by=1, now=MONDAY + WEEK)
    for _twice in range(2):
        settling.paid(session, row, by=1, now=MONDAY + WEEK + DAY)
    assert books.balance(session, "outside:bank") == 1820
    assert settling.close(session, row, by=1, now=MONDAY + WEEK + DAY).state == "closed"
    assert checks.findings(session) == []


@pytest.mark.parametrize("registers", [True, False])
def test_an_invoice_shows_the_vat_number_of_its_period(session: Session, registers: bool) -> None:
    """Registered after the period, no number; registered no more when it is issued, that of its VAT."""
    before, after = (UNTAXED, TAXED) if registers else (TAXED, UNTAXED)
    adopted(session, before)
    pay.delivered(session, order(1), now=MONDAY + DAY)
    at = MONDAY + WEEK if registers else MONDAY + 6 * DAY
    books.adopt(session, after, effective_on=at.date(), resolution="VAT", now=at)
    row = issued(session, MONDAY + WEEK)
    assert row.parties["supplier"]["vat_number"] == (None if registers else "GB123456789")
    (line, *_) = invoiced(settlements.bill(session, row).lines)
    assert line.rate_bp == (None if registers else 2000)


def test_drafts_are_issued_in_turn(session: Session) -> None:
    """A later draft shows what the earlier leaves it, and cannot be issued before it."""
    adopted(session, UNTAXED)
    pay.delivered(session, order(1), now=MONDAY + DAY)
    pay.delivered(session, order(2), now=MONDAY + WEEK + DAY)
    first, second = settlements.draft_due(session, now=MONDAY + 2 * WEEK)
    assert settlements.bill(session, second).opening_minor == 1700
    assert len(settlements.bill(session, second).lines) == 2
    with pytest.raises(SettlementRefused, match="to 8 November 2026 comes first"):
        settling.issue(session, second, customer=CUSTOMER, by=1, now=MONDAY + 2 * WEEK)
    settling.issue(session, first, customer=CUSTOMER, by=1, now=MONDAY + 2 * WEEK)
    assert (
        settling.issue(session, second, customer=CUSTOMER, by=1, now=MONDAY + 2 * WEEK).number == "FPR-0002"
    )


def test_a_failed_payout_is_made_anew(session: Session) -> None:
    """A payout that fails gives the money back to the account; it is set aside again under another key."""
    adopted(session, UNTAXED)
    pay.delivered(session, order(1), now=MONDAY + DAY)
    row = issued(session, MONDAY + WEEK)
    payout = settling.payout_of(session, row)
    assert payout is not None
    with pytest.raises(SettlementRefused, match="no payout that failed"):
        settling.pay_again(session, row, by=1, now=MONDAY + WEEK)
    payouts.failed(session, payout, reason="no such account", now=MONDAY + WEEK)
    again = settling.pay_again(session, row, by=1, now=MONDAY + WEEK)
    assert again.id != payout.id
    payouts.paid(session, again, by=None, now=MONDAY + WEEK)
    assert settling.follow(session, now=MONDAY + WEEK) == 1
    assert row.state == "paid"
    assert checks.findings(session) == []


def test_findings_stop_issuing_and_paying(session: Session) -> None:
    """An issued figure changed by hand is found, and nothing is issued or paid from then on."""
    adopted(session, UNTAXED)
    pay.delivered(session, order(1), now=MONDAY + DAY)
    row = issued(session, MONDAY + WEEK)
    pay.delivered(session, order(2), now=MONDAY + WEEK + DAY)
    draft = drafted(session, MONDAY + 2 * WEEK)
    by_hand(session, "UPDATE settlement SET payout_minor = payout_minor + 1 WHERE sequence = 1")
    session.expire_all()
    assert [each.rule for each in checks.findings(session)] == ["settlement"]
    with pytest.raises(BooksUnsound, match="FPR-0001 is not as it was issued"):
        settling.issue(session, draft, customer=CUSTOMER, by=1, now=MONDAY + 2 * WEEK)
    with pytest.raises(BooksUnsound):
        settling.paid(session, row, by=1, now=MONDAY + 2 * WEEK)


def test_services_and_corrections(session: Session) -> None:
    """A service is charged with its VAT, a correction without; each once, by number, and each a line."""
    adopted(session, TAXED)
    for _twice in range(2):
        settling.adjust(
            session, 7, kind="service", amount_minor=1500, reason="Bags", by=1, now=MONDAY, number=1
        )
    settling.adjust(session, 7, kind="correction", amount_minor=-200, reason="Typed wrong", by=1, now=MONDAY)
    with pytest.raises(SettlementRefused, match="Another adjustment"):
        settling.adjust(
            session, 7, kind="service", amount_minor=99, reason="Bags", by=1, now=MONDAY, number=1
        )
    row = drafted(session, MONDAY + WEEK)
    assert settlements.bill(session, row).sums == {
        "service": -1500,
        "VAT on service": -300,
        "adjustment": -200,
    }
    found = vat.reported(session, since=MONDAY, until=MONDAY + WEEK)
    assert (found.box_1_minor, found.box_6_minor, found.box_6_pounds) == (300, 1500, 15)
    assert checks.findings(session) == []


@pytest.mark.parametrize(("vat_minor", "found"), [(300, []), (299, ["vat"]), (301, ["vat"])])
def test_a_penny_of_vat_too_little_or_too_much_is_found(
    session: Session, vat_minor: int, found: list[str]
) -> None:
    """A service of 15.00 has 3.00 of VAT by the rulebook its entry names; the audit says so of any other sum."""
    version = adopted(session, TAXED)
    postings = (
        Posting("restaurant:7", terms.SERVICES, 1500),
        Posting("restaurant:7", tax.OUTPUT["service"], vat_minor),
    )
    key, subject = "restaurant:7:charged:1", "restaurant:7"
    books.post(session, Entry(key, MONDAY, "Bags", postings, "GBP", version, subject), now=MONDAY)
    assert [each.rule for each in checks.findings(session)] == found


EVENT = st.tuples(
    st.sampled_from(["deliver", "deliver", "undo", "refund", "cancel", "adjust", "settle"]),
    st.integers(0, 3_000),
    st.sampled_from(["card", "account"]),
    st.sampled_from(["restaurant", "co-op"]),
)


@settings(max_examples=12)
@given(st.lists(EVENT, max_size=14), st.booleans())
def test_any_weeks_settle_to_the_penny(
    empty: object, events: list[tuple[str, int, str, str]], registered: bool
) -> None:
    """Whatever happens: every posting is settled once, VAT posted is VAT reported, the audit is clean."""
    with Session(empty.engine, expire_on_commit=False) as session:  # type: ignore[attr-defined]
        adopted(session, TAXED if registered else UNTAXED)
        now = MONDAY
        for number, event in enumerate(events, start=1):
            now += timedelta(hours=37)
            _happen(session, number, event, now)
        last = now + 2 * WEEK
        _settle(session, last)
        lines = [
            line
            for line in books.lines(session, "restaurant:7", until=last)
            if line.account == "restaurant:7"
        ]
        _settled_once(session, [line for line in lines if line.at < RULES.settled_around(last)[0]])
        assert checks.findings(session) == []
        posted = sum(books.balances(session, "vat:output").values())
        found = vat.reported(session, since=MONDAY, until=last)
        assert (found.box_1_minor, bool(found.supplies) and not registered) == (posted, False)
        session.rollback()


def _happen(session: Session, number: int, event: tuple[str, int, str, str], now: datetime) -> None:
    what, amount, by, liable = event
    sale = order(number, value=amount, by=by)
    if what == "settle":
        _settle(session, now)
    elif what == "adjust":
        kind = "service" if by == "card" else "correction"
        settling.adjust(session, 7, kind=kind, amount_minor=amount + 1, reason="x", by=1, now=now)
    elif what == "cancel":
        pay.cancelled(session, sale, stage=STAGES[amount % 4], now=now)
    else:
        pay.delivered(session, sale, now=now)
        if what == "undo":
            pay.undelivered(session, number, 1, why="wrong door", now=now)
        elif what == "refund" and (amount or liable == "co-op"):
            back = max(1, pay.refundable(session, number) // 3)
            who = "restaurant" if liable == "restaurant" else "co-op"
            pay.refunded(session, number, amount_minor=back, liable=who, why="x", attempt=1, now=now)  # type: ignore[arg-type]


def _settle(session: Session, now: datetime) -> None:
    """Everything drafted is issued; what it pays is paid, what it asks is received, every other time."""
    settlements.draft_due(session, now=now)
    for row in sorted(settlements.listed(session), key=lambda each: each.until):
        if row.state != "draft":
            continue
        settling.issue(session, row, customer=CUSTOMER, by=1, now=now)
        if row.payout_minor:
            settling.paid(session, row, by=1, now=now)
        elif row.due_minor and row.row_id % 2:
            settling.received(session, row, by=1, now=now)


def _settled_once(session: Session, lines: list[Line]) -> None:
    rows = sorted(settlements.listed(session), key=lambda each: each.until)
    bills = [settlements.bill(session, row) for row in rows]
    seen = [(line.entry_id, line.posting, line.amount_minor) for said in bills for line in said.lines]
    assert sorted(seen) == sorted((line.entry_id, line.position, line.amount) for line in lines)
    if bills:
        assert bills[-1].closing_minor == sum(line.amount for line in lines)
    assert [row.sequence for row in sorted(rows, key=lambda each: each.sequence or 0)] == list(
        range(1, len(rows) + 1)
    )


# On paper --------------------------------------------------------------------------------------------------
